"""Servers by how they are set up: distribution's defaults, nginx's directives, OpenSSL's cipher lists.

The answer that such a server gives to an engine, without one to ask. A cipher list's order does not matter to
whether a handshake succeeds, so a set of suites is what it comes to.

Source: ``ngx_http_ssl_module``; ``openssl-ciphers(1)``; OpenSSL ``ssl/ssl_ciph.c`` (ssl_cipher_process_rulestr,
cipher_aliases); distribution 2.8 ``registry/registry.go``.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import Final

from dockworthy.trust.wire.client import TLS_1_2, TLS_1_3
from dockworthy.trust.wire.server import ClientDemand, ServerAnswer
from dockworthy.trust.wire.suites import SUITES, Suite
from dockworthy.trust.x509.pem import decode

_VERSIONS: Final = {
    "SSLv2": 0x0002,
    "SSLv3": 0x0300,
    "TLSv1": 0x0301,
    "TLSv1.1": 0x0302,
    "TLSv1.2": TLS_1_2,
    "TLSv1.3": TLS_1_3,
}
_GO_GROUPS: Final = frozenset(
    {"X25519", "P-256", "PRIME256V1", "SECP256R1", "P-384", "SECP384R1", "P-521", "SECP521R1"}
)


def from_front(front: str, chain_pem: bytes, nginx: str, client_ca_pem: bytes, port: int | None) -> ServerAnswer:
    """The answer of a server that is set up so.

    Args:
        front: ``registry`` (distribution), ``nginx``, ``http`` (no TLS) or ``none`` (nothing listens).
        chain_pem: the certificate file that it is given.
        nginx: the directives in nginx's server block that differ from its defaults.
        client_ca_pem: whom it trusts for client certificates; empty where it asks for none.
        port: where it listens.
    """
    if front == "none":
        return ServerAnswer(port, reach="refused")
    if front == "http":
        return ServerAnswer(port, http=True, one_root=True)
    chain = tuple(block.octets for block in decode(chain_pem) if block.kind == "CERTIFICATE")
    demand = ClientDemand(client_ca_pem, by_alert=front != "nginx") if client_ca_pem.strip() else None
    answer = ServerAnswer(port, chain=chain, demand=demand, one_root=True, held_to_signatures=front == "nginx")
    return _from_nginx(answer, nginx) if front == "nginx" else answer


_WORD: Final = re.compile(
    r"""(?:\s|\#[^\n]*(?:\n|$))*("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[;{}]|(?:\\.|[^\s;{}"'\\])+)""", re.DOTALL
)


def _directives(text: str) -> list[list[str]]:
    """Nginx's directives, those within a block after the block's own; quotes taken off."""
    found: list[list[str]] = []
    words: list[str] = []
    position = 0
    while match := _WORD.match(text, position):
        position = match.end()
        word = match[1]
        if word in {";", "{", "}"}:
            if words:
                found.append(words)
            words = []
        else:
            words.append(re.sub(r"\\(.)", r"\1", word[1:-1]) if word[0] in "\"'" else word)
    return found


def _from_nginx(answer: ServerAnswer, text: str) -> ServerAnswer:
    answer = replace(answer, suites=allowed("HIGH:!aNULL:!MD5"))  # ngx_http_ssl_module's defaults
    for name, *values in _directives(text):
        if name == "ssl_protocols":
            versions = frozenset(_VERSIONS[value] for value in values if value in _VERSIONS)
            answer = replace(answer, versions=versions)
        elif name == "ssl_ciphers" and values:
            answer = replace(answer, suites=allowed(values[0]))
        elif name == "ssl_ecdh_curve" and values and values[0] != "auto":
            answer = replace(answer, groups=not _GO_GROUPS.isdisjoint(values[0].upper().split(":")))
        elif name == "add_header" and len(values) > 1 and values[0].lower() == "www-authenticate":
            challenge = dict(re.findall(r'(\w+)="?([^",\s]*)', values[1]))
            answer = replace(answer, realm=challenge.get("realm"), service=challenge.get("service", ""))
        elif name == "ssl_reject_handshake" and values == ["on"]:
            answer = replace(answer, alert="unrecognized name")
    return answer


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


def _words(suite: Suite) -> set[str]:
    """The aliases of OpenSSL that select a suite."""
    encryption = next(name for name in _ENCRYPTIONS if name in suite.name)
    # The hash in an AEAD suite's name is its PRF's: no alias selects by it.
    words = _EXCHANGES[suite.exchange] | _KEYS[suite.key] | _ENCRYPTIONS[encryption] | {suite.name}
    if suite.exchange == "RSA":
        words = words | {"RSA"}
    if encryption in {"AES128", "AES256"}:
        words = words | ({"SSLv3"} if suite.exchange == "RSA" else {"TLSv1", "TLSv1.0"})
    return words


_WORDS: Final = {suite: _words(suite) for suite in SUITES}
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
    chosen = {suite for suite in SUITES if all(word in _WORDS[suite] for word in wanted)}
    if operator == "!":
        killed |= chosen
    if operator in {"!", "-"}:
        active -= chosen
    elif not operator:
        active |= chosen - killed
