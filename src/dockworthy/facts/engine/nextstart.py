"""The next start of an engine: its unit, its command line and its file as they lie there now."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dockworthy.evidence import Code, Origin, OriginKind, Reason
from dockworthy.facts.engine.containerd import CONTAINERD_SOCKET
from dockworthy.facts.engine.effective import rebuild
from dockworthy.facts.engine.inputs import EngineInputs, EngineOutcome
from dockworthy.facts.engine.masking import mask_text
from dockworthy.facts.engine.refusals import Refusal, Stage
from dockworthy.facts.engine.starter import BY_SERVICE, Starter
from dockworthy.facts.engine.unit import ServiceStart, check_program, service_start, socket_addresses
from dockworthy.facts.engine.unitfile import load_unit
from dockworthy.hosttree.entry import Entry, Kind
from dockworthy.hosttree.faults import UndecidedError
from dockworthy.masking import HIDDEN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dockworthy.hosttree.tree import Tree

__all__ = ["next_start", "unit_inputs"]

_ROOT = frozenset({"root", "0", ""})
_NOBODY = 65534  # stands for every user that is not root
_ENGINES = frozenset({"dockerd", "dockerd-ce", "dockerd-current"})
_ROOTLESS = "dockerd-rootless.sh"  # makes the name spaces and hands its arguments on (moby, contrib)
_SOCKET_UNIT = "docker.socket"
_CONTAINERD_UNIT = "containerd.service"
_NOT_TOLD = Reason("its name may be a secret, and stays on the host", Code.HIDDEN)
_NO_ENGINE = Reason("what it runs is not known", Code.NOT_TOLD)


class WrapperError(UndecidedError):
    """The unit starts a program that is no engine, and makes one of itself."""


def unit_inputs(
    base: EngineInputs, starter: Starter = BY_SERVICE, specifiers: Mapping[str, str] | None = None
) -> tuple[EngineInputs, str] | Refusal:
    """What systemd would start the engine with now, and its program.

    Args:
        base: what does not depend on the unit: the view of the host, and of a rootless engine its environment.
        starter: the engine's service.
        specifiers: what those specifiers stand for that are the host's own, by letter.

    Raises:
        WrapperError: where the unit starts a program that is no engine.
        UndecidedError: where a file of the unit was not looked at.
    """
    start = service_start(base.files, starter.unit, specifiers, starter.folders)
    reason = start.refusal or _program_reason(start, base.files)
    if reason:
        return Refusal(Stage.UNIT, mask_text(reason), origin=Origin(start.source or starter.unit, OriginKind.UNIT))
    name = start.program.rpartition("/")[2]
    if HIDDEN in start.program:
        raise UndecidedError(f"the program that {start.source} starts", _NOT_TOLD)
    if name not in _ENGINES and (name != _ROOTLESS or not base.rootless):
        raise WrapperError(f"{start.program} of {start.source}", _NO_ENGINE)
    files = _with_containerd(start, base.files.seen_by(base.files.user, start.cwd))
    inputs = replace(base, argv=start.arguments or (), files=files)
    if name == _ROOTLESS:
        return replace(inputs, env={**base.env, **_own(start)}), "/usr/bin/dockerd"
    inputs = replace(
        inputs,
        env=start.environment,
        activation=_activation(start, base),
        uid=0 if start.user in _ROOT else _NOBODY,
    )
    return inputs, start.program


def _program_reason(start: ServiceStart, files: Tree) -> str:
    try:
        return check_program(start, files) if HIDDEN not in start.program else ""
    except UndecidedError:
        return ""  # a program that runs now is taken to be there


def _own(start: ServiceStart) -> dict[str, str]:
    """What the unit itself adds to the environment of its user."""
    return {name: value for name, value in start.environment.items() if name not in {"LANG", "PATH", "USER"}}


def _with_containerd(start: ServiceStart, files: Tree) -> Tree:
    """The files as they are once the services are there that are started along with the engine's."""
    if _CONTAINERD_UNIT not in start.wants:
        return files
    try:
        if load_unit(_CONTAINERD_UNIT, files).masked or files.exists(CONTAINERD_SOCKET):
            return files
    except UndecidedError:
        return files
    return files.with_entry(CONTAINERD_SOCKET, Entry(Kind.SOCKET, mode=0o660))


def _activation(start: ServiceStart, base: EngineInputs) -> tuple[str, ...] | None:
    """The sockets that systemd hands over: those of the socket unit, where it is started along, or is there anyway."""
    if _SOCKET_UNIT not in start.wants:
        return base.activation
    try:
        return socket_addresses(base.files)
    except UndecidedError:
        return base.activation or None


def next_start(
    base: EngineInputs, starter: Starter = BY_SERVICE, specifiers: Mapping[str, str] | None = None
) -> EngineOutcome:
    """What the next start by systemd comes to; with the refusal, where the files on disk stop it.

    Raises:
        WrapperError: where the unit starts a program that is no engine.
    """
    try:
        found = unit_inputs(base, starter, specifiers)
    except WrapperError:
        raise
    except UndecidedError as missing:
        why = Reason(f"how {starter.unit} starts the engine is not known: {missing}", missing.reason.code)
        return EngineOutcome(None, undecided=(missing.needed,), reason=why, origin=starter.unit)
    if isinstance(found, Refusal):
        return EngineOutcome(starts=False, refusal=found, origin=starter.unit)
    inputs, program = found
    return replace(rebuild(inputs), program=program, origin=starter.unit)
