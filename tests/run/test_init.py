"""`init` writes a profile and an example of a CI job, which run as they are; it replaces nothing by itself."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
import yaml

from dockworthy.commands.ci import JOBS, found_in, job

if TYPE_CHECKING:
    from collections.abc import Callable

DATA = Path(__file__).parents[1] / "data" / "snapshots"
TARGET = f"snapshot:{DATA / 'debian-13.snapshot'}"
Run: TypeAlias = "Callable[..., Any]"


def test_what_it_writes_validates_and_the_next_command_runs(dockworthy: Run, tmp_path: Path) -> None:
    done = dockworthy("init", TARGET)
    here = tmp_path / "cwd"
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[:2] == [
        "dockworthy.yaml: a profile for what was found",
        ".github/workflows/dockworthy.yml: an example of a CI job",
    ]
    assert lines[2] == f"next: dockworthy check {TARGET} --profile ./dockworthy.yaml"
    assert dockworthy("config", "show", "--profile", "./dockworthy.yaml").returncode == 0
    checked = dockworthy(*shlex.split(lines[2])[2:], "--at", "snapshot", "--topic", "compose")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert sorted(path.name for path in here.iterdir()) == [".github", "dockworthy.yaml", "reports"]


def test_nothing_that_is_there_is_replaced_without_being_told_to(dockworthy: Run, tmp_path: Path) -> None:
    place = tmp_path / "cwd" / "dockworthy.yaml"
    place.write_text("mine")
    done = dockworthy("init", TARGET)
    assert done.returncode == 4
    assert done.stderr == (
        "dockworthy: dockworthy.yaml: is there already, and is left as it is; write --force, or another --output-dir.\n"
    )
    assert place.read_text() == "mine"
    assert not (tmp_path / "cwd" / ".github").exists()
    assert dockworthy("init", TARGET, "--force", "--ci", "none").returncode == 0
    assert place.read_text().startswith("# What is demanded of vm, ")


def test_a_link_is_left_as_it_is_even_by_force(dockworthy: Run, tmp_path: Path) -> None:
    (tmp_path / "cwd" / "dockworthy.yaml").symlink_to(tmp_path / "other")
    done = dockworthy("init", TARGET, "--force")
    assert done.returncode == 4
    assert "is a link, and is left as it is" in done.stderr
    assert not (tmp_path / "other").exists()


def test_a_host_that_is_not_reached_leaves_nothing(dockworthy: Run, tmp_path: Path) -> None:
    done = dockworthy("init", "ssh://127.0.0.1:1", "--output-dir", "new")
    assert (done.returncode, done.stderr) == (6, "dockworthy: ssh://127.0.0.1:1: Connection refused.\n")
    assert not (tmp_path / "cwd" / "new").exists()


@pytest.mark.parametrize(
    ("sign", "ci"), [(".github", "github"), (".gitlab-ci.yml", "gitlab"), ("Jenkinsfile", "jenkins")]
)
def test_the_ci_is_the_one_that_the_folder_has_files_of(sign: str, ci: str, tmp_path: Path) -> None:
    assert found_in(tmp_path) == "github"
    (tmp_path / sign).touch()
    assert found_in(tmp_path) == ci


COMMAND = shlex.join(["dockworthy", "check", "ssh://web1", "--profile", "./a 'b' \\ c.yaml"])


def test_the_jobs_are_what_their_ci_reads_and_run_the_check() -> None:
    path, github = job("github", COMMAND)
    assert path == ".github/workflows/dockworthy.yml"
    steps = yaml.safe_load(github)["jobs"]["check"]["steps"]
    assert [step["run"].strip() for step in steps if "run" in step] == ["pip install dockworthy", COMMAND]
    _, gitlab = job("gitlab", COMMAND)
    made = yaml.safe_load(gitlab)["dockworthy"]
    assert [line.strip() for line in made["script"]] == ["pip install dockworthy", COMMAND]
    assert made["artifacts"]["reports"]["junit"] == "reports/latest/junit.xml"
    _, jenkins = job("jenkins", COMMAND)
    shell = jenkins.split("sh '''")[1].split("'''\n")[0]
    assert shell.replace("\\\\", "\\").strip().splitlines()[-1].strip() == COMMAND
    assert set(JOBS) == {"github", "gitlab", "jenkins"}
