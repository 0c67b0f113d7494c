"""What is no record, or only half of one, is refused in one sentence that names file and line, and nothing hangs."""

from __future__ import annotations

import copy
import json
import os
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from dockworthy.errors import UsageError
from dockworthy.report import write_report
from dockworthy.report.formats.interface import names
from dockworthy.results.reader import read_results
from dockworthy.results.writer import dumps
from tests.results_factory import record, result

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TIME = "2026-11-24T10:00:00Z"


def whole() -> dict[str, Any]:
    """A record as JSON: two hosts, a result that is waived, a certificate, a waiver."""
    waiver = {"reason": "r", "owner": "o", "expires": TIME}
    made: dict[str, Any] = copy.deepcopy(record(result("waived", waiver=waiver), result("pass", host="web2")).as_json())
    names = ("where", "used_for", "subject", "issuer")
    made["certificates"] = [
        {"host": "web1", **dict.fromkeys(names, "x"), "sha256": "a" * 64, "not_before": TIME, "not_after": TIME}
    ]
    decision = {"check": "daemon.icc-disabled", "owner": "o", "expires": TIME}
    made["policy"] = {"waivers": [{**decision, "reason": "r", "covered": 1}], "attestations": []}
    made["hosts"][0]["network"] = [{"place": "bridge", "name": None, "state": "there", "seen": "docker0"}]
    made["run"]["rehearsal"] = {"engine": "29.3", "harbor": None, "applied": []}
    return made


def changed(value: object, *path: str | int) -> dict[str, Any]:
    """The record with one value replaced."""
    made = whole()
    inside: Any = made
    for key in path[:-1]:
        inside = inside[key]
    inside[path[-1]] = value
    return made


def nested(depth: int) -> Any:
    value: Any = 1
    for number in range(depth):
        value = [value] if number % 2 else {"a": value}
    return value


def refused(path: Path) -> str:
    """What is said of it: one sentence that begins with the file."""
    with pytest.raises(UsageError) as caught:
        read_results(path)
    said = str(caught.value)
    assert said.startswith(f"{path}:")
    assert len(said.splitlines()) == 1
    assert said.isprintable()
    return said.removeprefix(f"{path}:")


def test_the_record_that_the_cases_change_is_read(tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text(json.dumps(whole()))
    assert len(read_results(tmp_path / "r.json").certificates) == 1


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (5, ("run", "id")),
        ("yesterday", ("run", "started")),
        ("2026-02-30T10:00:00Z", ("run", "started")),
        ("2026-11-24", ("run", "started")),
        ("2026-11-24T10:00:00+01:00", ("run", "finished")),
        (1795521600, ("run", "finished")),
        ("x", ("run", "argv")),
        ([5], ("run", "argv")),
        ([{"name": 5}], ("run", "profiles")),
        (["base"], ("run", "profiles")),
        ({"engine": 29}, ("run", "rehearsal")),
        ({"applied": "x"}, ("run", "rehearsal")),
        (5, ("hosts", 1, "name")),
        ("yes", ("hosts", 1, "reachable")),
        ({"id": 13}, ("hosts", 1, "os")),
        ("noon", ("hosts", 1, "recorded")),
        ({"seconds": "1"}, ("hosts", 1, "probe")),
        ({"place": "bridge"}, ("hosts", 1, "network")),
        ([{"place": 1}], ("hosts", 1, "network")),
        ([], ("hosts", 1)),
        ("web1", ("hosts", 1, "name")),
        (None, ("results", 1, "check")),
        ([1], ("results", 1, "refs")),
        ("unknown", ("results", 1, "outcome")),
        ("maybe", ("results", 1, "before")),
        ({"reason": "r", "owner": 5, "expires": TIME}, ("results", 0, "waiver")),
        ({"reason": "r", "owner": "o", "expires": "later"}, ("results", 0, "waiver")),
        ({"reason": "r", "owner": "o"}, ("results", 0, "waiver")),
        (nested(101), ("results", 1, "observed")),
        (nested(500), ("results", 1, "expected")),
        (None, ("results", 1)),
        ("ab", ("certificates", 0, "sha256")),
        (5, ("certificates", 0, "issued_by")),
        ("soon", ("certificates", 0, "not_after")),
        ({}, ("certificates", 0)),
        ({}, ("certificates",)),
        (5, ("policy",)),
        ({}, ("policy", "waivers")),
        ([5], ("policy", "attestations")),
        (True, ("policy", "waivers", 0, "covered")),
        (-1, ("policy", "waivers", 0, "covered")),
        ("never", ("policy", "waivers", 0, "expires")),
        ({"web1": "many"}, ("certificates_left_out",)),
    ],
)
def test_a_field_that_is_not_what_it_must_be_is_refused_in_both_forms(
    tmp_path: Path, value: object, path: tuple[str | int, ...]
) -> None:
    made = changed(value, *path)
    (tmp_path / "r.json").write_text(json.dumps(made))
    said = refused(tmp_path / "r.json")
    assert "the file is damaged, run the check again" in said
    if isinstance(path[-1], str) and len(path) > 1 and path[-1] != "name":
        assert path[-1] in said
    lines = [{"type": "run", "schema_version": "1", **made["run"]}]
    for kind in ("host", "result", "certificate"):
        items = made[f"{kind}s"]
        lines += [
            {"type": kind, **item} if isinstance(item, dict) else item
            for item in (items if isinstance(items, list) else [items])
        ]
    (tmp_path / "r.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    if path[0] not in {"policy", "certificates_left_out"}:
        refused(tmp_path / "r.jsonl")


def test_as_deep_as_is_read_every_format_can_write(tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text(json.dumps(changed(nested(100), "results", 1, "observed")))
    found = read_results(tmp_path / "r.json")
    assert found.results[1].observed == nested(100)
    for name in names():
        assert write_report(name, found, tmp_path / name) == tmp_path / name


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ('"observed": true', '"observed": NaN', "NaN is no number"),
        ('"observed": true', '"observed": -Infinity', "-Infinity is no number"),
        ('"observed": true', '"observed": 1e999', "1e999 is no number"),
        ('"observed": true', '"observed": true,\n   "observed": false', "the same key twice"),
        ('"observed": true', '"observed": {"a": 1, "b": "}{", "a": 2}', "the same key twice"),
        ('"observed": true', '"observed": tru', "is not JSON"),
        ('"observed": true', '"observed": "\xff"', "is not UTF-8"),
    ],
)
def test_what_json_has_not_is_refused_with_its_line(tmp_path: Path, old: str, new: str, what: str) -> None:
    text = json.dumps({**whole(), "note": 'NaN, {"a" and 1e999 in a text are text'}, indent=1)
    assert old in text
    path = tmp_path / "r.json"
    path.write_bytes(text.replace(old, new, 1).encode("latin-1"))
    said = refused(path)
    assert what in said
    line = next(number for number, line in enumerate(text.splitlines(), 1) if old in line)
    # Of a key that stands twice the object is named by where it begins, which is not where its second key stands.
    begun = line - text.splitlines()[:line][::-1].index("  {") if "\n" in new else line
    assert int(said.partition(":")[0]) == begun


_ODD: tuple[Any, ...] = (None, True, -1, 1.5, "", "x", [], {}, [None], {"": 1}, "9" * 30, 10**30, [[]], "\ud800", TIME)


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Where every value stands that can be replaced."""
    if path:
        yield path
    items: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inside in items:
        yield from places(inside, (*path, key))


def test_whatever_stands_where_and_whichever_byte_is_another_it_is_read_or_refused_in_one_sentence(
    tmp_path: Path,
) -> None:
    path, read, refusals = tmp_path / "r.json", 0, 0
    cases = [json.dumps(changed(odd, *place)).encode() for place in places(whole()) for odd in _ODD]
    data = json.dumps(whole()).encode()
    dice = Random(7)  # noqa: S311 - which cases there are
    for _ in range(400):
        at = dice.randrange(len(data))
        cases.append(data[:at] + bytes([dice.randrange(256)]) * dice.randrange(3) + data[at + 1 :])
    for case in cases:
        path.write_bytes(case)
        said = ""
        try:
            json.loads(dumps(read_results(path).as_json()))
        except UsageError as error:
            said = str(error)
        assert said.isprintable()
        assert said.startswith(f"{path}:") or not said
        refusals += bool(said)
        read += not said
    assert min(read, refusals) > 100


def test_halves_of_a_character_that_json_can_write_are_replaced_when_they_are_read(tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text(json.dumps(changed("a\ud800b \U0001f600", "results", 0, "param")))
    assert read_results(tmp_path / "r.json").results[0].param == "a\ufffdb \U0001f600"


@pytest.mark.parametrize("cut", [1, 2, 10, 100, 500, 1000, 2000])
def test_a_whole_record_that_was_cut_off_is_refused(tmp_path: Path, cut: int) -> None:
    data = json.dumps(whole()).encode()
    assert len(data) > cut
    (tmp_path / "r.json").write_bytes(data[:-cut])
    refused(tmp_path / "r.json")


def test_two_hosts_with_one_name_are_refused_by_the_line_of_the_second(tmp_path: Path) -> None:
    text = json.dumps(changed("web1", "hosts", 1, "name"), indent=1)
    (tmp_path / "r.json").write_text(text)
    said = refused(tmp_path / "r.json")
    assert "a second host is called 'web1'" in said
    lines = text.splitlines()
    assert '"name": "web1"' in lines[int(said.partition(":")[0])]
    assert sum('"name": "web1"' in line for line in lines[: int(said.partition(":")[0])]) == 1


@contextmanager
def a_socket(path: Path) -> Iterator[None]:
    import socket  # noqa: PLC0415 - here only

    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))
        yield


def test_what_is_no_file_is_neither_waited_for_nor_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link").symlink_to("fifo")
    (tmp_path / "folder").mkdir()
    for name, what in (
        (tmp_path / "fifo", "is a FIFO"),
        (tmp_path / "link", "is a FIFO"),
        (Path("/dev/null"), "is a device"),
        (Path("/dev/zero"), "is a device"),
        (tmp_path / "folder", "folder/results.json: cannot be read"),
    ):
        with pytest.raises(UsageError, match=what):
            read_results(name)
    with a_socket(tmp_path / "socket"), pytest.raises(UsageError, match="is a socket"):
        read_results(tmp_path / "socket")


def test_a_pipe_that_a_shell_makes_is_read_to_its_end() -> None:
    reading, writing = os.pipe()
    os.write(writing, json.dumps(whole()).encode())
    os.close(writing)
    try:
        assert len(read_results(Path(f"/dev/fd/{reading}")).results) == 2
    finally:
        os.close(reading)


def test_a_file_that_is_too_large_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    with path.open("wb") as stream:
        stream.write(b"{")
        stream.truncate(2 << 30)  # without a block of it on the disk
    assert "is larger than 1024 MiB" in refused(path)


def test_a_check_that_there_is_no_more_is_reported_in_every_format(tmp_path: Path) -> None:
    gone = result("fail", check="gone.no-such-check", aliases=["gone.older"], title="what was asked once")
    for name in names():
        path = tmp_path / name
        write_report(name, record(gone, result("error", check="gone.another", reason="r")), path)
        # Prometheus' text counts and names none; Parquet is packed
        told = {"prometheus": b"dockworthy_findings", "parquet": b"PAR1"}.get(name, b"gone.no-such-check")
        assert told in path.read_bytes(), name


@pytest.mark.parametrize(
    "make",
    [
        lambda path: path.write_text(json.dumps(whole())[:300]),
        lambda path: path.write_text(json.dumps({**whole(), "schema_version": "2"})),
        lambda path: path.write_text(json.dumps({**whole(), "schema_version": "0"})),
        lambda path: path.write_bytes(b"\x7fELF\0\1"),
        os.mkfifo,
    ],
)
@pytest.mark.parametrize("command", ["report", "remediate", "diff", "check"])
def test_a_record_that_cannot_be_used_replaces_no_good_file(
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    make: Callable[[Path], object],
    command: str,
) -> None:
    from dockworthy.cli import main  # noqa: PLC0415 - beside its use

    monkeypatch.chdir(tmp_path)
    bad, good, out = tmp_path / "bad.json", tmp_path / "good.json", tmp_path / "out"
    make(bad)
    good.write_text(json.dumps(whole()))
    out.write_text("kept")
    words = {
        "report": ["report", str(bad), "--format", f"json={out}"],
        "remediate": ["remediate", str(bad), "-o", str(out)],
        "diff": ["diff", str(good), str(bad)],
        "check": ["check", "snapshot:/nowhere", "--baseline", str(bad), "--results", str(out)],
    }
    assert main(words[command]) == 4
    said = capfd.readouterr().err
    assert len(said.splitlines()) == 1
    assert "bad.json" in said
    assert out.read_text() == "kept"
    assert {path.name for path in tmp_path.iterdir()} == {"bad.json", "good.json", "out"}
