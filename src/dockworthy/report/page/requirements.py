"""The outside requirements that the checks answer: each framework's, with what was found about each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.frameworks import known
from dockworthy.profile.benchmarks import recommendations, sort_key
from dockworthy.results.model import OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dockworthy.frameworks import Framework as Published
    from dockworthy.results.model import Result

__all__ = ["Framework", "Requirement", "frameworks"]

_WORST_FIRST = ("fail", "error", "manual", "waived", "pass", "skip")


@dataclass(frozen=True, slots=True)
class Requirement:
    """One recommendation of a framework."""

    number: str  # as the framework numbers it
    checks: list[str]  # the ids of the checks that answer it
    outcome: str  # the worst of their outcomes
    counts: list[tuple[str, int]]  # how many results each outcome has, the worst first, those with none left out


@dataclass(frozen=True, slots=True)
class Framework:
    """One framework, as far as it was asked about."""

    name: str  # as references spell it
    title: str  # its own
    about: str  # who publishes it, and by whose word the checks answer it
    requirements: list[Requirement]  # in its order
    outcomes: list[tuple[str, int]]  # how many recommendations have each outcome as their worst
    unanswered: list[str]  # its recommendations that no check of this run answers, where their numbers are known


Numbers = dict[str, tuple[dict[str, None], dict[str, int]]]


def frameworks(results: Iterable[Result]) -> list[Framework]:
    """What the references name: the frameworks that are known, in the order of their table, and all others as one."""
    said: dict[tuple[str, tuple[str, ...]], dict[str, int]] = {}  # of a check, whose references seldom differ
    for result in results:
        outcomes = said.setdefault((result.check, tuple(result.refs)), {})
        outcomes[result.outcome] = outcomes.get(result.outcome, 0) + 1
    table = known()
    found: dict[str, Numbers] = {}
    for (check, references), outcomes in said.items():
        for reference in filter(str.strip, references):
            name, _, number = reference.partition(":")
            if name not in table.frameworks or not number:
                name, number = "", reference
            checks, counts = found.setdefault(name, {}).setdefault(number, ({}, dict.fromkeys(OUTCOMES, 0)))
            checks.setdefault(check)
            for outcome, times in outcomes.items():
                counts[outcome] += times
    return [_framework(name, found[name]) for name in (*table.frameworks, "") if name in found]


def _framework(name: str, numbers: Numbers) -> Framework:
    requirements = []
    for number, (checks, by_outcome) in sorted(numbers.items(), key=lambda item: sort_key(item[0])):
        counts = [(word, by_outcome[word]) for word in _WORST_FIRST if by_outcome[word]]
        requirements.append(Requirement(number, list(checks), counts[0][0], counts))
    outcomes = [requirement.outcome for requirement in requirements]
    framework = known().frameworks.get(name)
    return Framework(
        name,
        framework.title if framework is not None else "Other sources",
        _about(framework) if framework is not None else "What documentation and programs demand.",
        requirements,
        [(word, outcomes.count(word)) for word in _WORST_FIRST if word in outcomes],
        [number for number in recommendations(name) if number not in numbers],
    )


def _about(framework: Published) -> str:
    sources = ", ".join(source.title for source in known().sources_of(framework))
    return f"{framework.publisher}; {f'answered by the word of {sources}' if sources else 'as the checks name it'}."
