"""How a fact is declared: by its name and what it needs, built once a host, refused where it cannot be."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dockworthy.check import check, expect, instances
from dockworthy.evidence import Evidence, NotApplicable
from dockworthy.facts import names
from dockworthy.facts.engine.settings import Setting, Settings
from dockworthy.facts.facts import Declaration, FactDefinitionError, Facts, check_declared, declaration, fact
from dockworthy.facts.names import NAMES
from dockworthy.profile.loader import load_profile
from dockworthy.releases import known
from dockworthy.run.hosts import RunHost
from dockworthy.run.judging import judge_host
from dockworthy.run.loading import load_checks
from tests.hosts import CHECKS, NOW, host
from tests.rows import each_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from dockworthy.snapshot import Snapshot


def declared(*functions: Callable[..., object]) -> dict[str, Declaration]:
    return {one.__name__: one.__dockworthy_fact__ for one in functions}  # type: ignore[attr-defined]


def _types() -> dict[str, str]:
    """The types that type checkers read, by the names of the facts."""
    stub = ast.parse(Path(names.__file__).with_suffix(".pyi").read_text())
    (table,) = (node for node in stub.body if isinstance(node, ast.ClassDef))
    return {
        ast.unparse(row.target): ast.unparse(row.annotation) for row in table.body if isinstance(row, ast.AnnAssign)
    }


TYPES = _types()


def test_each_name_has_a_type() -> None:
    assert list(TYPES) == list(NAMES)


@each_of("name", NAMES)
def test_a_fact_is_of_the_type_that_its_name_promises(name: str) -> None:
    found = declaration(name)
    assert str(found.function.__annotations__["return"]) == TYPES[name]
    for need in set(found.needs) & set(NAMES):
        assert str(found.function.__annotations__[need]) == TYPES[need]


def test_every_check_asks_for_facts_by_the_types_that_they_have() -> None:
    wrong = [
        (definition.id, name)
        for definition in load_checks(CHECKS).values()
        for name in definition.evidence
        if name in NAMES and definition.function.__annotations__[name] != TYPES[name]
    ]
    assert wrong == []


def test_every_attribute_is_a_key_that_some_release_of_the_engine_has() -> None:
    named = {value.key for value in vars(Settings).values() if isinstance(value, Setting)}
    assert named <= {row.name for row in known().rows if row.kind == "key"} | {"config-file"}


def test_no_fact_of_our_own_needs_itself() -> None:
    check_declared({name: declaration(name) for name in NAMES})


def test_a_fact_is_built_from_what_it_names_and_once() -> None:
    built = []

    @fact
    def banner(snapshot: Snapshot) -> Evidence[str]:
        """What is told before a login."""
        built.append("banner")
        return snapshot.text("file:/etc/issue")

    @fact
    def greeting(banner: Evidence[str], now: object) -> tuple[str, object]:
        """The banner in capitals, and when."""
        return banner.value.upper(), now

    facts = Facts(host({"file:/etc/issue": "hello"}).snapshot, NOW, declared(banner, greeting))
    assert facts.find("greeting") == ("HELLO", NOW)
    assert facts.find("banner").value == "hello"
    assert built == ["banner"]


def test_a_fact_that_does_not_apply_is_asked_once() -> None:
    asked = []

    @fact
    def nothing() -> None:
        """Does not arise."""
        asked.append(1)
        raise NotApplicable("it does not arise")

    facts = Facts(host({}).snapshot, NOW, declared(nothing))
    for _ in range(2):
        with pytest.raises(NotApplicable, match="does not arise"):
            facts.find("nothing")
    assert asked == [1]


def test_a_fact_that_needs_itself_by_way_of_another_is_refused() -> None:
    @fact
    def first(second: object) -> object:
        """One."""
        return second

    @fact
    def second(first: object) -> object:
        """Two."""
        return first

    both = declared(first, second)
    with pytest.raises(FactDefinitionError, match=r"test_declared\.py:\d+: .*first needs second needs first"):
        check_declared(both)
    with pytest.raises(FactDefinitionError, match="first needs second needs first"):
        Facts(host({}).snapshot, NOW, both).find("first")


def test_an_unknown_need_is_refused_with_the_names_that_there_are() -> None:
    @fact
    def odd(deamon: object) -> object:
        """Misspelt."""
        return deamon

    with pytest.raises(FactDefinitionError, match=r"'odd' needs 'deamon', and there is no such fact; .*daemon, "):
        check_declared(declared(odd))
    with pytest.raises(FactDefinitionError, match="'deamon'"):
        Facts(host({}).snapshot, NOW, declared(odd)).find("odd")


def _without_docstring() -> None: ...


def _of_a_profile(params: object) -> object:
    """Asks for the profile's demands."""
    return params


def _of_anything(*whatever: object) -> object:
    """Names nothing."""
    return whatever


def daemon() -> None:
    """Has the name of one of ours."""


def snapshot() -> None:
    """Has the name of what facts are made from."""


@pytest.mark.parametrize(
    ("function", "why"),
    [
        (_without_docstring, "has no docstring"),
        (_of_a_profile, "asks for 'params', which only a check can have"),
        (_of_anything, r"takes \*whatever"),
        (daemon, "'daemon' is a name of dockworthy's own"),
        (snapshot, "'snapshot' is a name of dockworthy's own"),
    ],
)
def test_a_declaration_that_is_wrong_is_refused_where_it_stands(function: Callable[..., object], why: str) -> None:
    with pytest.raises(FactDefinitionError, match=rf"test_declared\.py:\d+: .*{why}"):
        fact(function)


def test_a_finder_that_asks_for_no_fact_is_told_where_it_stands() -> None:
    @check("site.odd", severity="low", refs=["x:1"], fix="f", each=instances("one", lambda deamon: {"a": deamon}))
    def check_odd(one: object) -> None:
        """Odd."""
        expect(one, "x").equals(1)

    definition = check_odd.__dockworthy_check__  # type: ignore[attr-defined]
    run_host = RunHost("h", "t", load_profile("base"), host({}).snapshot, NOW)
    (record,) = judge_host(run_host, [definition])
    assert re.search(r"test_declared\.py:\d+: it asks for 'deamon', and there is no such fact", record["reason"])
    assert (record["outcome"], record["reason_code"]) == ("error", "check-broken")
