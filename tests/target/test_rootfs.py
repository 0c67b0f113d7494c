"""A directory that holds a root file system."""

from __future__ import annotations

import base64
import os
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from dockworthy.check import Judgement
from dockworthy.errors import UsageError
from dockworthy.run.judging import _of_files_alone
from dockworthy.snapshot import NOT_APPLICABLE, Snapshot, parse_snapshot
from dockworthy.target import collect, parse_target
from dockworthy.target._fragments import Reading

if TYPE_CHECKING:
    from dockworthy.run.hosts import RunHost

KEY = """-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
-----END PRIVATE KEY-----
"""
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"


def look(root: Path) -> Snapshot:
    data = collect(parse_target(f"rootfs:{root}")).data
    assert data is not None
    snapshot = parse_snapshot(data, "rootfs")
    assert not snapshot.truncated
    return snapshot


def plant(root: Path, path: str, content: str | bytes) -> Path:
    file = root / path.lstrip("/")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


def test_what_needs_a_running_host_is_not_applicable(tmp_path: Path) -> None:
    seen = look(tmp_path)
    assert seen.is_rootfs
    for name in ("docker:info", "cmd:uname", "cmd:systemctl-show", "cmd:auditctl-l", "cmd:engines"):
        assert seen[name].status == NOT_APPLICABLE
    assert seen.is_absent("file:/etc/docker/daemon.json")


def test_links_stay_inside(tmp_path: Path) -> None:
    outside = plant(tmp_path, "outside/secret", "CANARY")
    root = tmp_path / "root"
    plant(root, "/real/os-release", "ID=inside\n")
    (root / "etc/docker").mkdir(parents=True)
    (root / "etc/os-release").symlink_to("/real/os-release")
    (root / "etc/subuid").symlink_to(f"../../outside/{outside.name}")
    (root / "etc/subgid").symlink_to(str(outside))
    (root / "etc/docker/daemon.json").symlink_to("daemon.json")
    (root / "etc/hosts").symlink_to("../../../../etc/hosts")
    seen = look(root)
    assert seen.text("file:/etc/os-release").value == "ID=inside\n"
    for path in ("/etc/subuid", "/etc/subgid", "/etc/docker/daemon.json", "/etc/hosts"):
        assert seen.is_absent(f"file:{path}"), path
    assert all(b"CANARY" not in section.data for section in seen.sections.values())


def test_a_folder_that_is_a_link_out_is_followed_inside(tmp_path: Path) -> None:
    root = tmp_path / "root"
    plant(root, "/data/daemon.json", "{}")
    (root / "etc").mkdir()
    (root / "etc/docker").symlink_to("/data")
    seen = look(root)
    assert seen.text("file:/etc/docker/daemon.json").value == "{}"
    rows = {line.split()[0]: line.split() for line in seen["stat:engine"].text.splitlines()}
    assert rows["/etc/docker/daemon.json"][1:3] == ["/data/daemon.json", "file"]


def test_packages_are_read_from_the_databases(tmp_path: Path) -> None:
    plant(
        tmp_path,
        "/var/lib/dpkg/status",
        "Package: docker-ce\nStatus: install ok installed\nArchitecture: amd64\nVersion: 5:29.0\n\n"
        "Package: vim\nStatus: install ok installed\nVersion: 1\n\n",
    )
    seen = look(tmp_path)
    assert seen.text("cmd:dpkg-query").value == "docker-ce\t5:29.0\tinstall ok installed\tamd64\n"
    assert seen["cmd:rpm"].status == 127


def test_the_one_kernel_that_is_installed_is_told(tmp_path: Path) -> None:
    plant(tmp_path, "/boot/config-6.1.0", "CONFIG_X=y\n")
    plant(tmp_path, "/lib/modules/6.1.0/modules.dep", "kernel/fs/overlay.ko.xz: a b\n")
    seen = look(tmp_path)
    assert seen.text("cmd:kernel-config-source").value == "/boot/config-6.1.0\n"
    assert seen.text("cmd:modules-on-disk").value == "kernel/fs/overlay.ko.xz\n"


SECRETS = {
    "/etc/docker/daemon.json": '{"log-opts": {"splunk-token": "CANARY1", "tag": "t"}, "proxies": {"http-proxy": '
    '"http://u:CANARY2@h"}, "labels": ["secret=CANARY3", "a=b"], "icc": false, "x-token": [1, "CANARY4"]}',
    "/etc/systemd/system/docker.service": "[Service]\nEnvironment=HTTP_PROXY=http://u:CANARY5@h:3 DB=CANARY6 \\\n"
    "  'MORE=CANARY7 CANARY8'\nExecStart=/usr/bin/dockerd --log-opt splunk-token=CANARY9 $EXTRA\n"
    "Environment=EXTRA=--debug\n",
    "/etc/default/docker": "export OTHER='CANARY10'\nDOCKER_OPTS=\"--x-token CANARY11 --debug\"\n",
    "/etc/apt/sources.list": "deb https://u:CANARY12@repo/ x main\n",
    "/etc/containers/registries.conf": 'password = "CANARY13 two words"\n',
    "/opt/harbor/harbor.yml": "hostname: h\nharbor_admin_password: CANARY14 more\n",
    "/etc/docker/certs.d/h/client.key": KEY.replace("MC4", "MC4"),
    "/etc/docker/certs.d/h/both.crt": CERTIFICATE + "CANARY15\n" + KEY,
    "/etc/docker/certs.d/h/hosts.toml": '[host."https://h".header]\nauthorization = "Basic CANARY16"\n',
    "/etc/docker/certs.d/h/notes.txt": "CANARY17",
    "/etc/passwd": "root:CANARY18:0:0:CANARY19:/root:/bin/sh\n",
    "/etc/group": "docker:CANARY20:999:deploy\n",
    "/etc/environment": "DOCKER_CONTENT_TRUST=1\nTOKEN=CANARY21\n",
}


def test_no_secret_is_in_the_snapshot_and_the_rest_is(tmp_path: Path) -> None:
    for path, content in SECRETS.items():
        plant(tmp_path, path, content)
    seen = look(tmp_path)
    whole = b"\n".join(section.data for section in seen.sections.values())
    assert b"CANARY" not in whole
    assert KEY.splitlines()[1].encode() not in whole
    daemon = seen.text("file:/etc/docker/daemon.json").value
    assert '"icc": false' in daemon
    assert '"a=REDACTED"' in daemon
    assert '"splunk-token": "REDACTED"' in daemon
    unit = seen.text("file:/etc/systemd/system/docker.service").value
    assert "HTTP_PROXY=http://REDACTED@h:3 DB=REDACTED" in unit
    assert "Environment=EXTRA=--debug" in unit
    assert seen.text("file:/etc/default/docker").value.endswith('DOCKER_OPTS="--x-token REDACTED --debug"\n')
    assert seen.text("cmd:content-trust").value == "/etc/environment\tDOCKER_CONTENT_TRUST=1\n"
    assert seen.text("file:/etc/docker/certs.d/h/both.crt").value.startswith(CERTIFICATE + "REDACTED\n-----BEGIN")
    assert seen["file:/etc/docker/certs.d/h/notes.txt"].status == 61
    assert "digest:/etc/docker/certs.d/h/notes.txt" not in seen, "a digest of a short secret tells it"


def test_of_a_private_key_its_public_half_is_told(tmp_path: Path) -> None:
    plant(tmp_path, "/etc/docker/certs.d/h/client.key", KEY)
    lines = look(tmp_path).text("key:/etc/docker/certs.d/h/client.key").value.splitlines()
    assert lines[1:4] == ["block PRIVATE%20KEY - ok", "encrypted no", "parses yes"]
    assert len(base64.b64decode(lines[4].removeprefix("public "))) == 44


@pytest.mark.parametrize(
    ("judged", "told"),
    [
        (Judgement("error", None, None, "GET /info", None, "a root file system is not a running host"), "skip"),
        (Judgement("error", None, None, "x", None, "the snapshot does not hold it"), "skip"),
        (
            Judgement("error", None, None, "/etc/docker/daemon.json", None, "permission denied", "not-permitted"),
            "error",
        ),
        (Judgement("error", None, None, "/opt/harbor/harbor.yml", None, "it is no YAML", "malformed"), "error"),
        (Judgement("error", None, None, "x", None, "the check itself broke (KeyError)", "check-broken"), "error"),
        (Judgement("fail", 1, 2, "x", None), "fail"),
    ],
)
def test_only_what_needs_a_running_host_is_passed_over(tmp_path: Path, judged: Judgement, told: str) -> None:
    """A file that could not be read stays undecided: it might hold the finding."""
    snapshot = look(tmp_path)
    host = SimpleNamespace(snapshot=snapshot, facts=SimpleNamespace(snapshot=snapshot))
    assert _of_files_alone(judged, cast("RunHost", host)).outcome == told


@pytest.mark.parametrize("name", ["missing", "file", "bad\0name"])
def test_what_is_no_folder_is_wrong_usage(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError):
        collect(parse_target(f"rootfs:{tmp_path / name}"))


def test_this_machines_files_look_the_same_to_the_probe() -> None:
    files = look(Path("/"))
    data = collect(parse_target("local://")).data
    assert data is not None
    probed = parse_snapshot(data, "local")
    names = [name for name in files.sections if name.startswith(("file:/etc", "list:/etc", "stat:completion"))]
    assert len(names) > 20
    for name in names:
        if os.geteuid() == 0 and name in probed:
            assert (name, files[name].status, files[name].data) == (name, probed[name].status, probed[name].data)


def test_a_file_without_a_reader_is_not_told(tmp_path: Path) -> None:
    plant(tmp_path, "/etc/x", "CANARY")
    reading = Reading()
    reading.add('FILTER=no_such_reader; files "$@"; FILTER=', "/etc/x", tmp_path / "etc/x")
    [section] = reading.sections()
    assert (section.name, section.status, section.data) == ("file:/etc/x", 62, b"")
