"""Units of systemd that start containers, as far as their command lines say which."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.facts.facts import fact
from dockworthy.tables import decode, rows

if TYPE_CHECKING:
    from dockworthy.evidence import Evidence
    from dockworthy.facts.api.container import Container
    from dockworthy.snapshot import Snapshot

__all__ = ["Starter", "Starters", "starters"]


@dataclass(frozen=True, slots=True)
class Starter:
    """What a unit starts."""

    unit: str
    kind: str  # ``name``, ``folder`` or ``project`` of compose, or ``unclear``
    what: str

    def starts(self, container: Container) -> bool:
        """Whether it starts this container."""
        if self.kind == "name":
            return self.what in {container.name, container.id, container.id[:12]}
        if self.kind == "project":
            return container.label("com.docker.compose.project") == self.what
        folder = container.label("com.docker.compose.project.working_dir") or ""
        return self.kind == "folder" and bool(folder) and posixpath.normpath(folder) == posixpath.normpath(self.what)


@dataclass(frozen=True, slots=True)
class Starters:
    """The units that are started at boot and start containers."""

    all: Evidence[tuple[Starter, ...]]

    def of(self, container: Container) -> Starter | None:
        """The unit that starts a container, or None."""
        return next((one for one in self.all.value if one.starts(container)), None)

    @property
    def unclear(self) -> tuple[str, ...]:
        """The units that start a container of which nobody knows which."""
        return tuple(sorted({one.unit for one in self.all.value if one.kind == "unclear"}))


@fact
def starters(snapshot: Snapshot) -> Starters:
    """The units that start containers at boot."""
    text = snapshot.text("cmd:container-units").by("/etc/systemd/system/*.service")
    lines = list(rows(text.get(""), 2))
    enabled = [decode(words[1]) for words in lines if words[0] == "enabled"]
    found = []
    for unit, kind, *what in (words for words in lines if words[0] != "enabled"):
        for name in enabled:
            if name == unit:
                found.append(Starter(name, kind, "".join(what)))
            elif unit.endswith("@.service") and name.startswith(unit.removesuffix(".service")):
                instance = name.removesuffix(".service").partition("@")[2]
                text_of = "".join(what).replace("%i", instance).replace("%I", instance)
                found.append(Starter(name, kind, text_of))
    return Starters(text.map(lambda _: tuple(found)))
