"""A record read piece by piece says what it says read whole, and is refused where that is."""

from __future__ import annotations

import json
from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from dockworthy.errors import UsageError
from dockworthy.report import write_report
from dockworthy.results.model import Certificate, Host, Policy, Result, Results
from dockworthy.results.reader import read_results
from dockworthy.results.streamed import InMemory, streamed
from dockworthy.results.writer import ResultsWriter, dumps
from tests.results_factory import HOSTILE_NAMES, RUN, record, result

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TIME = "2026-11-24T10:00:00Z"
DECISION = {"check": "daemon.icc-disabled", "host": None, "param": None, "owner": "o", "given": None, "expires": TIME}


def certificate(host: str) -> Certificate:
    return Certificate(host, "/etc/x", "registry", "CN=a", "CN=b", "a" * 64, TIME, TIME)


def mixed() -> Results:
    """Three hosts, their results one among the other, as a run by check leaves them; one was not reached."""
    hostile = [
        result("pass", host="web2", param=name, observed={"severity": "high", "outcome": "fail"})
        for name in HOSTILE_NAMES
    ]
    made = record(
        result("waived", waiver={"reason": "r", "owner": "o", "expires": TIME}),
        result("pass", host="web2"),
        result("fail", check="kernel.option", severity="high"),
        *hostile,
        result("error", check="kernel.option", host="web2"),
        result("error", check="host.reachable", host="gone", severity="critical"),
        hosts=(Host("gone", "ssh://gone", reachable=False, error="no"),),
    )
    policy = Policy([{**DECISION, "reason": "r", "covered": 1}], [])
    return Results(
        made.run,
        made.hosts,
        made.results,
        made.summary,
        certificates=tuple(map(certificate, ("web1", "web2", "web1"))),
        policy=policy,
        certificates_left_out={"web2": 7},
    )


def by_writer(folder: Path, made: Results) -> Path:
    with ResultsWriter(folder / "results.json", RUN, made.hosts) as writer:
        for one in made.results:
            writer.result(one)
        for seen in made.certificates:
            writer.certificate(seen)
        writer.left_out("web2", 7)
        writer.policy(made.policy)
        return writer.finish(TIME)


def by_report(name: str) -> Callable[[Path, Results], Path]:
    def write(folder: Path, made: Results) -> Path:
        path = folder / f"results.{name}"
        write_report(name, made, path)
        return path

    return write


def laid_out_anew(folder: Path, made: Results) -> Path:
    path = by_writer(folder, made)
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")), indent=2), "utf-8")
    return path


def of_lines(folder: Path, made: Results) -> Path:
    return by_writer(folder, made).with_suffix(".jsonl")


def of_foreign_lines(folder: Path, made: Results) -> Path:
    """Lines whose fields stand in another order, with spaces, and some that a later version would have."""
    path = of_lines(folder, made)
    lines = [dict(reversed(json.loads(line).items())) for line in path.read_text("utf-8").split("\n")[:-1]]
    lines.insert(1, {"type": "weather", "it": "rains"})
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    return path


FORMS = [by_writer, of_lines, of_foreign_lines, laid_out_anew, by_report("json"), by_report("jsonl")]


def told(path: Path) -> dict[str, Any]:
    """All that is in it, read piece by piece."""
    with streamed(path) as read:
        return {
            "run": read.run,
            "complete": read.complete,
            "summary": read.summary,
            "policy": read.policy,
            "left_out": read.left_out,
            "names": read.names,
            "unreachable": read.unreachable,
            "hosts": list(read.hosts()),
            "results": list(read.results()),
            "certificates": list(read.certificates()),
        }


def expected(path: Path) -> dict[str, Any]:
    """The same, read whole."""
    whole = read_results(path)

    def together(records: tuple[Any, ...]) -> list[Any]:
        order = list(dict.fromkeys(one.host for one in records))
        return sorted(records, key=lambda one: order.index(one.host))

    return {
        "run": whole.run,
        "complete": whole.complete,
        "summary": whole.summary,
        "policy": whole.policy,
        "left_out": whole.certificates_left_out,
        "names": tuple(host.name for host in whole.hosts),
        "unreachable": len(whole.unreachable),
        "hosts": list(whole.hosts),
        "results": together(whole.results),
        "certificates": together(whole.certificates),
    }


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_record_says_the_same_as_read_whole(
    tmp_path: Path, form: Callable[[Path, Results], Path]
) -> None:
    path = form(tmp_path, mixed())
    assert told(path) == expected(path)


@pytest.mark.parametrize("form", FORMS)
def test_what_we_write_is_not_read_into_memory(tmp_path: Path, form: Callable[[Path, Results], Path]) -> None:
    with streamed(form(tmp_path, mixed())) as read:
        assert isinstance(read, InMemory) == (form is laid_out_anew)


def test_a_run_without_hosts_and_results_has_none(tmp_path: Path) -> None:
    for form in FORMS:
        path = form(tmp_path, Results(RUN, (), (), record().summary))
        assert told(path) == expected(path)


def test_a_folder_is_read_as_its_record_and_a_killed_run_as_far_as_it_came(tmp_path: Path) -> None:
    path = by_writer(tmp_path, mixed())
    assert told(tmp_path)["complete"]
    path.unlink()
    lines = path.with_suffix(".jsonl")
    for size in (-1, -40, -4000):
        lines.write_bytes(lines.read_bytes()[:size])
        assert told(tmp_path) == expected(tmp_path)
        assert not told(tmp_path)["complete"]


def test_one_host_is_read_alone_while_all_are_read(tmp_path: Path) -> None:
    with streamed(by_writer(tmp_path, mixed())) as read:
        for host in read.hosts():
            own = list(read.results(host.name))
            assert {one.host for one in own} == {host.name}
        assert [one.host for one in read.certificates("web1")] == ["web1", "web1"]
        assert list(read.results("nobody")) == []
        assert all(first.host == second.host or second.host != "web1" for first, second in pairwise(read.results()))


@pytest.mark.parametrize("form", [by_writer, of_lines])
def test_a_broken_result_is_refused_with_its_line_and_in_the_same_words(
    tmp_path: Path, form: Callable[[Path, Results], Path]
) -> None:
    path = form(tmp_path, mixed())
    lines = path.read_bytes().split(b"\n")
    number = next(index for index, line in enumerate(lines) if b"kernel.option" in line)
    lines[number] = lines[number].replace(b'"refs":[', b'"refs":[3,')
    path.write_bytes(b"\n".join(lines))
    with pytest.raises(UsageError) as whole:
        read_results(path)
    with pytest.raises(UsageError) as pieces:
        told(path)
    assert str(pieces.value) == str(whole.value)
    assert f"results.{path.suffix[1:]}:{number + 1}: " in str(pieces.value)


def refusal(read: Callable[[Path], Any], path: Path) -> tuple[str | None, Any]:
    try:
        return None, read(path)
    except UsageError as error:
        return str(error).partition("; ")[0], None


@pytest.mark.parametrize("form", FORMS)
def test_whichever_byte_is_another_it_is_refused_where_it_is_read_whole_and_else_says_the_same(
    tmp_path: Path, form: Callable[[Path, Results], Path]
) -> None:
    path, random = form(tmp_path, mixed()), Random(7)  # noqa: S311 - cases, no secret
    data = path.read_bytes()
    for _ in range(100):
        place, byte = random.randrange(len(data)), random.choice(b'"{}[],:\n\\ 1ae\xff')
        path.write_bytes(data[:place] + bytes([byte]) + data[place + random.randrange(2) :])
        whole, by_piece = refusal(expected, path), refusal(told, path)
        assert (whole[0] is None, whole[1]) == (by_piece[0] is None, by_piece[1]), (place, byte, whole[0], by_piece[0])


def test_two_hosts_with_one_name_are_refused(tmp_path: Path) -> None:
    path = of_lines(tmp_path, mixed())
    with path.open("ab") as lines:
        lines.write(dumps({"type": "host", **Host("web1", reachable=True, target="ssh://other").as_json()}) + b"\n")
    assert refusal(told, path) == refusal(expected, path)
    assert "a second host is called" in str(refusal(told, path)[0])


def test_what_is_no_record_is_refused(tmp_path: Path) -> None:
    for name, text in (("a.json", "[]"), ("b.json", ""), ("c.json", '{"type":"host"}\n'), ("d.json", '{"a":1}')):
        path = tmp_path / name
        path.write_text(text)
        assert refusal(told, path)[0] == refusal(expected, path)[0]
        assert refusal(told, path)[0] is not None
    assert "cannot be read" in str(refusal(told, tmp_path / "none")[0])


def test_results_are_counted_by_their_own_words_whatever_a_title_says(tmp_path: Path) -> None:
    title = '","severity":"info","outcome":"pass",'
    made = record(Result("web1", "a.b", None, title, "high", "fail", observed={"outcome": "pass"}))
    path = by_writer(tmp_path, made)
    assert told(path)["summary"] == expected(path)["summary"]


@pytest.mark.parametrize("form", FORMS)
def test_the_results_of_one_check_are_those_of_all_that_are_its(
    tmp_path: Path, form: Callable[[Path, Results], Path]
) -> None:
    with streamed(form(tmp_path, mixed())) as read:
        every = list(read.results())
        for check in {one.check for one in every} | {"no.such"}:
            assert list(read.results(check=check)) == [one for one in every if one.check == check]
            assert list(read.results("web1", check=check)) == [
                one for one in read.results("web1") if one.check == check
            ]
