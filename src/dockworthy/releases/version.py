"""Versions as upstream numbers them, read out of what packages, programs and the engine's API call theirs.

A distribution's epoch (``5:``), revision (``-1~ubuntu.24.04~noble``, ``-0ubuntu2``, ``+dfsg1``, ``~ds1``) and an
edition (``-ce``, ``-ee-3``, ``-desktop.1``) say nothing about the upstream version. A pre-release (``-rc.1``,
``~rc1``, ``-beta2``, ``-dev``) is older than its release.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field  # noqa: TID251 - it orders them

from dockworthy.regex import regex

__all__ = ["Version", "parse_version"]

# A number alone is a version only where nothing follows: `7c4457e` is a commit.
_VERSION = regex(r"(?:\d{1,9}:)?v?(\d{1,9}(?:\.\d{1,9}){1,3}|\d{1,9}\Z)(?![\d.]*\d)(.*)", re.DOTALL | re.ASCII)
_PRE = regex(r"(?:^|[-~.+])(dev|alpha|beta|tp|pre|rc)[-.]?(\d{0,9})(?=$|[-~.+])", re.ASCII | re.IGNORECASE)
_STAGES = {"dev": 0, "alpha": 1, "beta": 2, "tp": 2, "pre": 3, "rc": 4}
_FINAL = (9, 0)
_LONGEST = 256


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """An upstream version; two are compared by their numbers, then by how finished they are."""

    # the numbers without zeros at the end, and the stage: what is compared
    key: tuple[tuple[int, ...], tuple[int, int]]
    numbers: tuple[int, ...] = field(compare=False)  # the numbers
    upstream: str = field(compare=False)  # the numbers as written: ``26.1.5``
    text: str = field(compare=False)  # as it was found

    def __str__(self) -> str:
        return self.text

    @property
    def is_release(self) -> bool:
        """Whether it is no pre-release."""
        return self.key[1] == _FINAL

    def in_series(self, series: str) -> bool:
        """Whether the version begins with these numbers: ``28`` and ``28.1`` both hold 28.1.1, ``2`` does not."""
        wanted = tuple(int(part) for part in series.split(".") if part.isdigit())
        padded = (*self.numbers, *(0,) * len(wanted))
        return bool(wanted) and padded[: len(wanted)] == wanted


def parse_version(text: str) -> Version | None:
    """Read a version, or None where the text does not begin with one."""
    text = text.strip()
    found = _VERSION.fullmatch(text) if len(text) <= _LONGEST else None
    if not found:
        return None
    numbers = tuple(int(part) for part in found[1].split("."))
    significant = numbers
    while significant and significant[-1] == 0:
        significant = significant[:-1]
    pre = _PRE.search(found[2])
    stage = (_STAGES[pre[1].lower()], int(pre[2] or 0)) if pre else _FINAL
    return Version((significant, stage), numbers, found[1], text)
