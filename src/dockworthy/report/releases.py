"""The page of what each release of Docker Engine brought, from the table by which it is judged."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dockworthy.releases import Release, Row, Table

__all__ = ["releases_page"]

_HEAD = """<!-- Made from releases.csv by `python -m dockworthy.commands.docs`; edit the table, not this file. -->

# Docker Engine by release

What the owner of a host must know of each release: keys of `daemon.json` that are new or gone, defaults that change,
and what else the engine does differently. A key that a release does not know keeps the engine from starting: "the
following directives don't match any configuration option". The table begins at {start} and ends at {end}; of a newer
release nothing is decided that it might have changed.
"""


def releases_page(table: Table) -> str:
    """The page, the newest release first."""
    parts = [_HEAD.format(start=table.start, end=table.end)]
    lines = sorted(table.lines, reverse=True)
    for (first, last), (_, before) in itertools.pairwise(lines):
        title = first.line if first == last else f"{first.line} ({first} to {last})"
        changes = [f"- {change}\n" for change in _changes(table, first, last, before)]
        parts.append(f"## {title}\n\n" + "".join(changes or ["Nothing that an owner must know.\n"]))
    return "\n".join(parts)


def _changes(table: Table, first: Release, last: Release, before: Release) -> Iterator[str]:
    """What a line brought after the release before it, each in a sentence."""
    rows = [row for row in table.rows if not row.build]
    came = [row for row in rows if row.since and first <= row.since <= last]
    names = {row.name for row in rows if row.kind == "key" and row.holds(before)}
    kept = {row.name for row in rows if row.kind in {"key", "accepted"} and row.holds(last)}
    yield from (_new_key(row, first) for row in came if row.kind == "key" and row.name not in names)
    if names - kept:
        yield f"Gone: {', '.join(f'`{name}`' for name in sorted(names - kept))}."
    yield from _defaults([row for row in came if row.kind == "key"], rows, before)
    for row in came:
        if row.says and (row.kind != "key" or row.name in names):
            yield f"{row.says}{_from(row, first)}."
    yield from _figures("The newest API version is", [row for row in came if row.name == "newest"], first)
    yield from _figures("Upstream builds it with Go", [row for row in came if row.kind == "go"], first)


def _new_key(row: Row, first: Release) -> str:
    option = f" (`--{row.flag}`)" if row.flag not in {"", row.name} else ""
    return f"New: `{row.name}`{option}{_from(row, first)}{': ' + row.says if row.says else ''}."


def _defaults(came: Sequence[Row], rows: Sequence[Row], before: Release) -> Iterator[str]:
    old = {row.name: row for row in rows if row.kind == "key" and row.holds(before)}
    for row in came:
        earlier = old.get(row.name, row)
        was, now = (one.default if one.default is not None else one.empty for one in (earlier, row))
        if was != now:
            yield f"`{row.name}` is {_shown(now)} by default; before, {_shown(was)}."


def _shown(value: object) -> str:
    return "not set" if value is None else f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _figures(words: str, rows: Sequence[Row], first: Release) -> Iterator[str]:
    """Versions of one thing in one sentence."""
    if rows:
        yield f"{words} {', '.join(f'{row.text}{_from(row, first)}' for row in rows)}."


def _from(row: Row, first: Release) -> str:
    """From which release on, where that is not the line's first."""
    return f" from {row.since}" if row.since != first else ""
