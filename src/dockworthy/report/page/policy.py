"""Waivers and attestations, with the days that they have left when the run ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dockworthy.dataclass import dataclass
from dockworthy.report.groups import grouped
from dockworthy.report.page.findings import Place, places
from dockworthy.report.page.words import day, line, moment
from dockworthy.report.words import quantity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dockworthy.results.model import Result, Results

__all__ = ["Statement", "Waived", "attestations", "left", "waived", "waivers"]

SOON = 30  # days before its end that a statement is told of


@dataclass(frozen=True, slots=True)
class Statement:
    """What somebody answers for."""

    check: str  # the check's id, or what stands for all
    where: str  # host and instance, or empty where it means all
    reason: str  # why, or the evidence
    owner: str  # who
    given: str  # when, or empty
    expires: str  # until when
    left: str  # the days left, in words
    state: str  # ``over``, ``soon``, ``unused`` or ``in force``
    covered: int  # how many results it covered


@dataclass(frozen=True, slots=True)
class Waived:
    """Findings of one check that are waived."""

    check: str  # its id
    title: str  # what is demanded
    severity: str  # as the profile has it
    reason: str  # why it is accepted
    owner: str  # who accepted it
    places: list[Place]  # where


def left(expires: Any, now: str) -> tuple[str, str]:
    """The days left in words, and ``over``, ``soon`` or nothing."""
    days = day(expires, now)
    if days is None:
        return "no end is known", ""
    if days < 0:
        return f"ended {quantity(-days, 'day')} ago", "over"
    return (f"{quantity(days, 'day')} left" if days else "ends today"), ("soon" if days <= SOON else "")


def _statement(item: Mapping[str, Any], now: str, why: str) -> Statement:
    days, state = left(item.get("expires"), now)
    covered = item.get("covered")
    number = covered if isinstance(covered, int) else 0
    where = [line(item[name]) for name in ("host", "param") if item.get(name) is not None]
    return Statement(
        check=line(item.get("check") or "every check"),
        where=", ".join(where),
        reason=line(item.get(why) or ""),
        owner=line(item.get("owner") or "nobody named"),
        given=moment(item["given"]) if item.get("given") else "",
        expires=moment(item.get("expires")),
        left=days,
        state=state if state == "over" or number else "unused",
        covered=number,
    )


def _sorted(statements: list[Statement]) -> list[Statement]:
    order = ("over", "soon", "unused", "")
    return sorted(statements, key=lambda item: (order.index(item.state), item.expires, item.check))


def waivers(results: Results, now: str) -> list[Statement]:
    """The waivers that there are, those that are over first; of an older record those that covered something."""
    told = results.policy.waivers or _of_results(results)
    return _sorted([_statement(item, now, "reason") for item in told])


def attestations(results: Results, now: str) -> list[Statement]:
    """The attestations that there are, likewise."""
    return _sorted([_statement(item, now, "evidence") for item in results.policy.attestations])


def _covering(result: Result) -> tuple[str, ...]:
    waiver = result.waiver or {}
    return (result.check, *(str(waiver.get(name)) for name in ("reason", "owner", "expires")))


def _of_results(results: Results) -> list[dict[str, Any]]:
    covered = (result for result in results.results if result.outcome == "waived")
    return [
        {"check": group[0].check, **(group[0].waiver or {}), "covered": len(group)}
        for group in grouped(covered, _covering)
    ]


def waived(results: Results) -> list[Waived]:
    """The findings that are waived, the worst first."""
    found = sorted(
        (result for result in results.results if result.outcome == "waived"), key=lambda item: (item.rank, item.check)
    )
    return [
        Waived(
            check=group[0].check,
            title=group[0].title,
            severity=group[0].severity,
            reason=line((group[0].waiver or {}).get("reason") or "no reason was given"),
            owner=line((group[0].waiver or {}).get("owner") or "nobody named"),
            places=places(group),
        )
        for group in grouped(found, _covering)
    ]
