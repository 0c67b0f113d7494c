"""Counts what tests have judged: a plugin of pytest, ``-p tests.docs.tally``, which `tests.docs.network_page` reads.

A case is one answer of a check about one instance of one host: of a host that was put together by hand each that was
asked for; of a real one, which all checks are asked about, those alone at which the test has looked.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests import hosts
from tests.engine import fitness

if TYPE_CHECKING:
    from dockworthy.check import Check, Judgement

__all__ = ["FILE"]

FILE = "DOCKWORTHY_TALLY"
_REAL = "tests/engine/"
_seen: set[tuple[object, ...]] = set()
_counts: Counter[tuple[str, str, str]] = Counter()
_bulk: list[object] = []  # while a real host is judged as a whole
_kept: list[object] = []  # what was looked at stays, so that no other has its address


def _note(check: str, param: str | None, outcome: str, case: object) -> None:
    test = os.environ.get("PYTEST_CURRENT_TEST", "")
    key = (check, param, outcome, case)
    if test and key not in _seen:
        _seen.add(key)
        _counts[check, "real" if test.startswith(_REAL) else "made", outcome] += 1


def _of_host(facts: Any) -> int:
    _kept.append(facts)
    return id(facts)


def _judged(check: Check, facts: Any, view: Any, param: str | None, instance: object) -> Judgement:
    said: Judgement = _ORIGINALS["_judged"](check, facts, view, param, instance)
    if not _bulk:
        _note(check.id, param, said.outcome, _of_host(facts))
    return said


def _outcomes(check: Check, facts: Any, **params: Any) -> dict[str | None, Judgement]:
    found: dict[str | None, Judgement] = _ORIGINALS["outcomes"](check, facts, **params)
    if not _bulk:
        for param, said in found.items():
            _note(check.id, param, said.outcome, _of_host(facts))
    return found


def _whole(*args: Any, **more: Any) -> Any:
    _bulk.append(None)
    try:
        return _ORIGINALS["judged"](*args, **more)
    finally:
        _bulk.pop()


class _Looked(fitness.Said):
    """Notes at which results a test has looked: of one that goes through all of them, at those that failed."""

    def __getitem__(self, key: tuple[str, str | None]) -> Judgement:
        said = super().__getitem__(key)
        _note(*key, said.outcome, _of_host(self))
        return said

    def items(self) -> Any:
        for pair, said in super().items():
            if said.outcome == "fail":
                _note(*pair, said.outcome, _of_host(self))
        return super().items()

    def of(self, check: str) -> dict[str | None, str]:
        found = super().of(check)
        for param, outcome in found.items():
            _note(check, param, outcome, _of_host(self))
        return found


_ORIGINALS: dict[str, Any] = {
    "_judged": hosts._judged,
    "outcomes": hosts.outcomes,
    "judged": fitness.judged,
}


def pytest_configure() -> None:
    """Stand in the place of what the tests ask."""
    hosts._judged = _judged
    hosts.outcomes = _outcomes
    fitness.judged = _whole
    fitness.Said = _Looked  # type: ignore[misc]


def pytest_unconfigure() -> None:
    """Write what was counted."""
    rows = [[*key, number] for key, number in sorted(_counts.items())]
    Path(os.environ[FILE]).write_text(json.dumps(rows))
