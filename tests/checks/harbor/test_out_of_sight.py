"""What runs and what lies in the data volume, with a part of the evidence out of sight: nothing passes that did not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from dockworthy.facts.facts import Facts
from tests.harborengine import TAG, ago, compose_of, container, engine_host, file_rows
from tests.harborhost import FOLDER
from tests.hosts import NOW, checks_in, hosts_outcomes, passing, row, table

if TYPE_CHECKING:
    from collections.abc import Callable

    from dockworthy.snapshot import Section, Snapshot

CHECKS = [*checks_in("harbor", "running.py").values(), *checks_in("harbor", "data.py").values()]
PLAN: dict[str, Any] = {"harbor_upgrade_to": "2.15.2"}
SMALL = (
    "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/sdb1 9000 8900 100 99% /data\n"
    "Filesystem Inodes IUsed IFree IUse% Mounted on\n/dev/sdb1 1000 1 999 1% /data\n"
)


def faulty() -> Snapshot:
    """A host on which each check fails somewhere."""
    syslog = {"LogConfig": {"Type": "syslog", "Config": {"syslog-address": "tcp://localhost:1515"}}}
    changes: dict[str, Any] = {
        "core": {"State": {"Status": "exited"}, "HostConfig": syslog},
        "portal": {"State": {"Health": {"Status": "unhealthy"}}, "Config": {"Image": "goharbor/harbor-portal:v2.11.0"}},
        "registry": {"RestartCount": 9, "State": {"StartedAt": ago(minutes=1)}},
        "registryctl": {"State": {"StartedAt": ago(days=9)}, "HostConfig": syslog},
        "jobservice": {"HostConfig": {"RestartPolicy": {"Name": "no"}}},
        "redis": None,
    }
    orphan = container("notary-server", image="goharbor/notary-server-photon:v2.8.6")
    parts = [row(f"/data{part}", "dir", "0755") for part in ("", "/registry", "/database")]
    sections = {
        f"cmd:harbor-databases{FOLDER}": "pg12 12 1000\npg13 13 1000\n",
        f"cmd:harbor-path{FOLDER}": "other\n",
        f"cmd:harbor-prepare{FOLDER}": f"{TAG}\n",
        f"stat:harbor{FOLDER}": table(row(FOLDER, "dir", "0755"), *parts),
        "file:/proc/self/mountinfo": "22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n",
        **{f"df:/data{part}": SMALL for part in ("", "/registry", "/database")},
    }
    rows = file_rows(core_env=1, nginx_conf=1, db_env=1, logrotate=1)
    return engine_host(changes, orphan, rows=rows, compose=compose_of(), sections=sections).snapshot


FAULTY = faulty()
WHOLE = hosts_outcomes(CHECKS, Facts(FAULTY, NOW), None, **PLAN)
SECTIONS = [
    name for name in FAULTY.sections if "harbor" in name or name.startswith(("docker:", "df:", "cmd:", "file:/proc"))
]


def test_the_host_has_a_fault_for_each_check() -> None:
    failing = {check for check, said in WHOLE.said.items() if "fail" in {one.outcome for one in said.values()}}
    assert {check.id for check in CHECKS} - failing == {"harbor.upgrade-space"}  # what is not taken over is not copied


@pytest.mark.parametrize("how", ["gone", "denied"])
def test_nothing_passes_because_it_is_out_of_sight(how: str) -> None:
    change: dict[str, Callable[[Section], Section | None]] = {
        "gone": lambda _: None,
        "denied": lambda section: replace(section, status=13, data=b""),
    }
    wrong = {}
    for name in SECTIONS:
        sections = dict(FAULTY.sections)
        hidden = change[how](sections.pop(name))
        if hidden is not None:
            sections[name] = hidden
        found = hosts_outcomes(CHECKS, Facts(replace(FAULTY, sections=sections), NOW), WHOLE, **PLAN)
        # A service that no compose file defines is judged as one where the file cannot be read.
        more = {one for one in passing(found) - passing(WHOLE) if one[1] in WHOLE.said[one[0]]}
        if more:
            wrong[name] = more
    assert wrong == {}
