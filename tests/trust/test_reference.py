"""What is an image reference, and which registry it names."""

from __future__ import annotations

import pytest

from dockworthy.trust.reference import BadReference, is_host_port, parse_containerd, parse_engine, split_host_port
from tests.rows import each_of


@each_of(
    ("text", "domain", "path", "tag"),
    [
        ("tiny", "docker.io", "library/tiny", "latest"),
        ("team/tiny:2", "docker.io", "team/tiny", "2"),
        ("index.docker.io/tiny", "docker.io", "library/tiny", "latest"),
        ("localhost/tiny", "localhost", "tiny", "latest"),
        ("harbor.test/library/tiny:1", "harbor.test", "library/tiny", "1"),
        ("harbor.test:443/tiny", "harbor.test:443", "tiny", "latest"),
        ("Harbor.Test/tiny", "Harbor.Test", "tiny", "latest"),
        ("HARBOR/tiny", "HARBOR", "tiny", "latest"),
        ("[fd00:231::1]:5443/tiny:1", "[fd00:231::1]:5443", "tiny", "1"),
        ("harbor.test:5443", "docker.io", "library/harbor.test", "5443"),
    ],
)
def test_the_engine_reads(text: str, domain: str, path: str, tag: str) -> None:
    found = parse_engine(text)
    assert (found.domain, found.path, found.tag) == (domain, path, tag)


@each_of(
    ("text", "words"),
    [
        ("harbor.test./tiny", "invalid reference format"),
        ("harbor_test/x.y/tiny@", "invalid reference format"),
        ("-harbor.test/tiny", "invalid reference format"),
        ("harbor.test/Tiny", "invalid reference format: repository name (Tiny) must be lowercase"),
        ("harbor.test/tiny:", "invalid reference format"),
        ("harbor.test/tiny:" + "x" * 129, "invalid reference format"),
        ("a" * 64, f"invalid repository name ({'a' * 64}), cannot specify 64-byte hexadecimal strings"),
        ("harbor.test/" + "a/" * 128 + "a", "repository name must not be more than 255 characters"),
        ("harbor.test/tiny@sha256:" + "a" * 63, "invalid checksum digest length"),
        ("harbor.test/tiny@sha256:" + "A" * 64, "invalid checksum digest format"),
        ("harbor.test/tiny@md5:" + "a" * 32, "unsupported digest algorithm"),
        ("harbor.test/tiny\n", "invalid reference format"),
        ("", "invalid reference format"),
    ],
)
def test_the_engine_refuses_with_these_words(text: str, words: str) -> None:
    with pytest.raises(BadReference) as caught:
        parse_engine(text)
    assert str(caught.value) == words


def test_older_engines_know_no_addresses_in_brackets_and_no_capital_hosts() -> None:
    with pytest.raises(BadReference):
        parse_engine("[fd00::1]/tiny", ipv6=False)
    with pytest.raises(BadReference):
        parse_engine("HARBOR/tiny", upper_is_domain=False)


def test_a_digest_alone_has_no_tag() -> None:
    found = parse_engine(f"harbor.test/tiny@sha256:{'a' * 64}")
    assert (found.tag, found.object) == ("", f"sha256:{'a' * 64}")
    assert str(found).endswith("/tiny@sha256:" + "a" * 64)


@pytest.mark.parametrize(
    ("text", "domain"),
    [("harbor.test.:5443/tiny:1", "harbor.test.:5443"), ("harbor_x/T/y:z", "harbor_x"), ("[::1]/tiny:1", "[::1]")],
)
def test_containerd_takes_nearly_any_host(text: str, domain: str) -> None:
    assert parse_containerd(text).domain == domain


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("https://harbor.test/tiny:1", "invalid reference"),
        ("harbor.test/tiny", "object required"),
        ("/tiny:1", "hostname required"),
        ("harbor.test/tiny@sha256:abcd", "invalid checksum digest length"),
        ("[fe80::1%25lo]/tiny:1", 'parse "dummy://[fe80::1%lo]/tiny": invalid URL escape "%lo"'),
    ],
)
def test_containerd_refuses_with_these_words(text: str, words: str) -> None:
    with pytest.raises(BadReference) as caught:
        parse_containerd(text)
    assert str(caught.value) == words


@pytest.mark.parametrize(
    ("authority", "host", "port"),
    [("h", "h", ""), ("h:1", "h", "1"), ("[::1]", "::1", ""), ("[::1]:5", "::1", "5"), ("h:", "h", "")],
)
def test_host_and_port_are_taken_apart(authority: str, host: str, port: str) -> None:
    assert split_host_port(authority) == (host, port)


def test_a_host_and_port_is_matched_whole() -> None:
    assert is_host_port("harbor.test:5443")
    assert is_host_port("[::1]:5443")
    assert not is_host_port("harbor.test:5443/x")
    assert not is_host_port("::1")
