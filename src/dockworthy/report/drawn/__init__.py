"""What the page draws: certificates over time, who signed whom, findings over several runs, and a packet's way.

Each drawing is a piece of HTML that reads as a table or a list without styles and scripts; ``STYLE`` draws it. Its
colours are the page's custom properties: ``--ink``, ``--ink-2``, ``--line``, ``--paper``, ``--panel``, ``--bad``,
``--warn``, ``--ok``, ``--info`` and ``--mute``.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from dockworthy.report.templates import environment
from dockworthy.report.words import observation, plain, quantity

if TYPE_CHECKING:
    from datetime import timedelta

    from jinja2 import Environment

__all__ = ["days", "rendered", "style"]

LONGEST = 300  # characters of a name
_DAY = 86400
_HERE = Path(__file__).resolve().parent


def days(span: timedelta) -> str:
    """A span of time in words: ``12 days``, ``3 hours``, ``2 years``."""
    seconds = abs(span.total_seconds())
    if seconds < 2 * 3600:
        return quantity(int(seconds // 60), "minute")
    if seconds < 2 * _DAY:
        return quantity(int(seconds // 3600), "hour")
    if seconds < 2 * 365 * _DAY:
        return quantity(int(seconds // _DAY), "day")
    return quantity(int(seconds // (365.25 * _DAY)), "year")


@cache
def _environment() -> Environment:
    made = environment(_HERE)
    made.filters.update(
        plain=lambda text: plain(str(text), LONGEST), quantity=quantity, days=days, observation=observation
    )
    return made


def rendered(template: str, **values: Any) -> Markup:
    """One drawing's template, filled."""
    return Markup(_environment().get_template(template).render(**values))  # noqa: S704 - each value is escaped there


@cache
def style() -> str:
    """The style sheet of all drawings."""
    return (_HERE / "drawn.css").read_text(encoding="utf-8")
