"""Records that every format must stand: each outcome, none, hostile names, what was not reached, killed, rehearsed."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING

from dockworthy.report.formats.interface import writer
from dockworthy.results.model import OUTCOMES, SEVERITIES, Host
from tests.results_factory import HOSTILE_NAMES, RUN, record, result

if TYPE_CHECKING:
    from collections.abc import Callable

    from dockworthy.results.model import Result, Results

WAIVER = {"reason": "needs cgroup metrics", "owner": "ops", "expires": "2027-03-31T00:00:00Z"}
LOST = Host("lost1", "ssh://lost1", reachable=False, error="connection timed out")
NAMES = (
    *HOSTILE_NAMES,
    "=cmd|' /C calc'!A0",
    "[x](javascript:alert(1))",
    "::error::x",
    "%0A::error::y",
    "a|b",
    "..",
    "",
)


def of(outcome: str, **fields: object) -> Result:
    """A result of this outcome, with what a result of it has beside."""
    if outcome == "waived":
        fields = {"waiver": WAIVER, **fields}
    elif outcome in {"error", "skip", "manual"}:
        fields = {
            "observed": None,
            "expected": None,
            "reason": f"why {outcome}",
            "reason_code": f"code-{outcome}",
            **fields,
        }
    return result(outcome, **fields)


def every() -> Results:
    """One result of each outcome, each on an instance of its own, and a host that was not reached."""
    results = [of(outcome, check=f"daemon.{outcome}", title=f"The title of {outcome}") for outcome in OUTCOMES]
    lost = of("error", host="lost1", check="host.reachable", title="The host can be looked at")
    return record(
        *results, lost, hosts=(Host("web1", "ssh://web1", reachable=True, recorded="2026-11-24T10:00:01Z"), LOST)
    )


def hostile() -> Results:
    """Every outcome under every hostile name, everywhere where a name can stand."""
    results = [
        of(
            outcome, host=name, param=name, title=name, observed={name: [name]}, expected=name, source=name, fix=name,
            refs=[name], severity=SEVERITIES[number % len(SEVERITIES)], reason=name,
            waiver=dict.fromkeys(WAIVER, name) if outcome == "waived" else None,
        )
        for number, name in enumerate(NAMES)
        for outcome in OUTCOMES
    ]  # fmt: skip
    made = record(*results)
    hosts = tuple(replace(host, target=host.name, os={"id": host.name, "version_id": host.name}) for host in made.hosts)
    run = replace(RUN, argv=["dockworthy", *NAMES], profiles=[{"name": name, "sha256": name} for name in NAMES])
    return replace(made, run=run, hosts=hosts)


def killed() -> Results:
    """A run that did not come to its end, and found nothing until then."""
    return replace(record(result("pass")), run=replace(RUN, finished=None), complete=False)


def rehearsed() -> Results:
    """A rehearsal, with one thing that breaks."""
    run = replace(RUN, rehearsal={"engine": "29.3.1", "harbor": None, "applied": []})
    return replace(record(result("fail", before="pass", release="29.3.1")), run=run)


def odd() -> Results:
    """Outcomes that their waivers do not follow from: one without, and one beside what passed; and one thing twice."""
    return record(result("waived"), result("pass", waiver=WAIVER, param="x"), result("fail"), result("fail"))


def fleet(hosts: int, checks: int) -> Results:
    """Many hosts with the same checks, one in twelve of which fails."""
    outcomes = ("fail", "waived", "error", "skip", *["pass"] * 8)
    return record(
        *(
            of(
                outcomes[(host + check) % len(outcomes)],
                host=f"node{host:03}.example.com",
                check=f"topic{check % 10}.rule-{check}",
                title=f"Rule {check}",
                severity=SEVERITIES[check % len(SEVERITIES)],
            )
            for host in range(hosts)
            for check in range(checks)
        )
    )


ALL: dict[str, Callable[[], Results]] = {
    "every": every,
    "empty": record,
    "hostile": hostile,
    "killed": killed,
    "rehearsed": rehearsed,
    "odd": odd,
    "fleet": lambda: fleet(4, 30),
}


def written(name: str, results: Results) -> bytes:
    """The report of this format."""
    out = io.BytesIO()
    writer(name).write(results, out)
    return out.getvalue()
