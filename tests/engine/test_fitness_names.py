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


# A registry, a page that answers everything, one in trouble, and a registry behind TLS.
_MIRRORS = r"""
import http.server, ssl, threading
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        port = self.server.server_address[1]
        self.send_response({5003: 503}.get(port, 200))
        if port == 5002:
            self.send_header("Content-Type", "text/html")
        else:
            self.send_header("Docker-Distribution-Api-Version", "registry/2.0")
        self.send_header("Content-Length", "0")
        self.end_headers()
    do_HEAD = do_GET
    def log_message(self, *args):
        pass
for port in (5001, 5002, 5003, 5443):
    server = http.server.ThreadingHTTPServer(("192.0.2.2", port), Answer)
    if port == 5443:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain("/srv/tls/cert.pem", "/srv/tls/key.pem")
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever).start()
print("up", flush=True)
"""
_CERTIFICATE = (
    "mkdir -p /srv/tls; openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=x "
    "-addext subjectAltName=DNS:registry.test -keyout /srv/tls/key.pem -out /srv/tls/cert.pem 2>/dev/null; "
    "sed -i 's/192.0.2.80 registry.test/192.0.2.2 registry.test/' /etc/hosts"
)
_URLS = [*(f"http://192.0.2.2:{port}/" for port in (5001, 5002, 5003, 5004)), "https://registry.test:5443/"]


def test_a_mirror_is_judged_by_its_own_answer_and_the_engines_trust() -> None:
    config = {"registry-mirrors": _URLS}
    with (
        state(config=config, before=_CERTIFICATE) as host,
        host.running("python3", "-c", _MIRRORS, ready="up"),
    ):
        said = host.judged("network").of("network.mirror-answers")
        assert said == dict(zip(_URLS, ("pass", "fail", "fail", "fail", "fail"), strict=True))
        folder = "/etc/docker/certs.d/registry.test:5443"
        host.sh(f"mkdir -p {folder}; cp /srv/tls/cert.pem {folder}/ca.crt")
        assert host.judged("network").of("network.mirror-answers")[_URLS[-1]] == "pass"


def test_a_network_in_the_way_of_a_registry_and_a_name_server_is_seen_until_they_are_meant() -> None:
    proxy = {"proxies": {"https-proxy": "http://192.0.2.3:3128", "no-proxy": ".over.test,10.210.0.0/16"}}
    lines = "10.210.0.80 reg.over.test\\n10.210.0.1 own.over.test\\n192.0.2.80 over.test near.test\\n"
    with state(config=proxy) as host:
        host.network("over", "10.210.0.0/24")
        host.sh(f"printf '{lines}' >>/etc/hosts; echo 'nameserver 10.210.0.53' >/etc/resolv.conf")
        names = ("reg.over.test", "own.over.test", "over.test", "near.test", "10.210.0.9:5000")
        said = host.judged("network", "dns", registries=names)
        assert said.of("network.registry-not-shadowed") == dict(
            zip(names, ("fail", "skip", "skip", "skip", "fail"), strict=True)
        )
        assert said.of("network.registry-past-proxy") == dict(
            zip(names, ("pass", "pass", "fail", "fail", "pass"), strict=True)
        )
        assert said.of("dns.server-not-shadowed") == {"10.210.0.53": "fail"}
        host.engine.container("--network", "over", "--ip", "10.210.0.80", "-p", "443:443", name="harbor")
        host.engine.container("--network", "over", "--ip", "10.210.0.53", name="resolver")
        meant = host.judged("network", "dns", registries=("reg.over.test",))
        assert meant.of("network.registry-not-shadowed") == {"reg.over.test": "skip"}
        assert meant.of("dns.server-not-shadowed") == {"10.210.0.53": "pass"}


def test_the_stub_alone_stands_for_resolveds_own_file_as_it_was_when_the_engine_started() -> None:
    behind = f"mkdir -p /run/systemd/resolve; echo nameserver 192.0.2.7 >{RESOLVED}; "
    with state(before=f"{behind}echo nameserver 127.0.0.53 >/etc/resolv.conf") as host:
        host.engine.image()
        assert containers_servers(host, "bridge") == said_servers(host)[DEFAULT] == ["192.0.2.7"]
        host.write("/etc/resolv.conf", "nameserver 127.0.0.1\n")
        assert containers_servers(host, "bridge") == ["192.0.2.7"]
        assert host.judged("dns").of("dns.servers-for-containers") == {DEFAULT: "error", OTHERS: "pass"}
