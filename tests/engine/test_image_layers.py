"""Images whose layers are looked into, on a real engine with each of its stores: what is in them is decided."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dockworthy.facts.facts import Facts
from tests.engine.harness import Engine
from tests.engine.layered import CANARY, make_images, said, what_must_be_found
from tests.hosts import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.engine

STORES = {"graph driver": {}, "containerd": {"features": {"containerd-snapshotter": True}}}


@pytest.fixture(scope="module", params=STORES)
def seen(request: pytest.FixtureRequest) -> Iterator[dict[str, Facts]]:
    """By who looked, what was seen of an engine with three images."""
    with Engine(config=STORES[request.param], isolated=True) as engine:
        make_images(engine)
        engine.docker("run", "-d", "--name", "plain", "busybox:test", "sleep", "3600")
        group = ["setpriv", "--reuid=1234", "--regid=1234", "--clear-groups"]
        engine.run("chmod", "666", "/run/docker.sock")
        found = {"root": (), "another": group}
        yield {who: Facts(engine.snapshot(image_layers=True, user=user), NOW) for who, user in found.items()}


@pytest.mark.parametrize("who", ["root", "another"])
def test_what_lies_in_layers_is_found_whoever_may_ask_the_engine(seen: dict[str, Facts], who: str) -> None:
    what_must_be_found(seen[who])


def test_packages_that_must_not_be_there_are_told_by_what_is_installed(seen: dict[str, Facts]) -> None:
    facts = seen["root"]
    assert said(facts, "minimal-packages", "full:1", image_packages_refused=("ba*",)).observed == ["bash"]
    assert said(facts, "minimal-packages", "full:1", image_packages_refused=("telnet*",)).outcome == "pass"
    assert said(facts, "minimal-packages", "full:1").outcome == "manual"
    assert said(facts, "minimal-packages", "busybox:test", image_packages_refused=("x",)).outcome == "manual"


def test_nothing_that_is_secret_in_an_image_leaves_the_host(seen: dict[str, Facts]) -> None:
    for facts in seen.values():
        held = b"".join(section.data for section in facts.snapshot.sections.values())
        assert CANARY.encode() not in held
        assert b"PRIVATE KEY" not in held
