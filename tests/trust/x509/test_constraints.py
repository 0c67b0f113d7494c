"""Name constraints: crypto/x509's reading of RFC 5280, 4.2.1.10."""

from __future__ import annotations

import pytest

from dockworthy.trust.rules import DEBIAN_ENGINE_26_1
from dockworthy.trust.x509 import constraints as nc
from dockworthy.trust.x509.der import X509Error
from tests.fuzz import asn
from tests.fuzz import certs as c
from tests.rows import each_of
from tests.trust.builder import ca, judge, leaf, root, told

PERMITTED, EXCLUDED = 0, 1
EMAIL, DNS, URI, IP = 1, 2, 6, 7
NOT_AUTHORIZED = "x509: a root or intermediate certificate is not authorized to sign for this name: "


def extension(side: int, kind: int, *values: bytes) -> bytes:
    return asn.sequence(asn.context(side, *(asn.sequence(c.general_name(kind, value)) for value in values)))


def verdict(side: int, kind: int, constraint: bytes, *names: bytes) -> tuple[str, str]:
    anchor = root()
    anchor.put(c.CONSTRAINTS, extension(side, kind, constraint), critical=True)
    one = leaf("Root", 1, c.general_name(DNS, b"harbor.test"), *(c.general_name(kind, name) for name in names))
    return told(judge([one], [anchor]))


@each_of(
    ("kind", "constraint", "name"),
    [
        (DNS, b"test", b"harbor.test"),
        (DNS, b"", b"harbor.test"),
        (DNS, b"TEST", b"*.test"),
        (EMAIL, b"example.test", b"ops@EXAMPLE.test"),
        (EMAIL, b"ops@Example.test", b"ops@example.test"),
        (EMAIL, b".example.test", b"ops@a.example.test"),
        (URI, b"example.test", b"https://example.test:443/x"),
        (URI, b".example.test", b"https://a.example.test/"),
        (IP, b"\x0a\0\0\0\xff\0\0\0", b"\x0a\1\2\3"),
        (IP, bytes(32), bytes(16)),
    ],
)
def test_name_within_a_permitted_subtree(kind: int, constraint: bytes, name: bytes) -> None:
    """Labels are compared from the right, case does not matter, an empty constraint holds everything."""
    assert verdict(PERMITTED, kind, constraint, name) == ("ok", "")


@each_of(
    ("kind", "constraint", "name", "words"),
    [
        (DNS, b"bor.test", b"harbor.test", 'DNS name "harbor.test"'),
        (DNS, b".harbor.test", b"harbor.test", 'DNS name "harbor.test"'),
        (EMAIL, b"OPS@example.test", b"ops@example.test", 'email address "ops@example.test"'),
        (EMAIL, b".example.test", b"ops@example.test", 'email address "ops@example.test"'),
        (URI, b"example.test", b"https://a.test/", 'URI "https://a.test/"'),
        (IP, b"\x0a\0\0\0\xff\0\0\0", b"\x0b\0\0\1", 'IP address "11.0.0.1"'),
        (IP, b"\x0a\0\0\0\xff\0\0\0", bytes(10) + b"\xff\xff\x0a\0\0\1", 'IP address "10.0.0.1"'),
    ],
)
def test_name_outside_every_permitted_subtree(kind: int, constraint: bytes, name: bytes, words: str) -> None:
    """A mapped IPv4 address is an IPv6 address here."""
    message = f"{NOT_AUTHORIZED}{words} is not permitted by any constraint"
    assert verdict(PERMITTED, kind, constraint, name) == ("name-constraint", message)


@each_of(
    ("kind", "constraint", "name", "words"),
    [
        (DNS, b"TEST", b"a.test", 'DNS name "harbor.test" is excluded by constraint "TEST"'),
        (DNS, b".test", b"a.test", 'DNS name "harbor.test" is excluded by constraint ".test"'),
        (EMAIL, b"x.test", b"a@x.test", 'email address "a@x.test" is excluded by constraint "x.test"'),
        (URI, b"example.test", b"urn:x", 'URI with empty host ("urn:x") cannot be matched against constraints'),
        (URI, b"x.test", b"x://10.0.0.1", 'URI with IP ("x://10.0.0.1") cannot be matched against constraints'),
        (IP, b"\x0a\0\0\0\xff\0\0\0", b"\x0a\0\0\1", 'IP address "10.0.0.1" is excluded by constraint "10.0.0.0/8"'),
        (
            IP,
            bytes(10) + b"\xff\xff\x0a\0\0\0" + b"\xff" * 13 + bytes(3),
            bytes(10) + b"\xff\xff\x0a\0\0\1",
            'IP address "10.0.0.1" is excluded by constraint "10.0.0.0/8"',
        ),
    ],
)  # fmt: skip
def test_name_within_an_excluded_subtree(kind: int, constraint: bytes, name: bytes, words: str) -> None:
    """The first constraint that matches is named."""
    assert verdict(EXCLUDED, kind, constraint, name) == ("name-constraint", NOT_AUTHORIZED + words)


def test_constraints_of_another_kind_do_not_matter() -> None:
    """A certificate without an email address is no email address's concern."""
    assert verdict(PERMITTED, EMAIL, b"example.test") == ("ok", "")


def test_names_of_every_certificate_below_are_compared() -> None:
    """Of intermediates as well, although they serve nobody."""
    anchor, middle = root(), ca("Middle", "Root", 2, 1)
    anchor.put(c.CONSTRAINTS, extension(PERMITTED, DNS, b"harbor.test"), critical=True)
    middle.put(c.SAN, asn.sequence(c.general_name(DNS, b"ca.example")))
    message = f'{NOT_AUTHORIZED}DNS name "ca.example" is not permitted by any constraint'
    assert told(judge([leaf("Middle", 2), middle], [anchor])) == ("name-constraint", message)


@pytest.mark.parametrize(
    ("kind", "name", "message"),
    [
        (DNS, b"a..b", 'x509: cannot parse dnsName "a..b"'),
        (EMAIL, b"nobody", 'x509: cannot parse rfc822Name {"" ""}'),
    ],
)
def test_name_that_cannot_be_compared_is_told_as_such(kind: int, name: bytes, message: str) -> None:
    """Only below a CA with constraints."""
    assert verdict(PERMITTED, DNS, b"", name) == ("other", message) if kind == DNS else True
    anchor = root()
    anchor.put(c.CONSTRAINTS, extension(EXCLUDED, IP, bytes(8)), critical=True)
    one = leaf("Root", 1, c.general_name(DNS, b"harbor.test"), c.general_name(kind, name))
    assert told(judge([one], [anchor])) == ("other", message)
    assert told(judge([one], [root()])) == ("ok", "")


@each_of(
    ("value", "message"),
    [
        (b"\5\0", "x509: invalid NameConstraints extension"),
        (asn.sequence(), "x509: empty name constraints extension"),
        (asn.sequence(asn.context(0)), "x509: empty name constraints extension"),
        (asn.sequence(asn.context(1), asn.context(0)), "x509: invalid NameConstraints extension"),
        (extension(0, DNS, b"a."), 'x509: failed to parse dnsName constraint "a."'),
        (extension(0, EMAIL, b"@x"), 'x509: failed to parse rfc822Name constraint "@x"'),
        (extension(0, URI, b"10.0.0.1"), 'x509: failed to parse URI constraint "10.0.0.1": cannot be IP address'),
        (extension(0, IP, b"x"), "x509: IP constraint contained value of length 1"),
        (extension(0, IP, b"\0\0\0\0\xff\0\xff\0"), "x509: IP constraint contained invalid mask ff00ff00"),
        (
            extension(0, DNS, b"\xe9"),
            r'x509: invalid constraint value: x509: "\xe9" cannot be encoded as an IA5String',
        ),
    ],
    ids=range(10),
)
def test_malformed_extension_is_refused_in_gos_words(value: bytes, message: str) -> None:
    """A certificate with one cannot be parsed at all."""
    with pytest.raises(X509Error) as refused:
        nc.parse_constraints(value, DEBIAN_ENGINE_26_1)
    assert str(refused.value) == message


def test_other_kinds_of_names_are_left_unhandled() -> None:
    """Critical constraints on directory names end in "unhandled critical extension"."""
    anchor = root()
    value = asn.sequence(asn.context(0, asn.sequence(c.general_name(4, c.name()))))
    anchor.put(c.CONSTRAINTS, value, critical=True)
    assert told(judge([leaf()], [anchor])) == ("critical-ext", "x509: unhandled critical extension")
    anchor.put(c.CONSTRAINTS, value, critical=False)
    assert told(judge([leaf()], [anchor])) == ("ok", "")


def test_more_comparisons_than_go_makes() -> None:
    """250,000 for one certificate; the error has no text of its own in Go."""
    anchor = root()
    anchor.put(c.CONSTRAINTS, extension(EXCLUDED, DNS, *(b"%d.x" % number for number in range(5000))))
    names = [c.general_name(DNS, b"harbor.test"), *(c.general_name(DNS, b"%d.y" % number) for number in range(50))]
    one = leaf("Root", 1, *names)
    assert told(judge([one], [anchor])) == ("other", "x509: unknown error")
    one = leaf("Root", 1, *names[:50])
    assert told(judge([one], [anchor])) == ("ok", "")


@each_of(
    ("text", "parsed"),
    [
        ("a@b", ("a", "b")),
        ('"a b"@c', ("a b", "c")),
        (r'"a\"b"@c', ('a"b', "c")),
        (r"a\@b@c", ("a@b", "c")),
        ("a.b@c", ("a.b", "c")),
        ("a..b@c", None),
        (".a@b", None),
        ("a.@b", None),
        ("@b", None),
        ("a", None),
        ("a@b..c", None),
        ('"a@b', None),
        ("a\\", None),
        ("a b@c", None),
        ("", None),
        ("a@", ("a", "")),
    ],
)
def test_mailboxes_are_those_of_rfc_2821_with_gos_leniencies(text: str, parsed: tuple[str, str] | None) -> None:
    """parseRFC2821Mailbox."""
    assert nc.parse_mailbox(text, DEBIAN_ENGINE_26_1) == parsed
