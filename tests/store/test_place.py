"""Where a store is: what is refused, and that whoever is killed, reads or writes beside another finds a store whole."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dockworthy.errors import UsageError
from dockworthy.results.model import Host
from dockworthy.results.writer import encodable
from dockworthy.store import asking
from dockworthy.store.adding import add
from dockworthy.store.asking import settle
from dockworthy.store.keeping import compact, keep
from dockworthy.store.last import last_record, last_snapshots
from dockworthy.store.parts import parts_of
from dockworthy.store.questions import Wanted, answers
from dockworthy.store.store import open_store, refuse_store
from dockworthy.store.summary import refresh
from tests.fulldisk import full_after
from tests.results_factory import HOSTILE_NAMES, result
from tests.store.made import asked, on, store_of

if TYPE_CHECKING:
    from dockworthy.results.model import Results
    from dockworthy.store.store import Store

TOP = Path(__file__).resolve().parents[2]
# A writer that is killed in the middle: in place of the n-th file that it writes down it kills itself.
KILLED = """
import os, signal, sys
sys.path.insert(0, sys.argv[1])
left = int(sys.argv[3])
def down(_):
    global left
    left -= 1
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
os.fsync = down
from tests.store.made import on, store_of
from tests.results_factory import result
from dockworthy.store.asking import settle
from dockworthy.store.store import open_store
from dockworthy.store.adding import add
store = open_store(sys.argv[2], make=True)
add(store, on(2, result("pass"), result("fail", param="x")), [b"snapshot"])
settle(store)
"""


@pytest.mark.parametrize("text", ["/nowhere/at/all", "{}/other", "{}/file", "", "nothing-has-this-scheme://x"])
def test_what_is_no_store_is_refused_in_one_sentence(text: str, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.txt").touch()
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=r"--store"):
        open_store(text.format(tmp_path))
    if "other" in text or "file" in text:
        with pytest.raises(UsageError, match=r"--store"):
            refuse_store(text.format(tmp_path))
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "other", "thesis.txt"]


@pytest.mark.parametrize("name", ["a*", "a[b]", "what?"])
def test_a_path_that_duckdb_would_look_for_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="name another"):
        open_store(str(tmp_path / name), make=True)


def test_one_of_a_newer_version_is_refused_with_both_named(tmp_path: Path) -> None:
    store_of(tmp_path)
    (tmp_path / "store.json").write_text(json.dumps({"dockworthy_store": 2, "written_by": "9.1.0"}))
    with pytest.raises(UsageError, match=r"format 2, written by dockworthy 9\.1\.0, .* reads up to 1"):
        open_store(str(tmp_path), make=True)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"dockworthy_store": "1"}'])
def test_one_whose_name_plate_is_damaged_is_refused(text: str, tmp_path: Path) -> None:
    store_of(tmp_path)
    (tmp_path / "store.json").write_text(text)
    with pytest.raises(UsageError, match=r"store\.json is damaged|is of store format"):
        open_store(str(tmp_path))


@pytest.mark.parametrize("url", ["s3://key:hunter2@bucket/x", "nope://user:hunter2@host/x?token=hunter2"])
def test_no_message_tells_a_password(url: str) -> None:
    with pytest.raises(UsageError) as told:
        open_store(url)
    assert "hunter2" not in str(told.value)


def test_a_store_by_url_says_what_one_in_a_folder_says(tmp_path: Path) -> None:
    url = f"memory://{tmp_path.name}/store"
    runs = [on(1, result("pass")), on(2, result("fail")), on(3, result("fail", host="web2"), id="more")]
    here, there = store_of(tmp_path, *runs), store_of(url, *runs)
    for question in ("days", "findings"):
        assert asked(here, question, "new") == asked(there, question, "new")
    assert last_record(there).summary == last_record(here).summary
    assert compact(there) == 0
    sha256 = there.keep_snapshot(b"seen")
    assert open_store(url).snapshot(sha256) == b"seen"
    with pytest.raises(UsageError, match="no store"):
        open_store(f"memory://{tmp_path.name}/other")


def test_file_urls_are_folders(tmp_path: Path) -> None:
    store_of(f"file://{tmp_path}/a", on(1, result("fail")))
    assert asked(open_store(str(tmp_path / "a")), "findings", "host") == ["web1"]


class _Death(BaseException):
    """What happens to a writer that is killed, as far as what it leaves behind."""


def test_a_writer_that_ends_at_any_point_leaves_what_was_there_or_its_whole_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At every third point at which it writes something down; nothing of it is tidied."""
    settle(store_of(tmp_path / "0", on(1, result("fail"))))
    told, ended = set(), False
    for number in range(1, 40, 3):
        path = tmp_path / str(number)
        shutil.copytree(tmp_path / "0", path)
        with monkeypatch.context() as dying:
            left = iter(range(number - 1, -1, -1))
            dying.setattr(os, "fsync", lambda _, left=left: _die() if next(left, 1) == 0 else None)
            dying.setattr(shutil, "rmtree", lambda *_, **__: None)
            try:
                _add_second(path)
                ended = True
            except _Death:
                pass
        told.add(_told(path))
        if ended:
            break
    assert ended
    assert told == {BEFORE, AFTER}


BEFORE = json.dumps([["2026-11-01"], [[None, "open"]]])
AFTER = json.dumps([["2026-11-01", "2026-11-02"], [[None, "fixed"], ["x", "open"]]])


def _die() -> None:
    raise _Death


def _add_second(path: Path) -> None:
    store = open_store(str(path))
    add(store, on(2, result("pass"), result("fail", param="x")), [b"snapshot"])
    settle(store)


def _told(path: Path) -> str:
    store = open_store(str(path))
    found = answers(store, {"days": Wanted(), "findings": Wanted(ended=True)})
    return json.dumps([[row[0] for row in found["days"].rows], [[row[2], row[4]] for row in found["findings"].rows]])


@pytest.mark.parametrize("number", [3, 12])
def test_one_that_is_really_killed_does_so_too(number: int, tmp_path: Path) -> None:
    settle(store_of(tmp_path, on(1, result("fail"))))
    done = subprocess.run([sys.executable, "-c", KILLED, str(TOP), str(tmp_path), str(number)], check=False)
    assert done.returncode == -signal.SIGKILL
    left = [path.name for path in tmp_path.iterdir() if path.name.startswith(".partial-")]
    assert len(left) == 1
    assert _told(tmp_path) == (BEFORE if number == 3 else AFTER)
    _add_second(tmp_path)
    assert _told(tmp_path) == AFTER


def test_what_a_killed_writer_left_is_removed_a_day_later(tmp_path: Path) -> None:
    store = store_of(tmp_path, on(1, result("fail")))
    for name in (".partial-20200101T000000Z-abc", ".partial-29990101T000000Z-abc"):
        (tmp_path / name).mkdir()
    compact(store)
    assert [path.name for path in tmp_path.glob(".partial-*")] == [".partial-29990101T000000Z-abc"]


def test_writers_beside_each_other_lose_nothing(tmp_path: Path) -> None:
    store_of(tmp_path)
    runs = [on(day, result("fail", host=f"web{day}")) for day in range(1, 5)]
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda run: _put(tmp_path, run), [*runs, *runs]))
    assert sorted(done).count(True) >= len(runs)  # two who bring the same at one moment may both be told so
    store = open_store(str(tmp_path))
    assert sorted(asked(store, "findings", "host")) == [f"web{day}" for day in range(1, 5)]
    assert asked(store, "days", "runs") == [1] * 4


def _put(path: Path, run: Results) -> bool:
    store = open_store(str(path), make=True)
    added = add(store, run)
    settle(store)
    return added


def test_who_reads_while_files_are_removed_reads_what_is_there_by_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = store_of(tmp_path, on(1, result("fail"), id="a"), on(1, result("fail", host="web2"), id="b"))
    settle(store)
    known = refresh(store)
    for part in parts_of(store.place):
        compact(store)
        assert not store.place.has(part.name)
    gone = iter([{name: f"{path}.gone" for name, path in known.items()}])
    monkeypatch.setattr(asking, "refresh", lambda *given: next(gone, None) or refresh(*given))
    assert len(asked(store, "findings", "param")) == 2


def test_a_store_that_only_may_be_read_is_read_with_what_came_since(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = store_of(tmp_path, on(1, result("fail")))
    before = sorted(tmp_path.rglob("*"))

    def refused(*_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(type(store.place), "put", refused)
    monkeypatch.setattr(type(store.place), "write", refused)
    assert asked(store, "findings", "host") == ["web1"]
    assert sorted(tmp_path.rglob("*")) == before
    with pytest.raises(UsageError, match="cannot be written"):
        add(store, on(2, result("fail")))


def test_a_disk_that_is_full_is_one_sentence_and_leaves_no_half(tmp_path: Path) -> None:
    store = store_of(tmp_path, on(1, result("fail")))
    with full_after(2000), pytest.raises(UsageError, match=r"make room|cannot be written"):
        add(store, on(2, *(result("fail", param=str(number)) for number in range(200))))
    assert asked(store, "days", "day") == ["2026-11-01"]
    assert not list(tmp_path.glob(".partial-*"))


def test_a_file_that_is_damaged_is_one_sentence(tmp_path: Path) -> None:
    store = store_of(tmp_path, on(1, result("fail")))
    (part,) = parts_of(store.place)
    (tmp_path / part.file("results")).write_bytes(b"PAR1 and no more")
    with pytest.raises(UsageError, match="where a file is damaged"):
        asked(store, "findings", "host")


def test_a_run_that_was_cut_off_gives_way_to_the_whole_one(tmp_path: Path) -> None:
    cut = replace(on(1, result("fail")), complete=False)
    store = store_of(tmp_path, cut)
    assert asked(store, "findings", "param") == [None]
    add(store, on(1, result("fail"), result("fail", param="x")))
    assert asked(store, "findings", "param") == [None, "x"]
    assert not add(store, cut)
    assert asked(store, "days", "runs") == [1]


def test_names_come_back_as_they_are(tmp_path: Path) -> None:
    results = [result("fail", host=name, param=name, title=name) for name in HOSTILE_NAMES]
    store = store_of(tmp_path, on(1, *results, id="../../" + HOSTILE_NAMES[0]))
    names = sorted(encodable(name) for name in HOSTILE_NAMES)
    assert sorted(asked(store, "findings", "host")) == names
    assert sorted({one.param or "" for one in last_record(store).results}) == names
    assert sorted(path.name for path in tmp_path.iterdir()) == ["runs", "store.json", "summary"]


# --- what it is rid of -----------------------------------------------------------------------------------------


def _everything(store: Store) -> Any:
    return [
        asked(
            store, "findings", "host", "check", "param", "state", "first_seen", "new", "last_seen", "ended", ended=True
        ),
        asked(store, "days", "day", "runs", "open", "new", "fixed", "gone"),
        last_record(store).results,
    ]


def test_to_put_a_days_runs_together_changes_no_answer(tmp_path: Path) -> None:
    hosts = [f"web{number}" for number in range(5)]
    runs = [
        on(day, result("fail" if day % 2 else "pass", host=host), id=f"{day}{host}") for day in (1, 2) for host in hosts
    ]
    store = store_of(tmp_path, *runs, replace(on(2, result("fail", host="cut")), complete=False))
    before = _everything(store)
    assert compact(store) == 2
    assert [len(part.runs) for part in parts_of(store.place)] == [5, 5, 1]
    assert _everything(store) == before
    shutil.rmtree(tmp_path / "summary")
    assert _everything(store) == before
    assert compact(store) == 0
    assert not add(store, runs[0])
    assert add(store, on(2, result("fail", host="late"), id="late"))
    assert compact(store) == 1
    assert [len(part.runs) for part in parts_of(store.place)] == [5, 6, 1]


def test_one_who_is_killed_while_putting_together_leaves_each_run_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = store_of(tmp_path, *(on(1, result("fail", host=f"web{number}"), id=str(number)) for number in range(3)))
    before = _everything(store)
    with monkeypatch.context() as dying:
        dying.setattr(type(store.place), "remove", lambda *_: _die())
        with pytest.raises(_Death):
            compact(store)
    assert [len(part.runs) for part in parts_of(store.place)] == [3]
    assert _everything(store) == before
    compact(store)
    assert len(list((tmp_path / "runs" / "day=2026-11-01").iterdir())) == 1


NOW = datetime(2026, 11, 10, 12, tzinfo=timezone.utc)


def test_what_is_known_of_runs_that_are_removed_stays(tmp_path: Path) -> None:
    runs = [
        on(1, result("pass"), result("fail", param="old"), result("fail", host="left")),
        on(2, result("fail"), result("pass", param="old")),
        on(8, result("fail")),
    ]
    store = store_of(tmp_path, *runs)
    assert keep(store, 5, NOW) == 2
    assert [part.day for part in parts_of(store.place)] == ["2026-11-08"]
    told = ("host", "param", "first_seen", "new", "last_seen")
    expected = [("web1", None, "2026-11-02T00:00:00Z", True, "2026-11-08T00:00:00Z")]
    assert asked(store, "findings", *told, host="web*") == expected
    assert [row[0] for row in asked(store, "findings", *told)] == ["web1"]  # nobody tried the other since
    shutil.rmtree(tmp_path / "summary" / json.loads((tmp_path / "summary/current.json").read_text())["summary"])
    assert asked(store, "findings", *told, host="web*") == expected
    with pytest.raises(UsageError, match="keeps runs from 2026-11-05 on"):
        add(store, on(3, result("fail"), id="late"))
    assert keep(store, 5, NOW) == 0
    assert keep(store, 1, NOW) == 1
    assert asked(store, "findings", *told) == []
    assert asked(store, "days", "day") == []


def test_one_who_is_killed_while_removing_leaves_what_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = store_of(tmp_path, on(1, result("pass")), on(2, result("fail")), on(8, result("fail")))
    with monkeypatch.context() as dying:
        dying.setattr(type(store.place), "remove", lambda *_: _die())
        with pytest.raises(_Death):
            keep(store, 5, NOW)
    assert asked(store, "findings", "first_seen", "new") == [("2026-11-02T00:00:00Z", True)]
    keep(store, 5, NOW)
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["day=2026-11-08"]


def test_of_snapshots_the_last_of_each_host_stays(tmp_path: Path) -> None:
    store = store_of(tmp_path)
    names = [store.keep_snapshot(data) for data in (b"first", b"second", b"of another")]
    for day, name in enumerate(names[:2], 1):
        host = Host("web1", "ssh://web1", reachable=True, snapshot_sha256=name)
        add(store, on(day, result("pass"), hosts=(host,)))
    for path in (tmp_path / "snapshots").iterdir():
        os.utime(path, (0, 0))
    young = store.keep_snapshot(b"of a run that is just being added")
    keep(store, 30, NOW)
    assert [store.has_snapshot(name) for name in (*names, young)] == [True, True, False, True]
    compact(store)
    assert [store.has_snapshot(name) for name in (*names, young)] == [False, True, False, True]
    assert store.snapshot(names[1]) == b"second"
    assert last_snapshots(store) == [("web1", "ssh://web1", names[1])]
    assert (store.snapshot(names[0]), store.snapshot("../store.json")) == (None, None)
    (tmp_path / "snapshots" / f"{names[1]}.gz").write_bytes(b"no gzip")
    with pytest.raises(UsageError, match="is damaged"):
        store.snapshot(names[1])
