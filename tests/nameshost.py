"""A host by its names: an engine, its networks, and what its resolver answered, as the probe writes it down."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.hosts import host

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dockworthy.facts.facts import Facts

__all__ = ["STARTED", "bridge", "lookups", "names_host"]

STARTED = 1_760_000_000
_ROUTES = "4 default via 192.0.2.1 dev up0\n4 192.0.2.0/24 dev up0 proto kernel scope link src 192.0.2.2\n"
_ADDRESSES = "lo inet 127.0.0.1/8 scope host lo\nup0 inet 192.0.2.2/24 scope global up0\n"


def bridge(
    name: str = "bridge", subnet: str = "172.17.0.0/16", containers: Mapping[str, str] | None = None, **fields: Any
) -> dict[str, Any]:
    """A network of the driver ``bridge``; ``containers`` are the addresses of those in it, by their ids."""
    gateway = subnet.rpartition(".")[0] + ".1"
    options = {"com.docker.network.bridge.default_bridge": "true"} if name == "bridge" else {}
    return {
        "Name": name,
        "Id": f"{name}0123456789abcdef",
        "Driver": "bridge",
        "Options": {**options, "com.docker.network.bridge.name": "docker0" if name == "bridge" else f"br-{name}"},
        "IPAM": {"Config": [{"Subnet": subnet, "Gateway": gateway}]},
        "Containers": {key: {"Name": key, "IPv4Address": f"{ip}/16"} for key, ip in (containers or {}).items()},
        **fields,
    }


def lookups(*lines: str) -> str:
    """The section of what was looked up, one line for each."""
    return "".join(f"{line}\n" for line in lines)


def names_host(
    sections: Mapping[str, Any] | None = None,
    *,
    version: str = "26.1.5",
    daemon: Mapping[str, Any] | None = None,
    info: Mapping[str, Any] | None = None,
    networks: Sequence[Mapping[str, Any]] = (bridge(), bridge("app", "10.1.0.0/16")),
    containers: Sequence[Mapping[str, Any]] = (),
    changed: float = STARTED - 1000,
) -> Facts:
    """A host on which an engine runs.

    Args:
        sections: what else was seen, before all else.
        version: of the engine.
        daemon: its daemon.json.
        info: more of what it says of itself.
        networks: that it has.
        containers: that it has.
        changed: when resolv.conf was, in seconds.
    """
    said = {"HttpProxy": "", "HttpsProxy": "", "NoProxy": "", "RegistryConfig": {"Mirrors": []}, **(info or {})}
    made: dict[str, Any] = {
        "cmd:engines": f"100 dockerd /usr/bin/dockerd 0 {STARTED} 1 -\n",
        "cmd:engine-target": "pid 100\n",
        "proc:100/cmdline": b"/usr/bin/dockerd\0",
        "proc:100/environ": b"PATH=/usr/bin\0",
        "docker:version": json.dumps({"Version": version, "Components": [{"Name": "Engine", "Version": version}]}),
        "docker:info": json.dumps({"ID": "x", **said}),
        "docker:networks": "".join(f"{json.dumps(one)}\n" for one in networks),
        "docker:containers": "".join(f"{json.dumps(one)}\n" for one in containers),
        "file:/etc/docker/daemon.json": json.dumps(daemon) if daemon is not None else 2,
        "stat:engine": "/etc/docker/daemon.json - absent - - - - - - - - - - -\n",
        "cmd:net-addresses": _ADDRESSES,
        "cmd:ip-route-all": _ROUTES,
        "cmd:ip-rule": "0: from all lookup local\n32766: from all lookup main\n",
        "cmd:cli-versions": "docker compose\t2.26.1\n",
        "cmd:hostname": "fithost\n",
        "cmd:listeners": "",
        "file:/etc/resolv.conf": "nameserver 192.0.2.53\n",
        "file:/run/systemd/resolve/resolv.conf": 2,
        "cmd:resolver-times": f"/etc/resolv.conf {int(changed)} {changed:.9f}\n"
        f"/run/docker.pid {STARTED} {STARTED}.500000000\n",
        "cmd:lookups": lookups("self localhost found 127.0.0.1", "self fithost found 127.0.1.1"),
        **(sections or {}),
    }
    if daemon is not None:
        made["stat:engine"] = (
            f"/etc/docker/daemon.json /etc/docker/daemon.json file 0644 0 0 root root 10 {STARTED - 5000} 1 - 0 0\n"
        )
    return host({name: value for name, value in made.items() if value is not None})
