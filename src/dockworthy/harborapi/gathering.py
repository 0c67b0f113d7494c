"""All Harbors of a profile at once, while hosts are looked at: each a snapshot of its own."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from dockworthy.harborapi.asking import ask_harbor
from dockworthy.harborapi.declared import as_json
from dockworthy.harborapi.recording import recorded
from dockworthy.target.interface import Collected, Target

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dockworthy.harborapi.declared import DeclaredHarbor

__all__ = ["SCHEME", "ask_harbors"]

SCHEME = "harbor"
_FORKS = 16


def ask_harbors(harbors: Sequence[DeclaredHarbor], reason: str | None = None) -> Callable[[], list[Collected]]:
    """Begin to ask them, or, for a reason, ask none; what is returned waits for the snapshots, in their order."""
    if not harbors or reason is not None:
        found = [_snapshot(one, reason) for one in harbors]
        return lambda: found
    pool = ThreadPoolExecutor(max_workers=min(_FORKS, len(harbors)))
    futures = [pool.submit(_snapshot, one, None) for one in harbors]

    def results() -> list[Collected]:
        try:
            return [future.result() for future in futures]
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    return results


def _snapshot(harbor: DeclaredHarbor, reason: str | None) -> Collected:
    begun = time.time()
    answers = ask_harbor(harbor) if reason is None else {}
    data = recorded(as_json(harbor, asked=reason is None, reason=reason), answers, begun)
    name = f"{SCHEME}:{harbor.name}"
    return Collected(Target(name, SCHEME, harbor.host, name=name), data, time.time() - begun, len(answers))
