from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from dockworthy import check
from dockworthy.report.words import demanded, observation, plain, quantity, should, table, value
from tests.results_factory import result
from tests.rows import each_of

if TYPE_CHECKING:
    from collections.abc import Callable

JSON = re.compile(r"[{}\[\]\"]|\b(?:null|None|True|False)\b")


@each_of(
    ("item", "words"),
    [
        (None, "nothing"),
        ("", "nothing"),
        ([], "nothing"),
        ({}, "nothing"),
        (True, "true"),
        (2160.0, "2160"),
        (23.1, "23.1"),
        ("0644", "0644"),
        (["a", "b"], "a, b"),
        (list("abcdefghi"), "a, b, c, d, e, f and 3 more"),
        (["a, b", "c"], "a, b; c"),
        ([{"host": "c0", "seconds": 5}], "(host: c0, seconds: 5)"),
        ({"user": "", "uid": 0}, "user: nothing; uid: 0"),
        ({"demands a client certificate": False, "insecure": True}, "demands a client certificate: no; insecure: true"),
        ({"icc": {"in force": True, "after": False}}, "icc (in force: true, after: false)"),
        ({"node1": {"alive": 2}}, "node1 (alive: 2)"),
    ],
)
def test_a_value_is_told_in_words(item: object, words: str) -> None:
    assert value(item) == words


class _Any:
    """A value of which every demand can be made."""

    def __call__(self, *_: object) -> bool:
        return True

    __eq__ = __ne__ = __ge__ = __le__ = __contains__ = __call__
    __hash__ = None  # type: ignore[assignment]

    def __iter__(self) -> Any:
        return iter(())

    def __bool__(self) -> bool:
        return False


def asked(ask: Callable[[check.Expectation[Any]], None]) -> object:
    """What a check that asks this way puts into its result as expected."""

    def body() -> None:
        """A check."""
        ask(check.expect(_Any(), "a source", shown=lambda _: "seen"))

    made = check.check("a.b", severity="low", refs=["x:1"], fix=None)(body)
    return check.judge(made.__dockworthy_check__, {}).expected  # type: ignore[attr-defined]


@each_of(
    ("ask", "noun", "sentence"),
    [
        (lambda one: one.equals("x"), "x", "it should be x"),
        (lambda one: one.differs_from("x"), "anything but x", "it should be anything but x"),
        (lambda one: one.is_in(["a", "b"]), "one of a or b", "it should be one of a or b"),
        (lambda one: one.is_in(["a", "a"]), "a", "it should be a"),
        (lambda one: one.is_in(["", "a"]), "one of a or nothing", "it should be one of a or nothing"),
        (lambda one: one.is_not_in(["a", "b"]), "anything but a or b", "it should be anything but a or b"),
        (lambda one: one.at_least("26.0"), "at least 26.0", "it should be at least 26.0"),
        (lambda one: one.at_most(5), "at most 5", "it should be at most 5"),
        (lambda one: one.contains("x"), "x among them", "it should have x"),
        (lambda one: one.is_empty(), "nothing", ""),
        (lambda one: one.is_within(["a", "b"]), "nothing but a or b", "it should be nothing but a or b"),
        (lambda one: one.is_within([]), "nothing but nothing", "it should be nothing but nothing"),
        (
            lambda one: one.satisfies(bool, "a size such as 10m"),
            "a size such as 10m",
            "it should be a size such as 10m",
        ),
        (lambda one: one.satisfies(bool, "no copy"), "no copy", "there should be no copy"),
        (lambda one: one.satisfies(bool, {"without": "X"}), "no X", "there should be no X"),
        (lambda one: one.satisfies(bool, {"at most hours": 2.0}), "at most 2 hours", "it should be at most 2 hours"),
        (
            lambda one: one.satisfies(bool, {"odd number": [3, 7]}),
            "an odd number from 3 to 7",
            "it should be an odd number from 3 to 7",
        ),
        (
            lambda one: one.satisfies(bool, {"at least one of": ["a", "b"]}),
            "at least one of a or b",
            "it should have at least one of a or b",
        ),
        (
            lambda one: one.satisfies(bool, {"beginning with": ["a", "b"]}),
            "a or b at its beginning",
            "it should begin with a or b",
        ),
        (
            lambda one: one.satisfies(bool, {"free percent": {"at least": 10}, "free GiB": {"at least": 5}}),
            "free percent: at least 10; free GiB: at least 5",
            "it should be free percent: at least 10; free GiB: at least 5",
        ),
    ],
)
def test_what_a_check_expects_is_told_in_words(
    ask: Callable[[check.Expectation[Any]], None], noun: str, sentence: str
) -> None:
    expected = asked(ask)
    assert demanded(expected) == noun
    assert should(expected, "seen") == sentence


def test_every_demand_that_a_check_can_make_has_its_words() -> None:
    methods = [name for name in vars(check.Expectation) if not name.startswith("_")]
    given: dict[str, tuple[Any, ...]] = {"has_no_bits_outside": (0o644,), "is_empty": (), "satisfies": (bool, "x")}
    for name in methods:
        arguments = given.get(name, (["a", "b"],))
        expected = asked(lambda one, name=name, arguments=arguments: getattr(one, name)(*arguments))  # type: ignore[misc]
        assert not JSON.search(demanded(expected)), name


@each_of(
    ("fields", "sentence"),
    [
        ({"source": "/etc/docker/daemon.json: icc"}, "icc in /etc/docker/daemon.json is true; it should be false"),
        ({"source": "/proc/x"}, "/proc/x is true; it should be false"),
        ({"source": "a; b"}, "true; it should be false (a; b)"),
        (
            {"source": "/etc/docker: mode", "observed": "0777", "expected": "no bit outside 0755"},
            "mode of /etc/docker is 0777; there should be no bit outside 0755",
        ),
        ({"observed": None, "expected": "a file", "source": ""}, "there is nothing; it should be a file"),
        ({"observed": None, "expected": "a file"}, "x in GET /info is not there; it should be a file"),
        ({"observed": [], "expected": "a plugin"}, "x in GET /info is empty; it should be a plugin"),
        ({"observed": "no answer came", "expected": "up"}, "x in GET /info: no answer came; expected up"),
        ({"observed": "http alone", "expected": True}, "x in GET /info: http alone"),
        ({"observed": ["a", "b"], "expected": []}, "x in GET /info: a, b; there should be none"),
        ({"observed": ["it has no key"], "expected": []}, "x in GET /info: it has no key"),
        (
            {"observed": ["A", "B", "C"], "expected": {"without": "B"}},
            "x in GET /info: B among 3; there should be no B",
        ),
        (
            {"observed": ["A", "B"], "expected": {"only": ["A"]}},
            "x in GET /info: B among 2; it should be nothing but A",
        ),
        (
            {"observed": ["A", "B"], "expected": {"none of": ["B", "C"]}},
            "x in GET /info: B among 2; there should be none of B or C",
        ),
        (
            {"observed": False, "source": "default of Docker Engine 28.5: icc", "expected": True},
            "icc (default of Docker Engine 28.5) is false; it should be true",
        ),
        (
            {"source": "/x/harbor.yml, by v2.12 (/y: the tags)", "observed": 1, "expected": 2},
            "1; it should be 2 (/x/harbor.yml, by v2.12 (/y: the tags))",
        ),
        ({"observed": "assert 1 == 2", "expected": None}, "x in GET /info: assert 1 == 2"),
        ({"reason": "permission denied", "source": "/etc/x"}, "permission denied (/etc/x)"),
    ],
)
def test_a_result_says_what_was_seen_of_what_and_what_should_be(fields: dict[str, Any], sentence: str) -> None:
    assert observation(result("fail", **fields)) == sentence


def test_a_table_has_words_in_its_cells() -> None:
    seen = {"core/env: LOG": {"prepared": None, "can be read": False}, "down": "not known"}
    assert table(seen) == [
        ("core/env: LOG", "prepared", "nothing"),
        ("", "can be read", "no"),
        ("down", "", "not known"),
    ]


def test_text_is_shown_on_one_line_and_bounded() -> None:
    assert plain("a\nb\tc\x00") == "a\\nb\\tc\\x00"
    assert plain("\\n") == "\\n"
    assert plain("x" * 400) == "x" * 300 + "…"
    assert [quantity(1, "host"), quantity(2, "host"), quantity(0, "query")] == ["1 host", "2 hosts", "0 queries"]
