"""Results for tests that need some: complete records with one word changed."""

from __future__ import annotations

from typing import Any

from dockworthy.results.model import Host, Result, Results, Run, summarise

RUN = Run(
    id="r1",
    started="2026-11-24T10:00:00Z",
    finished="2026-11-24T10:00:02Z",
    tool_version="0.1.0",
    argv=["dockworthy", "check"],
    profiles=[{"name": "base", "sha256": "0" * 64}],
)
HOSTILE_NAMES = (
    'a"b',
    "a'b; rm -rf /",
    "$(reboot)",
    "`reboot`",
    "-rf",
    "a\nb",
    "[red]x[/red]",
    "\x1b]0;title\x07",
    "<script>alert(1)</script>",
    "]]>",
    "&amp;",
    "\u202egnp.exe",
    "\x00\ufffe",
    "\udc80",
    "контейнер",
    "a" * 5000,
    "{{ lookup('pipe', 'reboot') }}",
)


def result(outcome: str = "fail", **fields: Any) -> Result:
    """One result; every field can be given."""
    values: dict[str, Any] = {
        "host": "web1",
        "check": "daemon.icc-disabled",
        "param": None,
        "title": "Containers cannot reach each other",
        "severity": "medium",
        "observed": True,
        "expected": False,
        "source": "GET /info: x",
        "fix": "fix it",
        "refs": ["CIS-Docker-1.6:2.2"],
        **fields,
    }
    return Result(outcome=outcome, **values)


def record(*results: Result, hosts: tuple[Host, ...] = ()) -> Results:
    """The record of these results; hosts that they name and that are not given were reached."""
    given = {host.name for host in hosts}
    names = [name for name in dict.fromkeys(item.host for item in results) if name not in given]
    reached = tuple(Host(name, f"ssh://{name}", reachable=True) for name in names)
    return Results(RUN, (*reached, *hosts), results, summarise(results))
