"""Which registries are insecure, which entries the engine does not start with, and what a SIGHUP changes."""

from __future__ import annotations

import pytest

from dockworthy.evidence import NotDecided
from dockworthy.trust.loaders.insecure import (
    ConfigError,
    InsecureRegistries,
    RegistrySettings,
    after_reloads,
    validate_mirror,
)
from tests.rows import each_of

NAMES = {
    "harbor.test": ["10.1.2.3"],
    "loop.test": ["127.9.9.9"],
    "mixed.test": ["10.9.9.9", "127.0.0.5"],
    "six.test": ["::1"],
}


def match(entries: list[str], authority: str, *, v6: bool = False) -> str | None:
    return InsecureRegistries.of(entries, loopback_v6=v6).match(authority, NAMES)


@each_of(
    ("entries", "authority", "by"),
    [
        ([], "harbor.test:5443", None),
        ([], "localhost", None),  # only where it resolves to the loopback
        ([], "loop.test:5443", "127.0.0.0/8"),
        ([], "mixed.test", "127.0.0.0/8"),
        ([], "127.0.0.1:5000", "127.0.0.0/8"),
        ([], "[::ffff:127.0.0.1]:5000", "127.0.0.0/8"),
        ([], "[::1]:5000", None),
        ([], "six.test", None),
        (["harbor.test"], "harbor.test:5443", None),
        (["harbor.test:5443"], "harbor.test:5443", "harbor.test:5443"),
        (["HARBOR.test:5443"], "harbor.test:5443", None),
        (["https://harbor.test:5443"], "harbor.test:5443", "https://harbor.test:5443"),
        (["HTTP://harbor.test"], "harbor.test", "HTTP://harbor.test"),
        (["10.0.0.0/8"], "harbor.test:5443", "10.0.0.0/8"),
        (["10.1.2.99/24"], "harbor.test:5443", "10.1.2.99/24"),
        (["0.0.0.0/0"], "harbor.test", "0.0.0.0/0"),
        (["::/0"], "harbor.test", None),
        (["::ffff:0:0/96"], "harbor.test", "::ffff:0:0/96"),
        (["docker.io", "0.0.0.0/0"], "docker.io", None),
    ],
)
def test_an_entry_matches_by_name_or_by_address(entries: list[str], authority: str, by: str | None) -> None:
    names = {**NAMES, "localhost": []}
    assert InsecureRegistries.of(entries).match(authority, names) == by


def test_engine_28_adds_the_loopback_of_ipv6() -> None:
    assert match([], "six.test", v6=True) == match([], "[::1]:5000", v6=True) == "::1/128"
    assert match([], "[::1]", v6=True) is None  # net.SplitHostPort wants a port behind brackets


def test_a_host_whose_addresses_were_not_looked_up_is_not_decided() -> None:
    with pytest.raises(NotDecided):
        match([], "elsewhere.test")


def test_a_name_in_the_list_needs_no_addresses() -> None:
    assert match(["elsewhere.test"], "elsewhere.test") == "elsewhere.test"


@each_of(
    ("entry", "words"),
    [
        ("-harbor.test", "invalid index name (-harbor.test). Cannot begin or end with a hyphen"),
        ("ftp://harbor.test", "insecure registry ftp://harbor.test should not contain '://'"),
        ("harbor_test", 'insecure registry harbor_test is not valid: invalid host "harbor_test"'),
        ("harbor.test:99999", 'insecure registry harbor.test:99999 is not valid: invalid port "99999"'),
        ("10.0.0.0/33", 'insecure registry 10.0.0.0/33 is not valid: invalid host "10.0.0.0/33"'),
        ("http://harbor.test/path", 'insecure registry harbor.test/path is not valid: invalid host "harbor.test/path"'),
    ],
)
def test_an_entry_that_keeps_the_engine_from_starting(entry: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        InsecureRegistries.of([entry])
    assert str(caught.value) == words


@each_of("bits", ["", "+8", "129", "9" * 50, "8 ", "x"])
def test_what_is_no_cidr_is_a_host_and_refused_as_one(bits: str) -> None:
    with pytest.raises(ConfigError):
        InsecureRegistries.of([f"10.0.0.0/{bits}"])


START = RegistrySettings(("a.test",), ("https://m.test",))


@each_of(
    ("contents", "insecure", "mirrors"),
    [
        ([], ("a.test",), ("https://m.test",)),
        ([{}], ("a.test",), ("https://m.test",)),
        ([{"insecure-registries": []}], (), ("https://m.test",)),
        ([{"insecure-registries": ["b.test"]}, {}], ("b.test",), ("https://m.test",)),
        ([{"registry-mirrors": []}], ("a.test",), ()),
        ([{"insecure-registries": ["-b"]}], ("a.test",), ("https://m.test",)),
        ([{"registry-mirrors": ["ftp://m"]}], ("a.test",), ("https://m.test",)),
    ],
)
def test_a_reload_keeps_what_the_file_no_longer_has(
    contents: list[dict[str, object]], insecure: tuple[str, ...], mirrors: tuple[str, ...]
) -> None:
    assert after_reloads(START, contents) == RegistrySettings(insecure, mirrors)


@pytest.mark.parametrize("mirror", ["https://m.test", "http://m.test:5000/", "https://m.test/sub/path"])
def test_a_mirror_ends_with_one_slash(mirror: str) -> None:
    assert validate_mirror(mirror) == mirror.rstrip("/") + "/"


@pytest.mark.parametrize(
    ("mirror", "modern", "words"),
    [
        ("m.test", False, 'invalid mirror: unsupported scheme "" in "m.test"'),
        ("m.test", True, "invalid mirror: no scheme specified for \"m.test\": must use either 'https://' or 'http://'"),
        ("ftp://m.test", False, 'invalid mirror: unsupported scheme "ftp" in "ftp://m.test"'),
        ("https://m.test/?a=b", False, 'invalid mirror: query or fragment at end of the URI "https://m.test/?a=b"'),
    ],
)
def test_a_mirror_that_keeps_the_engine_from_starting(mirror: str, modern: bool, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        validate_mirror(mirror, scheme_first=modern)
    assert str(caught.value) == words


def test_a_mirrors_password_is_not_repeated() -> None:
    with pytest.raises(ConfigError) as caught:
        validate_mirror("https://user:canary-secret@m.test")
    assert "canary" not in str(caught.value)
    assert "user:xxxxx@m.test" in str(caught.value)
