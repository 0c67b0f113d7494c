"""Each release of an operating system gets a profile of its own, and a verdict that base does not give."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from dockworthy.facts.host.os import parse_os_release
from dockworthy.profile.loader import load_profile
from dockworthy.profile.locate import checks_folder, profile_names
from dockworthy.profile.pick import pick_profile
from dockworthy.run.hosts import RunHost
from dockworthy.run.judging import judge_host
from dockworthy.run.loading import load_checks
from dockworthy.snapshot import Section, Snapshot, read_snapshot
from tests.rows import each_of

SNAPSHOT = read_snapshot(Path(__file__).parent.parent / "data" / "snapshots" / "debian-13.snapshot")
CHECKS = load_checks(checks_folder())
NOW = datetime(2026, 11, 24, tzinfo=timezone.utc)
INSTALLED = ("engine.installed", None, "docker.io", "dpkg-query; /usr/sbin/dockerd")
HYBRID = ("kernel.cgroup-version-supported", None, "hybrid", "/proc/self/mountinfo")


@dataclass(frozen=True)
class Release:
    """A release, the kernel that its host runs here, and a verdict that only its profile gives.

    Attributes:
        profile: the one that must be picked.
        os: ID and VERSION_ID.
        kernel: of the host.
        verdict: check, param, observed value and source.
        outcomes: under this profile, and under base.
    """

    profile: str
    os: tuple[str, str]
    kernel: str
    verdict: tuple[str, str | None, object, str]
    outcomes: tuple[str, str] = ("fail", "pass")


def old(release: str) -> tuple[str, str | None, object, str]:
    """A kernel that is older than the release's own."""
    return ("kernel.fits-release", None, release, "uname -r")


RELEASES = [
    Release("centos-7", ("centos", "7"), "3.10.0-1160.119.1.el7.x86_64", INSTALLED),
    Release("rhel-8", ("rocky", "8.10"), "4.18.0-553.el8_10.x86_64", INSTALLED),
    Release("rhel-9", ("almalinux", "9.5"), "5.14.0-503.el9.x86_64", INSTALLED),
    Release("rhel-10", ("rhel", "10.0"), "6.12.0-55.el10.x86_64", HYBRID),
    Release("amazon-2", ("amzn", "2"), "4.14.355-275.amzn2.x86_64", INSTALLED),
    Release("amazon-2023", ("amzn", "2023"), "6.1.141-165.amzn2023.x86_64", HYBRID),
    Release("ubuntu-18.04", ("ubuntu", "18.04"), "4.4.0-210-generic", old("4.4.0-210-generic")),
    Release("ubuntu-20.04", ("ubuntu", "20.04"), "4.15.0-213-generic", old("4.15.0-213-generic")),
    Release("ubuntu-22.04", ("ubuntu", "22.04"), "5.4.0-216-generic", old("5.4.0-216-generic")),
    Release("ubuntu-24.04", ("ubuntu", "24.04"), "6.8.0-60-generic", HYBRID),
    Release("ubuntu-26.04", ("ubuntu", "26.04"), "6.8.0-60-generic", old("6.8.0-60-generic")),
    Release("debian-11", ("debian", "11"), "4.19.0-27-amd64", old("4.19.0-27-amd64")),
    Release("debian-12", ("debian", "12"), "5.10.0-35-amd64", old("5.10.0-35-amd64")),
    Release("debian-13", ("debian", "13"), "6.12.30+deb13-amd64", HYBRID),
    Release("sles-15", ("opensuse-leap", "15.6"), "6.4.0-150600.23.47-default", INSTALLED),
]


def snapshot_of(release: Release) -> Snapshot:
    """The recorded host, as one of that release with that kernel."""
    text = f'ID={release.os[0]}\nVERSION_ID="{release.os[1]}"\n'
    uname = SNAPSHOT["cmd:uname"].text.splitlines()
    uname[1] = release.kernel
    edits = {"file:/etc/os-release": text, "cmd:uname": "\n".join(uname) + "\n"}
    sections = {name: Section(name, 0, edit.encode()) for name, edit in edits.items()}
    return replace(SNAPSHOT, sections={**SNAPSHOT.sections, **sections})


def judged(release: Release, profile: str) -> dict[str, Any]:
    """The record of the release's check under a profile."""
    host = RunHost("host", "snapshot", load_profile(profile), snapshot_of(release), NOW)
    check, param, *_ = release.verdict
    (record,) = [item for item in judge_host(host, [CHECKS[check]]) if item["param"] == param]
    return record


@each_of("release", RELEASES, ids=lambda release: release.profile)
def test_a_release_is_recognised_and_judged_by_its_own_profile(release: Release) -> None:
    os_release = parse_os_release(snapshot_of(release)["file:/etc/os-release"].text)
    assert pick_profile(os_release) == release.profile
    own, base = judged(release, release.profile), judged(release, "base")
    assert (own["outcome"], base["outcome"]) == release.outcomes
    assert (own["observed"], own["source"]) == release.verdict[2:]


def test_every_profile_is_shown() -> None:
    assert {release.profile for release in RELEASES} | {"base"} == set(profile_names())
