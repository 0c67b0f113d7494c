"""The way of a packet from a container to the registry, station by station, of each host the part that breaks first."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from dockworthy.report.drawn import rendered
from dockworthy.report.network import BROKEN, STATES, speaks, stations

if TYPE_CHECKING:
    from markupsafe import Markup

    from dockworthy.report.network import Station
    from dockworthy.results.model import Result, Results

__all__ = ["network"]

HOSTS = 25  # that are drawn
MOST = 16  # parts of a station
_ORDER = tuple(STATES)


class _Way(NamedTuple):
    """The way of one host."""

    host: str  # its name
    stations: list[Station]  # what is on it

    @property
    def state(self) -> str:
        """The worst of its stations'."""
        return min((station.state for station in self.stations), key=_ORDER.index)

    @property
    def told(self) -> str:
        """The same in words, and where."""
        where = [station.title for station in self.stations if station.state == self.state]
        return f"{STATES[self.state][1]} ({', '.join(where)})" if self.state == BROKEN else STATES[self.state][1]


def network(results: Results) -> Markup:
    """The drawing; of many hosts those first at which it breaks."""
    own: dict[str, list[Result]] = defaultdict(list)
    for one in results.results:
        if speaks(one.check):
            own[one.host].append(one)
    drawn = (_Way(host.name, stations(host, own[host.name])) for host in results.hosts if host.network)
    ways = sorted((way for way in drawn if way.stations), key=lambda way: _ORDER.index(way.state))
    return rendered(
        "network.html.j2",
        ways=ways[:HOSTS],
        left=len(ways) - len(ways[:HOSTS]),
        one_host=len(results.hosts) == 1,
        states=STATES,
        most=MOST,
    )
