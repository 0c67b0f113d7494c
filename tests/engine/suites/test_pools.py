"""The subnets that the engine of every suite takes next are those that are foretold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.engine.fitness import state
from tests.engine.pools import CROWDED, POOLS, foretold, taken

if TYPE_CHECKING:
    from pathlib import Path


def test_the_engine_takes_the_subnets_that_are_foretold(suite: Path) -> None:
    with state(before=CROWDED, system=suite) as host:
        first = foretold(host, 3)
        assert taken(host, "a", "b", "c") == first
        host.engine.docker("network", "rm", "b")
        assert foretold(host, 1) == taken(host, "d")
        host.engine.restart()
        assert foretold(host, 2) == taken(host, "e", "f")


def test_pools_that_are_used_up_are_foretold(suite: Path) -> None:
    with state(config=POOLS, system=suite) as host:
        host.network("own", "10.211.0.64/28")
        host.sh("ip route add 10.211.0.130/32 dev up0")
        left = foretold(host, 9)
        assert taken(host, *"abcdefgh") == left
        assert foretold(host, 1) == []
