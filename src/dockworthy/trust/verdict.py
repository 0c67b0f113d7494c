"""The verdict: what the engine would say of a registry."""

from __future__ import annotations

from dataclasses import field, replace
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, NotDecided
from dockworthy.trust.pulls import Outcome, pull

if TYPE_CHECKING:
    from dockworthy.trust.case import TrustCase

__all__ = ["Verdict", "judge"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the engine would say.

    Attributes:
        verdict: the class, spelled as in the interface: ``ok``, ``unknown-authority`` …
        message: the engine's own words; empty for ``ok``.
        outcome: how it comes to that: what advice and picture are drawn from.
        case: the question.
    """

    verdict: str
    message: str
    case: TrustCase = field(repr=False)
    outcome: Outcome = field(repr=False)


def judge(case: TrustCase) -> Verdict:
    """Judge a registry as the engine would.

    Raises NotDecided where something that decides was not seen, or what the engine's release or its Go changed is not
    known; where its Go is not known, what every one that it may be says of it is the verdict.
    """
    generation = case.generation
    if generation.unknown:
        raise NotDecided(generation.unknown, "", Code.RELEASE)
    first, *others = generation.possible
    verdict = _judge(replace(case, generation=first))
    for other in others:
        if _judge(replace(case, generation=other)).verdict != verdict.verdict:
            raise NotDecided("which Go the engine is built with was not told, and it matters here", "", Code.NOT_TOLD)
    return verdict


def _judge(case: TrustCase) -> Verdict:
    outcome = pull(case)
    refusal = outcome.refusal
    if refusal is None:
        return Verdict("ok", "", case, outcome)
    return Verdict(refusal.cls, refusal.message, case, outcome)
