"""What the next start of an engine would change: its unit, its command line and its file as they are now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dockworthy.evidence import Origin, OriginKind
from dockworthy.facts.engine.effective import rebuild
from dockworthy.facts.engine.inputs import EngineInputs, EngineOutcome
from dockworthy.facts.engine.masking import mask_text
from dockworthy.facts.engine.refusals import Refusal, Stage
from dockworthy.facts.engine.unit import ServiceStart, check_program, service_start, socket_addresses
from dockworthy.hosttree.faults import UndecidedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dockworthy.evidence import Evidence

__all__ = ["Change", "drift", "next_start", "unit_inputs"]

ROOT = frozenset({"root", "0"})
NOBODY = 65534  # stands for every user that is not root


@dataclass(frozen=True, slots=True)
class Change:
    """A setting that the next start changes.

    Attributes:
        key: its name in daemon.json.
        running: what is in force.
        after: what the next start puts in its place.
    """

    key: str
    running: Evidence[Any]
    after: Evidence[Any]


def unit_inputs(
    running: EngineInputs, name: str = "docker.service", specifiers: Mapping[str, str] | None = None
) -> EngineInputs | Refusal:
    """What systemd would start the engine with now.

    Args:
        running: the inputs of the engine that runs, whose view of the host is used again.
        name: the engine's service.
        specifiers: what those specifiers stand for that are the host's own, by letter.

    Raises:
        UndecidedError: where a file of the unit was not looked at.
    """
    start = service_start(running.files, name, specifiers)
    if start.refusal:
        return Refusal(Stage.UNIT, mask_text(start.refusal), origin=Origin(start.source or name, OriginKind.UNIT))
    reason = _program_reason(start, running)
    if reason:
        return Refusal(Stage.UNIT, mask_text(reason), origin=Origin(start.source or name, OriginKind.UNIT))
    if start.program.rpartition("/")[2] != "dockerd":
        raise UndecidedError(f"what {start.program} of {start.source} runs")
    return replace(
        running,
        argv=start.arguments or (),
        env=start.environment,
        files=replace(running.files, cwd=start.cwd),
        activation=socket_addresses(running.files) if "docker.socket" in start.wants else (),
        uid=0 if start.user in ROOT else NOBODY,
    )


def _program_reason(start: ServiceStart, running: EngineInputs) -> str:
    try:
        return check_program(start, running.files)
    except UndecidedError:
        return ""  # a program that runs now is taken to be there


def next_start(
    running: EngineInputs, name: str = "docker.service", specifiers: Mapping[str, str] | None = None
) -> EngineOutcome:
    """What the next start by systemd comes to; with the refusal, where the files on disk stop it."""
    try:
        inputs = unit_inputs(running, name, specifiers)
    except UndecidedError as missing:
        return EngineOutcome(None, undecided=(missing.what,))
    if isinstance(inputs, Refusal):
        return EngineOutcome(starts=False, refusal=inputs)
    return rebuild(inputs)


def drift(running: EngineOutcome, after: EngineOutcome) -> tuple[Change, ...]:
    """The settings that are known before and after and differ, by key.

    Where the next start is refused nothing changes to another value: the refusal is what to tell.
    """
    if after.starts is False:
        return ()
    changes = (
        Change(key, value, after.settings[key])
        for key, value in running.settings.items()
        if key in after.settings and value.is_known and after.settings[key].is_known
    )
    return tuple(change for change in changes if change.running.value != change.after.value)
