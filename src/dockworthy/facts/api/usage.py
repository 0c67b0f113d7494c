"""What the engine's images, containers, volumes and build cache take on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.facts.api.document import Document, one_document

if TYPE_CHECKING:
    from dockworthy.facts.host import Facts

__all__ = ["disk_usage"]


def disk_usage(facts: Facts) -> Document:
    """The engine's own figures, as it gave them."""
    return one_document(facts.snapshot, "docker:df", "GET /system/df")
