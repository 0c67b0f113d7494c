"""Words and operators are told apart as a shell tells them, and where they stand is known."""

from __future__ import annotations

from dockworthy.shell import Lexer
from tests.rows import each_of


def read(script: str) -> list[tuple[str, str]]:
    return [(token.kind, script[token.start : token.end]) for token in Lexer(script)]


def words(script: str) -> list[str]:
    return [token.text for token in Lexer(script) if token.kind == "word"]


def test_a_token_stands_where_it_was_written() -> None:
    assert read("a 'b c'&& d\\ e >f 2>&1 # g") == [
        ("word", "a"),
        ("word", "'b c'"),
        ("operator", "&&"),
        ("word", "d\\ e"),
        ("comment", "# g"),
    ]


@each_of(
    ("script", "expected"),
    [
        ("'a'\"b\"\\c", ["abc"]),
        ("a\\\nb c", ["ab", "c"]),
        ('"a\\\nb"', ["ab"]),
        ("a#b", ["a#b"]),
        ("x=$(y; z)", ["x=$()"]),
        ("cat <<'E' >f\nb ; c\nE\nd", ["cat", "d"]),
    ],
)
def test_a_word_is_what_is_left_of_its_quotes(script: str, expected: list[str]) -> None:
    assert words(script) == expected


@each_of(
    ("script", "missing"),
    [
        ("a 'b", "'"),
        ('a "b', '"'),
        ("a $(b", ")"),
        ("a \\\n", "\n"),
        ("cat <<E\nb\n", "E"),
        ("cat <<E\nb\nE\n", ""),
        ("a 'b' \"c\" $(d)", ""),
    ],
)
def test_what_the_text_ends_without_is_known(script: str, missing: str) -> None:
    lexer = Lexer(script)
    assert list(lexer)
    assert lexer.missing == missing
