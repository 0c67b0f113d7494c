"""The TLS 1.2 cipher suites that a Go client can offer.

Source: Go's ``crypto/tls/cipher_suites.go``, as far as OpenSSL 3 is built with them.
"""

from __future__ import annotations

from typing import Final, NamedTuple

__all__ = ["SUITES", "Suite"]


class Suite(NamedTuple):
    """A TLS 1.2 suite.

    Attributes:
        number: IANA's.
        name: OpenSSL's.
        exchange: ``ECDHE`` or ``RSA`` (the key is sent encrypted to the server's key).
        key: the server's kind of key: ``RSA`` or ``ECDSA`` (which stands for Ed25519, too; RFC 8422, 2.1).
    """

    number: int
    name: str
    exchange: str
    key: str


SUITES: Final = tuple(
    Suite(*row)
    for row in (
        (0xC02C, "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE", "ECDSA"),
        (0xC030, "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE", "RSA"),
        (0xC02B, "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE", "ECDSA"),
        (0xC02F, "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE", "RSA"),
        (0xCCA9, "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE", "ECDSA"),
        (0xCCA8, "ECDHE-RSA-CHACHA20-POLY1305", "ECDHE", "RSA"),
        (0xC00A, "ECDHE-ECDSA-AES256-SHA", "ECDHE", "ECDSA"),
        (0xC014, "ECDHE-RSA-AES256-SHA", "ECDHE", "RSA"),
        (0xC009, "ECDHE-ECDSA-AES128-SHA", "ECDHE", "ECDSA"),
        (0xC013, "ECDHE-RSA-AES128-SHA", "ECDHE", "RSA"),
        (0x009D, "AES256-GCM-SHA384", "RSA", "RSA"),
        (0x009C, "AES128-GCM-SHA256", "RSA", "RSA"),
        (0x0035, "AES256-SHA", "RSA", "RSA"),
        (0x002F, "AES128-SHA", "RSA", "RSA"),
    )
)
