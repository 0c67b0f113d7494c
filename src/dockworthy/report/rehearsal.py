"""What a rehearsal comes to: what another release of the engine breaks and mends on these hosts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.report.words import plain, quantity
from dockworthy.results.exit_status import is_finding

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dockworthy.results.compare import Comparison
    from dockworthy.results.model import Result, Results

__all__ = ["ASSUMED", "broken", "changed", "headline", "mended"]

ASSUMED = (
    "Assumed: today's files, kernel, containerd, runc and image store, and Docker's own build of the release; "
    "what it does to running containers shows when it runs"
)
_BAD_BEFORE = ("fail", "waived")


def broken(results: Iterable[Result], comparison: Comparison | None = None) -> list[Result]:
    """The findings that the hosts do not have with their own engine, or that the baseline does not have."""
    if comparison is not None:
        return comparison.new_findings()
    return [result for result in results if is_finding(result) and result.before not in _BAD_BEFORE]


def mended(results: Iterable[Result], comparison: Comparison | None = None) -> list[Result]:
    """The findings that the hosts have with their own engine, or that the baseline has, and that go."""
    if comparison is not None:
        return [change.new for change in comparison.fixed]
    return [result for result in results if result.outcome == "pass" and result.before in _BAD_BEFORE]


def changed(results: Iterable[Result]) -> list[Result]:
    """What the release changes without breaking anything: other defaults."""
    failed = (result for result in results if result.outcome == "fail" and result.before not in _BAD_BEFORE)
    return [result for result in failed if not is_finding(result)]


def headline(results: Results, comparison: Comparison | None = None) -> str:
    """``26.1.5 → 29.3.1: 3 things break, 1 is mended``."""
    worse, better = broken(results.results, comparison), mended(results.results, comparison)
    now = dict.fromkeys(plain(host.engine, 40) for host in results.hosts if host.engine)
    rehearsal = results.run.rehearsal or {}
    breaks = (
        f"{quantity(len(worse), 'thing')} {'breaks' if len(worse) == 1 else 'break'}" if worse else "nothing breaks"
    )
    mends = f"{len(better)} {'is' if len(better) == 1 else 'are'} mended" if better else "nothing is mended"
    return f"{', '.join(now) or 'no known engine'} → {plain(str(rehearsal.get('engine')), 40)}: {breaks}, {mends}"
