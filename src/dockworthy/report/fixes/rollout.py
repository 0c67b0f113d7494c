"""What a rehearsal with other files was judged with, to be put where it was taken to lie, before all fixes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.report.fixes.steps import Command, Content, Line, Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dockworthy.report.fixes.steps import Step
    from dockworthy.results.model import Host, Result, Results

__all__ = ["Placing", "placings", "touches", "would_not_start"]

_APPLIED = re.compile(r"(?P<name>daemon\.json|certs\.d|ca)=(?P<place>.+) sha256:(?P<sha256>[0-9a-f]{64})", re.DOTALL)
_OF_NO_CONTENT = re.compile(r"(?:chmod|chown|chgrp|setfacl|auditctl)\s")
_RESTART = "systemctl restart docker"


@dataclass(frozen=True, slots=True)
class Placing:
    """A file or a folder, and where it goes."""

    name: str  # ``daemon.json``, ``certs.d`` or ``ca``
    source: str  # the name of the file or folder that was judged, without the folders above it
    sha256: str  # of it; of a folder that of what sha256sum prints of its files
    path: str  # on the host; of a CA the folder from which the system's bundle is made

    @property
    def after(self) -> tuple[str, ...]:
        """What takes it into use; certificates of a registry are read at each pull."""
        return () if self.name == "certs.d" else (_RESTART,)


def placings(results: Results, host: Host) -> tuple[Placing, ...]:
    """What goes onto a host; nothing where the run was no rehearsal with other files."""
    given = (results.run.rehearsal or {}).get("applied") or ()
    found = filter(None, (_APPLIED.fullmatch(str(one)) for one in given))
    return tuple(
        Placing(one["name"], one["place"].rstrip("/").rpartition("/")[2], one["sha256"], path)
        for one in found
        if (path := host.applied.get(one["name"]))
    )


def would_not_start(findings: Iterable[Result]) -> bool:
    """Whether an engine would not start with it: then it goes nowhere."""
    return any(one.check == "daemon.starts-again" for one in findings)


def touches(step: Step, placed: Sequence[Placing]) -> bool:
    """Whether a step of a fix changes the content of what was put there: that belongs into what is rolled out."""
    if isinstance(step, Command):
        told = "" if _OF_NO_CONTENT.match(step.text) or "/etc/audit/" in step.text else step.text
    else:
        told = step.file if isinstance(step, (Settings, Line, Content)) else ""
    return any(one.path in told for one in placed if one.name != "ca")
