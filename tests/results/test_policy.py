"""How many results each waiver and attestation covered, by what the results say of it."""

from __future__ import annotations

from typing import Any

from dockworthy.results.policy import policy_of
from tests.results_factory import result

END = "2027-01-01T00:00:00Z"


def waiver(check: str = "daemon.icc-disabled", **more: Any) -> dict[str, Any]:
    return {"check": check, "reason": "r", "owner": "ops", "expires": END, **more}


def waived(**more: Any) -> Any:
    return result("waived", waiver={"reason": "r", "owner": "ops", "expires": END}, **more)


def test_each_waived_result_is_counted_for_one_waiver_by_check_host_and_param() -> None:
    waivers = [waiver("old.id", host="web*"), waiver(param="a"), waiver(), waiver(reason="another"), waiver("x.y")]
    results = [
        waived(aliases=["old.id"]),
        waived(host="db1", param="a"),
        waived(host="db1", param="b"),
        waived(host="db1", param="[c]"),
        result("fail"),
    ]
    found = policy_of(waivers, [], results)
    assert [one["covered"] for one in found.waivers] == [1, 1, 2, 0, 0]
    assert found.waivers[0] == {
        "check": "old.id",
        "host": "web*",
        "param": None,
        "reason": "r",
        "owner": "ops",
        "given": None,
        "expires": END,
        "covered": 1,
    }


def test_a_result_that_rests_on_an_attestation_is_counted_for_the_one_that_was_in_force() -> None:
    old = {"check": "host.hardened", "evidence": "t", "owner": "o", "given": "2025-01-01T00:00:00Z"}
    given = [{**old, "expires": "2026-01-01T00:00:00Z"}, {**old, "expires": END}]
    attested = result("pass", check="host.hardened", source="attestation: t", observed={"expires": END})
    found = policy_of([], given, [attested, result("pass", source="attestation: t", observed="odd")])
    assert [one["covered"] for one in found.attestations] == [0, 1]


def test_what_stands_in_two_profiles_is_one() -> None:
    assert (
        policy_of([waiver(), waiver(covered=7)], [], [waived()]).waivers
        == policy_of([waiver()], [], [waived()]).waivers
    )
