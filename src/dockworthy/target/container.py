"""Inside something that a command line tool can run a shell in: a container, a pod, a chroot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.errors import UsageError
from dockworthy.target._script import script_for, shell_command
from dockworthy.target.process import CREDENTIALS, ProcessProbe

if TYPE_CHECKING:
    from collections.abc import Callable

    from dockworthy.target.interface import CollectOptions, Pending, Target

__all__ = ["SCHEMES", "command_line", "start"]


def _engine(tool: str) -> Callable[[Target], list[str]]:
    def before(target: Target) -> list[str]:
        return [tool, "exec", "-i", *(["-u", target.user] if target.user else []), "--", target.host]

    return before


def _cluster(tool: str) -> Callable[[Target], list[str]]:
    def before(target: Target) -> list[str]:
        settings = target.settings
        argv = [tool]
        given = (name for name in ("kubeconfig", "context", "namespace") if settings.get(name))
        argv.extend(f"--{name}={settings[name]}" for name in given)
        argv += ["exec", "-i"]
        argv += [f"--container={settings['container']}"] if settings.get("container") else []
        return [*argv, target.host, "--"]

    return before


def _lxc(target: Target) -> list[str]:
    return ["lxc", "exec", target.host, "--mode=non-interactive", "--"]


def _chroot(target: Target) -> list[str]:
    return ["chroot", target.host]


SCHEMES: dict[str, Callable[[Target], list[str]]] = {
    "docker": _engine("docker"),
    "podman": _engine("podman"),
    "kubectl": _cluster("kubectl"),
    "openshift": _cluster("oc"),
    "lxc": _lxc,
    "chroot": _chroot,
}


def command_line(target: Target) -> list[str]:
    """What stands before a command that runs there; `UsageError` for a name that the tool would take for an option."""
    if not target.host or target.host.startswith("-"):
        raise UsageError(f"{target.label}: this is no name.")
    return SCHEMES[target.scheme](target)


def start(target: Target, options: CollectOptions) -> Pending:
    """Run the probe there with `sh -s`."""
    before = command_line(target)
    become = options.sudo or target.is_set("sudo")
    command, head = shell_command(target, options, become=become)
    argv = [*before, "sh", *(["-c", command] if become else ["-s"])]
    return ProcessProbe(
        target,
        argv,
        head + script_for(options),
        timeout=options.host_timeout,
        keep=CREDENTIALS if target.scheme in {"kubectl", "openshift"} else (),
    )
