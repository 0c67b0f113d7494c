"""Regular expressions that are compiled when first used."""

from __future__ import annotations

import re
import sys

import pytest

from dockworthy.facts.facts import import_facts
from dockworthy.regex import _Late, regex


def test_is_the_compiled_expression_to_whoever_uses_it() -> None:
    late, compiled = regex(r"(?P<key>\w+)=(\d+)", re.IGNORECASE), re.compile(r"(?P<key>\w+)=(\d+)", re.IGNORECASE)

    assert late.findall("a=1 b=2") == compiled.findall("a=1 b=2")
    assert late.sub(r"\2", "a=1 b=2") == "1 2"
    assert (late.pattern, late.flags, late.groups) == (compiled.pattern, compiled.flags, compiled.groups)
    assert regex(rb"\d").search(b"x1") is not None


def test_is_compiled_when_first_used_and_not_before() -> None:
    late = regex("(")

    with pytest.raises(re.error, match="unterminated subpattern"):
        late.search("")


def test_every_expression_that_a_judgement_loads_can_be_compiled() -> None:
    import_facts()
    loaded = [module for name, module in sys.modules.items() if name.startswith("dockworthy.")]
    late = [value for module in loaded for value in vars(module).values() if isinstance(value, _Late)]

    assert len(late) > 100
    for one in late:
        re.compile(*one._given)
