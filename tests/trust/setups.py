"""Set-ups of our own in the format of ``certsd``: judged alone here, and beside the real engine in ``tests/engine``."""

from __future__ import annotations

import base64
import datetime as dt
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from dockworthy.trust.reference import split_host_port
from tests.trust.pki import CLIENT, SERVER, Issued, issue

HOST = "zero.test"
REF = "zero.test:5443/tiny:1"
FOLDER = "zero.test:5443/"
SYSTEM = issue("System Root", ca=True)
TOKEN_CHALLENGE = (
    'location = /token {{ default_type application/json; return 200 \'{{"token":"t","access_token":"t"}}\'; }} '
    "error_page 418 = @challenge; location @challenge {{ add_header WWW-Authenticate "
    '\'Bearer realm="{realm}",service="x"\' always; '
    "add_header Docker-Distribution-Api-Version registry/2.0 always; return 401; }} "
    "set $wanted 0; if ($http_authorization = '') {{ set $wanted 1; }} "
    "if ($uri = /token) {{ set $wanted 0; }} if ($wanted = 1) {{ return 418; }}"
)

Layout = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Setup:
    """A set-up, and what each loader says of it.

    Attributes:
        record: in the format of ``certsd``.
        pull, ctrd, ctr: the class expected from the classic loader, the containerd image store and ``ctr``; None
            where it is not asked.
    """

    record: dict[str, Any]
    pull: str
    ctrd: str | None = None
    ctr: str | None = None

    @property
    def id(self) -> str:
        return str(self.record["id"])


class _Pki:
    def __init__(self) -> None:
        self.root = issue("Root", ca=True)
        self.rsa_root = issue("RSA Root", ca=True, kind="rsa2048")
        self.other = issue("Other Root", ca=True)
        self.intermediate = issue("Intermediate", self.root, ca=True)
        self.leaf = issue(HOST, self.root, dns=[HOST])
        self.rsa_leaf = issue(HOST, self.rsa_root, kind="rsa2048", dns=[HOST])
        self.client = issue("client", self.root, usages=[CLIENT])


@lru_cache(maxsize=1)
def pki() -> _Pki:
    """The certificates that most set-ups share."""
    return _Pki()


def text(path: str, content: str, *, where: str = "certs.d", mode: str = "0644") -> dict[str, Any]:
    """A text file."""
    return {"where": where, "path": path, "type": "file", "mode": mode, "uid": 0, "text": content}


def data(path: str, content: bytes) -> dict[str, Any]:
    """A file of any bytes."""
    encoded = base64.b64encode(content).decode()
    return {"where": "certs.d", "path": path, "type": "file", "mode": "0644", "uid": 0, "base64": encoded}


def link(path: str, target: str) -> dict[str, Any]:
    """A symbolic link."""
    return {"where": "certs.d", "path": path, "type": "symlink", "target": target, "mode": None}


def special(path: str, kind: str, mode: str = "0755") -> dict[str, Any]:
    """A folder or a pipe."""
    return {"where": "certs.d", "path": path, "type": kind, "mode": mode, "uid": 0}


def server(
    leaf: Issued | None = None,
    front: str = "registry",
    *,
    client_ca: str = "",
    nginx: str = "",
    port: int = 5443,
    more: str = "",
) -> dict[str, Any]:
    """What answers."""
    if front in {"http", "none"}:
        return {
            "front": front,
            "chain_pem": "",
            "key_pem": "",
            "client_ca_pem": "",
            "nginx": "",
            "listen_port": port,
        }
    served = leaf or pki().leaf
    return {
        "front": front,
        "chain_pem": served.pem + more,
        "key_pem": served.key_pem(),
        "client_ca_pem": client_ca,
        "nginx": nginx,
        "listen_port": port,
    }


def record(
    name: str,
    layout: Layout | None = None,
    answer: dict[str, Any] | None = None,
    *,
    ref: str = REF,
    resolves: list[str] | None = None,
    config: dict[str, Any] | None = None,
    steps: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """A set-up: the right CA in the right folder, unless said otherwise."""
    return {
        "id": name,
        "ref": ref,
        "host": split_host_port(ref.partition("/")[0])[0],
        "resolves_to": ["0.0.0.0"] if resolves is None else resolves,  # noqa: S104 - reaches the loopback
        "layout": [text(f"{FOLDER}ca.crt", pki().root.pem)] if layout is None else layout,
        "server": answer or server(),
        "daemon_json": config or {},
        "daemon_json_steps": steps or [],
        "certsd_root_is_symlink": False,
        "system_root_pem": SYSTEM.pem,
        "now": dt.datetime.now(dt.timezone.utc).isoformat(),
        "credentials": False,
        "verdicts": {},
    }


def _all(cls: str) -> dict[str, str]:
    return {"pull": cls, "ctrd": cls, "ctr": cls}


def _crt(name: str, content: str | bytes, ctr: str) -> Setup:
    """A .crt that the engine reads without a word and containerd refuses, or that both take."""
    entry = text(f"{FOLDER}ca.crt", content) if isinstance(content, str) else data(f"{FOLDER}ca.crt", content)
    cls = "ok" if ctr == "ok" else "unknown-authority"
    return Setup(record(name, [entry]), cls, cls, ctr)


def directories() -> list[Setup]:
    """Folders: links, loops, pipes, files, names that only one loader knows."""
    ca = pki().root.pem
    right = text(f"{FOLDER}ca.crt", ca)
    return [
        Setup(record("dir-link", [text("real/ca.crt", ca), link("zero.test:5443", "real")]), **_all("ok")),
        Setup(
            record(
                "dir-link-outside",
                [text("x/ca.crt", ca, where="/etc/docker/ext"), link("zero.test:5443", "/etc/docker/ext/x")],
            ),
            **_all("ok"),
        ),
        Setup(record("dir-link-loop", [link("zero.test:5443", "zero.test:5443")]), **_all("other")),
        Setup(record("dir-pipe", [special("zero.test:5443", "fifo", "0644")]), **_all("not-a-directory")),
        Setup(record("dir-empty-file", [text("zero.test:5443", "")]), **_all("not-a-directory")),
        Setup(record("dir-mode-0000", [right, special("zero.test:5443", "dir", "0000")]), **_all("ok")),
        Setup(
            record("dir-of-containerd", [text("zero.test_5443_/ca.crt", ca)]),
            "unknown-authority",
            "unknown-authority",
            "ok",
        ),
        Setup(record("dir-default", [text("_default/ca.crt", ca)]), "unknown-authority", "unknown-authority", "ok"),
        Setup(record("dir-port-with-zero", ref="zero.test:05443/tiny:1"), **_all("unknown-authority")),
        Setup(
            record("dir-both-ports-with-zero", [text("zero.test:05443/ca.crt", ca)], ref="zero.test:05443/tiny:1"),
            **_all("ok"),
        ),
    ]


def authorities() -> list[Setup]:
    """What a .crt may be."""
    ca, other = pki().root.pem, pki().other.pem
    return [
        Setup(record("crt-link-to-folder", [link(f"{FOLDER}ca.crt", ".")]), **_all("is-a-directory")),
        Setup(record("crt-link-loop", [link(f"{FOLDER}ca.crt", "ca.crt")]), **_all("other")),
        Setup(
            record("crt-link-to-null", [link(f"{FOLDER}ca.crt", "/dev/null")]),
            "unknown-authority",
            "unknown-authority",
            "ca-unloadable",
        ),
        Setup(record("crt-in-capitals", [text(f"{FOLDER}ca.CRT", ca)]), **_all("unknown-authority")),
        Setup(record("crt-name-ends-in-space", [text(f"{FOLDER}ca.crt ", ca)]), **_all("unknown-authority")),
        Setup(record("crt-name-for-shells", [text(f"{FOLDER}a b;$(x).crt", ca)]), **_all("ok")),
        _crt("crt-crlf", ca.replace("\n", "\r\n"), "ok"),
        _crt("crt-cr", ca.replace("\n", "\r"), "ca-unloadable"),
        _crt("crt-bom", f"\ufeff{ca}", "ca-unloadable"),
        _crt("crt-bom-and-newline", f"\ufeff\n{ca}", "ok"),
        _crt("crt-utf16", ca.encode("utf-16"), "ca-unloadable"),
        _crt("crt-trusted", ca.replace("CERTIFICATE", "TRUSTED CERTIFICATE"), "ca-unloadable"),
        _crt("crt-key-before", pki().root.key_pem() + ca, "ok"),
        _crt("crt-glued", other.rstrip("\n") + ca, "ca-unloadable"),
    ]


def references() -> list[Setup]:
    """References that are none, or name something else than they seem to."""
    return [
        Setup(record("ref-upper-path", ref="zero.test:5443/Tiny:1"), "bad-reference", "bad-reference"),
        Setup(record("ref-underscore", ref="zero_x.test:5443/tiny:1"), "bad-reference", "bad-reference"),
        Setup(record("ref-bad-tag", ref="zero.test:5443/tiny:-1"), "bad-reference", "bad-reference"),
        Setup(record("ref-double-slash", ref="zero.test:5443//tiny:1"), "bad-reference", "bad-reference"),
        Setup(record("ref-scheme", ref="https://zero.test:5443/tiny:1"), "bad-reference", "bad-reference"),
        Setup(record("ref-zone", ref="[fe80::1%25lo]:5443/tiny:1"), "bad-reference", "bad-reference"),
        Setup(record("ref-port-too-great", ref="zero.test:99999/tiny:1"), **_all("other")),
        Setup(record("ref-port-0", ref="zero.test:0/tiny:1"), **_all("refused")),
        Setup(record("ref-without-port", ref="zero.test/tiny:1"), **_all("refused")),
        Setup(record("ref-host-without-path", ref="zero.test:5443", resolves=[]), "dns", "dns"),
        Setup(record("ref-no-address", ref="[:::]:5443/tiny:1", resolves=[]), **_all("dns")),
    ]


def _pair(client: Issued, *, certificate: str | None = None, key: str | None = None, name: str = "client") -> Layout:
    return [
        text(f"{FOLDER}ca.crt", pki().root.pem),
        text(f"{FOLDER}{name}.cert", client.pem if certificate is None else certificate),
        text(f"{FOLDER}{name}.key", client.key_pem() if key is None else key),
    ]


def clients() -> list[Setup]:
    """Servers that want a client certificate."""
    root = pki().root
    strict = server(client_ca=root.pem)
    below = issue("client", pki().intermediate)
    rsa = issue("client", root, kind="rsa2048")
    foreign = issue("client", pki().other)
    rows: list[tuple[str, Layout | None, str]] = [
        ("mtls-none", None, "client-cert-refused"),
        ("mtls-foreign", _pair(foreign), "client-cert-refused"),
        ("mtls-usage-none", _pair(issue("client", root)), "ok"),
        ("mtls-usage-server", _pair(issue("client", root, usages=[SERVER])), "client-cert-refused"),
        ("mtls-not-yet", _pair(issue("client", root, start=20)), "client-cert-refused"),
        ("mtls-intermediate-missing", _pair(below), "client-cert-refused"),
        ("mtls-intermediate-sent", _pair(below, certificate=below.pem + pki().intermediate.pem), "ok"),
        ("mtls-ed25519", _pair(issue("client", root, kind="ed25519")), "ok"),
        ("mtls-sec1-key", _pair(pki().client, key=pki().client.key_pem(traditional=True)), "ok"),
        ("mtls-pkcs1-key", _pair(rsa, key=rsa.key_pem(traditional=True)), "ok"),
        ("mtls-second-pair-fits", _pair(foreign, name="a") + _pair(pki().client, name="b")[1:], "ok"),
        ("mtls-empty-stem", _pair(pki().client, name=""), "ok"),
        ("mtls-ca-as-client", _pair(root), "ok"),
    ]
    return [Setup(record(name, layout, strict), **_all(cls)) for name, layout, cls in rows]


def pairs() -> list[Setup]:
    """Pairs that no server asks for, and that are broken all the same."""
    client = pki().client
    other = pki().rsa_leaf
    both = ["keypair-pem"] * 3
    rows: list[tuple[str, Layout, list[str]]] = [
        (
            "pair-encrypted-old",
            _pair(client, key=client.key_pem(traditional=True, password=b"x")),
            ["keypair-parse"] * 3,
        ),
        ("pair-key-empty", _pair(client, key=""), both),
        ("pair-key-is-text", _pair(client, key="hello\n"), both),
        ("pair-key-is-certificate", _pair(client, key=client.pem), ["other"] * 3),
        ("pair-key-is-public", _pair(client, key=client.public_pem), both),
        (
            "pair-certificate-is-request",
            _pair(client, certificate=client.pem.replace("CERTIFICATE", "CERTIFICATE REQUEST")),
            both,
        ),
        ("pair-kinds-differ", _pair(client, key=other.key_pem()), ["keypair-mismatch"] * 3),
        (
            "pair-certificate-dangles",
            [link(f"{FOLDER}c.cert", "nowhere"), text(f"{FOLDER}c.key", client.key_pem())],
            ["file-missing"] * 3,
        ),
        (
            "pair-certificate-is-folder",
            [special(f"{FOLDER}c.cert", "dir"), text(f"{FOLDER}c.key", client.key_pem())],
            ["is-a-directory", "is-a-directory", "unknown-authority"],
        ),
        (
            "order-key-before-crt",
            [text(f"{FOLDER}a.key", client.key_pem()), link(f"{FOLDER}b.crt", "nowhere")],
            ["missing-cert", "file-missing", "file-missing"],
        ),
        (
            "order-crt-before-key",
            [link(f"{FOLDER}a.crt", "nowhere"), text(f"{FOLDER}b.key", client.key_pem())],
            ["file-missing", "file-missing", "file-missing"],
        ),
        (
            "pair-in-one-file",
            [text(f"{FOLDER}ca.crt", pki().root.pem), text(f"{FOLDER}c.cert", client.pem + client.key_pem())],
            ["missing-key", "file-missing", "ok"],
        ),
    ]
    return [Setup(record(name, layout), *classes) for name, layout, classes in rows]


def handshakes() -> list[Setup]:
    """Nginx with protocols, suites, groups and keys of all kinds."""
    folder = [text(f"{FOLDER}ca.crt", pki().rsa_root.pem)]
    ed25519 = issue(HOST, pki().rsa_root, kind="ed25519", dns=[HOST])
    ed448 = issue(HOST, pki().rsa_root, kind="ed448", dns=[HOST])
    ecdsa = issue(HOST, pki().rsa_root, dns=[HOST])
    only_12 = "ssl_protocols TLSv1.2; ssl_ciphers {};"
    fails, loose = ("tls-handshake",) * 3, ("tls-handshake", "ok", "ok")
    rows: list[tuple[str, str, Issued, tuple[str, str, str]]] = [
        ("tls13-only", "ssl_protocols TLSv1.3;", pki().rsa_leaf, ("ok",) * 3),
        ("tls13-ignores-ciphers", "ssl_ciphers AES256-SHA;", pki().rsa_leaf, ("ok",) * 3),
        ("tls12-static-rsa", only_12.format("AES256-GCM-SHA384"), pki().rsa_leaf, loose),
        ("tls12-static-rsa-cbc", only_12.format("AES128-SHA"), pki().rsa_leaf, loose),
        ("tls12-chacha", only_12.format("ECDHE-RSA-CHACHA20-POLY1305"), pki().rsa_leaf, loose),
        ("tls12-cbc-sha1", only_12.format("ECDHE-RSA-AES256-SHA"), pki().rsa_leaf, ("ok",) * 3),
        ("tls12-cbc-sha384", only_12.format("ECDHE-RSA-AES256-SHA384"), pki().rsa_leaf, fails),
        ("tls12-suite-of-other-key", only_12.format("ECDHE-ECDSA-AES128-GCM-SHA256"), pki().rsa_leaf, fails),
        ("tls12-ecdsa", only_12.format("ECDHE+AESGCM"), ecdsa, ("ok",) * 3),
        ("tls12-ed25519", "ssl_protocols TLSv1.2;", ed25519, ("ok",) * 3),
        ("group-x448", "ssl_ecdh_curve X448;", pki().rsa_leaf, fails),
        ("group-p384", "ssl_ecdh_curve secp384r1;", pki().rsa_leaf, ("ok",) * 3),
        ("group-brainpool-12", "ssl_protocols TLSv1.2; ssl_ecdh_curve brainpoolP256r1;", pki().rsa_leaf, loose),
        ("leaf-ed448", "", ed448, fails),
        ("handshake-rejected", "ssl_reject_handshake on;", pki().rsa_leaf, fails),
    ]
    return [
        Setup(record(name, folder, server(leaf, "nginx", nginx=nginx)), *classes) for name, nginx, leaf, classes in rows
    ]


def _insecure(*entries: str) -> dict[str, Any]:
    return {"insecure-registries": list(entries)}


def insecure() -> list[Setup]:
    """insecure-registries, the loopback, and plain HTTP."""
    wrong = server(issue("elsewhere", dns=["elsewhere"]))
    exact = _insecure("zero.test:5443")
    old = server(pki().rsa_leaf, "nginx", nginx="ssl_protocols TLSv1 TLSv1.1; ssl_ciphers DEFAULT@SECLEVEL=0;")
    rows: list[tuple[str, dict[str, Any], dict[str, Any], str, str]] = [
        ("insecure-host-without-port", wrong, _insecure("zero.test"), "name-mismatch", "name-mismatch"),
        ("insecure-exact", wrong, exact, "ok", "ok"),
        ("insecure-url", wrong, _insecure("http://zero.test:5443"), "ok", "ok"),
        ("insecure-http", server(front="http"), exact, "ok", "ok"),
        ("insecure-none", server(front="none"), exact, "refused", "refused"),
        ("insecure-cidr-one", wrong, _insecure("0.0.0.0/32"), "ok", "ok"),
        ("insecure-cidr-all-v6", wrong, _insecure("::/0"), "name-mismatch", "name-mismatch"),
        ("insecure-cidr-mapped", wrong, _insecure("::ffff:0:0/96"), "ok", "ok"),
        ("insecure-old-tls", old, exact, "other", "tls-version"),
        ("insecure-wants-client", server(client_ca=pki().root.pem), exact, "other", "ok"),
    ]
    found = [
        Setup(record(name, _pair(pki().client), answer, config=config), pull, ctrd)
        for name, answer, config, pull, ctrd in rows
    ]
    found += [
        Setup(
            record("insecure-emptied", [], wrong, config=exact, steps=[_insecure()]), "name-mismatch", "name-mismatch"
        ),
        Setup(record("insecure-forgotten", [], wrong, config=exact, steps=[{}]), "ok", "ok"),
        Setup(
            record(
                "insecure-default-http-port",
                [],
                server(front="http", port=80),
                ref="zero.test/tiny:1",
                config=_insecure("zero.test"),
            ),
            "ok",
            "refused",
        ),
        Setup(record("loopback-literal", [], wrong, ref="127.0.0.1:5443/tiny:1", resolves=["127.0.0.1"]), **_all("ok")),
        Setup(
            record("loopback-v6-literal", [], wrong, ref="[::1]:5443/tiny:1", resolves=["::1"]),
            "no-ip-san",
            "other",
            "ok",
        ),
    ]
    return found


def mirrors() -> list[Setup]:
    """registry-mirrors: asked for Docker Hub alone."""
    hub = "docker.io/library/tiny:1"
    right = [text(f"{FOLDER}ca.crt", pki().root.pem)]
    lone_key = [text(f"{FOLDER}x.key", pki().client.key_pem())]
    mirror = {"registry-mirrors": ["https://zero.test:5443"]}
    wrong = server(issue("elsewhere", dns=["elsewhere"]))
    rows: list[tuple[str, Layout, dict[str, Any], str, dict[str, Any], str, str]] = [
        ("mirror-right", right, server(), hub, mirror, "ok", "ok"),
        ("mirror-without-ca", [], server(), hub, mirror, "dns", "unknown-authority"),
        ("mirror-broken-folder", lone_key, server(), hub, mirror, "missing-cert", "unknown-authority"),
        (
            "mirror-http",
            [],
            server(front="http"),
            hub,
            {"registry-mirrors": ["http://zero.test:5443"]},
            "ok",
            "http-not-https",
        ),
        ("mirror-insecure", [], wrong, hub, {**mirror, **_insecure("zero.test:5443")}, "ok", "ok"),
        (
            "mirror-below-a-path",
            right,
            server(),
            hub,
            {"registry-mirrors": ["https://zero.test:5443/sub"]},
            "dns",
            "dns",
        ),
        ("mirror-not-for-others", right, server(), "nx.invalid/tiny:1", mirror, "dns", "dns"),
    ]
    return [
        Setup(record(name, layout, answer, ref=ref, resolves=[], config=config), pull, ctrd)
        for name, layout, answer, ref, config, pull, ctrd in rows
    ]


def tokens() -> list[Setup]:
    """A token service with another name: judged with the registry's certificates, or with the system's alone."""
    nginx = TOKEN_CHALLENGE.format(realm="https://auth.test:5443/token")
    both = issue(HOST, pki().root, dns=[HOST, "auth.test"])
    return [
        Setup(record("token-name-missing", None, server(front="nginx", nginx=nginx)), **_all("name-mismatch")),
        Setup(record("token-ca-unknown", None, server(both, "nginx", nginx=nginx)), "ok", "unknown-authority", "ok"),
    ]


def hosts_files() -> list[Setup]:
    """Containerd's hosts.toml, which the engine's own loaders do not read."""
    ca, client = pki().root.pem, pki().client
    other = server(issue("elsewhere", dns=["elsewhere"]))
    own = '[host."https://zero.test:5443"]\n'
    unknown = "unknown-authority"
    rows: list[tuple[str, str, list[str], dict[str, Any], str, str]] = [
        # name, hosts.toml, other files in the folder (of: ca.crt, ca.pem, client), server, classic, ctr 1.7
        ("hosts-ca-of-host", f'{own}ca = "ca.pem"\n', ["ca.pem"], server(), unknown, "ok"),
        ("hosts-ca-list", f'{own}ca = ["ca.pem"]\n', ["ca.pem"], server(), unknown, "ok"),
        ("hosts-ca-absolute", f'{own}ca = "/etc/docker/certs.d/{FOLDER}ca.pem"\n', ["ca.pem"], server(), unknown, "ok"),
        ("hosts-hides-crt", f"{own}", ["ca.crt"], server(), "ok", unknown),
        ("hosts-empty-file", "", ["ca.crt"], server(), "ok", "ok"),
        ("hosts-no-toml", "this is = not [toml", ["ca.crt"], server(), "ok", "ok"),
        ("hosts-without-host-table", 'ca = "ca.pem"\n', ["ca.pem"], server(), unknown, unknown),
        ("hosts-empty-host-table", 'ca = "ca.pem"\n[host]\n', ["ca.pem"], server(), unknown, "ok"),
        ("hosts-skip-verify", f"{own}skip_verify = true\n", [], other, "name-mismatch", "ok"),
        ("hosts-skip-verify-text", f'{own}skip_verify = "true"\n', ["ca.crt"], server(), "ok", "ok"),
        ("hosts-ca-number", f"{own}ca = 5\n", ["ca.crt"], server(), "ok", "ok"),
        ("hosts-unknown-capability", f'{own}capabilities = ["pull", "fetch"]\n', ["ca.crt"], server(), "ok", "ok"),
        (
            "hosts-cannot-resolve",
            f'{own}capabilities = ["pull"]\nca = "ca.pem"\n',
            ["ca.pem"],
            server(),
            unknown,
            unknown,
        ),
        ("hosts-ca-missing", f'{own}ca = "none.pem"\n', ["ca.crt"], server(), "ok", "file-missing"),
        ("hosts-ca-unloadable", f'{own}ca = "hosts.toml"\n', ["ca.crt"], server(), "ok", "ca-unloadable"),
        (
            "hosts-server-key",
            'server = "https://zero.test:5443"\nca = "ca.pem"\n[host]\n',
            ["ca.pem"],
            server(),
            unknown,
            "ok",
        ),
        (
            "hosts-server-without-scheme",
            'server = "zero.test:5443"\nca = "ca.pem"\n[host]\n',
            ["ca.pem"],
            server(),
            unknown,
            "ok",
        ),
        (
            "hosts-second-answers",
            '[host."https://nx.invalid:5443"]\n' + f'{own}ca = "ca.pem"\n',
            ["ca.pem"],
            server(),
            unknown,
            "ok",
        ),
        ("hosts-first-is-told", '[host."https://nx.invalid:5443"]\n' + f"{own}", [], server(), unknown, "dns"),
        ("hosts-http", '[host."http://zero.test:5443"]\n', [], server(front="http"), "http-not-https", "ok"),
        ("hosts-http-meets-tls", '[host."http://zero.test:5443"]\n', [], server(), unknown, "other"),
        ("hosts-http-with-ca", '[host."http://zero.test:5443"]\nca = "ca.pem"\n', ["ca.pem"], server(), unknown, "ok"),
        (
            "hosts-client-pair",
            f'{own}ca = "ca.pem"\nclient = [["client.pem", "client-key.pem"]]\n',
            ["ca.pem", "client"],
            server(client_ca=ca),
            unknown,
            "ok",
        ),
        (
            "hosts-client-one-file",
            f'{own}ca = "ca.pem"\nclient = "both.pem"\n',
            ["ca.pem", "client"],
            server(client_ca=ca),
            unknown,
            "ok",
        ),
        (
            "hosts-client-pair-flat",
            f'{own}ca = "ca.pem"\nclient = ["client.pem", "client-key.pem"]\n',
            ["ca.pem", "client"],
            server(client_ca=ca),
            unknown,
            "other",
        ),
        (
            "hosts-header-number",
            f'{own}[host."https://zero.test:5443".header]\nx = 5\n',
            ["ca.crt"],
            server(),
            "ok",
            "ok",
        ),
    ]
    files = {
        "ca.crt": [text(f"{FOLDER}ca.crt", ca)],
        "ca.pem": [text(f"{FOLDER}ca.pem", ca)],
        "client": [
            text(f"{FOLDER}client.pem", client.pem),
            text(f"{FOLDER}client-key.pem", client.key_pem()),
            text(f"{FOLDER}both.pem", client.pem + client.key_pem()),
        ],
    }
    return [
        Setup(
            record(
                name, [text(f"{FOLDER}hosts.toml", toml), *(entry for each in beside for entry in files[each])], answer
            ),
            pull,
            pull,
            ctr,
        )
        for name, toml, beside, answer, pull, ctr in rows
    ]


def everything() -> list[Setup]:
    """All set-ups."""
    return [
        *directories(),
        *authorities(),
        *references(),
        *clients(),
        *pairs(),
        *handshakes(),
        *insecure(),
        *mirrors(),
        *tokens(),
        *hosts_files(),
    ]
