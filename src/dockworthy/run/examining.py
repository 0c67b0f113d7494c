"""What stands between a host and a whole verdict: how it is reached, as whom, its engine, its clock, its tools.

Everything comes from one look at the host and from judging it as ever; what is undecided says what each lack costs.
"""

from __future__ import annotations

import shlex
from dataclasses import field
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code
from dockworthy.facts.watched import Watched
from dockworthy.report.advice import advice
from dockworthy.report.words import quantity
from dockworthy.results.model import Result, summarise
from dockworthy.run.judging import judge_host
from dockworthy.snapshot import NO_READER, NO_TOOL
from dockworthy.tables import decode, rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from dockworthy.check import Check
    from dockworthy.run.hosts import RunHost
    from dockworthy.snapshot import Snapshot
    from dockworthy.target import Target

__all__ = ["Cause", "Examined", "Point", "causes", "examine"]

OK, NOTE, LACK = "ok", "note", "lack"
SKEW = timedelta(seconds=5)  # what two clocks may be apart; a group's nodes may by default, too


@dataclass(frozen=True, slots=True)
class Point:
    """One thing that was looked at."""

    name: str  # connection, root, engine, clock or tools
    state: str  # ``ok``; ``note``: not as it should be, and nothing rests on it; ``lack``
    seen: str  # what was seen, half a sentence
    do: str = ""  # what to do about it; empty where there is nothing to do
    undecided: int = 0  # how many undecided results rest on it


@dataclass(frozen=True, slots=True)
class Examined:
    """One host, examined."""

    name: str  # in the run
    target: str  # as it was named
    profile: str  # by which it would be judged
    reached: bool  # whether it was
    points: tuple[Point, ...]  # what was looked at
    results: tuple[Result, ...] = field(default=(), repr=False)  # as they would be judged
    tried: tuple[str, ...] = ()  # a command that tries the same connection by hand; empty where there is none

    @property
    def undecided(self) -> tuple[Result, ...]:
        """What could not be decided."""
        return tuple(one for one in self.results if one.outcome == "error")

    @property
    def applicable(self) -> int:
        """How many results apply."""
        return summarise(self.results).applicable


@dataclass(frozen=True, slots=True)
class Cause:
    """Why results would be undecided: equal causes once."""

    reason: str  # the sentence
    code: str | None  # the cause in a word
    sources: tuple[str, ...]  # where it was looked
    checks: tuple[str, ...]  # which are undecided for it
    hosts: tuple[str, ...]  # where
    results: int  # how many

    @property
    def do(self) -> str | None:
        """What would make it decidable, where that is known."""
        return advice(self.code)


class _Tool(NamedTuple):
    """A program that the probe uses where it is there."""

    name: str
    sections: tuple[str, ...]  # the beginnings of what it tells
    others: tuple[str, ...] = ()  # that tell the same


_TOOLS = (
    _Tool("docker", ("docker:",)),
    _Tool("openssl", ("registry:", "realm:", "key:")),
    _Tool("curl", ("registry:", "docker:execs")),
    _Tool("auditctl", ("cmd:auditctl",)),
    _Tool("systemctl", ("cmd:systemctl",)),
    _Tool("timedatectl", ("cmd:clock",), ("chronyc",)),
    _Tool("getfacl", ("stat:",)),
    _Tool("iptables", ("cmd:iptables-save", "cmd:ip6tables-save")),
    _Tool("nft", ("cmd:nft-ruleset",)),
    _Tool("xfs_info", ("cmd:xfs-info",)),
)
_OF_ENGINE = ("docker:", "cmd:container-", "cmd:image-")


def examine(
    host: RunHost, checks: Sequence[Check], target: Target | None, times: tuple[datetime, datetime]
) -> Examined:
    """Examine a host that was looked at.

    Args:
        host: what was seen of it, and its profile.
        checks: all that there are.
        target: how it was reached, where it is a host that is asked.
        times: by our clock, before and after the look.
    """
    told = partial(Examined, host.name, host.target, host.profile.name, tried=_by_hand(target))
    if host.snapshot is None:
        return told(reached=False, points=(Point("connection", LACK, host.error or "not reached", _try(target)),))
    judged = _Judged(host, checks)
    points = [_connection(host, target)]
    if not (host.snapshot.is_harbor or host.snapshot.is_rootfs):
        points += [
            _root(host, target, judged),
            _engine(host, judged),
            _clock(host, target, times),
            _tools(host, judged),
        ]
    return told(reached=True, points=tuple(points), results=judged.results)


class _Judged:
    """A host's results, and which sections each check has read."""

    def __init__(self, host: RunHost, checks: Sequence[Check]) -> None:
        snapshot = host.snapshot
        self._watched = Watched(snapshot, host.now) if snapshot is not None and not snapshot.is_harbor else None
        found: list[Result] = []
        for check in checks:
            own = host if self._watched is None else host.of(self._watched.facts(check.id))
            found += (Result(**record) for record in judge_host(own, [check]))
        self.results = tuple(found)

    def resting_on(self, snapshot: Snapshot, failed: Callable[[str, int], bool]) -> int:
        """How many undecided results read a section that failed so, by its name and status.

        Those that say that something else may not be read are not among them.
        """
        names = [name for name, section in snapshot.sections.items() if failed(name, section.status)]
        lost = [one for one in self.results if one.outcome == "error" and one.reason_code != Code.NOT_PERMITTED.value]
        return sum(self._read(one.check, names) for one in lost)

    def _read(self, check: str, names: Iterable[str]) -> bool:
        if self._watched is None:
            return False
        reads = [read for read in self._watched.reads(check) if read.table == "sections"]
        whole = {read.name for read in reads if read.end is None}
        starts = tuple(read.name for read in reads if read.end is not None)
        return any(name in whole or name.startswith(starts) for name in names)

    def because_of(self, *codes: Code) -> int:
        """How many results are undecided for one of these causes."""
        words = {code.value for code in codes}
        return sum(one.outcome == "error" and one.reason_code in words for one in self.results)


# --- one point after the other ---------------------------------------------------------------------------------


def _connection(host: RunHost, target: Target | None) -> Point:
    snapshot = host.snapshot
    if snapshot is not None and snapshot.broken_off is not None:
        return Point("connection", LACK, snapshot.broken_off.rstrip("."), "look again, with more time (--host-timeout)")
    if target is not None and target.scheme in {"snapshot", "rootfs"}:
        return Point("connection", OK, f"read in {host.seconds:.1f} s")
    trips = quantity(host.round_trips, "round trip")
    return Point("connection", OK, f"answered in {host.seconds:.1f} s, {trips}")


def _by_hand(target: Target | None) -> tuple[str, ...]:
    """A command that tries the same connection."""
    if target is None or target.scheme != "ssh" or target.problem is not None:
        return ()
    port = ["-p", str(target.port)] if target.port else []
    user = ["-l", target.user] if target.user else []
    return ("ssh", *port, *user, target.host, "true")


def _try(target: Target | None) -> str:
    command = _by_hand(target)
    return f"try the same by hand: {shlex.join(command)}" if command else ""


def _root(host: RunHost, target: Target | None, judged: _Judged) -> Point:
    words = host.facts.snapshot.text("cmd:id").get("").split()
    if len(words) < 4:  # noqa: PLR2004 - the fields of the line
        return Point("root", NOTE, "as whom it was looked at is not told")
    uid, _, name, root = words[:4]
    if root == "root":
        return Point("root", OK, "looked as root")
    lost = judged.because_of(Code.NOT_PERMITTED)
    seen = f"looked as {decode(name)} (uid {uid}), not as root"
    if not lost:
        return Point("root", OK, f"{seen}; nothing here rests on it")
    saved = target is None or target.scheme == "snapshot"
    do = "collect it again as root" if saved else "look as root: --sudo, or log in as root"
    return Point("root", LACK, seen, do, lost)


def _engine(host: RunHost, judged: _Judged) -> Point:
    facts = host.facts
    endpoint = _endpoint(facts.snapshot)
    version = facts.engine.version
    if version.is_known:
        return Point("engine", OK, f"Docker Engine {version.value.text} at {endpoint}")
    lost = judged.resting_on(facts.snapshot, lambda name, status: status != 0 and name.startswith(_OF_ENGINE))
    answer = facts.client.answer
    why = str(answer.unknown) if answer.unknown is not None else answer.value
    return Point("engine", LACK if lost else NOTE, f"not reached at {endpoint}: {why}", _engines_do(host), lost)


def _endpoint(snapshot: Snapshot) -> str:
    told = {words[0]: decode(words[1]) for words in rows(snapshot.text("cmd:engine-target").get(""), 2)}
    way = {"context": f" (context {told.get('context', '-')})", "DOCKER_HOST": " (DOCKER_HOST)"}
    return told.get("endpoint", "its socket") + way.get(told.get("found", ""), "")


def _engines_do(host: RunHost) -> str:
    """How the engine could be reached."""
    facts = host.facts
    running = facts.processes.of_kind("dockerd")
    reason = facts.client.answer.unknown
    if reason is not None and reason.code is Code.TOOL_MISSING:
        return "install the docker command there"
    if reason is not None and reason.code is Code.NOT_PERMITTED:
        return "look as root (--sudo), or as a user who may use its socket"
    if not running.is_known:
        return "see that it runs"
    if not running.value:
        return "no dockerd runs: start it there"
    sockets = [path for one in running.value for path in one.unix_sockets if path.startswith("/")]
    return (
        f"a dockerd runs: name its socket, --docker-host unix://{sockets[0]}" if sockets else "a dockerd runs: see why"
    )


def _clock(host: RunHost, target: Target | None, times: tuple[datetime, datetime]) -> Point:
    recorded, clock = host.facts.snapshot.recorded, host.facts.clock
    if not recorded.is_known:
        return Point("clock", NOTE, "what it shows is not told")
    follows = clock.synchronized.get(default=True)
    fix = "let it follow another: timedatectl set-ntp true"
    if target is None or target.scheme == "snapshot":
        return Point("clock", OK, f"it showed {recorded.value:%Y-%m-%dT%H:%M:%SZ} then")
    before, after = times
    second = timedelta(seconds=1)  # what the host tells is a whole one
    ahead, behind = recorded.value - after, before - recorded.value - second
    if max(ahead, behind) > SKEW:
        apart = (
            f"{max(ahead, behind).total_seconds():.0f} s {'ahead of' if ahead > behind else 'behind'} this machine's"
        )
        return Point("clock", NOTE, f"{apart}: one of them is wrong", fix)
    if not follows:
        return Point("clock", NOTE, "as this machine's, and it follows no other", fix)
    return Point("clock", OK, "as this machine's" + (", and follows another" if clock.synchronized.is_known else ""))


def _tools(host: RunHost, judged: _Judged) -> Point:
    snapshot = host.facts.snapshot
    which = snapshot.text("cmd:which")
    if not which.is_known:
        return Point("tools", NOTE, "which are there is not told")
    there = {words[0] for words in rows(which.value, 1)}
    missing = [tool for tool in _TOOLS if there.isdisjoint((tool.name, *tool.others))]
    costs = {tool.name: _cost(tool, snapshot, judged) for tool in missing}
    if lost := judged.resting_on(snapshot, lambda _, status: status == NO_READER):
        costs["awk"] = lost
    needed = [f"{name} ({quantity(cost, 'undecided result')})" for name, cost in costs.items() if cost]
    spared = [name for name, cost in costs.items() if not cost]
    beside = f"; not there and not needed: {', '.join(spared)}" if spared else ""
    if needed:
        do = f"install there: {', '.join(name for name, cost in costs.items() if cost)}"
        return Point("tools", LACK, f"the probe lacks {', '.join(needed)}{beside}", do, sum(costs.values()))
    has = [tool.name for tool in _TOOLS if tool.name in there]
    return Point("tools", OK, f"{', '.join(has) or 'none that is needed'}{beside}")


def _cost(tool: _Tool, snapshot: Snapshot, judged: _Judged) -> int:
    if tool.name == "getfacl":  # its lack is told in a column
        return sum(one.outcome == "error" and one.source.endswith(": ACL") for one in judged.results)
    return judged.resting_on(snapshot, lambda name, status: status == NO_TOOL and name.startswith(tool.sections))


# --- why what would be undecided -------------------------------------------------------------------------------


def causes(examined: Iterable[Examined]) -> list[Cause]:
    """Why results of the hosts would be undecided, what costs most first."""
    groups: dict[tuple[str, str | None], list[Result]] = {}
    for host in examined:
        for one in host.undecided:
            groups.setdefault((one.reason or "no reason is known", one.reason_code), []).append(one)
    found = [
        Cause(
            reason=reason,
            code=code,
            sources=tuple(dict.fromkeys(one.source for one in group if one.source)),
            checks=tuple(dict.fromkeys(one.check for one in group)),
            hosts=tuple(dict.fromkeys(one.host for one in group)),
            results=len(group),
        )
        for (reason, code), group in groups.items()
    ]
    return sorted(found, key=lambda cause: -cause.results)
