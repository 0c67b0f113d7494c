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
    "nothing": "",
    "IPv6 alone": "nameserver 2001:db8::53\n",
    "IPv6 with a zone": "nameserver fe80::53%up0\n",
    "a comment behind": "nameserver 192.0.2.53 # ours\n",
    "another comment behind": "nameserver 192.0.2.53 ; ours\n",
    "a mark of byte order": "\ufeffnameserver 192.0.2.53\n",
    "octets with zeros": "nameserver 192.000.002.053\n",
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


# Answers every name in wild.test with an address, says that there is no other, but is silent of silent.test and in
# trouble with broken.test.
_SERVER = r"""
import socket
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 53))
print("up", flush=True)
while True:
    query, client = server.recvfrom(512)
    end = query.index(b"\0", 12) + 5
    name, kind = query[12 : end - 4], query[end - 4 : end - 2]
    if b"\6silent" in name:
        continue
    found = b"\4wild\4test" in name and kind == b"\0\1"
    code = 2 if b"\6broken" in name else 0 if b"\4wild" in name else 3
    head = query[:2] + bytes((0x81, 0x80 | code)) + b"\0\1" + (b"\0\1" if found else b"\0\0") + b"\0\0\0\0"
    answer = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + bytes((192, 0, 2, 66)) if found else b""
    server.sendto(head + query[12:end] + answer, client)
"""
_NAMES = "sed -i 's/^hosts:.*/hosts: files dns/' /etc/nsswitch.conf; printf '%s' '{}' >/etc/resolv.conf"


def test_an_answer_none_and_nobody_are_told_apart() -> None:
    registries = ("reg.wild.test", "reg.plain.test:5000", "registry.test")
    with state(engine=False, before=_NAMES.format("nameserver 127.0.0.1\n")) as host:
        with host.running("python3", "-c", _SERVER, ready="up"):
            answered = host.judged("dns", registries=registries).of("dns.registry-resolves")
        assert list(answered.items()) == list(zip(registries, ("pass", "fail", "pass"), strict=True))
        nobody = host.judged("dns", registries=registries).of("dns.registry-resolves")
        assert list(nobody.items()) == list(zip(registries, ("error", "error", "pass"), strict=True))


def test_a_domain_that_has_a_record_for_every_name_is_found() -> None:
    check = "dns.search-does-not-capture"
    text = "nameserver 127.0.0.1\nsearch wild.test silent.test broken.test fourth.test\n"
    with (
        state(engine=False, before=_NAMES.format(text)) as host,
        host.running("python3", "-c", _SERVER, ready="up"),
    ):
        said = host.judged("dns")
        expected = {"wild.test": "fail", "silent.test": "error", "broken.test": "error", "fourth.test": "error"}
        assert said.of(check) == expected
        assert said.of("dns.localhost-known") == said.of("dns.host-name-known") == {None: "pass"}
        host.sh("sed -i 's/search.*/search plain.test/' /etc/resolv.conf")
        assert host.judged("dns").of(check) == {"plain.test": "pass"}
        host.sh("sed -i /search/d /etc/resolv.conf; echo fithost.wild.test >/proc/sys/kernel/hostname")
        assert host.judged("dns").of(check) == {"wild.test": "fail"}
