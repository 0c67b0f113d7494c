"""What waits on disk: nothing is lost, whoever is killed when, and nobody else can put anything there."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from dockworthy.errors import UsageError
from dockworthy.moments import shown
from dockworthy.notify import spool as spooled
from dockworthy.notify import telling
from dockworthy.notify.spool import boxes
from dockworthy.notify.telling import send_waiting, tell
from dockworthy.results.streamed import InMemory
from dockworthy.run.options import Options
from tests.notify.servers import Hook, hook
from tests.results_factory import record, result

if TYPE_CHECKING:
    from pathlib import Path

    from dockworthy.results.model import Result

NOW = datetime(2026, 11, 27, 12, tzinfo=timezone.utc)


def run(place: Path, url: str, *checks: str, outcome: str = "fail", moment: datetime = NOW) -> None:
    """One run that found these checks failed on web1, and tells it."""
    found = tuple(result(outcome, check=check) for check in checks)
    tell(Options(notify=(url,), spool=str(place)), made(*found, moment=moment))


def made(*found: Result, moment: datetime = NOW) -> InMemory:
    whole = record(*found)
    return InMemory(replace(whole, run=replace(whole.run, finished=shown(moment))))


def heard(server: Hook) -> list[list[str]]:
    """The checks that each message told as new."""
    return [[one["name"] for one in json.loads(body)["new"]] for _, _, body in server.got]


def keys(server: Hook) -> list[str]:
    return [headers["idempotency-key"] for _, headers, _ in server.got]


def test_what_was_told_is_not_told_again_and_where_nothing_is_new_nothing_is_sent(tmp_path: Path) -> None:
    with hook() as server:
        for checks in (["a.x"], ["a.x"], ["a.x", "b.x"], ["a.x", "b.x"]):
            run(tmp_path / "spool", server.url, *checks)
    assert heard(server) == [["a.x"], ["b.x"]]
    assert len(set(keys(server))) == 2


def test_a_webhook_that_is_down_for_a_day_loses_nothing_and_is_told_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place, clock = tmp_path / "spool", [time.time()]
    monkeypatch.setattr(time, "time", lambda: clock[0])
    with hook() as server:
        server.status = 503
        for hour in range(24):
            run(place, server.url, *(f"c{number}.x" for number in range(hour + 1)))
            clock[0] += 3600
        said = capsys.readouterr().err.splitlines()
        tried = len(server.got)
        server.status = 200
        (box,) = boxes(place)
        assert send_waiting([box], place, 10.0)
        assert heard(server)[tried:] == [[f"c{hour}.x"] for hour in range(24)]
        assert heard(server)[:tried] == [["c0.x"]] * tried
    assert len(said) == 24
    assert all(
        line.startswith(f"dockworthy: {server.url} was not told: it answered 503; the message waits in ")
        for line in said
    )
    assert not list(place.glob("*/0*.json"))


def test_the_pause_after_a_failure_grows_has_jitter_and_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1_000_000.0]
    monkeypatch.setattr(time, "time", lambda: clock[0])
    with hook() as server:
        server.status = 500
        run(tmp_path / "spool", server.url, "a.x")
        (box,) = boxes(tmp_path / "spool")
        pauses = [box.pause()]
        for _ in range(12):
            assert not send_waiting([box], tmp_path, 5.0)
            clock[0] += box.pause() + 1
            assert not send_waiting([box], tmp_path, 5.0)
            pauses.append(box.pause())
        assert len(server.got) == 13
    assert all(min(3600, 30 * 2**n) / 2 <= pause <= min(3600, 30 * 2**n) for n, pause in enumerate(pauses))
    assert len({round(pause / min(3600, 30 * 2**n), 6) for n, pause in enumerate(pauses)}) > 10
    clock[0] -= 10_000_000
    assert box.pause() == 0.0


def test_a_message_that_nobody_took_for_a_week_is_put_aside_and_the_next_one_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place, clock = tmp_path / "spool", [time.time()]
    monkeypatch.setattr(time, "time", lambda: clock[0])
    with hook() as server:
        server.status = 404
        run(place, server.url, "a.x")
        clock[0] += 8 * 86_400
        server.status = 200
        run(place, server.url, "a.x", "b.x")
        assert heard(server)[1:] == [["b.x"]]
    assert "a message was not taken for 7 days and is put aside" in capsys.readouterr().err
    (aside,) = place.glob("*/given-up/*.json")
    assert json.loads(aside.read_text())["body"]["new"][0]["name"] == "a.x"


def test_where_too_many_wait_what_is_new_waits_in_the_difference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(spooled, "MOST", 3)
    place = tmp_path / "spool"
    with hook() as server:
        server.status = 500
        for last in range(1, 7):
            run(place, server.url, *(f"c{number}.x" for number in range(last)))
        assert "too many messages wait" in capsys.readouterr().err
        tried, server.status = len(server.got), 200
        assert send_waiting(boxes(place), place, 10.0, at_once=True)
        run(place, server.url, *(f"c{number}.x" for number in range(6)))
    assert heard(server)[tried:] == [["c0.x"], ["c1.x"], ["c2.x"], ["c3.x", "c4.x", "c5.x"]]


def test_a_reader_that_does_not_answer_holds_a_run_up_no_longer_than_its_patience(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(telling, "PATIENCE", 0.3)
    with hook() as slow, hook() as other:
        slow.is_held.set()
        options = Options(notify=(slow.url, other.url), spool=str(tmp_path / "spool"))
        tell(options, made(result()))
        assert not slow.gave_up.is_set()  # it holds half a minute
        assert heard(other) == [["daemon.icc-disabled"]]
    assert f"{slow.url} was not told: it did not answer " in capsys.readouterr().err
    assert len(list((tmp_path / "spool").glob("*/0*.json"))) == 1


# --- killed --------------------------------------------------------------------------------------------------------

_TELL = """
import os, signal, sys
from pathlib import Path
from dockworthy.notify import sending, spool, telling
from tests.notify.test_spool import run
at, url, place = sys.argv[1:]
def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)
if at == "before the state":
    put = spool._put
    spool._put = lambda path, value: die() if path.name == "told.jsonl" else put(path, value)
elif at == "before sending":
    telling.send = die
elif at == "after sending":
    spool.Box.done = die
elif at == "while writing":
    os.fsync = die
run(Path(place), url, "a.x", "b.x")
"""


@pytest.mark.parametrize(
    ("at", "before"),
    [("while writing", 0), ("before the state", 0), ("before sending", 0), ("after sending", 1)],
)
def test_a_process_that_is_killed_loses_nothing_and_what_comes_twice_has_one_key(
    tmp_path: Path, at: str, before: int
) -> None:
    place = tmp_path / "spool"
    with hook() as server:
        done = subprocess.run([sys.executable, "-c", _TELL, at, server.url, place], check=False)
        assert done.returncode == -signal.SIGKILL
        assert len(server.got) == before
        run(place, server.url, "a.x", "b.x")
        run(place, server.url, "a.x", "b.x")
    assert heard(server) == [["a.x", "b.x"]] * (before + 1)
    assert len(set(keys(server))) == 1
    assert sorted(path.name for path in place.glob("*/*") if path.name not in {"lock", "sending"}) == ["told.jsonl"]


def test_two_processes_send_a_message_once(tmp_path: Path) -> None:
    place = tmp_path / "spool"
    with hook() as server:
        server.status = 500
        run(place, server.url, "a.x")
        server.status, tried = 200, len(server.got)
        (box,) = boxes(place)
        with box.locked("sending"):
            assert not send_waiting(boxes(place), place, 5.0, at_once=True)
        assert send_waiting(boxes(place), place, 5.0, at_once=True)
        assert len(server.got) == tried + 1


# --- whose it is ---------------------------------------------------------------------------------------------------


def test_the_spool_is_its_owner_s_alone(tmp_path: Path) -> None:
    place = tmp_path / "spool"
    with hook() as server:
        server.status = 500
        before = os.umask(0)
        try:
            run(place, server.url, "a.x")
        finally:
            os.umask(before)
    modes = {path.relative_to(place).name: path.stat().st_mode & 0o777 for path in (place, *place.glob("**/*"))}
    assert {modes[name] for name in modes if name.endswith((".json", "lock", "sending"))} == {0o600}
    assert place.stat().st_mode & 0o777 == 0o700


def test_a_spool_that_others_could_have_filled_is_refused(tmp_path: Path) -> None:
    place = tmp_path / "spool"
    place.mkdir(mode=0o755)
    place.chmod(0o755)
    for use in (lambda: boxes(place), lambda: spooled._made(place)):
        with pytest.raises(UsageError, match="is open to others"):
            use()
    link = tmp_path / "link"
    link.symlink_to(place)
    with pytest.raises(UsageError, match="is no folder"):
        boxes(link)
    with pytest.raises(UsageError, match="is not there"):
        boxes(tmp_path / "nowhere")


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"format": 1, "destination": "exec:true"', '{"format": 99}', "\udcff", "cut off"]
)
def test_a_state_that_is_damaged_or_newer_is_told_and_changes_nothing(
    tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "spool"
    with hook() as server:
        run(place, server.url, "a.x")
        (state,) = place.glob("*/told.jsonl")
        data = text.encode("utf-8", "surrogateescape")
        if text == "cut off":
            data = b"".join(state.read_bytes().splitlines(keepends=True)[:-1])
        state.write_bytes(data)
        run(place, server.url, "a.x", "b.x")
        assert len(server.got) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"dockworthy: {server.url} is told nothing: {state}: ")
    assert state.read_bytes() == data


def test_a_variable_that_a_destination_needs_and_that_is_gone_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "spool"
    with hook() as server:
        server.status = 500
        monkeypatch.setenv("HOOK_URL", server.url)
        run(place, "env:HOOK_URL", "a.x")
        assert server.url not in "".join(path.read_text() for path in place.glob("*/*.json"))
        monkeypatch.delenv("HOOK_URL")
        capsys.readouterr()
        assert not send_waiting(boxes(place), place, 5.0, at_once=True)
    assert "the environment variable HOOK_URL is not set" in capsys.readouterr().err


def test_a_state_grows_with_findings_and_forgets_what_is_over(tmp_path: Path) -> None:
    place = tmp_path / "spool"
    run(place, "exec:true", *(f"c{number}.x" for number in range(50)))
    run(place, "exec:true", *(f"c{number}.x" for number in range(50)), outcome="pass", moment=NOW + timedelta(days=1))
    (state,) = place.glob("*/told.jsonl")
    assert json.loads(state.read_text())["hosts"] == 0
