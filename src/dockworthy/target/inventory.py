"""Ansible's inventories, as far as they say how to reach hosts: INI and YAML, with group and host variables.

Only connection variables are kept, and which node of which Harbor a host is (``dw_harbor``, ``dw_harbor_node``).
Passwords (``ansible_password``, ``ansible_become_password`` and the like) are
not even read into memory of ours beyond the parser, and no error quotes a value. What would change how a host is
reached and cannot be followed here is an error; see `dockworthy.target.ssh_arguments` for ssh's own arguments.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Any

from dockworthy.errors import UsageError
from dockworthy.target.interface import Target
from dockworthy.target.ssh_arguments import read_ssh_arguments
from dockworthy.typed import shown_path, shown_problem, shown_target, shown_word

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["read_inventory"]

MAX_BYTES = 16 * 1024 * 1024
MAX_HOSTS = 100_000
_KEPT = {
    "ansible_host": "host",
    "ansible_ssh_host": "host",
    "ansible_port": "port",
    "ansible_ssh_port": "port",
    "ansible_user": "user",
    "ansible_ssh_user": "user",
    "ansible_connection": "connection",
    "ansible_ssh_private_key_file": "ssh_identity_file",
    "ansible_private_key_file": "ssh_identity_file",
    "ansible_become": "sudo",
    "ansible_become_user": "sudo_user",
    "ansible_become_method": "become_method",
    "ansible_ssh_args": "ssh_args",
    "ansible_ssh_common_args": "ssh_common_args",
    "ansible_ssh_extra_args": "ssh_extra_args",
    "ansible_ssh_executable": "ssh_executable",
    "dw_harbor": "harbor",
    "dw_harbor_node": "harbor_node",
}
_SSH_ARGUMENTS = ("ssh_args", "ssh_common_args", "ssh_extra_args")
_CONNECTIONS = {
    "ssh": "ssh",
    "smart": "ssh",
    "paramiko": "ssh",
    "paramiko_ssh": "ssh",
    "local": "local",
    "docker": "docker",
    "podman": "podman",
    "kubectl": "kubectl",
}
_RANGE = re.compile(r"\[([0-9]{1,18}|[A-Za-z]):([0-9]{1,18}|[A-Za-z])(?::([0-9]{1,18}))?\]")
_HOST = re.compile(r"[\w.%+-]{1,255}|[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Fa-f:.]*(?:%[A-Za-z0-9._-]{1,15})?")
_USER = re.compile(r"[A-Za-z0-9._@\\$+-]{1,255}", re.ASCII)
_PROGRAM = re.compile(r"(?:/[A-Za-z0-9._/+-]*/)?ssh", re.ASCII)
_LAST_PORT = 65_535
_SECTION = re.compile(r"\[([^\]\s:]+)(?::(children|vars))?\]\s*(?:[#;].*)?")
_BRACKETS = re.compile(r"\[[0-9A-Fa-f]*:[0-9A-Fa-f:.]*\]")  # an IPv6 address
_TRUE = {"true", "yes", "1", "on", "y", "t"}


class _Groups:
    """Hosts and groups, with their variables, in the order in which they were met."""

    def __init__(self) -> None:
        self.hosts: dict[str, dict[str, str]] = {}
        self.lines: dict[str, int] = {}  # where each is named first, as far as that is known
        self.members: dict[str, dict[str, None]] = {"all": {}}
        self.children: dict[str, dict[str, None]] = {"all": {}}
        self.variables: dict[str, dict[str, str]] = {"all": {}}

    def add_group(self, name: str) -> None:
        for table in (self.members, self.children):
            table.setdefault(name, {})
        self.variables.setdefault(name, {})

    def add_host(self, group: str, name: str, variables: Mapping[str, str], line: int | None) -> None:
        self.add_group(group)
        self.hosts.setdefault(name, {}).update(variables)
        if line is not None:
            self.lines.setdefault(name, line)
        self.members[group][name] = None
        if len(self.hosts) > MAX_HOSTS:
            raise UsageError(f"The inventory names more than {MAX_HOSTS} hosts.")

    def variables_of(self, host: str) -> dict[str, str]:
        """What holds for a host: `all` first, then parents before their children, its own last."""
        depths = self._depths()
        groups = [group for group, members in self.members.items() if host in members]
        found = dict.fromkeys(groups)
        for group in groups:
            found.update(dict.fromkeys(self._ancestors(group)))
        merged = dict(self.variables["all"])
        for group in sorted(found, key=lambda name: (depths.get(name, 0), name)):
            merged.update(self.variables[group])
        merged.update(self.hosts[host])
        return merged

    def _ancestors(self, group: str) -> Iterator[str]:
        seen = {group}
        waiting = [group]
        while waiting:
            below = waiting.pop()
            for parent, children in self.children.items():
                if below in children and parent not in seen:
                    seen.add(parent)
                    waiting.append(parent)
                    yield parent

    def _depths(self) -> dict[str, int]:
        return {group: 1 + sum(1 for _ in self._ancestors(group)) for group in self.members if group != "all"}


def read_inventory(path: Path) -> list[Target]:
    """The targets that an inventory names, in its order; `UsageError` with file and line where it has a mistake."""
    text = _read(path)
    groups = _Groups()
    if path.suffix.lower() in {".yml", ".yaml"} or text.lstrip().startswith(("---", "all:", "{")):
        _read_yaml(path, text, groups)
    else:
        _read_ini(path, text, groups)
    _read_folders(path, groups)
    targets = [
        _target(path, name, groups.variables_of(name), _place(path, groups.lines.get(name))) for name in groups.hosts
    ]
    if not targets:
        raise UsageError(f"{path} names no host.")
    return targets


def _place(path: Path, line: int | None) -> str:
    shown = shown_path(str(path))
    return shown if line is None else f"{shown}:{line}"


def _read(path: Path) -> str:
    try:
        if path.is_dir():
            raise UsageError(f"{path} is a directory; name an inventory file.")
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise UsageError(f"{path} is larger than {MAX_BYTES} bytes.")
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not UTF-8 text; save it in that encoding.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its name is no path"
        raise UsageError(f"{path} cannot be read: {reason}; name an inventory file.") from None


# --- INI ---------------------------------------------------------------------------------------------------------


def _read_ini(path: Path, text: str, groups: _Groups) -> None:
    group, kind = "ungrouped", None
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if not stripped or stripped[0] in "#;":
            continue
        if stripped[0] == "[" and (section := _SECTION.fullmatch(stripped)):
            group, kind = section[1], section[2]
            groups.add_group(group)
        elif stripped[0] == "[" and not (_RANGE.match(stripped) or _BRACKETS.match(stripped)):
            raise UsageError(f"{path}:{number}: this is no section; write [GROUP], [GROUP:vars] or [GROUP:children].")
        elif kind == "children":
            child = stripped.split()[0]
            groups.add_group(child)
            groups.children[group][child] = None
        elif kind == "vars":
            name, _, value = stripped.partition("=")
            groups.variables[group].update(_kept({name.strip(): _unquoted(value)}))
        else:
            _ini_host(path, number, stripped, group, groups)


def _ini_host(path: Path, number: int, line: str, group: str, groups: _Groups) -> None:
    try:
        words = shlex.split(line, comments=True)
    except ValueError:
        raise UsageError(f"{path}:{number}: a quote is not closed; close it.") from None
    if not words:
        return
    pairs = [word.partition("=") for word in words[1:]]
    if any(not separator for _, separator, _ in pairs):
        raise UsageError(f"{path}:{number}: after the host's name, only name=value is allowed.")
    variables = {name: value for name, _, value in pairs}
    name, port = _name_and_port(words[0])
    if port:
        variables.setdefault("ansible_port", port)
    for host in _expanded(name, f"{path}:{number}"):
        _check_host(host, f"{path}:{number}")
        groups.add_host(group, host, _kept(variables), number)


def _check_host(name: str, where: str) -> None:
    if not _HOST.fullmatch(name) or name.startswith("-"):
        raise UsageError(f"{where}: this is no host's name; a user and password do not stand before it.")


def _name_and_port(word: str) -> tuple[str, str]:
    """``name:port``; an IPv6 address has a port only in brackets."""
    if word.startswith("[") and "]" in word and not _RANGE.match(word):
        name, _, rest = word[1:].partition("]")
        return name, rest.removeprefix(":")
    bare = _RANGE.sub("", word)
    if bare.count(":") == 1:
        name, _, port = word.rpartition(":")
        return (name, port) if port.isdecimal() else (word, "")
    return word, ""


def _expanded(name: str, where: str) -> list[str]:
    """``web[01:03]`` as its three names; several ranges multiply."""
    found = _RANGE.search(name)
    if not found:
        return [name]
    first, last, step = found[1], found[2], int(found[3] or 1)
    if step < 1 or first.isdecimal() != last.isdecimal():
        raise UsageError(f"{where}: {found[0]} is no range; write [01:20].")
    if first.isdecimal():
        width = len(first) if first.startswith("0") else 0
        if int(last) - int(first) > MAX_HOSTS:
            raise UsageError(f"{where}: {found[0]} is too long a range.")
        items = [str(number).zfill(width) for number in range(int(first), int(last) + 1, step)]
    else:
        items = [chr(code) for code in range(ord(first), ord(last) + 1, step)]
    names = []
    for item in items:
        names += _expanded(name[: found.start()] + item + name[found.end() :], where)
        if len(names) > MAX_HOSTS:
            raise UsageError(f"{where}: the ranges make more than {MAX_HOSTS} names.")
    return names


def _unquoted(value: str) -> str:
    value = value.strip()
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1]
    return value


# --- YAML --------------------------------------------------------------------------------------------------------


class _Word(str):  # noqa: SLOT000 - it has one more field
    """A text that knows its line."""

    line: int


def _word(_loader: Any, node: Any) -> _Word:
    made = _Word(node.value)
    made.line = node.start_mark.line + 1
    return made


def _load_yaml(path: Path, text: str) -> Any:
    import yaml  # noqa: PLC0415 - only for inventories in YAML

    class Loader(yaml.SafeLoader):
        """The safe loader, for which a secret in Ansible's vault (``!vault``) is no value."""

    Loader.add_multi_constructor("!", lambda _loader, _suffix, _node: None)
    Loader.add_constructor("tag:yaml.org,2002:str", _word)
    try:
        return yaml.load(text, Loader)  # noqa: S506 - a subclass of SafeLoader
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        problem = shown_problem(error.problem or "fix the syntax")
        raise UsageError(f"{path}:{line}: this is not YAML ({problem}).") from None
    except (yaml.YAMLError, RecursionError, ValueError, OverflowError, TypeError, AttributeError, KeyError):
        # Its constructors raise what Python's int and datetime do.
        raise UsageError(f"{path}: this is not YAML that can be read; fix it.") from None


def _read_yaml(path: Path, text: str, groups: _Groups) -> None:
    content = _load_yaml(path, text)
    if not isinstance(content, dict):
        raise UsageError(f"{path}: an inventory in YAML is a mapping of groups.")
    waiting: list[tuple[str, Any]] = [(str(name), body) for name, body in content.items()]
    seen = 0
    while waiting:
        name, body = waiting.pop(0)
        seen += 1
        if seen > MAX_HOSTS:
            raise UsageError(f"{path}: more than {MAX_HOSTS} groups.")
        groups.add_group(name)
        if body is None:
            continue
        if not isinstance(body, dict):
            raise UsageError(f"{path}: group {shown_word(name)} is no mapping.")
        groups.variables[name].update(_kept(_mapping(path, name, "vars", body)))
        for host, variables in _mapping(path, name, "hosts", body).items():
            for one in _expanded(str(host), f"{path}: {shown_word(name)}"):
                _check_host(one, f"{path}: group {shown_word(name)}")
                kept = _kept(variables if isinstance(variables, dict) else {})
                groups.add_host(name, one, kept, getattr(host, "line", None))
        for child, below in _mapping(path, name, "children", body).items():
            groups.children[name][str(child)] = None
            waiting.append((str(child), below))


def _mapping(path: Path, group: str, key: str, body: Mapping[str, Any]) -> dict[str, Any]:
    value = body.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise UsageError(f"{path}: {key} of group {shown_word(group)} is no mapping.")
    return value


def _read_folders(path: Path, groups: _Groups) -> None:
    """``group_vars/NAME.yml`` and ``host_vars/NAME.yml`` beside the inventory."""
    for folder, table in (("group_vars", groups.variables), ("host_vars", groups.hosts)):
        for name, variables in table.items():
            for suffix in ("", ".yml", ".yaml"):
                file = path.parent / folder / f"{name}{suffix}"
                if "/" in name or not file.is_file():
                    continue
                content = _load_yaml(file, _read(file))
                if isinstance(content, dict):
                    kept = _kept(content)
                    variables.update(kept if folder == "host_vars" else {**kept})


def _kept(variables: Mapping[str, Any]) -> dict[str, str]:
    """The connection's variables and Harbor's; everything else, passwords too, is dropped here."""
    found = {}
    for name, value in variables.items():
        if name in _KEPT and value is not None and not isinstance(value, (dict, list)):
            found[_KEPT[name]] = str(value)
    return found


def _target(path: Path, name: str, variables: Mapping[str, str], place: str) -> Target:
    where = f"{path}: {name}"
    given = variables.get("connection", "ssh").rpartition(".")[2]
    scheme = _CONNECTIONS.get(given)
    if scheme is None:
        raise UsageError(f"{where}: ansible_connection {shown_word(given)} cannot be used here.")
    if any("{{" in value for value in variables.values()):
        raise UsageError(f"{where}: templates in these variables cannot be resolved here.")
    port, host, user = variables.get("port", ""), variables.get("host", name), variables.get("user")
    if port and not (port.isascii() and port.isdecimal() and len(port) < 6 and 0 < int(port) <= _LAST_PORT):  # noqa: PLR2004
        raise UsageError(f"{where}: ansible_port is no number from 1 to {_LAST_PORT}.")
    _check_host(host, where)
    if user is not None and not _USER.fullmatch(user):
        raise UsageError(f"{where}: ansible_user is no user's name; a password does not stand beside it.")
    settings = {key: value for key, value in variables.items() if key in {"ssh_identity_file", "sudo_user"}}
    settings.update(_ssh_settings(where, variables) if scheme == "ssh" else {})
    if variables.get("sudo", "no").lower() in _TRUE:
        settings["sudo"] = "true"
        if variables.get("become_method", "sudo").rpartition(".")[2] != "sudo":
            raise UsageError(f"{where}: ansible_become_method can only be sudo here.")
    spec = f"{scheme}://" if scheme == "local" else _spec(scheme, host, user, port)
    given_port, harbor = int(port) if port else None, _harbor(where, variables)
    return Target(shown_target(spec), scheme, host, user, given_port, settings, name, harbor, place, given=spec)


def _harbor(where: str, variables: Mapping[str, str]) -> tuple[str, str] | None:
    """Of which Harbor it is which node; None where it says neither."""
    harbor, node = variables.get("harbor", ""), variables.get("harbor_node", "")
    if bool(harbor) != bool(node):
        given, missing = ("dw_harbor", "dw_harbor_node") if harbor else ("dw_harbor_node", "dw_harbor")
        raise UsageError(f"{where}: {given} stands without {missing}; name the Harbor and which node of it this is.")
    return (harbor, node) if harbor else None


def _ssh_settings(where: str, variables: Mapping[str, str]) -> dict[str, str]:
    """The ssh client's own arguments and program, as far as they can be passed on."""
    settings = {}
    given = [
        read_ssh_arguments(variables[key], f"{where}: ansible_{key}") for key in _SSH_ARGUMENTS if key in variables
    ]
    if any(given):
        settings["ssh_extra_args"] = " ".join(filter(None, given))
    program = variables.get("ssh_executable", "ssh")
    if not _PROGRAM.fullmatch(program):
        raise UsageError(f"{where}: ansible_ssh_executable can only be a path that ends in /ssh here.")
    if program != "ssh":
        settings["ssh_executable"] = program
    return settings


def _spec(scheme: str, host: str, user: str | None, port: str) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{f'{user}@' if user else ''}{shown}{f':{port}' if port else ''}"
