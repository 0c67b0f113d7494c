"""``dockworthy list``: the checks that a profile selects, and what part of a benchmark they answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.commands.catalogue import add_checks_argument, all_checks
from dockworthy.commands.output import say, say_json
from dockworthy.run.options import add_arguments as add_options

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from dockworthy.check import Check
    from dockworthy.profile.model import Profile

__all__ = ["add_arguments", "list_checks", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``list``."""
    add = parser.add_argument
    add("--profile", default="base", metavar="NAME|FILE", help="whose selection and severities (default: base)")
    add("--format", choices=("text", "json"), default="text", help="json: an array with all fields")
    add("--frameworks", action="store_true", help="the standards that these checks answer, and by whose word")
    add_options(parser, "topic", "severity", "refs", "check", "skip_check")
    add_checks_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Print the list."""
    from dockworthy.profile.loader import load_profile  # noqa: PLC0415 - heavy (pydantic, YAML)

    everything = all_checks(args.checks)
    profile = load_profile(args.profile, catalogue=everything)
    chosen = list_checks(everything, profile, args)
    if args.frameworks:
        _frameworks(chosen, as_json=args.format == "json")
        return 0
    if args.format == "json":
        say_json([{**check.as_json(), "severity": profile.severity_of(check)} for check in chosen])
        return 0
    width = max((len(check.id) for check in chosen), default=0)
    for check in chosen:
        say(f"{check.id:<{width}}  {profile.severity_of(check):<8}  {check.title}")
    say(f"{len(chosen)} of {len(everything)} checks")
    for prefix in args.refs:
        _coverage(prefix.partition(":")[0], chosen)
    return 0


def list_checks(everything: Sequence[Check], profile: Profile, args: argparse.Namespace) -> list[Check]:
    """The checks that profile and options select; `UsageError` if an option names what there is not."""
    from dockworthy.run.loading import Catalogue  # noqa: PLC0415 - beside the selection
    from dockworthy.run.selection import Selection  # noqa: PLC0415 - shared with `check`

    catalogue = Catalogue()
    for check in everything:
        catalogue.add(check)
    selection = Selection(tuple(args.check), tuple(args.skip_check), tuple(args.topic), args.severity, tuple(args.refs))
    selection.check_names(catalogue)
    return [check for check in everything if selection.selects(check, profile)]


def _frameworks(checks: Sequence[Check], *, as_json: bool) -> None:
    """What the listed checks answer of each framework, and which documents say so."""
    from dockworthy.profile.answers import answers_by_framework  # noqa: PLC0415 - only when asked for

    found = answers_by_framework(checks)
    if as_json:
        say_json([answers.as_json() for answers in found])
        return
    width = max(len(answers.framework.prefix) for answers in found)
    for answers in found:
        counts = f"{len(answers.controls)} controls, {len(answers.checks)} checks"
        say(f"{answers.framework.prefix:<{width}}  {counts}: {answers.framework.title}")
        for source in answers.sources:
            say(f"{'':<{width}}  by {source.title} ({source.found}; {source.date})")


def _coverage(standard: str, checks: Sequence[Check]) -> None:
    """How much of a whole benchmark the listed checks answer."""
    from dockworthy.profile.benchmarks import covered, recommendations  # noqa: PLC0415 - only for benchmarks

    every = recommendations(standard)
    if not every:
        return
    coverage = covered(standard, checks)
    say()
    for number, ids in coverage.answered.items():
        say(f"{standard}:{number:<7} {', '.join(ids)}")
    say(f"{standard}: {len(every) - len(coverage.missing)} of {len(every)} recommendations have a check in this list")
    if coverage.missing:
        say(f"not in this list: {', '.join(coverage.missing)}")
