"""``dockworthy doctor --explain-network``: the way of a packet through each host, and where it breaks."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from dockworthy.commands.output import say_json
from dockworthy.printable import printable
from dockworthy.report.network import BROKEN, LATER, UNKNOWN, speaks, state_of, stations
from dockworthy.results.model import Result
from dockworthy.run.finish import host_record
from dockworthy.run.judging import judge_host

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dockworthy.check import Check
    from dockworthy.report.network import Station
    from dockworthy.report.screen import Line
    from dockworthy.results.model import Host
    from dockworthy.run.hosts import RunHost

__all__ = ["explain_network"]

WHOLE = 3  # hosts that are drawn whatever they are; of more those are at which something is not as it should be
_CALLS = frozenset({BROKEN, UNKNOWN, LATER})


def explain_network(hosts: Sequence[RunHost], checks: Sequence[Check], wanted: str) -> bool:
    """Print the picture of each host, as text or as JSON; whether all of each is known."""
    speaking = [check for check in checks if speaks(check.id)]
    drawn = []
    for host in hosts:
        record = host_record(host)
        results = [Result(**one) for one in judge_host(host, speaking, only_selected=False)]
        drawn.append((record, stations(record, results)))
    if wanted == "json":
        say_json({"hosts": [_as_json(host, way) for host, way in drawn]})
    else:
        from dockworthy.report.screen import print_lines  # noqa: PLC0415 - one of two

        print_lines(_lines(drawn), sys.stdout)
    return all(way and not any(map(_is_in_doubt, way)) for _, way in drawn)


def _is_in_doubt(station: Station) -> bool:
    """Whether something of it is not known, be it broken or not."""
    undecided = (one for part in station.parts for one in part.wrong if state_of(one) == UNKNOWN)
    return station.state == UNKNOWN or next(undecided, None) is not None


def _lines(drawn: Sequence[tuple[Host, list[Station]]]) -> Iterator[Line]:
    from dockworthy.report.network_lines import lines  # noqa: PLC0415 - see above
    from dockworthy.report.screen import Line, command  # noqa: PLC0415 - see above

    for number, (host, way) in enumerate(drawn):
        if number:
            yield Line()
        target = "" if host.target == host.name else f" ({printable(host.target)})"
        if not way:
            why = host.error or "nothing was told of its network"
            yield Line([(printable(host.name), "bold"), (f"{target}: {printable(why)}", "")], hang=2)
            continue
        calls = [station for station in way if station.state in _CALLS]
        if not calls and len(drawn) > WHOLE:
            yield Line([(printable(host.name), "bold"), (f"{target}: all as it should be", "")], hang=2)
            continue
        engine = f", Docker Engine {printable(host.engine)}" if host.engine else ""
        yield Line(
            [(printable(host.name), "bold"), (f"{target}{engine}: from a container to the registry", "")], hang=2
        )
        yield Line()
        yield from lines(way)
    broken = [one for _, way in drawn for station in way for part in station.parts for one in part.wrong]
    if broken:
        worst = min(broken, key=lambda one: (one.outcome == "error", state_of(one) != BROKEN, one.rank))
        yield Line()
        yield Line([("Next: why it matters, and how it is fixed", "")])
        yield command("dockworthy", "explain", worst.check, indent=4)


def _as_json(host: Host, way: Sequence[Station]) -> dict[str, Any]:
    return {
        "name": host.name,
        "target": host.target,
        "reached": host.reachable,
        "error": host.error,
        "stations": [
            {
                "place": station.place,
                "title": station.title,
                "state": station.state,
                "parts": [
                    {
                        "name": part.name or None,
                        "state": part.state,
                        "seen": part.seen or None,
                        "results": [one.as_json() for one in part.results],
                    }
                    for part in station.parts
                ],
            }
            for station in way
        ],
    }
