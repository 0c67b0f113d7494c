"""What people decided beside the checks, and how many results each decision covered.

A record shows of the waiver that covers a result its reason, owner and end, and of an attestation its evidence
and end; by these, and by check, host and instance, each result is counted for one decision.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dockworthy.patterns import covers
from dockworthy.results.model import Policy

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dockworthy.results.model import Result

__all__ = ["ATTESTED", "Decision", "is_decided", "keyed", "policy_of", "with_counts"]

ATTESTED = "attestation: "
"""How the source of a result begins that rests on an attestation; its evidence follows."""
_WAIVER = ("check", "host", "param", "reason", "owner", "given", "expires")
_ATTESTATION = ("check", "host", "param", "evidence", "owner", "given", "expires")

_Fields = dict[str, Any]
Decision = tuple[str, tuple[object, ...]]
"""Which one it is: ``waivers`` or ``attestations``, and what it says."""


def policy_of(waivers: Iterable[_Fields], attestations: Iterable[_Fields], results: Iterable[Result]) -> Policy:
    """Each decision once, in their order, with the number of these results that it covered."""
    found = Policy(_united(waivers, _WAIVER), _united(attestations, _ATTESTATION))
    by_words: dict[tuple[object, ...], list[_Fields]] = {}
    for one in found.waivers:
        by_words.setdefault((one["reason"], one["owner"], one["expires"]), []).append(one)
    for one in found.attestations:
        by_words.setdefault((f"{ATTESTED}{one['evidence']}", one["expires"]), []).append(one)
    if by_words:
        for result in results:
            _count(result, by_words)
    return found


def _united(decisions: Iterable[_Fields], names: tuple[str, ...]) -> list[_Fields]:
    every = {tuple(one.get(name) for name in names): one for one in decisions}
    return [{**dict(zip(names, key, strict=True)), "covered": 0} for key in every]


def _count(result: Result, by_words: dict[tuple[object, ...], list[_Fields]]) -> None:
    if result.waiver is not None:
        words: tuple[object, ...] = tuple(result.waiver.get(name) for name in ("reason", "owner", "expires"))
    elif result.source.startswith(ATTESTED):
        words = (result.source, result.observed.get("expires") if isinstance(result.observed, dict) else None)
    else:
        return
    names = {result.check, *result.aliases}
    for one in by_words.get(words, ()):
        if one["check"] in names and covers(one["host"], result.host) and covers(one["param"], result.param):
            one["covered"] += 1
            return


def is_decided(record: Mapping[str, Any]) -> bool:
    """Whether a result may count for a decision."""
    return record["waiver"] is not None or record["source"].startswith(ATTESTED)


def keyed(policy: Policy) -> dict[Decision, int]:
    """How many results each decision of a part of the hosts covers, without those that cover none."""
    return {key: one["covered"] for key, one in _each(policy) if one["covered"]}


def with_counts(policy: Policy, covered: Mapping[Decision, int]) -> Policy:
    """The policy of all hosts, with the counts of its parts together."""
    for key, one in _each(policy):
        one["covered"] = covered.get(key, 0)
    return policy


def _each(policy: Policy) -> Iterable[tuple[Decision, _Fields]]:
    for kind, names in (("waivers", _WAIVER), ("attestations", _ATTESTATION)):
        for one in getattr(policy, kind):
            yield (kind, tuple(one[name] for name in names)), one
