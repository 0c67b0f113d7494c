"""Which accounts can reach the sockets of the engine's API."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Evidence, derived, known, unknown
from dockworthy.facts.engine.paths import api_sockets

if TYPE_CHECKING:
    from dockworthy.facts.engine.paths import Place
    from dockworthy.facts.facts import Facts
    from dockworthy.hosttree.looked import Owner

__all__ = ["SocketUsers", "socket_users"]


@dataclass(frozen=True, slots=True)
class SocketUsers:
    """Who can reach one socket, root and the engine's own user left out."""

    path: str  # of the socket
    why: str  # by which group or ownership
    group: str  # the group's name or number
    members: Evidence[frozenset[str]]  # the accounts' names

    def removal(self, name: str) -> str:
        """The command that takes the way to the socket from an account."""
        return f"gpasswd -d {shlex.quote(name)} {shlex.quote(self.group)}"


def socket_users(facts: Facts, params: object) -> dict[str, SocketUsers]:
    """The accounts that can reach each socket of the engine's API."""
    return {path: _users_of(facts, path, place) for path, place in api_sockets(facts, params).items()}


def _users_of(facts: Facts, path: str, place: Place) -> SocketUsers:
    owners = place.file.owners
    if not owners.is_known:
        return SocketUsers(path, "", "", unknown(owners.unknown or "", owners.source))
    owner = owners.value[0]
    group = owner.group or str(owner.gid)
    members = _members(facts, owner)
    if place.file.extended_acl.get(False):
        members = unknown("its access control list lets more accounts in than owner and group", f"{path}: ACL")
    return SocketUsers(path, f"group {group}", group, members)


@derived
def _members(facts: Facts, owner: Owner) -> Evidence[frozenset[str]]:
    """Members of the socket's group, and its owner, unless they are root: who is root needs no socket."""
    found: set[str] = set()
    source = f"owner {owner}"
    if owner.gid:
        members = facts.users.members(owner.gid)
        found |= members.value
        source = members.source
    names = facts.users.with_uid(owner.uid) if owner.uid else known(frozenset(), source)
    roots = facts.users.with_uid(0)
    return known((frozenset(found) | names.value) - roots.get(frozenset()), source)
