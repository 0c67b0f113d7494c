"""What is foretold of an engine's address pools, held against the subnets that it then takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.facts.facts import Facts

if TYPE_CHECKING:
    from tests.engine.fitness import State

__all__ = ["CROWDED", "POOLS", "foretold", "taken"]

# On the link, behind a gateway, in another table, a name server's, and given by hand.
CROWDED = """
ip addr add 172.19.5.2/24 dev up0
ip route add 172.18.0.0/16 via 192.0.2.1
ip route add 172.22.0.0/16 dev up0 table 77
ip route add 172.23.5.0/24 dev up0 scope global
echo 'nameserver 172.20.3.3' >/etc/resolv.conf
"""
POOLS = {
    "default-address-pools": [
        {"base": "10.212.0.0/23", "size": 24},
        {"base": "10.211.0.0/24", "size": 26},
    ]
}


def foretold(host: State, number: int) -> list[str]:
    """The subnets that the next networks are said to get."""
    return [str(subnet) for subnet in Facts(host.snapshot()).next_pools.next(number).value]


def taken(host: State, *names: str) -> list[str]:
    """The subnets that networks of these names get, or the engine's refusal."""
    found = []
    for name in names:
        made = host.engine.run("docker", "network", "create", name, check=False)
        if made.returncode:
            assert "non-overlapping" in made.stderr or "all predefined" in made.stderr, made.stderr
        else:
            form = "{{(index .IPAM.Config 0).Subnet}}"
            found.append(host.engine.docker("network", "inspect", "--format", form, name))
    return found
