"""Accounts and groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Evidence, derived
from dockworthy.facts.facts import fact
from dockworthy.tables import number

if TYPE_CHECKING:
    from dockworthy.snapshot import Snapshot

__all__ = ["Group", "User", "Users", "parse_group", "parse_passwd", "users"]

_PASSWD_FIELDS = 4
_GROUP_FIELDS = 4


@dataclass(frozen=True, slots=True)
class User:
    """An account: its name, number, primary group and home directory."""

    name: str
    uid: int
    gid: int
    home: str


@dataclass(frozen=True, slots=True)
class Group:
    """A group: its name, number and the members that it lists."""

    name: str
    gid: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Users:
    """Accounts and groups of the host."""

    accounts: Evidence[tuple[User, ...]]  # of /etc/passwd
    groups: Evidence[tuple[Group, ...]]  # of /etc/group and, for the engine's group, of every source that getent knows

    @derived
    def members(self, gid: int) -> Evidence[frozenset[str]]:
        """Who is in the group of that number: listed members, and accounts whose primary group it is."""
        primary = {account.name for account in self.accounts.value if account.gid == gid}
        found = self.groups.map(
            lambda groups: frozenset(primary.union(*(group.members for group in groups if group.gid == gid)))
        )
        return found.by(f"{self.groups.source}, {self.accounts.source}")

    def group_named(self, name: str) -> Evidence[Group | None]:
        """The group of that name (or of that number, where the name is one), or None."""
        wanted = number(name)
        return self.groups.map(
            lambda groups: (
                next((group for group in groups if group.name == name), None)
                or next((group for group in groups if group.gid == wanted), None)
            )
        )

    def with_uid(self, uid: int) -> Evidence[frozenset[str]]:
        """The names of that user number."""
        return self.accounts.map(lambda accounts: frozenset(one.name for one in accounts if one.uid == uid))

    def of_uid(self, uid: int) -> User | None:
        """The first account of that number, where it is known."""
        return next((account for account in self.accounts.get(()) if account.uid == uid), None)

    def home(self, uid: int) -> str:
        """The home directory of the account of that number; root's is known without any."""
        account = self.of_uid(uid)
        return account.home if account is not None else "/root" if uid == 0 else ""

    def named(self, name: str) -> Evidence[User | None]:
        """The account of that name, or None."""
        return self.accounts.map(lambda accounts: next((one for one in accounts if one.name == name), None))


def parse_passwd(text: str) -> tuple[User, ...]:
    """Read passwd(5); lines that are none (comments, NIS compat entries) are passed over."""
    found = []
    for line in text.splitlines():
        parts = line.split(":")
        if len(parts) < _PASSWD_FIELDS or line.startswith(("#", "+", "-")):
            continue
        uid, gid = number(parts[2]), number(parts[3])
        if parts[0] and uid is not None and gid is not None:
            found.append(User(parts[0], uid, gid, parts[5] if len(parts) > 5 else ""))  # noqa: PLR2004 - the home
    return tuple(found)


def parse_group(text: str) -> tuple[Group, ...]:
    """Read group(5); lines that are none are passed over."""
    found = []
    for line in text.splitlines():
        parts = line.split(":")
        gid = number(parts[2]) if len(parts) >= _GROUP_FIELDS else None
        if gid is None or not parts[0] or line.startswith(("#", "+", "-")):
            continue
        members = tuple(name.strip() for name in parts[3].split(",") if name.strip())
        found.append(Group(parts[0], gid, members))
    return tuple(found)


@fact
def users(snapshot: Snapshot) -> Users:
    """Accounts and groups by the files, and by getent for those that a directory service adds."""
    accounts = snapshot.text("file:/etc/passwd").map(parse_passwd)
    groups = snapshot.text("file:/etc/group").map(parse_group)
    more = snapshot.text("cmd:getent-group-docker").map(parse_group).get(())
    if groups.is_known and more:
        groups = Evidence("/etc/group, getent group", (*groups.value, *more))
    return Users(accounts, groups)
