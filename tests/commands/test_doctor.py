"""`doctor`: what is in the way, what to do about it, the next command, and the status."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from dockworthy.cli import main
from dockworthy.commands.doctor import _next
from dockworthy.report.network import PLACES
from dockworthy.run.examining import Examined, Point
from dockworthy.run.options import Options

Out = pytest.CaptureFixture[str]
DATA = Path(__file__).parents[1] / "data" / "snapshots"
DEBIAN, PODMAN = (f"snapshot:{DATA / name}.snapshot" for name in ("debian-13", "podman"))
GONE = "ssh://deploy@127.0.0.1:1"


def doctor(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["dockworthy", "doctor", *arguments])
    monkeypatch.setenv("COLUMNS", "500")
    return main(["doctor", *arguments])


def test_it_says_each_point_what_would_be_undecided_and_the_next_command(
    capsys: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert doctor(monkeypatch, DEBIAN) == 6
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"vm ({DEBIAN}), profile debian-13"
    assert [line.split()[:2] for line in lines[1:6]] == [
        ["ok", name] for name in ("connection", "root", "engine", "clock", "tools")
    ]
    assert lines[-2:] == ["Next:", f"    dockworthy check {DEBIAN}"]
    doctor(monkeypatch, DEBIAN, "--format", "json")
    told = json.loads(capsys.readouterr().out)
    (host,) = told["hosts"]
    assert 0 < host["undecided"] < host["applicable"]
    numbers = f"{host['undecided']} of {host['applicable']} applicable results, for {len(told['causes'])} reasons"
    assert f"Would be undecided: {numbers}" in lines


def test_a_host_that_is_not_reached_ends_with_how_to_try_it(capsys: Out, monkeypatch: pytest.MonkeyPatch) -> None:
    assert doctor(monkeypatch, GONE) == 6
    assert capsys.readouterr().out.splitlines() == [
        f"{GONE}, profile base",
        "  lack  connection  Connection refused.",
        "                    to do: try the same by hand: ssh -p 1 -l deploy 127.0.0.1 true",
        "",
        "Next:",
        "    ssh -p 1 -l deploy 127.0.0.1 true",
    ]


def test_as_json_all_hosts_points_and_causes(capsys: Out, monkeypatch: pytest.MonkeyPatch) -> None:
    assert doctor(monkeypatch, DEBIAN, GONE, PODMAN, "--format", "json") == 6
    told = json.loads(capsys.readouterr().out)
    assert [host["reached"] for host in told["hosts"]] == [True, False, True]
    assert told["next"] == f"dockworthy check {DEBIAN} {GONE} {PODMAN}"
    assert sum(cause["results"] for cause in told["causes"]) == sum(host["undecided"] for host in told["hosts"])
    assert set(told["causes"][0]) == {"reason", "reason_code", "do", "sources", "checks", "hosts", "results"}
    points = {point["name"]: point for point in told["hosts"][0]["points"]}
    assert points["connection"]["state"] == "ok"
    assert set(points["connection"]) == {"name", "state", "seen", "do", "undecided"}


def test_where_nothing_is_in_the_way_the_status_is_0(
    tmp_path: Path, capsys: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = tmp_path / "few.yaml"
    profile.write_text("select: [daemon.icc-disabled, kernel.fits-release]\n")
    assert doctor(monkeypatch, DEBIAN, "--profile", str(profile)) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "Nothing would be undecided: 2 applicable results" in lines
    assert lines[-1] == f"    dockworthy check {DEBIAN} --profile {profile}"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [(["gopher://x"], "unknown scheme gopher://"), (["--forks", "0"], "--forks 0"), (["/nowhere"], "no scheme")],
)
def test_wrong_usage_is_4(arguments: list[str], told: str, capsys: Out, monkeypatch: pytest.MonkeyPatch) -> None:
    assert doctor(monkeypatch, *arguments) == 4
    said = capsys.readouterr()
    assert told in said.err
    assert said.out == ""


@pytest.mark.parametrize("columns", [40, 200])
def test_it_is_as_wide_as_the_terminal(columns: int, capsys: Out, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["dockworthy", "doctor", DEBIAN])
    monkeypatch.setenv("COLUMNS", str(columns))
    assert main(["doctor", DEBIAN]) == 6
    told, _, command = capsys.readouterr().out.partition("Next:\n")
    assert max(map(len, told.splitlines())) <= columns
    assert " ".join(command.replace("\\\n", "").split()) == f"dockworthy check {DEBIAN}"


def test_of_many_hosts_what_is_as_it_should_be_is_one_line(capsys: Out, monkeypatch: pytest.MonkeyPatch) -> None:
    assert doctor(monkeypatch, DEBIAN, DEBIAN, DEBIAN, GONE, "--profile", "base") == 6
    lines = capsys.readouterr().out.splitlines()
    assert lines[:5] == [
        *(f"{name} ({DEBIAN}), profile base: all as it should be" for name in ("vm", "vm-2", "vm-3")),
        f"{GONE}, profile base",
        "  lack  connection  Connection refused.",
    ]


@pytest.mark.parametrize(
    ("points", "arguments", "following"),
    [
        (
            (("connection", "sudo wants a password there: use --ask-sudo-password."),),
            "x",
            "doctor x --ask-sudo-password",
        ),
        ((("root", "looked as deploy"),), "x --format json", "doctor x --sudo"),
        ((("root", "looked as deploy"),), "x --sudo", "check x --sudo"),
        ((("engine", "not reached"),), "x --format=json --forks 2", "check x --forks 2"),
    ],
)
def test_the_next_command_has_what_this_one_lacked(
    points: tuple[tuple[str, str], ...], arguments: str, following: str
) -> None:
    seen = tuple(Point(name, "lack", what, "look as root: --sudo" if name == "root" else "") for name, what in points)
    one = Examined("x", "x", "base", reached=points[0][0] != "connection", points=seen)
    options = Options(argv=("dockworthy", "doctor", *arguments.split()), sudo="--sudo" in arguments)
    assert _next(options, [one]) == ["dockworthy", *following.split()]


# --- the way of a packet ---------------------------------------------------------------------------------------


def test_the_way_of_a_packet_is_drawn_in_the_place_of_the_points(capsys: Out, monkeypatch: pytest.MonkeyPatch) -> None:
    assert doctor(monkeypatch, DEBIAN, "--explain-network") == 6
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"vm ({DEBIAN}), Docker Engine 26.1.5: from a container to the registry"
    assert [line[4:] for line in lines if line[:2] == "  " and line[2:3] in set("✗?!✓●-")] == list(PLACES.values())
    assert "172.17.0.0/16, MTU 1500, 1 running" in "\n".join(lines)
    assert not [line for line in lines if "connection" in line.split()]


def test_the_way_as_json_has_each_station_with_its_parts_and_results(
    capsys: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert doctor(monkeypatch, DEBIAN, GONE, "--explain-network", "--format", "json") == 6
    reached, gone = json.loads(capsys.readouterr().out)["hosts"]
    assert [one["place"] for one in reached["stations"]][:3] == ["containers", "bridge", "forward"]
    part = reached["stations"][0]["parts"][0]
    assert part == {"name": "bridge", "state": "there", "seen": "172.17.0.0/16, MTU 1500, 1 running", "results": []}
    assert (gone["reached"], gone["stations"], gone["error"]) == (False, [], "Connection refused.")


def test_a_host_of_whose_way_nothing_is_told_says_why(capsys: Out, monkeypatch: pytest.MonkeyPatch) -> None:
    assert doctor(monkeypatch, GONE, "--explain-network") == 6
    assert capsys.readouterr().out.splitlines() == [f"{GONE}: Connection refused."]
