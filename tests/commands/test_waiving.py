"""`waivers add`: a finding is accepted, by whom, why and until when, in a file that stays as it was otherwise."""

from __future__ import annotations

import io
import sys
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from dockworthy.cli import main
from dockworthy.profile.waivers import Waiver, load_waivers
from dockworthy.report.formats.json import Json
from dockworthy.results.fingerprint import fingerprint
from tests.results_factory import record, result

if TYPE_CHECKING:
    from pathlib import Path

Out = pytest.CaptureFixture[str]
WHO = ("--reason", "needs it", "--owner", "ops", "--expires", "2999-01-01")
PRIVILEGED = "container.no-privileged"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to be in, and a year in which nothing is too far away."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("dockworthy.commands.waiving.MOST_DAYS", 400_000)
    with (tmp_path / "run.json").open("wb") as out:
        Json().write(
            record(
                result("fail", check=PRIVILEGED, host="web1", param="app"),
                result("fail", check=PRIVILEGED, host="web2", param="app"),
                result("fail", check=PRIVILEGED, host="web2", param="odd*name"),
                result("fail", check="daemon.icc-disabled", host="web1"),
                result("pass", check="daemon.live-restore", host="web1"),
            ),
            out,
        )
    return tmp_path


def added(here: Path, *arguments: str) -> Waiver:
    """The last waiver of the file, after one was added."""
    assert main(["waivers", "add", *arguments]) == 0
    return load_waivers(here / "waivers.yaml")[-1]


def refused(capsys: Out, *arguments: str) -> str:
    capsys.readouterr()
    assert main(["waivers", "add", *arguments]) == 4
    said = capsys.readouterr()
    assert said.err.count("\n") == 1
    assert said.out == ""
    return said.err.removeprefix("dockworthy: ").rstrip()


def test_a_waiver_is_written_and_waivers_check_reads_it(here: Path, capsys: Out) -> None:
    made = added(here, "--check", PRIVILEGED, "--host", "web*", "--param", "cadvisor", *WHO)
    assert (made.check, made.host, made.param, made.reason, made.owner) == (
        PRIVILEGED,
        "web*",
        "cadvisor",
        "needs it",
        "ops",
    )
    assert capsys.readouterr().out == (
        f"waivers.yaml: {PRIVILEGED} host web* instance cadvisor is waived until 2999-01-01T00:00:00Z\n"
        "next: dockworthy check --waivers waivers.yaml\n"
    )
    assert main(["waivers", "check", "waivers.yaml"]) == 0


def test_what_stands_in_the_file_stays(here: Path) -> None:
    before = "# reviewed by ops\nwaivers:\n  # the first\n  - {check: daemon.live-restore, reason: r, owner: o, "
    before += "expires: 2999-01-01}  # kept\n"
    (here / "ours.yaml").write_text(before)
    assert main(["waivers", "add", "--check", PRIVILEGED, "--file", "ours.yaml", *WHO]) == 0
    after = (here / "ours.yaml").read_text()
    assert after.startswith(before)
    assert [one.check for one in load_waivers(here / "ours.yaml")] == ["daemon.live-restore", PRIVILEGED]


@pytest.mark.parametrize("days", ["30", "30d"])
def test_days_are_counted_from_now(here: Path, days: str) -> None:
    made = added(here, "--check", PRIVILEGED, "--reason", "r", "--owner", "o", "--expires", days)
    left = made.expires - datetime.now(tz=timezone.utc)
    assert timedelta(days=30) - timedelta(minutes=10) < left <= timedelta(days=30)


# --- from a finding --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "host", "param"),
    [
        (("run.json", "--check", "daemon.icc-disabled"), "web1", None),
        (("run.json#daemon.icc-disabled",), "web1", None),
        (("run.json", "--check", PRIVILEGED, "--host", "web1"), "web1", "app"),
        (("run.json", "--check", PRIVILEGED, "--host", "web*", "--param", "app"), "web*", "app"),
        (("run.json#container.no-privileged[odd*name]",), "web2", "odd[*]name"),
        (("run.json", "--check", PRIVILEGED, "--host", "*", "--param", "*"), "*", "*"),
    ],
)
def test_a_finding_gives_its_host_and_instance(
    here: Path, arguments: tuple[str, ...], host: str, param: str | None
) -> None:
    made = added(here, *arguments, *WHO)
    assert (made.host, made.param) == (host, param)


def test_a_finding_is_known_by_the_beginning_of_its_fingerprint(here: Path) -> None:
    of = fingerprint(result(check=PRIVILEGED, host="web1", param="app"))
    made = added(here, f"run.json#{of[:8]}", *WHO)
    assert (made.check, made.host, made.param) == (PRIVILEGED, "web1", "app")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "waivers add: names no finding; write --check ID, or RESULTS --check ID."),
        (("run.json",), "run.json: which finding is meant? Write --check ID; it has findings of container.no-privile"),
        (("run.json", "--check", PRIVILEGED), "3 findings are meant, of web1, web2; name one with --host, or all"),
        (
            ("run.json#container.no-privileged", "--host", "web2"),
            "of app, odd*name; name one with --param, or all with",
        ),
        (("run.json", "--check", "daemon.live-restore"), "run.json: has no finding of daemon.live-restore there; not"),
        (("run.json", "--check", "daemon.icc-disabled", "--host", "web9"), "run.json: has no finding of daemon.icc-di"),
        (("run.json#0123456", *WHO), "run.json#0123456: has no finding of 0123456 there; nothing is to be waived."),
        (("run.json#daemon.icc-disabled", "--check", PRIVILEGED), "the finding is named twice, after the # and with"),
        (
            ("run.json", "--check", "daemon.icc-disabeld"),
            "there is no check 'daemon.icc-disabeld'; did you mean daemon",
        ),
        (("--check", "daemon.icc-disabeld"), "there is no check 'daemon.icc-disabeld'; did you mean daemon.icc-disa"),
        (("nowhere.json", "--check", PRIVILEGED), "nowhere.json: cannot be read"),
    ],
)
def test_what_names_no_finding_or_several_is_told(
    arguments: tuple[str, ...], told: str, here: Path, capsys: Out
) -> None:
    assert told in refused(capsys, *arguments, *WHO)
    assert not (here / "waivers.yaml").exists()


# --- what no waiver is -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expires", "told"),
    [
        ("2020-01-01", "--expires 2020-01-01: is over already; name a later day."),
        ("0", "--expires 0: is over already; name a later day."),
        ("2027-02-30", "--expires 2027-02-30: is no date; write a date such as 2027-03-31, or a number of days."),
        ("tomorrow", "--expires tomorrow: is no date; write a date such as 2027-03-31, or a number of days."),
        ("999999", "--expires 999999: is more than ten years away; a waiver is looked at sooner."),
        ("9999-12-31", "--expires 9999-12-31: is more than ten years away; a waiver is looked at sooner."),
    ],
)
def test_an_end_that_is_none_is_refused(
    expires: str, told: str, here: Path, capsys: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dockworthy.commands.waiving.MOST_DAYS", 3660)
    assert refused(capsys, "--check", PRIVILEGED, "--reason", "r", "--owner", "o", "--expires", expires) == told
    assert not (here / "waivers.yaml").exists()


def test_the_same_is_not_waived_twice_and_what_is_over_is_to_be_changed_there(here: Path, capsys: Out) -> None:
    (here / "waivers.yaml").write_text(
        "- {check: container.no-privileged, host: a, reason: r, owner: o, expires: 2999-01-01}\n"
        "- {check: container.no-privileged, host: b, reason: r, owner: o, expires: 2020-01-01}\n"
    )
    told = refused(capsys, "--check", PRIVILEGED, "--host", "a", *WHO)
    assert told == f"waivers.yaml:1: {PRIVILEGED} is waived already, until 2999-01-01T00:00:00Z; change that entry."
    told = refused(capsys, "--check", PRIVILEGED, "--host", "b", *WHO)
    assert f"waivers.yaml:2: {PRIVILEGED} is waived already, until 2020-01-01T00:00:00Z, which is over; change" in told
    added(here, "--check", PRIVILEGED, *WHO)


def test_in_a_pipe_all_that_is_missing_is_named_at_once(
    here: Path, capsys: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("x\n" * 9))
    told = refused(capsys, "--check", PRIVILEGED, "--owner", "ops")
    assert told == (
        "waivers add: lacks --reason and --expires, and there is no terminal to ask at; give what is missing."
    )
    assert "lacks --reason, --owner and --expires, and" in refused(capsys, "--check", PRIVILEGED)
    assert not (here / "waivers.yaml").exists()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_at_a_terminal_what_is_missing_is_asked_for(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Terminal()
    monkeypatch.setattr(sys, "stdin", Terminal("needs it\n2999-01-01\n"))
    monkeypatch.setattr(sys, "stderr", asked)
    made = added(here, "--check", PRIVILEGED, "--owner", "ops")
    assert (made.reason, made.owner) == ("needs it", "ops")
    assert "reason: why is it accepted? expires: until when (a date such as 2027-03-31" in asked.getvalue()


def test_an_answer_that_says_nothing_writes_nothing(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Terminal()
    monkeypatch.setattr(sys, "stdin", Terminal("\n"))
    monkeypatch.setattr(sys, "stderr", asked)
    assert main(["waivers", "add", "--check", PRIVILEGED]) == 4
    assert "--reason: nothing was said, and no waiver is without it" in asked.getvalue()
    assert not (here / "waivers.yaml").exists()


@pytest.mark.parametrize("kind", ["link", "folder", "broken"])
def test_a_place_that_is_no_file_of_waivers_is_left_as_it_is(kind: str, here: Path, capsys: Out) -> None:
    place = here / "waivers.yaml"
    if kind == "link":
        place.symlink_to("elsewhere.yaml")
    elif kind == "folder":
        place.mkdir()
    else:
        place.write_text("- {check: a.b}\n")
    told = refused(capsys, "--check", PRIVILEGED, *WHO)
    assert told.startswith(("--file waivers.yaml: is a", "waivers.yaml:1: a waiver lacks `reason`"))
    assert not (here / "elsewhere.yaml").exists()


def test_a_text_that_is_no_utf_8_is_refused(capsys: Out) -> None:
    told = refused(capsys, "--check", PRIVILEGED, "--reason", "\udcff", "--owner", "o", "--expires", "2999-01-01")
    assert told == "--reason: is not UTF-8, and the file is; write it in that encoding."


def test_standard_output_is_no_file_of_waivers(here: Path, capsys: Out) -> None:
    told = refused(capsys, "--check", PRIVILEGED, "--file", "-", *WHO)
    assert told == "--file -: waivers are added to a file; name one."
    assert not (here / "-").exists()
