"""What the probe tells of an installation that was prepared: keyed digests, the kind of its secret key, its files."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.probe.carrying import frames

if TYPE_CHECKING:
    from pathlib import Path

    from dockworthy.snapshot import Snapshot

KEYS = ("k" * 16, "0123456789abcdef" * 4, "a key of more than sixty-four bytes, 'quoted' and \\escaped; " * 2)
PASSWORD = "p'w\"%s\\n $HOME `id` \N{LATIN SMALL LETTER E WITH ACUTE}\t;|&"
SECRET_KEY = "aB3dE6gH9jK2mN5p"
S3 = "s3/+secret=="
ENVIRONMENT = f"LOG_LEVEL=info\nCSRF_KEY=csrf-word\nCORE_SECRET=core-word\nPOSTGRESQL_PASSWORD={PASSWORD}\n"


def quoted(text: str) -> str:
    """The text as one word of sh."""
    return "'" + text.replace("'", "'\\''") + "'"


def installation(folder: Path, *, data: Path | None = None) -> Path:
    """A tree as prepare leaves it."""
    inst = folder / "harbor"
    volume = data or folder / "data"
    settings = {
        "hostname": "h.example",
        "data_volume": str(volume),
        "database": {"password": PASSWORD},
        "storage_service": {"s3": {"bucket": "images", "secretkey": S3}},
    }
    texts = {
        inst / "harbor.yml": json.dumps(settings),
        inst / "common/config/core/env": ENVIRONMENT,
        inst / "docker-compose.yml": "services: {}\n",
        volume / "secret/keys/secretkey": SECRET_KEY,
    }
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return inst


def told(shell: str, *folders: Path, key: str = "") -> Snapshot:
    """What is told of these folders."""
    places = quoted("\n".join(map(str, folders)))
    return frames(shell, f"HARBOR_KEY={quoted(key)} HARBOR_FOLDERS={places}\nprobe_harbor\n")


def digest(key: str, value: bytes) -> str:
    return hmac.new(key.encode(), value, hashlib.sha256).hexdigest()[:16]


def test_secrets_are_digested_under_the_key_and_nothing_else_of_them_is_told(shell: str, tmp_path: Path) -> None:
    inst = installation(tmp_path)
    for key in KEYS:
        seen = told(shell, inst, key=key)
        values = {"key": "dockworthy", "secretkey": SECRET_KEY, "database.password": PASSWORD}
        values |= {"storage_service.s3.secretkey": S3, "CSRF_KEY": "csrf-word", "CORE_SECRET": "core-word"}
        values |= {"POSTGRESQL_PASSWORD": PASSWORD}
        lines = (line.split() for line in seen.text(f"cmd:harbor-digests{inst}").value.splitlines())
        assert dict(lines) == {name: digest(key, one.encode()) for name, one in values.items()}
        printed = b"".join(section.data for section in seen.sections.values())
        for word in (*values.values(), key):
            assert word == "dockworthy" or word.encode() not in printed
            assert hashlib.sha256(word.encode()).hexdigest()[:16].encode() not in printed


def test_public_keys_are_digested_as_their_der(shell: str, tmp_path: Path) -> None:
    inst = installation(tmp_path)
    secret = tmp_path / "data/secret"
    for name in ("core", "registry"):
        (secret / name).mkdir()
    key, root = secret / "core/private_key.pem", secret / "registry/root.crt"
    subprocess.run(
        [*("openssl", "req", "-x509", "-newkey", "rsa:1024", "-nodes", "-subj", "/CN=x"), "-keyout", key, "-out", root],
        check=True,
        capture_output=True,
    )
    der = subprocess.run(
        ["openssl", "pkey", "-in", key, "-pubout", "-outform", "DER"], check=True, capture_output=True
    ).stdout
    found = told(shell, inst, key=KEYS[0]).text(f"cmd:harbor-digests{inst}").value
    assert re.findall(r"^(private_key.pem|root.crt) (.*)$", found, re.MULTILINE) == [
        ("private_key.pem", digest(KEYS[0], der)),
        ("root.crt", digest(KEYS[0], der)),
    ]


def test_without_a_key_nothing_is_digested(shell: str, tmp_path: Path) -> None:
    inst = installation(tmp_path)
    assert f"cmd:harbor-digests{inst}" not in told(shell, inst)


def test_the_key_is_no_argument_and_no_variable_of_any_program(shell: str, tmp_path: Path) -> None:
    """Programs that digest are asked what they were given."""
    inst = installation(tmp_path)
    tools = tmp_path / "tools"
    tools.mkdir()
    log = tmp_path / "log"
    for name in ("sha256sum", "od", "awk", "head", "stat"):
        real = shutil.which(name)
        (tools / name).write_text(f'#!/bin/sh\n{{ echo "$@"; env; }} >>{log}\nexec {real} "$@"\n')
        (tools / name).chmod(0o755)
    places = quoted(str(inst))
    seen = frames(shell, f"HARBOR_KEY={quoted(KEYS[1])} HARBOR_FOLDERS={places}\nprobe_harbor\n", tools)
    assert seen.text(f"cmd:harbor-digests{inst}").value.startswith(f"key {digest(KEYS[1], b'dockworthy')}\n")
    given = log.read_bytes()
    assert [word for word in (KEYS[1], SECRET_KEY, PASSWORD, S3, "csrf-word") if word.encode() in given] == []


SECRET_KEYS = {
    b"aB3dE6gH9jK2mN5p": "16 letters-digits",
    b"aB3dE6gH9jK2mN5": "15 letters-digits",
    b"aB3dE6gH9jK2mN5p\n": "17 letters-digits-newline",
    b"aB3dE6gH9jK2mN-p": "16 other",
    "aB3dE6gH9jK2mNé\N{SNOWMAN}".encode(): "16 other",
    b"": "0 letters-digits",
    b"x" * 5000: "more letters-digits",
    bytes(range(256)): "more other",
}


def test_of_the_secret_key_it_is_told_how_many_characters_it_has(shell: str, tmp_path: Path) -> None:
    inst = installation(tmp_path)
    file = tmp_path / "data/secret/keys/secretkey"
    for content, kind in SECRET_KEYS.items():
        file.write_bytes(content)
        assert told(shell, inst).text(f"cmd:harbor-secretkey{inst}").value == f"{file} {kind}\n"
    file.unlink()
    file.mkdir()
    assert told(shell, inst).text(f"cmd:harbor-secretkey{inst}").value == ""


def test_a_data_volume_that_leads_in_a_circle_is_told_as_such(shell: str, tmp_path: Path) -> None:
    circle = tmp_path / "circle"
    circle.symlink_to(tmp_path / "other")
    (tmp_path / "other").symlink_to(circle)
    inst = tmp_path / "harbor"
    (inst / "common/config/core").mkdir(parents=True)
    (inst / "harbor.yml").write_text(f"hostname: h.example\ndata_volume: {circle}\n")
    seen = told(shell, inst, key=KEYS[0])
    rows = dict(line.split(" ", 1) for line in seen.text(f"stat:harbor{inst}").value.splitlines())
    assert rows[str(circle)].split()[1] == "link"
    assert rows[f"{circle}/secret/keys/secretkey"].split()[1] == "absent"
    assert seen.text(f"cmd:harbor-secretkey{inst}").value == ""


def test_of_two_installations_and_half_a_tree_each_is_told_by_itself(shell: str, tmp_path: Path) -> None:
    whole = installation(tmp_path / "a")
    half = tmp_path / "b/harbor"
    (half / "common/config").mkdir(parents=True)
    (half / "harbor.yml").write_text(f"hostname: b.example\ndata_volume: {tmp_path / 'b/data'}\n")
    fresh = tmp_path / "c/harbor"
    fresh.mkdir(parents=True)
    (fresh / "harbor.yml").write_text("hostname: [\n")
    seen = told(shell, whole, half, fresh, tmp_path / "nowhere", key=KEYS[0])
    assert seen.text("cmd:harbor-found").value == f"{whole}\n{half}\n{fresh}\n"
    states = {
        inst: [seen[f"file:{inst}/common/config/{name}"].status for name in ("core/env", "nginx/nginx.conf")]
        for inst in (whole, half)
    }
    assert states == {whole: [0, 2], half: [2, 2]}
    assert seen[f"file:{fresh}/common/config/core/env"].status == 2
    assert f"file:{fresh}/common/config/nginx/nginx.conf" not in seen
    found = {inst: seen.text(f"cmd:harbor-digests{inst}").value.splitlines() for inst in (whole, half, fresh)}
    assert [len(lines) for lines in found.values()] == [7, 1, 1]
    assert f"{tmp_path}/b/data" in seen.text(f"stat:harbor{half}").value


@pytest.mark.parametrize("key", ["", "0123456789abcdef"])
def test_a_host_without_a_harbor_is_told_in_one_frame(shell: str, key: str, tmp_path: Path) -> None:
    seen = told(shell, tmp_path / "nowhere", key=key)
    assert [name for name in seen.sections if "/opt/" not in name] == ["cmd:harbor-found"]
