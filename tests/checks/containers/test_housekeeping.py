"""What lies about is told as information."""

from __future__ import annotations

from typing import Any

from tests.checks.engine.base import ubuntu
from tests.hosts import checks_in, outcome, outcomes

CHECKS = checks_in("containers", "housekeeping.py")
IMAGES = """{"Id":"sha256:aaa","RepoTags":["app:1"],"RepoDigests":[],"Config":{}}
{"Id":"sha256:bbb","RepoTags":[],"RepoDigests":[],"Config":{}}
"""
CONTAINERS = """{"Id":"c1","Name":"/web","Image":"sha256:aaa","State":{"Status":"running","Running":true}}
{"Id":"c2","Name":"/old","Image":"sha256:aaa","State":{"Status":"exited","Running":false}}
"""


def engine(images: str = IMAGES, containers: str = CONTAINERS, df: str = "") -> Any:
    return ubuntu({"docker:images": images, "docker:containers": containers, "docker:history": "", "docker:df": df})


def test_everything_here_is_information() -> None:
    assert {check.severity for check in CHECKS.values()} == {"info"}


def test_an_image_without_a_name_that_nothing_uses_is_told() -> None:
    found = outcome(CHECKS["housekeeping.dangling-images"], engine())
    assert (found.outcome, found.observed, found.fix) == ("fail", ["sha256:bbb"], "docker image prune -f")
    used = CONTAINERS.replace("sha256:aaa", "sha256:bbb")
    assert outcome(CHECKS["housekeeping.dangling-images"], engine(containers=used)).outcome == "pass"


def test_an_exited_container_is_told() -> None:
    found = outcome(CHECKS["housekeeping.exited-containers"], engine())
    assert (found.outcome, found.observed) == ("fail", ["old"])
    running = CONTAINERS.splitlines()[0] + "\n"
    assert outcome(CHECKS["housekeeping.exited-containers"], engine(containers=running)).outcome == "pass"


def test_an_engine_that_does_not_answer_is_an_error() -> None:
    facts = ubuntu({"docker:images": 124, "docker:containers": 124, "docker:df": 124})
    for check in CHECKS.values():
        assert outcome(check, facts).outcome == "error", check.id


def test_space_that_could_be_freed_is_told_by_kind() -> None:
    df = """{"Active":"1","Reclaimable":"1.2GB (50%)","Size":"2.4GB","TotalCount":"3","Type":"Images"}
{"Active":"1","Reclaimable":"0B (0%)","Size":"12B","TotalCount":"1","Type":"Containers"}
{"Active":"0","Reclaimable":"0B","Size":"0B","TotalCount":"0","Type":"Build Cache"}
"""
    found = outcomes(CHECKS["housekeeping.reclaimable-space"], engine(df=df))
    assert {kind: item.outcome for kind, item in found.items()} == {
        "Images": "fail",
        "Containers": "pass",
        "Build Cache": "pass",
    }
    assert found["Images"].observed == "1.2GB (50%) of 2.4GB"
