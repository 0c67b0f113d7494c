"""What the probe tells of the layers of images, whichever tools a host has, and whatever an archive holds."""

from __future__ import annotations

import base64
import bz2
import gzip
import lzma
import shutil
import subprocess
import tarfile
from functools import partial
from typing import TYPE_CHECKING

import pytest

from dockworthy.probe import script
from tests.probe.layered import archive, digest, layer, printed, rows
from tests.probe.world import COMMANDS, SHELLS
from tests.rows import each_of
from tests.trust.pki import issue

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CANARY = "cAnArYcAnArYcAnArY"
KEY = issue("app").key_pem()
CERTIFICATE = issue("app").pem
ENCRYPTED = issue("app", kind="rsa1024").key_pem(traditional=True, password=b"secret")


def der(kind: str = "rsa2048") -> bytes:
    """A private key as it is, without base64 around it."""
    return base64.b64decode("".join(issue("app", kind=kind).key_pem().splitlines()[1:-1]))


IN_JSON = '{"type": "service_account", "private_key": "' + KEY.replace("\n", "\\n") + '"}'
JKS = b"\xfe\xed\xfe\xed\0\0\0\2\0\0\0\1\0\0\0"

# By path and text, what kind of secret it is; each beside what only looks like one.
SECRETS: list[tuple[str, str | bytes, str]] = [
    ("all.bytes", bytes(range(256)) * 40 + b"\xff" * 600, ""),
    ("edge/spaces", "x" * 400 + " " * 1136 + "\n" + KEY, "private-key"),
    ("app/key.pem", KEY, "private-key"),
    ("app/any.name", KEY, "private-key"),
    ("app/chain.pem", CERTIFICATE + KEY, "private-key"),
    ("app/encrypted.pem", ENCRYPTED, "private-key"),
    ("app/windows.pem", KEY.replace("\n", "\r\n"), "private-key"),
    ("app/values.yaml", "tls:\n  key: |\n" + "".join(f"    {line}\n" for line in KEY.splitlines()), "private-key"),
    ("app/account.json", IN_JSON, "private-key"),
    *((f"edge/{size}", "x" * size + "\n" + KEY, "private-key") for size in (470, 480, 490, 500, 505, 511)),
    ("app/cert.pem", CERTIFICATE, ""),
    ("app/public.pem", issue("app").public_pem, ""),
    ("app/README.md", "Put it there:\n-----BEGIN PRIVATE KEY-----\nMIIE…\n-----END PRIVATE KEY-----\n", ""),
    ("app/make.py", 'HEAD = "-----BEGIN RSA PRIVATE KEY-----\\n" + body\n', ""),
    ("app/program", "\x7fELF" + "x" * 600 + "\n" + KEY, ""),
    ("app/empty.key", "", ""),
    ("usr/share/doc/x/key.pem", KEY, ""),
    ("usr/lib/python3.13/test/certdata/keycert.pem", KEY, ""),
    ("opt/venv/lib/python3.12/site-packages/x/test.key", KEY, ""),
    ("app/node_modules/x/test/key.pem", KEY, ""),
    ("etc/ssl/private/ssl-cert-snakeoil.key", KEY, ""),
    ("usr/share/mysql-test/std_data/server-key.pem", KEY, ""),
    ("etc/packaged.key", KEY, ""),
    ("usr/lib/packaged.key", KEY, ""),
    ("etc/ssl/private/own.key", KEY, "private-key"),
    ("root/.docker/config.json", f'{{"auths": {{"h": {{"auth": "{CANARY}"}}}}}}', "registry-credentials"),
    ("x/.docker/config.json", '{"auths": {"h": {"auth": ""}, "i": {}}, "credsStore": "pass"}', ""),
    ("x/config.json", f'{{"auth": "{CANARY}"}}', ""),
    ("root/.dockercfg", f'{{"h": {{"auth": "{CANARY}"}}}}', "registry-credentials-file"),
    ("root/.netrc", f"machine h\n  login u\n  password {CANARY}\n", "netrc"),
    ("x/.netrc", "machine h login u password ", ""),
    ("root/.pgpass", f"*:*:*:app:{CANARY}\n", "pgpass"),
    ("x/.pgpass", "#host:port:db:user:password\n", ""),
    ("root/.git-credentials", f"https://u:{CANARY}@h\n", "git-credentials"),
    ("x/.git-credentials", "https://u@h\n", ""),
    ("root/.npmrc", f"//h/:_authToken={CANARY}\n", "npm-token"),
    ("x/.npmrc", "registry=https://h/\n//h/:_authToken=${NPM_TOKEN}\n; _password=x\n", ""),
    ("root/.pypirc", f"[pypi]\npassword = {CANARY}\n", "pypi-password"),
    ("root/.aws/credentials", f"[default]\naws_secret_access_key = {CANARY}\n", "aws-secret-key"),
    ("x/.aws/credentials", "[default]\ncredential_process = /bin/x\n", ""),
    ("root/.kube/config", f"users:\n- user:\n    token: {CANARY}\n", "kube-credentials"),
    ("x/.kube/config", "users:\n- user:\n    tokenFile: /run/token\n", ""),
    ("app/.env", f"export DB_PASSWORD='{CANARY}'\n", "env-file"),
    ("app/prod.env", f"URL=postgres://u:{CANARY}@h/x\n", "env-file"),
    ("y/.env", f"A=1\nKEY=ghp_{CANARY}\n", "env-file"),
    (
        "x/.env",
        "DB_PASSWORD=${DB_PASSWORD}\nTOKEN=\nAPI_TOKEN=changeme\nSECRET_FILE=/run/secrets/x\nDEBUG=1\nTOKEN_TTL=60\n",
        "",
    ),
    ("app/.env.example", f"DB_PASSWORD={CANARY}\n", ""),
    ("app/client.p12", b"0\x82\x04\x00" + b"x" * 900, "key-store"),
    ("app/truststore.p12", b"0\x82\x04\x00" + b"x" * 900, ""),
    ("app/x.jks", JKS + b"\1" + b"x" * 90, "key-store"),
    ("app/ca.jks", JKS + b"\2" + b"x" * 90, ""),
    ("app/debug.keystore", JKS + b"\1" + b"x" * 90, ""),
    (
        "app/key.ppk",
        "PuTTY-User-Key-File-3: x\nPublic-Lines: 1\nAAAA\nPrivate-Lines: 1\nAAAA\n",
        "private-key-of-putty",
    ),
    ("app/pkcs8.der", der(), "private-key"),
    ("app/ed25519.key", der("ed25519"), "private-key"),
    ("app/cert.der", base64.b64decode("".join(CERTIFICATE.splitlines()[1:-1])), ""),
    ("etc/krb5.keytab", b"\5\2\0\0\0" + b"x" * 90, "keytab"),
]
STATUS = (
    "Package: bash\nStatus: install ok installed\n\nPackage: gone\nStatus: deinstall ok config-files\n\n"
    "Package: half\nStatus: install ok unpacked\n"
)


def _entry(path: str, kind: bytes, mode: int = 0o644, target: str = "") -> tarfile.TarInfo:
    entry = tarfile.TarInfo(path)
    entry.type, entry.mode, entry.linkname = kind, mode, target
    return entry


LOWER = layer(
    {
        **{path: text.encode() if isinstance(text, str) else text for path, text, _ in SECRETS},
        "./usr/bin/su": (0o4755, b"x"),
        "usr/bin/wall": (0o2755, b"x"),
        "usr/bin/ls": (0o755, b"x"),
        "odd\nname " + "y" * 120: (0o6711, b"x"),
        "latin\udce4": (0o4711, b"x"),
        "etc/passwd": b"root:x:0:0::/:/bin/sh\napp:x:1000:1000::/:/bin/sh\nother:x:7:7::/:/bin/sh",
        "var/lib/dpkg/status": STATUS.encode(),
        "var/lib/dpkg/status.d/base": b"Package: base-files\nVersion: 1\n",
        "var/lib/dpkg/info/x.list": b"/.\n/etc\n/etc/packaged.key\n/lib/packaged.key\n/app",
        "lib/apk/db/installed": b"C:Q1\nP:musl\nV:1\n\nC:Q2\nP:busybox\nV:1\n\n",
        "var/lib/rpm/rpmdb.sqlite": b"SQLite",
    },
    [
        _entry("tmp", tarfile.DIRTYPE, 0o1777),
        _entry("srv/shared", tarfile.DIRTYPE, 0o2775),
        _entry("dev/odd", tarfile.CHRTYPE, 0o6666),
        _entry("usr/bin/link", tarfile.SYMTYPE, 0o4777, "su"),
        _entry("usr/bin/hard", tarfile.LNKTYPE, 0o4755, "usr/bin/su"),
    ],
)
UPPER = layer(
    {"usr/bin/.wh.wall": b"", "usr/bin/su": (0o755, b"x"), "app/.wh..wh..opq": b"", ".wh.root": b""},
    [_entry("usr", tarfile.DIRTYPE), _entry("usr/bin", tarfile.DIRTYPE)],
)
WHOLE = archive(LOWER, UPPER)
EXPECTED = {
    f"layer 1 {digest(LOWER)} {digest(LOWER)} ok {len(SECRETS) + 16}",
    f"layer 2 {digest(UPPER)} {digest(UPPER)} ok 6",
    "s 1 4755 usr/bin/su",
    "s 1 2755 usr/bin/wall",
    f"s 1 6711 odd%0Aname%20{'y' * 120}",
    "s 1 4711 latin%E4",
    "s 1 4755 usr/bin/hard",
    "t 2 usr/bin/su",
    "w 2 usr/bin/wall",
    "o 2 app",
    "w 2 root",
    "u 1 - -",
    "u 1 app 1000",
    "p 1 dpkg var/lib/dpkg/status bash half",
    "p 1 dpkg var/lib/dpkg/status.d/base base-files",
    "p 1 apk lib/apk/db/installed musl busybox",
    "p 1 rpm var/lib/rpm/rpmdb.sqlite -",
    "saved 0",
    "read",
    *(f"k 1 {kind} {path}" for path, _, kind in SECRETS if kind),
}


def _told(found: list[str]) -> set[str]:
    """The rows but for those that say that a file lies in its own layer."""
    return {row for row in found if not row.startswith(("t 1", "d 1"))}


@pytest.fixture(scope="module")
def boxes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders of tools that come first: BusyBox's alone, and other awks."""
    found = {}
    for name, tools in {"gawk": ["awk"], "original-awk": ["awk"], "busybox": []}.items():
        found[name] = tmp_path_factory.mktemp(name)
        for applet in tools or subprocess.check_output(["busybox", "--list"], text=True).split():
            (found[name] / applet).symlink_to(shutil.which(name) or name)
    return found


@pytest.mark.parametrize("how", [*SHELLS, "gawk", "original-awk", "busybox"])
def test_every_shell_and_every_tool_tells_the_same(how: str, boxes: dict[str, Path], tmp_path: Path) -> None:
    shell = COMMANDS["ash" if how == "busybox" else how if how in SHELLS else "dash"]
    found = rows(WHOLE, tmp_path, shell, tools=boxes.get(how))
    assert _told(found) == EXPECTED
    assert len(found) == len(set(found))
    assert CANARY not in "".join(found)


@pytest.mark.parametrize(
    "packed",
    [
        partial(gzip.compress, mtime=0),
        bz2.compress,
        lzma.compress,
        lambda data: subprocess.check_output(["zstd", "-qc"], input=data),
    ],
    ids=["gzip", "bzip2", "xz", "zstd"],
)
def test_a_compressed_layer_is_known_by_what_is_in_it(packed: Callable[[bytes], bytes], tmp_path: Path) -> None:
    found = rows(archive(LOWER, UPPER, packed=packed), tmp_path)
    claims = [digest(packed(LOWER)), digest(packed(UPPER))]
    assert {row.replace(claims[0], digest(LOWER)).replace(claims[1], digest(UPPER)) for row in _told(found)} == EXPECTED


def test_a_program_that_unpacks_and_is_not_there_is_named(boxes: dict[str, Path], tmp_path: Path) -> None:
    packed = subprocess.check_output(["zstd", "-qc"], input=UPPER)
    path = boxes["busybox"]
    found = rows(archive(packed), tmp_path, COMMANDS["ash"], tools=path, settings=f"PATH={path}")
    assert sorted(found) == ["missing zstd", "read", "saved 0"]


def test_an_archive_of_old_releases_has_each_layer_once(tmp_path: Path) -> None:
    found = rows(archive(LOWER, UPPER, old=True), tmp_path)
    named = {row.replace(" - ok ", f" {row.split()[2]} ok ") if row.startswith("layer") else row for row in found}
    assert _told(list(named)) == EXPECTED


def _hostile() -> dict[str, tuple[bytes, str]]:
    """By what is wrong with it, a layer and the state that is told of it."""
    whole = layer({"a": (0o4755, b"x" * 2000)})
    long = tarfile.TarInfo("b")
    long.pax_headers = {"comment": "x" * 1_100_000}
    climbing = layer({"../../etc/x": (0o4755, b"x")})
    bad_size = bytearray(whole)
    bad_size[124:136] = b"77777777777\0"
    base256 = bytearray(whole)
    base256[124] = 0x80
    return {
        "no archive": (b"x" * 5000, "bad"),
        "a large header": (layer({}, [long]), "bad"),
        "a path that climbs": (climbing, "bad"),
        "a size beyond its end": (bytes(bad_size), "cut"),
        "a size in binary": (bytes(base256), "bad"),
        "cut off": (whole[:1024], "cut"),
        "nothing": (b"\0" * 1024, "ok"),
        "an entry behind its end": (whole + layer({"late": (0o4755, b"x")}), "ok"),
        "one block of zeros inside": (whole[:2560] + b"\0" * 512 + whole, "bad"),
    }


def test_what_cannot_be_read_to_its_end_is_told_and_stops_nothing(tmp_path: Path) -> None:
    cases = _hostile()
    found = rows(archive(*(data for data, _ in cases.values()), LOWER), tmp_path)
    states = [row.split()[4] for row in found if row.startswith("layer")]
    assert dict(zip(cases, states, strict=False)) == {name: state for name, (_, state) in cases.items()}
    assert states[len(cases) :] == ["ok"]
    assert not [row for row in found if row.endswith(" late")]
    assert "k 10 private-key app/key.pem" in found


def test_an_archive_that_ends_early_gives_what_was_seen(tmp_path: Path) -> None:
    found = rows(archive(LOWER, layer({"big": b"x" * 200_000}))[:-100_000], tmp_path)
    assert f"layer 1 {digest(LOWER)} {digest(LOWER)} ok {len(SECRETS) + 16}" in found
    assert [row.split()[4] for row in found if row.startswith("layer 2")] in ([], ["cut"])


def test_reading_is_bounded_in_bytes_and_in_time(tmp_path: Path) -> None:
    bomb = layer({"first": (0o4755, b"x"), "zeros": b"\0" * 20_000_000})
    small = layer({"x": b"x"})
    found = rows(archive(bomb, small, packed=gzip.compress), tmp_path, settings="MAX_LAYER=100000")
    heads = [row.split() for row in found if row.startswith("layer")]
    assert [head[4] for head in heads] == ["cut", "ok"]
    assert [head[2] == digest(data) for head, data in zip(heads, (bomb, small), strict=True)] == [False, True]
    assert rows(archive(LOWER), tmp_path, settings="DEADLINE=1") == []
    client = "printf '#!/bin/sh\\nsleep 60\\n' >\"$DOCKER\"; IMAGE_LIMIT=1\n"
    assert rows(b"", tmp_path, settings=client) == ["read", "saved 124"]


def test_many_files_are_counted_and_not_all_kept(tmp_path: Path) -> None:
    found = rows(archive(layer({f"bin/{number:06}": (0o4755, b"") for number in range(6000)})), tmp_path)
    (head,) = [row for row in found if row.startswith("layer")]
    assert head.split()[4:] == ["many", "6000"]
    assert sum(row.startswith("s ") for row in found) == 600


@each_of("layers", [False, True])
def test_only_who_asks_for_it_gets_a_script_that_looks_into_layers(*, layers: bool) -> None:
    assert ("image save" in script(image_layers=layers)) == layers


def test_images_are_chosen_by_their_names_their_containers_and_their_size(tmp_path: Path) -> None:
    def line(number: int, size: int, tags: str = '["x:1"]', user: str = "") -> str:
        told = f'"RepoTags":{tags},"RepoDigests":[],"Created":"","Size":{size},"Config":{{"User":"{user}"'
        return f'{{"Id":"sha256:{number}",{told}}}}}\n'

    lines = "".join(
        (
            line(1, 1000, user="app:app"),
            line(2, 20_000_000_000),
            line(3, 1000, "[]"),
            line(4, 1000, "[]", "*"),
            line(5, 17_000_000_000, user="1000"),
            line(6, 500_000_000),
        )
    )
    told = printed(
        b"",
        tmp_path,
        f"""IMAGE_LINES='{lines}' SOCKET=-
CONTAINER_LINES='{{"Id":"1","Image":"sha256:4","RestartCount":0}}'
layered_images
echo "$LAYERED, $LAYER_USERS"
printf %s "$LAYER_ROWS"
engine_room() {{ ROOM=5000; }}
LAYER_ROWS=
layered_images
echo "$LAYERED"
printf %s "$LAYER_ROWS"
""",
    )
    assert told == [
        " sha256:1 sha256:4 sha256:5, app",
        "skipped sha256:2 bytes",
        "skipped sha256:6 bytes",
        " sha256:1 sha256:4",
        "skipped sha256:2 bytes",
        "skipped sha256:5 room",
        "skipped sha256:6 room",
    ]


def test_one_image_that_cannot_be_had_does_not_hide_the_others(tmp_path: Path) -> None:
    client = f"""cat >"$DOCKER" <<'END'
#!/bin/sh
case "$*" in
*b*) head -c 9000 '{tmp_path}/saved.tar'; exit 1 ;;
esac
exec cat '{tmp_path}/saved.tar'
END
TOTAL=0 ROOM=
layers_at_once sha256:a sha256:b sha256:c
printf %s "$LAYER_ROWS"
"""
    found = printed(archive(UPPER, layer({"bin/x": (0o4755, b"x")})), tmp_path, client)
    assert [row for row in found if row.startswith("saved")] == ["saved 1", "saved 0", "saved 1", "saved 0"]
    assert found.count("s 2 4755 bin/x") == 2
