"""The shell's completion of docker's commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Evidence, derived, known
from dockworthy.facts.facts import fact

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dockworthy.hosttree.tree import Tree

__all__ = ["Completion", "completion"]

_BASH = ("/usr/share/bash-completion/bash_completion", "/etc/bash_completion")


@dataclass(frozen=True, slots=True)
class Completion:
    """The files that bash completes by."""

    files: Tree

    @property
    def bash(self) -> Evidence[str | None]:
        """bash-completion's own script, or None."""
        return _first(self.files, _BASH)

    def docker(self, paths: Iterable[str]) -> Evidence[str | None]:
        """The first of these files that is there, or None."""
        return _first(self.files, tuple(paths))


@derived
def _first(files: Tree, paths: tuple[str, ...]) -> Evidence[str | None]:
    source = " or ".join(paths)
    for path in paths:
        if files[path].exists.by(path).value:
            return known(path, source)
    return known(None, source)


@fact
def completion(files: Tree) -> Completion:
    """Completion, by the files that the probe looked for."""
    return Completion(files)
