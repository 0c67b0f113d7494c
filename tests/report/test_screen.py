from __future__ import annotations

import io
import os
import pty
import shlex
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from dockworthy.report.screen import Line, cells, coloured, command, print_lines, shown, width_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO


def texts(line: Line, width: int, encoding: str = "utf-8") -> list[str]:
    return ["".join(text for text, _ in pieces) for pieces in shown([line], width, encoding)]


@contextmanager
def terminal(columns: int) -> Iterator[TextIO]:
    """A stream that is a terminal of this width."""
    ours, theirs = pty.openpty()
    with open(theirs, "w") as stream, open(ours, "rb"):  # noqa: PTH123 - descriptors
        import fcntl  # noqa: PLC0415 - here alone
        import struct  # noqa: PLC0415 - here alone
        import termios  # noqa: PLC0415 - here alone

        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        yield stream


@pytest.fixture(autouse=True)
def no_wishes(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")


def test_a_line_is_broken_at_words_and_stands_in_below() -> None:
    line = Line([("one ", "bold"), ("two", ""), ("three four five", "")], 2, 4)
    assert texts(line, 80) == ["  one twothree four five"]
    assert texts(line, 20) == ["  one twothree four", "    five"]


def test_no_line_is_wider_than_the_screen_whatever_it_says() -> None:
    said = "a/long/path/that/no/screen/holds: 漢字漢字漢字漢字漢字漢字漢字 " + "x" * 100 + " e\u0301" * 30
    for width in range(20, 60):
        for part in texts(Line([(said, ""), (said, "")], 12, 14), width):
            assert cells(part) <= width
        whole = "".join(texts(Line([(said, "")], 12, 14), width)).replace(" ", "")
        assert whole == said.replace(" ", "")


def test_a_word_that_is_too_long_is_broken_behind_a_joint() -> None:
    assert texts(Line([("/usr/lib/systemd/system/docker.service", "")]), 32) == [
        "/usr/lib/systemd/system/docker.",
        "service",
    ]


def test_wide_and_combining_characters_are_measured_as_they_are_shown() -> None:
    assert [cells(text) for text in ("abc", "漢字", "e\u0301", "🐳")] == [3, 4, 1, 2]


def test_a_command_of_a_fix_runs_over_and_one_of_ours_is_continued_as_a_shell_reads_it() -> None:
    long = "x " * 60
    assert texts(Line([(long, "")], 2, whole=True), 40) == [f"  {long}".rstrip()]
    words = ["dockworthy", "remediate", "reports/of a name", "--format", "sh", "$(reboot)"]
    parts = texts(command(*words, indent=4), 40)
    assert len(parts) > 1
    assert shlex.split("\n".join(parts).replace("\\\n", "")) == words


def test_a_comment_stays_one_where_it_is_broken() -> None:
    parts = texts(Line([("# one two three four five six seven", "")], 2, 2, again="# "), 20)
    assert len(parts) > 1
    assert all(part.startswith("  # ") for part in parts)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
def test_what_an_encoding_cannot_hold_is_put_into_what_it_can(encoding: str) -> None:
    (told,) = texts(Line([("a → b … контейнер é", "")]), 200, encoding)
    told.encode(encoding)
    assert ("->" in told) == (encoding != "utf-8")


def test_the_width_is_what_is_asked_for_then_the_terminals_then_eighty(monkeypatch: pytest.MonkeyPatch) -> None:
    assert width_of(io.StringIO()) == 80
    with terminal(132) as stream:
        assert width_of(stream) == 132
        monkeypatch.setenv("COLUMNS", "40")
        assert width_of(stream) == 40
    assert width_of(io.StringIO()) == 40
    for nonsense in ("", "0", "x", "-5", "9" * 50):
        monkeypatch.setenv("COLUMNS", nonsense)
        assert width_of(io.StringIO()) == 80
    with terminal(0) as stream:
        assert width_of(stream) == 80
    with terminal(5) as stream:
        assert width_of(stream) == 20


def test_colours_are_where_they_are_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = io.StringIO()
    with terminal(80) as stream:
        assert coloured(stream)
        assert not coloured(pipe)
        monkeypatch.setenv("TERM", "dumb")
        assert not coloured(stream)
        monkeypatch.setenv("FORCE_COLOR", "1")
        assert coloured(stream)
        assert coloured(pipe)
        monkeypatch.setenv("NO_COLOR", "1")
        assert not coloured(stream)
        assert coloured(pipe, "always")
        monkeypatch.delenv("NO_COLOR")
        assert not coloured(stream, "never")


def test_colours_change_no_text_and_nothing_moves_the_cursor() -> None:
    lines = [Line([("one ", "bold red"), ("two", "dim"), ("", "green")], 2)]
    plain, painted = io.StringIO(), io.StringIO()
    print_lines(lines, plain)
    print_lines(lines, painted, color="always")
    assert plain.getvalue() == "  one two\n"
    assert painted.getvalue() == "  \x1b[1;31mone \x1b[0m\x1b[2mtwo\x1b[0m\n"
    assert os.linesep == "\n"
