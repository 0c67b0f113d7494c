"""What the page on gates shows goes with the gates that there are."""

from __future__ import annotations

from typing import Any

import yaml

from tests.docs.blocks import TOP, blocks

PAGE = TOP / "docs" / "gates.md"


def _shown(name: str) -> Any:
    """The file that the page shows under this name."""
    return next(yaml.safe_load(block.text) for block in blocks(PAGE) if block.named and block.file == name)


def _there(path: str) -> Any:
    return yaml.safe_load((TOP / path).read_text("utf-8"))


def test_the_action_has_the_inputs_and_the_output_that_are_used() -> None:
    action = _there("action.yml")
    steps = _shown(".github/workflows/compliance.yml")["jobs"]["compliance"]["steps"]
    used = next(step for step in steps if step.get("id") == "dockworthy")
    assert set(used["with"]) <= set(action["inputs"])
    upload = next(step for step in steps if "sarif_file" in step.get("with", {}))
    assert upload["with"]["sarif_file"] == "${{ steps.dockworthy.outputs.sarif }}"
    assert "sarif" in action["outputs"]


def test_the_job_of_gitlab_has_the_variables_that_are_set() -> None:
    hidden = _there("gates/gitlab.yml")
    job = _shown(".gitlab-ci.yml")["compliance"]
    assert set(job["variables"]) <= set(hidden[job["extends"]]["variables"])


def test_the_hooks_that_are_named_are_there() -> None:
    there = {hook["id"] for hook in _there(".pre-commit-hooks.yaml")}
    (repository,) = _shown(".pre-commit-config.yaml")["repos"]
    assert {hook["id"] for hook in repository["hooks"]} <= there


def test_the_role_has_the_variables_that_are_set() -> None:
    defaults = _there("gates/ansible/roles/dockworthy/defaults/main.yml")
    ((play,),) = (_shown("compliance.yml"),)
    (role,) = play["roles"]
    assert role.keys() - {"role"} <= set(defaults)


def test_the_pipeline_of_jenkins_has_the_variables_that_are_named() -> None:
    text = (TOP / "gates" / "Jenkinsfile").read_text("utf-8")
    for name in ("DOCKWORTHY_TARGETS", "DOCKWORTHY_ARGUMENTS"):
        assert f"`{name}`" in PAGE.read_text("utf-8")
        assert f"{name} =" in text
