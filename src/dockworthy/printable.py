"""Foreign text made fit to be shown: on one line, bounded, and without what could drive a terminal.

Names of hosts, containers, files and certificates come from those who made them: control characters, line ends,
marks that turn the direction of writing and bytes that are no UTF-8 are shown as escapes.
"""

from __future__ import annotations

__all__ = ["printable", "storable"]

LONGEST = 200  # characters
# the marks that we write ourselves, and what stands for them where there is ASCII alone
_MARKS = str.maketrans(
    {"…": "...", "→": "->", "│": "|", "▼": "v", "└": "`", "●": "*", "✗": "x", "✓": "+", "µ": "u", "μ": "u"}
)
_FIRST_OCTET, _LAST_OCTET = 0xDC80, 0xDCFF  # a byte that is no UTF-8, as Python keeps it


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\x{code - 0xDC00:02x}" if _FIRST_OCTET <= code <= _LAST_OCTET else repr(character)[1:-1]


def printable(text: str, longest: int | None = LONGEST) -> str:
    """The text on one line, what is not printable as escapes, and cut where it is too long."""
    shown = text if longest is None or len(text) <= longest else f"{text[:longest]}…"
    if shown.isprintable():
        return shown
    return "".join(character if character.isprintable() else _escaped(character) for character in shown)


def storable(text: str, encoding: str) -> str:
    """The text as an encoding can hold it: our own marks in ASCII, all else that it has not as escapes."""
    if text.isascii():
        return text
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(_MARKS).encode(encoding, "backslashreplace").decode(encoding)
    return text
