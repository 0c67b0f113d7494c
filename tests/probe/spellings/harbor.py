"""harbor.yml and harbor.cfg: every spelling that PyYAML's safe_load and configparser take, and what they refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.probe.spellings.table import Spelling

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["SPELLINGS"]

YML = "/opt/harbor/harbor.yml"
CFG = "/opt/harbor/harbor.cfg"
METADATA = "/opt/harbor/metadata.json"
HEAD = "hostname: harbor.example\nhttp:\n  port: 8080\n"
TAIL = "data_volume: /data\nlog:\n  level: info\n_version: 2.12.0\n"
KEPT = ("hostname: harbor.example\n", "port: 8080\n", "data_volume: /data\n", "level: info\n", "_version: 2.12.0\n")

# A key and its value in the spellings of a mapping's member; K is the key. Lines are indented as a whole.
MEMBERS = {
    "plain": "K: «1»",
    "single": "K: '«1»'",
    "single-with-quote": "K: '«1»''«2»'",
    "double": 'K: "«1»"',
    "double-with-quote": 'K: "«1»\\"«2»"',
    "double-with-backslashes": 'K: "«1»\\\\" # «2»"',
    "words": "K: «1» «2»",
    "colon-inside": "K: «1»:«2»",
    "hash-inside": "K: «1»#«2»",
    "comment-after": "K: «1» # «2»",
    "next-line": "K:\n  «1»",
    "next-line-after-comment": "K: # «1»\n\n  # «2»\n  «3»",
    "plain-over-lines": "K: «1»\n  «2»\n\n  «3»",
    "single-over-lines": "K: '«1»\n\n  «2»'",
    "double-over-lines": 'K: "«1»\n  «2»\\\n  «3»"',
    "double-at-column-0": 'K: "«1»\n«2»"',
    "literal": "K: |\n  «1»\n  «2»",
    "literal-strip": "K: |-\n  «1»",
    "literal-keep": "K: |+\n  «1»\n\n",
    "literal-indented": "K: |2\n    «1»\n   «2»",
    "literal-both-indicators": "K: |1-\n  «1»",
    "literal-comment": "K: | # «1»\n  # «2»\n  a: «3»",
    "literal-blank-first": "K: |\n\n  «1»",
    "literal-that-looks-like-keys": "K: |\n  hostname: «1»\n  data_volume: «2»",
    "folded": "K: >\n  «1»\n  «2»",
    "folded-more": "K: >-\n  «1»\n    «2»\n\n  «3»",
    "folded-with-tab": "K: >\n  «1»\n  \t«2»",
    "key-single": "'K': «1»",
    "key-double": '"K": «1»',
    "key-blank-before-colon": "K : «1»",
    "key-quoted-blank-before-colon": '"K" : «1»',
    "complex": "? K\n: «1»",
    "complex-literal": "? |-\n  K\n: |\n  «1»",
    "complex-quoted": '? "K"\n: >-\n  «1»',
    "complex-next-line": "?\n  K\n:\n  «1»",
    "tag": "K: !!str «1»",
    "tag-long": "K: !<tag:yaml.org,2002:str> «1»",
    "tag-plain": "K: ! «1»",
    "tag-next-line": "K: !!str\n  «1»",
    "tag-quoted": 'K: !!str "«1»"',
    "tag-literal": "K: !!str |\n  «1»",
    "tag-binary": "K: !!binary «b64:pad«1»pad»",
    "tag-binary-literal": "K: !!binary |\n  «b64:«1»»",
    "tag-set": "K: !!set {«1», «2»}",
    "tag-set-block": "K: !!set\n  ? «1»\n  ? «2»",
    "tag-on-key": "!!str K: «1»",
    "anchor": "K: &a «1»",
    "anchor-next-line": "K: &a\n  «1»",
    "anchor-and-tag": "K: &a !!str «1»",
    "tag-and-anchor": "K: !!str &a |\n  «1»",
    "anchor-on-key": "&a K: «1»",
    "in-sequence": "K: [«1», «2»]",
    "in-block-sequence": "K:\n- «1»\n- - «2»",
    "in-mapping": "K: {a: «1», b: {c: «2»}}",
    "in-mapping-names": "K: {«1»: «2»}",
    "number": "K: 234567",
    "twice": "K: «1»\nK: «2»",
    "twice-the-last-empty": "K: «1»\nK:",
    "utf-8": "K: «1»é«2»",
    "long": "K: «1»" + "x" * 3000 + "«2»",
    "escaped": 'K: "\\x41«1»\\u0042\\U00000043\\t\\n\\e\\0\\N\\_\\L\\P«2»"',
    "url": "K: https://u:«1»@harbor.example/«2»?«3»",
    "comment-above": "# K: «1»\nK: «2»",
    "comment-above-old": "#K: «1»\n  # «2»\nK: x",
    "comment-that-opens": "# {\"K\": [«1»\nK: '«2»'",
    "trailing-blanks": "K: «1»   ",
}
# Where the members stand: the mappings above them.
PLACES = {
    "admin": ((), "harbor_admin_password"),
    "database": (("database",), "password"),
    "unknown": ((), "some_setting"),
    "s3": (("storage_service", "s3"), "secretkey"),
    "redis": (("external_redis",), "password"),
}


def _member(where: str, member: str) -> str:
    above, key = PLACES[where]
    margin = "  " * len(above)
    lines = [
        margin + line if line and not line.startswith('«2»"') else line for line in member.replace("K", key).split("\n")
    ]
    return "".join("  " * depth + name + ":\n" for depth, name in enumerate(above)) + "\n".join(lines) + "\n"


def _members() -> Iterator[Spelling]:
    for name, member in MEMBERS.items():
        for where in (
            PLACES if name in {"plain", "literal", "complex", "twice", "tag-binary"} else ("admin", "database")
        ):
            keeps = () if "|+" in member else KEPT
            yield Spelling(f"harbor.yml/{where}/{name}", YML, HEAD + _member(where, member) + TAIL, keeps)


KEYS = {
    "escaped-x": '"harbor_admin_\\x70assword"',
    "escaped-u": '"harbor_admin_\\u0070assword"',
    "escaped-U": '"\\U00000068arbor_admin_password"',
    "over-lines": '? "harbor_admin_\\\n  password"\n',
    "upper-case": "HARBOR_ADMIN_PASSWORD",
    "other": "harbor_admin_passwort",
    "harmless": "remark",
    "number": "42",
    "yes": "yes",
    "null": "~",
    "empty": '""',
    "space": "admin password",
    "unicode": "pässwort",
}
# Whole files, from which nothing but the canaries must go.
FILES = {
    "flow": "{hostname: harbor.example, http: {port: 8080}, harbor_admin_password: «1», database: {password: «2», "
    "max_idle_conns: 50}, data_volume: /data, log: {level: info}, _version: 2.12.0}\n",
    "flow-over-lines": "{hostname: harbor.example,\n http: {\n port: 8080\n},\nharbor_admin_password: «1»,\n"
    "database: {password: '«2»'\n, },\ndata_volume: /data, log: {level: info}, _version: 2.12.0\n}\n",
    "json": '{"hostname":"harbor.example","http":{"port":8080},"harbor_admin_password":"«1»",'
    '"database":{"password":"«2»"},'
    '"data_volume":"\\/data","log":{"level":"info"},"_version":"2.12.0"}',
    "json-pretty": '{\n  "hostname": "harbor.example",\n  "http": {"port": 8080},\n'
    '  "database": {"password": "a\\"«1»"},\n'
    '  "external_database": {"harbor": {"password": "«2»"}},\n  "data_volume": "/data", "log": {"level": "info"},\n'
    '  "_version": "2.12.0"\n}\n',
    "document-start": "---\n" + HEAD + "harbor_admin_password: «1»\n" + TAIL,
    "document-end": HEAD + "harbor_admin_password: «1»\n" + TAIL + "...\n",
    "directive": "%YAML 1.1\n# «1»\n---\n" + HEAD + "harbor_admin_password: «2»\n" + TAIL,
    "tag-directive": "%TAG !y! tag:yaml.org,2002:\n---\n" + HEAD + "harbor_admin_password: !y!str «1»\n" + TAIL,
    "indented-as-a-whole": "".join(
        f"   {line}\n" for line in (HEAD + "database:\n  password: «1»\n" + TAIL).splitlines()
    ),
    "crlf": (HEAD + "harbor_admin_password: |\n  «1»\n  «2»\ndatabase:\n  password: «3»\n" + TAIL).replace(
        "\n", "\r\n"
    ),
    "carriage-returns": (HEAD + "harbor_admin_password: >\n  «1»\n\ndatabase:\n  password: «2»\n" + TAIL).replace(
        "\n", "\r"
    ),
    "bom": "\ufeff" + HEAD + "harbor_admin_password: «1»\n" + TAIL,
    "no-last-line-break": HEAD + TAIL + "harbor_admin_password: «1»",
    "no-last-line-break-literal": HEAD + TAIL + "harbor_admin_password: |\n  «1»",
    "anchor-above": "x-secret: &s «1»\n" + HEAD + "harbor_admin_password: *s\n" + TAIL,
    "anchor-list": "x-secrets: [&s «1», &t '«2»']\n"
    + HEAD
    + "harbor_admin_password: *s\ndatabase: {password: *t}\n"
    + TAIL,
    "anchor-mapping": HEAD + "database: &d\n  password: «1»\n  max_idle_conns: 3\nclone: *d\n" + TAIL,
    "merge": "x-base: &b {password: «1», max_idle_conns: 50}\n"
    + HEAD
    + "database:\n  <<: *b\n  max_open_conns: 9\n"
    + TAIL,
    "merge-list": "x-a: &a {password: «1»}\nx-b: &b {max_idle_conns: 50, «2»: «3»}\n"
    + HEAD
    + "database: {<<: [*a, *b], max_open_conns: 9}\n"
    + TAIL,
    "merge-at-the-top": "<<: {harbor_admin_password: «1»}\n" + HEAD + TAIL,
    "merge-quoted-is-a-key": HEAD + "'<<': {a: «1»}\n" + TAIL,
    "comments-everywhere": "# «1»\n"
    + HEAD.replace("\n", " # «2»\n")
    + "harbor_admin_password: x # «3»\n"
    + TAIL
    + "#«4»",
    "tab-in-comment": HEAD + "#\t«1»\nharbor_admin_password: '\t«2»'\n" + TAIL,
    "unknown-mapping": HEAD + "vault:\n  - name: a\n    secret: «1»\n  - {name: b, «2»: [«3»]}\n" + TAIL,
    "unknown-key-is-the-secret": HEAD + "«1»: yes\n? «2»\n? [a]\n: x\n".replace("? [a]\n: x\n", "") + TAIL,
    "known-mapping-with-a-text": HEAD + "storage_service: «1»\nexternal_database: [«2»]\n" + TAIL,
    "known-text-with-a-mapping": HEAD + "external_url: {a: «1»}\nharbor_admin_password: {b: [«2»]}\n" + TAIL,
    "compact-nesting": HEAD + "vault:\n- - - «1»\n  - ? «2»\n    : «3»\n- a: «4»\n  b: «5»\n" + TAIL,
    "everything": HEAD
    + "external_database:\n  harbor: {host: db.example, port: 5432, db_name: registry, username: «1», password: «2», "
    "ssl_mode: verify-full}\nexternal_redis:\n  host: r1.example:26379,r2.example:26379\n  password: «3»\n"
    "  username: «4»\n"
    'storage_service:\n  gcs:\n    bucket: images\n    keydata: |\n      {"private_key": "«5»"}\n  azure: '
    "{accountname: «6», accountkey: «7», container: images}\ntrivy:\n  github_token: «8»\n  skip_update: yes\n"
    "trace:\n  attributes: {application: «9»}\n  jaeger:\n    endpoint: 'http://u:«10»@j.example:14268/api'\n"
    "    password: «11»\n"
    "uaa:\n  client_secret: «12»\n" + TAIL,
}
ADDRESSES = {
    "user": "https://u:«1»@harbor.example/x",
    "user-alone": "https://«1»@harbor.example",
    "no-scheme": "u:«1»@harbor.example:3128",
    "slash-in-password": "https://u:«1»/«2»@harbor.example",
    "at-in-password": "https://u:«1»@«2»@harbor.example",
    "hash-in-password": "https://u:«1»#«2»@harbor.example",
    "question-mark": "https://u:«1»?«2»@harbor.example",
    "percent": "https://u%3a«1»%40harbor.example/",
    "quote": '"https://u:«1»\'\\"@harbor.example"',
    "escaped-slashes": '"https:\\/\\/u:«1»@harbor.example"',
    "escaped-at": '"https://u:«1»\\x40harbor.example"',
    "query": "https://harbor.example/?token=«1»",
    "fragment": "https://harbor.example/#«1»",
    "folded": ">-\n    https://u:«1»@harbor.example",
    "over-lines": '"https://u:«1»\\\n    @harbor.example"',
    "two": "https://u:«1»@harbor.example,https://v:«2»@harbor.example",
    "blank": "https://u:«1» «2»@harbor.example",
}
ADDRESS_KEYS = ("hostname", "external_url", "proxy/http_proxy", "proxy/no_proxy", "external_redis/host")
# What PyYAML refuses, or what may be read in two ways: nothing is carried.
REFUSED = {
    "tab-after-colon": "harbor_admin_password:\t«1»\n",
    "tab-before-key": "database:\n\tpassword: «1»\n",
    "unclosed-quote": "harbor_admin_password: '«1»\n",
    "unclosed-flow": "database: {password: «1»\n",
    "two-documents": "harbor_admin_password: «1»\n---\na: «2»\n",
    "unknown-alias": "harbor_admin_password: *«1»\n",
    "alias-to-itself": "a: &a [«1», *a]\n",
    "unknown-tag": "harbor_admin_password: !secret «1»\n",
    "python-tag": "harbor_admin_password: !!python/name:«1» x\n",
    "two-colons": "harbor_admin_password: «1»: «2»\n",
    "bad-escape": 'harbor_admin_password: "\\q«1»"\n',
    "at-sign": "harbor_admin_password: @«1»\n",
    "backtick": "harbor_admin_password: `«1»`\n",
    "percent": "harbor_admin_password: %«1»\n",
    "list-as-key": "? [«1»]\n: x\n",
    "bad-indentation": "database:\n    password: «1»\n  max_idle_conns: 3\n",
    "control-character": "harbor_admin_password: «1»\x07\n",
    "nul": "harbor_admin_password: «1»\0«2»\n",
    "latin-1": "harbor_admin_password: «1»\udce9\n",
    "next-line-character": "harbor_admin_password: «1»\x85hostname: «2»\n",
    "line-separator": "harbor_admin_password: «1»\u2028hostname: «2»\n",
    "cut-off-in-a-quote": 'harbor_admin_password: "«1»',
    "cut-off-in-a-flow": "database: {max_idle_conns: 3, password: «1»",
    "no-mapping-after": "harbor_admin_password\n«1»\n",
    "merge-of-a-text": "<<: «1»\n",
    "value-key": "a: =\nharbor_admin_password: «1»\n",
    "bad-binary": "a: !!binary «1»x\n",
    "expansion": "a: &a ['«1»', x]\n"
    + "".join(f"{name}: &{name} [{', '.join('*' + chr(ord(name) - 1) for _ in range(9))}]\n" for name in "bcdefgh"),
}
HARMLESS = {
    "comments": "# password: abc 'unclosed {\n" + HEAD + TAIL,
    "ports-and-paths": HEAD
    + "https: {port: 8443, certificate: /data/cert/a.crt, private_key: '/data/cert/a.key'}\n"
    + TAIL,
    "text-numbers": HEAD + 'metric: {enabled: on, port: "9090", path: /metrics}\n' + TAIL,
    "durations": HEAD
    + "database:\n  conn_max_lifetime: 5m\n  conn_max_idle_time: 1h30m\n  max_open_conns: 900\n"
    + TAIL,
    "proxy": HEAD
    + "proxy:\n  http_proxy: http://proxy.example:3128\n  no_proxy: .corp,10.0.0.0/8\n  components:\n  - core\n"
    + TAIL,
    "storage": HEAD
    + "storage_service: {s3: {region: eu-west-1, bucket: images, regionendpoint: 'https://s3.example'}}\n"
    + TAIL,
}
HARMLESS_KEPT = {
    "comments": (),
    "ports-and-paths": ("port: 8443\n", "certificate: /data/cert/a.crt\n", "private_key: /data/cert/a.key\n"),
    "text-numbers": ("enabled: on\n", 'port: "9090"\n', "path: /metrics\n"),
    "durations": ("conn_max_lifetime: 5m\n", "conn_max_idle_time: 1h30m\n", "max_open_conns: 900\n"),
    "proxy": ("http_proxy: http://proxy.example:3128\n", "no_proxy: .corp,10.0.0.0/8\n".replace(",", ","), "- core\n"),
    "storage": ("region: eu-west-1\n", "bucket: images\n", "regionendpoint: https://s3.example\n"),
}


def _address(key: str, value: str) -> str:
    above, slash, name = key.rpartition("/")
    text = f"{above}:\n  {name}: {value}\n" if slash else f"{name}: {value}\n"
    return (HEAD.replace("hostname: harbor.example\n", "") if key == "hostname" else HEAD) + text + TAIL


# Where the logs lie: a path, or what got there by mistake.
LOCATIONS = {
    "word": "«1»",
    "words": "'my «1»'",
    "url": "https://u:«1»@files.example/«2»",
    "user": "u:«1»@files.example",
    "key": "'-----BEGIN «1»'",
    "list": "[«1»]",
    "mapping": "{a: «1»}",
}
# The scanner's database: where its dates stand, too.
SCANNER = {
    "date": '{"Version": 2, "NextUpdate": "«1»", "UpdatedAt": "2026-01-02T03:04:05Z «2»"}',
    "date-then-more": '{"NextUpdate": "2026-01-02T03:04:05.1«1»Z", "Version": "«2»"}',
    "others": '{"Version": 2, "Token": "«1»", "«2»": {"NextUpdate": "«3»"}, "Repository": "https://u:«4»@h.example"}',
    "no-json": "«1»",
}


def _cut_by_the_limit() -> str:
    """Larger than is read; the limit lies within the last value."""
    filler = "# filler\n" * 29_126
    return HEAD + filler + f"harbor_admin_password: {'«1»' * 30}\n" + TAIL


CFG_TEXTS = {
    "plain": "db_password = «1»",
    "no-blanks": "db_password=«1»",
    "colon": "db_password: «1»",
    "colon-no-blank": "db_password:«1»",
    "equals-inside": "db_password = «1»=«2»",
    "upper-case": "DB_PASSWORD = «1»",
    "blank-before": "db_password   =   «1»   ",
    "tab": "db_password\t=\t«1»",
    "continued": "db_password = «1»\n  «2»\n\t«3»",
    "continued-from-nothing": "db_password =\n  «1»",
    "continued-known": "customize_crt = on\n  «1»",
    "comment": "# db_password = «1»\n; «2»\ndb_password = x ; «3»",
    "unknown": "some_setting = «1»",
    "unknown-key": "«1» = on",
    "ldap": "ldap_search_pwd = «1»\nldap_searchdn = uid=«2»,ou=x\nldap_url = ldaps://u:«3»@ldap.example",
    "email": "email_username = «1»\nemail_password = «2»\nemail_from = admin <«3»@x>",
    "twice": "db_password = «1»\ndb_password = «2»",
    "section": "[configuration]\ndb_password = «1»\n[«2»]",
    "crlf": "db_password = «1»\r",
    "interpolation": "db_password = %(«1»)s",
}

SPELLINGS: list[Spelling] = [
    *_members(),
    *(
        Spelling(f"harbor.yml/key/{name}", YML, f"{HEAD}{key}: «1»\n{TAIL}", KEPT)
        for name, key in KEYS.items()
        if not key.endswith("\n")
    ),
    Spelling("harbor.yml/key/over-lines", YML, f"{HEAD}{KEYS['over-lines']}: «1»\n{TAIL}", KEPT),
    *(
        Spelling(
            f"harbor.yml/file/{name}",
            YML,
            text,
            ("hostname: harbor.example\n", "port: 8080\n", "data_volume: /data\n", "level: info\n"),
        )
        for name, text in FILES.items()
    ),
    *(
        Spelling(f"harbor.yml/address/{key}/{name}", YML, _address(key, value), ("data_volume: /data\n",))
        for key in ADDRESS_KEYS
        for name, value in ADDRESSES.items()
    ),
    *(
        Spelling(f"harbor.yml/refused/{name}", YML, HEAD + text + ("" if "cut-off" in name else TAIL), carries=False)
        for name, text in REFUSED.items()
    ),
    *(
        Spelling(
            f"harbor.yml/logs/{name}",
            YML,
            f"{HEAD}data_volume: /data\nlog:\n  level: info\n  local:\n    location: {value}\n    rotate_count: 50\n",
            ("hostname: harbor.example\n", "level: info\n", "rotate_count: 50\n"),
        )
        for name, value in LOCATIONS.items()
    ),
    Spelling(
        "harbor.yml/logs/path",
        YML,
        f"{HEAD}data_volume: /data\nlog:\n  local:\n    location: /srv/Logs of harbor\n",
        ('location: "/srv/Logs of harbor"\n',),
    ),
    *(Spelling(f"metadata.json/{name}", METADATA, text) for name, text in SCANNER.items()),
    Spelling(
        "metadata.json/harmless",
        METADATA,
        '{"Version":2,"NextUpdate":"2026-01-02T03:04:05.123456789Z","UpdatedAt":"2026-01-01T03:04:05+01:00"}',
        ('"Version":2', '"2026-01-02T03:04:05.123456789Z"', '"2026-01-01T03:04:05+01:00"'),
    ),
    Spelling("harbor.yml/refused/cut-by-the-limit", YML, _cut_by_the_limit(), carries=False),
    Spelling(
        "harbor.yml/refused/utf-16",
        YML,
        "\udcff\udcfe" + "".join(f"{letter}\0" for letter in "harbor_admin_password: hgfdjklmn\n"),
        carries=False,
    ),
    *(
        Spelling(f"harbor.yml/harmless/{name}", YML, text, (*KEPT, *HARMLESS_KEPT[name]))
        for name, text in HARMLESS.items()
    ),
    *(
        Spelling(
            f"harbor.cfg/{name}",
            CFG,
            f"hostname = harbor.example\nui_url_protocol = https\nssl_cert = /data/cert/a.crt\n{text}\n"
            "log_rotate_size = 200M\n",
            (
                "hostname = harbor.example\n",
                "ui_url_protocol = https\n",
                "/data/cert/a.crt\n",
                "log_rotate_size = 200M\n",
            ),
        )
        for name, text in CFG_TEXTS.items()
    ),
    Spelling("harbor.cfg/refused/no-key", CFG, "hostname = h.example\n«1»\n", carries=False),
    Spelling("harbor.cfg/refused/continued-first", CFG, "  «1»\nhostname = h.example\n", carries=False),
]
