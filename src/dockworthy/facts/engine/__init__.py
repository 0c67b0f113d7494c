"""The engine's configuration as it is in force, rebuilt as dockerd builds it."""

from __future__ import annotations

from dockworthy.facts.engine.effective import rebuild
from dockworthy.facts.engine.host import Entry, HostFiles, Kind
from dockworthy.facts.engine.inputs import EngineInputs, EngineOutcome, Refusal, Stage

__all__ = ["EngineInputs", "EngineOutcome", "Entry", "HostFiles", "Kind", "Refusal", "Stage", "rebuild"]
