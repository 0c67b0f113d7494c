"""What to type after a run: chosen by what it found, and never against its verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.evidence import Code
from dockworthy.report import rehearsal
from dockworthy.report.network import speaks
from dockworthy.report.verdict import worst_first
from dockworthy.results.exit_status import COMPLIANT, FINDINGS, NOTHING, UNDECIDED
from dockworthy.typed import REDACTED

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dockworthy.results.compare import Comparison
    from dockworthy.results.model import Result, Results

__all__ = ["Step", "next_step"]

Step = tuple[str, list[str]]  # what it is for, and the words of the command
_CHECK = ["dockworthy", "check"]
_SUDO = "--sudo"
_INVENTORY = {"--inventory", "--dw-inventory"}
_KEPT = ("snapshot:", "rootfs:")
# what makes a run no baseline: it has one, or it looked at a part alone
_OF_ONE_RUN = {"--baseline", "--check", "--skip-check", "--topic", "--severity", "--refs", "--at"}
_SHOWN_IN_PART = "--notify"  # whose value is a secret but for its scheme and host
_OF_PACKETS = frozenset({"dns", "network"})  # topics
_LIVE = ("local://", "ssh://", "paramiko://", "ansible://")  # where a run as root sees more; a snapshot is what it is


def next_step(
    results: Results, status: int, folder: Path | None = None, comparison: Comparison | None = None
) -> list[Step]:
    """At most two commands, the first the one that helps most; none where the run did not come to its end."""
    if status not in {COMPLIANT, FINDINGS, NOTHING, UNDECIDED}:
        return []
    as_root = _as_root(results)
    if status == NOTHING:
        return [("see what could be judged", ["dockworthy", "list"])]
    if status == COMPLIANT:
        return _when_compliant(results, folder)
    found = _to_do(results, status, comparison)
    lost = [host.target for host in results.unreachable]
    steps = [as_root] if as_root is not None else []
    asked = _asked(results, lost[0]) if lost and not lost[0].startswith(_KEPT) else None
    if asked is not None:
        steps.append(("what stands between this host and a verdict", ["dockworthy", "doctor", *asked]))
    if found:
        steps.append(_drawn(results, found[0]) or _explained(found[0]))
    is_real = results.run.rehearsal is None  # what another release would want is not for this one
    if status == FINDINGS and is_real and folder is not None and any(map(_has_commands, found)):
        steps.insert(
            0, ("all fixes as one script to review", ["dockworthy", "remediate", str(folder), "--format", "sh"])
        )
    return steps[:2]


def _to_do(results: Results, status: int, comparison: Comparison | None) -> list[Result]:
    """The results that the verdict rests on, the worst first."""
    if status == UNDECIDED:
        found = [one for one in results.results if one.outcome == "error" and one.check != "host.reachable"]
    elif results.run.rehearsal is not None:
        found = rehearsal.broken(results.results, comparison)
    elif comparison is not None:
        found = comparison.new_findings()
    else:
        found = [one for one in results.results if one.outcome == "fail"]
    return sorted(found, key=worst_first)


def _explained(worst: Result) -> Step:
    return ("why it matters, and how it is fixed", ["dockworthy", "explain", worst.check])


def _drawn(results: Results, worst: Result) -> Step | None:
    """Where the worst is that packets get lost: their way through that host, drawn."""
    target = next((host.target for host in results.hosts if host.name == worst.host), REDACTED)
    asked = _asked(results, target)
    if worst.topic not in _OF_PACKETS or not speaks(worst.check) or asked is None:
        return None
    return ("where on its way a packet gets lost", ["dockworthy", "doctor", "--explain-network", *asked])


def _asked(results: Results, target: str) -> list[str] | None:
    """The arguments by which one host is meant again, None where they are not known; an inventory's has but a name."""
    words = [part for word in results.run.argv for part in word.split("=", 1)]
    options = [number for number, word in enumerate(words[:-1]) if word in _INVENTORY]
    if "://" in target or target.startswith(_KEPT) or not options:
        return None if REDACTED in target else [target]
    inventory = words[options[-1] + 1]
    return None if REDACTED in inventory or inventory == "-" else ["--inventory", inventory, "--limit", target]


def _has_commands(result: Result) -> bool:
    return any(line and not line.startswith("#") for line in (result.fix or "").splitlines())


def _when_compliant(results: Results, folder: Path | None) -> list[Step]:
    typed = _typed(results)
    if folder is None or typed is None or results.run.rehearsal is not None:
        return []
    if any(word.partition("=")[0] in _OF_ONE_RUN or word.startswith(_KEPT) for word in typed):
        return []
    return [("from now on, fail on what is new alone", [*typed, "--baseline", str(folder)])]


def _typed(results: Results) -> list[str] | None:
    """The command that was typed, where it was one of ours and nothing of it is hidden."""
    argv = list(results.run.argv)
    if argv[:1] and argv[0].endswith("dockworthy"):
        argv[0] = "dockworthy"
    cut = any(REDACTED in word or word.startswith(_SHOWN_IN_PART) for word in argv)
    return argv if argv[:2] == _CHECK and not cut and "--" not in argv else None


def _as_root(results: Results) -> Step | None:
    """The same run as root, where more would be decided: something was not permitted on a host that is there."""
    refused = {one.host for one in results.results if one.reason_code == Code.NOT_PERMITTED.value}
    targets = [host.target for host in results.hosts if host.name in refused]
    typed = _typed(results)
    if typed is None or _SUDO in typed or not _all_live(targets):
        return None
    what = "look as root, who may read what was not permitted"
    return (what, ["sudo", *typed]) if set(targets) == {"local://"} else (what, [*typed, _SUDO])


def _all_live(targets: Sequence[str]) -> bool:
    return bool(targets) and all(target.startswith(_LIVE) for target in targets)
