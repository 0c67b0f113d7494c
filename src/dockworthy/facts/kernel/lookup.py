"""Where the kernel's facts take their evidence from: contents by path, whoever read them.

A path has no leading slash (``proc/cgroups``). What is not a file has a prefix: ``list:DIR`` are the names in
a directory, one a line; ``statfs:DIR`` is the type of its file system in hexadecimal; ``modules-on-disk`` are
the module files below ``/lib/modules/RELEASE``, one a line; ``modules-dir``
stands for the folder itself and ``modules.builtin`` for that file in it; ``uname-r`` and ``uname-m`` are what
``uname`` says; ``init`` is ``systemd`` where that runs the system; ``engines``
has a line for each engine process.
"""

from __future__ import annotations

from typing import Protocol

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, Reason, known, unknown

__all__ = ["Content", "Contents", "Lookup"]

Content = bytes | None | Reason
"""The bytes of what was read, None for what was looked for and is not there, or why neither is known."""

_NOT_LOOKED_FOR = Reason("was not looked for", Code.NOT_PROBED)


def _source(path: str) -> str:
    kind, separator, rest = path.partition(":")
    if not separator:
        return f"/{path}" if "/" in path else path
    return f"/{rest}" if kind == "list" else f"{kind} /{rest}"


class Contents(Protocol):
    """Contents by path, as a dict has them."""

    def get(self, path: str, default: Reason, /) -> Content:
        """What is known of a path, or the default where nothing is."""
        ...


@dataclass(frozen=True, slots=True)
class Lookup:
    """Contents by path.

    Attributes:
        contents: what is known of each path.
        otherwise: why the others are not known.
    """

    contents: Contents
    otherwise: Reason = _NOT_LOOKED_FOR

    def data(self, path: str) -> Evidence[bytes]:
        """The content; unknown where it is absent, too."""
        source = _source(path)
        content = self.contents.get(path, self.otherwise)
        if isinstance(content, Reason):
            return unknown(content, source)
        return unknown("does not exist", source, Code.ABSENT) if content is None else known(content, source)

    def text(self, path: str) -> Evidence[str]:
        """The content as text; what is not UTF-8 becomes a replacement character."""
        return self.data(path).map(lambda data: data.decode("utf-8", "replace"))

    def word(self, path: str) -> Evidence[str]:
        """The content without white space around it, as of a sysctl."""
        return self.text(path).map(str.strip)

    def number(self, path: str) -> Evidence[int]:
        """The content as a whole number; unknown where it is none."""
        word = self.word(path)
        if not word.is_known:
            return unknown(word.unknown or "", word.source)
        try:
            return known(int(word.value, 10), word.source)
        except ValueError:
            return unknown("holds no whole number", word.source, Code.MALFORMED)

    def lines(self, path: str) -> Evidence[list[str]]:
        """The lines that are not blank, without white space around them."""
        return self.text(path).map(lambda text: [line.strip() for line in text.splitlines() if line.strip()])

    def exists(self, path: str) -> Evidence[bool]:
        """Whether it is there; unknown where that was not seen."""
        content = self.contents.get(path, self.otherwise)
        if isinstance(content, Reason):
            return unknown(content, _source(path))
        return known(content is not None, _source(path))
