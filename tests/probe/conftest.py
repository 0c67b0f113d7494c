from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.probe.world import SHELLS, World, missing

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def world(tmp_path: Path) -> World:
    reason = missing()
    if reason:
        pytest.skip(reason)
    return World(tmp_path)


@pytest.fixture(params=list(SHELLS))
def shell(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    reason = missing(SHELLS[name][0])
    if reason:
        pytest.skip(reason)
    return name
