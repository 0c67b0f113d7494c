"""Findings by check and what is undecided by cause: each once, with all that it touches."""

from __future__ import annotations

from collections import Counter
from dataclasses import field
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.report.advice import advice
from dockworthy.report.fixes.risks import risk_of
from dockworthy.report.groups import grouped
from dockworthy.report.page.words import line, shown
from dockworthy.report.words import should, table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dockworthy.results.model import Result

__all__ = ["Cause", "Finding", "Fix", "Place", "Seen", "causes", "findings", "places"]

ROWS = 100  # of one value that has several


@dataclass(frozen=True, slots=True)
class Place:
    """A host, and the instances on it."""

    host: str  # its name
    params: tuple[str, ...]  # the instances, none where the check is asked once a host
    source: str = ""  # where it was seen, where that is not said for all places at once


@dataclass(frozen=True, slots=True)
class Seen:
    """One observed value, and everywhere that it was seen."""

    observed: str  # in words
    expected: str  # in words
    should: str  # the same as half a sentence, or empty where the title says it better
    table: list[tuple[str, str, str]]  # the same as rows, where it has values below names
    source: str  # where it was looked, where that is the same everywhere
    places: list[Place]  # where


@dataclass(frozen=True, slots=True)
class Fix:
    """One fix and what it fixes."""

    text: str  # to be carried out
    places: list[Place]  # where
    risk: str | None  # what it does beside fixing, as a sentence, or None


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found at one severity, on all hosts."""

    check: str  # its id
    title: str  # what is demanded
    severity: str  # as the profile has it
    refs: list[str]  # the outside requirements
    number: int  # how many results
    hosts: int  # on how many hosts
    seen: list[Seen]  # by observed value
    fixes: list[Fix]  # each text once
    aliases: list[str] = field(default_factory=list)  # former ids
    anchor: str = ""  # by which a link finds it


@dataclass(frozen=True, slots=True)
class Cause:
    """Why results are undecided: one cause, and what it touches."""

    sentence: str  # the cause
    advice: str | None  # what would make it decidable, or None
    number: int  # how many results
    hosts: int  # on how many hosts
    severity: str  # the worst of them
    told: list[tuple[str, str, list[tuple[str, str, list[Place]]]]]  # sentence, source, and id, title and places


def places(results: Iterable[Result], *, sources: bool = False) -> list[Place]:
    """Where these results are, host by host, with the sources where they differ."""
    found: dict[tuple[str, str], list[str]] = {}
    for result in results:
        params = found.setdefault((result.host, result.source if sources else ""), [])
        if result.param is not None:
            params.append(line(result.param))
    return [Place(line(host), tuple(params), line(source)) for (host, source), params in found.items()]


def findings(results: Iterable[Result]) -> list[Finding]:
    """The failures by check, the worst first, and of these what is found most often."""
    groups = grouped(
        (result for result in results if result.outcome == "fail"), lambda result: (result.rank, result.check)
    )
    groups.sort(key=lambda group: (group[0].rank, -len(group), group[0].check))
    return [_finding(group, f"finding-{number}") for number, group in enumerate(groups, 1)]


def _finding(group: list[Result], anchor: str) -> Finding:
    first = group[0]
    return Finding(
        check=first.check,
        title=first.title,
        severity=first.severity,
        refs=list(dict.fromkeys(reference for result in group for reference in result.refs)),
        number=len(group),
        hosts=len({result.host for result in group}),
        seen=[_seen(same) for same in _by_value(group)],
        fixes=[Fix(same[0].fix or "", places(same), risk_of(same[0].fix or "")) for same in _by_fix(group)],
        aliases=first.aliases,
        anchor=anchor,
    )


def _by_fix(group: list[Result]) -> list[list[Result]]:
    return grouped((result for result in group if result.fix), lambda result: result.fix)


def _by_value(group: list[Result]) -> list[list[Result]]:
    """By what was seen and expected, what was seen most often first."""
    found = grouped(group, lambda result: (repr(result.observed), repr(result.expected)))
    return sorted(found, key=len, reverse=True)


def _seen(group: list[Result]) -> Seen:
    first = group[0]
    same = len({result.source for result in group}) == 1
    return Seen(
        observed=shown(first.observed),
        expected=shown(first.expected),
        should=should(first.expected, first.observed),
        table=table(first.observed),
        source=line(first.source) if same else "",
        places=places(group, sources=not same),
    )


def causes(results: Iterable[Result]) -> list[Cause]:
    """The causes for which results are undecided, the one that touches most first."""
    groups = grouped((result for result in results if result.outcome == "error"), _cause)
    return [_of_cause(group) for group in sorted(groups, key=len, reverse=True)]


def _cause(result: Result) -> str:
    return result.reason_code or result.reason or ""


def _of_cause(group: list[Result]) -> Cause:
    sentences = Counter(result.reason or "no reason is known" for result in group)
    told = [
        (
            line(same[0].reason or "no reason is known"),
            line(same[0].source),
            [
                (asked[0].check, asked[0].title, places(asked))
                for asked in grouped(same, lambda result: (result.check, result.title))
            ],
        )
        for same in grouped(group, lambda result: (result.reason, result.source))
    ]
    return Cause(
        sentence=line(sentences.most_common(1)[0][0]),
        advice=advice(group[0].reason_code),
        number=len(group),
        hosts=len({result.host for result in group}),
        severity=min(group, key=lambda result: result.rank).severity,
        told=told,
    )
