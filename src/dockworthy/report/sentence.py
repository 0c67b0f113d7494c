"""What is said of one result in a sentence, the same in every format that has room for one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.report.words import LONGEST, observation, plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dockworthy.results.model import Result, Run

__all__ = ["kept", "rehearsal", "rehearsed", "sentence", "waived"]

_BEGINNINGS = {
    "error": "could not be decided: ",
    "skip": "not applicable: ",
    "manual": "to be attested by a person: ",
    "waived": "waived ",
}


def sentence(result: Result, longest: int = LONGEST) -> str:
    """``could not be decided: permission denied (/etc/docker)``: its outcome in words, what was seen, and since when.

    A value is cut after so many characters. What holds for another release than the host has says so.
    """
    said = _BEGINNINGS.get(result.outcome, "")
    if result.outcome == "waived":
        said += f"{waived(result.waiver or {}, longest)}; "
    said += observation(result, longest)
    return said + "".join(f"; {part}" for part in kept(result))


def waived(waiver: Mapping[str, str], longest: int = LONGEST) -> str:
    """``until 2027-03-31T00:00:00Z by ops: needs it``."""
    until, owner, reason = (plain(str(waiver.get(key, "unknown")), longest) for key in ("expires", "owner", "reason"))
    return f"until {until} by {owner}: {reason}"


def kept(result: Result) -> list[str]:
    """For which release the verdict holds, and in a rehearsal what it is with the host's own: nothing of most."""
    parts = []
    if result.release is not None:
        parts.append(f"holds for release {plain(result.release)}")
    if result.before is not None:
        parts.append(f"with the release that the host has: {plain(result.before)}")
    return parts


def rehearsed(run: Run) -> str | None:
    """``a rehearsal with engine 29.3.1``, or None where the hosts were judged as they are."""
    what = rehearsal(run)
    return f"a rehearsal with {what}" if what is not None else None


def rehearsal(run: Run) -> str | None:
    """``engine 29.3.1``, what a rehearsal took in place of what the hosts have; None where it was none."""
    given = run.rehearsal or {}
    parts = [f"{name} {plain(str(given[name]), 40)}" for name in ("engine", "harbor") if given.get(name)]
    parts += [plain(str(change)) for change in given.get("applied") or []]
    return ", ".join(parts) or None
