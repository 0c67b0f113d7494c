"""TLS as who asks by themselves verify it: every certificate, by the rules that the engine has, on every Python."""

from __future__ import annotations

import ssl

__all__ = ["verifying_context"]


def verifying_context(*, cadata: str | None = None, cafile: str | None = None) -> ssl.SSLContext:
    """A context that verifies by these authorities in PEM, or by the system's where none are given.

    From 3.13 on Python refuses what RFC 5280 asks for and engines take, such as a CA without keyUsage
    (``VERIFY_X509_STRICT``), and before it an intermediate as anchor, which Go takes as one like any other.

    Raises:
        ssl.SSLError, OSError: for authorities that are none, or cannot be read.
    """
    context = ssl.create_default_context(cadata=cadata, cafile=cafile)
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context
