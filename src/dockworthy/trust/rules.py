"""What differs between builds of the engine: the Go version, and the GODEBUG defaults of its ``go.mod``.

A program that is built by a new Go from an old ``go.mod`` keeps the old Go's defaults for what became
stricter since. Debian's Docker Engine is such a program (``go version -m`` prints its ``DefaultGODEBUG``).

Source: ``internal/godebugs/table.go``, Go's release notes.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DEBIAN_ENGINE_26_1", "GO_1_24", "GoRules"]


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
    """

    negative_serials: bool = True
    min_rsa_bits: int = 0
    strict_rsa_crt: bool = False
    max_rsa_bits: int = 8192
    sha1_signatures: bool = False
    common_name: bool = False
    policies: bool = True


DEBIAN_ENGINE_26_1 = GoRules()
"""Docker Engine 26.1.5 as Debian builds it: Go 1.24.4 with the defaults of an old ``go.mod``."""

GO_1_24 = GoRules(negative_serials=False, min_rsa_bits=1024, strict_rsa_crt=True)
"""A program whose ``go.mod`` says Go 1.24 itself."""
