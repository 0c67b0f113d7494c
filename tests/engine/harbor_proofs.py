"""Proofs for the checks about Harbor's own files."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.engine.proof import Proof

__all__ = ["HARBOR_PROOFS", "HARBOR_UNPROVEN"]

HARBOR_PROOFS: list[Proof] = []

_PREPARE = "runs Harbor's own prepare and its containers, which the tests cannot download"
_ISSUER = "the authority that issues Harbor's certificates makes them anew"
_PROXY = "is set at the proxy before Harbor"
HARBOR_UNPROVEN = {
    "harbor.authority-download": _ISSUER,
    "harbor.authority-in-date": _ISSUER,
    "harbor.authority-sound": _ISSUER,
    "harbor.certificate-covers-names": _ISSUER,
    "harbor.certificate-in-date": _PREPARE,
    "harbor.certificate-in-use": _PREPARE,
    "harbor.certificate-matches-key": _PREPARE,
    "harbor.certificate-readable": _ISSUER,
    "harbor.certificate-renewal": _PREPARE,
    "harbor.certificate-usage": _ISSUER,
    "harbor.chain-complete": _PREPARE,
    "harbor.challenge-realm": _PREPARE,
    "harbor.hostname-set": _PREPARE,
    "harbor.hsts": _PROXY,
    "harbor.http-redirects": _PREPARE,
    "harbor.internal-certificates": _PREPARE,
    "harbor.keys-private": _PREPARE,
    "harbor.request-sound": _ISSUER,
    "harbor.serves-https": _PREPARE,
    "harbor.tls-modern": _PREPARE,
}
