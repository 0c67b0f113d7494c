"""Which TLS 1.2 cipher suites an OpenSSL cipher list allows, of those that a Go client can offer.

A server behind OpenSSL (nginx, HAProxy, stunnel, Harbor's proxy) is configured by such a list. The order of a
list does not matter to whether a handshake succeeds, so a set is the answer.

Source: ``openssl-ciphers(1)``; OpenSSL ``ssl/ssl_ciph.c`` (ssl_cipher_process_rulestr, cipher_aliases); the
suites are those of Go's ``crypto/tls/cipher_suites.go`` that OpenSSL 3 is built with.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

__all__ = ["SUITES", "Suite", "allowed"]


@dataclass(frozen=True, slots=True)
class Suite:
    """A TLS 1.2 suite.

    Attributes:
        number: IANA's.
        name: OpenSSL's.
        exchange: ``ECDHE`` or ``RSA`` (the key is sent encrypted to the server's key).
        key: the server's kind of key: ``RSA`` or ``ECDSA`` (which stands for Ed25519, too; RFC 8422, 2.1).
        words: the aliases of OpenSSL that select it.
    """

    number: int
    name: str
    exchange: str
    key: str
    words: frozenset[str]


_EXCHANGES: Final = {
    "ECDHE": {"kECDHE", "kEECDH", "ECDH", "ECDHE", "EECDH"},
    "RSA": {"kRSA"},
}
_KEYS: Final = {"RSA": {"aRSA"}, "ECDSA": {"aECDSA", "ECDSA"}}
_ENCRYPTIONS: Final = {
    "AES128-GCM": {"AES", "AES128", "AESGCM", "AES128-GCM", "HIGH", "ALL", "TLSv1.2"},
    "AES256-GCM": {"AES", "AES256", "AESGCM", "AES256-GCM", "HIGH", "ALL", "TLSv1.2"},
    "AES128": {"AES", "AES128", "HIGH", "ALL", "SHA", "SHA1", "CBC"},
    "AES256": {"AES", "AES256", "HIGH", "ALL", "SHA", "SHA1", "CBC"},
    "CHACHA20": {"CHACHA20", "HIGH", "ALL", "TLSv1.2"},
}


def _suite(number: int, name: str, exchange: str, key: str, encryption: str) -> Suite:
    # The hash in an AEAD suite's name is its PRF's: no alias selects by it.
    words = _EXCHANGES[exchange] | _KEYS[key] | _ENCRYPTIONS[encryption] | {name}
    if exchange == "RSA":
        words = words | {"RSA"}
    if encryption in {"AES128", "AES256"}:
        words = words | ({"SSLv3"} if exchange == "RSA" else {"TLSv1", "TLSv1.0"})
    return Suite(number, name, exchange, key, frozenset(words))


SUITES: Final = tuple(
    _suite(*row)
    for row in (
        (0xC02C, "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE", "ECDSA", "AES256-GCM"),
        (0xC030, "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE", "RSA", "AES256-GCM"),
        (0xC02B, "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE", "ECDSA", "AES128-GCM"),
        (0xC02F, "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE", "RSA", "AES128-GCM"),
        (0xCCA9, "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE", "ECDSA", "CHACHA20"),
        (0xCCA8, "ECDHE-RSA-CHACHA20-POLY1305", "ECDHE", "RSA", "CHACHA20"),
        (0xC00A, "ECDHE-ECDSA-AES256-SHA", "ECDHE", "ECDSA", "AES256"),
        (0xC014, "ECDHE-RSA-AES256-SHA", "ECDHE", "RSA", "AES256"),
        (0xC009, "ECDHE-ECDSA-AES128-SHA", "ECDHE", "ECDSA", "AES128"),
        (0xC013, "ECDHE-RSA-AES128-SHA", "ECDHE", "RSA", "AES128"),
        (0x009D, "AES256-GCM-SHA384", "RSA", "RSA", "AES256-GCM"),
        (0x009C, "AES128-GCM-SHA256", "RSA", "RSA", "AES128-GCM"),
        (0x0035, "AES256-SHA", "RSA", "RSA", "AES256"),
        (0x002F, "AES128-SHA", "RSA", "RSA", "AES128"),
    )
)
_SEPARATORS: Final = re.compile(r"[:,; ]+")
_ALL: Final = frozenset(SUITES)
_SUITE_B: Final = (  # RFC 6460: the word at the front replaces the whole list
    ("SUITEB128ONLY", frozenset({0xC02B})),
    ("SUITEB128C2", frozenset({0xC02B, 0xC02C})),
    ("SUITEB128", frozenset({0xC02B, 0xC02C})),
    ("SUITEB192", frozenset({0xC02C})),
)


@lru_cache(maxsize=256)
def allowed(text: str) -> frozenset[int]:
    """The suites that a server with this cipher list (as in nginx's ``ssl_ciphers``) takes part in."""
    for prefix, numbers in _SUITE_B:
        if text.startswith(prefix):
            return numbers
    active: set[Suite] = set()
    killed: set[Suite] = set()
    if text.startswith("DEFAULT"):  # a word that counts at the front alone; all of these suites are in it
        active |= _ALL
        text = text.removeprefix("DEFAULT")
    for rule in _SEPARATORS.split(text.strip()):
        _apply(rule, active, killed)
    return frozenset(suite.number for suite in active)


def _apply(rule: str, active: set[Suite], killed: set[Suite]) -> None:
    if not rule or rule.startswith("@"):
        return
    operator, words = (rule[0], rule[1:]) if rule[0] in "!-+" else ("", rule)
    wanted = words.partition("@")[0].split("+")
    chosen = {suite for suite in SUITES if all(word in suite.words for word in wanted)}
    if operator == "!":
        killed |= chosen
    if operator in {"!", "-"}:
        active -= chosen
    elif not operator:
        active |= chosen - killed
