"""What stands between a host and a whole verdict, by one look and the usual judging."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from dockworthy.profile.loader import load_profile
from dockworthy.profile.locate import checks_folder
from dockworthy.run.examining import Examined, Point, causes, examine
from dockworthy.run.hosts import RunHost
from dockworthy.run.judging import judge_host
from dockworthy.run.loading import load_checks
from dockworthy.snapshot import NO_READER, NO_TOOL, Section, Snapshot, read_snapshot
from dockworthy.target import parse_target

DATA = Path(__file__).parents[1] / "data" / "snapshots"
CHECKS = list(load_checks(checks_folder()).values())
PROFILE = load_profile("debian-13")
WHOLE = read_snapshot(DATA / "debian-13.snapshot")
RECORDED = WHOLE.recorded.value
SSH = parse_target("ssh://deploy@web1:2222")


def changed(**sections: tuple[int, bytes] | None) -> Snapshot:
    """The recorded host with other sections; names with a colon for the two underscores."""
    made = dict(WHOLE.sections)
    for written, content in sections.items():
        name = written.replace("__", ":").replace("_", "-")
        if content is None:
            made.pop(name, None)
        else:
            made[name] = Section(name, *content)
    return replace(WHOLE, sections=made)


def examined(
    snapshot: Snapshot | None, *, apart: int = 0, checks: int | None = None, target: str | None = None
) -> Examined:
    """A host that was looked at in these two seconds, by a clock that is so many seconds apart from the host's."""
    begun = RECORDED - timedelta(seconds=apart)
    host = RunHost(
        "web1",
        "ssh://web1",
        PROFILE,
        snapshot,
        RECORDED,
        error=None if snapshot else "Connection refused.",
        seconds=0.81,
        round_trips=1,
    )
    chosen = parse_target(target) if target else SSH
    return examine(host, CHECKS[:checks], chosen, (begun, begun + timedelta(seconds=2)))


def point(found: Examined, name: str) -> Point:
    return next(one for one in found.points if one.name == name)


def test_a_host_with_everything_has_nothing_in_its_way() -> None:
    found = examined(WHOLE)
    assert {one.name: one.state for one in found.points} == dict.fromkeys(
        ("connection", "root", "engine", "clock", "tools"), "ok"
    )
    assert point(found, "connection").seen == "answered in 0.8 s, 1 round trip"
    assert point(found, "engine").seen == "Docker Engine 26.1.5+dfsg1 at unix:///var/run/docker.sock"


@pytest.mark.parametrize("name", ["debian-13", "hardened", "podman", "swarm"])
def test_it_judges_as_a_run_does(name: str) -> None:
    snapshot = read_snapshot(DATA / f"{name}.snapshot")
    told = {(one.check, one.param): (one.outcome, one.reason) for one in examined(snapshot).results}
    host = RunHost("web1", "ssh://web1", PROFILE, snapshot, RECORDED)
    run = judge_host(host, CHECKS)
    assert told == {(one["check"], one["param"]): (one["outcome"], one["reason"]) for one in run}


def test_a_host_that_is_not_reached_is_told_with_how_to_try_it_by_hand() -> None:
    found = examined(None, checks=0)
    assert not found.reached
    assert found.points == (
        Point("connection", "lack", "Connection refused.", "try the same by hand: ssh -p 2222 -l deploy web1 true"),
    )
    assert found.tried == ("ssh", "-p", "2222", "-l", "deploy", "web1", "true")


def test_a_snapshot_that_breaks_off_is_in_the_way() -> None:
    found = point(examined(replace(WHOLE, truncated=True), checks=0), "connection")
    assert (found.state, found.seen[:40]) == ("lack", "the snapshot breaks off after 208 sectio")


def test_who_is_not_root_and_may_not_read_is_told_what_it_costs() -> None:
    denied = changed(cmd__id=(0, b"1000 1000 deploy no\n"))
    sections = {
        name: replace(section, status=13, data=b"") if name.startswith("file:/etc/docker/") else section
        for name, section in denied.sections.items()
    }
    found = point(examined(replace(denied, sections=sections)), "root")
    assert (found.state, found.seen) == ("lack", "looked as deploy (uid 1000), not as root")
    assert found.undecided > 0
    assert "--sudo" in found.do


def test_what_may_not_be_read_does_not_rest_on_the_engine_too() -> None:
    sections: dict[str, tuple[int, bytes] | None] = {**NO_ENGINE, "docker__version": (1, b"")}
    gone = changed(cmd__id=(0, b"1000 1000 deploy no\n"), **sections)
    denied = {
        name: replace(section, status=13, data=b"") if name.startswith("file:/etc/docker/") else section
        for name, section in gone.sections.items()
    }
    found = examined(replace(gone, sections=denied), target="snapshot:x")
    root, engine = point(found, "root"), point(found, "engine")
    assert (root.state, root.do) == ("lack", "collect it again as root")
    assert root.undecided + engine.undecided <= len(found.undecided)


def test_who_is_not_root_and_could_read_all_is_fine() -> None:
    found = point(examined(changed(cmd__id=(0, b"1000 1000 deploy no\n"))), "root")
    assert (found.state, found.undecided) == ("ok", 0)


NO_ENGINE = {
    f"docker__{name}": (1, b"")
    for name in ("info", "plugins", "df", "networks", "volumes", "containers", "images", "history", "execs")
}


@pytest.mark.parametrize(
    ("status", "said", "engines", "seen", "do"),
    [
        (1, b"Cannot connect to the Docker daemon.", b"", "Cannot connect to the Docker daemon.", "start it there"),
        (
            1,
            b"Cannot connect to the Docker daemon.",
            None,
            "Cannot connect to the Docker daemon.",
            "--docker-host unix:///var/run/docker.sock",
        ),
        (1, b"permission denied while trying", b"", "permission denied", "--sudo"),
        (NO_TOOL, b"", b"", "there is no docker command to ask with", "install the docker command"),
        (124, b"", b"", "no answer within the time limit", "start it there"),
    ],
)
def test_an_engine_that_is_not_reached_is_told_with_why_and_what_to_do(
    status: int, said: bytes, engines: bytes | None, seen: str, do: str
) -> None:
    sections = {**NO_ENGINE, "docker__version": (status, b""), "docker__version__err": (0, said)}
    if engines is not None:
        sections["cmd__engines"] = (0, engines)
    found = point(examined(changed(**sections)), "engine")
    assert found.state == "lack"
    assert found.seen.startswith(f"not reached at unix:///var/run/docker.sock: {seen}")
    assert do in found.do
    assert found.undecided > 50


@pytest.mark.parametrize(
    ("apart", "state", "told"),
    [
        (0, "ok", "as this machine's"),
        (7, "ok", "as this machine's"),  # within what is told in whole seconds, and what clocks may be apart
        (3600, "note", "3598 s ahead of this machine's"),
        (-3600, "note", "3599 s behind this machine's"),
    ],
)
def test_a_clock_is_held_beside_ours(apart: int, state: str, told: str) -> None:
    found = point(examined(WHOLE, apart=apart, checks=0), "clock")
    assert (found.state, found.seen[: len(told)]) == (state, told)
    assert bool(found.do) == (state == "note")


def test_a_clock_that_follows_no_other_is_told_and_one_of_a_snapshot_is_not_compared() -> None:
    alone = changed(cmd__clock=(0, b"NTP=no\nNTPSynchronized=no\n"))
    assert point(examined(alone, checks=0), "clock").state == "note"
    follows = changed(cmd__clock=(0, b"NTPSynchronized=yes\n"))
    assert point(examined(follows, checks=0), "clock").seen == "as this machine's, and follows another"
    saved = point(examined(WHOLE, apart=99_999, checks=0, target="snapshot:x"), "clock")
    assert (saved.state, saved.seen) == ("ok", "it showed 2026-11-24T13:32:51Z then")


def test_a_tool_that_is_not_there_is_told_with_what_it_costs_or_that_it_is_not_needed() -> None:
    which = b"\n".join(
        line for line in WHOLE["cmd:which"].data.splitlines() if not line.startswith((b"docker ", b"openssl "))
    )
    sections = dict.fromkeys((*NO_ENGINE, "docker__version"), (NO_TOOL, b""))
    sections["cmd__which"] = (0, which)
    found = point(examined(changed(**sections)), "tools")
    assert found.state == "lack"
    assert found.seen.startswith("the probe lacks docker (")
    assert "not there and not needed: openssl, getfacl" in found.seen
    assert found.do == "install there: docker"
    assert found.undecided > 50


def test_what_awk_would_have_taken_secrets_out_of_names_awk() -> None:
    sections = {
        name: replace(section, status=NO_READER, data=b"") if name == "file:/etc/docker/daemon.json" else section
        for name, section in WHOLE.sections.items()
    }
    found = point(examined(replace(WHOLE, sections=sections)), "tools")
    assert found.seen.startswith("the probe lacks awk (")


def test_equal_causes_are_told_once_with_their_checks_hosts_and_what_would_help() -> None:
    sections = {**NO_ENGINE, "docker__version": (1, b""), "docker__version__err": (0, b"Cannot connect")}
    one = examined(changed(**sections))
    two = replace(one, name="web2", results=tuple(replace(result, host="web2") for result in one.results))
    found = causes([one, two])
    assert sum(cause.results for cause in found) == 2 * len(one.undecided)
    assert len({(cause.reason, cause.code) for cause in found}) == len(found)
    assert [cause.results for cause in found] == sorted((cause.results for cause in found), reverse=True)
    assert found[0].hosts == ("web1", "web2")
    assert found[0].results >= 2 * len(found[0].checks)
    assert found[0].do is not None


def test_a_root_file_system_has_no_engine_clock_or_tools_to_examine() -> None:
    rootfs = changed(cmd__target_kind=(0, b"rootfs\n"))
    assert [one.name for one in examined(rootfs, checks=0).points] == ["connection"]


def test_the_moment_is_not_compared_where_the_host_tells_none() -> None:
    assert point(examined(changed(cmd__date=(0, b"x\n")), checks=0), "clock").seen == "what it shows is not told"
    assert datetime.now(tz=timezone.utc) > RECORDED
