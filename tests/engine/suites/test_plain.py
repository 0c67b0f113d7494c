"""Debian's suites as they are installed, each with its own engine: nothing is reported that is not really so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.engine.fitness import state
from tests.engine.plain import TOPICS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# The tests' own mounts, which a real host would have in its table, too.
MOUNTS = "".join(f"/data/{name} /var/lib/{name} none bind 0 0\\n" for name in ("docker", "containerd"))
# Whether the clock is kept is the machine's own affair.
JUDGED = tuple(topic for topic in TOPICS if topic != "time")


def test_a_plain_host_has_no_finding_above_low(suite: Path) -> None:
    with state(system=suite, before=f"printf '{MOUNTS}' >/etc/fstab") as host:
        host.network("app", "10.210.0.0/24")
        host.engine.container("--network", "app", "--restart", "always", "-p", "127.0.0.1:8080:80", name="web")
        assert host.judged(*JUDGED).findings(topics=JUDGED) == {}


def test_a_firewall_that_is_on_is_no_finding_by_itself(root_of: Callable[[str], Path]) -> None:
    """Ubuntu's own, as `ufw enable` makes it, before the engine and anew beside it, with a login let in."""
    ufw = "ufw allow 22/tcp && ufw --force enable"
    with state(system=root_of("server"), before=f"printf '{MOUNTS}' >/etc/fstab; {ufw}") as host:
        host.network("app", "10.210.0.0/24")
        host.engine.container("--network", "app", "--restart", "always", "-p", "127.0.0.1:8080:80", name="web")
        assert host.judged(*JUDGED).findings(topics=JUDGED) == {}
        assert "ufw-before-forward" in host.sh("iptables -S FORWARD")
        assert host.judged(*JUDGED).findings(topics=JUDGED) == {}
