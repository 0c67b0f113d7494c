"""What a rehearsal comes to: what another release, of the engine or of Harbor, breaks and mends on these hosts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.report.words import plain, quantity
from dockworthy.results.exit_status import is_finding

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dockworthy.results.compare import Comparison
    from dockworthy.results.model import Result, Results

__all__ = ["assumed", "broken", "changed", "headline", "mended"]

_ASSUMED = {
    "engine": "Assumed: today's files, kernel, containerd, runc and image store, and Docker's own build of the "
    "release; what it does to running containers shows when it runs",
    "harbor": "Assumed: today's harbor.yml and data volume, and Harbor's own build of the release; "
    "whether its migration of the database succeeds shows when it runs",
}
_CALLED = {"engine": "", "harbor": "Harbor "}
_BAD_BEFORE = ("fail", "waived")


def assumed(results: Results) -> list[str]:
    """What is taken to stay as it is, a sentence for each that is rehearsed."""
    rehearsal = results.run.rehearsal or {}
    return [sentence for name, sentence in _ASSUMED.items() if rehearsal.get(name)]


def broken(results: Iterable[Result], comparison: Comparison | None = None) -> list[Result]:
    """The findings that the hosts do not have with their own releases, or that the baseline does not have."""
    if comparison is not None:
        return comparison.new_findings()
    return [result for result in results if is_finding(result) and result.before not in _BAD_BEFORE]


def mended(results: Iterable[Result], comparison: Comparison | None = None) -> list[Result]:
    """The findings that the hosts have with their own releases, or that the baseline has, and that go."""
    if comparison is not None:
        return [change.new for change in comparison.fixed]
    return [result for result in results if result.outcome == "pass" and result.before in _BAD_BEFORE]


def changed(results: Iterable[Result]) -> list[Result]:
    """What the release changes without breaking anything: other defaults."""
    failed = (result for result in results if result.outcome == "fail" and result.before not in _BAD_BEFORE)
    return [result for result in failed if not is_finding(result)]


def headline(results: Results, comparison: Comparison | None = None) -> str:
    """``26.1.5 → 29.3.1: 3 things break, 1 is mended``, or ``Harbor 2.12.2 → 2.13.0: …``."""
    worse, better = broken(results.results, comparison), mended(results.results, comparison)
    rehearsal = results.run.rehearsal or {}
    ways = [_way(results, name, str(to)) for name in _ASSUMED if (to := rehearsal.get(name))]
    breaks = (
        f"{quantity(len(worse), 'thing')} {'breaks' if len(worse) == 1 else 'break'}" if worse else "nothing breaks"
    )
    mends = f"{len(better)} {'is' if len(better) == 1 else 'are'} mended" if better else "nothing is mended"
    return f"{'; '.join(ways)}: {breaks}, {mends}"


def _way(results: Results, name: str, to: str) -> str:
    """From the releases that the hosts have to the one that is rehearsed."""
    now = dict.fromkeys(plain(found, 40) for host in results.hosts if (found := getattr(host, name)))
    nothing = "no known engine" if name == "engine" else "none that is known"
    return f"{_CALLED[name]}{', '.join(now) or nothing} → {plain(to, 40)}"
