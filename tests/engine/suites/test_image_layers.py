"""What lies in the layers of images is found with every engine, in whatever form it hands them out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.facts.facts import Facts
from tests.engine.layered import CANARY, make_images, what_must_be_found
from tests.hosts import NOW

if TYPE_CHECKING:
    from tests.engine.harness import Engine


def test_layers_are_read_with_the_suites_own_tools(suite_engine: Engine) -> None:
    make_images(suite_engine)
    facts = Facts(suite_engine.snapshot(image_layers=True), NOW)
    what_must_be_found(facts)
    assert not [name for name, section in facts.snapshot.sections.items() if CANARY.encode() in section.data]
