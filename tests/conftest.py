"""What a run of the tests says at its end; here, because a run with workers loads no deeper conftest itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How many secrets were looked for in what the table's cases print, and how many came out."""
    cases: set[str] = set()
    places: set[str] = set()
    outputs = looked = told = 0
    for report in (*terminalreporter.stats.get("passed", []), *terminalreporter.stats.get("failed", [])):
        for key, value in report.user_properties if report.when == "call" else ():
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
