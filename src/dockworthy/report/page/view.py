"""What the page tells of a record, in the order in which it is told; the templates only put it down."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timezone
from functools import cached_property
from typing import TYPE_CHECKING

from markupsafe import Markup

from dockworthy.dataclass import dataclass
from dockworthy.moments import known_moment
from dockworthy.report import rehearsal
from dockworthy.report.groups import grouped
from dockworthy.report.page import policy
from dockworthy.report.page.findings import Finding, causes, findings, places
from dockworthy.report.page.matrix import matrix
from dockworthy.report.page.requirements import frameworks
from dockworthy.report.page.words import line
from dockworthy.report.verdict import OUTCOME_WORDS, because, coverage, judged, reached, verdict, worst_first
from dockworthy.report.words import listed, quantity
from dockworthy.results.exit_status import COMPLIANT, FINDINGS, NOTHING, UNDECIDED
from dockworthy.results.model import SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dockworthy.report.page.findings import Cause, Place
    from dockworthy.report.page.matrix import Matrix
    from dockworthy.report.page.policy import Statement, Waived
    from dockworthy.report.page.requirements import Framework
    from dockworthy.results.model import Host, Result, Results

__all__ = ["Asked", "Count", "Level", "View"]

OPEN = 1  # findings that are shown in full from the start
LISTED = 25  # findings of one severity that are listed; more are behind their number
_MARKS = {"fail": "✗", "error": "?", "waived": "~", "manual": "☐", "skip": "-", "pass": "✓"}
_KINDS = {COMPLIANT: "ok", FINDINGS: "bad", NOTHING: "warn", UNDECIDED: "warn"}
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)  # of a record that does not say when it was made
_DRIFT = ("daemon.no-drift", "engine.no-restart-pending")


@dataclass(frozen=True, slots=True)
class Count:
    """One outcome."""

    outcome: str  # as the record has it
    word: str  # in words
    mark: str  # the same as a letter
    number: int  # how many results have it
    start: float  # where it begins in the bar, in percent
    share: float  # how much of the bar it has, in percent


@dataclass(frozen=True, slots=True)
class Level:
    """The findings of one severity."""

    severity: str  # which
    listed: list[Finding]  # the first of them
    more: list[Finding]  # the others
    open: int  # how many are shown in full from the start


@dataclass(frozen=True, slots=True)
class Asked:
    """One check, and how it came out over all hosts."""

    check: str  # its id
    title: str  # what is demanded
    severity: str  # the worst that a profile gives it
    counts: list[tuple[str, int]]  # how many results each outcome has, those with none left out


class View:
    """A record as the page tells it; what is heavy is made when it is asked for.

    Attributes:
        results: the record.
        status: the exit status that it stands for.
        now: the moment from which days are counted: the run's own.
        outcomes: the words for the outcomes.
        marks: their letters.
    """

    outcomes = OUTCOME_WORDS
    marks = _MARKS

    def __init__(self, results: Results) -> None:
        self.results = results
        self.status = judged(results)
        self.now = results.run.finished or results.run.started

    # --- the first screen ----------------------------------------------------------------------------------------

    @property
    def verdict(self) -> str:
        """The verdict in a word or two."""
        return verdict(self.status)

    @property
    def kind(self) -> str:
        """The verdict's colour."""
        return _KINDS.get(self.status, "warn")

    @property
    def because(self) -> str:
        """Why it is that."""
        return because(self.results, self.status)

    @property
    def coverage(self) -> str:
        """How much was decided."""
        return coverage(self.results)

    @property
    def reached(self) -> str:
        """How many hosts were looked at."""
        return reached(self.results)

    @property
    def about(self) -> str:
        """Which hosts it is about."""
        hosts = self.results.hosts
        return line(hosts[0].name) if len(hosts) == 1 else quantity(len(hosts), "host")

    @property
    def many(self) -> bool:
        """Whether there are several hosts, so that each place needs its host's name."""
        return len(self.results.hosts) > 1

    @property
    def inconclusive(self) -> bool:
        """Whether what is undecided is what the reader must see first."""
        return self.status not in {COMPLIANT, FINDINGS}

    @cached_property
    def counts(self) -> list[Count]:
        """The six outcomes, the worst first."""
        by_outcome, total = self.results.summary.by_outcome, max(1, len(self.results.results))
        counts, start = [], 0.0
        for outcome, mark in _MARKS.items():
            number = by_outcome[outcome]
            share = 100 * number / total
            counts.append(Count(outcome, OUTCOME_WORDS[outcome], mark, number, round(start, 3), round(share, 3)))
            start += share
        return counts

    # --- what was found ------------------------------------------------------------------------------------------

    @cached_property
    def findings(self) -> list[Finding]:
        """The findings, the worst first."""
        return findings(self.results.results)

    @cached_property
    def levels(self) -> list[Level]:
        """The findings by severity."""
        levels, left = [], OPEN
        for severity in SEVERITIES:
            found = [finding for finding in self.findings if finding.severity == severity]
            if found:
                levels.append(Level(severity, found[:LISTED], found[LISTED:], min(left, len(found[:LISTED]))))
                left = max(0, left - len(found))
        return levels

    @cached_property
    def causes(self) -> list[Cause]:
        """Why something is undecided."""
        return causes(result for result in self.results.results if result.check != "host.reachable")

    @property
    def unreachable(self) -> list[tuple[str, str]]:
        """The hosts that could not be looked at, and why."""
        return [(line(host.name), line(host.error or "no reason is known")) for host in self.results.unreachable]

    @cached_property
    def manual(self) -> list[tuple[str, str, int, list[tuple[str, list[Place]]]]]:
        """What a person has to attest: the check, what it demands, and what is asked where."""
        found = (result for result in self.results.results if result.outcome == "manual")
        return [
            (group[0].check, group[0].title, len(group), [(_reason(same), places(same)) for same in _by_reason(group)])
            for group in sorted(grouped(found, _asked), key=lambda group: (group[0].rank, group[0].check))
        ]

    @cached_property
    def skipped(self) -> list[tuple[str, int, list[str]]]:
        """Why something does not apply, of how many results that is said, and the checks."""
        groups = _by_reason(result for result in self.results.results if result.outcome == "skip")
        return [(_reason(group), len(group), list(dict.fromkeys(one.check for one in group))) for group in groups]

    @cached_property
    def hosts(self) -> Matrix:
        """The hosts by topic."""
        return matrix(self.results)

    @property
    def severities(self) -> tuple[str, ...]:
        """The severities, the worst first."""
        return SEVERITIES

    # --- what stands beside it -----------------------------------------------------------------------------------

    @cached_property
    def drift(self) -> list[Finding]:
        """What is in force and differs from what the next start would bring."""
        return findings(result for result in self.results.results if result.check in _DRIFT)

    @cached_property
    def drift_counts(self) -> list[tuple[str, int]]:
        """How the checks of drift came out."""
        return _counted(result for result in self.results.results if result.check in _DRIFT)

    @property
    def rehearsal(self) -> list[str]:
        """What was rehearsed, in sentences; nothing where the hosts were judged as they are."""
        if self.results.run.rehearsal is None:
            return []
        told = [
            rehearsal.headline(self.results),
            *rehearsal.consequences(self.results),
            *rehearsal.assumed(self.results),
        ]
        return [f"{text}." for text in told]

    @cached_property
    def rehearsed(self) -> list[tuple[str, list[Result]]]:
        """What breaks, what is mended and what changes, each where there is some."""
        if self.results.run.rehearsal is None:
            return []
        told = {
            "What breaks": rehearsal.broken(self.results.results),
            "What is mended": rehearsal.mended(self.results.results),
            "What changes and breaks nothing": rehearsal.changed(self.results.results),
        }
        return [(title, sorted(found, key=worst_first)) for title, found in told.items() if found]

    @cached_property
    def waivers(self) -> list[Statement]:
        """The waivers."""
        return policy.waivers(self.results, self.now)

    @cached_property
    def attestations(self) -> list[Statement]:
        """The attestations."""
        return policy.attestations(self.results, self.now)

    @cached_property
    def waived(self) -> list[Waived]:
        """The findings that are waived."""
        return policy.waived(self.results)

    @cached_property
    def drawings(self) -> dict[str, Markup]:
        """The drawings that there is something for, and the style of all."""
        certificates, history = self.results.certificates, self.results.history
        has_network = any(host.network for host in self.results.hosts)
        if not (certificates or history or has_network):
            return {}
        from dockworthy.report.drawn import style  # noqa: PLC0415 - only where there is something to draw

        drawn = {"style": Markup(style())}  # noqa: S704 - our own
        if certificates:
            from dockworthy.report.drawn.chains import chains  # noqa: PLC0415 - see above
            from dockworthy.report.drawn.timeline import timeline  # noqa: PLC0415 - see above

            now = known_moment(self.now) or _EPOCH
            drawn |= {"timeline": timeline(certificates, now), "chains": chains(certificates, now)}
        if history:
            from dockworthy.report.drawn.trend import trend_drawing  # noqa: PLC0415 - see above
            from dockworthy.results.trend import trend_of  # noqa: PLC0415 - see above

            drawn["trend"] = trend_drawing(trend_of(history))
        if has_network:
            from dockworthy.report.drawn.network import network  # noqa: PLC0415 - see above

            drawn["network"] = network(self.results)
        return drawn

    @property
    def left_out(self) -> str:
        """Of which hosts there are more certificates than the record keeps, as a sentence; empty where of none."""
        more = sorted(self.results.certificates_left_out.items(), key=lambda item: -item[1])
        if not more:
            return ""
        where = listed([f"{number:,} more of {line(host)}" for host, number in more], last=" and ")
        return f"The record keeps so many certificates of a host and no more. Neither there nor here: {where}."

    @cached_property
    def frameworks(self) -> list[Framework]:
        """The outside requirements."""
        return frameworks(self.results.results)

    @cached_property
    def asked(self) -> list[Asked]:
        """Every check by its id, with its outcomes."""
        groups = grouped(self.results.results, _asked)
        made = [
            Asked(group[0].check, group[0].title, min(group, key=_rank).severity, _counted(group)) for group in groups
        ]
        return sorted(made, key=lambda item: (item.check, item.title))

    def anchor(self, finding: Finding) -> str:
        """By which a link finds the finding of this check and severity in the list of all."""
        same = (one.anchor for one in self.findings if (one.check, one.severity) == (finding.check, finding.severity))
        return next(same, "findings")

    def system(self, host: Host) -> str:
        """The host's operating system."""
        return " ".join(line(part) for part in (host.os.get("id"), host.os.get("version_id")) if part)


def _rank(result: Result) -> int:
    return result.rank


def _asked(result: Result) -> tuple[str, str]:
    return (result.check, result.title)


def _by_reason(results: Iterable[Result]) -> list[list[Result]]:
    """By what is said of them, what is said most often first."""
    return sorted(grouped(results, lambda result: result.reason), key=len, reverse=True)


def _reason(group: Sequence[Result]) -> str:
    return line(group[0].reason or "no reason is known")


def _counted(results: Iterable[Result]) -> list[tuple[str, int]]:
    counts = Counter(result.outcome for result in results)
    return [(outcome, counts[outcome]) for outcome in _MARKS if counts[outcome]]
