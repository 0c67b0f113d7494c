"""An engine's own words → the verdict that they stand for."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["classify"]

_CLASSES: Final = (
    ("bad-reference", r"invalid reference format|could not parse reference|repository name must"),
    ("missing-key", r"[Mm]issing key "),
    ("missing-cert", r"[Mm]issing client certificate "),
    ("ca-unloadable", r"unable to load CA cert"),
    ("keypair-mismatch", r"private key (?:type )?does not match public key"),
    ("keypair-pem", r"tls: failed to find .*(?:certificate|key) input"),
    ("keypair-parse", r"tls: failed to parse private key|x509: malformed certificate"),
    ("cn-only", r"relies on legacy Common Name"),
    ("no-ip-san", r"doesn't contain any IP SANs"),
    ("no-names", r"not valid for any names"),
    ("name-mismatch", r"certificate is valid for "),
    ("expired", r"certificate has expired or is not yet valid"),
    ("critical-ext", r"unhandled critical extension"),
    ("path-length", r"too many intermediates"),
    ("name-constraint", r"is not authorized to sign for this name"),
    ("eku", r"incompatible key usage"),
    ("unknown-authority", r"signed by unknown authority"),
    ("tls-version", r"protocol version not supported"),
    ("tls-handshake", r"remote error: tls: (?:handshake failure|unrecognized name)"),
    ("client-cert-refused", r"tls: (?:(?:bad|expired|unknown|unsupported|revoked) certificate|certificate required)"),
    ("http-not-https", r"server gave HTTP response to HTTPS client"),
    ("file-missing", r"no such file or directory"),
    ("is-a-directory", r"is a directory"),
    ("not-a-directory", r"not a directory"),
    ("permission", r"permission denied"),
    ("refused", r"connection refused"),
    ("dns", r"lookup .*(?:no such host|server misbehaving|network is unreachable|i/o timeout)"),
)


def classify(words: str) -> str:
    """The verdict's class, spelled as in the interface; ``other`` for what is none of them."""
    return next((cls for cls, pattern in _CLASSES if re.search(pattern, words)), "other")
