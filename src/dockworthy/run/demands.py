"""By which profile each host is judged where an inventory says so, and how it is looked at for that.

Everything that an inventory names is read before any host is looked at. ``--profile`` beats it.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from dockworthy.errors import UsageError
from dockworthy.run.gather import of_profile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dockworthy.profile.model import Profile
    from dockworthy.run.options import Options
    from dockworthy.target import CollectOptions, Target

__all__ = ["Demands"]


class Demands:
    """The profiles of a run's targets."""

    def __init__(self, options: Options, named: Profile | None, targets: Iterable[Target]) -> None:
        """Read them; `UsageError`, with the inventory's line, for a profile or a registry that cannot be used."""
        self._options = options
        self._named = named
        self._read: dict[str, Profile] = {}
        self._with: dict[tuple[int, tuple[str, ...]], tuple[Profile, Profile]] = {}
        checked = set()
        for target in targets:
            asked = (target.profile, target.registries)
            if asked != (None, ()) and asked not in checked:
                checked.add(asked)
                try:
                    self._check(target)
                except UsageError as error:
                    place = f"{target.named_at}: " if target.named_at else ""
                    raise UsageError(f"{place}{target.label}: {error}") from None

    def _check(self, target: Target) -> None:
        from dockworthy.profile.loader import load_profile  # noqa: PLC0415 - heavy (pydantic, YAML)

        own = self._own(target)
        self.of(target, lambda: own or self._named or load_profile())

    def of(self, target: Target, fitting: Callable[[], Profile]) -> Profile:
        """The profile that a host is judged by: the one that was named, the inventory's, or else the fitting one."""
        base = self._named or self._own(target) or fitting()
        if not target.registries:
            return base
        from dockworthy.profile.loader import with_registries  # noqa: PLC0415 - loaded where there is a profile

        # The base is kept beside what is made of it, so that no other one gets its identity.
        key = (id(base), target.registries)
        if key not in self._with:
            self._with[key] = (base, with_registries(base, target.registries))
        return self._with[key][1]

    def looking(self, target: Target, chosen: CollectOptions) -> CollectOptions:
        """How a host is looked at: as was chosen for all, and for what it is asked alone."""
        own = None if self._named is not None else self._own(target)
        if own is None and not target.registries:
            return chosen
        registries = (*chosen.registries, *(own.registries if own is not None else ()), *target.registries)
        more = of_profile(own) if own is not None else {}
        return replace(chosen, registries=tuple(dict.fromkeys(registries)), **more)

    def _own(self, target: Target) -> Profile | None:
        if target.profile is None:
            return None
        from dockworthy.profile.loader import load_profile  # noqa: PLC0415 - heavy (pydantic, YAML)

        if target.profile not in self._read:
            waiver_files = [Path(self._options.waivers)] if self._options.waivers else []
            self._read[target.profile] = load_profile(
                target.profile, waiver_files=waiver_files, registries=self._options.registry
            )
        return self._read[target.profile]
