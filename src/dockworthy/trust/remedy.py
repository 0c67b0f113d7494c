"""Why a registry is refused, in one sentence, and what to do about it, as commands to paste."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dockworthy.trust.case import TrustCase
    from dockworthy.trust.pulls import Outcome

__all__ = ["explain"]


def explain(case: TrustCase, outcome: Outcome) -> tuple[str, str]:
    """The cause and the fix of an outcome."""
    _ = case
    return ("", "") if outcome.refusal is None else (outcome.refusal.detail or outcome.refusal.message, "")
