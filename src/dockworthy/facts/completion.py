"""The shell's completion of docker's commands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dockworthy.evidence import Evidence, known, unknown

if TYPE_CHECKING:
    from dockworthy.facts.files import Files
    from dockworthy.facts.host import Facts

__all__ = ["Completion", "completion"]

_BASH = ("/usr/share/bash-completion/bash_completion", "/etc/bash_completion")
_DOCKER = (
    "/usr/share/bash-completion/completions/docker",
    "/etc/bash_completion.d/docker",
    "/etc/bash_completion.d/docker.sh",
)


@dataclass(frozen=True, slots=True)
class Completion:
    """The files that bash completes by: the first of each sort that is there, or None."""

    bash: Evidence[str | None]
    docker: Evidence[str | None]


def _first(files: Files, paths: tuple[str, ...]) -> Evidence[str | None]:
    source = " or ".join(paths)
    for path in paths:
        exists = files[path].exists
        if not exists.is_known:
            return unknown(exists.unknown or "", path)
        if exists.value:
            return known(path, source)
    return known(None, source)


def completion(facts: Facts) -> Completion:
    """Completion, by the files where distributions and Docker's packages put it."""
    return Completion(_first(facts.files, _BASH), _first(facts.files, _DOCKER))
