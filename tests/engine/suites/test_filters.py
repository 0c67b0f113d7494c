"""The packet filter as the engine of each suite makes it: the chains of its release, and their loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.engine.fitness import state

if TYPE_CHECKING:
    from pathlib import Path

RULES, MASQUERADE, FORWARD = (
    f"network.{name}" for name in ("engine-rules-present", "masquerade-present", "forward-accepted")
)
# Chains of before 28.0.1 and since, of which an engine has one.
HOOKS = "DOCKER-FORWARD DOCKER-ISOLATION-STAGE-1"
CONFIG = {"ipv6": True, "experimental": True, "ip6tables": True, "fixed-cidr-v6": "fd00:77::/64"}


def test_the_chains_of_each_release_are_known_and_missed(suite: Path) -> None:
    with state(system=suite, config=CONFIG) as made:
        made.network("app", "10.210.0.0/24")
        made.network("inner", "10.211.0.0/24", "--internal")
        whole = made.judged("network")
        assert whole.of(RULES) == dict.fromkeys(("ip nat", "ip filter", "ip6 nat", "ip6 filter"), "pass")
        assert {name: whole.of(MASQUERADE)[name] for name in ("bridge", "app", "inner")} == {
            **dict.fromkeys(("bridge", "app"), "pass"),
            "inner": "skip",
        }
        assert {name: whole.of(FORWARD)[name] for name in ("bridge", "app")} == dict.fromkeys(("bridge", "app"), "pass")
        made.sh(f"for chain in {HOOKS}; do iptables -D FORWARD -j $chain || :; done; ip6tables -t nat -F PREROUTING")
        after = made.judged("network")
        assert after.of(RULES) == {"ip nat": "pass", "ip filter": "fail", "ip6 nat": "fail", "ip6 filter": "pass"}
        made.engine.restart()
        assert made.judged("network").of(RULES) == whole.of(RULES)
