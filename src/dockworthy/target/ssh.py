"""A host behind ssh: our own command line of the system's ssh client, so that its configuration holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.errors import UsageError
from dockworthy.target._script import script_for, shell_command
from dockworthy.target.process import ProcessProbe

if TYPE_CHECKING:
    from dockworthy.target.interface import CollectOptions, Pending, Target

__all__ = ["command_line", "start"]

_CONNECTION_FAILED = 255
_HINTS = (
    ("Host key verification failed", "its host key is not known here: connect once by hand, or add it to known_hosts."),
    ("Permission denied", "ssh was refused: no key that it accepts, and passwords are not asked for."),
    ("a password is required", "sudo wants a password there: use --ask-sudo-password, or allow it without one."),
    ("a terminal is required", "sudo wants a password there: use --ask-sudo-password, or allow it without one."),
    ("incorrect password", "sudo refused the password."),
    ("is not in the sudoers file", "its user may not use sudo."),
)


def command_line(target: Target, options: CollectOptions, command: str) -> list[str]:
    """The ssh client's arguments.

    Raises:
        UsageError: for a host or user that ssh would take for an option.
    """
    if not target.host or target.host.startswith("-") or (target.user or "").startswith("-"):
        raise UsageError(f"{target.label}: {target.host or 'nothing'} is no host name.")
    config = target.settings.get("ssh_config") or options.ssh_config
    identity = target.settings.get("ssh_identity_file") or options.ssh_identity_file
    seconds = target.settings.get("timeout", "10")
    argv = ["ssh", "-T", "-o", "BatchMode=yes"]
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
        explain=explain,
    )


def explain(text: str, status: int) -> str | None:
    """A sentence for what ssh or sudo said, or None where it is best told in their own words."""
    for said, sentence in _HINTS:
        if said in text:
            return sentence
    if status == _CONNECTION_FAILED and not text.strip():
        return "the ssh connection failed."
    return None
