"""Of what `openssl s_client` prints, the probe carries what is judged, and nothing that a server can make up."""

from __future__ import annotations

import contextlib
import re
import shutil
import socket
import ssl
import threading
import warnings
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from dockworthy.facts.harbor.wire import HarborOnWire
from dockworthy.facts.registry.s_client import parse_served
from dockworthy.facts.registry.served import HTTPHead
from dockworthy.snapshot import Section
from tests.facts.registry.s_client_output import CASES, VERSIONS, Printed, printed, read_whole
from tests.probe.carrying import frames
from tests.trust.host import NOW
from tests.trust.pki import issue

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

AWKS = {"dash": "mawk", "bash": "gawk", "ash": "busybox", "ksh": "original-awk"}
CANARY = "x7Kq9Zw2Lm5Rt8Bn"
OK = printed("3.5")["ok"]
ASKED = printed("3.5")["client12"]


def looked(folder: Path, shell: str, runs: Mapping[str, Printed]) -> dict[str, tuple[Section, bool]]:
    """For each run of openssl, the section that the probe makes of it, and whether a client certificate is asked."""
    tools = folder / "tools"
    tools.mkdir()
    (tools / "awk").symlink_to(shutil.which(AWKS[shell]) or shutil.which("awk") or "awk")
    tool = tools / "openssl"
    tool.write_text('#!/bin/sh\ncat "$RUN.err" >&2\ncat "$RUN.out"\nread -r STATUS <"$RUN.rc"\nexit "$STATUS"\n')
    tool.chmod(0o755)
    calls: list[str] = []
    for number, run in enumerate(runs.values()):
        at = folder / str(number)
        at.with_suffix(".out").write_bytes(run.stdout.encode("utf-8", "surrogateescape"))
        at.with_suffix(".err").write_bytes(run.stderr.encode("utf-8", "surrogateescape"))
        at.with_suffix(".rc").write_text(f"{run.status}\n")
        calls.append(f"export RUN={at}\nREGISTRY=r{number}.test REG_ASKS=\nregistry_address\ntls_facts tls\n")
        calls.append(f'say "cmd:asks-{number}" 0 "${{REG_ASKS:-0}}"\n')
    seen = frames(shell, "REG_KIND=registry\n" + "".join(calls), tools)
    assert len(seen.sections) == 2 * len(runs)
    return {
        name: (seen[f"registry:r{number}.test/tls"], seen[f"cmd:asks-{number}"].text == "1")
        for number, name in enumerate(runs)
    }


def test_every_version_is_carried_whole_under_every_shell(shell: str, tmp_path: Path) -> None:
    runs = {f"{version} {case}": printed(version)[case] for version in VERSIONS for case in CASES}
    for name, (section, asks) in looked(tmp_path, shell, runs).items():
        assert section.status == runs[name].status, name
        served, whole = parse_served(section.data), read_whole(runs[name])
        assert served == replace(whole, errors=served.errors), name
        assert len(served.errors) == len(whole.errors), name
        assert asks is served.asks_for_certificate is name.endswith(("client", "client12")), name
        # The keys of a session, what was verified, and where openssl's source lies are not.
        assert not re.search(rb"Master-Key|Session|verify|depth|\.c:", section.data), name


ABOVE = "\nNew, TLSv1.3, Cipher is TLS_AES_256_GCM_SHA384\nALPN protocol: http/1.1\n"
HOSTILE = {
    "a name in a list of CAs": replace(
        ASKED,
        stdout=ASKED.stdout.replace("O=Example, CN=Client CA", f"CN=https://u:{CANARY}@h/\nCN={CANARY}\n{CANARY}"),
    ),
    "a name that looks like a frame": replace(
        ASKED, stdout=ASKED.stdout.replace("O=Example", "@ file:/etc/passwd 0 raw 3\nabc\n@end 1\nO=-----BEGIN X-----")
    ),
    "a protocol of its own": replace(OK, stdout=OK.stdout.replace("http/1.1", CANARY)),
    "a protocol that goes on": replace(
        OK,
        stdout=OK.stdout.replace(
            "http/1.1",
            f"x\nNew, TLSv1.1, Cipher is {CANARY}\nAcceptable client certificate CA names\nCN=x\nPeer Temp Key: x",
        ),
    ),
    "a greeting": replace(
        OK,
        stdout=f"{OK.stdout}Requested Signature Algorithms: {CANARY}\nPeer Temp Key: {CANARY}\n"
        f"-----BEGIN CERTIFICATE-----\nMIIB{CANARY}\n-----END CERTIFICATE-----\n"
        f"-----BEGIN PRIVATE KEY-----\n{CANARY}\n-----END PRIVATE KEY-----\n"
        "\001\002\n\002\n",
    ),
    "an error's particulars": replace(
        OK,
        stderr=f"40C0:error:0A000086:SSL routines:f:certificate verify failed:../ssl/{CANARY}.c:1:{CANARY}\n"
        f"40C0:error:{CANARY}:a:b:c:d:1:\n"
        f"40C0:error:0A000410:{CANARY}:{CANARY}:https//{CANARY}:x.c:1:SSL alert number 9{CANARY}\n"
        f"connect: {CANARY}\n{CANARY}:errno=1\ndepth=0 CN={CANARY}\n",
    ),
}


def test_what_a_server_makes_up_is_not_carried(shell: str, tmp_path: Path) -> None:
    found = looked(tmp_path, shell, HOSTILE)
    for name, (section, _) in found.items():
        text = section.text
        assert CANARY[:8] not in text, name
        assert CANARY[-8:] not in text, name
        assert "PRIVATE" not in text, name
    honest = read_whole(OK)
    for name in ("a protocol of its own", "a protocol that goes on", "a greeting"):
        served = parse_served(found[name][0].data)
        assert replace(served, alpn="http/1.1") == honest, name
        assert found[name][1] is False, name
    names = found["a name that looks like a frame"][0].text
    assert "@" not in names
    assert "-----BEGIN X" not in names
    assert parse_served(found["a name in a list of CAs"][0].data).asks_for_certificate
    assert parse_served(found["an error's particulars"][0].data).alerts == ()


def test_a_chain_is_carried_whole_or_not_at_all(shell: str, tmp_path: Path) -> None:
    one = OK.stdout[OK.stdout.index("-----BEGIN") : OK.stdout.index("---\nServer")]
    other = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"
    runs = {
        "two": replace(OK, stdout=OK.stdout.replace(one, one + one)),
        "none": replace(OK, stdout=OK.stdout.replace(one, "")),
        "one of them is none": replace(OK, stdout=OK.stdout.replace(one, one + other)),
    }
    found = {name: section for name, (section, _) in looked(tmp_path, shell, runs).items()}
    assert len(parse_served(found["two"].data).chain) == 2
    assert parse_served(found["none"].data).chain == ()
    assert (found["one of them is none"].status, found["one of them is none"].data) == (62, b"")


PEM = OK.stdout[OK.stdout.index("-----BEGIN") : OK.stdout.index("---\nServer")]
KEY = f"-----BEGIN PRIVATE KEY-----\n{CANARY}\n-----END PRIVATE KEY-----\n"


REFUSED = "The requested URL returned error: "
GIVEN = (
    (f"{REFUSED}404", 22, ""),
    (f"{REFUSED}404 Not Found", 22, ""),
    (f"{REFUSED}500", 69, ""),
    (f"{REFUSED}401", 69, ""),
    (PEM, 0, PEM),
    (f"# the CA, see https://u:{CANARY}@h\n{PEM}{CANARY}\n", 0, PEM),
    (PEM + KEY, 62, ""),
    (f"-----BEGIN CERTIFICATE-----\n{CANARY}\n-----END CERTIFICATE-----\n", 62, ""),
    (f"<html>{CANARY}</html>", 61, ""),
    ("", 61, ""),
)


def test_of_a_ca_that_is_given_to_download_the_certificates_are_carried(shell: str, tmp_path: Path) -> None:
    lines = 'ask() { shift; RAW_ERR=$("$@" 2>&1 >/dev/null); grab "$@"; ERR=; }\nREG_KIND=registry\n'
    for number, (given, _, _) in enumerate(GIVEN):
        answer = tmp_path / str(number)
        answer.write_text(given)
        head = f'HTTP/1.1 401 No\\nWWW-Authenticate: Bearer realm="https://r{number}.test/t"'
        head += ',service="harbor-registry"\\n'
        refused = given.startswith(REFUSED)
        gives = f"{{ cat {answer} >&2; return 22; }}" if refused else f"cat {answer}"
        lines += f"curl() {{ case $* in *getcert) {gives} ;; *) printf '{head}' ;; esac; }}\n"
        lines += f"REGISTRY=r{number}.test\nregistry_address\nhttp_facts\n"
    seen = frames(shell, lines)
    for number, (given, status, told) in enumerate(GIVEN):
        name = f"registry:r{number}.test/getcert"
        assert seen[name] == Section(name, status, told.encode()), given


@pytest.mark.parametrize(
    ("resets", "asked", "waiting", "alert"),
    [(0, 1, "", True), (2, 3, "", True), (9, 4, "", False), (9, 4, "SSL routines::tlsv13 alert unknown ca:x.c", True)],
)
def test_a_server_that_closes_before_its_alert_was_read_is_asked_again(
    shell: str, tmp_path: Path, resets: int, asked: int, waiting: str, *, alert: bool
) -> None:
    """First as before, at last by a client that sends nothing and waits."""
    tools, count = tmp_path / "tools", tmp_path / "count"
    tools.mkdir()
    (tools / "curl").write_text(
        f"#!/bin/sh\nprintf x >>{count}\nread -r DONE <{count}\n"
        f'if [ "${{#DONE}}" -le {resets} ]; then echo "write: Connection reset by peer, errno 104" >&2; exit 55; fi\n'
        'echo "SSL_read: tlsv13 alert certificate required, errno 0" >&2\nexit 56\n'
    )
    (tools / "openssl").write_text(f'#!/bin/sh\necho report\n[ -z "{waiting}" ] || echo "{waiting}" >&2\nexit 1\n')
    (tools / "sleep").write_text("#!/bin/sh\n")
    for tool in tools.iterdir():
        tool.chmod(0o755)
    seen = frames(shell, "REG_KEY=registry:r.test\nREG_SNI=\nhttp_ask http https://r.test:443/v2/\n", tools)
    assert count.read_text() == "x" * asked
    assert seen["registry:r.test/http"].status == (56 if resets < asked else 55)
    told = seen["registry:r.test/http:err"].text
    assert any(f"alert {words}" in told for words in ("certificate required", "unknown ca")) is alert
    assert alert or "connection reset by peer" in told


TLS_1_2 = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.MAXIMUM_SUPPORTED)
SERVERS = {
    "strong": (TLS_1_2, "ECDHE+AESGCM", ()),
    "1.3 alone": ((ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_3), "ECDHE+AESGCM", ()),
    "prefers a good suite": (TLS_1_2, "ECDHE+AESGCM:ECDHE+AES", ("AEAD",)),
    "no forward secrecy": (TLS_1_2, "ECDHE+AESGCM:RSA+AESGCM", ("forward secrecy",)),
    "no 1.3": ((ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2), "ECDHE+AESGCM", ("TLS 1.3",)),
    "1.1, too": ((ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.MAXIMUM_SUPPORTED), "ALL:@SECLEVEL=0", ("AEAD", "TLS 1.1")),
}


def serve(folder: Path, versions: tuple[ssl.TLSVersion, ssl.TLSVersion], suites: str) -> socket.socket:
    """A server that shakes hands and hangs up."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    context.set_ciphers(suites)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of TLS 1.1, which is what is asked for
        context.minimum_version, context.maximum_version = versions
    server = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        with contextlib.suppress(OSError):
            while True:
                one, _ = server.accept()
                with contextlib.suppress(OSError), context.wrap_socket(one, server_side=True) as stream:
                    stream.recv(1)

    threading.Thread(target=answer, daemon=True).start()
    return server


def test_a_real_server_tells_what_it_takes_besides_what_it_chooses(tmp_path: Path) -> None:
    """Asked by the real openssl: the suite chosen of all says nothing of those that are taken besides."""
    leaf = issue("r.test", kind="rsa2048", dns=["r.test"], now=NOW)
    (tmp_path / "server.pem").write_text(leaf.pem + leaf.key_pem())
    servers = {name: serve(tmp_path, versions, suites) for name, (versions, suites, _) in SERVERS.items()}
    addresses = {name: f"127.0.0.1:{server.getsockname()[1]}" for name, server in servers.items()}
    lines = "REG_KIND=registry\n"
    for address in addresses.values():
        lines += f"REGISTRY={address}\nregistry_address\nSUITES=$ENGINE_SUITES\n"
        lines += "tls_facts tls -min_protocol TLSv1.2\ntls_facts tls12 -tls1_2\nweak_facts\n"
    seen = frames("dash", lines)
    for server in servers.values():
        server.close()
    for name, (_, _, expected) in SERVERS.items():
        found = HarborOnWire(addresses[name], HTTPHead(401), seen).weaknesses.value
        assert bool(found) is bool(expected), (name, found)
        assert all(any(word in fault for fault in found) for word in expected), (name, found)
