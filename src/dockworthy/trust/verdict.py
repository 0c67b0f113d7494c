"""The verdict: what the engine would say of a registry."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

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
    """Judge a registry as the engine would; raises NotDecided where something that decides was not seen."""
    outcome = pull(case)
    refusal = outcome.refusal
    if refusal is None:
        return Verdict("ok", "", case, outcome)
    return Verdict(refusal.cls, refusal.message, case, outcome)
