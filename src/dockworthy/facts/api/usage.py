"""What the engine's images, containers, volumes and build cache take on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.evidence import Evidence, known, unknown
from dockworthy.facts.api.document import documents
from dockworthy.facts.facts import fact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dockworthy.facts.api.document import Document
    from dockworthy.snapshot import Snapshot

__all__ = ["disk_usage"]

_SOURCE = "docker system df"


@fact
def disk_usage(snapshot: Snapshot) -> Evidence[Mapping[str, Document]]:
    """The engine's own figures, by kind: ``Images``, ``Containers``, ``Local Volumes``, ``Build Cache``."""
    found, failure = documents(snapshot, "docker:df", _SOURCE)
    if failure is not None:
        return unknown(failure, _SOURCE)
    return known({item.text("Type", default="").get(""): item for item in found}, _SOURCE)
