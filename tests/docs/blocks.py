"""The fenced blocks of a page, as a reader would copy them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

TOP = Path(__file__).parents[2]
PAGES = (TOP / "README.md", TOP / "CONTRIBUTING.md", *sorted((TOP / "docs").rglob("*.md")))
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"# (\S*\.\w+)\n")


@dataclass(frozen=True)
class Block:
    """One block.

    Attributes:
        page: the page's name.
        line: the line that its fence stands on.
        language: the word behind the fence.
        text: what stands in it.
    """

    page: str
    line: int
    language: str
    text: str

    @property
    def id(self) -> str:
        """Where it stands."""
        return f"{self.page}:{self.line}"

    @property
    def named(self) -> bool:
        """Whether its first line says which file it is."""
        return _FILE.match(self.text) is not None

    @property
    def file(self) -> str:
        """The file that its first line says it is (``# ours/no_debug.py``), or a name of no meaning."""
        found = _FILE.match(self.text)
        return found[1] if found else f"example_{self.line}.py"


def blocks(path: Path) -> list[Block]:
    """All blocks of a page."""
    text = path.read_text("utf-8")
    return [
        Block(path.relative_to(TOP).as_posix(), text.count("\n", 0, found.start()) + 1, found[1], found[2])
        for found in _FENCE.finditer(text)
    ]


def all_blocks(language: str) -> list[Block]:
    """The blocks of a language, of all pages."""
    return [block for page in PAGES for block in blocks(page) if block.language == language]
