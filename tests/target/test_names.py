"""What a target's name means."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dockworthy.errors import UsageError
from dockworthy.target import parse_target
from tests.rows import each_of

if TYPE_CHECKING:
    from pathlib import Path


def test_a_testinfra_spec_is_read_in_all_its_parts() -> None:
    target = parse_target("ssh://deploy@Web1.example.com:2222?ssh_identity_file=/k&sudo=true&timeout=5")
    assert (target.scheme, target.host, target.user, target.port) == ("ssh", "Web1.example.com", "deploy", 2222)
    assert target.settings == {"ssh_identity_file": "/k", "sudo": "true", "timeout": "5"}
    assert target.is_set("sudo")
    assert target.testinfra == "ssh://deploy@Web1.example.com:2222?ssh_identity_file=/k&sudo=true&timeout=5"


def test_container_names_keep_their_case() -> None:
    assert parse_target("docker://root@My_App").host == "My_App"


def test_an_ipv6_host_stands_in_brackets() -> None:
    target = parse_target("ssh://[2001:db8::1]:22")
    assert (target.host, target.port) == ("2001:db8::1", 22)


def test_own_schemes_have_paths() -> None:
    assert parse_target("snapshot:a/b c.snapshot").host == "a/b c.snapshot"
    assert parse_target("rootfs:/mnt").scheme == "rootfs"
    assert parse_target("rootfs:/mnt").testinfra is None


@each_of(
    ("spec", "words"),
    [
        ("web1", "no scheme"),
        ("/no/such/file", "/no/such/file: no scheme"),
        ("gopher://web1", "unknown scheme gopher://"),
        ("ssh://", "no host"),
        ("ssh://h:port", "the port is no number"),
        ("ssh://h:abc", "ssh://REDACTED: the port is no number from 1 to 65535."),  # where a password might stand
        ("ssh://h:99999", "the port is no number"),
        ("shh://web1", "unknown scheme shh://; did you mean ssh"),
        ("local://web1", "local:// is this host"),
        ("snapshot:", "a path belongs"),
        ("", "no scheme"),
        ("://x", "unknown scheme"),
        ("ssh://[::1", "an IPv6 one stands in brackets"),
    ],
)
def test_what_is_no_target_is_wrong_usage(spec: str, words: str) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        parse_target(spec)
    assert caught.value.exit_status == 4
    assert str(caught.value).endswith((".", "?"))


def test_a_path_without_a_scheme_is_told_the_one_that_fits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "web1").mkdir()
    (tmp_path / "web1.snapshot").touch()
    monkeypatch.chdir(tmp_path)
    told = {}
    for spec in ("web1", "web1.snapshot", "./web1", f"{tmp_path}/web1.snapshot", "/nowhere/at.all", "web2", "x\0y"):
        with pytest.raises(UsageError) as caught:
            parse_target(spec)
        told[spec] = str(caught.value).partition("no scheme; ")[2]
    other = "for a host write ssh://HOST, for a saved one snapshot:FILE, for a root file system rootfs:DIR."
    assert told == {
        "web1": "for this folder as a root file system write rootfs:web1, for a host of that name ssh://web1.",
        "web1.snapshot": "for this file as a saved host write snapshot:web1.snapshot.",
        "./web1": "for this folder as a root file system write rootfs:./web1.",
        f"{tmp_path}/web1.snapshot": f"for this file as a saved host write snapshot:{tmp_path}/web1.snapshot.",
        "/nowhere/at.all": other,
        "web2": other,
        "x\0y": other,
    }


def test_a_password_in_a_target_is_refused_and_not_repeated() -> None:
    with pytest.raises(UsageError) as caught:
        parse_target("ssh://deploy:CANARY@web1")
    assert "CANARY" not in str(caught.value)
    assert "ssh://deploy:REDACTED@web1" in str(caught.value)


def test_a_password_that_a_library_needs_is_not_shown() -> None:
    target = parse_target("paramiko://deploy:CAN%2FARY@web1")
    assert "CAN" not in repr(target) + target.label + str(target.testinfra)
    assert target.spec_with_password == "paramiko://deploy:CAN%2FARY@web1"
