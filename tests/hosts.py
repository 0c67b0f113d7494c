"""Snapshots put together by hand, in the documented format, and a check judged on one."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dockworthy.check import Check, Judgement, judge
from dockworthy.evidence import NotApplicable, NotDecided
from dockworthy.facts.facts import Facts
from dockworthy.profile.params import Params, ParamsView
from dockworthy.run.loading import checks_of, import_check_file
from dockworthy.snapshot import ABSENT, Section, Snapshot
from tests.judged import Judged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = [
    "CHECKS",
    "NOW",
    "Outcomes",
    "checks_in",
    "host",
    "hosts_outcomes",
    "outcome",
    "outcomes",
    "passing",
    "row",
    "table",
]

CHECKS = Path(__file__).parent.parent / "checks"
Outcomes = Judged[dict["str | None", Judgement]]
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=timezone.utc)


def host(
    sections: Mapping[str, str | bytes | int | tuple[int, str]],
    *,
    truncated: bool = False,
    beside: Mapping[str, Facts] | None = None,
) -> Facts:
    """The facts of a host of which exactly this was seen: a text, a status, or both, by the section's name."""
    made = {}
    for name, value in sections.items():
        status, content = value if isinstance(value, tuple) else (value, "") if isinstance(value, int) else (0, value)
        data = content if isinstance(content, bytes) else content.encode("utf-8", "surrogateescape")
        made[name] = Section(name, status, data)
    return Facts(Snapshot("test", made, truncated, "0" * 64), NOW, beside=beside)


def row(
    path: str,
    kind: str = "file",
    mode: str = "0644",
    owner: str = "root:root",
    *,
    resolved: str | None = None,
    acl: str = "-",
    device: str = "1",
    mtime: int = 1,
    link: str | None = None,
) -> str:
    """One line of a ``stat:`` table; ``owner`` and ``link`` are ``user:group`` of the few that tests know."""
    if kind in {"absent", "denied"}:
        return f"{path} - {kind} - - - - - - - - - - -"
    user, _, group = owner.partition(":")
    link_user, _, link_group = (link or owner).partition(":")
    numbers = {"root": 0, "docker": 999, "nobody": 65534, "nogroup": 65534, "dev": 1000, "users": 100}
    return (
        f"{path} {resolved or path} {kind} {mode} {numbers[user]} {numbers[group]} {user} {group} 10 {mtime} {device} "
        f"{acl} {numbers[link_user]} {numbers[link_group]}"
    )


def table(*rows: str) -> str:
    """A ``stat:`` table."""
    return "".join(f"{line}\n" for line in rows)


def checks_in(*parts: str) -> dict[str, Check]:
    """The checks that one file below ``checks/`` defines, by their ids."""
    return {check.id: check for check in checks_of(import_check_file(CHECKS.joinpath(*parts)))}


def outcomes(check: Check, facts: Facts, **params: Any) -> dict[str | None, Judgement]:
    """What a check says, by instance; the one judgement of a check without instances is under None."""
    view = ParamsView(Params(**params), check.params, check.id)
    if check.each is None:
        return {None: _judged(check, facts, view, None, None)}
    try:
        found = check.each.find(facts, view)
    except (NotApplicable, NotDecided) as no:
        return {None: _ended(check, no)}
    if not found:
        return {None: Judgement("skip", None, None, "", None, check.each.none)}
    return {name: _judged(check, facts, view, name, instance) for name, instance in found.items()}


def hosts_outcomes(checks: Iterable[Check], facts: Facts, near: Outcomes | None = None, **params: Any) -> Outcomes:
    """What checks say; where ``near``, another host, is the same for one, what it said of that."""

    def question(check: Check) -> Callable[[Facts], dict[str | None, Judgement]]:
        return lambda own: outcomes(check, own, **params)

    return Judged(facts.snapshot, facts.now, {check.id: question(check) for check in checks}, near)


def passing(found: Outcomes) -> set[tuple[str, str | None]]:
    """The checks and their instances that pass."""
    return {
        (check, param) for check, said in found.said.items() for param, item in said.items() if item.outcome == "pass"
    }


def outcome(check: Check, facts: Facts, **params: Any) -> Judgement:
    """What a check says where it has one result."""
    (judgement,) = outcomes(check, facts, **params).values()
    return judgement


def _judged(check: Check, facts: Facts, view: ParamsView, param: str | None, instance: object) -> Judgement:
    arguments: dict[str, object] = {}
    for name in check.arguments:
        if name == "params":
            arguments[name] = view
        elif check.each is not None and name == check.each.name:
            arguments[name] = instance
        else:
            assert facts.has(name)
            try:
                arguments[name] = facts.find(name)
            except (NotApplicable, NotDecided) as no:
                return _ended(check, no)
    return judge(check, arguments, param)


def _ended(check: Check, no: NotApplicable | NotDecided) -> Judgement:
    if isinstance(no, NotApplicable):
        return Judgement("skip", None, None, "", None, no.reason, no.code)
    return Judgement("error", None, None, no.source, check.fix, no.reason, no.code)


def absent() -> tuple[int, str]:
    """The section of a file that is not there."""
    return ABSENT, ""
