"""What a waiver and an attestation are about: patterns of hosts and of instances."""

from __future__ import annotations

from fnmatch import fnmatchcase

__all__ = ["covers"]


def covers(pattern: str | None, name: str | None) -> bool:
    """Whether the pattern covers the name in full, with case; no pattern covers also that there is none.

    A name that is spelled like the pattern is always covered, so that ``[x]`` can be written as it is.
    """
    if pattern is None:
        return True
    return name is not None and (name == pattern or fnmatchcase(name, pattern))
