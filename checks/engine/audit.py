"""CIS 1.1.3 to 1.1.18: the kernel's audit records what happens to the engine's files."""

from __future__ import annotations

import shlex

from dockworthy.check import check, cis, expect, fix_with, instances
from dockworthy.facts.engine.paths import (
    Place,
    api_sockets,
    config_folder,
    containerd_config,
    containerd_socket,
    containerd_states,
    daemon_config,
    data_folder,
    engine_program,
    named,
    programs,
    runtimes,
    socket_unit_files,
    unit_files,
)
from dockworthy.facts.host.audit import Audit
from dockworthy.facts.host.os import OperatingSystem

_CHANGES = frozenset("wa")  # of the content, and of owner, mode and other attributes
_CHANGES_AND_USE = frozenset("wax")
_RULES = "/etc/audit/rules.d/docker.rules"
_INSTALL = {
    "debian": "apt-get install -y auditd\n",
    "rhel": "dnf install -y audit || yum install -y audit\n",
    "suse": "zypper --non-interactive install audit\n",
    "alpine": "apk add audit\n",
}
FIX = (
    f"mkdir -p /etc/audit/rules.d && echo '-w '{{param}}' -p rwxa -k docker' >>{_RULES}\n"
    "augenrules --load && auditctl -e 1"
)


def _is_watched(place: Place, audit: Audit, os: OperatingSystem, wanted: frozenset[str]) -> None:
    """A rule in force records all these kinds of access to the file, or to the folder and all below it."""
    file = place.file
    if file.exists.value:
        path = file.resolved or file.path
        coverage = audit.watches([file.path, path], folder=file.kind == "dir", wanted=wanted)
        if not wanted <= coverage.map(lambda found: found.watched).get(frozenset()):
            fix_with(_rule_for(path, audit, os, hidden="never" in coverage.map(str).get("")))
        expect(coverage, shown=str).satisfies(
            lambda found: wanted <= found.watched, f"a rule that records {''.join(sorted(wanted))} of {path}"
        )


def _rule_for(path: str, audit: Audit, os: OperatingSystem, *, hidden: bool) -> str:
    """Commands that add a watch, once; auditctl keeps a blank in a path behind a backslash."""
    rule = shlex.quote(f"-w {path.replace(' ', chr(92) + ' ')} -p rwxa -k docker")
    lines = [
        "mkdir -p /etc/audit/rules.d",
        f"grep -qsxF -e {rule} {_RULES} || printf '%s\\n' {rule} >>{_RULES}",
        "augenrules --load && auditctl -e 1",
    ]
    if hidden:
        lines.insert(0, "# First remove the rule that says never: what comes after it is not recorded.")
    install = "" if audit.is_installed else _INSTALL.get(os.family, "")
    return install + "\n".join(lines)


@check(
    "audit.dockerd",
    severity="medium",
    refs=cis("1.1.3"),
    fix=FIX,
    each=instances("place", engine_program, none="no dockerd is installed"),
)
def check_dockerd(place: Place, audit: Audit, os: OperatingSystem) -> None:
    """Audit watches the daemon's program.

    dockerd runs as root and starts everything that runs in containers: who replaces it has the host.
    """
    _is_watched(place, audit, os, _CHANGES_AND_USE)


@check(
    "audit.containerd-state",
    severity="medium",
    refs=cis("1.1.4"),
    fix=FIX,
    each=instances("place", containerd_states, none="containerd has no state folder here"),
)
def check_containerd_state(place: Place, audit: Audit, os: OperatingSystem) -> None:
    """Audit watches containerd's state folder.

    The folder holds the sockets and the state of every running container.
    """
    _is_watched(place, audit, os, _CHANGES)


@check(
    "audit.data-root",
    severity="medium",
    refs=cis("1.1.5"),
    fix=FIX,
    each=instances("place", data_folder, none="there is no such folder"),
)
def check_data_root(place: Place, audit: Audit, os: OperatingSystem) -> None:
    """Audit watches the engine's data root.

    Images, volumes and the containers' file systems lie there: a change in it changes what runs.
    """
    _is_watched(place, audit, os, _CHANGES)


@check(
    "audit.config-folder",
    severity="medium",
    refs=cis("1.1.6"),
    fix=FIX,
    each=instances("place", config_folder, none="there is no such folder"),
)
def check_config_folder(place: Place, audit: Audit, os: OperatingSystem) -> None:
    """Audit watches the engine's configuration folder.

    The folder holds daemon.json and the certificates of registries.
    """
    _is_watched(place, audit, os, _CHANGES)


@check(
    "audit.docker-service",
    severity="low",
    refs=cis("1.1.7"),
    fix=FIX,
    each=instances("place", unit_files("docker.service"), none="docker.service has no unit file here"),
)
def check_docker_service(place: Place, audit: Audit, os: OperatingSystem) -> None:
    """Audit watches docker.service and its drop-ins.

    The unit says what root starts at boot; drop-ins change it without touching it.
    """
    _is_watched(place, audit, os, _CHANGES)


@check(
    "audit.containerd-socket",
    severity="low",
    refs=cis("1.1.8"),
    fix=FIX,
    each=instances("place", containerd_socket, none="containerd has no socket here"),
)
def check_containerd_socket(place: Place, audit: Audit, os: OperatingSystem) -> None:
    """Audit watches containerd's socket.

    Whoever reaches the socket controls every container.
    """
    _is_watched(place, audit, os, _CHANGES)


@check(
    "audit.docker-socket-unit",
    severity="low",
    refs=cis("1.1.9"),
    fix=FIX,
    each=instances("place", socket_unit_files, none="docker.socket has no unit file here"),
)
def check_docker_socket_unit(place: Place, audit: Audit, os: OperatingSystem) -> None:
    """Audit watches docker.socket and its drop-ins.

    The unit decides who may reach the engine. Version 1.6 of the benchmark means this file, later
    ones the socket itself.
    """
    _is_watched(place, audit, os, _CHANGES)


@check(
    "audit.api-socket",
    severity="low",
    refs=cis("1.1.9"),
    fix=FIX,
    each=instances("place", api_sockets, none="the engine has no UNIX socket here"),
)
def check_api_socket(place: Place, audit: Audit, os: OperatingSystem) -> None:
    """Audit watches the socket of the engine's API.

    Whoever reaches the socket is as good as root. Version 1.6 of the benchmark means the unit of that name, later ones
    the socket.
    """
    _is_watched(place, audit, os, _CHANGES)


@check(
    "audit.default-docker",
    severity="low",
    refs=cis("1.1.10"),
    fix=FIX,
    each=instances("place", named("/etc/default/docker"), none="there is no such file"),
)
def check_default_docker(place: Place, audit: Audit, os: OperatingSystem) -> None:
    """Audit watches /etc/default/docker.

    The file gives the engine its arguments and environment where the service reads it.
    """
    _is_watched(place, audit, os, _CHANGES)


@check(
    "audit.daemon-json",
    severity="low",
    refs=cis("1.1.11"),
    fix=FIX,
    each=instances("place", daemon_config, none="the engine has no configuration file"),
)
def check_daemon_json(place: Place, audit: Audit, os: OperatingSystem) -> None:
    """Audit watches the engine's configuration file.

    The file sets what the engine allows.
    """
    _is_watched(place, audit, os, _CHANGES)


@check(
    "audit.containerd-config",
    severity="low",
    refs=cis("1.1.12"),
    fix=FIX,
    each=instances("place", containerd_config, none="containerd has no configuration file"),
)
def check_containerd_config(place: Place, audit: Audit, os: OperatingSystem) -> None:
    """Audit watches containerd's configuration file.

    The file sets which runtimes, snapshotters and registries containerd uses.
    """
    _is_watched(place, audit, os, _CHANGES)


@check(
    "audit.sysconfig-docker",
    severity="low",
    refs=cis("1.1.13"),
    fix=FIX,
    each=instances("place", named("/etc/sysconfig/docker"), none="there is no such file"),
)
def check_sysconfig_docker(place: Place, audit: Audit, os: OperatingSystem) -> None:
    """Audit watches /etc/sysconfig/docker.

    The file gives the engine its arguments and environment where the service reads it.
    """
    _is_watched(place, audit, os, _CHANGES)


@check(
    "audit.containerd",
    severity="low",
    refs=cis("1.1.14"),
    fix=FIX,
    each=instances("place", programs("containerd"), none="no containerd is installed"),
)
def check_containerd(place: Place, audit: Audit, os: OperatingSystem) -> None:
    """Audit watches containerd's program.

    containerd runs as root and starts every container.
    """
    _is_watched(place, audit, os, _CHANGES_AND_USE)


@check(
    "audit.containerd-shim",
    severity="low",
    refs=cis("1.1.15"),
    fix=FIX,
    each=instances("place", programs("containerd-shim"), none="there is no such program (containerd 2 has none)"),
)
def check_containerd_shim(place: Place, audit: Audit, os: OperatingSystem) -> None:
    """Audit watches the old containerd-shim.

    The shim is the parent of every process in a container.
    """
    _is_watched(place, audit, os, _CHANGES_AND_USE)


@check(
    "audit.containerd-shim-runc-v1",
    severity="low",
    refs=cis("1.1.16"),
    fix=FIX,
    each=instances(
        "place", programs("containerd-shim-runc-v1"), none="there is no such program (containerd 2 has none)"
    ),
)
def check_containerd_shim_runc_v1(place: Place, audit: Audit, os: OperatingSystem) -> None:
    """Audit watches containerd-shim-runc-v1.

    The shim is the parent of every process in a container.
    """
    _is_watched(place, audit, os, _CHANGES_AND_USE)


@check(
    "audit.containerd-shim-runc-v2",
    severity="low",
    refs=cis("1.1.17"),
    fix=FIX,
    each=instances("place", programs("containerd-shim-runc-v2"), none="there is no such program"),
)
def check_containerd_shim_runc_v2(place: Place, audit: Audit, os: OperatingSystem) -> None:
    """Audit watches containerd-shim-runc-v2.

    The shim is the parent of every process in a container.
    """
    _is_watched(place, audit, os, _CHANGES_AND_USE)


@check(
    "audit.runc",
    severity="low",
    refs=cis("1.1.18"),
    fix=FIX,
    each=instances("place", runtimes, none="no runtime is installed"),
)
def check_runc(place: Place, audit: Audit, os: OperatingSystem) -> None:
    """Audit watches runc and every other runtime.

    The runtime sets up every container as root. Runtimes beside runc (crun, kata, …) count as well.
    """
    _is_watched(place, audit, os, _CHANGES_AND_USE)
