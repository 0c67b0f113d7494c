"""From a host's variables to a target: how it is reached, and by which demands it is judged.

What cannot be used here is an error, without its value. What is not known (a template, or what lies in a vault) is
a target that says so: it is undecided, and the others are judged.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from dockworthy.dataclass import dataclass
from dockworthy.errors import UsageError
from dockworthy.target.interface import Target
from dockworthy.target.inventory.groups import SECRET
from dockworthy.target.inventory.words import check_host
from dockworthy.target.ssh_arguments import read_ssh_arguments
from dockworthy.typed import shown_target, shown_word

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["Reaching"]

_CONNECTIONS = {
    "ssh": "ssh",
    "smart": "ssh",
    "libssh": "ssh",
    "paramiko": "ssh",
    "paramiko_ssh": "ssh",
    "local": "local",
    "docker": "docker",
    "docker_api": "docker",
    "podman": "podman",
    "kubectl": "kubectl",
    "oc": "openshift",
}
# Where Ansible reads several names, the last that is given counts.
_HOST = {
    "ssh": ("ansible_host", "ansible_ssh_host"),
    "kubectl": ("ansible_host", "ansible_kubectl_pod"),
    "openshift": ("ansible_host", "ansible_oc_pod"),
}
_PORT = ("ansible_port", "ansible_ssh_port")
_USER = ("ansible_user", "ansible_ssh_user")
_KEY = ("ansible_private_key_file", "ansible_ssh_private_key_file")
_SSH_ARGUMENTS = ("ansible_ssh_args", "ansible_ssh_common_args", "ansible_ssh_extra_args")
_OF_CLUSTER = ("namespace", "context", "kubeconfig", "container")
_CLUSTERS = {"kubectl": "ansible_kubectl", "openshift": "ansible_oc"}
_NOT_FOLLOWED = {
    "docker": ("ansible_docker_extra_args",),
    "podman": ("ansible_podman_extra_args",),
    **{
        scheme: tuple(f"{before}_{name}" for name in ("extra_args", "host", "server"))
        for scheme, before in _CLUSTERS.items()
    },
}
_USER_NAME = re.compile(r"[A-Za-z0-9._@\\$+-]{1,255}", re.ASCII)
_PROGRAM = re.compile(r"(?:/[A-Za-z0-9._/+-]*/)?ssh", re.ASCII)
_PLAIN = re.compile(r"[A-Za-z0-9._/~@:+=-]{1,1024}", re.ASCII)
_OWN_NAME = re.compile(r"\{\{\s*(inventory_hostname(?:_short)?)\s*\}\}")
_ADDRESS = re.compile(r"[0-9]+(?:\.[0-9]+){3}", re.ASCII)
_SEPARATORS = re.compile(r"[\s,]+")
_LAST_PORT = 65_535
_TRUE = {"true", "yes", "1", "on", "y", "t"}
_MOST = 4096


class _Unknown(Exception):  # noqa: N818 - it is no error: what is not known is told
    """A variable whose value is not known here."""


@dataclass(frozen=True, slots=True)
class _Way:
    """What hosts with the same variables have in common."""

    scheme: str
    user: str | None
    port: int | None
    settings: Mapping[str, str]
    harbor: tuple[str, str] | None
    profile: str | None
    registries: tuple[str, ...]


class Reaching:
    """Targets, made of variables; what equal ones come to is found out once."""

    def __init__(self, folder: Path) -> None:
        """A path in a variable is relative to this folder."""
        self._folder = folder
        self._ways: dict[tuple[Any, ...], _Way] = {}

    def target(self, where: str, name: str, variables: Mapping[str, Any], place: str | None) -> Target:
        """One host; `UsageError` for a variable that cannot be used."""
        if any(type(value) is str and "{{" in value for value in variables.values()):
            variables = {key: _filled(value, name) for key, value in variables.items()}
        given = _Given(variables)
        try:
            way = self._way(f"{where}: {name}", variables)
            host = given.last(_HOST.get(way.scheme, ("ansible_host",))) or name
        except _Unknown as unknown:
            problem = f"{place or where}: {unknown}; give {name} a known value, or leave it out by --limit."
            return Target(f"ssh://{name}", "ssh", name, name=name, named_at=place, problem=problem)
        if host is not name:
            check_host(host, f"{where}: {name}")
        spec = "local://" if way.scheme == "local" else _spec(way, host)
        return Target(
            shown_target(spec),
            way.scheme,
            host,
            way.user,
            way.port,
            way.settings,
            name,
            way.harbor,
            place,
            spec,
            profile=way.profile,
            registries=way.registries,
        )

    def _way(self, where: str, variables: Mapping[str, Any]) -> _Way:
        key = tuple((name, variables[name]) for name in variables if name not in {"ansible_host", "ansible_ssh_host"})
        found = self._ways.get(key)
        if found is None:
            if len(self._ways) > _MOST:  # where each host has its own, they are not kept
                self._ways.clear()
            found = self._ways[key] = _way_of(where, _Given(variables), self._folder)
        return found


def _filled(value: Any, name: str) -> Any:
    """A value in which the host's own name stands in for the template that means it; any other stays what it is."""
    short = name if ":" in name or _ADDRESS.fullmatch(name) else name.partition(".")[0]
    names = {"inventory_hostname": name, "inventory_hostname_short": short}
    return _OWN_NAME.sub(lambda found: names[found[1]], value) if type(value) is str else value


class _Given:
    """Variables, asked by name."""

    def __init__(self, variables: Mapping[str, Any]) -> None:
        self._variables = variables

    def text(self, name: str) -> str:
        """Its value, "" where it has none."""
        value = self._variables.get(name)
        if value is SECRET:
            raise _Unknown(f"{name} lies in Ansible's vault, which is not opened here")
        for one in value if isinstance(value, tuple) else (value or "",):
            if "{{" in one or "{%" in one:
                raise _Unknown(f"{name} is a template, which is not worked out here")
        return " ".join(value) if isinstance(value, tuple) else value or ""

    def last(self, names: tuple[str, ...]) -> str:
        """The value of the last of these names that has one."""
        for name in reversed(names):
            if value := self.text(name):
                return value
        return ""


def _way_of(where: str, given: _Given, folder: Path) -> _Way:
    connection = (given.text("ansible_connection") or "ssh").rpartition(".")[2]
    scheme = _CONNECTIONS.get(connection)
    if scheme is None:
        raise UsageError(
            f"{where}: ansible_connection {shown_word(connection)} cannot be used here; leave it out by --limit."
        )
    for name in _NOT_FOLLOWED.get(scheme, ()):
        if given.text(name):
            raise UsageError(f"{where}: {name} cannot be followed here.")
    port = given.last(_PORT) if scheme == "ssh" else ""
    if port and not (port.isascii() and port.isdecimal() and len(port) < 6 and 0 < int(port) <= _LAST_PORT):  # noqa: PLR2004
        raise UsageError(f"{where}: ansible_port is no number from 1 to {_LAST_PORT}.")
    user = given.last(_USER if scheme == "ssh" else _USER[:1]) if scheme != "local" else ""
    if user and not _USER_NAME.fullmatch(user):
        raise UsageError(f"{where}: ansible_user is no user's name; a password does not stand beside it.")
    settings = {**_ssh_settings(where, given)} if scheme == "ssh" else _cluster_settings(where, scheme, given)
    settings.update(_become(where, given))
    profile = given.text("dw_profile")
    registries = tuple(filter(None, _SEPARATORS.split(given.text("dw_registries"))))
    return _Way(
        scheme,
        user or None,
        int(port) if port else None,
        settings,
        _harbor(where, given),
        str(folder / profile) if "/" in profile or profile.endswith((".yaml", ".yml")) else profile or None,
        registries,
    )


def _spec(way: _Way, host: str) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"{way.scheme}://{f'{way.user}@' if way.user else ''}{shown}{f':{way.port}' if way.port else ''}"


def _become(where: str, given: _Given) -> dict[str, str]:
    if given.text("ansible_become").lower() not in _TRUE:
        return {}
    if (given.text("ansible_become_method") or "sudo").rpartition(".")[2] != "sudo":
        raise UsageError(f"{where}: ansible_become_method can only be sudo here.")
    user = given.text("ansible_become_user")
    return {"sudo": "true", **({"sudo_user": user} if user else {})}


def _harbor(where: str, given: _Given) -> tuple[str, str] | None:
    """Of which Harbor it is which node; None where it says neither."""
    harbor, node = given.text("dw_harbor"), given.text("dw_harbor_node")
    if bool(harbor) != bool(node):
        named, missing = ("dw_harbor", "dw_harbor_node") if harbor else ("dw_harbor_node", "dw_harbor")
        raise UsageError(f"{where}: {named} stands without {missing}; name the Harbor and which node of it this is.")
    return (harbor, node) if harbor else None


def _cluster_settings(where: str, scheme: str, given: _Given) -> dict[str, str]:
    """In which cluster and where in it a pod is."""
    settings = {}
    for name in _OF_CLUSTER if scheme in _CLUSTERS else ():
        variable = f"{_CLUSTERS[scheme]}_{name}"
        if value := given.text(variable):
            if not _PLAIN.fullmatch(value):
                raise UsageError(f"{where}: {variable} cannot be passed on.")
            settings[name] = value
    return settings


def _ssh_settings(where: str, given: _Given) -> dict[str, str]:
    """The ssh client's own arguments and program, as far as they can be passed on."""
    settings = {}
    arguments = [read_ssh_arguments(text, f"{where}: {name}") for name in _SSH_ARGUMENTS if (text := given.text(name))]
    if any(arguments):
        settings["ssh_extra_args"] = " ".join(filter(None, arguments))
    if key := given.last(_KEY):
        settings["ssh_identity_file"] = key
    program = given.text("ansible_ssh_executable") or "ssh"
    if not _PROGRAM.fullmatch(program):
        raise UsageError(f"{where}: ansible_ssh_executable can only be a path that ends in /ssh here.")
    if program != "ssh":
        settings["ssh_executable"] = program
    return settings
