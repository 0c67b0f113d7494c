"""PEM is read as Go's encoding/pem.Decode reads it: leniently here, strictly there, and silently."""

from __future__ import annotations

import pytest

from dockworthy.trust.x509.pem import decode
from dockworthy.trust.x509.pool import MAX_PEM_OCTETS, CertPool, PEMTooLargeError
from tests.fuzz.cases import pem
from tests.rows import each_of
from tests.trust.builder import root

GOOD = b"-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n"


def bodies(text: bytes) -> list[bytes]:
    return [block.octets for block in decode(text)]


@each_of(
    "text",
    [
        GOOD,
        GOOD.replace(b"\n", b"\r\n"),
        GOOD.rstrip(),
        b"text before\n" + GOOD + b"text after",
        GOOD.replace(b"QUJD", b"  QU\tJD  "),
        GOOD.replace(b"QUJD", b"Q\nU\n\nJ\nD"),
        GOOD.replace(b"-----\nQ", b"----- \t\nQ"),
        b"-----BEGIN X-----\n" + GOOD,
        b"-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n" + GOOD,
        b"-----BEGIN CERTIFICATE-----\nQUJD\n-----END X-----\n" + GOOD,
        GOOD.replace(b"QUJD", b"QUJD\n"),
        b"-----END CERTIFICATE-----\n" + GOOD,
    ],
    ids=range(12),
)
def test_block_is_found(text: bytes) -> None:
    """Line ends, blanks, text around it and broken neighbours do not matter."""
    assert bodies(text) == [b"ABC"]


@each_of(
    "text",
    [
        b"",
        b"\xef\xbb\xbf" + GOOD,
        b" " + GOOD,
        GOOD.replace(b"\n", b"\r"),
        GOOD.replace(b"QUJD", b"QUJD="),
        GOOD.replace(b"QUJD", b"QUJ"),
        GOOD.replace(b"QUJD", b"QUJD\x0b"),
        GOOD.replace(b"END CERT", b"END  CERT"),
        GOOD.replace(b"\n-----END", b"\n -----END"),
        GOOD[:-2],
        GOOD.rstrip() + b"x",
        GOOD.rstrip() + GOOD,
        GOOD.lower(),
        GOOD.decode().encode("utf-16"),
    ],
    ids=range(14),
)
def test_block_is_silently_lost(text: bytes) -> None:
    """A BOM, CR alone, wrong padding, a glued neighbour: no block and no word."""
    assert bodies(text) == []


def test_headers_are_kept_and_make_it_no_certificate() -> None:
    """AppendCertsFromPEM skips a CERTIFICATE block that has any header."""
    with_header = pem(root().encode()).replace(b"-----\nM", b"-----\nProc-Type: 4,ENCRYPTED\nk:v\n\nM", 1)
    (block,) = decode(with_header)
    assert block.headers == {"Proc-Type": "4,ENCRYPTED", "k": "v"}
    assert not CertPool().append_pem(with_header)


def test_blocks_know_where_they_stand() -> None:
    """A report can say which lines of a file the engine took."""
    first, second = decode(b"x\n" + GOOD + b"y\n" + GOOD)
    assert (first.start, first.end) == (2, 2 + len(GOOD))
    assert second.start == first.end + 2


@pytest.mark.parametrize("label", ["X509 CERTIFICATE", "TRUSTED CERTIFICATE", "PRIVATE KEY", "certificate"])
def test_other_labels_are_no_certificates(label: str) -> None:
    """Only CERTIFICATE counts, spelled so."""
    assert not CertPool().append_pem(pem(root().encode(), label))


def test_empty_block_is_a_block_and_no_certificate() -> None:
    """The END line may follow at once."""
    empty = b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"
    assert bodies(empty) == [b""]
    assert not CertPool().append_pem(empty)


@pytest.mark.parametrize(
    "text",
    [
        b"-----BEGIN X-----\n" * 100_000,
        b"-----BEGIN X-----\n" * 50_000 + b"-----END X-----" + b" " * 1_000_000 + b"x",
        b"-----BEGIN X-----\n" + b"a:b\n" * 200_000,
        b"-----END X-----\n" * 100_000,
        b"A" * 4_000_000,
    ],
    ids=["begins", "begins with one end", "headers", "ends", "one line"],
)
def test_hostile_text_holds_no_block(text: bytes) -> None:
    """Each of these would cost a naive reader minutes."""
    assert bodies(text) == []


def test_giant_file_is_not_judged() -> None:
    """What the engine would make of it is not known: that is said, and no verdict is guessed."""
    with pytest.raises(PEMTooLargeError, match=r"huge\.crt"):
        CertPool().append_pem(b" " * (MAX_PEM_OCTETS + 1), "huge.crt")
