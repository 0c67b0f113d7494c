"""``dockworthy waivers check``: which waivers are in force, expired or unused, before they surprise anybody."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from dockworthy.commands.catalogue import add_checks_argument, all_checks
from dockworthy.commands.output import say, say_json

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from dockworthy.profile.waivers import Waiver
    from dockworthy.results.model import Results

__all__ = ["add_arguments", "run", "waivers_check"]

SOON = 30  # days


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``waivers``: of each of its words."""
    from dockworthy.commands.waiving import add_arguments as of_add  # noqa: PLC0415 - beside this one

    words = parser.add_subparsers(dest="action", required=True)
    check = words.add_parser("check", help="read them all and say how each stands")
    check.add_argument("file", nargs="*", metavar="FILE", help="files of waivers (default: the profile's own alone)")
    check.add_argument("--waivers", action="append", default=[], metavar="FILE", help="the same")
    check.add_argument("--profile", default="base", metavar="NAME|FILE", help="whose waivers (default: base)")
    check.add_argument("--results", metavar="RESULTS", help="a run's results: says which waivers cover nothing there")
    check.add_argument("--format", choices=("text", "json"), default="text")
    add_checks_argument(check)
    of_add(words.add_parser("add", help="accept a finding: add a waiver to a file"))


def run(args: argparse.Namespace) -> int:
    """Print how each waiver stands: 1 where one is expired, otherwise 0; or add one."""
    if args.action == "add":
        from dockworthy.commands.waiving import run as add  # noqa: PLC0415 - one of two

        return add(args)
    from dockworthy.profile.loader import load_profile  # noqa: PLC0415 - heavy (pydantic, YAML)
    from dockworthy.results.reader import read_results  # noqa: PLC0415 - only with results

    files = [Path(file) for file in (*args.file, *args.waivers)]
    profile = load_profile(args.profile, catalogue=all_checks(args.checks), waiver_files=files)
    results = read_results(Path(args.results)) if args.results else None
    now = datetime.now(tz=timezone.utc)
    rows = waivers_check(profile.waivers, results, now)
    if args.format == "json":
        say_json(rows)
    else:
        for row in rows:
            where = "".join(f" {key} {row[key]!r}" for key in ("host", "param") if row[key])
            say(f"{row['state']:<9} {row['check']}{where}: {row['reason']} ({row['owner']}, until {row['expires']})")
        say(f"{len(rows)} waivers, {sum(row['state'] == 'expired' for row in rows)} expired")
    return 1 if any(row["state"] == "expired" for row in rows) else 0


def waivers_check(waivers: Sequence[Waiver], results: Results | None, now: datetime) -> list[dict[str, object]]:
    """How each waiver stands: in force, expiring within 30 days, expired, or unused in these results."""
    return [
        {
            "state": _state(waiver, results, now),
            "check": waiver.check,
            "host": waiver.host,
            "param": waiver.param,
            **waiver.as_json(),
            "days_left": (waiver.expires - now).days,
            "origin": str(waiver.origin),
        }
        for waiver in waivers
    ]


def _state(waiver: Waiver, results: Results | None, now: datetime) -> str:
    from dockworthy.profile.waivers import state  # noqa: PLC0415 - beside the class

    used = results is None or any(
        result.outcome in {"fail", "waived"}
        and waiver.check in (result.check, *result.aliases)
        and waiver.covers(result.host, result.param)
        for result in results.results
    )
    told = state(waiver, now, used=used)
    return "expiring" if told == "in force" and (waiver.expires - now).days < SOON else told
