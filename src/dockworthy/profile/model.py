"""A profile as it is in force: what is judged, how severe it is, what is demanded, what is excused.

``check`` is anything with ``id``, ``aliases``, ``refs``, ``severity`` and ``params``.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.profile.origin import DEFAULT
from dockworthy.profile.selectors import Selectable, any_matches
from dockworthy.profile.statements import in_force

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from dockworthy.profile.attestations import Attestation
    from dockworthy.profile.origin import Layer, Origin
    from dockworthy.profile.params import Params, ParamsView
    from dockworthy.profile.waivers import Waiver

__all__ = ["SEVERITIES", "Profile", "SelectionStep"]

SEVERITIES = ("critical", "high", "medium", "low", "info")


@dataclass(frozen=True, slots=True)
class SelectionStep:
    """One ``select`` or ``deselect`` of one layer.

    ``select`` begins anew with what it names; ``deselect`` takes away from what the layers before it selected.
    """

    selectors: tuple[str, ...]
    adds: bool
    origins: tuple[Origin, ...] = ()


@dataclass(frozen=True, slots=True)
class Profile:
    """What is in force after all layers are merged; see the module's text for its use."""

    name: str  # of the outermost layer
    sha256: str  # over all layers, in the order in which they were merged
    layers: tuple[Layer, ...]  # the innermost first
    params: Params  # the demands
    # which layer set a demand, by its path (``certificate_days_left.high``); defaults have none
    origins: Mapping[str, Origin] = field(default_factory=dict)
    selection: tuple[SelectionStep, ...] = ()  # the steps, in order; none selects everything
    severity: Mapping[str, str] = field(default_factory=dict)  # overrides by check id
    severity_origins: Mapping[str, Origin] = field(default_factory=dict)  # which layer set each
    waivers: tuple[Waiver, ...] = ()  # of all layers
    attestations: tuple[Attestation, ...] = ()  # of all layers

    @property
    def registries(self) -> tuple[str, ...]:
        """The registries that this profile names."""
        return tuple(self.params.registries)

    def selects(self, check: Selectable) -> bool:
        """Whether the check is to be judged: the last step that names it decides."""
        chosen = True
        for step in self.selection:
            if step.adds:
                chosen = any_matches(step.selectors, check)
            elif any_matches(step.selectors, check):
                chosen = False
        return chosen

    def severity_of(self, check: Selectable) -> str:
        """How severe a finding of this check is here."""
        for check_id in (check.id, *check.aliases):
            if check_id in self.severity:
                return self.severity[check_id]
        return check.severity

    def view(self, check: Selectable) -> ParamsView:
        """The demands, restricted to what the check declares that it reads."""
        from dockworthy.profile.params import ParamsView  # noqa: PLC0415 - pydantic is not needed to hold a profile

        return ParamsView(self.params, check.params, check.id)

    def origin_of(self, key: str) -> Origin:
        """Which layer set the demand, or a part of it; the outermost where several did."""
        if key in self.origins:
            return self.origins[key]
        parts = [origin for path, origin in self.origins.items() if path.startswith(f"{key}.")]
        return parts[-1] if parts else DEFAULT

    def waiver_for(self, check: Selectable, host: str, param: str | None, now: datetime) -> Waiver | None:
        """The waiver in force that covers this result: of several, the one that lasts longest."""
        return in_force(self.waivers, check, host, param, now)

    def attestation_for(self, check: Selectable, host: str, param: str | None, now: datetime) -> Attestation | None:
        """The attestation in force for this result: of several, the one that lasts longest."""
        return in_force(self.attestations, check, host, param, now)
