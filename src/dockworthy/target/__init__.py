"""A target's name → a snapshot."""

from __future__ import annotations

from dockworthy.target.collecting import collect, probe_many, start
from dockworthy.target.interface import Collected, CollectOptions, Pending, Target
from dockworthy.target.names import parse_target

__all__ = [
    "CollectOptions",
    "Collected",
    "Pending",
    "Target",
    "collect",
    "parse_target",
    "probe_many",
    "start",
]
