"""Small readers of the probe's tables, which several facts share."""

from __future__ import annotations

import itertools
import os
from typing import TYPE_CHECKING
from urllib.parse import quote_from_bytes, unquote_to_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dockworthy.snapshot import Snapshot

__all__ = ["after", "decode", "encode", "environment", "number", "rows", "standard_error"]

_SAFE = "/:@+,=~._-"


def after(words: list[str], name: str) -> str:
    """The word that follows the first one of that name, or nothing."""
    return next((following for word, following in itertools.pairwise(words) if word == name), "")


def decode(token: str) -> str:
    """A percent-encoded word of the probe's tables; bytes that are not UTF-8 stay apart as surrogates."""
    if "%" not in token:
        return token
    return unquote_to_bytes(token).decode("utf-8", "surrogateescape")


def encode(name: str) -> str:
    """A word as the probe's tables have it."""
    return quote_from_bytes(os.fsencode(name), _SAFE) or "-"


def environment(data: bytes) -> dict[str, str]:
    """The variables of a process, as ``/proc/PID/environ`` has them."""
    pairs = (entry.decode("utf-8", "surrogateescape").partition("=") for entry in data.split(b"\0") if entry)
    return {name: value for name, _, value in pairs}


def number(token: str, base: int = 10) -> int | None:
    """A whole number that is not negative, or None where the word is none."""
    digits = token if token.isascii() else ""
    if not digits.isdigit() or len(digits) > 20:  # noqa: PLR2004 - as many digits as 64 bits can have
        return None
    try:
        return int(digits, base)
    except ValueError:
        return None


def rows(text: str, columns: int) -> Iterator[list[str]]:
    """The lines with at least that many words; others were cut off and say nothing."""
    for line in text.splitlines():
        words = line.split()
        if len(words) >= columns:
            yield words


def standard_error(snapshot: Snapshot, name: str) -> str:
    """What the command of a section wrote to its standard error, or nothing."""
    section = snapshot.get(f"{name}:err")
    return section.text.strip() if section is not None else ""
