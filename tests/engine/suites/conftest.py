"""The engines of Debian's suites, each as a host of its own, beside this machine's."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.engine.harness import Engine
from tests.engine.roots import SUITES, RootNotMade, system

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def root_of() -> Callable[[str], Path]:
    """A suite's root file system by its name; one that cannot be had is a failure in CI and a skip elsewhere."""

    def find(name: str) -> Path:
        try:
            return system(name)
        except RootNotMade as error:
            reason = f"the root file system of {name} is needed here: {error}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)

    return find


@pytest.fixture(scope="module", params=SUITES)
def suite(request: pytest.FixtureRequest, root_of: Callable[[str], Path]) -> Path:
    """Each suite's root file system."""
    return root_of(request.param)


@pytest.fixture(scope="module")
def suite_engine(suite: Path) -> Iterator[Engine]:
    """That suite's engine with default settings, for tests that change none of them."""
    with Engine(system=suite) as engine:
        engine.image()
        yield engine
