"""What a run changed since its reader was told last.

``compared(told, run) -> (groups, hosts, told anew)``: what was told is one set of findings over all hosts, whatever run
looked at them, so that a run over one host says nothing of another. A finding is **new** when it was not told. It is
**fixed** when it passes, no longer applies, or its instance is gone though its check was judged. What could not be
looked at, or was left out, stays as it was told. A host that cannot be looked at is told as a finding is, once. What a
waiver covers is told no more, and is new when the waiver is over.

Results are read host by host and not kept, and what was told of a host is taken apart when it is that host's turn:
memory grows with findings, by some bytes for each.
"""

from __future__ import annotations

import json
from dataclasses import field
from datetime import timedelta
from hashlib import sha256
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from dockworthy.dataclass import dataclass
from dockworthy.moments import known_moment, shown
from dockworthy.notify.message import Group
from dockworthy.results.exit_status import is_finding
from dockworthy.results.fingerprint import keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from dockworthy.results.model import Certificate, Policy, Result, Run

__all__ = ["Seen", "Told", "baseline_into", "compared"]

STEPS: Final = (0, 7, 30)  # days before an end, at each of which it is told once
_OVER: Final = timedelta(days=7)  # how long an end that was never told of is news
_FORGOTTEN: Final = timedelta(days=90)  # how long a host is remembered that no run looks at
_LOST: Final = "host.reachable"
_BACK: Final = "the host can be looked at again"
Findings = dict[str, list["str | None"]]  # instances, by check


@dataclass(slots=True)
class Told:
    """What a reader was told, of all runs together."""

    hosts: dict[str, tuple[str, bytes]] = field(default_factory=dict)  # the day of the last look, and findings as JSON
    endings: dict[str, list[Any]] = field(default_factory=dict)  # the end and the step that was told, by what ends
    baseline: str = ""  # the id of the baseline whose findings are in it

    def of(self, host: str) -> Findings:
        """What was told of a host."""
        known = self.hosts.get(host)
        found: Findings = json.loads(known[1]) if known is not None else {}
        return found

    def put(self, host: str, day: str, findings: Findings) -> None:
        """Remember this of a host, and nothing else."""
        if findings:
            self.hosts[host] = (day, json.dumps(findings, separators=(",", ":")).encode())
        else:
            self.hosts.pop(host, None)


@dataclass(frozen=True, slots=True)
class Seen:
    """A run as far as it is told of; what concerns a host comes together."""

    moment: datetime  # of its end
    fail_on: str  # the lowest severity that is told
    results: Iterable[Result]
    certificates: Iterable[Certificate]
    policy: Policy


def _by_host(results: Iterable[Result]) -> Iterator[tuple[str, Iterator[Result]]]:
    return groupby(results, key=lambda result: result.host)


def _told_as(result: Result, findings: Findings) -> str | None:
    """The id under which this was told: its own, or one that it had before; None where it was not."""
    return next((check for _, check, param in keys(result) if param in findings.get(check, ())), None)


def baseline_into(told: Told, run: Run, results: Iterable[Result]) -> None:
    """Take a baseline's findings for told, once."""
    if told.baseline == run.id:
        return
    told.baseline = run.id
    for host, found in _by_host(results):
        findings = told.of(host)
        for result in found:
            if result.outcome == "fail" and _told_as(result, findings) is None:
                findings.setdefault(result.check, []).append(result.param)
        told.put(host, told.hosts[host][0] if host in told.hosts else run.started[:10], findings)


class _Course:
    """What is known while the results are read."""

    def __init__(self, told: Told, seen: Seen) -> None:
        self.told = told
        self.fail_on = seen.fail_on
        self.day = shown(seen.moment)[:10]
        self.anew = Told(baseline=told.baseline)
        self.new: dict[str, Group] = {}
        self.fixed: dict[str, Group] = {}
        self.read_hosts: set[str] = set()
        self.lost = 0

    def read(self, host: str, results: Iterable[Result]) -> None:
        """Take a host in."""
        left, now = self.told.of(host), Findings()
        judged: set[str] = set()  # of the checks that have something left
        is_lost = False
        for result in results:
            is_lost = is_lost or (result.check == _LOST and result.outcome == "error")
            was_told = bool(left) and _met(result, left, judged)
            self._put(result, now, was_told=was_told)
        self.lost += is_lost
        self.read_hosts.add(host)
        judged |= set() if is_lost else {_LOST}
        for check, params in left.items():
            if params and check in judged:  # gone, or back
                group = self.fixed.setdefault(check, Group(check, _BACK if check == _LOST else ""))
                for _ in params:
                    group.add(host)
            elif params:
                now.setdefault(check, []).extend(params)
        self.anew.put(host, self.day, now)

    def _put(self, result: Result, now: Findings, *, was_told: bool) -> None:
        fails = is_finding(result, self.fail_on) or (result.check == _LOST and result.outcome == "error")
        if fails or (was_told and result.outcome not in {"pass", "skip", "waived"}):
            now.setdefault(result.check, []).append(result.param)
        if fails and not was_told:
            _group(self.new, result).add(result.host)
        elif was_told and result.outcome in {"pass", "skip"}:
            _group(self.fixed, result).add(result.host)

    def conclude(self) -> None:
        """Keep what was told of hosts that this run did not name, for some months."""
        for host, (day, findings) in self.told.hosts.items():
            if host not in self.read_hosts and _days_between(day, self.day) <= _FORGOTTEN:
                self.anew.hosts[host] = (day, findings)


def _met(result: Result, left: Findings, judged: set[str]) -> bool:
    """Whether it was told; it is not asked for again."""
    names = [check for _, check, _ in keys(result) if check in left]
    if result.outcome != "error":
        judged.update(names)
    check = _told_as(result, left)
    if check is not None:
        left[check].remove(result.param)
    return check is not None


def _group(groups: dict[str, Group], result: Result) -> Group:
    found = groups.get(result.check)
    if found is None:
        found = groups[result.check] = Group(result.check, result.title, result.severity, result.rank)
    if result.rank < found.rank:  # profiles differ
        found.severity, found.rank = result.severity, result.rank
    return found


def _days_between(earlier: str, later: str) -> timedelta:
    first, second = known_moment(earlier), known_moment(later)
    return second - first if first is not None and second is not None else timedelta(0)


def compared(told: Told, seen: Seen) -> tuple[dict[str, list[Group]], dict[str, int], Told]:
    """What is to be told of the run, of how many hosts it is, and what will then have been told."""
    course = _Course(told, seen)
    for host, results in _by_host(seen.results):
        course.read(host, results)
    course.conclude()
    ending = _endings(told, course.anew, seen)
    groups = {"new": list(course.new.values()), "fixed": list(course.fixed.values()), "ending": ending}
    return groups, {"looked_at": len(course.read_hosts) - course.lost, "lost": course.lost}, course.anew


# --- what ends ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Ending:
    """One thing that has an end, at one place."""

    key: str
    end: str
    name: str
    title: str
    host: str | None


def _endings(told: Told, anew: Told, seen: Seen) -> list[Group]:
    """What comes nearer to its end by a step than was told, and what of it is still to be remembered."""
    groups: dict[str, Group] = {}
    for one in (*_of_policy(seen.policy), *map(_of_certificate, seen.certificates)):
        step = _step(one.end, seen.moment)
        if step is None:
            continue
        before = told.endings.get(one.key)
        before = None if before is None or before[0] != one.end else before  # one that was renewed has a new end
        anew.endings[one.key] = [one.end, step if before is None else min(step, before[1])]
        if before is not None and before[1] <= step:
            continue
        group = groups.setdefault(one.key, Group(one.name, one.title, ends=one.end))
        group.add(one.host)
    for key, (end, step) in told.endings.items():  # of hosts that this run did not look at
        if _step(end, seen.moment) is not None:
            anew.endings.setdefault(key, [end, step])
    return list(groups.values())


def _step(end: str, moment: datetime) -> int | None:
    """How near the end is, in days of `STEPS`; None where it is far off, or long over."""
    when = known_moment(end)
    if when is None or when - moment < -_OVER:
        return None
    return next((step for step in STEPS if when - moment <= timedelta(days=step)), None)


def _of_certificate(one: Certificate) -> _Ending:
    return _Ending(f"certificate:{one.sha256}", one.not_after, f"certificate of {one.subject}", one.used_for, one.host)


def _of_policy(policy: Policy) -> Iterator[_Ending]:
    for kind, decisions, words in (
        ("waiver", policy.waivers, "reason"),
        ("attestation", policy.attestations, "evidence"),
    ):
        for one in decisions:
            parts = [str(one.get(name)) for name in ("check", "host", "param", "owner", words)]
            key = sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[:32]
            told = f"{kind} of {one.get('check') or 'every check'}"
            yield _Ending(f"{kind}:{key}", str(one.get("expires") or ""), told, f"{one.get('owner') or ''}", None)
