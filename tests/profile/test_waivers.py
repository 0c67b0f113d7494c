from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from dockworthy.errors import UsageError
from dockworthy.moments import parse_moment
from dockworthy.profile.loader import load_profile
from dockworthy.profile.waivers import Waiver, load_waivers, state
from tests.rows import each_of

if TYPE_CHECKING:
    from pathlib import Path

UTC = timezone.utc
END = datetime(2027, 3, 31, tzinfo=UTC)
WAIVER = Waiver(check="container.no-privileged", reason="needs cgroup metrics", owner="ops", expires=END)


@dataclass(frozen=True)
class Known:
    id: str
    aliases: tuple[str, ...] = ()
    refs: tuple[str, ...] = ()
    severity: str = "high"
    params: tuple[str, ...] = ()


CHECK = Known("container.no-privileged", aliases=("container.unprivileged",))


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "waivers.yaml"
    path.write_text(text)
    return path


def test_a_waiver_ends_at_the_instant_of_its_expiry() -> None:
    assert WAIVER.in_force(END - timedelta(microseconds=1))
    assert not WAIVER.in_force(END)


@each_of(
    ("host", "param", "name", "instance", "covered"),
    [
        (None, None, "web1", "cadvisor", True),
        (None, None, "web1", None, True),
        ("web*", None, "web1", None, True),
        ("web*", None, "db1", None, False),
        ("WEB*", None, "web1", None, False),
        (None, "cadvisor", "web1", "cadvisor", True),
        (None, "cad*", "web1", "cadvisor", True),
        (None, "cadvisor", "web1", "cadvisor2", False),
        (None, "cadvisor", "web1", None, False),
        (None, "[x]", "web1", "[x]", True),
        (None, "[x]", "web1", "x", True),
        (None, "a.b", "web1", "aXb", False),
        (None, "a*", "web1", "a\nb", True),
    ],
)
def test_host_and_instance_are_shell_patterns(
    host: str | None, param: str | None, name: str, instance: str | None, covered: bool
) -> None:
    assert replace(WAIVER, host=host, param=param).covers(name, instance) is covered


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2027-03-31T00:00:00Z", datetime(2027, 3, 31, tzinfo=UTC)),
        ("2027-03-31", datetime(2027, 3, 31, tzinfo=UTC)),
        ("2027-03-31 12:30:00", datetime(2027, 3, 31, 12, 30, tzinfo=UTC)),
        ("2027-03-31T00:00:00+02:00", datetime(2027, 3, 30, 22, tzinfo=UTC)),
        ("2027-03-31T23:00:00.5-01:00", datetime(2027, 4, 1, tzinfo=UTC)),
    ],
)
def test_moments_are_in_utc(text: str, moment: datetime) -> None:
    assert parse_moment(text) == moment


@pytest.mark.parametrize(
    "text", ["2027-02-30", "2027-13-01", "31.03.2027", "tomorrow", "2027-3-1", "2027-03-31T25:00:00Z", "٢٠٢٧-03-31"]
)
def test_a_bad_date_stops_the_run(tmp_path: Path, text: str) -> None:
    path = written(tmp_path, f"- check: a.b\n  reason: r\n  owner: o\n  expires: '{text}'\n")
    with pytest.raises(UsageError, match="is no date") as caught:
        load_waivers(path)
    assert str(caught.value).startswith(f"{path}:4: ")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("- {check: a.b, reason: r, owner: o}", "lacks `expires`"),
        ("- {check: a.b, reason: '', owner: o, expires: 2027-01-01}", "`reason` is empty"),
        ("- {check: a.b, reason: r, owner: o, expires: 20270101}", "`expires` is a number"),
        ("- {check: a.b, reason: r, owner: o, expires: 2027-01-01, until: x}", "no key 'until'"),
        ("- a.b", "a waiver is a text"),
        ("waiver: []", "the key 'waiver' is not known here"),
        ("waivers: {check: a.b}", "where a list is wanted"),
    ],
)
def test_an_incomplete_waiver_is_refused(tmp_path: Path, text: str, what: str) -> None:
    with pytest.raises(UsageError, match=what):
        load_waivers(written(tmp_path, text))


@pytest.mark.parametrize("head", ["", "waivers:\n"])
def test_a_file_of_waivers_is_a_list_or_has_the_one_key(tmp_path: Path, head: str) -> None:
    path = written(tmp_path, f"{head}- {{check: a.b, reason: r, owner: o, expires: 2027-01-01}}\n")
    assert [waiver.check for waiver in load_waivers(path)] == ["a.b"]


def test_a_waiver_finds_a_check_by_its_former_id_and_the_longest_one_holds(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "- {check: container.unprivileged, reason: long, owner: o, expires: 2028-01-01}\n"
        "- {check: container.no-privileged, reason: short, owner: o, expires: 2027-01-01}\n"
        "- {check: container.no-privileged, host: db, reason: elsewhere, owner: o, expires: 2029-01-01}\n",
    )
    profile = load_profile("base", waiver_files=[path])
    found = profile.waiver_for(CHECK, "web1", "c", datetime(2026, 1, 1, tzinfo=UTC))
    assert found is not None
    assert found.as_json() == {"reason": "long", "owner": "o", "expires": "2028-01-01T00:00:00Z"}
    assert profile.waiver_for(CHECK, "web1", "c", datetime(2028, 1, 1, tzinfo=UTC)) is None


def test_a_waiver_is_in_force_expired_or_unused() -> None:
    assert state(WAIVER, END, used=True) == "expired"
    assert state(WAIVER, END - timedelta(days=1), used=True) == "in force"
    assert state(WAIVER, END - timedelta(days=1), used=False) == "unused"


def test_an_attestation_holds_from_when_it_was_given_until_it_expires(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(
        "attestations:\n"
        "  - {check: container.no-privileged, owner: ops, evidence: T-1, given: 2026-11-01, expires: 2027-11-01}\n"
    )
    profile = load_profile(path)
    assert profile.attestation_for(CHECK, "h", None, datetime(2026, 10, 31, tzinfo=UTC)) is None
    assert profile.attestation_for(CHECK, "h", None, datetime(2027, 11, 1, tzinfo=UTC)) is None
    found = profile.attestation_for(CHECK, "h", None, datetime(2026, 11, 1, tzinfo=UTC))
    assert found is not None
    assert found.source == "attestation: T-1"
    assert found.observed["attested by"] == "ops"


def test_an_attestation_must_end_after_it_begins(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text("attestations:\n- {check: a.b, owner: o, evidence: e, given: 2027-01-01, expires: 2027-01-01}\n")
    with pytest.raises(UsageError, match="`expires` is not after `given`"):
        load_profile(path)
