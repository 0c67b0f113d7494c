"""The compliance report: one page that a browser shows without asking anybody for anything.

``render(results, digest) -> str``. `view` turns a record into what is to be told, ``page.html.j2`` and the templates
beside it say it, ``style.css`` dresses it, and ``script.js`` adds what a page cannot do by itself: the filter over all
results, whose data `rows` packs. Without the script all of it is there, results that passed by check.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.report.page.rows import packed
from dockworthy.report.page.template import script, style, template
from dockworthy.report.page.view import View

if TYPE_CHECKING:
    from dockworthy.results.model import Results

__all__ = ["render"]


def render(results: Results, digest: str) -> str:
    """The page; the digest is the SHA-256 of the record as ``report --format json`` prints it."""
    view = View(results)
    return template("page.html.j2").render(
        view=view, style=style(), script=script(), data=packed(results), digest=digest
    )
