from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dockworthy.errors import UsageError
from dockworthy.profile.tree import MAX_BYTES, parse_tree, read_tree
from tests.rows import each_of

if TYPE_CHECKING:
    from pathlib import Path


@each_of(
    ("text", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("22:22", "22:22"),
        ("0644", "0644"),
        ("1_000", "1_000"),
        ("2027-01-01", "2027-01-01"),
        ("true", True),
        ("26", 26),
        ("26.0", 26.0),
        ("'26'", "26"),
        ("~", None),
    ],
)
def test_a_scalar_is_what_it_looks_like(text: str, value: object) -> None:
    """YAML 1.1 would read a switch in `no`, a number in `22:22` and another number in `0644`."""
    assert parse_tree(f"key: {text}", "p.yaml").plain() == {"key": value}


@each_of(
    ("text", "line", "what"),
    [
        ("a: 1\nb: 2\na: 3", 3, "the key 'a' stands in line 1 already"),
        ("a: {b: 1,\n b: 2}", 2, "the key 'b' stands in line 1 already"),
        ("a: &x [*x]", 1, "refers to itself"),
        ("\na: *x", 2, "an anchor that is not there"),
        ("a: !!python/object/apply:os.system [x]", 1, "tag"),
        ("a: 1\n---\nb: 2", 1, "a second document"),
        ("a: [1", 1, "is not YAML"),
        ("a: b: c", 1, "is not YAML"),
        ("a: \x00", 1, "a character that YAML does not allow"),
        ("ok: 1\n? [x]\n: y", 2, "a key must be a plain word"),
        ("a: 99999999999999999999", 1, "too large a number"),
        ("a: 1e999", 1, "too large a number"),
        ("a: " + "[" * 40 + "]" * 40, 1, "nested more than"),
        ("[" * 100_000, 1, "nest"),
    ],
)
def test_a_mistake_is_told_with_its_line(text: str, line: int, what: str) -> None:
    with pytest.raises(UsageError, match=what) as caught:
        parse_tree(text, "p.yaml")
    assert str(caught.value).startswith(f"p.yaml:{line}: ")


def test_aliases_count_as_if_they_were_written_out() -> None:
    """Nine levels of ten aliases each would be a billion values."""
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "\n".join(
        f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]" for level in range(1, 10)
    )
    with pytest.raises(UsageError, match="more than 50000 values"):
        parse_tree(bomb, "p.yaml")


def test_an_alias_stands_for_what_it_names() -> None:
    assert parse_tree("a: &x {b: 1}\nc: *x", "p").plain() == {"a": {"b": 1}, "c": {"b": 1}}


def test_an_empty_file_is_an_empty_mapping() -> None:
    assert parse_tree("# nothing\n", "p").plain() == {}


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_bytes(b"a: 1\nb: \xff\n")
    with pytest.raises(UsageError, match=r"p\.yaml:2: is not UTF-8"):
        read_tree(path)


def test_a_huge_file_is_refused_before_it_is_parsed(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_bytes(b"#" * (MAX_BYTES + 1))
    with pytest.raises(UsageError, match="larger than"):
        read_tree(path)


@pytest.mark.parametrize("kind", ["missing", "folder"])
def test_what_cannot_be_read_is_named(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "p.yaml"
    if kind == "folder":
        path.mkdir()
    with pytest.raises(UsageError, match="cannot be read"):
        read_tree(path)


def test_control_characters_of_a_file_do_not_reach_the_terminal() -> None:
    with pytest.raises(UsageError) as caught:
        parse_tree('"\\e[31m": 1\n"\\e[31m": 2', "p.yaml")
    assert "\x1b" not in str(caught.value)
