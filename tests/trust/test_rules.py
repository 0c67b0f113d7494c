"""Which Go and which defaults bring which rules: Go's release notes, and the patch releases of 2025."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta, timezone

import pytest

from dockworthy.trust.rules import DEBIAN_ENGINE_26_1, GO_1_24, rules_for
from dockworthy.trust.x509 import distrusted
from dockworthy.trust.x509.chain import Failure
from dockworthy.trust.x509.keypair import x509_key_pair
from dockworthy.trust.x509.pem import decode
from tests.fuzz import asn
from tests.fuzz import certs as c
from tests.fuzz.cases import pem
from tests.fuzz.pairs import _integers
from tests.rows import each_of
from tests.trust.builder import ca, judge, keys, leaf, root, told

OLD, PATCHED, NEW = (1, 24, 4), (1, 25, 5), (1, 26, 1)


def extension(side: int, kind: int, *values: bytes) -> bytes:
    return asn.sequence(asn.context(side, *(asn.sequence(c.general_name(kind, value)) for value in values)))


def test_named_builds_are_those_of_the_table() -> None:
    """``go version -m`` of Debian's dockerd says go1.24.4 and the defaults of an old go.mod."""
    assert rules_for((1, 24, 4), defaults=(1, 20)) == DEBIAN_ENGINE_26_1
    assert rules_for((1, 24, 4)) == GO_1_24


@each_of(
    ("field", "go", "value"),
    [
        ("common_name", (1, 14), True),
        ("common_name", (1, 15), False),
        ("sha1_signatures", (1, 17), True),
        ("sha1_signatures", (1, 18), False),
        ("max_rsa_bits", (1, 20, 6), 0),
        ("max_rsa_bits", (1, 20, 7), 8192),
        ("positive_serials", (1, 22), False),
        ("positive_serials", (1, 23), True),
        ("policies", (1, 23), False),
        ("policies", (1, 24), True),
        ("raw_keys", (1, 24, 7), False),
        ("raw_keys", (1, 24, 8), True),
        ("raw_keys", (1, 25, 1), False),
        ("raw_keys", (1, 25), True),
        ("wildcard_exclusions", (1, 24, 10), False),
        ("wildcard_exclusions", (1, 24, 11), True),
        ("constraints_last", (1, 25, 9), False),
        ("constraints_last", (1, 27), True),
    ],
)
def test_rule_begins_with_its_release(field: str, go: tuple[int, ...], value: object) -> None:
    """A version without a patch release means the newest one."""
    assert getattr(rules_for(go), field) == value


def test_a_fix_came_to_each_line_of_its_own() -> None:
    """Go 1.21.8 and 1.22.1 pass over keys that they do not know: 1.22.0 is newer than the one, and older than both."""
    skips = [rules_for(go).skips_unknown_keys for go in ((1, 21, 7), (1, 21, 8), (1, 22, 0), (1, 22, 1), (1, 20, 99))]
    assert skips == [False, True, False, True, False]


def test_the_moment_of_the_question_may_lie_between_two_seconds() -> None:
    """A certificate is good in the whole of its last second, and not a millionth longer."""
    one, last = leaf(), datetime(2026, 11, 24, 13, 0, tzinfo=timezone.utc)
    one.not_after = c.moment(int(last.timestamp()))
    assert told(judge([one], [root()], now=last))[0] == "ok"
    assert told(judge([one], [root()], now=last + timedelta(microseconds=1)))[0] == "expired"


@pytest.mark.parametrize(("go", "text"), [((1, 24, 4), "ok"), ((1, 25), "other"), ((1, 26), "other")])
def test_surrogates_in_a_bmp_string_are_refused_by_newer_releases(go: tuple[int, ...], text: str) -> None:
    one = leaf()
    one.subject = c.name((c.COMMON_NAME, c.BMP, b"\xd8\x3d\xde\0"))
    assert told(judge([one], [root()], rules=rules_for(go)))[0] == text


@pytest.mark.parametrize(
    ("go", "cls"), [((1, 26, 9), "ok"), ((1, 26, 10), "other"), ((1, 27, 2), "ok"), ((1, 27, 3), "other")]
)
def test_a_key_that_go_distrusts_spoils_every_chain_that_it_is_in(
    go: tuple[int, ...], cls: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    anchor = root()
    digest = hashlib.sha256(anchor.key.spki).hexdigest()
    monkeypatch.setattr(distrusted, "_KEYS", frozenset({digest}))
    verdict = told(judge([leaf()], [anchor], rules=rules_for(go)))
    assert verdict == (cls, "" if cls == "ok" else "x509: no valid chains built")


def test_excluded_name_excludes_wildcards_that_could_stand_for_it() -> None:
    """Since Go 1.24.11 and 1.25.5; before, ``*.test`` was no name below ``harbor.test``."""
    anchor = root()
    anchor.put(c.CONSTRAINTS, extension(1, 2, b"secret.test"), critical=True)
    one = leaf("Root", 1, c.general_name(2, b"*.test"))
    assert told(judge([one], [anchor], rules=rules_for(OLD)))[0] == "ok"
    assert told(judge([one], [anchor], rules=rules_for(PATCHED)))[0] == "name-constraint"
    assert told(judge([one], [anchor], rules=rules_for(NEW)))[0] == "name-constraint"


def test_usage_is_told_before_names_since_go_1_26() -> None:
    """Constraints are checked on complete chains there, and last."""
    anchor, one = root(), leaf()
    anchor.put(c.CONSTRAINTS, extension(0, 2, b"other.test"), critical=True)
    one.put(c.EXTENDED, c.usages("1.3.6.1.5.5.7.3.2"))
    assert told(judge([one], [anchor], rules=rules_for(PATCHED)))[0] == "name-constraint"
    assert told(judge([one], [anchor], rules=rules_for(NEW)))[0] == "eku"


def test_constraint_of_one_way_does_not_spoil_another() -> None:
    """In every Go: one chain that holds is enough."""
    strict, free = root(), root()
    strict.put(c.CONSTRAINTS, extension(0, 2, b"other.test"), critical=True)
    for go in (OLD, PATCHED, NEW):
        verdict = judge([leaf()], [strict, free], rules=rules_for(go))
        assert told(verdict)[0] == "ok"
        assert len(verdict.chains) == 1


def test_names_of_intermediates_are_held_to_the_root_in_go_1_26_as_well() -> None:
    """And addresses, URIs and mailboxes in that order."""
    anchor, middle = root(), ca("Middle", "Root", 2, 1)
    anchor.put(c.CONSTRAINTS, extension(1, 1, b"example.test"), critical=True)
    middle.put(c.SAN, asn.sequence(c.general_name(1, b"Ops@Example.test"), c.general_name(6, b"urn:x")))
    message = told(judge([leaf("Middle", 2), middle], [anchor], rules=rules_for(NEW)))[1]
    assert message.endswith('URI with empty host ("urn:x") cannot be matched against constraints')
    middle.put(c.SAN, asn.sequence(c.general_name(1, b"Ops@Example.test")))
    message = told(judge([leaf("Middle", 2), middle], [anchor], rules=rules_for(NEW)))[1]
    assert message.endswith('email address "Ops@example.test" is excluded by constraint "example.test"')


def test_a_hundred_names_are_counted_and_not_listed() -> None:
    """Since Go 1.24.11 and 1.25.5."""
    one = leaf("Root", 1, *(c.general_name(2, f"{number}.x".encode()) for number in range(100)))
    message = "x509: certificate is valid for 100 names, but none matched harbor.test"
    assert told(judge([one], [root()], rules=rules_for(PATCHED))) == ("name-mismatch", message)
    assert told(judge([one], [root()], rules=rules_for(OLD)))[1].startswith("x509: certificate is valid for 0.x, 1.x,")


def test_strings_and_lengths_are_read_strictly_since_go_1_25() -> None:
    """Surrogates in a BMPString and a negative path length made no difference before."""
    bmp = leaf()
    bmp.subject = c.name((c.COMMON_NAME, c.BMP, b"\xd8\0\0x"))
    negative = root()
    negative.put(c.BASIC, c.basic_constraints(ca=True, length=-1))
    for served, trusted in (([bmp], [root()]), ([leaf(), negative], [root()])):
        assert told(judge(served, trusted, rules=rules_for(OLD)))[0] == "ok"
        assert told(judge(served, trusted, rules=rules_for(PATCHED)))[0] == "other"


def test_latin_1_is_read_as_such_since_go_1_25() -> None:
    """In the hint that names a candidate, for one."""
    other, one = root(key=2), leaf()
    other.subject = one.issuer = c.name((c.COMMON_NAME, c.T61, b"Zo\xeb"))
    assert told(judge([one], [other], rules=rules_for(OLD)))[1].endswith(r'certificate "Zo\xeb")')
    assert told(judge([one], [other], rules=rules_for(PATCHED)))[1].endswith('certificate "Zoë")')


def test_dsa_key_no_longer_ends_the_program() -> None:
    """Since Go 1.24.8 and 1.25.2."""
    anchor, one = root(), leaf()
    anchor.key = next(key for key in keys().odd if key.name == "dsa")
    one.subject = one.issuer
    assert told(judge([one], [anchor], rules=rules_for(OLD)))[1].startswith("panic: ")
    assert told(judge([one], [anchor], rules=rules_for(PATCHED)))[0] == "unknown-authority"


def test_point_off_its_curve_has_other_words_in_go_1_26() -> None:
    """crypto/ecdsa's own."""
    for name, words in (
        ("off-curve", "P256 point not on curve"),
        ("compressed", "ecdsa: invalid uncompressed public key"),
    ):
        one = leaf()
        one.key = next(key for key in keys().odd if key.name == name)
        assert told(judge([one], [], rules=rules_for(NEW)))[1] == words
        assert told(judge([one], [], rules=rules_for(PATCHED)))[1].startswith("x509: failed to unmarshal")


def test_private_exponent_must_fit_the_rest_since_go_1_26() -> None:
    """It is not used, so nobody looked at it before."""
    key, one = keys().rsa[0], leaf()
    one.key = key
    numbers = _integers(key.pkcs1)
    numbers[3] -= 2
    text = pem(asn.sequence(*map(asn.integer, numbers)), "RSA PRIVATE KEY")
    assert not isinstance(x509_key_pair(pem(one.encode()), text, rules_for(PATCHED)), Failure)
    assert isinstance(x509_key_pair(pem(one.encode()), text, rules_for(NEW)), Failure)


GOOD = b"-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n"


@each_of(
    ("text", "before", "since"),
    [
        (GOOD + GOOD, [b"ABC", b"ABC"], [b"ABC", b"ABC"]),
        (b"-----BEGIN CERTIFICATE-----\n" + GOOD, [b"ABC"], [b"ABC"]),
        (b"x" + GOOD, [], []),
        (b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", [b""], [b""]),
        (b"-----BEGIN CERTIFICATE-----\na:b\n\n-----END CERTIFICATE-----\n", [b""], [b""]),
        (b"-----BEGIN CERTIFICATE-----\na:b\n-----END CERTIFICATE-----\n" + GOOD, [b"ABC"], [b"ABC"]),
        (GOOD.replace(b"QUJD", b"k: -----BEGIN x\n\nQUJD"), [b"ABC"], []),
        (GOOD.replace(b"QUJD", b"QU x-----BEGIN JD"), [], []),
        (b"-----BEGIN X-----\nQUJD\n-----BEGIN CERTIFICATE-----\nQUJD\n-----END X-----\n" + GOOD, [b"ABC"], [b"ABC"]),
    ],
)
def test_pem_is_read_from_the_end_since_go_1_24_8(text: bytes, before: list[bytes], since: list[bytes]) -> None:
    """The two readers differ in odd files only."""
    assert [block.octets for block in decode(text)] == before
    assert [block.octets for block in decode(text, from_end=True)] == since
