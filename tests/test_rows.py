"""Rows that are judged in one test are judged as if each were one."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from tests.rows import each_of


def failing(test: Any) -> str:
    with pytest.raises(pytest.fail.Exception) as failed:
        test()
    return str(failed.value)


def test_all_rows_are_judged_and_each_that_fails_is_named_with_what_it_says() -> None:
    seen = []

    @each_of("number, word", [(1, "one"), pytest.param(2, "two", id="the second"), (3, "three")])
    def test(number: int, word: str) -> None:
        seen.append(number)
        assert number == 1, f"not {word}"

    text = failing(test)
    assert seen == [1, 2, 3]
    assert text.startswith("2 of 3 rows:\n[the second]\n")
    for words in ("not two", "[3-three]", "not three"):
        assert words in text


def test_tables_over_each_other_are_multiplied() -> None:
    seen = []

    @each_of("first", [1, 2, 3])
    @each_of(("second", "third"), [("a", None), ("b", None)])
    def test(first: int, second: str, third: None) -> None:
        assert third is None
        seen.append((first, second))

    test()
    assert sorted(seen) == sorted(product((1, 2, 3), ("a", "b")))


@each_of("ids", [["x", "y"], lambda value: "xy"[value]])
def test_rows_have_the_names_that_they_are_given(ids: Any) -> None:
    @each_of("number", [0, 1], ids)
    def test(number: int) -> None:
        assert number == 0

    assert failing(test).startswith("1 of 2 rows:\n[y]\n")


def test_a_row_that_is_skipped_or_fails_by_itself_has_failed() -> None:
    @each_of("how", [pytest.skip, pytest.fail, int])
    def test(how: Any) -> None:
        how("no number")

    assert failing(test).startswith("3 of 3 rows:\n")


def test_a_table_without_rows_is_none() -> None:
    with pytest.raises(AssertionError):
        each_of("number", [])(print)
