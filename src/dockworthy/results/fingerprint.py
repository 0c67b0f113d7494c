"""One result's identity over runs: host, check and instance; under the check's id and each that it had before."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dockworthy.results.model import Result

__all__ = ["Key", "fingerprint", "keys"]

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
