"""The probe's text for a target, and the shell command that reads it, as root where that is asked for."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from dockworthy.probe import script

if TYPE_CHECKING:
    from dockworthy.target.interface import CollectOptions, Target

__all__ = ["script_for", "shell_command"]

_OTHER_SECONDS = 40
"""What of a host's time limit is left after the layers of its images: for the connection, and for what was found."""

_BEGIN = "dockworthy-probe-begins"
# sudo takes the first line of its standard input as the password only if it wants one. So the shell behind it
# throws lines away until the one that says that the script begins: a password is never taken for a command.
_SKIP = f'while IFS= read -r line; do [ "$line" != {_BEGIN} ] || exec sh -s; done'


def script_for(options: CollectOptions) -> bytes:
    """The probe, told which registries and which engine to look at; it ends before the host's time limit does."""
    limit = max(5, min(90, int(options.host_timeout) - 5))
    text = script(
        options.registries,
        options.docker_host,
        harbor_folders=options.harbor_folders,
        harbor_key=options.harbor_key,
        dns_lookups=options.dns_lookups,
        image_layers=options.image_layers,
        limit=limit,
        image_limit=max(5, int(options.host_timeout) - _OTHER_SECONDS),
    )
    return text.encode()


def shell_command(target: Target, options: CollectOptions, *, become: bool) -> tuple[str, bytes]:
    """The command for the host's shell, and what has to stand before the script on its standard input."""
    if not become:
        return "sh -s", b""
    user = target.settings.get("sudo_user")
    as_user = f"-u {quote(user)} " if user else ""
    if options.sudo_password is None:
        return f"sudo -n {as_user}sh -s", b""
    return (
        f"sudo -S -p '' {as_user}sh -c {quote(_SKIP)}",
        f"{options.sudo_password}\n{_BEGIN}\n".encode(),
    )
