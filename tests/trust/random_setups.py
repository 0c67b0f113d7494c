"""Set-ups by chance: a few files of many kinds in a few folders, before a server of many kinds."""

from __future__ import annotations

from functools import lru_cache
from random import Random
from typing import Any

from tests.trust.pki import CLIENT, SERVER, Issued, issue
from tests.trust.setups import FOLDER, HOST, SYSTEM, Layout, data, link, pki, record, server, special, text

_FOLDERS = [FOLDER] * 8 + ["zero.test/", "zero.test_5443_/", "_default/", "zero.test:443/"]
_NAMES = (
    ["ca.crt"] * 3
    + ["a.crt", "z.crt", ".crt", "ca.pem", "CA.CRT", "ca.cer", "x.key", "y.cert", "README"]
    + ["sub/ca.crt", "ca.crt.bak", "ca.cert", "ca.key"]
)
_HOST_TABLE = '[host."https://zero.test:5443"]\n'
_HOSTS = [
    "",
    "rubbish",
    _HOST_TABLE,
    f'{_HOST_TABLE}ca = "ca.crt"\n',
    f'{_HOST_TABLE}ca = "ca.pem"\n',
    f'{_HOST_TABLE}ca = ["ca.crt", "a.crt"]\n',
    f"{_HOST_TABLE}skip_verify = true\n",
    f'{_HOST_TABLE}client = "client.cert"\n',
    f'{_HOST_TABLE}client = [["client.cert", "client.key"]]\nca = "ca.crt"\n',
    'server = "https://zero.test:5443"\n',
    'ca = "ca.crt"\n[host]\n',
    '[host."zero.test:5443"]\nca = "ca.crt"\ncapabilities = ["pull", "resolve"]\n',
    '[host."http://zero.test:5443"]\n',
]
_SUITES = ["HIGH", "kRSA", "ECDHE+AESGCM", "DHE", "ECDHE-RSA-AES128-SHA256", "CHACHA20", "aECDSA"]
_NGINX = [
    "",
    "ssl_protocols TLSv1.3;",
    "ssl_ecdh_curve secp521r1;",
    "ssl_protocols TLSv1 TLSv1.1; ssl_ciphers DEFAULT@SECLEVEL=0;",
    *(f"ssl_protocols TLSv1.2; ssl_ciphers {suites};" for suites in _SUITES),
]


class _Leaves:
    def __init__(self) -> None:
        root, names = pki().root, [HOST]
        self.below = issue(HOST, pki().intermediate, dns=names)
        self.alone = issue(HOST, dns=names)
        self.served = [
            *[pki().leaf] * 6,
            self.below,
            self.alone,
            issue(HOST, root, dns=names, start=-20, days=10),
            issue("x", root, dns=["x.test"]),
            issue(HOST, root),
            issue(HOST, root, dns=names, usages=[CLIENT]),
            issue(HOST, SYSTEM, dns=names),
            issue(HOST, root, dns=["ZERO.test", "*.test"]),
        ]
        self.clients = [
            pki().client,
            issue("client", root, start=-20, days=10),
            issue("client", pki().other),
            issue("client", root, usages=[SERVER]),
            issue("client", pki().intermediate),
            issue("client", root, kind="ed25519"),
        ]


@lru_cache(maxsize=1)
def _leaves() -> _Leaves:
    return _Leaves()


def _content(random: Random) -> str:
    root, client = pki().root.pem, pki().client
    return random.choice(
        [root] * 6
        + [pki().other.pem, pki().intermediate.pem, root + pki().other.pem, f"text before\n{root}"]
        + [root.replace("\n", "\r\n"), "", "hello", pki().leaf.pem, _leaves().below.pem, _leaves().alone.pem]
        + [client.pem, client.key_pem(), root.replace("CERTIFICATE", "X509 CERTIFICATE"), root[:300]]
        + [client.pem + client.key_pem(), pki().rsa_root.pem]
    )


def _entry(random: Random, path: str) -> dict[str, Any]:
    kind = random.random()
    if kind < 0.80:
        return text(path, _content(random))
    if kind < 0.84:
        return data(path, pki().root.der)
    if kind < 0.88:
        return special(path, "dir")
    if kind < 0.96:
        return link(path, random.choice(["nowhere", "ca.crt", "a.crt", f"../{FOLDER}ca.crt", ".", "x.key"]))
    return text(path, _content(random), mode="0000")


def _pair(random: Random, folder: str) -> Layout:
    one: Issued = random.choice(_leaves().clients)
    name = random.choice(["client", "a", "b.c", ""])
    keys = [one.key_pem()] * 5 + [one.key_pem(password=b"x"), pki().client.key_pem(), one.pem, ""]
    more = random.choice(["", pki().intermediate.pem])
    found = [text(f"{folder}{name}.cert", one.pem + more)] if random.random() < 0.9 else []
    return [*found, text(f"{folder}{name}.key", random.choice(keys))] if random.random() < 0.9 else found


def _layout(random: Random) -> Layout:
    folder = random.choice(_FOLDERS)
    entries = [_entry(random, folder + random.choice(_NAMES)) for _ in range(random.randint(0, 3))]
    if random.random() < 0.45:
        entries += _pair(random, folder)
    if random.random() < 0.25:
        entries.append(text(f"{folder}hosts.toml", random.choice(_HOSTS)))
    by_path = {entry["path"]: entry for entry in entries}
    closed = [f"{path}/" for path, entry in by_path.items() if entry["type"] != "dir"]
    return [entry for path, entry in by_path.items() if not path.startswith(tuple(closed))]


def _server(random: Random, port: int) -> dict[str, Any]:
    kind = random.random()
    leaf = random.choice(_leaves().served)
    if kind < 0.70:
        authority = random.choice(["", "", "", pki().root.pem, pki().other.pem])
        more = random.choice(["", "", pki().root.pem, pki().intermediate.pem, pki().other.pem])
        return server(leaf, client_ca=authority, more=more, port=port)
    if kind < 0.85:
        return server(random.choice([pki().rsa_leaf, pki().leaf]), "nginx", nginx=random.choice(_NGINX), port=port)
    return server(front="http" if kind < 0.95 else "none", port=port)


def random_setup(seed: int) -> dict[str, Any]:
    """A set-up in the format of ``certsd``; the same seed gives the same one, but for keys and times."""
    random = Random(seed)  # noqa: S311 - cases, not secrets
    ref, port = random.choice(
        [("zero.test:5443/tiny:1", 5443)] * 8 + [("zero.test/tiny:1", 443), ("zero.test:443/tiny:1", 443)]
    )
    config: dict[str, Any] = {}
    if random.random() < 0.12:
        entries = ["zero.test", "zero.test:5443", "0.0.0.0/8", "10.0.0.0/8"]
        config = {"insecure-registries": [random.choice(entries)]}
    return record(f"random-{seed}", _layout(random), _server(random, port), ref=ref, config=config)
