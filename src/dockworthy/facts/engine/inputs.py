"""What the rebuilding starts from, and what it ends with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dockworthy.hosttree.tree import Tree
from dockworthy.releases import Release

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dockworthy.evidence import Evidence
    from dockworthy.facts.engine.refusals import Refusal

__all__ = ["DEFAULT_PATH", "EngineInputs", "EngineOutcome"]

_RELEASE = Release.parse("26.1.5")
DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, slots=True)
class EngineInputs:
    """Everything that decides what one dockerd has in force."""

    argv: tuple[str, ...] = ()  # the arguments without the program's name
    env: Mapping[str, str] = field(default_factory=dict)  # the environment, as far as the engine reads it
    # the host's files: daemon.json, certificates, programs, ``/etc/passwd`` and its like
    files: Tree = field(default_factory=lambda: Tree(roots=()))
    plugins: frozenset[str] | None = None  # the names of the plugins that can be found; None where nobody looked
    # the addresses of the sockets that the service manager hands over, in order: a path, or ``host:port``; None where
    # that is not known
    activation: tuple[str, ...] | None = None
    # network interfaces by name, with their addresses in CIDR form; None where nobody looked
    links: Mapping[str, tuple[str, ...]] | None = None
    cgroup: int | None = None  # 1 or 2; None where it is not known
    systemd: bool | None = None  # whether ``/run/systemd/system`` is a directory; None where it is not known
    file_system: str | None = None  # of the engine's data root, as the kernel names it; None where nobody looked
    release: Release = _RELEASE  # whose rules the engine has
    uid: int = 0  # the effective user id of the engine
    # by the path of a pid file the number of the living process that it names, 0 where it names none, None where it
    # could not be read; None where nobody looked: then the first process alone is known to live
    pidfiles: Mapping[str, int | None] | None = None

    @property
    def rootless(self) -> bool:
        """Whether RootlessKit started the engine (``rootless.RunningWithRootlessKit``)."""
        return bool(self.env.get("ROOTLESSKIT_STATE_DIR"))

    @property
    def search_path(self) -> list[str]:
        """The folders of ``PATH``; the usual ones where the environment was not looked at."""
        path = self.env.get("PATH")
        if path is None:
            return [] if self.files.complete and self.env else DEFAULT_PATH.split(":")
        return path.split(":") if path else []


@dataclass(frozen=True, slots=True)
class EngineOutcome:
    """What a start with these inputs comes to."""

    starts: bool | None  # True, False, or None where that depends on what was not looked at
    refusal: Refusal | None = None  # why not, where it does not start
    # every setting by the name of its key in daemon.json, with its origin; also where the engine refuses later than the
    # merge, so that a person sees what was meant; empty where it refuses earlier
    settings: Mapping[str, Evidence[Any]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()  # what is worth telling besides, one sentence each
    undecided: tuple[str, ...] = ()  # what was not looked at and would be needed
    config_file: str = ""  # the path of the file that was or would be read
