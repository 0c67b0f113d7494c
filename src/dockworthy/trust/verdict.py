"""The verdict: what the engine would say of a registry, why, and how to mend it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dockworthy.trust.advice.fix import explain
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
        cause: one sentence: what is wrong on this host or with this certificate.
        fix: commands and configuration to paste; empty where nothing is to be done.
        outcome: what the picture is drawn from.
        case: the question.
    """

    verdict: str
    message: str
    cause: str
    fix: str
    case: TrustCase = field(repr=False)
    outcome: Outcome = field(repr=False)


def judge(case: TrustCase) -> Verdict:
    """Judge a registry as the engine would.

    Raises:
        NotDecided: where something that decides was not seen.
    """
    outcome = pull(case)
    refusal = outcome.refusal
    cause, fix = explain(case, outcome)
    if refusal is None:
        return Verdict("ok", "", cause, fix, case, outcome)
    return Verdict(refusal.cls, refusal.message, cause, fix, case, outcome)
