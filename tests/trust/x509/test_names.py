"""Which host a certificate is good for (crypto/x509 VerifyHostname), and in which words it is not."""

from __future__ import annotations

import ipaddress

import pytest

from dockworthy.trust.rules import DEBIAN_ENGINE_26_1, GoRules
from dockworthy.trust.x509.certificate import parse_certificate
from dockworthy.trust.x509.hostname import verify_host
from tests.fuzz import asn
from tests.fuzz import certs as c
from tests.rows import each_of
from tests.trust.builder import leaf


def dns(name: str) -> bytes:
    return c.general_name(2, name.encode())


def ip(text: str) -> bytes:
    return c.general_name(7, ipaddress.ip_address(text).packed)


def verdict(host: str, *names: bytes, rules: GoRules = DEBIAN_ENGINE_26_1) -> tuple[str, str]:
    mismatch = verify_host(parse_certificate(leaf("Root", 1, *names).encode()), host, rules)
    return ("ok", "") if mismatch is None else (mismatch.verdict, mismatch.message)


@each_of(
    ("name", "host"),
    [
        ("harbor.test", "harbor.test"),
        ("HARBOR.Test", "harbor.TEST"),
        ("harbor.test", "harbor.test."),
        ("*.test", "harbor.test"),
        ("*.a.test", "x_y.a.test"),
        ("h_1.test", "h_1.test"),
        ("localhost", "localhost"),
        ("a b", "a b"),
        ("xn--caf-dma.test", "xn--caf-dma.test"),
    ],
)
def test_name_is_good_for_the_host(name: str, host: str) -> None:
    """ASCII case is one, a wildcard is one whole label, and what is no host name must be equal."""
    assert verdict(host, dns(name)) == ("ok", "")


@each_of(
    ("name", "host"),
    [
        ("*.test", "a.b.test"),
        ("*.test", "test"),
        ("har*.test", "harbor.test"),
        ("*.*.test", "a.b.test"),
        ("a.*.test", "a.b.test"),
        ("*", "harbor"),
        ("harbor.test.", "harbor.test"),
        ("harbor.test.", "other.test."),
        ("other.test", "harbor.test"),
        (".test", "a.test"),
        ("10.0.0.1", "10.0.0.2.test"),
    ],
)
def test_name_is_not_good_for_the_host(name: str, host: str) -> None:
    """The words name every DNS name of the certificate."""
    assert verdict(host, dns(name)) == ("name-mismatch", f"x509: certificate is valid for {name}, not {host}")


@pytest.mark.parametrize(
    ("san", "host"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("10.0.0.1", "::ffff:10.0.0.1"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("fd00::1", "fd00:0:0:0:0:0:0:1"),
        ("fd00::1", "[FD00::1]"),
    ],
)
def test_addresses_are_compared_as_addresses(san: str, host: str) -> None:
    """The spelling does not matter, nor whether an IPv4 address is mapped."""
    assert verdict(host, ip(san)) == ("ok", "")


def test_address_is_never_matched_by_a_dns_name() -> None:
    """RFC 6125, appendix B.2."""
    assert verdict("10.0.0.1", dns("10.0.0.1")) == (
        "no-ip-san",
        "x509: cannot validate certificate for 10.0.0.1 because it doesn't contain any IP SANs",
    )
    assert verdict("[fd00::1]", ip("fd00::2"), ip("10.0.0.1")) == (
        "name-mismatch",
        "x509: certificate is valid for fd00::2, 10.0.0.1, not fd00::1",
    )


@pytest.mark.parametrize("host", ["fe80::1%eth0", "010.0.0.1", "10.0.0", "1:2:3"])
def test_what_is_no_address_to_go_is_a_name(host: str) -> None:
    """A zone, a leading zero or a missing part makes it a name, equal to itself."""
    assert verdict(host, dns(host)) == ("ok", "")


def _with_common_name(name: str) -> bytes:
    one = leaf()
    one.drop(c.SAN)
    one.subject = c.name((c.COMMON_NAME, c.UTF8, name))
    return one.encode()


@pytest.mark.parametrize("name", ["harbor.test", "*.test", "HARBOR.test"])
def test_common_name_alone_is_refused_in_words_of_its_own(name: str) -> None:
    """Since Go 1.15; up to 1.14 it was good enough."""
    certificate = parse_certificate(_with_common_name(name))
    mismatch = verify_host(certificate, "harbor.test", DEBIAN_ENGINE_26_1)
    assert mismatch is not None
    assert mismatch.verdict == "cn-only"
    assert mismatch.message == "x509: certificate relies on legacy Common Name field, use SANs instead"
    assert verify_host(certificate, "harbor.test", GoRules(common_name=True)) is None


def test_common_name_of_another_host_is_no_name_at_all() -> None:
    """The words then speak of the SANs that are not there."""
    mismatch = verify_host(parse_certificate(_with_common_name("x")), "harbor.test", DEBIAN_ENGINE_26_1)
    assert mismatch is not None
    assert (mismatch.verdict, mismatch.message) == (
        "no-names",
        "x509: certificate is not valid for any names, but wanted to match harbor.test",
    )


def test_san_extension_without_a_dns_name_hides_the_common_name() -> None:
    """Whatever is in it."""
    one = leaf("Root", 1, c.general_name(1, b"ops@example.test"))
    one.subject = c.name((c.COMMON_NAME, c.UTF8, "harbor.test"))
    mismatch = verify_host(parse_certificate(one.encode()), "harbor.test", DEBIAN_ENGINE_26_1)
    assert mismatch is not None
    assert mismatch.verdict == "no-names"


def test_names_are_printed_as_people_write_them() -> None:
    """The last common name counts; unknown attributes show their number."""
    one = leaf()
    one.subject = c.name(
        (c.COUNTRY, c.PRINTABLE, "DE"),
        (c.ORGANIZATION, c.T61, b"Fran\xe7ais"),
        (c.COMMON_NAME, c.UTF8, "first"),
        ("1.2.3", c.BMP, "ü"),
        (c.COMMON_NAME, c.IA5, "last"),
    )
    subject = parse_certificate(one.encode()).subject
    assert subject.common_name == "last"
    assert str(subject) == "C=DE,O=Fran\\xe7ais,CN=first,1.2.3=ü,CN=last"


def test_empty_san_has_no_names() -> None:
    """An empty extension is one all the same."""
    one = leaf()
    one.put(c.SAN, asn.sequence())
    mismatch = verify_host(parse_certificate(one.encode()), "leaf", DEBIAN_ENGINE_26_1)
    assert mismatch is not None
    assert mismatch.verdict == "no-names"
