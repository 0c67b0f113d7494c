"""The page's templates, its style sheet and its script."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from dockworthy.report.advice import advice
from dockworthy.report.page.parts import answered, chip, counted, judged, listed, title
from dockworthy.report.page.words import block, count, line, moment, shown
from dockworthy.report.templates import environment
from dockworthy.report.words import quantity

if TYPE_CHECKING:
    from jinja2 import Environment, Template

__all__ = ["Asset", "script", "style", "template"]

_HERE = Path(__file__).resolve().parent


@cache
def _environment() -> Environment:
    made = environment(_HERE)
    filters: dict[str, Any] = {
        "block": block,
        "count": count,
        "line": line,
        "moment": moment,
        "quantity": quantity,
        "shown": shown,
    }
    made.filters.update(filters)
    made.globals.update(
        advice=advice, answered=answered, chip=chip, counted=counted, judged=judged, listed=listed, title=title
    )
    return made


def template(name: str) -> Template:
    """The template of this name, compiled."""
    return _environment().get_template(name)


class Asset:
    """A style sheet or a script as it stands in the page.

    Attributes:
        text: the whole of it, to be put between its tags.
        source: how a content security policy names it, by its digest.
    """

    __slots__ = ("source", "text")

    def __init__(self, name: str) -> None:
        text = (_HERE / name).read_text(encoding="utf-8")
        self.text = Markup(text)  # noqa: S704 - our own
        self.source = f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


@cache
def style() -> Asset:
    """The page's style sheet."""
    return Asset("style.css")


@cache
def script() -> Asset:
    """The page's script."""
    return Asset("script.js")
