"""What a run changed since its reader was told last.

``compared(told, run) -> (groups, hosts, told anew)``: what was told is one set of findings over all hosts, whatever run
looked at them, so that a run over one host says nothing of another. A finding is **new** when it was not told. It is
**fixed** when it passes, no longer applies, or its instance is gone though its check was judged. What could not be
looked at, or was left out, stays as it was told. A host that cannot be looked at is told as a finding is, once. What a
waiver covers is told no more, and is new when the waiver is over.

Results are read one after the other and not kept: memory grows with findings, not with results.
"""

from __future__ import annotations

from dataclasses import field
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from dockworthy.dataclass import dataclass
from dockworthy.moments import known_moment, shown
from dockworthy.notify.message import Group
from dockworthy.results.exit_status import is_finding
from dockworthy.results.fingerprint import keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from dockworthy.results.model import Certificate, Policy, Result, Results

__all__ = ["Seen", "Told", "baseline_into", "compared"]

STEPS: Final = (0, 7, 30)  # days before an end, at each of which it is told once
_OVER: Final = timedelta(days=7)  # how long an end that was never told of is news
_FORGOTTEN: Final = timedelta(days=90)  # how long a host is remembered that no run looks at
_LOST: Final = "host.reachable"
_BACK: Final = "the host can be looked at again"
Findings = dict[str, dict[str, list["str | None"]]]  # instances, by host and check


@dataclass(slots=True)
class Told:
    """What a reader was told, of all runs together."""

    findings: Findings = field(default_factory=dict)
    hosts: dict[str, str] = field(default_factory=dict)  # the day when each with findings was last looked at
    endings: dict[str, list[Any]] = field(default_factory=dict)  # the end and the step that was told, by what ends
    baseline: str = ""  # the id of the baseline whose findings are in it

    def knows(self, result: Result) -> bool:
        """Whether this finding was told, under its id or one that it had before."""
        checks = self.findings.get(result.host)
        return checks is not None and any(param in checks.get(check, ()) for _, check, param in keys(result))

    def add(self, result: Result) -> None:
        """Remember it."""
        self.findings.setdefault(result.host, {}).setdefault(result.check, []).append(result.param)


@dataclass(frozen=True, slots=True)
class Seen:
    """A run as far as it is told of; results and certificates may come from a file, one after the other."""

    moment: datetime  # of its end
    fail_on: str  # the lowest severity that is told
    results: Iterable[Result]
    certificates: Iterable[Certificate]
    policy: Policy


def baseline_into(told: Told, baseline: Results) -> None:
    """Take a baseline's findings for told, once."""
    if told.baseline == baseline.run.id:
        return
    told.baseline = baseline.run.id
    for result in baseline.results:
        if result.outcome == "fail" and not told.knows(result):
            told.add(result)
            told.hosts.setdefault(result.host, baseline.run.started[:10])


class _Course:
    """What is known while the results are read."""

    def __init__(self, told: Told, seen: Seen) -> None:
        self.told = told
        self.fail_on = seen.fail_on
        self.anew = Told(baseline=told.baseline)
        self.new: dict[tuple[int, str], Group] = {}
        self.fixed: dict[str, Group] = {}
        self.left = told.findings  # what is met is taken out of it: a fleet's findings are not held three times
        self.judged: set[tuple[str, str]] = set()  # host and check, of those that have something left
        self.looked_at: set[str] = set()
        self.lost: set[str] = set()

    def read(self, result: Result) -> None:
        """Take one result in."""
        was_told = self._met(result)
        is_lost = result.check == _LOST and result.outcome == "error"
        (self.lost if is_lost else self.looked_at).add(result.host)
        if is_lost or is_finding(result, self.fail_on):
            self.anew.add(result)
            if not was_told:
                _group(self.new, (result.rank, result.check), result).add(result.host)
        elif not was_told or result.outcome == "waived":
            return
        elif result.outcome in {"pass", "skip"}:
            _group(self.fixed, result.check, result).add(result.host)
        else:
            self.anew.add(result)

    def _met(self, result: Result) -> bool:
        """Whether it was told; it is not asked for again."""
        checks = self.left.get(result.host)
        if checks is None:
            return False
        was_told = False
        for _, check, param in keys(result):
            params = checks.get(check)
            if params is None:
                continue
            if result.outcome != "error":
                self.judged.add((result.host, check))
            if param in params:
                params.remove(param)
                was_told = True
        return was_told

    def conclude(self, day: str) -> None:
        """Settle what was told and not met: gone where its check was judged or its host is back, else as it was."""
        for host, checks in self.left.items():
            for check, params in checks.items():
                is_over = (host, check) in self.judged or (check == _LOST and host in self.looked_at)
                if is_over and params:
                    group = self.fixed.setdefault(check, Group(check, _BACK if check == _LOST else ""))
                    for _ in params:
                        group.add(host)
                elif params:
                    self.anew.findings.setdefault(host, {}).setdefault(check, []).extend(params)
        seen = self.looked_at | self.lost
        for host in list(self.anew.findings):
            last = day if host in seen else self.told.hosts.get(host, day)
            if _days_between(last, day) > _FORGOTTEN:
                del self.anew.findings[host]
            else:
                self.anew.hosts[host] = last


def _group(groups: dict[Any, Group], key: object, result: Result) -> Group:
    found = groups.get(key)
    if found is None:
        found = groups[key] = Group(result.check, result.title, result.severity, result.rank)
    return found


def _days_between(earlier: str, later: str) -> timedelta:
    first, second = known_moment(earlier), known_moment(later)
    return second - first if first is not None and second is not None else timedelta(0)


def compared(told: Told, seen: Seen) -> tuple[dict[str, list[Group]], dict[str, int], Told]:
    """What is to be told of the run, of how many hosts it is, and what will then have been told; uses ``told`` up."""
    course = _Course(told, seen)
    for result in seen.results:
        course.read(result)
    course.conclude(shown(seen.moment)[:10])
    ending = _endings(told, course.anew, seen)
    groups = {"new": list(course.new.values()), "fixed": list(course.fixed.values()), "ending": ending}
    return groups, {"looked_at": len(course.looked_at), "lost": len(course.lost)}, course.anew


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
        group = groups.setdefault(one.key, Group(one.name, one.title, ends=one.end, results=1))
        if one.host is not None:
            group.hosts.add(one.host)
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
