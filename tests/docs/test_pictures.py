"""A picture shows what the command prints."""

from __future__ import annotations

import re
from html import unescape
from runpy import run_path

from rich.text import Text

from tests.docs.blocks import TOP


def test_the_picture_of_a_group_shows_what_is_printed_of_it() -> None:
    """Make it again with ``python docs/pictures.py`` where it does not."""
    pictures = run_path(str(TOP / "docs" / "pictures.py"))
    picture = (pictures["PICTURES"] / "group.svg").read_text("utf-8")
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", picture)
    shown = " ".join("".join(unescape(text) for text in texts).split())
    lines = [Text.from_ansi(line).plain[: pictures["COLUMNS"] - 1] for line in pictures["group_printed"]().splitlines()]
    assert "harbor.group-same-token-key" in shown
    for line in lines:
        assert re.sub(r"\s+", "", line) in re.sub(r"\s+", "", shown)
