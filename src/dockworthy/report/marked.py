"""Foreign text in Markdown: it stays text, wherever it stands.

What GitHub's and GitLab's dialects take for markup is escaped: emphasis, links, HTML, cells of tables, formulas,
addresses that would become links, and names of people who would be told. Line ends and what is not printable are shown
as escapes, as everywhere.
"""

from __future__ import annotations

import re

from dockworthy.report.words import LONGEST, plain

__all__ = ["fence", "fenced", "marked"]

_MARKUP = re.compile(r"[\\`*_\[\]<>|~&$@#!]|:(?=//)|(?<=www)\.", re.IGNORECASE)


def marked(text: str, longest: int = LONGEST) -> str:
    """The text on one line of Markdown, of which no part means anything but itself; ``longest`` is before escaping."""
    return _MARKUP.sub(r"\\\g<0>", plain(text, longest)).strip() or "-"


def fence(text: str) -> str:
    """A fence that no line of the text ends."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    return "`" * max(3, longest + 1)


def fenced(text: str, longest: int = 4096) -> list[str]:
    """The text's lines as a block of code, in which nothing is markup."""
    lines = [plain(line, longest) for line in text.rstrip().split("\n")]
    mark = fence("\n".join(lines))
    return [f"{mark}sh", *lines, mark]
