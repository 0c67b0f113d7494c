"""A run over many hosts: the record of a pytest run, and a host that is broken or slow holds nobody up."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dockworthy.errors import UsageError
from dockworthy.fleet.judge import Judge
from dockworthy.fleet.look import Judged, Look
from dockworthy.fleet.workers import judge_each
from dockworthy.results.streamed import streamed
from dockworthy.run.options import Options
from dockworthy.run.plan import make_plan
from tests import warm
from tests.fleet.recorded import ALL, framed, look, orders, records, seen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Run = Callable[..., subprocess.CompletedProcess[str]]

TARGETS = [f"snapshot:{path}" for path in ALL]
FEW = ("--check", "kernel.namespace", "--check", "daemon.icc-disabled")


def record_of(path: Path) -> dict[str, Any]:
    """A record, without what differs from run to run, in an order of its own."""
    record: dict[str, Any] = json.loads(path.read_bytes())
    for name in ("id", "started", "finished", "argv"):
        del record["run"][name]
    for host in record["hosts"]:
        del host["probe"]["seconds"]
    for result in record["results"]:
        del result["seconds"]
    for name in ("hosts", "results", "certificates"):
        record[name].sort(key=lambda one: json.dumps(one, sort_keys=True))
    return record


def test_the_record_is_that_of_a_pytest_run_for_every_recorded_host(dockworthy: Run, tmp_path: Path) -> None:
    told = []
    for more in ((), ("--jobs", "1")):
        path = tmp_path / f"r{len(more)}.json"
        done = dockworthy("check", *TARGETS, "--at", "snapshot", "--results", str(path), *more)
        assert [host["target"] for host in json.loads(path.read_bytes())["hosts"]] == TARGETS
        told.append((done.returncode, record_of(path)))
    assert told[0] == told[1]
    assert not list((tmp_path / "cwd" / "reports" / "latest").glob("report*"))


def test_waivers_a_baseline_and_a_host_that_is_gone_count_as_in_pytest(dockworthy: Run, tmp_path: Path) -> None:
    profile = tmp_path / "ours.yaml"
    profile.write_text(
        "extends: base\nwaivers:\n"
        "- {check: container.no-privileged, host: v*, reason: r, owner: o, expires: 2099-01-01}\n"
        "- {check: kernel.namespace, reason: never, owner: o, expires: 2099-01-01}\n"
    )
    old = str(tmp_path / "old.json")
    given = ("--profile", str(profile), "--topic", "container", "--topic", "daemon", "--results")
    assert dockworthy("check", *TARGETS[:6], *given, old).returncode in {1, 6}
    told: list[tuple[int, Any, str]] = []
    for more in ((), ("--jobs", "1")):
        path = tmp_path / f"r{len(more)}.json"
        asked = [*TARGETS[3:], "docker://no-such-container-here", *given, str(path), "--baseline", old]
        done = dockworthy("check", *asked, "-q", *more)
        record = record_of(path)
        for one in (*record["hosts"], *record["results"]):
            one.pop("probe", None)
        told.append((done.returncode, record, done.stdout.splitlines()[-1]))
    assert told[0] == told[1]
    assert told[0][1]["policy"]["waivers"][0]["covered"] > 0


def test_more_hosts_than_a_few_need_no_option(dockworthy: Run, small_snapshot: Path, tmp_path: Path) -> None:
    done = dockworthy("check", *[f"snapshot:{small_snapshot}"] * 33, *FEW, "--report", "csv", "--report", "json=-")
    assert done.returncode in {1, 6}, done.stderr
    record = json.loads(done.stdout)
    assert [host["name"] for host in record["hosts"]] == ["small", *(f"small-{n}" for n in range(2, 34))]
    assert len(record["results"]) % 33 == 0
    assert "33 of 33 hosts reached" in done.stderr
    folder = tmp_path / "cwd" / "reports" / "latest"
    assert {path.name for path in folder.iterdir()} == {"results.json", "results.jsonl", "results.csv"}
    with streamed(folder) as read:
        assert (read.complete, len(read.names)) == (True, 33)


def test_what_an_inventory_a_rehearsal_and_files_to_come_say_counts_as_in_pytest(
    dockworthy: Run, tmp_path: Path
) -> None:
    daemon = tmp_path / "daemon.json"
    daemon.write_text('{"icc": false, "live-restore": true}')
    for asked in (("--engine", "29.3"), ("--apply", f"daemon.json={daemon}")):
        told = []
        for more in ((), ("--jobs", "1")):
            path = tmp_path / f"r{len(more)}.json"
            few = ("--topic", "daemon", "--topic", "container", "--results", str(path))
            assert dockworthy("check", *TARGETS[-3:], *few, *asked, *more).returncode in {1, 6}
            told.append(record_of(path))
        assert told[0] == told[1]
        assert told[0]["run"]["rehearsal"] is not None


def test_a_fleet_is_kept_in_a_store_with_its_snapshots(dockworthy: Run, tmp_path: Path) -> None:
    store = tmp_path / "store"
    done = dockworthy("check", *TARGETS[:3], "--topic", "harbor", "--jobs", "1", "--store", str(store))
    assert done.returncode in {1, 6}, done.stderr
    told = dockworthy("history", "--store", str(store), "--sql", "SELECT count(DISTINCT host) AS n FROM results")
    assert "3" in told.stdout, told.stdout + told.stderr
    assert len([path for path in store.rglob("*") if "snapshot" in str(path) and path.is_file()]) == 3


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--jobs", "0"), "--jobs 0: not a number from 1 to 1024."),
        (("--jobs", "two"), "--jobs two: not a number from 1 to 1024."),
        (("--jobs", "2", "--", "-x"), "--jobs: with pytest's arguments hosts are judged in pytest"),
        (("--jobs", "2", "--checks", "."), "--jobs: with --checks hosts are judged in pytest"),
        (("--jobs", "2", "--baseline", "none.json"), "none.json: cannot be read"),
        (("--jobs", "2", "--check", "no.such"), "--check no.such: there is no such check"),
        (("snapshot:none", "--jobs", "2"), "none cannot be read"),
        (("snapshot:/dev/null", "--jobs", "2"), "snapshot:/dev/null is not a dockworthy snapshot"),
    ],
)
def test_what_cannot_be_is_refused_before_a_host_is_looked_at(
    dockworthy: Run, small_snapshot: Path, tmp_path: Path, arguments: tuple[str, ...], told: str
) -> None:
    done = dockworthy("check", f"snapshot:{small_snapshot}", *arguments)
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr.startswith(f"dockworthy: {told}")
    assert not (tmp_path / "cwd" / "reports").exists()


def test_pytest_has_processes_of_its_own(small_snapshot: Path) -> None:
    with pytest.raises(UsageError, match=r"-n; give one of the two"):
        make_plan(Options(target=(f"snapshot:{small_snapshot}",), jobs="2"))


# --- hosts that are broken -----------------------------------------------------------------------------------------


def reason(judged: Judged) -> str:
    (result,) = (one for one in records(judged) if one["type"] == "result")
    assert (result["check"], result["outcome"]) == ("host.reachable", "error")
    return str(result["reason"])


def test_what_a_host_sends_that_is_no_snapshot_is_one_undecided_result() -> None:
    judge = Judge(orders())
    for data in (b"", b"hello", b"dockworthy-snapshot 1 0.1.0\n", b"dockworthy-snapshot 9 9\n@ a 0 raw 0\n\n"):
        judged = judge.judge(look(data))
        assert (judged.reached, dict(judged.counts)) == (False, {("critical", "error"): 1})
        assert reason(judged)
    gone = Look(3, "web3", "snapshot:none", path="/none")
    assert "cannot be read" in reason(judge.judge(gone))


def test_a_host_whose_judging_breaks_is_one_undecided_result(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: object) -> None:
        raise RecursionError

    judge = Judge(orders())
    monkeypatch.setattr("dockworthy.fleet.judge.parse_snapshot", breaks)
    assert "RecursionError" in reason(judge.judge(look(b"x")))


def test_a_hostile_name_stays_a_name() -> None:
    judge, data = Judge(orders(check=("kernel.namespace",))), framed(seen(ALL[-1]).sections)
    for name in ('a","outcome":"pass', "a\nb", "a\\", "\udc80", "https://u:secret@h/"):
        judged = judge.judge(look(data, name=name))
        lines = records(judged)
        assert {line.get("name", line.get("host")) for line in lines} == {judged.name}
        assert "secret" not in judged.lines.decode()


# --- processes -----------------------------------------------------------------------------------------------------


def fleet(number: int) -> Iterator[Look]:
    data = framed(seen(ALL[-1]).sections)
    return (look(data, one) for one in range(number))


def children() -> set[int]:
    """The processes that this one has."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parts = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(parts[1]) == os.getpid() and parts[0] != "Z":
            found.add(int(path.parent.name))
    return found


def test_a_host_whose_process_is_killed_is_judged_again_once() -> None:
    before, wanted = children(), orders(check=("kernel.namespace",))
    found: dict[int, int] = {}
    here = Judge(wanted)
    for taken, judged in judge_each(fleet(40), wanted, here, 2):
        found[taken.number] = found.get(taken.number, 0) + 1
        assert records(judged) == records(here.judge(taken))
        if len(found) == 3:
            os.kill(min(children() - before), signal.SIGKILL)
    assert found == dict.fromkeys(range(40), 1)
    assert children() == before


def test_a_host_that_ends_every_process_is_one_undecided_result() -> None:
    """A snapshot file that kills whoever reads it cannot be had; a look that cannot be unpacked ends its process."""
    wanted = orders(check=("kernel.namespace",))
    ends = Look(0, "web0", "ssh://web0", seconds=Deadly())
    found = {taken.number: judged for taken, judged in judge_each([ends, look(None, 1)], wanted, Judge(wanted), 2)}
    assert "ended before it was done, twice" in reason(found[0])
    assert found[1].number == 1


class Deadly(float):
    """A number that ends the process that unpacks it."""

    def __reduce__(self) -> tuple[Callable[[int], Any], tuple[int]]:
        return os._exit, (9,)


def test_processes_end_when_nobody_asks_any_more() -> None:
    before, wanted = children(), orders(check=("kernel.namespace",))
    found = judge_each(fleet(1000), wanted, Judge(wanted), 2)
    next(found)
    found.close()
    assert children() == before


def test_what_was_judged_before_an_interruption_is_on_disk(small_snapshot: Path, tmp_path: Path) -> None:
    slow = tmp_path / "ssh"
    slow.write_text("#!/bin/sh\nsleep 600\n")
    slow.chmod(0o755)
    inventory = tmp_path / "hosts.ini"
    inventory.write_text("".join(f"h{n} ansible_host=h{n} ansible_ssh_executable={slow}\n" for n in range(3)))
    saved = [f"snapshot:{small_snapshot}"] * 3
    run = warm.start(
        *("check", *saved, "--inventory", str(inventory), "--jobs", "2", *FEW),
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    lines = tmp_path / "reports"
    until = time.monotonic() + 60
    while time.monotonic() < until:
        found = list(lines.glob("*/results.jsonl"))
        if found and found[0].read_bytes().count(b'{"type":"host"') == 3:
            break
        time.sleep(0.05)
    run.send_signal(signal.SIGINT)
    out, err = run.communicate(timeout=60)
    assert (run.returncode, out) == (2, "")
    assert "interrupted; what was judged until then is in" in err
    (path,) = lines.glob("*/results.jsonl")
    with streamed(path) as read:
        assert (read.complete, {*read.names}) == (False, {"small", "small-2", "small-3"})
        assert list(read.results())
