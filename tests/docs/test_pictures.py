"""A picture shows what the command prints."""

from __future__ import annotations

import re
from html import unescape
from runpy import run_path

import pytest

from tests.docs.blocks import TOP


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("check", "container.no-privileged"),
        ("group", "harbor.group-same-token-key"),
        ("network", "trust.registry-verifies"),
        ("calendar", "pullsfromlab.example.com"),
        ("history", "Certificatesthatend"),
    ],
)
def test_a_picture_shows_what_is_printed(name: str, told: str) -> None:
    """Make it again with ``make docs`` where it does not."""
    pictures = run_path(str(TOP / "docs" / "pictures.py"))
    picture = (pictures["PICTURES"] / f"{name}.svg").read_text("utf-8")
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", picture)
    shown = re.sub(r"\s+", "", "".join(unescape(text) for text in texts))
    assert told in shown
    for line in pictures["kept"](pictures[f"{name}_printed"](), whole=name in {"network", "calendar", "history"}):
        assert re.sub(r"\s+", "", line.plain[: pictures["COLUMNS"] - 1]) in shown
