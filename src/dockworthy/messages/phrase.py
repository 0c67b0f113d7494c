"""A message's phrase: its words as the program prints them, with ``{field:kind}`` where something else may stand.

What has no kind may be anything; a kind narrows it to what the program can put there. A phrase holds for a whole text.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import Final

__all__ = ["KINDS", "Phrase", "PhraseError"]

_HOST: Final = r"(?:[^\s\"/@]*@)?(?:\[[0-9A-Fa-f:.%\w]+\]|[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?)(?::\d{1,5})?"

KINDS: Final[dict[str, str]] = {
    "any": r".*",
    "words": r".+",
    "word": r"[^\s\"']+",
    "quoted": r"[^\"]*",
    "ref": r"[^\s\"]+",
    "host": _HOST,
    "address": r"[^\s,]+",
    "number": r"-?\d+(?:\.\d+)?",
    "path": r"(?:[/~][^\"]*?|[A-Za-z0-9._-][^\s\":]*)?",
    "certs": r"[^\s\"]*/certs\.d/[^\"]*?",
    "key": r"[^\s\"=:]+",
    "method": r"Get|Head|Post|Put|Patch|Delete|GET|HEAD|POST|PUT|PATCH|DELETE",
    "scheme": r"https?",
    "v2": (
        r"(?:(?:/(?!apis?/)[^\s\"/]+)*/v2(?:/(?:(?:_catalog|auth|token)[^\s\"]*"
        r"|[^\s\"]+/(?:manifests|blobs|tags|referrers)/[^\s\"]*)?)?(?:\?[^\s\"]*)?|/v1/(?:_ping|users/?|search|repositories)[^\s\"]*)"
    ),
    "token": r"/(?:[^\s\"?]*/)?(?:token|auth)(?:\?[^\s\"]*)?",
    "api": r"/(?:[^\s\"?]*/)?(?:api|c|service)/[^\s\"]*",
    "status": r"\d{3} [A-Z][A-Za-z -]*",
    "version": r"v?\d+(?:\.\d+)*\S*",
    "size": r"[\d.]+ ?(?:[KMGTP]i?)?B(?:ytes?)?",
    "code": r"[A-Z][A-Z_]{2,30}",
    "config": r"CONFIG_[A-Z0-9_]+",
    "limit": r"[a-z.()_ -]+",
}
_SLOT: Final = re.compile(r"\{(\w+)(?::(\w+))?\}")


class PhraseError(ValueError):
    """A phrase of the table that is none."""


class Phrase:
    """One phrase; its pattern is made when the first text comes that has its literal words."""

    def __init__(self, text: str) -> None:
        self.text = text
        unknown = [kind for _, kind in _SLOT.findall(text) if kind and kind not in KINDS]
        if unknown:
            raise PhraseError(f"{text!r}: there is no kind {unknown[0]!r}")
        literals = _SLOT.split(text)[::3]
        self.first, self._longest, self._last = literals[0], max(literals, key=len), literals[-1]
        self.literal = sum(map(len, literals))  # how many characters of it are fixed: the more, the more it says

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        parts = _SLOT.split(self.text)
        seen: set[str] = set()
        out = [re.escape(parts[0])]
        for name, kind, literal in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
            out.append(f"(?P={name})" if name in seen else f"(?P<{name}>{KINDS[kind or 'any']})")
            out.append(re.escape(literal))
            seen.add(name)
        return re.compile("".join(out), re.DOTALL)

    def match(self, text: str) -> dict[str, str] | None:
        """The fields of a text that has this phrase; None for any other."""
        if not (text.startswith(self.first) and text.endswith(self._last) and self._longest in text):
            return None
        found = self._pattern.fullmatch(text)
        return found.groupdict() if found is not None else None
