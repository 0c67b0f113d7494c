"""Which checks a run asks: what the profile selects, narrowed by the command's options."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.check import SEVERITIES, Check
from dockworthy.dataclass import dataclass
from dockworthy.errors import UsageError
from dockworthy.profile.selectors import reference_matches
from dockworthy.spelling import meant
from dockworthy.typed import shown_word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dockworthy.profile.model import Profile
    from dockworthy.run.loading import Catalogue

__all__ = ["Selection", "answers"]


def answers(definition: Check, prefix: str) -> bool:
    """Whether a check answers a reference prefix; see `dockworthy.profile.selectors`."""
    return any(reference_matches(prefix, ref) for ref in definition.refs)


@dataclass(frozen=True, slots=True)
class Selection:
    """The options ``--check``, ``--skip-check``, ``--topic``, ``--severity``, ``--refs``; empty ones narrow nothing."""

    checks: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    severity: str | None = None
    refs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.severity is not None and self.severity not in SEVERITIES:
            raise UsageError(f"--severity {shown_word(self.severity)}: not one of {', '.join(SEVERITIES)}.")

    def selects(self, definition: Check, profile: Profile) -> bool:
        """Whether the check is asked under this profile."""
        names = {definition.id, *definition.aliases}
        if names & set(self.skipped) or not profile.selects(definition):
            return False
        if self.checks and not names & set(self.checks):
            return False
        if self.topics and definition.topics.isdisjoint(self.topics):
            return False
        if self.severity and SEVERITIES.index(profile.severity_of(definition)) > SEVERITIES.index(self.severity):
            return False
        return not self.refs or any(answers(definition, prefix) for prefix in self.refs)

    def check_names(self, catalogue: Catalogue) -> None:
        """Refuse names that no check has; `UsageError` naming the first."""
        for option, names in (("--check", self.checks), ("--skip-check", self.skipped)):
            for name in names:
                if name not in catalogue.checks and name not in catalogue.aliases:
                    hint = meant(name, catalogue.checks, "`dockworthy list` shows them.")
                    raise UsageError(f"{option} {shown_word(name)}: there is no such check; {hint}")
        topics = {definition.topic for definition in catalogue.checks.values()}
        self._known("--topic", self.topics, topics)
        for prefix in self.refs:
            if not any(answers(definition, prefix) for definition in catalogue.checks.values()):
                known = {ref.partition(":")[0] for one in catalogue.checks.values() for ref in one.refs}
                hint = meant(prefix, known - {prefix}, "`dockworthy list --format json` shows refs.")
                raise UsageError(f"--refs {shown_word(prefix)}: no check answers it; {hint}")

    @staticmethod
    def _known(option: str, given: Sequence[str], known: set[str]) -> None:
        for name in given:
            if name not in known:
                hint = meant(name, known, f"there are {', '.join(sorted(known))}.")
                raise UsageError(f"{option} {shown_word(name)}: there is no such topic; {hint}")
