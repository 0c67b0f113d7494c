from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.probe.world import HOST_SHELLS, SHELLS, World, missing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def world(tmp_path: Path) -> World:
    reason = missing()
    if reason:
        pytest.skip(reason)
    return World(tmp_path)


@pytest.fixture(scope="session")
def new_world(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], World]:
    """Makes hosts that several tests look at."""
    reason = missing()
    if reason:
        pytest.skip(reason)
    return lambda: World(tmp_path_factory.mktemp("world"))


# A module's tests are run shell by shell, so that they can share what a shell has seen.
@pytest.fixture(scope="module", params=list(SHELLS))
def shell(request: pytest.FixtureRequest) -> str:
    """Each shell, for the probe's functions."""
    return _installed(request.param)


@pytest.fixture(scope="module", params=HOST_SHELLS)
def host_shell(request: pytest.FixtureRequest) -> str:
    """Each shell that looks at a host."""
    return _installed(request.param)


def _installed(name: str) -> str:
    reason = missing(SHELLS[name][0])
    if reason:
        pytest.skip(reason)
    return name
