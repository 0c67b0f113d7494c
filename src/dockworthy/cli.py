"""The command line: which command, its arguments, its exit status, and nothing else."""

from __future__ import annotations

import argparse
import atexit
import gc
import os
import re
import sys
from typing import NoReturn

from dockworthy import __version__
from dockworthy.commands import COMMANDS
from dockworthy.errors import DockworthyError, internal_error
from dockworthy.regex import regex
from dockworthy.signals import interrupt_on_end
from dockworthy.spelling import meant
from dockworthy.streams import Streams
from dockworthy.typed import refuse_addresses, shown_argv, shown_word

__all__ = ["COMMANDS", "main"]

USAGE, INTERNAL, INTERRUPTED = 4, 3, 2
_ANSWERS = frozenset(
    {"check", "trust", "why", "diff", "roundtrip", "pulls"}
)  # whose status is an answer, also where nobody reads the text

# argparse's sentences, most of which quote what was typed; what is matched here is told without it.
_COMPLAINTS = (
    (regex(r"(?s)(argument \S+: )invalid choice: .*\(choose from ([^()]*)\)$"), r"\1not one of \2"),
    (regex(r"(?s)(argument \S+: )ignored explicit argument .*"), r"\1takes no value"),
    (regex(r"(argument [^ :]+: expected (?:one|at least one) argument)"), r"\1"),
    (regex(r"(the following arguments are required: [\w, \[\]./-]+)"), r"\1"),
)


class Parser(argparse.ArgumentParser):
    """argparse, with the documented exit status for wrong usage and one sentence for it."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, without the values that were typed, and end."""
        told, hint = self._of_words(message) or (_complaint(message), self._meant(message))
        self.exit(USAGE, f"{self.prog}: {told}; {hint or f'see `{self.prog} --help`.'}\n")

    def _of_words(self, message: str) -> tuple[str, str] | None:
        """What is wrong with the word that must follow a command, such as `show`; None where that is not the matter."""
        known = next((list(one.choices) for one in self._actions if one.dest == "action" and one.choices), [])
        typed = re.match(r"argument \S+: invalid choice: '([^']*)' \(", message)
        if known and message.startswith("the following arguments are required: "):
            return f"a word must follow: {' or '.join(known)}", ""
        if known and typed is not None and message.startswith("argument action: "):
            return f"{shown_word(typed[1])!r} is none of its words", meant(typed[1], known, f"{' or '.join(known)} is.")
        return None

    def _meant(self, message: str) -> str:
        """The option that was probably meant by one that there is not."""
        kind, _, given = message.partition(": ")
        if kind != "unrecognized arguments" or not given.startswith("--"):
            return ""
        actions = list(self._actions)
        for one in self._actions:
            if isinstance(one.choices, dict):  # the words of a command, each with its own parser
                actions += [own for parser in one.choices.values() for own in parser._actions]  # noqa: SLF001
        known = {name for one in actions for name in one.option_strings if name.startswith("--")}
        return meant(given.split()[0].partition("=")[0], known, most=1)


def _complaint(message: str) -> str:
    """What argparse complains of, as far as it is harmless."""
    for known, told in _COMPLAINTS:
        if known.fullmatch(message):
            return known.sub(told, message)
    kind, _, given = message.partition(": ")
    if kind in {"unrecognized arguments", "ambiguous option"}:
        word = given.split(" ", 1)[0] if kind == "ambiguous option" else given
        return f"{kind}: {' '.join(shown_argv(('', *word.split()))[1:])}"
    return "its arguments cannot be used"


def overview() -> str:
    """The text of ``dockworthy --help``."""
    width = max(len(name) for name in COMMANDS)
    lines = [
        "usage: dockworthy COMMAND [ARGUMENTS]",
        "",
        "Says whether a host is fit to run Docker and to work with a Harbor registry.",
        "",
        "commands:",
        *(f"  {name:<{width}}  {text}" for name, (_, text) in COMMANDS.items()),
        "",
        "options:",
        f"  {'--help':<{width}}  this text; `dockworthy COMMAND --help` for one command's",
        f"  {'--version':<{width}}  the version",
        "",
        "exit status: 0 compliant, 1 findings, 2 interrupted, 3 internal error, 4 wrong usage,",
        "             5 nothing was evaluated, 6 not everything could be decided",
    ]
    return "\n".join(lines)


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit status."""
    arguments = sys.argv[1:] if argv is None else argv
    streams = Streams()
    with streams:
        status = _main(arguments)
    return streams.status(status, answered=status != 0 or not _ANSWERS.isdisjoint(arguments[:1]))


def _main(arguments: list[str]) -> int:
    first = arguments[0] if arguments else ""
    if first in {"-h", "--help", "help"}:
        print(overview())  # noqa: T201 - this is the command's output
        return 0
    if first in {"-V", "--version"}:
        print(f"dockworthy {__version__}")  # noqa: T201 - this is the command's output
        return 0
    if first not in COMMANDS:
        what = f"{shown_word(first)!r} is not a command" if first else "a command is needed"
        hint = meant(first, {*COMMANDS, "--help", "--version"}, "see `dockworthy --help`.")
        print(f"dockworthy: {what}; {hint}", file=sys.stderr)  # noqa: T201 - to the user
        return USAGE
    return _guarded(first, arguments[1:])


def _guarded(name: str, arguments: list[str]) -> int:
    """Run the command; every error ends as one sentence and its exit status."""
    interrupt_on_end()
    atexit.register(gc.freeze)  # the interpreter's last search for garbage among all modules costs a tenth of a run
    os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"  # looking for them opens a file of each package that there is
    try:
        return _run(name, arguments)
    except DockworthyError as error:
        print(f"dockworthy: {error}", file=sys.stderr)  # noqa: T201 - to the user
        return error.exit_status
    except KeyboardInterrupt:
        print("dockworthy: interrupted.", file=sys.stderr)  # noqa: T201 - to the user
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - whatever breaks is told in one sentence
        sys.stderr.write(internal_error(error, name))
        return INTERNAL


def _run(name: str, arguments: list[str]) -> int:
    from importlib import import_module  # noqa: PLC0415 - one command's module is all that is needed

    module = import_module(f"dockworthy.commands.{COMMANDS[name][0]}")
    parser = Parser(prog=f"dockworthy {name}", description=COMMANDS[name][1])
    module.add_arguments(parser)
    own, rest = arguments, []
    if "--" in arguments and not parser.get_default("text_after_dashes"):
        cut = arguments.index("--")
        own, rest = arguments[:cut], arguments[cut + 1 :]
    args = parser.parse_args(own)
    if rest and not hasattr(args, "pytest_arguments"):
        parser.error("only `check` takes arguments for pytest after `--`")
    args.pytest_arguments = rest
    refuse_addresses(vars(args))
    status: int = module.run(args)
    return status


if __name__ == "__main__":
    sys.exit(main())
