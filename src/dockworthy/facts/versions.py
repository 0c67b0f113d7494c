"""Versions as evidence."""

from __future__ import annotations

from dockworthy.evidence import Code, Evidence, derived, known, unknown
from dockworthy.releases.version import Version, parse_version

__all__ = ["Version", "parse_version", "version_evidence"]


@derived
def version_evidence(text: Evidence[str]) -> Evidence[Version]:
    """The version that a text is; unknown where it is none."""
    version = parse_version(text.value)
    if version is None:
        return unknown(f"{text.value[:100]!r} is not a version", text.source, Code.MALFORMED)
    return known(version, text.source)
