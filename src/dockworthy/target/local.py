"""This host, by its own shell."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from dockworthy.target._script import script_for, shell_command
from dockworthy.target.process import ProcessProbe

if TYPE_CHECKING:
    from dockworthy.target.interface import CollectOptions, Pending, Target

__all__ = ["start"]


def start(target: Target, options: CollectOptions) -> Pending:
    """Run the probe with `sh -s`; as root already, without sudo."""
    become = (options.sudo or target.is_set("sudo")) and os.geteuid() != 0
    command, head = shell_command(target, options, become=become)
    return ProcessProbe(
        target,
        ["sh", "-c", command] if become else ["sh", "-s"],
        head + script_for(options),
        timeout=options.host_timeout,
    )
