"""What the rebuilding starts from, and what it ends with."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, Reason, unknown
from dockworthy.facts.engine.settings import Settings
from dockworthy.hosttree.tree import Tree
from dockworthy.releases import Release, Rules, known

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dockworthy.facts.engine.refusals import Refusal

__all__ = ["DEFAULT_PATH", "NOT_READ", "EngineInputs", "EngineOutcome"]

_RELEASE = Release.parse("26.1.5+dfsg1")
_NO_RELEASE = Release(())
NOT_READ = Reason("the engine's configuration could not be read", Code.UNREADABLE)
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
    go: tuple[int, ...] = ()  # the release of Go that built it; none where it is not told: that of upstream's build
    uid: int = 0  # the effective user id of the engine
    # by the path of a pid file the number of the living process that it names, 0 where it names none, None where it
    # could not be read; None where nobody looked: then the first process alone is known to live
    pidfiles: Mapping[str, int | None] | None = None

    @property
    def rules(self) -> Rules:
        """What the engine's release knows and does."""
        return known().rules(self.release)

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
class EngineOutcome(Settings):
    """What a start with these inputs comes to: of the start that was, or of the next one.

    The settings are attributes, each named as its key in daemon.json, with underscores.
    """

    starts: bool | None  # True, False, or None where that depends on what was not looked at
    refusal: Refusal | None = None  # why not, where it does not start
    # every setting by the name of its key in daemon.json, with its origin; also where the engine refuses later than the
    # merge, so that a person sees what was meant; empty where it refuses earlier
    settings: Mapping[str, Evidence[Any]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()  # what is worth telling besides, one sentence each
    undecided: tuple[Reason, ...] = ()  # what was not looked at and would be needed, each with the cause
    file: str = ""  # the path of the configuration file that was or would be read
    reason: Reason = NOT_READ  # why a setting is not known that is not among them
    arguments: tuple[str, ...] = ()  # the command line, without the program
    program: str = ""  # the engine's program; empty where that is not known
    origin: str = ""  # what makes this start, in a person's words
    # of an engine that runs: the settings by its command line, file and variables, whatever it made of them
    declared: Mapping[str, Evidence[Any]] = field(default_factory=dict)
    release: Release = _NO_RELEASE  # by whose rules it was judged

    def setting(self, key: str) -> Evidence[Any]:
        """One setting by its key, as daemon.json spells it."""
        found = self.settings.get(key)
        if found is not None:
            return found
        reason = self.reason
        if self.refusal is not None:
            reason = Reason(f"the engine would not start: {self.refusal.text}", Code.NO_START)
        return unknown(reason, f"dockerd: {key}")

    @property
    def open_question(self) -> Reason | None:
        """Why it is not known whether the engine starts; None where that is."""
        if self.starts is not None:
            return None
        if not self.undecided:
            return self.reason
        doubt = next((item for item in self.undecided if item.code is Code.RELEASE), None)
        if doubt is not None:
            return doubt
        codes = {item.code for item in self.undecided if item.code is not None}
        what = ", ".join(self.undecided[:5])
        if codes == {Code.HIDDEN}:
            return Reason(f"it depends on what stays on the host, because it may be a secret: {what}", Code.HIDDEN)
        return Reason(f"not looked at: {what}", codes.pop() if len(codes) == 1 else None)
