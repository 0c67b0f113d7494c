"""``dockworthy explain CHECK``: what a check asks, why, of which evidence, and how to fix it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from dockworthy.commands.catalogue import add_checks_argument, all_checks
from dockworthy.commands.config import shown_values
from dockworthy.commands.output import say, say_json, say_wrapped
from dockworthy.errors import UsageError
from dockworthy.frameworks import known
from dockworthy.report.words import value
from dockworthy.spelling import meant
from dockworthy.typed import shown_word

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Sequence

    from dockworthy.check import Check
    from dockworthy.frameworks import Statement
    from dockworthy.profile.model import Profile

__all__ = ["add_arguments", "explain", "run"]

_MOST_MESSAGES: Final = 5
_FIELD: Final = re.compile(r"\{(\w+)(?::\w+)?\}")
_VARIES: Final = re.compile(r"(?:\{\w+\})+")
_LABEL: Final = 10  # characters that what is said of a check stands in


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``explain``."""
    parser.add_argument("check", metavar="CHECK", help="a check's id, or one that it had before")
    parser.add_argument("--profile", default="base", metavar="NAME|FILE", help="whose demands are shown")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    add_checks_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Print one check."""
    from dockworthy.profile.loader import load_profile  # noqa: PLC0415 - heavy (pydantic, YAML)

    everything = all_checks(args.checks)
    check = explain(args.check, everything)
    profile = load_profile(args.profile, catalogue=everything)
    statements = known().why(check.id, check.refs)
    fields = {
        **check.as_json(),
        "severity": profile.severity_of(check),
        "aliases": list(check.aliases),
        "demands": demands(check, profile),
        "mappings": [statement.as_json() for statement in statements],
        "messages": printed(check),
    }
    if args.format == "json":
        say_json(fields)
        return 0
    say_wrapped(f"{check.id} ({profile.severity_of(check)}): {check.title}", 2)
    for paragraph in filter(None, check.rationale.split("\n\n")):
        say()
        say_wrapped(" ".join(paragraph.split()), 0)
    say()
    say_wrapped(f"Evidence: {', '.join(check.evidence) or 'none'}", _LABEL)
    for key, told in demands(check, profile).items():
        say_wrapped(f"Demand:   {key} = {value(told['value'])}, set by {told['origin']}", _LABEL)
    said = {statement.target for statement in statements}
    say_wrapped(f"Refs:     {', '.join(ref for ref in check.refs if ref not in said)}", _LABEL)
    for (origin, cited), targets in _together(statements).items():
        say_wrapped(f"{'':<{_LABEL}}{', '.join(targets)} by {origin} ({cited})", _LABEL + 2)
    if check.aliases:
        say_wrapped(f"Was:      {', '.join(check.aliases)}", _LABEL)
    if check.fix:
        say(f"\nFix:\n{check.fix}")
    said_by = printed(check)
    if said_by:
        say("\nAnswers for these messages (`dockworthy why`):")
        for line in said_by[:_MOST_MESSAGES]:
            say_wrapped(f"  {_VARIES.sub('…', line)}", 4)
        if len(said_by) > _MOST_MESSAGES:
            say(f"  … and {len(said_by) - _MOST_MESSAGES} more; --format json has all")
    return 0


def _together(statements: Iterable[Statement]) -> dict[tuple[str, str], list[str]]:
    """The controls that one statement of one document leads to, by what it starts from and where it stands."""
    found: dict[tuple[str, str], list[str]] = {}
    for statement in statements:
        found.setdefault((statement.origin, statement.cited), []).append(statement.target)
    return found


def printed(check: Check) -> list[str]:
    """What programs print that the check answers for, with what varies in braces."""
    from dockworthy.messages import messages  # noqa: PLC0415 - the command's own need

    mine = [one for one in messages() if check.id in {told.partition(":")[0] for told in one.checks}]
    mine.sort(key=lambda one: bool(one.within))
    phrases = [one.phrases[0] for one in mine] + [phrase for one in mine for phrase in one.phrases]
    return list(dict.fromkeys(_FIELD.sub(r"{\1}", phrase.text) for phrase in phrases))


def explain(check_id: str, checks: Sequence[Check]) -> Check:
    """The check of this id, or that had it before; `UsageError` if there is none."""
    for check in checks:
        if check_id == check.id or check_id in check.aliases:
            return check
    hint = meant(check_id, [check.id for check in checks], "`dockworthy list` shows all.")
    raise UsageError(f"there is no check {shown_word(check_id)!r}; {hint}")


def demands(check: Check, profile: Profile) -> dict[str, dict[str, object]]:
    """The profile's values that the check reads, each with the layer that set it."""
    values = shown_values(profile.params.model_dump(mode="json"))
    return {key: {"value": values[key], "origin": str(profile.origin_of(key))} for key in check.params if key in values}
