"""Paths are followed as the kernel follows them, and what was not looked at is not absent."""

from __future__ import annotations

import pytest

from dockworthy.hosttree.entry import Entry, Kind
from dockworthy.hosttree.faults import PathError, UndecidedError
from dockworthy.hosttree.tree import Tree, look_path
from tests.rows import each_of

FILES = {
    "/run/x": Entry(Kind.FILE, b"content", 0o644),
    "/run/tool": Entry(Kind.FILE, b"", 0o755),
    "/run/s": Entry(Kind.SOCKET),
    "/var/run": Entry(Kind.LINK, target="/run"),
    "/a": Entry(Kind.LINK, target="b"),
    "/b": Entry(Kind.LINK, target="a"),
    "/rel": Entry(Kind.LINK, target="run/../run/x"),
    "/dangling": Entry(Kind.LINK, target="/nowhere"),
    "/unread": Entry(Kind.FILE),
}
WHOLE = Tree(FILES)
PART = Tree(FILES, roots=())


@pytest.mark.parametrize("path", ["/run/x", "/var/run/x", "/var/../run/./x", "/rel", "run/x"])
def test_a_file_is_read_through_its_links(path: str) -> None:
    assert WHOLE.read_file(path) == b"content"


@each_of(
    ("path", "message"),
    [
        ("/nosuch", "open /nosuch: no such file or directory"),
        ("/dangling", "open /dangling: no such file or directory"),
        ("/run", "read /run: is a directory"),
        ("/run/x/y", "open /run/x/y: not a directory"),
        ("/a", "open /a: too many levels of symbolic links"),
        ("/run/s", "open /run/s: no such device or address"),
        ("", "open : no such file or directory"),
    ],
)
def test_a_failure_is_told_in_go_s_words(path: str, message: str) -> None:
    with pytest.raises(PathError) as caught:
        WHOLE.read_file(path)
    assert str(caught.value) == message


def test_what_was_not_looked_at_is_undecided() -> None:
    with pytest.raises(UndecidedError, match="/nosuch: the probe did not look there"):
        PART.read_file("/nosuch")
    with pytest.raises(UndecidedError):
        PART.exists("/run/other")


def test_a_file_that_is_there_but_was_not_read_is_undecided() -> None:
    with pytest.raises(UndecidedError):
        WHOLE.read_file("/unread")


def test_a_dangling_link_exists() -> None:
    assert WHOLE.exists("/dangling")


def test_the_null_device_is_an_empty_file_everywhere() -> None:
    assert WHOLE.read_file("/dev/null") == b""


def test_a_program_is_found_in_the_first_folder_that_has_it() -> None:
    assert look_path("tool", ["/nosuch", "/var/run"], WHOLE) == "/var/run/tool"
    assert look_path("x", ["/run"], WHOLE) == ""


def test_a_pattern_matches_the_names_that_are_there() -> None:
    assert WHOLE.glob("/run/*") == ["/run/s", "/run/tool", "/run/x"]
    assert WHOLE.glob("/nosuch") == ["/nosuch"]
