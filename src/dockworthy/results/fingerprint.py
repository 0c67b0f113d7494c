"""One result's identity over runs: host, check and instance; under the check's id and each that it had before."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dockworthy.results.model import Result

__all__ = ["Key", "fingerprint", "identified", "keys"]

Key = tuple[str, str, "str | None"]


def keys(result: Result) -> list[Key]:
    """The result's identities, today's first."""
    return [(result.host, check, result.param) for check in (result.check, *result.aliases)]


def fingerprint(result: Result) -> str:
    """The identity as 32 hexadecimal digits.

    Names are put as JSON before they are hashed, so that no two of them run into each other.
    """
    identity = json.dumps([result.host, result.check, result.param])
    return hashlib.sha256(identity.encode()).hexdigest()[:32]


def identified(results: Iterable[Result]) -> Iterator[tuple[Result, str]]:
    """Each result with its fingerprint and the number of times that it came until then: no two have the same."""
    seen: Counter[str] = Counter()
    for result in results:
        known = fingerprint(result)
        seen[known] += 1
        yield result, f"{known}:{seen[known]}"
