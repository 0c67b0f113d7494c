"""What must not leave the host, and what must stay readable beside it."""

from __future__ import annotations

import base64
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from dockworthy.snapshot import parse_snapshot
from dockworthy.target import collect, parse_target
from tests.probe.carrying import after_the_functions
from tests.probe.world import SHELLS, World

if TYPE_CHECKING:
    from collections.abc import Callable

    from dockworthy.snapshot import Snapshot

CERTIFICATE = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
"""None, and all that is told of one that is none."""


JSON = {
    '{"icc": false}': '{"icc": false}',
    '{"log-opts": {"splunk-token": "X", "tag": "X", "max-size": "1m"}}': (
        '{"log-opts": {"splunk-token": "REDACTED", "tag": "REDACTED", "max-size": "1m"}}'
    ),
    '{"tokens": ["X", "Y"], "mtu": 9}': '{"tokens": ["REDACTED", "REDACTED"], "mtu": 9}',
    '{"secret": {"a": "X", "n": 123}, "mtu": 123}': '{"secret": {"a": "REDACTED", "n": 0}, "mtu": 123}',
    '{"pass\\u0077ord": "X"}': '{"pass\\u0077ord": "REDACTED"}',
    '{"ic\\u0063": false, "log-\\u0064river": "local"}': '{"ic\\u0063": false, "log-\\u0064river": "local"}',
    '{"labels": ["token=X", "a=b"]}': '{"labels": ["token=REDACTED", "a=REDACTED"]}',
    '{"registry-mirrors": ["https://u:X@h/"]}': '{"registry-mirrors": ["https://REDACTED@h/"]}',
    '{"authorization-plugins": ["opa"]}': '{"authorization-plugins": ["opa"]}',
    '{"a": "quote \\" X", "token": "X\\" Y"}': '{"a": "REDACTED", "token": "REDACTED"}',
    '{"group": "back\\\\", "b": "c"}': '{"group": "back\\\\", "b": "REDACTED"}',
    '{"token": "X': '{"token": "REDACTED',
    '{"token" "X"}': '{"token" "',
    "not json at all": "nx",
    "secret": "x",
    '{"a":1,}\n\n': '{"a":0,}',
    "": "",
}


@pytest.fixture(scope="module")
def carried(shell: str) -> dict[str, str]:
    """What the probe's reader makes of each of these texts."""
    call = 'for TEXT in "$@"; do BODY=$TEXT; carry filter_json; printf \'%s\\0\' "$BODY"; done'
    done = after_the_functions(SHELLS[shell], call, *JSON)
    return dict(zip(JSON, done.stdout.decode("utf-8", "surrogateescape").split("\0")[:-1], strict=True))


@pytest.mark.parametrize("text", JSON)
def test_json_keeps_its_syntax(carried: dict[str, str], text: str) -> None:
    assert carried[text] == JSON[text]


UNIT = r"""[Service]
Environment="HTTP_PROXY=http://u:CANARY@proxy:3128" DB=CANARY
Environment=A=CANARY \
  'B=CANARY two' \
  "C=it\"s CANARY"
Environment=OPTS=--debug
# Environment=SECRET=CANARY
EnvironmentFile=-/etc/default/docker
ExecStart=/usr/bin/dockerd -H fd:// $OPTS --log-opt splunk-token=CANARY
LimitNOFILE=infinity
"""
PLANTED = {
    "/etc/docker/daemon.json": '{"log-opts": {"splunk-token": "CANARY"}, "proxies": {"http-proxy": "http://u:CANARY@h"}}',
    "/etc/systemd/system/docker.service": UNIT,
    "/etc/systemd/system/docker.service.d/x.conf": "[Service]\nEnvironment=PLAIN=CANARY\n",
    "/etc/default/docker": "export OTHER='CANARY'\nDOCKER_OPTS=\"--x-token CANARY --debug\"\n",
    "/etc/sysconfig/docker": "OPTIONS='--selinux-enabled'\nUNKNOWN=CANARY \\\n CANARY\n",
    "/etc/apt/sources.list": "deb https://u:CANARY@repo/ x main\n",
    "/etc/containers/registries.conf": 'password = "CANARY two words"\n',
    "/etc/containerd/config.toml": '[x.auth]\npassword = "CANARY"\nauth = "CANARY"\nroot = "/x"\n',
    "/opt/harbor/harbor.yml": "hostname: h\nharbor_admin_password: CANARY more\ndatabase:\n  password: root123\n",
    "/etc/docker/certs.d/h/client.key": "CANARY\n-----BEGIN PRIVATE KEY-----\nCANARY\n-----END PRIVATE KEY-----\n",
    "/etc/docker/certs.d/h/raw.key": "CANARY",
    "/etc/docker/certs.d/h/both.crt": CERTIFICATE + "-----BEGIN RSA PRIVATE KEY-----\nCANARY\n",
    "/etc/docker/certs.d/h/odd.crt": "-----BEGIN ODD THING-----\nCANARY\n-----END ODD THING-----\n",
    "/etc/docker/certs.d/h/hosts.toml": '[host."https://h".header]\nauthorization = "Basic CANARY"\n',
    "/etc/docker/certs.d/h/notes.txt": "CANARY",
    "/etc/passwd": "root:CANARY:0:0:CANARY:/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n",
    "/etc/group": "root:x:0:\ndocker:CANARY:999:deploy\n",
    "/etc/environment": "DOCKER_CONTENT_TRUST=1\nTOKEN=CANARY\n",
    "/etc/profile.d/t.sh": "export DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE=CANARY DOCKER_CONTENT_TRUST=0; X=CANARY\n",
}


FORMS = {
    "rsa": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"],
    "ec": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "ed25519": ["-algorithm", "ed25519"],
    "encrypted": ["-algorithm", "ed25519", "-aes256", "-pass", "pass:x"],
    "broken": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"],
}


@pytest.fixture(scope="module")
def keys() -> dict[str, str]:
    """A private key of each form, where openssl is there to make it."""
    if shutil.which("openssl") is None:
        return {}
    made = {
        form: subprocess.run(["openssl", "genpkey", *how], check=True, capture_output=True, text=True).stdout
        for form, how in FORMS.items()
    }
    return {**made, "broken": made["broken"].replace("M", "*", 1)}


@pytest.fixture(scope="module")
def planted(new_world: Callable[[], World], keys: dict[str, str]) -> World:
    """A host with secrets in every place."""
    world = new_world()
    for path, content in PLANTED.items():
        world.plant(path, content)
    for form, text in keys.items():
        world.plant(f"/etc/docker/certs.d/h/{form}.key", text)
    engine = world.folder / "bin/dockerd"
    engine.parent.mkdir(exist_ok=True)
    shutil.copy("/bin/dash" if shutil.which("dash") else "/bin/sh", engine)
    arguments = "--log-opt splunk-token=CANARY --x-token CANARY --label a=b http://u:CANARY@h 'two\nlines'"
    environment = "HTTPS_PROXY=http://u:CANARY@h:3 DB_PASSWORD=CANARY DOCKER_TMPDIR=/t"
    world.background.append(f"env {environment} {engine} -c 'sleep 100' dockerd {arguments}")
    return world


@pytest.fixture(scope="module")
def printed(host_shell: str, planted: World) -> bytes:
    """What is told of it under a shell."""
    return planted.run(host_shell)


@pytest.fixture(scope="module")
def seen(host_shell: str, printed: bytes) -> Snapshot:
    """What is seen of it under a shell."""
    found = parse_snapshot(printed, host_shell)
    assert not found.truncated
    return found


def test_nothing_secret_is_in_any_section(printed: bytes, seen: Snapshot) -> None:
    leaks = [name for name, section in seen.sections.items() if b"CANARY" in section.data]
    assert leaks == []
    assert b"CANARY" not in printed
    assert base64.b64encode(b"CANARY").rstrip(b"=")[:-1] not in printed


def test_what_the_engine_reads_stays_readable(seen: Snapshot) -> None:
    unit = seen.text("file:/etc/systemd/system/docker.service").value
    assert "Environment=HTTP_PROXY=http://REDACTED@proxy:3128 DB=REDACTED\n" in unit
    assert "Environment=OPTS=--debug\n" in unit
    assert "SECRET" not in unit
    assert "ExecStart=/usr/bin/dockerd -H fd:// $OPTS --log-opt splunk-token=REDACTED\n" in unit
    assert "LimitNOFILE=infinity\n" in unit
    assert seen.text("file:/etc/sysconfig/docker").value.startswith("OPTIONS=--selinux-enabled\nUNKNOWN=REDACTED\n")
    [line] = [line for line in seen.text("cmd:engines").value.splitlines() if line.split()[1] == "dockerd"]
    pid = line.split()[0]
    arguments = seen.data(f"proc:{pid}/cmdline").value.split(b"\0")[:-1]
    assert arguments[4:] == [
        *(b"--log-opt", b"splunk-token=REDACTED", b"--x-token", b"REDACTED", b"--label", b"a=REDACTED"),
        *(b"http://REDACTED@h", b"REDACTED"),
    ]
    variables = dict(
        item.split(b"=", 1) for item in seen.data(f"proc:{pid}/environ").value.split(b"\0") if b"=" in item
    )
    assert variables[b"HTTPS_PROXY"] == b"http://REDACTED@h:3"
    assert variables[b"DOCKER_TMPDIR"] == b"/t"
    assert b"DB_PASSWORD" not in variables
    assert seen.text("cmd:content-trust").value.splitlines() == [
        "/etc/environment\tDOCKER_CONTENT_TRUST=1",
        "/etc/profile.d/t.sh\texport DOCKER_CONTENT_TRUST=0",
    ]
    assert (
        seen.text("cmd:harbor-defaults/opt/harbor").value
        == "harbor_admin_password set 8-11\ndatabase.password default\n"
    )
    assert "hostname: h\n" in seen.text("file:/opt/harbor/harbor.yml").value


def test_a_file_with_a_key_keeps_its_certificates(seen: Snapshot) -> None:
    assert seen.text("file:/etc/docker/certs.d/h/both.crt").value.startswith(CERTIFICATE)
    odd = seen.text("file:/etc/docker/certs.d/h/odd.crt").value
    assert odd == "-----BEGIN REDACTED 1-----\nREDACTEDAA\n-----END REDACTED 1-----\n"
    assert seen["file:/etc/docker/certs.d/h/notes.txt"].status == 61
    assert "digest:/etc/docker/certs.d/h/notes.txt" not in seen, "a digest of a short secret tells it"
    blocks = seen.text("key:/etc/docker/certs.d/h/both.crt").value.splitlines()[1:3]
    assert blocks == ["block CERTIFICATE - ok", "block RSA%20PRIVATE%20KEY - open"]


@pytest.mark.parametrize("host_shell", ["dash"], indirect=True)
def test_a_root_file_system_is_told_in_the_same_words(planted: World, seen: Snapshot) -> None:
    data = collect(parse_target(f"rootfs:{planted.folder / 'over'}")).data
    assert data is not None
    files = parse_snapshot(data, "rootfs")
    for path in PLANTED:
        name = f"file:{path}"
        if name in files and files[name].status == 0:
            assert (path, files[name].text) == (path, seen[name].text)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
@pytest.mark.parametrize("form", FORMS)
def test_of_a_private_key_its_public_half_is_told(
    form: str, keys: dict[str, str], printed: bytes, seen: Snapshot
) -> None:
    text = keys[form]
    told = seen.text(f"key:/etc/docker/certs.d/h/{form}.key").value
    facts = dict(re.findall(r"^(encrypted|parses|public) (.*)$", told, re.MULTILINE))
    assert facts["encrypted"] == ("yes" if form == "encrypted" else "no")
    assert text.splitlines()[1].encode() not in printed
    if form in {"encrypted", "broken"}:
        assert facts == {"encrypted": facts["encrypted"], "parses": "no", "public": "-"}
        return
    public = subprocess.run(
        ["openssl", "pkey", "-pubout", "-outform", "DER"], input=text.encode(), check=True, capture_output=True
    ).stdout
    assert facts["parses"] == "yes"
    assert base64.b64decode(facts["public"]) == public


@pytest.mark.parametrize(
    "token", ["FkkqtsVVvgGCcqXWZMMnspKH", "abEcAdOfUgIhAjEk", "qwrtpsdfghjklzxcvb", "aB3dE6gH9jK2mN5pQ8"]
)
def test_a_token_of_letters_alone_is_none_of_the_words_of_a_build(shell: str, token: str) -> None:
    """Whatever stands where a build names users and paths, and was not made by a person."""
    steps = [f"COPY --chown={token}@x /a /b", f"COPY {token} /b", f"USER {token}", f"ADD --from={token} x y"]
    calls = "".join(f"TEXT='{step}'; SECRETS= INDEX=0; history_entry; printf '%s\\n' \"$DONE\"\n" for step in steps)
    done = after_the_functions(SHELLS[shell], f"start\n{calls}")
    assert done.returncode == 0
    assert token.encode() not in done.stdout + done.stderr
    assert len(done.stdout.splitlines()) == len(steps)


def test_the_words_of_a_build_are_told(shell: str) -> None:
    call = "TEXT='COPY --chown=application-user:www-data --from=intermediate-builder /srv /srv'; SECRETS= INDEX=0\n"
    done = after_the_functions(SHELLS[shell], f'start\n{call}history_entry; echo "$DONE"')
    assert done.returncode == 0
    assert done.stdout == b"COPY --chown=application-user:www-data --from=intermediate-builder /srv /srv\n"
