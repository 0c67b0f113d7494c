"""containerd's and podman's TOML, in every spelling of TOML 1.0."""

from __future__ import annotations

from tests.probe.spellings.table import Spelling

__all__ = ["SPELLINGS"]

CONFIG = "/etc/containerd/config.toml"
HOSTS = "/etc/containerd/certs.d/r.example/hosts.toml"
REGISTRIES = "/etc/containers/registries.conf"
_CRI = 'plugins."io.containerd.grpc.v1.cri".registry'


def _config(name: str, text: str, *keeps: str) -> Spelling:
    return Spelling(
        f"config.toml/{name}", CONFIG, f"version = 2\nroot = '/srv/c'\n{text}\n", ("version = 2", "/srv/c", *keeps)
    )


def _hosts(name: str, text: str, *keeps: str) -> Spelling:
    return Spelling(
        f"hosts.toml/{name}", HOSTS, f'server = "https://r.example"\n{text}\n', ("https://r.example", *keeps)
    )


def _registries(name: str, text: str, *keeps: str) -> Spelling:
    return Spelling(f"registries.conf/{name}", REGISTRIES, text + "\n", keeps)


_AUTH = f'[{_CRI}.configs."r.example".auth]\n'
_VALUES = (
    ("basic", '"«1»"'),
    ("literal", "'«1»'"),
    ("many-lines", '"""\n«1»\n"""'),
    ("many-lines-literal", "'''\na\n«1»'''"),
    ("quotes-inside", '"""a"«1»""«2»"""'),
    ("line-end", '"""a \\\n   «1»"""'),
    ("escaped", r'"\u0041«1»"'),
    ("five-quotes", '"""«1»"""""'),
    ("list", "[\"«1»\", '«2»']"),
    ("list-over-lines", '[ # «1»\n "«2»", # «3»\n]'),
    ("nested-list", '[["«1»"], [["«2»"]]]'),
    ("inline", '{ a = "«1»", "b.c" = \'«2»\', d.e = "«3»" }'),
    ("list-of-tables", '[{ a = "«1»" }, { a = "«2»" }]'),
    ("number", "23456789234567892345"),
    ("time", "2345-06-07"),
)
_KEYS = ("password", '"password"', "'password'", '"pass\\u0077ord"', "a.password", 'a . "password"')
SPELLINGS: list[Spelling] = [
    *(_config(f"value/{name}", f"{_AUTH}password = {value}") for name, value in _VALUES),
    *(_config(f"value-in-root/{name}", f"password = {value}") for name, value in _VALUES),
    *(_config(f"key/{number}", f'{_AUTH}{key} = "«1»"') for number, key in enumerate(_KEYS)),
    _config("comment", '# «1»\nstate = "/run/c" # «2»\n   # «3»', "/run/c"),
    _config("auth", f'{_AUTH}username = "«1»"\nauth = "«b64:u:«2»»"\nidentitytoken = \'«3»\''),
    _config(
        "auth-inline",
        f'[{_CRI}.configs]\n"r.example" = {{ auth = {{ password = "«1»" }}, tls = {{ ca_file = "/ca.pem" }} }}',
        "/ca.pem",
    ),
    _config("auth-dotted", f'{_CRI}.configs."r.example".auth.password = "«1»"'),
    _config("auth-in-header", f'[ {_CRI} . configs . "r.example" . auth ]\npassword = "«1»"'),
    _config("headers", f'[{_CRI}.headers]\nX-Meta = ["«1»"]\nAuthorization = [\n "Basic «2»" ]\n«3» = "x"', "X-Meta"),
    _config(
        "endpoint",
        f'[{_CRI}.mirrors."r"]\nendpoint = ["https://u:«1»@m.example", "u:«2»@n.example", "https://o.example"]',
        "m.example",
        "https://o.example",
    ),
    _config(
        "endpoint-key",
        f'[{_CRI}.mirrors."u:«1»@h.example"]\nendpoint = ["https://x.example"]',
        "h.example",
        "x.example",
    ),
    _config("stream", '[stream_processors.x]\nargs = ["--key", "«1»"]\nenv = ["A=«2»"]\npath = "/bin/x"', "/bin/x"),
    _config("unknown", '[site]\na = "«1»"\n[[site.list]]\nb = "«2»"\n[«3»]\nc = "«4»"'),
    _config("unknown-plugin", '[plugins."x.y"]\nkey = "«1»"\nsnapshotter = "zfs"', "zfs"),
    _config("debug-address", '[debug]\naddress = "u:«1»@h"\n[metrics]\naddress = "https://u:«2»@h:1"', "h:1"),
    _config("wrong-type", 'state = { token = "«1»" }\nimports = ["/etc/c/*.toml"]', "/etc/c/*.toml"),
    _config("bad/word", "password = «1»"),
    _config("bad/line", "«1»"),
    _config("bad/open", 'password = "«1»'),
    _config("bad/open-many", 'password = """\n«1»\nstate = "«2»"'),
    _config("bad/behind", 'state = "/run/c" «1»'),
    _config("bad/escape", 'password = "\\q«1»"'),
    _config("bad/header", '[site "«1»"]\nstate = "«2»"'),
    _config("bad/header-open", "[«1»\nstate = '«2»'"),
    _config("bad/list", 'imports = ["/a", «1»]'),
    _config("bad/inline", '[x]\na = { b = "/x", "«1»" }'),
    _config("bad/control", 'password = "a\x02«1»"'),
    _config("bad/nul", 'password = "a\0«1»"'),
    _config("bad/yaml", "auth:\n  password: «1»"),
    Spelling("config.toml/bad/utf-8", CONFIG, 'a = "\udcff«1»"\n'),
    Spelling(
        "config.toml/crlf", CONFIG, 'version = 2\r\npassword = """\r\n«1»\r\n"""\r\nroot = "/srv/c"\r\n', ("/srv/c",)
    ),
    Spelling("config.toml/cut", CONFIG, f'version = 2\n{_AUTH}password = "«1»', ("version = 2",)),
    _config(
        "harmless/paths",
        'state = "/run/c"\n[grpc]\naddress = "/run/c.sock"\nuid = 0',
        'state = "/run/c"',
        'address = "/run/c.sock"',
    ),
    _config(
        "harmless/cri",
        f'[{_CRI}]\nconfig_path = "/etc/containerd/certs.d:/etc/docker/certs.d"',
        'config_path = "/etc/containerd/certs.d:/etc/docker/certs.d"',
    ),
    _config(
        "harmless/runtime",
        '[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]\nruntime_type = "io.containerd.runc.v2"\noptions = { SystemdCgroup = true, BinaryName = "/usr/bin/runc" }',
        "io.containerd.runc.v2",
        "SystemdCgroup = true",
        "/usr/bin/runc",
    ),
    _config("harmless/escaped", r'"st\u0061te" = "/run/\u0063"', 'state = "/run/c"'),
    _hosts(
        "header",
        '[host."https://m.example".header]\nX-Meta = "«1»"\nauthorization = ["Basic «2»", "«3»"]\n"X-\\u0041" = \'«4»\'',
        "m.example",
        "X-Meta",
    ),
    _hosts(
        "header-inline",
        '[host."https://m.example"]\nheader = { Authorization = "Basic «1»" }\nskip_verify = true',
        "skip_verify = true",
    ),
    _hosts("header-dotted", 'host."https://m.example".header.Authorization = """\nBasic «1»"""'),
    _hosts("userinfo", '[host."https://u:«1»@m.example"]\ncapabilities = ["pull"]', "m.example", '["pull"]'),
    _hosts("userinfo-literal", "[host.'https://u:a/«1»@m.example']\nca = 'c.pem'", "c.pem"),
    _hosts("userinfo-escaped", '[host."https:\\u002f/u:«1»\\u0040m.example"]\nca = "c.pem"', "m.example", "c.pem"),
    _hosts("top-header", '[header]\nx = "«1»"'),
    _hosts("unknown", '[host."https://m.example"]\ntoken = "«1»"\nca = ["/a.pem", "/b.pem"]', "/b.pem"),
    _hosts("comment", '# «1»\n[host."https://m.example"] # «2»\n  override_path = true # «3»', "override_path = true"),
    _hosts("bad", '[host."https://m.example"]\ntoken = «1»\n'),
    Spelling("hosts.toml/server", HOSTS, 'server = "https://u:«1»@r.example"\n', ("r.example",)),
    Spelling("hosts.toml/server-bare", HOSTS, "server = 'u:«1»@r.example:5000'\n", ("r.example:5000",)),
    _hosts(
        "harmless",
        '[host."https://m.example"]\n  capabilities = ["pull", "resolve"]\n  ca = "/etc/certs/m.pem"\n  client = [["/c.pem", "/k.pem"]]\n  skip_verify = false',
        'capabilities = ["pull", "resolve"]',
        '"/etc/certs/m.pem"',
        '[["/c.pem", "/k.pem"]]',
        "skip_verify = false",
    ),
    _registries(
        "location",
        '[[registry]]\nprefix = "p.example"\nlocation = "u:«1»@r.example/x"\ninsecure = true',
        "p.example",
        "r.example/x",
        "insecure = true",
    ),
    _registries(
        "mirror",
        '[[registry]]\nlocation = "r.example"\n[[registry.mirror]]\nlocation = "https://u:«1»@m.example"',
        "r.example",
        "m.example",
    ),
    _registries("inline", 'registry = [{ location = "u:«1»@r.example", password = "«2»" }]', "r.example"),
    _registries("unknown", 'password = "«1» two words"\nunqualified-search-registries = ["r.example"]', "r.example"),
    _registries("aliases", '[aliases]\n"a" = "r.example/a"\n"b" = "u:«1»@r.example/b"', "r.example/a"),
    _registries("v1", "[registries.search]\nregistries = ['r.example', 'u:«1»@s.example']", "r.example", "s.example"),
]
