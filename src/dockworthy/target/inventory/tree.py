"""An inventory that is a tree: YAML, JSON or TOML as one writes it, or what ``ansible-inventory --list`` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dockworthy.errors import UsageError
from dockworthy.target.inventory.groups import MAX_HOSTS, kept
from dockworthy.target.inventory.words import check_host, hosts_of
from dockworthy.typed import shown_word

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dockworthy.target.inventory.groups import Groups

__all__ = ["add_listing", "add_tree", "is_listing"]

DEEPEST = 100
_PARTS = ("hosts", "vars", "children")


def is_listing(content: Mapping[str, Any]) -> bool:
    """Whether it is what an inventory script prints: a flat table of groups, with hosts and children in lists."""
    return "_meta" in content or any(
        isinstance(body, list) or (isinstance(body, dict) and any(isinstance(body.get(key), list) for key in _PARTS))
        for body in content.values()
    )


# --- as it is written ----------------------------------------------------------------------------------------------


def add_tree(shown: str, content: Mapping[str, Any], groups: Groups) -> None:
    """Add what groups that stand in each other name; `UsageError` with the group where it has a mistake."""
    seen = [0]
    for name, body in content.items():
        _add_group(shown, str(name), body, groups, (seen, 0))


def _add_group(shown: str, name: str, body: Any, groups: Groups, walked: tuple[list[int], int]) -> None:
    seen, depth = walked
    seen[0] += 1
    if seen[0] > MAX_HOSTS or depth > DEEPEST:
        limit = f"{MAX_HOSTS} groups" if depth <= DEEPEST else f"{DEEPEST} groups in each other"
        raise UsageError(f"{shown}: more than {limit}.")
    groups.add_group(name)
    if body is None:
        return
    if not isinstance(body, dict):
        raise UsageError(f"{shown}: group {shown_word(name)} is no mapping.")
    for key in body:
        part = _part(shown, name, key, body) if key in _PARTS else {}
        if key == "vars":
            groups.variables[name].update(kept(part))
        elif key == "hosts":
            _add_hosts(shown, name, part, groups)
        else:
            for child, below in part.items():
                _add_group(shown, str(child), below, groups, (seen, depth + 1))
                groups.children[name][str(child)] = None


def _part(shown: str, group: str, key: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
    value = body[key]
    if isinstance(value, str) and key != "vars":
        return {value: None}
    if isinstance(value, list) and key == "children":  # as TOML has it
        return dict.fromkeys(map(str, value))
    if value is None or isinstance(value, dict):
        return value or {}
    raise UsageError(f"{shown}: {key} of group {shown_word(group)} is no mapping.")


def _add_hosts(shown: str, group: str, hosts: Mapping[str, Any], groups: Groups) -> None:
    where = f"{shown}: group {shown_word(group)}"
    for word, variables in hosts.items():
        line = getattr(word, "line", None)
        place = shown if line is None else f"{shown}:{line}"
        names, port = hosts_of(str(word), where if line is None else place)
        own = kept(variables) if isinstance(variables, dict) else {}
        with_port = {"ansible_port": port, **own} if port else own
        for host in names:
            groups.add_host(group, host, own if host in groups.hosts else with_port, place)


# --- as it is printed ----------------------------------------------------------------------------------------------


def add_listing(shown: str, content: Mapping[str, Any], groups: Groups) -> None:
    """Add what ``--list`` printed; `UsageError` with the group where it is not that."""
    meta = content.get("_meta")
    found = meta.get("hostvars") if isinstance(meta, dict) else None
    for name, body in content.items():
        if name != "_meta":
            _add_listed(shown, name, body, groups)
    hostvars = found if isinstance(found, dict) else {}
    for host in groups.hosts:
        variables = hostvars.get(host)
        own = kept(variables) if isinstance(variables, dict) else {}
        if own:
            groups.hosts[host] = own


def _add_listed(shown: str, name: str, body: Any, groups: Groups) -> None:
    groups.add_group(name)
    if isinstance(body, list):
        body = {"hosts": body}
    elif isinstance(body, dict) and body and not any(key in body for key in _PARTS):
        body = {"hosts": [name], "vars": body}
    if not isinstance(body, dict):
        raise UsageError(f"{shown}: group {shown_word(name)} is no mapping.")
    for host in _strings(shown, name, body, "hosts"):
        check_host(host, f"{shown}: group {shown_word(name)}")
        groups.add_host(name, host, {}, shown)
    for child in _strings(shown, name, body, "children"):
        groups.add_group(child)
        groups.children[name][child] = None
    variables = body.get("vars") or {}
    if not isinstance(variables, dict):
        raise UsageError(f"{shown}: vars of group {shown_word(name)} is no mapping.")
    groups.variables[name].update(kept(variables))


def _strings(shown: str, group: str, body: Mapping[str, Any], key: str) -> list[str]:
    value = body.get(key) or []
    if not isinstance(value, (list, dict)) or not all(isinstance(item, str) for item in value):
        raise UsageError(f"{shown}: {key} of group {shown_word(group)} is no list of names.")
    return list(value)
