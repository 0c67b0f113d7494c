"""What a run does after collecting and says at its end; here, because workers load no deeper conftest themselves."""

from __future__ import annotations

import gc
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest


def pytest_collection_finish() -> None:
    """What was collected stays until the end, so that the garbage collector need not look at it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)  # facts are many and die young; looking for circles among them finds none


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How many secrets were looked for in what the table's cases print, and how many came out."""
    cases: set[str] = set()
    places: set[str] = set()
    outputs = looked = told = 0
    for key, value in _properties(terminalreporter):
        if key == "canaries":
            name, place, number = value
            cases.add(name)
            places.add(place)
            outputs += 1
            looked += number
        elif key == "told":
            told += value
    if outputs:
        terminalreporter.write_line(
            f"{len(cases)} spellings × {len(places)} places = {outputs} outputs: "  # noqa: RUF001 - a product
            f"{looked} canaries looked for, {told} found"
        )
    _write_rounds(terminalreporter)


def _properties(terminalreporter: pytest.TerminalReporter) -> Iterator[tuple[str, Any]]:
    """What the tests have recorded."""
    for report in (*terminalreporter.stats.get("passed", []), *terminalreporter.stats.get("failed", [])):
        if report.when == "call":
            yield from report.user_properties


def _write_rounds(terminalreporter: pytest.TerminalReporter) -> None:
    """How many random set-ups were put to Go as well, by what Go says of them."""
    blocks = [value for key, value in _properties(terminalreporter) if key == "rounds"]
    classes: Counter[str] = Counter()
    for *_, reached in blocks:
        classes.update(reached)
    for name, count in sorted(classes.items()):
        terminalreporter.write_line(f"{count:6} {name}")
    if blocks:
        rounds, differences = (sum(block[index] for block in blocks) for index in (1, 2))
        terminalreporter.write_line(f"{rounds} rounds, {differences} differences, seed {blocks[0][0]}")
