"""``dockworthy waivers add``: a finding is accepted, by whom, why, and until when; written into a file of waivers."""

from __future__ import annotations

import re
import sys
from datetime import datetime, timedelta, timezone
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING

from dockworthy.commands.catalogue import add_checks_argument, all_checks
from dockworthy.commands.explain import explain
from dockworthy.commands.output import say
from dockworthy.errors import UsageError
from dockworthy.moments import parse_moment, shown
from dockworthy.printable import printable
from dockworthy.typed import shown_word

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from dockworthy.check import Check
    from dockworthy.profile.waivers import Waiver
    from dockworthy.results.model import Result

__all__ = ["add_arguments", "run"]

DEFAULT_FILE = "waivers.yaml"
MOST_DAYS = 3660
SHOWN = 5
_DAYS = re.compile(r"([0-9]{1,6})d?", re.ASCII)
_INSTANCE = re.compile(r"([^\[\]]+)(?:\[(.*)\])?", re.DOTALL)
_FINGERPRINT = re.compile(r"[0-9a-f]{7,32}", re.ASCII)
# What is asked for where it was not given, and how.
_ASKED = {
    "reason": "why is it accepted",
    "owner": "who answers for it",
    "expires": "until when (a date such as 2027-03-31, or a number of days)",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``waivers add``."""
    add = parser.add_argument
    add(
        "results",
        nargs="?",
        metavar="RESULTS[#FINDING]",
        help="a run's results, of which a finding is accepted: CHECK, CHECK[INSTANCE] or its fingerprint after the #",
    )
    add("--check", metavar="ID", help="the check whose finding is accepted")
    add("--host", metavar="PATTERN", help="on which hosts (default: the finding's, or every one)")
    add("--param", metavar="PATTERN", help="of which instances (default: the finding's, or every one)")
    for name, text in _ASKED.items():
        add(f"--{name}", metavar="DATE|DAYS" if name == "expires" else "TEXT", help=f"{text}; asked for at a terminal")
    add("--file", default=DEFAULT_FILE, metavar="FILE", help=f"where it is written (default: {DEFAULT_FILE})")
    add_checks_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Write the waiver; `UsageError` for one that would be none, or would stand twice."""
    from dockworthy.profile.appending import appended  # noqa: PLC0415 - the command's own need
    from dockworthy.profile.waivers import Waiver  # noqa: PLC0415 - see above
    from dockworthy.writing import written  # noqa: PLC0415 - see above

    now = datetime.now(tz=timezone.utc)
    path = Path(args.file)
    text, there = _text_of(path)
    checks = all_checks(args.checks)
    check, host, param, covered = _what(args, checks)
    if args.expires is not None:
        _moment(args.expires, now)
    if (same := _same(there, check, host, param)) is not None:
        over = "" if same.in_force(now) else ", which is over"
        until = f"waived already, until {shown(same.expires)}{over}; change that entry"
        raise UsageError(f"{path}:{same.origin.line}: {check.id} is {until}.")
    given = _asked(args)
    waiver = Waiver(
        check=check.id,
        host=host,
        param=param,
        reason=given["reason"],
        owner=given["owner"],
        expires=_moment(given["expires"], now),
    )
    made = appended(text, waiver, str(path))
    with written(path, "--file ") as stream:
        stream.write(made.encode())
    where = "".join(f" {key} {printable(value)}" for key, value in (("host", host), ("instance", param)) if value)
    count = "" if covered is None else f"; of {printable(str(args.results))} it covers {covered}"
    say(f"{path}: {check.id}{where} is waived until {shown(waiver.expires)}{count}")
    say(f"next: dockworthy check --waivers {printable(str(path))}")
    return 0


# --- what is waived --------------------------------------------------------------------------------------------


def _what(args: argparse.Namespace, checks: Sequence[Check]) -> tuple[Check, str | None, str | None, int | None]:
    """The check, the patterns of host and instance, and how many findings of the results they cover."""
    if args.results is None:
        if args.check is None:
            raise UsageError("waivers add: names no finding; write --check ID, or RESULTS --check ID.")
        return explain(args.check, checks), args.host, args.param, None
    found, shown_finding = _findings(args, checks)
    kept = [one for one in found if _fits(args.host, one.host) and _fits(args.param, one.param)]
    if not kept:
        raise UsageError(f"{args.results}: has no finding of {shown_finding} there; nothing is to be waived.")
    check = explain(kept[0].check, checks)
    host, param = args.host, args.param
    if host is None:
        host = _only([one.host for one in kept], "--host", kept)
    if param is None:
        param = _only([one.param for one in kept], "--param", kept)
    return check, host, param, len(kept)


def _findings(args: argparse.Namespace, checks: Sequence[Check]) -> tuple[list[Result], str]:
    """The findings of the results that were named, of one check, and how that is called."""
    from dockworthy.results.fingerprint import fingerprint  # noqa: PLC0415 - the command's own need
    from dockworthy.results.reader import read_results  # noqa: PLC0415 - see above

    path, finding = args.results, ""
    if "#" in path and not Path(path).exists():
        path, _, finding = path.rpartition("#")
    failed = [one for one in read_results(Path(path)).results if one.outcome in {"fail", "waived"}]
    if finding and args.check is not None:
        raise UsageError(
            "waivers add: the finding is named twice, after the # and with --check; leave one of them out."
        )
    if _FINGERPRINT.fullmatch(finding):
        return [one for one in failed if fingerprint(one).startswith(finding)], finding
    named = _INSTANCE.fullmatch(finding or args.check or "")
    if named is None:
        ids = list(dict.fromkeys(one.check for one in failed))
        has = f"it has findings of {', '.join(ids[:SHOWN])}{' …' if ids[SHOWN:] else ''}" if ids else "it has none"
        raise UsageError(f"{path}: which finding is meant? Write --check ID; {has}.")
    check = explain(named[1], checks)
    former = {check.id, *check.aliases}
    found = [one for one in failed if not former.isdisjoint((one.check, *one.aliases))]
    return [one for one in found if named[2] is None or one.param == named[2]], check.id


def _fits(pattern: str | None, name: str | None) -> bool:
    from dockworthy.patterns import covers  # noqa: PLC0415 - only with results

    return covers(pattern, name)


def _only(names: Sequence[str | None], option: str, found: Sequence[Result]) -> str | None:
    """The one name of all findings, as a pattern; `UsageError` where there are several."""
    different = list(dict.fromkeys(names))
    if len(different) == 1:
        name = different[0]
        return escape(name) if name is not None and re.search(r"[*?]", name) else name
    told = ", ".join(printable(str(name), 60) for name in different[:SHOWN])
    more = f" and {len(different) - SHOWN} more" if different[SHOWN:] else ""
    what = f"{len(found)} findings are meant, of {told}{more}"
    raise UsageError(f"waivers add: {what}; name one with {option}, or all with {option} '*'.")


# --- who, why, until when --------------------------------------------------------------------------------------


def _asked(args: argparse.Namespace) -> dict[str, str]:
    """What was given, and at a terminal what is said when asked; `UsageError` naming all that is missing."""
    given = {name: (getattr(args, name) or "").strip() for name in _ASKED}
    missing = [name for name in _ASKED if not given[name]]
    if missing and not (sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()):
        options = [f"--{name}" for name in missing]
        told = " and ".join(filter(None, (", ".join(options[:-1]), options[-1])))
        raise UsageError(f"waivers add: lacks {told}, and there is no terminal to ask at; give what is missing.")
    for name in missing:
        sys.stderr.write(f"{name}: {_ASKED[name]}? ")
        sys.stderr.flush()
        given[name] = sys.stdin.readline().strip()
        if not given[name]:
            raise UsageError(f"--{name}: nothing was said, and no waiver is without it; nothing is written.")
    for name in ("host", "param", *_ASKED):
        text = given.get(name) or getattr(args, name) or ""
        if text.encode("utf-8", "replace") != text.encode("utf-8", "surrogatepass"):
            raise UsageError(f"--{name}: is not UTF-8, and the file is; write it in that encoding.")
    return given


def _moment(text: str, now: datetime) -> datetime:
    """The instant at which it ends; `UsageError` for one that is none, over already, or too far away."""
    days = _DAYS.fullmatch(text.strip())
    try:
        end = now.replace(microsecond=0) + timedelta(days=int(days[1])) if days else parse_moment(text)
    except (ValueError, OverflowError):
        example = "a date such as 2027-03-31, or a number of days"
        raise UsageError(f"--expires {shown_word(text)}: is no date; write {example}.") from None
    if end <= now:
        raise UsageError(f"--expires {shown_word(text)}: is over already; name a later day.")
    if end - now > timedelta(days=MOST_DAYS):
        raise UsageError(f"--expires {shown_word(text)}: is more than ten years away; a waiver is looked at sooner.")
    return end


# --- the file --------------------------------------------------------------------------------------------------


def _text_of(path: Path) -> tuple[str, list[Waiver]]:
    """The file's text and its waivers; empty where there is no file yet; `UsageError` for what is no such file."""
    from dockworthy.profile.tree import read_file  # noqa: PLC0415 - the command's own need
    from dockworthy.profile.waivers import load_waivers  # noqa: PLC0415 - see above
    from dockworthy.writing import STANDARD_OUTPUT, refuse_place  # noqa: PLC0415 - see above

    if str(path) == STANDARD_OUTPUT:
        raise UsageError("--file -: waivers are added to a file; name one.")
    refuse_place(path, "--file ")
    if not path.exists():
        return "", []
    there = load_waivers(path)
    return read_file(path).decode(), there


def _same(there: Sequence[Waiver], check: Check, host: str | None, param: str | None) -> Waiver | None:
    """The waiver of the file that is about the same."""
    ids = {check.id, *check.aliases}
    return next((one for one in there if one.check in ids and (one.host, one.param) == (host, param)), None)
