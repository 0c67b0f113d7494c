"""The other ways to a host: this machine's shell, container tools, testinfra, files; one, and many at once."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path
from time import sleep

import pytest

from dockworthy.errors import SnapshotError
from dockworthy.probe import script
from dockworthy.snapshot import Snapshot, parse_snapshot
from dockworthy.target import Collected, CollectOptions, Target, collect, parse_target, probe_many, start
from dockworthy.target.process import ProcessProbe
from dockworthy.target.testinfra_backend import command, unpacking

FAKE = '#!/bin/sh\necho "$@" >>{folder}/arguments\nexec {rest}\n'


def tool(folder: Path, name: str, rest: str, monkeypatch: pytest.MonkeyPatch) -> None:
    program = folder / name
    program.write_text(FAKE.format(folder=folder, rest=rest))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def test_this_host_is_looked_at_by_its_own_shell() -> None:
    found = collect(parse_target("local://"))
    assert found.data is not None
    assert not parse_snapshot(found.data, "local").truncated
    assert (found.label, found.round_trips, found.error) == ("local://", 1, None)


@pytest.mark.usefixtures("short_look")
def test_a_probe_can_be_started_early() -> None:
    pending = start(parse_target("local://"))
    data = pending.result().data
    assert data is not None
    assert not parse_snapshot(data, "local").truncated


def found_inside(spec: str, name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Snapshot, str]:
    """What a look into a container finds, and the arguments that its client was given."""
    tool(folder, name, "sh -s", monkeypatch)
    found = collect(parse_target(spec))
    assert found.data is not None
    return parse_snapshot(found.data, spec), (folder / "arguments").read_text().splitlines()[0]


def test_a_container_is_looked_at_from_inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot, arguments = found_inside("docker://app", "docker", tmp_path, monkeypatch)
    assert not snapshot.truncated
    assert snapshot.text("cmd:hostname").value.strip() == socket.gethostname()
    assert arguments == "exec -i -- app sh -s"


@pytest.mark.usefixtures("short_look")
@pytest.mark.parametrize(
    ("spec", "name", "arguments"),
    [
        ("docker://deploy@app", "docker", "exec -i -u deploy -- app sh -s"),
        ("podman://app", "podman", "exec -i -- app sh -s"),
        (
            "kubectl://pod?namespace=ns&container=c&context=x",
            "kubectl",
            "--context=x --namespace=ns exec -i --container=c pod -- sh -s",
        ),
        ("lxc://box", "lxc", "exec box --mode=non-interactive -- sh -s"),
    ],
)
def test_each_kind_of_container_is_entered_by_its_own_client(
    spec: str, name: str, arguments: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot, given = found_inside(spec, name, tmp_path, monkeypatch)
    assert not snapshot.truncated
    assert given == arguments


def test_testinfra_gets_one_argument_that_fits() -> None:
    line = command(parse_target("ansible://web1"), CollectOptions(registries=("harbor.example.com",) * 50))
    assert len(line.encode()) < 124 * 1024  # with room for what a shell and a login around it add


def test_no_key_is_in_an_argument_that_others_on_the_host_may_see() -> None:
    line = command(parse_target("ansible://web1"), CollectOptions(harbor_key="correct-horse-battery"))
    before, _, _ = line.partition(" | sh ")
    text = subprocess.run(["sh", "-c", before], capture_output=True, check=True).stdout
    assert b"correct-horse-battery" not in text
    assert b"HARBOR_KEY" in text


@pytest.mark.parametrize("awk", ["mawk", "gawk", "original-awk", "busybox"])
def test_every_awk_unpacks_what_testinfra_sends_whatever_its_length(awk: str, tmp_path: Path) -> None:
    program = tmp_path / "awk"
    program.write_text(f'#!/bin/sh\nexec {"busybox awk" if awk == "busybox" else awk} "$@"\n')
    program.chmod(0o755)
    texts = [b"every byte: " + bytes(range(256)) + b"x" * more for more in range(13)]
    found = subprocess.run(
        ["sh", "-c", "; ".join(unpacking(text) for text in texts)],
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        check=True,
    )
    assert (found.stdout, found.stderr) == (b"".join(texts), b"")


def test_what_only_testinfra_reaches_gives_the_same_snapshot() -> None:
    found = collect(Target("local://", "salt", "local"), CollectOptions(host_timeout=100))
    assert found.error is None
    assert found.data is not None
    snapshot = parse_snapshot(found.data, "testinfra")
    assert not snapshot.truncated
    assert snapshot.text("cmd:hostname").value.strip() == socket.gethostname()


def test_a_backend_that_fails_is_one_sentence() -> None:
    found = collect(Target("salt://web1", "salt", "web1"))
    assert found.data is None
    assert found.error
    assert "salt://web1" not in found.error  # who tells it names the host
    assert "Traceback" not in (found.error or "")


def test_a_time_limit_ends_everything_that_was_started(tmp_path: Path) -> None:
    note = tmp_path / "pids"
    text = f"trap '' TERM HUP; echo $$ >{note}; timeout 500 sleep 500 & echo $! >>{note}; sleep 500"
    target = Target("local://", "local")
    found = ProcessProbe(target, ["sh", "-c", text], b"", timeout=1.0).result()
    assert found.error == "it did not answer within 1 seconds."
    for pid in note.read_text().split():
        for _ in range(100):
            if not _runs(pid):
                break
            sleep(0.02)
        assert not _runs(pid)


def _runs(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_probe_that_is_given_up_leaves_nothing_behind(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    pending = ProcessProbe(Target("x", "local"), ["sh", "-c", f"echo $$ >{note}; sleep 500"], b"", timeout=500)
    while not (note.exists() and note.read_text()):
        sleep(0.01)
    pending.cancel()
    assert not _runs(note.read_text().strip())


def test_a_program_that_is_not_here_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    found = collect(parse_target("podman://x"))
    assert found.error == "podman cannot be run here: No such file or directory."


def test_an_answer_that_is_no_snapshot_is_told_without_the_hosts_words() -> None:
    target = Target("local://", "local")
    found = ProcessProbe(target, ["sh", "-c", "echo hello; echo 'no shell here' >&2"], b"", timeout=5).result()
    assert found.data is None
    assert found.error == (
        "sh ended with status 0 and no snapshot; its words may hold a secret and are not shown: try the same by hand."
    )


def test_a_saved_snapshot_is_read_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "a.snapshot"
    file.write_bytes(b"dockworthy-snapshot 1 x\n@end 0\n")
    found = collect(parse_target(f"snapshot:{file}"))
    assert (found.data, found.round_trips) == (b"dockworthy-snapshot 1 x\n@end 0\n", 0)


@pytest.mark.parametrize("name", ["missing", "", "bad\0name"])
def test_a_snapshot_that_cannot_be_read_is_wrong_usage(tmp_path: Path, name: str) -> None:
    with pytest.raises(SnapshotError):
        collect(Target("snapshot:x", "snapshot", str(tmp_path / name)))


@pytest.mark.usefixtures("short_look")
def test_many_hosts_are_told_in_their_order_and_one_that_is_dead_stops_nothing(tmp_path: Path) -> None:
    file = tmp_path / "a.snapshot"
    file.write_bytes(b"dockworthy-snapshot 1 x\n@end 0\n")
    targets = [parse_target(spec) for spec in ("local://", "ssh://127.0.0.1:1", f"snapshot:{file}")]
    told: list[tuple[str, bool]] = []

    def progress(target: Target, collected: Collected | None) -> None:
        told.append((target.label, collected is not None))

    found = probe_many(targets, forks=3, progress=progress)
    assert [item.label for item in found] == [target.label for target in targets]
    assert [item.data is None for item in found] == [False, True, False]
    assert sorted(told) == sorted((target.label, done) for target in targets for done in (False, True))


def test_the_script_that_is_sent_is_the_one_that_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool(tmp_path, "docker", "cat", monkeypatch)
    found = ProcessProbe(Target("x", "local"), ["docker"], script().encode(), timeout=10).result()
    assert found.data is None  # the script came back, and is no snapshot
