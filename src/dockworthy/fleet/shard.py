"""Some hosts of a run, looked at and judged in one process: plain values in, lines of the record out.

::

    for judged in judge_shard(Shard(orders, {7: target, 8: target}, collect)):
        judged.number, judged.lines, judged.counts, …

What it needs may go to another machine: no secret is in it, unless `collect` has one. A host's name is unique in its
shard; two of one name in different shards are for whoever puts the shards together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.errors import DockworthyError
from dockworthy.fleet.judge import Judge
from dockworthy.fleet.look import Look
from dockworthy.fleet.probing import Probes
from dockworthy.run.demands import Demands
from dockworthy.run.plan import named_profile, unique_name
from dockworthy.snapshot import parse_snapshot

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from dockworthy.fleet.look import Judged, Orders
    from dockworthy.target import Collected, CollectOptions, Target

__all__ = ["Shard", "judge_shard", "look_of", "reserve"]

FORKS = 16


@dataclass(frozen=True, slots=True)
class Shard:
    """Hosts that one process looks at and judges."""

    orders: Orders  # by what they are judged
    targets: Mapping[int, Target]  # by their places among the hosts of the run
    collect: CollectOptions  # how they are looked at
    forks: int = FORKS  # how many at a time


def judge_shard(shard: Shard) -> Iterator[Judged]:
    """Each host of a shard, as soon as it is judged."""
    judge, names = Judge(shard.orders), dict[str, int]()
    reserve(shard.targets.values(), names)
    options = shard.orders.as_options
    looking = Demands(options, named_profile(options), shard.targets.values()).looking
    with Probes(shard.targets.items(), lambda one: looking(one, shard.collect), shard.forks) as probes:
        for number, collected in probes:
            yield judge.judge(look_of(number, collected, names))


def reserve(targets: Iterable[Target], names: dict[str, int]) -> None:
    """Keep the names that an inventory gives for the hosts that it gives them to."""
    for target in targets:
        if target.name:
            names[target.name] = 1


def look_of(number: int, collected: Collected, names: dict[str, int]) -> Look:
    """What came of a target, under a name that no other host of the run has."""
    data, error, name = collected.data, collected.error, collected.target.name
    if name is None:
        snapshot = None
        try:
            snapshot = parse_snapshot(data, collected.label) if data is not None else None
        except DockworthyError as why:
            data, error = None, str(why)
        name = unique_name(collected.host_name(snapshot), names)
    return Look(
        number=number,
        name=name,
        target=collected.label,
        data=data,
        error=error,
        named_at=collected.target.named_at,
        seconds=collected.seconds,
        round_trips=collected.round_trips,
        profile=collected.target.profile,
        registries=collected.target.registries,
    )
