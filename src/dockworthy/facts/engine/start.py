"""The part of a start that comes after the configuration was accepted: what ``--validate`` does not try."""

from __future__ import annotations

from typing import Any

from dockworthy.facts.engine.golang import GoError
from dockworthy.facts.engine.host import UndecidedError
from dockworthy.facts.engine.inputs import EngineInputs, Refusal, Stage
from dockworthy.facts.engine.sockets import check_listeners

__all__ = ["check_start"]


def check_start(config: dict[str, Any], inputs: EngineInputs) -> tuple[Refusal | None, list[str], list[str]]:
    """What stops this start, what was not looked at, and what is worth a warning."""
    undecided: list[str] = []
    try:
        check_listeners(config, inputs)
    except UndecidedError as missing:
        undecided.append(missing.what)
    except GoError as error:
        return Refusal(Stage.LISTENERS, f"failed to load listeners: {error}"), undecided, []
    return None, undecided, []
