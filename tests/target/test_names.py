"""What a target's name means."""

from __future__ import annotations

import pytest

from dockworthy.errors import UsageError
from dockworthy.target import parse_target


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


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("web1", "no scheme"),
        ("gopher://web1", "unknown scheme gopher://"),
        ("ssh://", "no host"),
        ("ssh://h:port", "the port is no number"),
        ("ssh://h:99999", "the port is no number"),
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
    assert str(caught.value).endswith(".")


def test_a_password_in_a_target_is_refused_and_not_repeated() -> None:
    with pytest.raises(UsageError) as caught:
        parse_target("ssh://deploy:CANARY@web1")
    assert "CANARY" not in str(caught.value)
    assert "ssh://deploy:REDACTED@web1" in str(caught.value)


def test_a_password_that_a_library_needs_is_not_shown() -> None:
    target = parse_target("paramiko://deploy:CAN%2FARY@web1")
    assert "CAN" not in repr(target) + target.label + str(target.testinfra)
    assert target.spec_with_password == "paramiko://deploy:CAN%2FARY@web1"
