"""The page of all commands with their options, from the parsers that read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.commands.completion import whole_parser

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

__all__ = ["commands_page"]

_HEAD = """\
<!-- Made from the commands by `python -m dockworthy.commands.docs`; edit their help, not this file. -->

# Commands

Each command's `--help` says the same. [Exit status](exit-status.md) has what they end with.
"""


def commands_page() -> str:
    """The page as Markdown."""
    lines = [_HEAD]
    for parser in _words(whole_parser()):
        lines += _section(parser, "##")
    return "\n".join(lines)


def _words(parser: argparse.ArgumentParser) -> list[argparse.ArgumentParser]:
    """The commands of a parser, or the words of a command."""
    choices = [one.choices for one in parser._actions if isinstance(one.choices, dict)]  # noqa: SLF001 - its only way
    return [word for each in choices for word in each.values()]


def _section(parser: argparse.ArgumentParser, heading: str) -> Iterator[str]:
    """A command, or a word of one, and what may follow it."""
    yield f"{heading} {parser.prog.removeprefix('dockworthy ')}\n"
    if parser.description:
        yield f"{parser.description[0].upper()}{parser.description[1:]}.\n"
    words = _words(parser)
    shown = [one for one in parser._actions if one.dest != "help" and not isinstance(one.choices, dict)]  # noqa: SLF001
    yield from (f"- {_spelled(one)}: {_told(one)}" for one in shown)
    if shown:
        yield ""
    if parser.epilog:
        yield f"{parser.epilog}\n"
    for word in words:
        yield from _section(word, f"{heading}#")


def _spelled(action: argparse.Action) -> str:
    """How an argument is typed."""
    value = "|".join(action.choices) if action.choices and not action.metavar else action.metavar or action.dest.upper()
    many = " …" if action.nargs in {"*", "+"} and not action.option_strings else ""
    if not action.option_strings:
        return f"`{value}{many}`"
    taken = "" if action.nargs == 0 else f" [{value}]" if action.nargs == "?" else f" {value}"
    return ", ".join(f"`{option}{taken}`" for option in action.option_strings)


def _told(action: argparse.Action) -> str:
    """What it is for."""
    return (action.help or "for people, or for programs") % {"default": action.default, "prog": "dockworthy"}
