"""What differs between builds of the engine: the Go version, and the GODEBUG defaults of its ``go.mod``.

A program that is built by a new Go from an old ``go.mod`` keeps the old Go's defaults for what became
stricter since. Debian's Docker Engine is such a program (``go version -m`` prints its ``DefaultGODEBUG``).

Source: ``internal/godebugs/table.go``, Go's release notes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

__all__ = ["DEBIAN_ENGINE_26_1", "GO_1_24", "GoRules", "rules_for"]


@dataclass(frozen=True, slots=True)
class GoRules:
    """The rules of one build.

    Attributes:
        negative_serials: a negative serial number is accepted (``x509negativeserial=1``; until Go 1.22).
        min_rsa_bits: RSA keys shorter than this verify nothing (``rsa1024min``; 1024 since Go 1.24).
        strict_rsa_crt: an RSA private key's CRT values must be right (``x509rsacrt``; since Go 1.24).
        max_rsa_bits: longer RSA keys in a served chain end the handshake (since Go 1.20.7).
        sha1_signatures: SHA-1 signatures are accepted (until Go 1.17).
        common_name: a host name in the subject's common name counts where there are no SANs (until Go 1.14).
        policies: certificate policies are validated (since Go 1.24).
        modern_strings: T61 strings are read as Latin-1, BMP strings hold no surrogates, and a negative path
            length is refused (since Go 1.25).
        pem_from_end: PEM blocks are found by their END lines (since Go 1.24.8 and 1.25.2).
        raw_keys: two certificates have one key if its bytes are equal (since Go 1.24.8 and 1.25.2).
        wildcard_exclusions: an excluded name excludes wildcards that could stand for it, and a mismatch
            names a hundred names at most (since Go 1.24.11 and 1.25.5).
        constraints_last: name constraints are checked when a chain is complete (since Go 1.26).
        modern_keys: points on curves are read by ``crypto/ecdsa``, which has words of its own, a private key's
            parts must agree, and pairs are compared whole (since Go 1.26).
    """

    negative_serials: bool = True
    min_rsa_bits: int = 0
    strict_rsa_crt: bool = False
    max_rsa_bits: int = 8192
    sha1_signatures: bool = False
    common_name: bool = False
    policies: bool = True
    modern_strings: bool = False
    pem_from_end: bool = False
    raw_keys: bool = False
    wildcard_exclusions: bool = False
    constraints_last: bool = False
    modern_keys: bool = False


DEBIAN_ENGINE_26_1 = GoRules()
"""Docker Engine 26.1.5 as Debian builds it: Go 1.24.4 with the defaults of an old ``go.mod``."""

GO_1_24 = GoRules(negative_serials=False, min_rsa_bits=1024, strict_rsa_crt=True)
"""A program whose ``go.mod`` says Go 1.24 itself."""


_NO_LIMIT = 1 << 31
_NEWEST_PATCH = 1 << 16


def _has(go: tuple[int, ...], *releases: tuple[int, int, int]) -> bool:
    """Whether a change that came with these patch releases, one for each minor one, is in this Go."""
    major, minor, patch = (*go, 0, _NEWEST_PATCH)[:3] if len(go) == 1 else (*go, _NEWEST_PATCH)[:3]
    for release in releases:
        if release[:2] == (major, minor):
            return patch >= release[2]
    return (major, minor) > releases[-1][:2]


@lru_cache(maxsize=64)
def rules_for(go: tuple[int, ...], *, old_defaults: bool = False) -> GoRules:
    """The rules of a build.

    Args:
        go: the Go that it is built with, ``(1, 24, 4)``; without a patch release the newest one is meant.
        old_defaults: whether its ``go.mod`` (or the lack of one) keeps the GODEBUG defaults of Go 1.20.
    """
    patched = _has(go, (1, 24, 8), (1, 25, 2))
    return GoRules(
        negative_serials=old_defaults or not _has(go, (1, 23, 0)),
        min_rsa_bits=1024 if not old_defaults and _has(go, (1, 24, 0)) else 0,
        strict_rsa_crt=not old_defaults and _has(go, (1, 24, 0)),
        max_rsa_bits=8192 if _has(go, (1, 19, 12), (1, 20, 7)) else _NO_LIMIT,
        sha1_signatures=not _has(go, (1, 18, 0)),
        common_name=not _has(go, (1, 15, 0)),
        policies=_has(go, (1, 24, 0)),
        modern_strings=_has(go, (1, 25, 0)),
        pem_from_end=patched,
        raw_keys=patched,
        wildcard_exclusions=_has(go, (1, 24, 11), (1, 25, 5)),
        constraints_last=_has(go, (1, 26, 0)),
        modern_keys=_has(go, (1, 26, 0)),
    )
