"""What a real engine makes of the host's name servers, registries and mirrors, beside what is said of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.engine.fitness import state
from tests.engine.harness import BUSYBOX

if TYPE_CHECKING:
    from tests.engine.fitness import State

RESOLVED = "/run/systemd/resolve/resolv.conf"
DEFAULT, OTHERS = "default bridge", "other networks"
FILES = {
    "one that is reached": "nameserver 192.0.2.53\n",
    "loopback alone": "nameserver 127.0.0.1\n",
    "resolved's other address": "nameserver 127.0.0.54\n",
    "the stub beside another": "nameserver 127.0.0.53\nnameserver 192.0.2.53\n",
    "the stub twice": "nameserver 127.0.0.53\nnameserver 127.0.0.53\n",
    "nothing": "",
    "comments alone": "# nameserver 192.0.2.53\n; nameserver 192.0.2.53\nsearch example.com\n",
    "IPv6 alone": "nameserver 2001:db8::53\n",
    "IPv6's loopback": "nameserver ::1\n",
    "IPv6 with a zone": "nameserver fe80::53%up0\n",
    "a comment behind": "nameserver 192.0.2.53 # ours\n",
    "another comment behind": "nameserver 192.0.2.53 ; ours\n",
    "blanks before and behind": " \t nameserver \t 192.0.2.53 \t\n",
    "lines of Windows": "nameserver 192.0.2.53\r\n",
    "a mark of byte order": "\ufeffnameserver 192.0.2.53\n",
    "no end of line": "nameserver 192.0.2.53",
    "octets with zeros": "nameserver 192.000.002.053\n",
    "a name": "nameserver dns.example.com\n",
    "a port behind": "nameserver 192.0.2.53#53\n",
    "capital letters": "NAMESERVER 192.0.2.53\n",
    "an address without a blank": "nameserver192.0.2.53\n",
}


def containers_servers(host: State, network: str) -> list[str]:
    """The servers that a container really has: of another network those that the engine asks for it."""
    text = host.engine.docker("run", "--rm", "--network", network, BUSYBOX, "cat", "/etc/resolv.conf")
    asked = re.search(r"^# ExtServers: \[(.*)\]$", text, re.MULTILINE)
    if network == "bridge":
        return re.findall(r"^nameserver (\S+)$", text, re.MULTILINE)
    return [] if asked is None else [re.sub(r"^host\((.*)\)$", r"\1", one) for one in asked[1].split()]


def said_servers(host: State) -> dict[str, list[str]]:
    """What is said that they have."""
    said = host.judged("dns")
    found = {}
    for network in (DEFAULT, OTHERS):
        judgement = said["dns.servers-for-containers", network]
        assert isinstance(judgement.observed, list)
        servers = [str(one).partition(" ")[0] for one in judgement.observed]
        assert (judgement.outcome == "fail") == ("put in" in str(judgement.observed))
        found[network] = servers
    return found


def test_containers_have_the_servers_that_are_told() -> None:
    with state() as host:
        host.engine.image()
        host.network("appnet", "10.210.0.0/24")
        for title, text in FILES.items():
            host.write("/etc/resolv.conf", text)
            real = {DEFAULT: containers_servers(host, "bridge"), OTHERS: containers_servers(host, "appnet")}
            assert said_servers(host) == real, title
