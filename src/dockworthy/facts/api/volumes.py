"""The engine's volumes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dockworthy.evidence import Evidence, known, unknown
from dockworthy.facts.api.document import documents

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dockworthy.facts.facts import Facts

__all__ = ["Volume", "Volumes", "volumes"]

_SOURCE = "GET /volumes"


@dataclass(frozen=True, slots=True)
class Volume:
    """One volume: its driver, the driver's options, and where it is mounted on the host."""

    name: str
    driver: str
    options: Mapping[str, object]
    mountpoint: str


@dataclass(frozen=True, slots=True)
class Volumes:
    """All volumes by name, and why some are missing (None: all are there)."""

    by_name: Mapping[str, Volume]
    failure: str | None

    def find(self, name: str) -> Evidence[Volume]:
        """The volume of that name."""
        source = f"GET /volumes/{name}"
        found = self.by_name.get(name)
        if found is None:
            return unknown(self.failure or "the engine does not list it", source)
        return known(found, source)


def volumes(facts: Facts) -> Volumes:
    """The volumes of the engine."""
    found, failure = documents(facts.snapshot, "docker:volumes", _SOURCE)
    result: dict[str, Volume] = {}
    for item in found:
        name, options = item.text("Name"), item.table("Options", default={})
        if not (name.is_known and options.is_known):
            failure = failure or item.unknown or "holds a volume that cannot be read"
            continue
        result[name.value] = Volume(
            name.value,
            item.text("Driver", default="local").get("local"),
            dict(options.value),
            item.text("Mountpoint", default="").get(""),
        )
    return Volumes(result, failure)
