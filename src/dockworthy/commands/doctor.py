"""``dockworthy doctor [TARGET…]``: what stands between these hosts and a whole verdict, and what to do about it."""

from __future__ import annotations

import shlex
import sys
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from dockworthy.commands.output import say_json
from dockworthy.printable import printable

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from dockworthy.report.screen import Line
    from dockworthy.run.examining import Cause, Examined
    from dockworthy.run.options import Options

__all__ = ["add_arguments", "run"]

IN_THE_WAY = 6
SHOWN = 3  # checks, sources and hosts of a cause
CAUSES = 12
WHOLE = 3  # hosts of which everything is told; of more what is not as it should be
OK = "ok"
LONGEST = 300
_STYLES = {"ok": "green", "note": "yellow", "lack": "bold red"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which hosts, and how they are looked at: as ``check`` has it."""
    from dockworthy.run.options import add_arguments as add_options  # noqa: PLC0415 - the command's own need

    parser.add_argument("target", nargs="*", metavar="TARGET", help="as of `check` (default: this host)")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument(
        "--explain-network",
        action="store_true",
        help="draw instead the way of a packet, from a container to the registry, and where it breaks",
    )
    looking = ("docker_host", "sudo", "ask_sudo_password", "ssh_config", "ssh_identity_file", "forks", "host_timeout")
    add_options(parser, "inventory", "limit", "profile", "registry", *looking)


def run(args: argparse.Namespace) -> int:
    """Say what is in the way: 6 where something would be undecided or a host was not reached, otherwise 0."""
    from dockworthy.commands.catalogue import all_checks  # noqa: PLC0415 - the command's own need
    from dockworthy.run.examining import causes, examine  # noqa: PLC0415 - see above
    from dockworthy.run.gather import targets_of  # noqa: PLC0415 - see above
    from dockworthy.run.options import Options  # noqa: PLC0415 - see above
    from dockworthy.run.plan import make_plan  # noqa: PLC0415 - see above

    options = Options.from_arguments(args)
    before = datetime.now(tz=timezone.utc)
    plan = make_plan(options)
    times = before, datetime.now(tz=timezone.utc)
    checks = all_checks([])
    if args.explain_network:
        from dockworthy.commands.network import explain_network  # noqa: PLC0415 - see above

        return 0 if explain_network(plan.hosts, checks, args.format) else IN_THE_WAY
    targets = {one.label: one for one in targets_of(options)}
    examined = [examine(host, checks, targets.get(host.target), times) for host in plan.hosts]
    found = causes(examined)
    following = _next(options, examined)
    if args.format == "json":
        say_json(_as_json(examined, found, following))
    else:
        from dockworthy.report.screen import print_lines  # noqa: PLC0415 - one of two

        print_lines(_lines(examined, found, following), sys.stdout)
    return IN_THE_WAY if found or not all(one.reached for one in examined) else 0


def _next(options: Options, examined: Sequence[Examined]) -> list[str]:
    """The command to type next: again with what it lacks, by hand where nothing answers, else the check."""
    words = _without_format(options.argv[2:])
    points = [point for one in examined for point in one.points if point.state == "lack"]
    if any("--ask-sudo-password" in point.seen for point in points if point.name == "connection"):
        return ["dockworthy", "doctor", *words, "--ask-sudo-password"]
    if not any(one.reached for one in examined):
        return list(examined[0].tried) or ["dockworthy", "doctor", *words]
    by_sudo = any("--sudo" in point.do for point in points if point.name == "root")
    if by_sudo and not (options.sudo or options.ask_sudo_password):
        return ["dockworthy", "doctor", *words, "--sudo"]
    return ["dockworthy", "check", *words]


def _without_format(argv: Sequence[str]) -> list[str]:
    """The arguments without ``--format``, which means something else to ``check``."""
    kept, waiting = [], False
    for word in argv:
        if not (waiting or word.partition("=")[0] == "--format"):
            kept.append(word)
        waiting = word == "--format"
    return kept


# --- as text ---------------------------------------------------------------------------------------------------


def _lines(examined: Sequence[Examined], found: Sequence[Cause], following: Sequence[str]) -> Iterator[Line]:
    from dockworthy.report.screen import Line, command  # noqa: PLC0415 - the command's own need

    for host in examined:
        target = "" if host.target == host.name else f" ({_plain(host.target)})"
        lines = [point for point in host.points if point.state != OK or len(examined) <= WHOLE]
        well = "" if lines else ": all as it should be"
        yield Line([(_plain(host.name), "bold"), (f"{target}, profile {host.profile}{well}", "")], hang=2)
        for point in lines:
            cost = f"; {_quantity(point.undecided, 'undecided result')} rest on it" if point.undecided else ""
            state = (f"{point.state:<5} ", _STYLES[point.state])
            yield Line([state, (f"{point.name:<11} ", "bold"), (f"{_plain(point.seen)}{cost}", "")], 2, 20)
            if point.do:
                yield Line([("to do: ", "green"), (_plain(point.do), "")], 20, 22)
    undecided = sum(len(one.undecided) for one in examined)
    applicable = sum(one.applicable for one in examined)
    if applicable:
        yield Line()
        told = f"Would be undecided: {undecided} of" if found else "Nothing would be undecided:"
        reasons = f", for {_quantity(len(found), 'reason')}" if found else ""
        yield Line([(f"{told} {_quantity(applicable, 'applicable result')}{reasons}", "bold")], hang=2)
    for cause in found[:CAUSES]:
        yield from _cause(cause, many=len(examined) > 1)
    if len(found) > CAUSES:
        rest = sum(cause.results for cause in found[CAUSES:])
        more = f"{_quantity(len(found) - CAUSES, 'more reason')}, of {_quantity(rest, 'result')}; --format json has all"
        yield Line([(f"… and {more}", "")], 2, 4)
    yield Line()
    yield Line([("Next:", "")])
    yield command(*following, indent=4)


def _cause(cause: Cause, *, many: bool) -> Iterator[Line]:
    from dockworthy.report.screen import Line  # noqa: PLC0415 - the command's own need

    where = f", on {_listed(cause.hosts)}" if many else ""
    number = f"{_quantity(cause.results, 'result')} of {_quantity(len(cause.checks), 'check')}"
    yield Line([(f"{number}{where}: ", ""), (_plain(cause.reason), "bold")], 2, 4)
    sources = f" ({_listed(cause.sources)})" if cause.sources else ""
    yield Line([(f"{_listed(cause.checks)}{sources}", "")], 4, 6)
    if cause.do:
        yield Line([("to decide it: ", "green"), (f"{cause.do[0].lower()}{cause.do[1:]}", "")], 4, 6)


def _listed(names: Sequence[str]) -> str:
    from dockworthy.report.words import listed  # noqa: PLC0415 - the command's own need

    return listed([_plain(name) for name in names], SHOWN)


def _quantity(number: int, noun: str) -> str:
    from dockworthy.report.words import quantity  # noqa: PLC0415 - the command's own need

    return quantity(number, noun)


def _plain(text: str) -> str:
    return printable(text, LONGEST)


# --- as JSON ---------------------------------------------------------------------------------------------------


def _as_json(examined: Sequence[Examined], found: Sequence[Cause], following: Sequence[str]) -> dict[str, Any]:
    return {
        "hosts": [
            {
                "name": host.name,
                "target": host.target,
                "profile": host.profile,
                "reached": host.reached,
                "points": [
                    {
                        "name": point.name,
                        "state": point.state,
                        "seen": point.seen,
                        "do": point.do or None,
                        "undecided": point.undecided,
                    }
                    for point in host.points
                ],
                "applicable": host.applicable,
                "undecided": len(host.undecided),
            }
            for host in examined
        ],
        "causes": [
            {
                "reason": cause.reason,
                "reason_code": cause.code,
                "do": cause.do,
                "sources": list(cause.sources),
                "checks": list(cause.checks),
                "hosts": list(cause.hosts),
                "results": cause.results,
            }
            for cause in found
        ],
        "next": shlex.join(following),
    }
