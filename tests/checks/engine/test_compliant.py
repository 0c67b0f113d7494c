"""The compliant host passes every check about its engine, or is not asked."""

from __future__ import annotations

from datetime import date

from tests.checks.engine.base import ubuntu
from tests.hosts import checks_in, outcomes
from tests.rows import each_of

FILES = [
    ("engine", "files.py"),
    ("engine", "audit.py"),
    ("engine", "host.py"),
    ("engine", "installation.py"),
    ("engine", "release.py"),
    ("engine", "service.py"),
    ("engine", "storage.py"),
    ("engine", "completion.py"),
    ("compose", "versions.py"),
]
TABLES = {
    "maintained_engine_versions": {
        "as_of": date(2026, 8, 1),
        "source": "x",
        "series": {"28": None, "1": date(2017, 1, 1)},
    },
    "maintained_compose_versions": {"as_of": date(2026, 8, 1), "source": "x", "series": {"1": date(2023, 6, 30)}},
    "docker_trusted_users": (),
}
CASES = [(parts, check) for parts in FILES for check in checks_in(*parts).values()]


@each_of("check", [check for _, check in CASES], ids=lambda check: check.id)
def test_a_compliant_host_passes(check: object) -> None:
    from dockworthy.check import Check  # noqa: PLC0415 - for the type alone

    assert isinstance(check, Check)
    found = outcomes(check, ubuntu(), **TABLES)
    allowed = {"host.hardened": {"manual"}}.get(check.id, {"pass", "skip"})
    assert {judgement.outcome for judgement in found.values()} <= allowed, found
