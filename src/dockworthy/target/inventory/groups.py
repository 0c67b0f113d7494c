"""Hosts and groups of an inventory, and which variables hold for a host, by Ansible's own order of precedence.

Of variables only those are kept that say how a host is reached and judged; passwords never get here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dockworthy.errors import UsageError
from dockworthy.typed import shown_word, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["KEPT", "MAX_HOSTS", "SECRET", "Groups", "kept"]

MAX_HOSTS = 100_000
PRIORITY = "ansible_group_priority"
KEPT = words(
    "ansible_host ansible_ssh_host ansible_port ansible_ssh_port ansible_user ansible_ssh_user ansible_connection "
    "ansible_ssh_private_key_file ansible_private_key_file ansible_become ansible_become_user ansible_become_method "
    "ansible_ssh_args ansible_ssh_common_args ansible_ssh_extra_args ansible_ssh_executable "
    "ansible_docker_extra_args ansible_podman_extra_args ansible_kubectl_extra_args ansible_oc_extra_args "
    "ansible_kubectl_pod ansible_kubectl_container ansible_kubectl_namespace ansible_kubectl_kubeconfig "
    "ansible_kubectl_context ansible_oc_pod ansible_oc_container ansible_oc_namespace ansible_oc_kubeconfig "
    "ansible_oc_context ansible_kubectl_host ansible_oc_host ansible_kubectl_server ansible_oc_server "
    f"{PRIORITY} dw_harbor dw_harbor_node dw_profile dw_registries"
)
"""The variables that are read; see `dockworthy.target.inventory.reaching` for what each does."""

SECRET = object()
"""In place of a value that lies in Ansible's vault."""

_NONE: dict[str, Any] = {}  # of the many hosts that have no variable of their own; never changed


def kept(variables: Mapping[str, Any]) -> dict[str, Any]:
    """Those variables that are read, as text; lists as tuples, None where there is no value. Passwords are not."""
    return {name: _plain(variables[name]) for name in variables.keys() & KEPT} or _NONE


def _plain(value: Any) -> Any:
    if isinstance(value, dict):  # as `ansible-inventory --list` writes what is no plain text
        return SECRET if "__ansible_vault" in value else _plain(value.get("__ansible_unsafe"))
    if isinstance(value, (list, tuple)):
        return tuple(str(item) for item in value if not isinstance(item, (dict, list)))
    return value if value is None or value is SECRET else str(value)


class Groups:
    """What an inventory says, in the order in which it says it."""

    def __init__(self) -> None:
        self.hosts: dict[str, dict[str, Any]] = {}  # with the variables of their own
        self.places: dict[str, str] = {}  # where each is named first: the file, and its line where that is known
        self.members: dict[str, dict[str, None]] = {"all": {}, "ungrouped": {}}  # of each group, those it names itself
        self.children: dict[str, dict[str, None]] = {"all": {}, "ungrouped": {}}
        self.variables: dict[str, dict[str, Any]] = {"all": {}, "ungrouped": {}}
        self.folders: tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]] = ({}, {})  # group_vars, host_vars
        self.of_host: dict[str, tuple[str, ...]] = {}  # the groups that name it, `all` not among them
        self._merged: dict[tuple[str, ...], dict[str, Any]] = {}
        self._ranks: dict[str, tuple[int, int, str]] = {}
        self._parents: dict[str, list[str]] = {}

    def add_group(self, name: str) -> None:
        """Let there be this group."""
        for table in (self.members, self.children, self.variables):
            table.setdefault(name, {})
        if len(self.members) > MAX_HOSTS:
            raise UsageError(f"The inventory names more than {MAX_HOSTS} groups.")

    def add_host(self, group: str, name: str, variables: Mapping[str, Any], place: str) -> None:
        """Let a group have this host, which stands there."""
        own = self.hosts.get(name)
        if own is None:
            self.hosts[name] = dict(variables) if variables else _NONE
            self.places[name] = place
            if len(self.hosts) > MAX_HOSTS:
                raise UsageError(f"The inventory names more than {MAX_HOSTS} hosts.")
        elif variables:
            self.hosts[name] = {**own, **variables}
        self.members[group][name] = None

    def seal(self, where: str) -> None:
        """Nothing is added any more: give each group its rank; `UsageError` for groups that contain themselves."""
        self.children["all"].pop("ungrouped", None)  # which is always there
        self._parents = {name: [] for name in self.members}
        for parent, children in self.children.items():
            for child in children:
                self._parents[child].append(parent)
        depths = self._depths(where)
        for name in self.members:
            self._ranks[name] = (depths[name], self._priority(name, where), name)
        shared: dict[tuple[str, ...], tuple[str, ...]] = {}
        for name, members in self.members.items():
            if name not in {"all", "ungrouped"}:
                for host in members:
                    groups = (*self.of_host.get(host, ()), name)
                    self.of_host[host] = shared.setdefault(groups, groups)

    def _depths(self, where: str) -> dict[str, int]:
        """How far below `all` each group is, by the longest way."""
        depths = {name: 0 if name == "all" else 1 for name in self.members}
        waiting = {name: len(parents) for name, parents in self._parents.items()}
        ready = [name for name, number in waiting.items() if not number]
        for name in ready:
            for child in self.children[name]:
                depths[child] = max(depths[child], depths[name] + 1)
                waiting[child] -= 1
                if not waiting[child]:
                    ready.append(child)
        circle = "all" if self._parents["all"] else next((name for name, number in waiting.items() if number), None)
        if circle is not None:
            raise UsageError(f"{where}: group {shown_word(circle)} is among its own children, or theirs; take it out.")
        return depths

    def _priority(self, name: str, where: str) -> int:
        given = self.variables[name].get(PRIORITY, "1")
        try:
            return int(given)
        except (TypeError, ValueError):
            raise UsageError(f"{where}: {PRIORITY} of group {shown_word(name)} is no number.") from None

    def groups_of(self, host: str) -> tuple[str, ...]:
        """The groups that name it; `ungrouped` where none does."""
        return self.of_host.get(host, ("ungrouped",))

    def variables_of(self, host: str) -> dict[str, Any]:
        """What holds for a host; its own last."""
        merged = self._of_groups(self.groups_of(host))
        own, beside = self.hosts[host], self.folders[1].get(host, _NONE)
        return {**merged, **own, **beside} if own or beside else merged

    def _of_groups(self, groups: tuple[str, ...]) -> dict[str, Any]:
        """The variables of groups: the inventory's, then the folders', of each `all` first and the deepest last."""
        found = self._merged.get(groups)
        if found is None:
            above = {*groups, *(one for group in groups for one in self._ancestors(group))} - {"all"}
            order = ["all", *sorted(above, key=self._ranks.__getitem__)]
            beside = self.folders[0]
            # Ansible's order: what the inventory says of groups, group_vars/all, and then group_vars of the others.
            found = self._merged[groups] = {}
            for table in (self.variables, beside):
                for group in order:
                    found.update(table.get(group, _NONE))
        return found

    def _ancestors(self, group: str) -> Iterator[str]:
        seen = {group}
        waiting = [group]
        while waiting:
            for parent in self._parents[waiting.pop()]:
                if parent not in seen:
                    seen.add(parent)
                    waiting.append(parent)
                    yield parent

    def hosts_of(self, group: str) -> Iterable[str]:
        """The hosts of a group and of those below it, its own first."""
        found: dict[str, None] = {}
        for one in self._below(group):
            found.update(self.members[one] if one != "ungrouped" else self._ungrouped())
        return found

    def _below(self, group: str) -> list[str]:
        """The group and those below it, level by level."""
        below = {group: None}
        order = [group]
        for one in order:
            children = ["ungrouped", *self.children[one], *self._roots()] if one == "all" else self.children[one]
            order += [child for child in children if child not in below]
            below.update(dict.fromkeys(children))
        return order

    def _roots(self) -> list[str]:
        return [name for name, parents in self._parents.items() if not parents and name != "all"]

    def _ungrouped(self) -> dict[str, None]:
        return {host: None for host in self.hosts if host not in self.of_host}
