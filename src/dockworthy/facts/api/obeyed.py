"""Which of a container's own settings a release of the engine no longer obeys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.evidence import Code, Evidence, known, unknown
from dockworthy.releases import known as known_releases

if TYPE_CHECKING:
    from dockworthy.facts.api.document import Document
    from dockworthy.releases import Release

__all__ = ["no_longer_obeyed"]


def no_longer_obeyed(answer: Document, release: Release) -> Evidence[dict[str, str]]:
    """What becomes of each setting that a container has and that the release has no more, by the setting's path.

    Args:
        answer: to ``GET /containers/NAME/json``.
        release: of the engine; of one that the table does not know nothing is decided.
    """
    doubt = known_releases().doubt(release)
    source = f"{answer.source}: HostConfig"
    if doubt:
        return unknown(doubt, source, Code.RELEASE)
    if answer.unknown is not None:
        return unknown(answer.unknown, source)
    gone = (row for row in known_releases().rows if row.kind == "container" and not row.holds(release))
    found = {row.name: row.says for row in gone if _has(answer, row.name)}
    return known(found, source)


def _has(answer: Document, setting: str) -> bool:
    """Whether a container has a setting: a path in its document, with ``=`` and a value where only that one counts."""
    path, equals, value = setting.partition("=")
    *above, name = path.split(".")
    found = answer.at(*above).content.get(name)
    return found == value if equals else bool(found)
