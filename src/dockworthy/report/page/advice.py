"""What would let a cause be decided the next time, by the code of the cause."""

from __future__ import annotations

from dockworthy.evidence import Code

__all__ = ["advice"]

_ADVICE = {
    Code.AMBIGUOUS: "Look at what the source names: it fits several answers, and only a person can tell which holds.",
    Code.CHECK_BROKEN: "The check itself is at fault; tell its author what stands in results.json.",
    Code.FAILED: "Run on the host the command that the source names, see why it ends with an error, and look again.",
    Code.MALFORMED: "Repair what the source names so that it can be read, and look again.",
    Code.NOT_JUDGED: "The check asks nothing; tell its author.",
    Code.NOT_PERMITTED: "Look again as root (--sudo), or as a user who may read what the source names.",
    Code.NOT_PROBED: "Collect a snapshot with this version of dockworthy: the one that was judged lacks it.",
    Code.NO_RUNTIME: "Judge the running host: files alone do not answer it.",
    Code.NO_START: "Repair what keeps the engine from starting, start it, and look again.",
    Code.RELEASE: "Update dockworthy, whose tables do not have this release yet.",
    Code.STALE: "Restart the engine, so that what is on disk is what it has read, and look again.",
    Code.TIMEOUT: "Look again with more time (--host-timeout), or when the host is less busy.",
    Code.TOOL_MISSING: "Install on the host the program that the source names, and look again.",
    Code.TOO_LARGE: "What the source names is larger than a snapshot takes; look at it on the host.",
    Code.TRUNCATED: "Collect the snapshot again: it ends before what was asked.",
    Code.UNREACHABLE: "See that the host can be reached by this name and user, and look again.",
    Code.UNREADABLE: "See on the host why reading what the source names fails, and look again.",
}
_BY_WORD = {code.value: sentence for code, sentence in _ADVICE.items()}


def advice(code: str | None) -> str | None:
    """The advice as a sentence or two; None where a cause has none."""
    return _BY_WORD.get(code or "")
