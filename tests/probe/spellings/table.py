"""What a case of the table is, and the words that stand for secrets in it."""

from __future__ import annotations

import base64
import binascii
import re
import secrets
import zlib
from dataclasses import dataclass, field

__all__ = ["KEY", "Finder", "Planted", "Spelling"]

# No vowels: eight of these in a row are rare in prose.
_LETTERS = "bcdfghjkmnpqrstvwxzBCDFGHJKMNPQRSTVWXZ23456789"
_LENGTH = 24
_RUN = 8
KEY = "a private key"
_RUN_OF_KEY = 16
_PLACE = re.compile(r"«(\d+)»")
_CODED = re.compile(r"«b64:([^«»]*)»")


@dataclass(frozen=True, slots=True)
class Spelling:
    """One file in one spelling.

    Attributes:
        name: unique, for instance ``harbor.yml/folded``.
        path: where it lies on the host; ``docker:info`` and the like stand for an answer.
        text: ``«1»``, ``«2»`` … stand for secrets, new in each run; ``«b64:user:«1»»`` for base64 of that text.
        keeps: what must still be in the section of that file.
        carries: False: the reader cannot be sure of the grammar, and nothing of the file is carried.
        secret: more of the text that is secret: parts of keys, as base64. Any 16 characters of it in a row tell.
    """

    name: str
    path: str
    text: str
    keeps: tuple[str, ...] = ()
    carries: bool = True
    secret: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Planted:
    """A case with this run's secrets in it.

    Attributes:
        case: of the table.
        data: the file's bytes.
        canaries: its secrets.
    """

    case: Spelling
    data: bytes
    canaries: tuple[str, ...]

    @classmethod
    def of(cls, case: Spelling) -> Planted:
        """Draw the secrets."""
        words: dict[str, str] = {}

        def canary(found: re.Match[str]) -> str:
            return words.setdefault(found[1], "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH)))

        text = _PLACE.sub(canary, case.text)
        text = _CODED.sub(lambda found: base64.b64encode(found[1].encode()).decode(), text)
        return cls(case, text.encode("utf-8", "surrogateescape"), tuple(words.values()))


# --- the search ------------------------------------------------------------------------------------------------------

_WORDS = re.compile(rb"[b-df-hj-km-np-tv-xzB-DF-HJ-KM-NP-TV-XZ2-9]{8,}")
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{12,}")
_GZIP = b"\x1f\x8b"
_HEX = re.compile(rb"(?:[0-9A-Fa-f]{2}[ :,]?){8,}")
_ESCAPES = (
    (re.compile(rb"%([0-9A-Fa-f]{2})|\\u00([0-9A-Fa-f]{2})|\\U000000([0-9A-Fa-f]{2})|\\x([0-9A-Fa-f]{2})"), 16),
    (re.compile(rb"&#x([0-9A-Fa-f]{2});"), 16),
    (re.compile(rb"&#([0-9]{2,3});"), 10),
    (re.compile(rb"\\([0-3][0-7]{2})"), 8),
)


@dataclass(slots=True)
class Finder:
    """Looks for the secrets of many cases at once."""

    cases: list[Planted]
    _windows: dict[bytes, str] = field(default_factory=dict)
    _keys: set[bytes] = field(default_factory=set)
    _seen: dict[bytes, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for planted in self.cases:
            for canary in planted.canaries:
                word = canary.lower().encode()
                for text in (word, word[::-1]):
                    self._windows |= {text[i : i + _RUN]: planted.case.name for i in range(len(text) - _RUN + 1)}
        for secret in {secret.encode() for planted in self.cases for secret in planted.case.secret}:
            for key in (secret, *(_decoded(secret[start:]) for start in range(4))):
                self._keys |= {key[at : at + _RUN_OF_KEY] for at in range(0, max(1, len(key) - _RUN_OF_KEY + 1), 4)}

    def found(self, data: bytes) -> dict[str, str]:
        """The cases whose secrets stand in the bytes, plain or coded, each with the place; of a key under KEY."""
        # The shells print the same of most files.
        if data not in self._seen:
            self._seen[data] = self._found(data)
        return self._seen[data].copy()

    def _found(self, data: bytes) -> dict[str, str]:
        hits: dict[str, str] = {}
        for view in dict.fromkeys(_views(data)):
            for match in _WORDS.finditer(view):
                word = match[0].lower()
                for start in range(len(word) - _RUN + 1):
                    name = self._windows.get(word[start : start + _RUN])
                    if name is not None and name not in hits:
                        hits[name] = _excerpt(view, match.start(), match.end())
            place = next((at for key in self._keys if (at := view.find(key)) >= 0), -1) if KEY not in hits else -1
            if place >= 0:
                hits[KEY] = _excerpt(view, place, place + _RUN_OF_KEY)
        return hits


def _excerpt(view: bytes, start: int, end: int) -> str:
    return view[max(0, start - 60) : end + 20].decode("utf-8", "replace")


def _views(data: bytes) -> list[bytes]:
    if data.startswith(_GZIP):
        data += b"\n" + zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(data)
    joined = re.sub(rb"[ \t]*\r?\n[ \t]*", b"", data)
    plain = _unescaped(data)
    coded = _from_base64(data) + b"\n" + _from_base64(joined)
    return [data, joined, plain, data.replace(b"\0", b""), _from_hex(data), coded, _unescaped(coded)]


def _unescaped(data: bytes) -> bytes:
    for pattern, base in _ESCAPES:
        data = pattern.sub(
            lambda found, base=base: bytes([int(next(filter(None, found.groups())), base) & 255]),  # type: ignore[misc]
            data,
        )
    return data


def _from_hex(data: bytes) -> bytes:
    found = [re.sub(rb"[ :,]", b"", match[0]) for match in _HEX.finditer(data)]
    return b"\n".join(binascii.unhexlify(text[: len(text) // 2 * 2]) for whole in found for text in (whole, whole[1:]))


def _from_base64(data: bytes) -> bytes:
    found = [match[0].translate(bytes.maketrans(b"-_", b"+/")) for match in _BASE64.finditer(data)]
    return b"\n".join(_decoded(text[start:]) for text in found for start in range(4))


def _decoded(text: bytes) -> bytes:
    try:
        return binascii.a2b_base64(text[: len(text) // 4 * 4])
    except binascii.Error:
        return b""
