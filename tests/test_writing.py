"""A file is written whole or not at all, and what is no regular file is refused and left as it is."""

from __future__ import annotations

import os
import socket
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dockworthy.errors import UsageError
from dockworthy.writing import append, make_folder, refuse_folder, refuse_place, standard_output, written
from tests.fulldisk import full_after

if TYPE_CHECKING:
    from collections.abc import Callable


def a_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


PLACES: dict[str, Callable[[Path], object]] = {
    "a FIFO": os.mkfifo,
    "a socket": a_socket,
    "a folder": lambda path: path.mkdir(),
    "a link": lambda path: path.symlink_to("regular"),
}


@pytest.mark.parametrize("kind", [*PLACES, "a link into nothing", "a link to a device"])
def test_what_is_no_regular_file_is_refused_at_once_and_stays(tmp_path: Path, kind: str) -> None:
    (tmp_path / "regular").write_text("kept")
    path = tmp_path / "place"
    if kind in PLACES:
        PLACES[kind](path)
    else:
        path.symlink_to("/dev/null" if kind.endswith("device") else "nowhere")
    before = path.lstat()
    for attempt in (
        lambda: refuse_place(path, "--x "),
        lambda: written(path, "--x ").__enter__(),
        lambda: append(path, b"x", "--x "),
    ):
        with pytest.raises(
            UsageError, match=rf"--x {path}: is {kind.partition(' into')[0].partition(' to')[0]}, and is"
        ):
            attempt()
    assert path.lstat() == before
    assert (tmp_path / "regular").read_text() == "kept"
    assert not list(tmp_path.glob(".*"))


def test_a_device_is_refused() -> None:
    with pytest.raises(UsageError, match="/dev/null: is a device"):
        refuse_place(Path("/dev/null"))


def test_what_comes_to_the_place_meanwhile_stays(tmp_path: Path) -> None:
    path = tmp_path / "place"
    with pytest.raises(UsageError, match="is a FIFO"), written(path):
        os.mkfifo(path)
    assert stat.S_ISFIFO(path.lstat().st_mode)
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_is_replaced_whole_and_keeps_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    path.chmod(0o600)
    with written(path) as stream:
        stream.write(b"new")
        stream.flush()
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_the_longest_name_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 255)
    with written(path) as stream:
        stream.write(b"new")
    assert path.read_bytes() == b"new"


@pytest.mark.parametrize("name", ["x" * 256, "a\0b"])
def test_a_name_that_no_file_can_have_is_one_sentence(tmp_path: Path, name: str) -> None:
    for attempt in (lambda: refuse_place(tmp_path / name), lambda: written(tmp_path / name).__enter__()):
        with pytest.raises(UsageError, match="cannot be written"):
            attempt()


def test_a_full_disk_leaves_the_file_as_it_was_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    refused = pytest.raises(UsageError, match=r"file: cannot be written \(File too large\)")
    with full_after(1000), refused, written(path) as stream:
        stream.write(b"x" * 1_000_000)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_another_error_inside_is_passed_on_and_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with pytest.raises(KeyError), written(path):
        raise KeyError
    assert not list(tmp_path.iterdir())


def test_a_folder_below_a_file_is_refused_and_one_that_can_be_made_is_not(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="is no folder"):
        refuse_folder(tmp_path / "file" / "below", "--output-dir ")
    with pytest.raises(UsageError, match="the folder cannot be made"):
        make_folder(tmp_path / "file" / "below")
    refuse_place(tmp_path / "a" / "b" / "file")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_standard_output_that_is_closed_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(UsageError, match="standard output is closed"), standard_output():
        pass


def test_standard_output_that_is_full_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    with open("/dev/full", "w", encoding="utf-8") as full:  # noqa: PTH123 - a device
        monkeypatch.setattr(sys, "stdout", full)
        with pytest.raises(UsageError, match="cannot be written"), standard_output("json=") as out:
            out.write(b"x" * 1_000_000)


def test_what_is_added_stands_at_the_end_and_the_permissions_stay(tmp_path: Path) -> None:
    path = tmp_path / "summary"
    append(path, b"one")
    path.chmod(0o640)
    append(path, b"two")
    assert path.read_bytes() == b"onetwo"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_what_cannot_be_added_whole_is_not_added(tmp_path: Path) -> None:
    path = tmp_path / "summary"
    append(path, b"x" * 600)
    with full_after(1000), pytest.raises(UsageError, match=rf"--x {path}: cannot be written"):
        append(path, b"y" * 600, "--x ")
    assert path.read_bytes() == b"x" * 600
    with pytest.raises(UsageError, match="cannot be written"):
        append(tmp_path / "nowhere" / "summary", b"x")
