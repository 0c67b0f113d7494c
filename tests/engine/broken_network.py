"""A real host from which nothing gets out any more, and its record: ``python -m tests.engine.broken_network``.

Each thing that is wrong there is one that people meet: a firewall's script has put its own rule before the engine's, a
network manager has taken a bridge down, a VPN has made packets smaller, resolv.conf names a program of the host alone,
and the registry's name is known to nobody.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from dockworthy.snapshot import Section
from tests.engine.fitness import state
from tests.record_registries import written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.engine.fitness import State

__all__ = ["RECORD", "REGISTRY", "broken", "normal"]

RECORD = Path(__file__).parents[1] / "data" / "network" / "broken.snapshot"
REGISTRY = "harbor.example.com"
_BEFORE = """
ip link set up0 mtu 1400
echo nameserver 127.0.0.1 >/etc/resolv.conf
"""
_THEN = """
iptables -I FORWARD 1 -i docker0 -j DROP
ip link set %s down
"""
_OF_THIS_MACHINE = (
    *("cmd:system-roots", "cmd:kernel-config", "cmd:changelogs", "cmd:dpkg-query", "cmd:container-processes"),
    *("file:/usr/local/share/ca-certificates", "file:/proc/cmdline", "file:/proc/self/mountinfo", "list:/sys/module"),
)


@contextmanager
def broken() -> Iterator[State]:
    """The host, as long as the block lasts."""
    with state(before=_BEFORE) as host:
        host.sh("echo web1 >/proc/sys/kernel/hostname; sed -i s/fithost/web1/ /etc/hosts")
        bridge = host.network("shop", "10.210.0.0/24")
        host.engine.container(name="web")
        host.sh(_THEN % bridge)
        yield host


def normal(text: str) -> str:
    """Without what differs from one such host to the next: the names that the engine makes."""
    return re.sub(r"/tmp/dw-engine-\w+", "/srv", re.sub(r"br-[0-9a-f]{12}", "br-0123456789ab", text))


def main() -> None:
    """Record it."""
    with broken() as host:
        snapshot = host.snapshot(registries=[REGISTRY])
        own = str(host.engine.root)
    sections = {
        section.name: section
        for name, one in snapshot.sections.items()
        if not name.startswith(_OF_THIS_MACHINE)
        for section in [Section(name.replace(own, "/srv"), one.status, one.data.replace(own.encode(), b"/srv"))]
    }
    RECORD.parent.mkdir(exist_ok=True)
    RECORD.write_bytes(written(replace(snapshot, sections=sections)))


if __name__ == "__main__":
    main()
