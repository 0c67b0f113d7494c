"""What reads a report for real: a browser, and the folder of the validators; what is missing fails in CI."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

NODE_MODULES = Path(__file__).parent / "node_modules"
# Nothing of the browser's own asks the network; as root it has no sandbox.
_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs a reader."""
    for item in items:
        if "tests/readers/" in item.path.as_posix():
            item.add_marker(pytest.mark.reader)


def _needed(what: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is needed here; see tests/readers/install.sh")
    pytest.skip(f"{what} is not there; see tests/readers/install.sh")


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """Where npm put axe-core and the validator of SARIF."""
    if not (NODE_MODULES / ".done").exists():
        _needed("npm's folder")
    return NODE_MODULES


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium without a window."""
    path = shutil.which("chromium")
    if path is None:
        _needed("chromium")
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - it starts a process of its own

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=_ARGUMENTS)
        yield started
        started.close()


@pytest.fixture(scope="session")
def promtool() -> str:
    """The checker of Prometheus' text format."""
    path = shutil.which("promtool")
    if path is None:
        _needed("promtool")
    return str(path)
