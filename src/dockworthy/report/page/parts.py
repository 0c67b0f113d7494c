"""The small pieces of the page that stand there thousands of times; everything else is in the templates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from dockworthy.report.page.words import count, line
from dockworthy.report.verdict import OUTCOME_WORDS
from dockworthy.report.words import quantity

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dockworthy.report.page.findings import Place
    from dockworthy.report.page.requirements import Requirement
    from dockworthy.report.page.view import Asked

__all__ = ["answered", "chip", "counted", "judged", "listed", "name", "title"]

MOST = 20  # places that are listed before the others stand behind their number


def name(text: str) -> Markup:
    """A name, kept apart from what is around it where it may be written in the other direction."""
    safe = escape(text)
    return safe if text.isascii() else Markup(f"<bdi>{safe}</bdi>")  # noqa: S704 - escaped


def title(check: str, text: str) -> Markup:
    """What a check demands, and its id."""
    return Markup(f"{name(line(text))} <code>{escape(line(check))}</code>")  # noqa: S704 - escaped


def chip(severity: str) -> Markup:
    """A severity."""
    return Markup(f'<span class="chip {severity}">{severity}</span>')  # noqa: S704 - one of five words


def counted(counts: Iterable[tuple[str, int]]) -> str:
    """``2 failed, 3 passed``."""
    return ", ".join([f"{count(number)} {OUTCOME_WORDS[outcome]}" for outcome, number in counts])


def answered(requirements: Iterable[Requirement]) -> Markup:
    """The rows of a framework's recommendations."""
    rows = [
        f'<tr class="{item.outcome}"><th scope="row">{escape(line(item.number))}<td>{counted(item.counts)}'
        f"<td>{escape(line(', '.join(item.checks)))}\n"
        for item in requirements
    ]
    return Markup("".join(rows))  # noqa: S704 - escaped


def judged(checks: Iterable[Asked]) -> Markup:
    """The rows of all checks with their results."""
    rows = [
        f'<tr class="{item.counts[0][0]}"><th scope="row">{title(item.check, item.title)}<td>{item.severity}'
        f"<td>{counted(item.counts)}\n"
        for item in checks
    ]
    return Markup("".join(rows))  # noqa: S704 - escaped


def _place(one: Place, hosts: bool) -> Markup:
    names = ", ".join([name(param) for param in one.params])
    host = name(one.host) if hosts or not one.params else ""
    source = f' <span class="from">{escape(one.source)}</span>' if one.source else ""
    return Markup(f"{host}{': ' if host and names else ''}{names}{source}")  # noqa: S704 - escaped


def listed(places: Sequence[Place], hosts: bool) -> Markup:
    """Places one after the other, with their hosts where there are several; after the first few to be opened."""
    told = [_place(one, hosts) for one in places]
    text = f'<p class="places">{"; ".join(told[:MOST])}</p>'
    if len(told) > MOST:
        head = f"<summary>and {quantity(len(told) - MOST, 'more place')}</summary>"
        text += f'<details class="rest">{head}<p class="places">{"; ".join(told[MOST:])}</p></details>'
    return Markup(text)  # noqa: S704 - made of escaped pieces
