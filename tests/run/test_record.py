"""What a result's record holds of a judgement: no secret, a code for each reason, and the same when read back."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dockworthy.check import Check, Judgement, check, judge, not_applicable, not_decided
from dockworthy.evidence import Code, NotApplicable, NotDecided
from dockworthy.profile.loader import load_profile
from dockworthy.profile.locate import checks_folder
from dockworthy.releases import known
from dockworthy.results.writer import dumps
from dockworthy.run.hosts import RunHost
from dockworthy.run.judging import judge_host
from dockworthy.run.loading import load_checks
from dockworthy.run.record import record_of
from dockworthy.snapshot import read_snapshot
from tests.rows import each_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dockworthy.releases import Release

DATA = Path(__file__).parent.parent / "data"
CHECKS = load_checks(checks_folder()).values()
HOST = RunHost("web1", "ssh://web1", load_profile(), None, datetime(2026, 11, 24, tzinfo=timezone.utc))


def of(function: Callable[[], None]) -> Check:
    """The function as a check."""
    found: Check = check("mine.it", severity="low", refs=["x:1"], fix="f")(function).__dockworthy_check__  # type: ignore[attr-defined]
    return found


def passes() -> None:
    """It holds."""


def test_no_value_of_a_record_holds_a_password() -> None:
    judgement = Judgement(
        "fail",
        {"external_url": r"https:\/\/u:hunter2000@h", "list": ["http://u:hunter2000@h:3128"]},
        ["u:hunter2000@h"],
        "harbor.yml: https://u:hunter2000@h",
        "curl https://u:hunter2000@h",
        "dial http://u:hunter2000@h: refused",
    )
    record = record_of(of(passes), judgement, HOST, "u:hunter2000@h:5000", 0.0)
    assert "hunter" not in json.dumps(record)
    assert record["param"] == "REDACTED@h:5000"


@pytest.mark.parametrize("odd", ["\udc80", float("nan"), ("a", 1), {1: "\udcff"}])
def test_a_record_is_the_same_when_it_is_read_back(odd: Any) -> None:
    record = record_of(of(passes), Judgement("fail", odd, None, "\udc80", None), HOST, "\udc80", 0.0)
    assert json.loads(dumps(record)) == record


def decided_not() -> None:
    """It is not known."""
    raise NotDecided("permission denied", "/etc/x", Code.NOT_PERMITTED)


def decided_not_without_a_code() -> None:
    """It is not known."""
    not_decided("permission denied", "GET /info: x")


def inapplicable() -> None:
    """It does not apply."""
    raise NotApplicable("there is no swarm", Code.ABSENT)


def inapplicable_without_a_code() -> None:
    """It does not apply."""
    not_applicable("there is no swarm")


def breaks() -> None:
    """It breaks."""
    raise KeyError


def asks_a_person() -> None:
    """It needs a person."""
    from dockworthy.check import manual  # noqa: PLC0415 - beside its use

    manual("ask")


@each_of(
    ("function", "code"),
    [
        (decided_not, "not-permitted"),
        (decided_not_without_a_code, "undecided-api"),
        (inapplicable, "absent"),
        (inapplicable_without_a_code, "not-applicable"),
        (breaks, "check-broken"),
        (asks_a_person, "to-be-attested"),
    ],
)
def test_each_reason_has_a_code(function: Callable[[], None], code: str) -> None:
    definition = of(function)
    record = record_of(definition, judge(definition, {}), HOST, None, 0.0)
    assert record["reason"]
    assert record["reason_code"] == code


def test_what_is_decided_has_none() -> None:
    record = record_of(of(passes), Judgement("pass", 1, 1, "x", None), HOST, None, 0.0)
    assert record["reason"] is record["reason_code"] is None


def judged(path: Path, rehearsal: Release | None = None) -> Iterator[dict[str, Any]]:
    """Every result of a recorded host, or of a recorded Harbor."""
    snapshot = read_snapshot(path)
    host = RunHost(path.stem, path.name, HOST.profile, snapshot, snapshot.recorded.value, rehearsal=rehearsal)
    return judge_host(host, CHECKS)


def test_over_all_recorded_hosts_what_is_not_judged_says_why_and_equal_causes_have_equal_codes() -> None:
    codes = defaultdict(set)
    paths = sorted(DATA.rglob("*.snapshot"))
    assert len(paths) > 5
    for path in paths:
        for one in judged(path):
            if one["outcome"] in {"error", "skip", "manual"}:
                codes[one["reason"]].add((one["outcome"], one["reason_code"]))
            else:
                assert one["reason"] is one["reason_code"] is None
    assert {reason: found for reason, found in codes.items() if len(found) > 1} == {}
    assert all(reason and code for reason, found in codes.items() for _, code in found)


def test_what_another_release_would_judge_otherwise_says_for_which_it_holds() -> None:
    path = DATA / "snapshots" / "debian-13.snapshot"
    told = {"pass", "fail"}
    today = {(one["check"], one["param"]): one for one in judged(path)}
    assert {one["release"] for one in today.values()} == {None, "26.1.5"}
    differing = set()
    for one in judged(path, known().resolve("29.3")):
        before = today[one["check"], one["param"]]
        if told >= {one["outcome"], before["outcome"]} and one["observed"] != before["observed"]:
            differing.add((one["check"], before["release"], one["release"]))
    assert differing
    assert {(before, after) for _, before, after in differing} == {("26.1.5", "29.3.1")}
