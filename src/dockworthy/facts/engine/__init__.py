"""The engine's configuration as it is in force, rebuilt as dockerd builds it.

What the engine refuses is raised as a ``GoError`` with its own text, and what depends on something that nobody looked
at as an ``UndecidedError``: a ``check_``, ``validate`` or ``parse_`` function says so only where there is more to say.
"""

from __future__ import annotations

from dockworthy.facts.engine.drift import Drift, drift
from dockworthy.facts.engine.effective import rebuild
from dockworthy.facts.engine.inputs import EngineInputs, EngineOutcome
from dockworthy.facts.engine.nextstart import next_start, unit_inputs
from dockworthy.facts.engine.refusals import Refusal, Stage
from dockworthy.facts.engine.unit import ServiceStart, service_start, socket_addresses

__all__ = [
    "Drift",
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
