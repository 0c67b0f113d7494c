"""The engine's configuration as it is in force, rebuilt as dockerd builds it."""

from __future__ import annotations

from dockworthy.facts.engine.drift import Change, drift, next_start, unit_inputs
from dockworthy.facts.engine.effective import rebuild
from dockworthy.facts.engine.inputs import EngineInputs, EngineOutcome
from dockworthy.facts.engine.refusals import Refusal, Stage
from dockworthy.facts.engine.unit import ServiceStart, service_start, socket_addresses

__all__ = [
    "Change",
    "EngineInputs",
    "EngineOutcome",
    "Refusal",
    "ServiceStart",
    "Stage",
    "drift",
    "next_start",
    "rebuild",
    "service_start",
    "socket_addresses",
    "unit_inputs",
]
