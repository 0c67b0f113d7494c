"""The engine that cheap tests share; one that cannot be had is a failure in CI and a skip elsewhere."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.engine.harness import Engine, missing

if TYPE_CHECKING:
    from collections.abc import Iterator


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs an engine."""
    for item in items:
        if "tests/engine/" in item.path.as_posix():
            item.add_marker(pytest.mark.engine)


@pytest.fixture(scope="session", autouse=True)
def engine_here() -> None:
    """An engine can be started here; in CI it must be."""
    reason = missing()
    if reason and os.environ.get("CI") == "true":
        pytest.fail(f"a real engine is needed here: {reason}")
    if reason:
        pytest.skip(reason)


@pytest.fixture(scope="session")
def shared_engine() -> Iterator[Engine]:
    """One isolated engine with default settings for the whole session."""
    with Engine(isolated=True) as engine:
        engine.image()
        yield engine


@pytest.fixture
def engine(shared_engine: Engine) -> Iterator[Engine]:
    """The shared engine, empty before and after: for tests that do not touch the daemon's own settings."""
    yield shared_engine
    shared_engine.clear()
