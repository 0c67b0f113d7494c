"""A kernel's release as ``uname -r`` prints it, and its order.

The version in it says what the upstream tree of that version had, and a vendor's kernel carries later code:
so it decides alone only where nothing better is known.
"""

from __future__ import annotations

import re

from dockworthy.dataclass import dataclass
from dockworthy.regex import regex

__all__ = ["KernelRelease", "parse_release"]

_VERSION = regex(r"(\d{1,6})\.(\d{1,6})(?:\.(\d{1,6}))?(.*)", re.DOTALL | re.ASCII)
_ENTERPRISE = regex(r"\.el(\d{1,3})")
_BUILD = regex(r"-(\d{1,9})")


@dataclass(frozen=True, slots=True)
class KernelRelease:
    """A kernel's release.

    Attributes:
        text: all of it: ``3.10.0-1160.102.1.el7.x86_64``.
        version: the three numbers that it starts with; a missing third one is 0.
    """

    text: str
    version: tuple[int, int, int]

    def at_least(self, *version: int) -> bool:
        """Whether the version is this one or a later one; a release candidate counts as its release."""
        return self.version >= version

    def before(self, *version: int) -> bool:
        """Whether the version is an earlier one."""
        return not self.at_least(*version)

    @property
    def short(self) -> str:
        """Major and minor number, as in ``6.12``."""
        return f"{self.version[0]}.{self.version[1]}"

    @property
    def enterprise(self) -> int | None:
        """The Enterprise Linux that built it (7 of ``.el7``), or None."""
        found = _ENTERPRISE.search(self.text)
        return int(found[1]) if found else None

    @property
    def build(self) -> int | None:
        """The vendor's first build number: 1160 of ``3.10.0-1160.102.1.el7``."""
        found = _BUILD.search(self.text)
        return int(found[1]) if found else None


def parse_release(text: str) -> KernelRelease | None:
    """Read a release, or None where the text does not start with one."""
    found = _VERSION.fullmatch(text.strip())
    if not found:
        return None
    return KernelRelease(text.strip(), (int(found[1]), int(found[2]), int(found[3] or 0)))
