"""What checks answer of each framework: its controls, with the checks, and the documents that say so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.frameworks import known
from dockworthy.profile.benchmarks import covered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dockworthy.frameworks import Framework, Source
    from dockworthy.profile.selectors import Selectable

__all__ = ["Answers", "answers_by_framework"]


@dataclass(frozen=True, slots=True)
class Answers:
    """What some checks answer of one framework."""

    framework: Framework
    controls: dict[str, list[str]]  # the ids of the checks by the control's number
    sources: tuple[Source, ...]  # none where the checks' authors say it themselves

    @property
    def checks(self) -> frozenset[str]:
        """The ids of the checks that answer any of its controls."""
        return frozenset(check for checks in self.controls.values() for check in checks)

    def as_json(self) -> dict[str, object]:
        """The fields of ``dockworthy list --frameworks --format json``."""
        return {
            "prefix": self.framework.prefix,
            "title": self.framework.title,
            "publisher": self.framework.publisher,
            "controls": self.controls,
            "sources": [{"title": source.title, "found": source.found, "date": source.date} for source in self.sources],
        }


def answers_by_framework(checks: Sequence[Selectable]) -> list[Answers]:
    """The same of every known framework, in the table's order; of what none answers, too."""
    return [
        Answers(framework, covered(framework.prefix, checks).answered, known().sources_of(framework))
        for framework in known().frameworks.values()
    ]
