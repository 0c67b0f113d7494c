"""What is there? One script that looks, on a host that has a shell and little else."""

from __future__ import annotations

from dockworthy.probe.script import fragments, script

__all__ = ["fragments", "script"]
