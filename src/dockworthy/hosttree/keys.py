"""What the host itself said about a private key: enough to judge it, and never the key."""

from __future__ import annotations

import base64
import binascii
from dataclasses import field
from typing import TYPE_CHECKING, Final

from dockworthy.dataclass import dataclass
from dockworthy.tables import decode

if TYPE_CHECKING:
    from dockworthy.snapshot import Section

__all__ = ["KeyBlock", "KeyFacts", "key_facts"]

_LONGEST: Final = 1 << 20
_KEY_LINES: Final = 1000


@dataclass(frozen=True, slots=True)
class KeyBlock:
    """A PEM block of a key file, without its body."""

    kind: str
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def is_private_key(self) -> bool:
        """Whether Go takes the block for a private key, by its type alone."""
        return self.kind == "PRIVATE KEY" or self.kind.endswith(" PRIVATE KEY")


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """What is known of a key file without its private parts.

    Attributes:
        blocks: its PEM blocks, in order.
        parses: whether the first private key among them is one; None where that is not known.
        public: its public half as a SubjectPublicKeyInfo, where that is known.
        encrypted: whether it is protected by a passphrase, which Go cannot read.
    """

    blocks: tuple[KeyBlock, ...] = ()
    parses: bool | None = None
    public: bytes | None = None
    encrypted: bool = False


def key_facts(section: Section | None) -> KeyFacts | None:
    """What a ``key:`` section says; None where there is none or it is cut off."""
    if section is None or section.status:
        return None
    blocks: list[KeyBlock] = []
    said: dict[str, str] = {}
    for line in section.text.splitlines()[:_KEY_LINES]:
        name, _, rest = line.partition(" ")
        words = rest.split()
        if name == "block" and len(words) == 3:  # noqa: PLR2004 - type, headers, state
            # A block whose end or base64 is wrong is none to Go.
            if words[2] == "ok":
                headers = {} if words[1] == "-" else dict.fromkeys(words[1].split(","), "")
                blocks.append(KeyBlock(decode(words[0]), headers))
        else:
            said[name] = rest.strip()
    if "encrypted" not in said or "parses" not in said or "public" not in said:
        return None
    parses = {"yes": True, "no": False}.get(said["parses"])
    return KeyFacts(tuple(blocks), parses, _base64(said["public"]), said["encrypted"] == "yes")


def _base64(text: str) -> bytes | None:
    if text in {"", "-"} or len(text) > _LONGEST:
        return None
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
