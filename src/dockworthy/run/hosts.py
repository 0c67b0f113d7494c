"""A host of one run: its snapshot, its profile, and the facts that are built from them once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.facts.facts import Facts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from dockworthy.applied import Applied
    from dockworthy.check import Check
    from dockworthy.facts.facts import Declaration
    from dockworthy.facts.harbor.installed.config import HarborInstallation
    from dockworthy.profile.model import Profile
    from dockworthy.profile.params import ParamsView
    from dockworthy.releases import Release
    from dockworthy.releases.version import Version
    from dockworthy.snapshot import Snapshot

__all__ = ["RunHost"]

_OF_A_HARBOR = frozenset({"harbor_api", "harbor_group"})  # the facts of what its API says


@dataclass(slots=True)
class RunHost:
    """One host that the run judges, or could not reach."""

    name: str  # unique in the run
    target: str  # as given, passwords masked
    profile: Profile  # the demands that hold for it
    snapshot: Snapshot | None  # what was seen, or None where the host was not reached
    now: datetime  # the moment by which its dates are judged
    error: str | None = None  # why it was not reached, as a sentence
    testinfra: str | None = None  # the spec by which testinfra reaches it, or None where there is nothing to reach
    named_at: str | None = None  # the inventory's file and line where it is named, or None
    seconds: float = 0.0  # how long the probe took
    round_trips: int = 0  # how often the target was asked
    rehearsal: Release | None = None  # the release of the engine that it is judged with in place of its own
    harbor_rehearsal: Version | None = None  # the same of Harbor
    applied: tuple[Applied, ...] = ()  # the files that it is judged with in place of its own
    neighbours: Sequence[RunHost] = field(default=(), repr=False)  # the run's hosts, of a Harbor
    _facts: Facts | None = field(default=None, repr=False)
    _declared: Mapping[str, Declaration] = field(default_factory=dict, repr=False)
    _views: dict[str, ParamsView] = field(default_factory=dict, repr=False)
    of_release: set[str] = field(default_factory=set, repr=False)  # checks that a rehearsal may judge otherwise
    outcomes: dict[str, dict[str | None, str]] = field(default_factory=dict, repr=False)  # by check and instance
    _today: RunHost | None = field(default=None, repr=False)
    _harbors: tuple[str, ...] | None = field(default=None, repr=False)

    def view(self, definition: Check) -> ParamsView:
        """The demands as this check receives them; made once, because a check may have thousands of instances."""
        found = self._views.get(definition.id)
        if found is None:
            found = self._views[definition.id] = self.profile.view(definition)
        return found

    def can_answer(self, definition: Check) -> bool:
        """Whether a check is one for it: of a Harbor that was asked, those of its API alone."""
        if self.snapshot is None or not self.snapshot.is_harbor:
            return self.snapshot is not None
        return not _OF_A_HARBOR.isdisjoint(definition.needs)

    def declare(self, declared: Mapping[str, Declaration]) -> None:
        """Have a user's own facts found, too: those that are in the mapping when one is asked for."""
        self._declared = declared
        if self._facts is not None:
            self._facts.declared = declared
        if self._today is not None:
            self._today.declare(declared)

    def of(self, facts: Facts) -> RunHost:
        """The same host, by these facts of it."""
        return replace(self, _facts=facts)

    @property
    def facts(self) -> Facts:
        """The facts, built from the snapshot when first asked for."""
        if self._facts is None:
            if self.snapshot is None:
                raise LookupError(f"{self.name} was not reached")
            today = self.today.facts if self.today is not None else None
            if today is not None and self._is_applied:
                self._facts = self._made(self._as_applied(today), before=today if self._is_restarted else None)
            else:
                self._facts = self._made(self.snapshot, today=today)
        return self._facts

    def _made(self, snapshot: Snapshot, *, today: Facts | None = None, before: Facts | None = None) -> Facts:
        return Facts(
            snapshot,
            self.now,
            self._declared,
            rehearsal=self.rehearsal,
            harbor_rehearsal=self.harbor_rehearsal,
            before=before,
            today=today,
            beside=_Beside(self.neighbours),
        )

    def _as_applied(self, today: Facts) -> Snapshot:
        """What would be seen of it after the start that takes the files in."""
        from dockworthy.facts.whatif.answers import with_answers  # noqa: PLC0415 - only for a rehearsal of files
        from dockworthy.facts.whatif.placed import as_applied  # noqa: PLC0415 - see above

        snapshot = as_applied(today, self.applied)
        return with_answers(today, self._made(snapshot, before=today)) if self._is_restarted else snapshot

    @property
    def applied_places(self) -> dict[str, str]:
        """Where on it the files lie with which it is judged, by their names."""
        if self.today is None or not self._is_applied:
            return {}
        from dockworthy.facts.whatif.placed import places  # noqa: PLC0415 - only for a rehearsal of files

        return places(self.today.facts, self.applied)

    @property
    def _is_applied(self) -> bool:
        """Whether other files lie on it; a Harbor that was asked has none."""
        return bool(self.applied) and self.snapshot is not None and not self.snapshot.is_harbor

    @property
    def _is_restarted(self) -> bool:
        """Whether one of the files is read by the engine as it starts, and not each time that it is needed."""
        return any(one.is_read_at_start for one in self.applied)

    @property
    def is_rehearsal(self) -> bool:
        """Whether it is judged with another release than its own, of the engine or of Harbor, or with other files."""
        return self.rehearsal is not None or self.harbor_rehearsal is not None or self._is_applied

    @property
    def today(self) -> RunHost | None:
        """The same host with the releases and the files that it has; None where it is judged with these."""
        if self.is_rehearsal and self._today is None:
            self._today = replace(
                self,
                rehearsal=None,
                harbor_rehearsal=None,
                applied=(),
                _facts=None,
                _views=self._views,
                outcomes={},
                of_release=set(),
            )
        return self._today

    def begin_noting(self) -> None:
        """From here on it counts, in a rehearsal, whether something is asked for that its release may change."""
        if self.is_rehearsal:
            self.facts.asked_release = False

    def note_release(self, check: str) -> None:
        """Note of a check of a rehearsal whether it asked for such a thing since; files may change whatever is seen."""
        if self.is_rehearsal and (self._is_applied or self.facts.asked_release):
            self.of_release.add(check)

    @property
    def engine(self) -> str | None:
        """The release of the engine that it has, or would start; None where that is not known."""
        if self.snapshot is None:
            return None
        release = (self.today or self).facts.engine_release.in_force
        return str(release.value) if release.is_known else None

    @property
    def harbors(self) -> tuple[str, ...]:
        """The releases of the Harbors that are installed on it, as far as they are known."""
        if self._harbors is None:
            found = () if self.snapshot is None else (self.today or self).facts.harbor.installations.get(())
            self._harbors = tuple(dict.fromkeys(filter(None, map(_release_of, found))))
        return self._harbors

    def release_of(self, definition: Check) -> str | None:
        """By which release of the engine or of Harbor a check is judged; None where none changes it."""
        of_harbor = definition.topic == "harbor"
        if of_harbor and self.harbor_rehearsal is not None:
            return self.harbor_rehearsal.upstream
        if self.rehearsal is not None:
            return str(self.rehearsal)
        if of_harbor:
            return self.harbors[0] if len(self.harbors) == 1 else None
        facts = (self.today or self).facts if self.snapshot is not None else None
        # Of what asks for the facts as a whole, it is what it names besides that tells.
        named = [name for name in definition.needs if name != "facts"]
        return self.engine if facts is not None and facts.rests_on_release(named) else None


def _release_of(harbor: HarborInstallation) -> str | None:
    from dockworthy.facts.harbor.installed.release import harbor_release  # noqa: PLC0415 - few hosts have a Harbor

    release = harbor_release(harbor).of_today
    return release.value.upstream if release.is_known else None


class _Beside(Mapping[str, Facts]):
    """The facts of hosts by their names, each built when first asked for."""

    def __init__(self, hosts: Sequence[RunHost]) -> None:
        self._hosts = {host.name: host for host in hosts if host.snapshot is not None}

    def __getitem__(self, name: str) -> Facts:
        return self._hosts[name].facts

    def __iter__(self) -> Iterator[str]:
        return iter(self._hosts)

    def __len__(self) -> int:
        return len(self._hosts)
