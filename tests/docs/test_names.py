"""What the pages name is there: checks, options, and keys of a profile's ``params``."""

from __future__ import annotations

import re

from dockworthy.commands.catalogue import all_checks
from dockworthy.profile.params import describe
from dockworthy.roundtrip.steps import KINDS
from dockworthy.run.options import Options
from tests.docs.blocks import PAGES

# In these the options are docker's and others', and the keys are the engine's.
OTHERS = {"checks.md", "releases.md"}
# pytest's own, and the beginning of ours there.
PYTESTS = {"--html", "--dw-"}
TEXTS = {page.name: page.read_text("utf-8") for page in PAGES if page.name not in OTHERS}


def _named(pattern: str) -> set[str]:
    return {name for text in TEXTS.values() for name in re.findall(pattern, text)}


def test_each_check_that_is_named_is_there() -> None:
    checks = {check.id for check in all_checks([])}
    topics = "|".join({check.partition(".")[0] for check in checks} | {"roundtrip"})
    named = _named(rf"(?<![\w/.-])((?:{topics})\.[a-z0-9]+(?:-[a-z0-9]+)+)(?![\w.]|=)")
    assert len(named) > 100
    assert named - checks - {kind.check for kind in KINDS.values()} == set()


def test_each_option_that_is_named_is_there() -> None:
    """The page of commands is made from the parsers."""
    options = set(re.findall(r"`(--[a-z-]+)", TEXTS["commands.md"]))
    named = _named(r"`(--[a-z][a-z-]*)")
    assert len(named) > 30
    assert named - options - PYTESTS == set()
    theirs = {f"--dw-{name.replace('_', '-')}" for name in Options._fields}
    assert _named(r"(--dw-[a-z][a-z-]*)") - theirs == set()


def test_each_key_of_a_profile_that_is_named_is_there() -> None:
    keys = {one.key for one in describe()}
    named = _named(r"`((?:min|max|harbor|accepted|container|image|docker)_[a-z_]+)`")
    assert len(named) > 50
    assert named - keys == set()


def test_a_figure_of_the_readme_is_one_that_a_benchmark_prints() -> None:
    figures = re.findall(r"\d+\.\d+ m?s\b", TEXTS["README.md"])
    assert figures
    assert [figure for figure in figures if figure not in TEXTS["speed.md"]] == []
