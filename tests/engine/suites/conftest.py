"""The engines of Debian's suites, each as a host of its own, beside this machine's."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.engine.harness import Engine
from tests.engine.roots import SUITES, RootNotMade, system

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module", params=SUITES)
def suite(request: pytest.FixtureRequest) -> Path:
    """A suite's root file system; one that cannot be had is a failure in CI and a skip elsewhere."""
    try:
        return system(request.param)
    except RootNotMade as error:
        reason = f"the root file system of {request.param} is needed here: {error}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.fixture(scope="module")
def suite_engine(suite: Path) -> Iterator[Engine]:
    """That suite's engine with default settings, for tests that change none of them."""
    with Engine(system=suite) as engine:
        engine.image()
        yield engine
