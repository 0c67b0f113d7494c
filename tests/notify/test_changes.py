"""What is new, fixed or about to end, compared with what was told; each once."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from dockworthy.notify.changes import Seen, Told, baseline_into, compared
from dockworthy.results.model import Certificate, Policy
from tests.results_factory import record, result

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dockworthy.notify.message import Group
    from dockworthy.results.model import Result

NOW = datetime(2026, 11, 27, 12, tzinfo=timezone.utc)


class Reader:
    """Somebody who is told of one run after the other."""

    def __init__(self) -> None:
        self.told = Told()
        self.hosts: dict[str, int] = {}

    def hear(self, *results: Result, **fields: Any) -> dict[str, list[Group]]:
        given = {"moment": NOW, "fail_on": "low", "certificates": (), "policy": Policy(), **fields}
        groups, self.hosts, self.told = compared(self.told, Seen(results=together(results), **given))
        return groups


def together(results: Iterable[Result]) -> list[Result]:
    """As a record has them: those of a host one after the other."""
    return sorted(results, key=lambda one: one.host)


def names(groups: list[Group]) -> list[tuple[str, list[str]]]:
    return [(group.name, group.first) for group in groups]


def test_a_finding_is_told_once_and_its_end_is() -> None:
    reader = Reader()
    assert names(reader.hear(result())["new"]) == [("daemon.icc-disabled", ["web1"])]
    assert names(reader.hear(result())["new"]) == []
    assert names(reader.hear(result("pass"))["fixed"]) == [("daemon.icc-disabled", ["web1"])]
    assert names(reader.hear(result("pass"))["fixed"]) == []
    assert names(reader.hear(result())["new"]) == [("daemon.icc-disabled", ["web1"])]


def test_one_cause_on_many_hosts_is_one_group_and_counts_hosts_and_results() -> None:
    groups = Reader().hear(*(result(host=f"h{n % 3}", param=str(n)) for n in range(9)))["new"]
    assert [(group.results, group.hosts) for group in groups] == [(9, 3)]


def test_a_run_over_one_host_says_nothing_of_another() -> None:
    reader = Reader()
    reader.hear(result(host="a"), result(host="b"))
    groups = reader.hear(result("pass", host="a"))
    assert names(groups["fixed"]) == [("daemon.icc-disabled", ["a"])]
    assert names(reader.hear(result(host="b"))["new"]) == []


def test_what_could_not_be_decided_stays_as_it_was_told() -> None:
    reader = Reader()
    reader.hear(result())
    for outcome in ("error", "manual"):
        assert not any(reader.hear(result(outcome)).values())
    assert names(reader.hear(result())["new"]) == []
    assert not any(Reader().hear(result("error")).values())


def test_a_check_that_was_left_out_says_nothing() -> None:
    reader = Reader()
    reader.hear(result())
    assert not any(reader.hear(result("pass", check="daemon.other")).values())


def test_an_instance_that_is_gone_is_fixed_where_its_check_was_judged() -> None:
    reader = Reader()
    reader.hear(result(param="app"))
    assert not any(reader.hear(result("error", param=None)).values())
    assert names(reader.hear(result("skip", param=None))["fixed"]) == [("daemon.icc-disabled", ["web1"])]


def test_a_host_that_is_lost_is_told_once_and_its_findings_are_not_fixed_by_it() -> None:
    reader = Reader()
    reader.hear(result())
    lost = result("error", check="host.reachable", severity="critical")
    assert names(reader.hear(lost)["new"]) == [("host.reachable", ["web1"])]
    assert reader.hosts == {"looked_at": 0, "lost": 1}
    assert not any(reader.hear(lost).values())
    groups = reader.hear(result())
    assert (names(groups["new"]), names(groups["fixed"])) == ([], [("host.reachable", ["web1"])])


def test_a_finding_below_the_level_is_told_when_the_level_falls() -> None:
    reader = Reader()
    assert not any(reader.hear(result(severity="low"), fail_on="high").values())
    assert names(reader.hear(result(severity="low"))["new"]) == [("daemon.icc-disabled", ["web1"])]
    assert not any(reader.hear(result(severity="low"), fail_on="high").values())
    assert not any(reader.hear(result(severity="low")).values())


def test_a_waived_finding_is_news_again_when_the_waiver_is_over() -> None:
    reader = Reader()
    reader.hear(result())
    assert not any(reader.hear(result("waived")).values())
    assert names(reader.hear(result())["new"]) == [("daemon.icc-disabled", ["web1"])]


def test_a_finding_is_known_under_the_id_that_it_had_before() -> None:
    reader = Reader()
    reader.hear(result(check="daemon.old"))
    assert not any(reader.hear(result(check="daemon.new", aliases=["daemon.old"])).values())
    assert names(reader.hear(result("pass", check="daemon.new"))["fixed"]) == [("daemon.new", ["web1"])]


def test_what_a_baseline_has_is_not_told_but_its_end_is_and_once() -> None:
    reader = Reader()
    before = record(result(), result(check="daemon.other"))
    now = (result("pass"), result(check="daemon.other"), result(check="daemon.third"))
    baseline_into(reader.told, before.run, before.results)
    groups = reader.hear(*now)
    assert names(groups["new"]) == [("daemon.third", ["web1"])]
    assert names(groups["fixed"]) == [("daemon.icc-disabled", ["web1"])]
    baseline_into(reader.told, before.run, before.results)
    assert not any(reader.hear(*now).values())


def test_a_host_that_no_run_looks_at_for_months_is_forgotten() -> None:
    reader = Reader()
    reader.hear(result(host="gone"))
    reader.hear(result(host="web1"), moment=NOW + timedelta(days=89))
    assert set(reader.told.hosts) == {"gone", "web1"}
    reader.hear(result(host="web1"), moment=NOW + timedelta(days=91))
    assert set(reader.told.hosts) == {"web1"}


def certificate(end: datetime, host: str = "web1", digest: str = "a" * 64) -> Certificate:
    told = end.strftime("%Y-%m-%dT%H:%M:%SZ")
    return Certificate(host, "/etc/docker/certs.d/r/ca.crt", "registry", "CN=r", "CN=ca", digest, told, told)


def test_a_certificate_is_told_at_thirty_and_at_seven_days_and_when_it_has_ended() -> None:
    reader = Reader()
    end = NOW + timedelta(days=31)
    told = []
    for day in range(45):
        groups = reader.hear(moment=NOW + timedelta(days=day), certificates=[certificate(end)])
        told += [day] if groups["ending"] else []
    assert told == [1, 24, 31]
    assert reader.told.endings == {}


def test_one_certificate_on_many_hosts_is_one_line_and_one_seen_later_is_not_told_again() -> None:
    reader = Reader()
    end = NOW + timedelta(days=20)
    groups = reader.hear(certificates=[certificate(end, "a"), certificate(end, "b")])
    assert [(group.name, group.first) for group in groups["ending"]] == [("certificate of CN=r", ["a", "b"])]
    assert not reader.hear(certificates=[certificate(end, "c")])["ending"]
    assert not reader.hear()["ending"]
    assert not reader.hear(certificates=[certificate(end, "a")])["ending"]


def test_what_ended_long_ago_or_has_no_end_is_no_news() -> None:
    far = certificate(NOW - timedelta(days=400))
    policy = Policy(waivers=[{"check": "daemon.icc-disabled", "expires": None, "owner": "ops"}])
    assert not Reader().hear(certificates=[far], policy=policy)["ending"]


def test_a_waiver_that_was_prolonged_by_a_little_is_told_again() -> None:
    reader = Reader()
    for days in (3, 5):
        end = (NOW + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
        one = {"check": "daemon.icc-disabled", "owner": "ops", "expires": end}
        assert len(reader.hear(policy=Policy([one]))["ending"]) == 1


def test_a_waiver_and_an_attestation_that_end_are_told() -> None:
    end = (NOW + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M:%SZ")
    one = {"check": "daemon.icc-disabled", "host": None, "param": None, "owner": "ops", "expires": end}
    groups = Reader().hear(policy=Policy([{**one, "reason": "r"}], [{**one, "evidence": "e"}]))
    assert [group.name for group in groups["ending"]] == [
        "waiver of daemon.icc-disabled",
        "attestation of daemon.icc-disabled",
    ]
