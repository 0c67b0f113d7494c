"""Chains are judged in Go's order and with Go's words (crypto/tls verifyServerCertificate, crypto/x509 Verify)."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dockworthy.trust.rules import DEBIAN_ENGINE_26_1, GO_1_24, GoRules, rules_for
from dockworthy.trust.wire.handshake import refuse_leaf
from dockworthy.trust.x509.chain import verify_server_chain
from dockworthy.trust.x509.pem import decode
from dockworthy.trust.x509.pool import CertPool
from tests.fuzz import asn
from tests.fuzz import certs as c
from tests.fuzz.cases import pem
from tests.fuzz.keys import Key, rsa_spki
from tests.rows import each_of
from tests.trust.builder import HOST, NOW, ca, judge, keys, leaf, root, spec, told

CASES = [
    json.loads(line)
    for line in (Path(__file__).parents[2] / "data" / "trust" / "chains.jsonl").read_text("utf-8").splitlines()
]
CANNOT_SIGN = "x509: invalid signature: parent certificate cannot sign this kind of certificate"


def unknown(hint: str, candidate: str) -> tuple[str, str]:
    return (
        "unknown-authority",
        (
            f'x509: certificate signed by unknown authority (possibly because of "{hint}" '
            f'while trying to verify candidate authority certificate "{candidate}")'
        ),
    )


@each_of("case", CASES, ids=[f"{case['id']}: {case['title']}" for case in CASES])
def test_recorded_chain_gets_the_engines_class_and_words(case: dict[str, Any]) -> None:
    """200 chains that Go 1.24 has judged through a real handshake."""
    system = CertPool()
    system.append_pem(case["system_root_pem"].encode())
    roots = CertPool(system)
    for entry in case["layout"]:
        inside = entry["path"].startswith(case["ref"].partition("/")[0] + "/")
        if entry["where"] == "certs.d" and inside and entry["path"].endswith(".crt"):
            text = entry["text"].encode() if "text" in entry else base64.b64decode(entry["base64"])
            roots.append_pem(text, entry["path"])
    served = [block.octets for block in decode(case["server"]["chain_pem"].encode())]
    verdict = verify_server_chain(served, case["host"], roots, datetime.fromisoformat(case["now"]))
    failure = refuse_leaf(served[0], DEBIAN_ENGINE_26_1) or verdict.failure
    assert (failure.cls if failure else "ok") == case["verdicts"]["pull"]["class"]
    words = case["verdicts"]["pull"]["error"].partition('/v2/": ')[2]
    assert (failure.tls_message if failure else "") == words


class TestOrder:
    """Which of several faults is told: the leaf's own first, in the order of isValid, then the chain's."""

    def test_critical_extension_hides_dates(self) -> None:
        one = leaf()
        one.not_after = c.moment(0)
        one.put("1.2.3.4", b"", critical=True)
        assert told(judge([one], []))[0] == "critical-ext"

    def test_dates_hide_the_name(self) -> None:
        one = leaf("Root", 1, c.general_name(2, b"other.test"))
        one.not_after = c.moment(0)
        assert told(judge([one], []))[0] == "expired"

    def test_name_hides_an_unknown_ca(self) -> None:
        one = leaf("Root", 1, c.general_name(2, b"other.test"))
        assert told(judge([one], []))[0] == "name-mismatch"

    def test_unknown_ca_hides_usage(self) -> None:
        one = leaf()
        one.put(c.EXTENDED, c.usages("1.3.6.1.5.5.7.3.2"))
        assert told(judge([one], []))[0] == "unknown-authority"
        assert told(judge([one], [root()]))[0] == "eku"

    def test_unreadable_certificate_anywhere_hides_everything(self) -> None:
        junk = spec("junk", "junk")
        junk.raw = b"\x30\x03\x02\x01\x05"
        verdict = judge([leaf(), junk], [root()])
        assert verdict.failure is not None
        assert verdict.failure.tls_message == (
            "tls: failed to parse certificate from server: x509: malformed tbs certificate"
        )

    def test_oversized_rsa_key_ends_the_parsing_where_it_stands(self) -> None:
        large = root("Large")
        large.key = Key("8193", "none", rsa_spki(1 << 8192 | 1, 3))
        junk = spec("junk", "junk")
        junk.raw = b"junk"
        message = "tls: server sent certificate containing RSA key larger than 8192 bits"
        assert told(judge([leaf(), large, junk], [root()])) == ("other", message)
        assert "malformed" in told(judge([leaf(), junk, large], [root()]))[1]


class TestAnchors:
    """Any certificate in a .crt is an anchor; anchors are held to the same rules as the rest."""

    def test_pinned_leaf_needs_no_issuer(self) -> None:
        assert told(judge([leaf()], [leaf()])) == ("ok", "")

    def test_pinned_leaf_is_still_judged_for_usage(self) -> None:
        one = leaf()
        one.put(c.EXTENDED, c.usages("1.3.6.1.5.5.7.3.2"))
        assert told(judge([one], [one]))[0] == "eku"

    def test_intermediate_alone_is_enough(self) -> None:
        middle = ca("Middle", "Root", 2, 1)
        verdict = judge([leaf("Middle", 2)], [middle])
        assert [certificate.subject.common_name for certificate in verdict.chains[0]] == ["leaf", "Middle"]

    def test_expired_root_is_told_as_such(self) -> None:
        old = root()
        old.not_after = c.moment(int(NOW.timestamp()) - 60)
        assert told(judge([leaf()], [old])) == (
            "expired",
            (
                "x509: certificate has expired or is not yet valid: "
                "current time 2026-11-24T12:00:00Z is after 2026-11-24T11:59:00Z"
            ),
        )

    def test_last_second_of_validity_counts(self) -> None:
        edge = root()
        edge.not_after = c.moment(int(NOW.timestamp()))
        assert told(judge([leaf()], [edge]))[0] == "ok"
        assert told(judge([leaf()], [edge], now=NOW + timedelta(seconds=1)))[0] == "expired"

    def test_time_is_printed_with_its_own_offset(self) -> None:
        one = leaf()
        one.not_after = asn.tlv(0x17, b"200101000000+0130")
        assert told(judge([one], []))[1].endswith("2026-11-24T12:00:00Z is after 2020-01-01T00:00:00+01:30")

    def test_v1_root_may_sign_and_a_v1_intermediate_may_not(self) -> None:
        old = root()
        old.version, old.extensions = b"", []
        assert told(judge([leaf()], [old]))[0] == "ok"
        middle = spec("Middle", "Root", 2, 1)
        middle.version = b""
        message = "x509: certificate is not authorized to sign other certificates"
        assert told(judge([leaf("Middle", 2), middle], [root()])) == ("other", message)


class TestHints:
    """An unknown authority says which candidate was tried first, and why it did not do."""

    def test_no_candidate_no_hint(self) -> None:
        assert told(judge([leaf()], [])) == ("unknown-authority", "x509: certificate signed by unknown authority")

    def test_root_of_the_same_name_with_another_key(self) -> None:
        assert told(judge([leaf()], [root(key=2)])) == unknown("x509: ECDSA verification failure", "Root")

    @pytest.mark.parametrize(
        "change",
        [
            lambda one: one.drop(c.BASIC),
            lambda one: one.put(c.BASIC, asn.sequence()),
            lambda one: one.put(c.USAGE, asn.named_bits(1)),
        ],
        ids=["no basicConstraints", "CA:FALSE", "keyUsage without keyCertSign"],
    )
    def test_issuer_that_is_no_ca(self, change: Any) -> None:
        bad = root()
        change(bad)
        assert told(judge([leaf()], [bad])) == unknown(CANNOT_SIGN, "Root")

    def test_key_usage_without_any_bit_hinders_nobody(self) -> None:
        odd = root()
        odd.put(c.USAGE, asn.bit_string(b""))
        assert told(judge([leaf()], [odd]))[0] == "ok"

    def test_candidate_without_a_common_name_is_called_by_its_organization_or_serial(self) -> None:
        for name, called in (
            (c.name((c.ORGANIZATION, c.UTF8, 'An "Org"')), r"An \"Org\""),
            (c.name(("2.5.4.11", c.UTF8, "unit")), "serial:7"),
        ):
            other, one = root(key=2), leaf()
            other.subject = one.issuer = name
            assert told(judge([one], [other])) == unknown("x509: ECDSA verification failure", called)

    def test_candidates_with_the_fitting_key_identifier_are_tried_first(self) -> None:
        one, first, second = leaf(), root(key=2), root(key=3)
        first.put(c.SUBJECT_KEY, asn.octet_string(b"b"))
        second.put(c.SUBJECT_KEY, asn.octet_string(b"a"))
        one.put(c.AUTHORITY_KEY, asn.sequence(asn.context(0, b"a", constructed=False)))
        tried = [attempt.candidate.facts.subject_key_id for attempt in judge([one], [first, second]).attempts]
        assert tried == [b"a", b"b"]

    def test_one_good_way_is_enough(self) -> None:
        verdict = judge([leaf()], [root(key=2), root()])
        assert verdict.failure is None
        assert [attempt.error for attempt in verdict.attempts] == ["x509: ECDSA verification failure", None]


class TestSignatures:
    @pytest.mark.parametrize(
        ("digest", "key", "name"),
        [("sha1", 1, "ECDSA-SHA1"), ("sha1", None, "SHA1-RSA"), ("md5", None, "MD5-RSA")],
    )
    def test_weak_digest_is_refused_on_all_but_the_anchor(self, digest: str, key: int | None, name: str) -> None:
        anchor, one = root(), leaf()
        if key is None:
            anchor.key = anchor.signer = one.signer = keys().rsa[4]
        one.digest = digest
        hint = f"x509: cannot verify signature: insecure algorithm {name}"
        assert told(judge([one], [anchor])) == unknown(hint, "Root")
        one.digest, anchor.digest = "sha256", digest
        assert told(judge([one], [anchor]))[0] == "ok"

    def test_sha1_was_good_enough_for_go_up_to_1_17(self) -> None:
        one = leaf()
        one.digest = "sha1"
        assert told(judge([one], [root()], rules=GoRules(sha1_signatures=True)))[0] == "ok"

    def test_algorithm_and_key_must_be_of_one_kind(self) -> None:
        one = leaf()
        one.identifier = asn.algorithm("1.2.840.113549.1.1.11", asn.NULL)
        hint = "x509: signature algorithm specifies an RSA public key, but have public key of type *ecdsa.PublicKey"
        assert told(judge([one], [root()])) == unknown(hint, "Root")

    @pytest.mark.parametrize("index", range(5))
    def test_rsa_pss_and_pkcs1_are_both_good(self, index: int) -> None:
        for pss in (False, True):
            anchor, one = root(), leaf()
            anchor.key = anchor.signer = one.signer = keys().rsa[index]
            one.pss = pss
            assert told(judge([one], [anchor]))[0] == "ok"

    def test_short_rsa_keys_verify_with_debians_defaults_alone(self) -> None:
        anchor, one = root(), leaf()
        anchor.key = anchor.signer = one.signer = keys().short[1]
        assert told(judge([one], [anchor]))[0] == "ok"
        hint = "crypto/rsa: 512-bit keys are insecure (see https://go.dev/pkg/crypto/rsa#hdr-Minimum_key_size)"
        assert told(judge([one], [anchor], rules=GO_1_24)) == unknown(hint, "Root")

    def test_issuer_with_a_key_that_go_does_not_know_is_no_candidate(self) -> None:
        anchor = root()
        anchor.key = next(key for key in keys().odd if key.name == "ed448")
        assert told(judge([leaf()], [anchor]))[1] == "x509: certificate signed by unknown authority"


class TestLimits:
    def test_path_length(self) -> None:
        chain = [leaf("B", 3), ca("B", "A", 3, 2), ca("A", "Root", 2, 1, length=0)]
        assert told(judge(chain, [root()])) == (
            "path-length",
            "x509: too many intermediates for path length constraint",
        )
        chain[2] = ca("A", "Root", 2, 1, length=1)
        assert told(judge(chain, [root()]))[0] == "ok"

    def test_path_length_of_a_leaf_that_says_ca_does_not_matter(self) -> None:
        one = leaf()
        one.put(c.BASIC, c.basic_constraints(ca=True, length=0), critical=True)
        assert told(judge([one], [root()]))[0] == "ok"

    @pytest.mark.parametrize("usage", ["1.3.6.1.5.5.7.3.2", "1.3.6.1.4.1.311.10.3.3", "1.2.3.4"])
    def test_usages_count_on_every_certificate_of_the_chain(self, usage: str) -> None:
        anchor = root()
        anchor.put(c.EXTENDED, c.usages(usage))
        assert told(judge([leaf()], [anchor])) == (
            "eku",
            "x509: certificate specifies an incompatible key usage",
        )

    @pytest.mark.parametrize("usages", [(), ("2.5.29.37.0",), ("1.2.3.4", "1.3.6.1.5.5.7.3.1")])
    def test_no_usage_any_usage_or_server_auth_is_fine(self, usages: tuple[str, ...]) -> None:
        one = leaf()
        one.put(c.EXTENDED, c.usages(*usages))
        assert told(judge([one], [root()]))[0] == "ok"

    def test_policies_that_nobody_asked_for_can_still_fail(self) -> None:
        middle = ca("Middle", "Root", 2, 1)
        middle.put(c.POLICY_CONSTRAINTS, asn.sequence(asn.tlv(0x80, b"\0")), critical=True)
        message = "x509: no valid chains built: all candidate chains have invalid policies"
        assert told(judge([leaf("Middle", 2), middle], [root()])) == ("other", message)
        before = GoRules(policies=False)
        assert told(judge([leaf("Middle", 2), middle], [root()], rules=before))[0] == "critical-ext"
        middle.put(c.POLICY_CONSTRAINTS, asn.sequence(asn.tlv(0x80, b"\0")))
        assert told(judge([leaf("Middle", 2), middle], [root()], rules=before))[0] == "ok"

    def test_cross_signed_candidates_end_at_gos_limit(self) -> None:
        mesh = []
        for number in range(100):
            twin = ca(f"CA {number % 10}", f"CA {number // 10}", 1, 1)
            twin.serial = asn.integer(number)
            twin.put(c.SAN, asn.sequence(c.general_name(2, f"{number}.test".encode())))
            mesh.append(twin)
        message = "x509: signature check attempts limit reached while verifying certificate chain"
        verdict = judge([leaf("CA 0"), *mesh], [])
        assert told(verdict) == ("other", message)
        assert len(verdict.attempts) == 100

    def test_chain_longer_than_a_handshake_message_is_refused(self) -> None:
        long = root("Long")
        long.put("1.2.3", bytes(270_000))
        cls, message = told(judge([leaf(), long], [root()]))
        assert cls == "other"
        assert message.startswith("tls: handshake message of length 27")
        assert message.endswith(" bytes exceeds maximum of 262144 bytes")

    def test_the_message_was_a_quarter_as_long_up_to_go_1_22(self) -> None:
        served = [leaf(), *(ca(f"CA {number}", "Root", 2, 1) for number in range(250))]
        before, after = (told(judge(served, [root()], rules=rules_for(go))) for go in ((1, 22), (1, 23)))
        assert before[1].endswith(" bytes exceeds maximum of 65536 bytes")
        assert after[0] == "ok"

    def test_nothing_served_is_refused(self) -> None:
        assert told(judge([], [root()])) == ("other", "tls: received empty certificates message")

    def test_dsa_issuer_of_the_leafs_own_name_ends_the_program(self) -> None:
        """Go 1.24 panics where a candidate with a DSA key has the subject of a certificate in the chain."""
        anchor, one = root(), leaf()
        anchor.key = next(key for key in keys().odd if key.name == "dsa")
        one.subject = one.issuer
        verdict = judge([one], [anchor])
        assert verdict.failure is not None
        assert verdict.failure.tls_message.startswith("panic: interface conversion: *dsa.PublicKey")

    @pytest.mark.parametrize(("name", "kind"), [("dsa", "*dsa.PublicKey"), ("ed448", "<nil>")])
    def test_leaf_with_a_key_of_no_use_is_refused_after_all_else(self, name: str, kind: str) -> None:
        one = leaf()
        one.key = next(key for key in keys().odd if key.name == name)
        message = f"tls: server's certificate contains an unsupported type of public key: {kind}"
        assert told(judge([one], [root()])) == ("other", message)
        assert told(judge([one], []))[0] == "unknown-authority"


def test_key_beyond_our_limit_leaves_the_verdict_open() -> None:
    """Go would take its time and know; a failure that hangs on such a key is marked as undecided."""
    giant = root()
    giant.key = Key("giant", "none", rsa_spki(1 << 20_000 | 1, 3))
    one = leaf()
    one.signer = keys().rsa[0]
    for trusted, undecided in (([giant], True), ([root(key=2)], False)):
        failure = judge([one], trusted).failure
        assert failure is not None
        assert failure.undecided is undecided
    assert judge([leaf()], [giant, root()]).failure is None


def test_negative_serial_is_a_matter_of_the_build() -> None:
    """Debian builds its engine with the defaults of an old go.mod: x509negativeserial=1."""
    one = leaf()
    one.serial = asn.integer(-1)
    assert told(judge([one], [root()]))[0] == "ok"
    assert told(judge([one], [root()], rules=GO_1_24)) == ("other", "x509: negative serial number")


def test_pool_remembers_every_file_that_a_certificate_came_from() -> None:
    """The picture of a chain names files, and one certificate may stand in several."""
    text = pem(root().encode())
    system = CertPool()
    system.append_pem(text, "system")
    pool = CertPool(system)
    assert pool.append_pem(text + text, "a.crt")
    (certificate,) = pool
    assert pool.origins(certificate) == ["system", "a.crt", "a.crt"]
    assert len(pool) == 1


def test_host_may_stand_in_brackets_or_not() -> None:
    """net/http hands crypto/tls an IPv6 address in brackets; the words come without."""
    address = bytes(15) + b"\1"
    one = leaf("Root", 1, c.general_name(7, address))
    for host in ("[::1]", "::1", "0:0:0:0:0:0:0:1"):
        assert told(judge([one], [root()], host))[0] == "ok"
    assert told(judge([one], [root()], "[::2]"))[1] == "x509: certificate is valid for ::1, not ::2"


def test_moment_without_a_zone_is_refused() -> None:
    """A naive time would silently mean the local zone."""
    with pytest.raises(ValueError, match="time zone"):
        verify_server_chain([leaf().encode()], HOST, CertPool(), datetime(2026, 1, 1))  # noqa: DTZ001 - the case
