"""What is counted while hosts pass by: as much as a summary and an exit status need, and no more for more hosts."""

from __future__ import annotations

from collections import Counter
from dataclasses import field
from itertools import chain
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.results.exit_status import is_finding, status_of
from dockworthy.results.model import RANK, counts_as_summary
from dockworthy.results.policy import policy_of, with_counts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dockworthy.fleet.look import Failure, Judged
    from dockworthy.results.model import Policy, Result, Summary
    from dockworthy.results.policy import Decision

__all__ = ["Group", "Tally"]

_MOST = 500  # kinds of a thing that are told apart; all others are counted as one
_NAMES = 20  # hosts that could not be looked at and are named


@dataclass(slots=True)
class Group:
    """Results of many hosts that are told as one."""

    title: str  # a check's, or a reason
    rank: int  # of the worst severity among them
    severity: str  # that
    results: int = 0
    hosts: int = 0
    checks: Counter[str] = field(default_factory=Counter)  # hosts by the check, of what could not be decided
    host: str = ""  # one of the hosts


class Tally:
    """The counts of one run.

    Attributes:
        hosts: how many were judged or could not be looked at.
        lost: how many of them could not be looked at.
        failing_hosts: how many have a finding that fails the run.
        unreached: the first of these, by name, and why.
        counts: results by severity and outcome.
        findings: by check what failed.
        undecided: by the cause's code what could not be decided.
        waived: how many results a waiver covers.
        covered: results by the decision that covers them.
        profiles: the digests of those that were used, by name.
        policies: the decisions of each, once for each process.
        new: with a baseline: by check what it does not have.
        new_findings: how many results these are.
        broken: of a rehearsal: by check the findings that the hosts do not have today.
        mended: how many of today's go.
        consequences: the starts and the pulls that are others.
    """

    def __init__(self, fail_on: str, min_decided: float, *, has_baseline: bool = False) -> None:
        self.hosts = self.lost = self.failing_hosts = self.fixed = self.known = self.new_findings = 0
        self.unreached: dict[str, str] = {}
        self.counts: Counter[tuple[str, str]] = Counter()
        self.findings: dict[str, Group] = {}
        self.undecided: dict[str, Group] = {}
        self.new: dict[str, Group] = {}
        self.broken: dict[str, Group] = {}
        self.mended = 0
        self.consequences: list[Result] = []
        self.covered: Counter[Decision] = Counter()
        self.profiles: dict[str, str] = {}
        self.policies: list[Policy] = []
        self.unknown_hosts: list[str] = []
        self.fail_on, self.min_decided, self.has_baseline = fail_on, min_decided, has_baseline
        self._failing = [severity for severity, rank in RANK.items() if rank <= RANK[fail_on]]

    def take(self, judged: Judged) -> None:
        """Count one host in."""
        self.hosts += 1
        if not judged.reached:
            self.lost += 1
            if len(self.unreached) < _NAMES:
                self.unreached[judged.name] = judged.error or "no reason is known"
        self.counts.update(judged.counts)
        self.covered.update(judged.covered)
        self.failing_hosts += any(judged.counts.get((severity, "fail")) for severity in self._failing)
        self.profiles[judged.profile[0]] = judged.profile[1]
        if judged.policy is not None:
            self.policies.append(judged.policy)
        self._failed(judged.name, (one for one in judged.failures if one.outcome == "fail"))
        errors = (one for one in judged.failures if one.outcome == "error" and one.check != "host.reachable")
        self._undecided(judged.name, errors)
        self._compared(judged)
        if judged.changed:
            self._rehearsed(judged)

    def _rehearsed(self, judged: Judged) -> None:
        from dockworthy.report.rehearsal import broken, is_consequence, mended  # noqa: PLC0415 - only for a rehearsal

        _grouped(self.broken, judged.name, broken(judged.changed))
        self.mended += len(mended(judged.changed))
        self.consequences += filter(is_consequence, judged.changed)

    def _failed(self, host: str, failures: Iterable[Failure]) -> None:
        seen: set[str] = set()
        for one in failures:
            group = _group(self.findings, one.check, one.title, one.severity)
            group.results += one.count
            group.hosts += one.check not in seen
            group.host = group.host or host
            seen.add(one.check)

    def _undecided(self, host: str, failures: Iterable[Failure]) -> None:
        seen: set[str] = set()
        for one in failures:
            cause = one.code or one.reason or "no reason is known"
            group = _group(self.undecided, cause, one.reason or cause, one.severity)
            group.results += one.count
            group.hosts += cause not in seen
            group.checks[one.check] += 1
            group.host = group.host or host
            seen.add(cause)

    def _compared(self, judged: Judged) -> None:
        self.fixed += judged.fixed
        self.known += judged.known
        if not judged.was_known and len(self.unknown_hosts) < _NAMES:
            self.unknown_hosts.append(judged.name)
        _grouped(self.new, judged.name, judged.new)
        self.new_findings += sum(is_finding(one, self.fail_on) for one in judged.new)

    @property
    def summary(self) -> Summary:
        """The counts as the record has them."""
        return counts_as_summary(self.counts)

    @property
    def policy(self) -> Policy:
        """The decisions of all profiles that were used, each with how many results it covers."""
        waivers = chain.from_iterable(one.waivers for one in self.policies)
        attestations = chain.from_iterable(one.attestations for one in self.policies)
        return with_counts(policy_of(waivers, attestations, ()), self.covered)

    def found(self, severity: str) -> int:
        """How many results of that severity failed."""
        return self.counts[severity, "fail"]

    @property
    def status(self) -> int:
        """What the run ends with."""
        failing = sum(map(self.found, self._failing))
        found = self.new_findings if self.has_baseline else failing
        return status_of(self.summary, found=found > 0, reached=not self.lost, min_decided=self.min_decided)


def _grouped(groups: dict[str, Group], host: str, results: Iterable[Result]) -> None:
    """Count a host's results in, by check."""
    seen: set[str] = set()
    for one in results:
        group = _group(groups, one.check, one.title, one.severity)
        group.results += 1
        group.hosts += one.check not in seen
        group.host = group.host or host
        seen.add(one.check)


def _group(groups: dict[str, Group], key: str, title: str, severity: str) -> Group:
    """The group of that key; beyond so many kinds, the one of all others."""
    if key not in groups and len(groups) >= _MOST:
        key, title = "others", "other kinds"
    found = groups.get(key)
    if found is None:
        found = groups[key] = Group(title, RANK[severity], severity)
    if RANK[severity] < found.rank:
        found.rank, found.severity = RANK[severity], severity
    return found
