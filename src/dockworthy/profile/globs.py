"""Whom a waiver or an attestation covers: names by shell patterns, compared with case and in full."""

from __future__ import annotations

from fnmatch import fnmatchcase

__all__ = ["covers"]


def covers(pattern: str | None, name: str | None) -> bool:
    """Whether the pattern covers the name; no pattern covers every name, and also that there is none.

    A name that is spelled like the pattern is always covered, so that ``[x]`` can be written as it is.
    """
    if pattern is None:
        return True
    return name is not None and (name == pattern or fnmatchcase(name, pattern))
