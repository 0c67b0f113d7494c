"""What a rehearsal comes to: what another release, of the engine or of Harbor, or other files break and mend here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dockworthy.evidence import Code
from dockworthy.report.words import instance, listed, observation, plain, quantity
from dockworthy.results.exit_status import is_finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dockworthy.results.compare import Comparison
    from dockworthy.results.model import Result, Results, Run

__all__ = [
    "assumed",
    "broken",
    "changed",
    "comes_to",
    "consequences",
    "headline",
    "headline_of",
    "is_consequence",
    "mended",
    "taken",
]

_ASSUMED = {
    "engine": "Assumed: today's files, kernel, containerd, runc and image store, and Docker's own build of the "
    "release; what it does to running containers shows when it runs",
    "harbor": "Assumed: today's harbor.yml and data volume, and Harbor's own build of the release; "
    "whether its migration of the database succeeds shows when it runs",
    "applied": "Assumed: what is applied takes the place of what each host has, the engine is restarted where it reads "
    "it at its start, and all else stays; what nobody looked at before, as another registry, is not decided",
}
_START, _PULL = "daemon.starts-again", "trust.registry-verifies"
_SHOWN = 5  # hosts or pulls that a sentence names
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
    return [
        result for result in results if result.before in _BAD_BEFORE and (result.outcome == "pass" or _gone(result))
    ]


def _gone(result: Result) -> bool:
    """Whether what it was about is not there any more."""
    return result.outcome == "skip" and result.reason_code == Code.ABSENT.value


def changed(results: Iterable[Result]) -> list[Result]:
    """What the release changes without breaking anything: other defaults."""
    failed = (result for result in results if result.outcome == "fail" and result.before not in _BAD_BEFORE)
    return [result for result in failed if not is_finding(result)]


def consequences(results: Results) -> list[str]:
    """Which hosts would not start and why, and which pulls begin or cease to work, in sentences; equal causes once.

    Of one host that is judged with another release the findings say it all.
    """
    if len(results.hosts) == 1 and not (results.run.rehearsal or {}).get("applied"):
        return []
    return comes_to([one for one in results.results if is_consequence(one)])


def is_consequence(result: Result) -> bool:
    """Whether it is told in a sentence of its own: a start or a pull that is another than today."""
    return result.check in {_START, _PULL} and result.outcome != result.before


def comes_to(told: Sequence[Result]) -> list[str]:
    """The sentences about such results."""
    stopped = [one for one in told if one.check == _START and one.outcome == "fail" and one.before != "fail"]
    pulls = [one for one in told if one.check == _PULL and one.before is not None]
    begin = [one for one in pulls if one.outcome == "pass" and one.before in _BAD_BEFORE]
    cease = [one for one in pulls if one.outcome == "fail" and one.before == "pass"]
    return [
        *(f"{quantity(len(same), 'host')} would not start: {why}: {_hosts(same)}" for why, same in _by_cause(stopped)),
        *(f"{quantity(len(same), 'pull')} would work no more: {why}: {_pulls(same)}" for why, same in _by_cause(cease)),
        *([f"{quantity(len(begin), 'pull')} would begin to work: {_pulls(begin)}"] if begin else []),
    ]


def _by_cause(found: Iterable[Result]) -> list[tuple[str, list[Result]]]:
    """What was seen, with the results that saw it, the most frequent first."""
    causes: dict[str, list[Result]] = {}
    for result in found:
        causes.setdefault(_cause(result), []).append(result)
    return sorted(causes.items(), key=lambda item: -len(item[1]))


def _cause(result: Result) -> str:
    seen = result.observed
    if isinstance(seen, dict):
        seen = seen.get("message") or seen.get("verdict")
    return plain(seen) if isinstance(seen, str) else observation(result)


def _hosts(found: Iterable[Result]) -> str:
    return listed(list(dict.fromkeys(plain(one.host, 100) for one in found)), _SHOWN)


def _pulls(found: Iterable[Result]) -> str:
    return listed([f"{plain(one.param or instance(one), 100)} on {plain(one.host, 100)}" for one in found], _SHOWN)


def headline(results: Results, comparison: Comparison | None = None) -> str:
    """``26.1.5 → 29.3.1: 3 things break, 1 is mended``, or ``Harbor 2.12.2 → 2.13.0: …``."""
    worse, better = broken(results.results, comparison), mended(results.results, comparison)
    rehearsal = results.run.rehearsal or {}
    ways = [_way(results, name, str(to)) for name in _CALLED if (to := rehearsal.get(name))]
    ways += _applied(rehearsal)
    return f"{'; '.join(ways)}: {headline_of(len(worse), len(better))}"


def headline_of(worse: int, better: int) -> str:
    """``3 things break, 1 is mended``."""
    breaks = f"{quantity(worse, 'thing')} {'breaks' if worse == 1 else 'break'}" if worse else "nothing breaks"
    mends = f"{better} {'is' if better == 1 else 'are'} mended" if better else "nothing is mended"
    return f"{breaks}, {mends}"


def taken(run: Run) -> str | None:
    """``engine 29.3.1, daemon.json=new.json``: what was taken in place of what the hosts have, or None."""
    rehearsal = run.rehearsal or {}
    names = [f"{name} {plain(str(rehearsal[name]), 40)}" for name in _CALLED if rehearsal.get(name)]
    return ", ".join([*names, *_applied(rehearsal)]) or None


def _applied(rehearsal: Mapping[str, Any]) -> list[str]:
    """The files and folders, without their digests."""
    return [plain(str(change).partition(" sha256:")[0], 100) for change in rehearsal.get("applied") or ()]


def _way(results: Results, name: str, to: str) -> str:
    """From the releases that the hosts have to the one that is rehearsed."""
    now = dict.fromkeys(plain(found, 40) for host in results.hosts if (found := getattr(host, name)))
    nothing = "no known engine" if name == "engine" else "none that is known"
    return f"{_CALLED[name]}{', '.join(now) or nothing} → {plain(to, 40)}"
