"""Examples of a CI job that checks a host: for GitHub, GitLab and Jenkins."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["JOBS", "found_in", "job"]

_ABOUT = "Checks the host every night, by the demands in the profile; an example to change."
_WHERE = "A host of its own needs a runner on it; one behind ssh a key and its host key, as secrets of the project."


def _github(command: str) -> str:
    return f"""# {_ABOUT}
# {_WHERE}
name: dockworthy
on:
  schedule: [{{cron: "17 3 * * *"}}]
  workflow_dispatch:
permissions: {{contents: read}}
jobs:
  check:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with: {{python-version: "3.12"}}
      - run: pip install dockworthy
      - run: |
          {command}
      - uses: actions/upload-artifact@v4
        if: always()
        with: {{name: dockworthy, path: reports/latest/}}
"""


def _gitlab(command: str) -> str:
    return f"""# {_ABOUT}
# {_WHERE}
# In .gitlab-ci.yml: `include: [{{local: dockworthy.gitlab-ci.yml}}]`, and a schedule.
dockworthy:
  image: python:3.12-slim
  rules:
    - if: $CI_PIPELINE_SOURCE == "schedule"
    - when: manual
      allow_failure: true
  script:
    - pip install dockworthy
    - |
      {command}
  artifacts:
    when: always
    paths: [reports/]
    reports: {{junit: reports/latest/junit.xml}}
"""


def _jenkins(command: str) -> str:
    escaped = command.replace("\\", "\\\\").replace("'''", "\\'\\'\\'")
    return f"""// {_ABOUT}
// {_WHERE}
pipeline {{
  agent any
  triggers {{ cron('H 3 * * *') }}
  stages {{
    stage('dockworthy') {{
      steps {{
        sh '''
          python3 -m venv .venv && . .venv/bin/activate && pip install dockworthy
          {escaped}
        '''
      }}
    }}
  }}
  post {{
    always {{
      junit 'reports/latest/junit.xml'
      archiveArtifacts 'reports/latest/**'
    }}
  }}
}}
"""


# Where each lies below the project's folder, and what makes it; what there is of the kind says which is wanted.
JOBS: dict[str, tuple[str, str, Callable[[str], str]]] = {
    "github": (".github", ".github/workflows/dockworthy.yml", _github),
    "gitlab": (".gitlab-ci.yml", "dockworthy.gitlab-ci.yml", _gitlab),
    "jenkins": ("Jenkinsfile", "dockworthy.Jenkinsfile", _jenkins),
}


def found_in(folder: Path) -> str:
    """The CI that a project's folder has files of; GitHub's where it has none."""
    return next((name for name, (sign, _, _) in JOBS.items() if (folder / sign).exists()), "github")


def job(ci: str, command: str) -> tuple[str, str]:
    """The job's path below the project's folder, and its text."""
    _, path, made = JOBS[ci]
    return path, made(command)
