"""A real host from which nothing gets out any more, one that is well, and both records.

``python -m tests.engine.broken_network`` makes the hosts and records them.

Each thing that is wrong there is one that people meet: a firewall's script has put its own rule before the engine's, a
network manager has taken a bridge down, a VPN has made packets smaller, resolv.conf names a program of the host alone,
and the registry's name is known to nobody.
"""

from __future__ import annotations

import json
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

__all__ = ["RECORD", "REGISTRY", "WELL", "broken", "normal"]

RECORD = Path(__file__).parents[1] / "data" / "network" / "broken.snapshot"
WELL = RECORD.with_name("well.snapshot")
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


@contextmanager
def well() -> Iterator[State]:
    """A host on which each station is as it should be, as long as the block lasts."""
    with state(before=f"echo 192.0.2.80 {REGISTRY} >>/etc/hosts") as host:
        host.sh("echo web1 >/proc/sys/kernel/hostname; sed -i s/fithost/web1/ /etc/hosts")
        host.network("shop", "10.210.0.0/24")
        host.engine.container("--network", "shop", "--publish", "127.0.0.1:8080:80", "--restart", "always", name="web")
        host.write("/etc/fstab", "UUID=0f7c1d4e-0000-4000-8000-000000000000 / ext4 defaults 0 1\n")
        host.write("/etc/nftables.conf", "table inet filter {\n}\n")
        host.write(str(host.home / ".docker/config.json"), json.dumps({"auths": {REGISTRY: {}}}), 0o600)
        yield host


def normal(text: str) -> str:
    """Without what differs from one such host to the next: the names that the engine makes."""
    return re.sub(r"/tmp/dw-engine-\w+", "/srv", re.sub(r"br-[0-9a-f]{12}", "br-0123456789ab", text))


def main() -> None:
    """Record both."""
    with broken() as host:
        _record(host, RECORD)
    with well() as host:
        _record(host, WELL)


def _record(host: State, file: Path) -> None:
    snapshot = host.snapshot(registries=[REGISTRY])
    own = str(host.engine.root)
    sections = {
        section.name: section
        for name, one in snapshot.sections.items()
        if not name.startswith(_OF_THIS_MACHINE)
        for section in [Section(name.replace(own, "/srv"), one.status, one.data.replace(own.encode(), b"/srv"))]
    }
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(written(replace(snapshot, sections=sections)))


if __name__ == "__main__":
    main()
