"""A host behind ssh: our own command line of the system's ssh client, so that its configuration holds."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from dockworthy.errors import UsageError
from dockworthy.target._script import script_for, shell_command
from dockworthy.target.process import CREDENTIALS, ProcessProbe

if TYPE_CHECKING:
    from dockworthy.target.interface import CollectOptions, Pending, Target

__all__ = ["command_line", "start"]


def command_line(target: Target, options: CollectOptions, command: str) -> list[str]:
    """The ssh client's arguments; `UsageError` for a host or user that ssh would take for an option."""
    if not target.host or target.host.startswith("-") or (target.user or "").startswith("-"):
        raise UsageError(f"{target.label}: this is no host name.")
    config = target.settings.get("ssh_config") or options.ssh_config
    identity = target.settings.get("ssh_identity_file") or options.ssh_identity_file
    seconds = target.settings.get("timeout", "10")
    argv = [target.settings.get("ssh_executable", "ssh"), "-T", "-o", "BatchMode=yes"]
    argv += shlex.split(target.settings.get("ssh_extra_args", ""))
    argv += ["-o", f"ConnectTimeout={seconds if seconds.isdecimal() else '10'}"]
    argv += ["-o", "ClearAllForwardings=yes", "-o", "LogLevel=ERROR"]
    argv += ["-F", config] if config else []
    argv += ["-i", identity] if identity else []
    argv += ["-p", str(target.port)] if target.port else []
    argv += ["-l", target.user] if target.user else []
    return [*argv, "--", target.host, command]


def start(target: Target, options: CollectOptions) -> Pending:
    """Connect once, and run the probe with `sh -s` there."""
    command, head = shell_command(target, options, become=options.sudo or target.is_set("sudo"))
    return ProcessProbe(
        target,
        command_line(target, options, command),
        head + script_for(options),
        timeout=options.host_timeout,
        keep=CREDENTIALS,
    )
