"""One more waiver in a file's text: its comments, its order and its style stay.

What comes out is read again before it is used: it must hold the waivers that were there and the new one, or it is
refused.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dockworthy.errors import UsageError
from dockworthy.moments import shown
from dockworthy.profile.origin import DEFAULT
from dockworthy.profile.tree import parse_tree
from dockworthy.profile.waivers import parse_waivers
from dockworthy.profile.yamltext import quoted, scalar

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dockworthy.profile.waivers import Waiver

__all__ = ["appended"]


def appended(text: str, waiver: Waiver, file: str) -> str:
    """The text of a file of waivers with this one more; `UsageError` where it cannot be added to what is there."""
    had = _compared(text, file)
    wanted = [*had, replace(waiver, origin=DEFAULT)]
    for made in _candidates(text, waiver):
        if _holds(made, wanted, file):
            return made
    fields = ", ".join(f"{key}: {value}" for key, value in _fields(waiver, quote_all=True))
    raise UsageError(f"{file}: one more cannot be added to what is written there; add it by hand: {{{fields}}}")


def _holds(text: str, wanted: list[Waiver], file: str) -> bool:
    try:
        return _compared(text, file) == wanted
    except UsageError:  # written this way, it is none
        return False


def _compared(text: str, file: str) -> list[Waiver]:
    """The waivers of a text, without where they stand."""
    return [replace(one, origin=DEFAULT) for one in parse_waivers(parse_tree(text.lstrip("\ufeff"), file), file, "")]


def _fields(waiver: Waiver, *, quote_all: bool = False) -> list[tuple[str, str]]:
    told = quoted if quote_all else scalar
    found = [("check", told(waiver.check))]
    found += [(key, told(value)) for key in ("host", "param") if (value := getattr(waiver, key)) is not None]
    return [*found, ("reason", told(waiver.reason)), ("owner", told(waiver.owner)), ("expires", shown(waiver.expires))]


def _candidates(text: str, waiver: Waiver) -> Iterator[str]:
    """The text with the waiver at the end of its list, in the ways that this can be written."""
    newline = "\r\n" if "\r\n" in text else "\n"
    events = _events(text)
    sequence = next((number for number, event in enumerate(events) if _is(event, "SequenceStart")), None)
    if sequence is None:
        # Nothing yet, or the key without a list.
        keyed = any(_is(event, "MappingStart") for event in events)
        yield _block(text, len(text), waiver, 2 if keyed else 0, newline)
        return
    start, end = events[sequence], events[_closing(events, sequence)]
    if not start.flow_style:
        yield _block(text, end.start_mark.index, waiver, start.start_mark.column, newline)
        return
    before, after = text[: end.start_mark.index], text[end.start_mark.index :]
    entry = "{" + ", ".join(f"{key}: {value}" for key, value in _fields(waiver, quote_all=True)) + "}"
    for between in ("", ", ", " ", f"{newline}  ", f"{newline}  , "):
        yield f"{before.rstrip()}{between}{entry}{after}"


def _block(text: str, position: int, waiver: Waiver, indent: int, newline: str) -> str:
    before, after = text[:position], text[position:]
    if before and not before.endswith(("\n", "\ufeff")):
        before += newline
    fields = [f"{key}: {value}" for key, value in _fields(waiver)]
    lines = [f"{' ' * indent}- {fields[0]}", *(f"{' ' * indent}  {line}" for line in fields[1:])]
    return before + "".join(f"{line}{newline}" for line in lines) + after


def _events(text: str) -> list[Any]:
    import yaml  # noqa: PLC0415 - heavy

    return list(yaml.parse(text, Loader=yaml.SafeLoader))  # of the two parsers the one whose marks count characters


def _is(event: Any, name: str) -> bool:
    return type(event).__name__ == f"{name}Event"


def _closing(events: Sequence[Any], opening: int) -> int:
    depth = 0
    for number in range(opening, len(events)):
        depth += _is(events[number], "SequenceStart") - _is(events[number], "SequenceEnd")
        if depth == 0:
            return number
    raise AssertionError  # the text was read before
