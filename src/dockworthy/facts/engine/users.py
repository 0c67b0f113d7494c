"""Users, groups and their subordinate ids, by the host's files.

Source: ``pkg/idtools`` and ``daemon/daemon_unix.go`` (``parseRemappedRoot``) of moby 26.1. Accounts that only a
name service knows (LDAP, sssd) are not seen: where a name is not in the files, the answer is undecided unless
the view of the host is complete.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from dockworthy.dataclass import dataclass
from dockworthy.facts.host.users import parse_group, parse_passwd
from dockworthy.golang.text import quote
from dockworthy.golang.values import GoError, atoi, attempt, parse_int, prefixed, trim_space
from dockworthy.hosttree.faults import PathError, UndecidedError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dockworthy.facts.engine.inputs import EngineInputs
    from dockworthy.facts.host.users import Group, User
    from dockworthy.hosttree.tree import Tree

__all__ = ["IdMap", "Remapping", "group_exists", "home_directory", "load_id_map", "remapped_root"]

_RANGE_LENGTH, _RANGE_START = 65536, 100000

_T = TypeVar("_T")


def _text(files: Tree, path: str) -> str:
    try:
        return files.read_file(path).decode("utf-8", "replace")
    except PathError:
        return ""


def home_directory(inputs: EngineInputs) -> str:
    """``homedir.Get``: ``HOME``, or what ``/etc/passwd`` says of the engine's user."""
    home = inputs.env.get("HOME")
    if home:
        return home
    try:
        accounts = parse_passwd(_text(inputs.files, "/etc/passwd"))
    except UndecidedError:
        accounts = ()
    default = "/root" if inputs.uid == 0 else ""
    return next((account.home for account in accounts if account.uid == inputs.uid), default)


def _first(found: Iterable[_T], files: Tree, path: str, wanted: str | int) -> _T | None:
    """The first that was found; where none was, a name service may still know it."""
    first = next(iter(found), None)
    if first is None and not files.complete:
        raise UndecidedError(f"{quote(str(wanted))} in the host's name services, which {path} does not have,")
    return first


def _user(files: Tree, wanted: str | int) -> User | None:
    """The account of that name or number."""
    accounts = parse_passwd(_text(files, "/etc/passwd"))
    return _first((one for one in accounts if wanted in {one.name, one.uid}), files, "/etc/passwd", wanted)


def _group(files: Tree, wanted: str | int) -> Group | None:
    """The group of that name or number."""
    groups = parse_group(_text(files, "/etc/group"))
    return _first((one for one in groups if wanted in {one.name, one.gid}), files, "/etc/group", wanted)


def group_exists(name: str, files: Tree) -> bool:
    """``lookupGID``: whether a group of that name, or with that number, can own a socket."""
    if name.lstrip("+-").isdigit():
        return True
    return _group(files, name) is not None


@dataclass(frozen=True, slots=True)
class IdMap:
    """The first host ids of a remapped root."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Remapping:
    """Who ``userns-remap`` stands for."""

    user: str  # its name
    group: str  # its group's name
    created: bool = False  # whether the engine makes the user ``dockremap`` at this start


def _missing(database: str, name: str) -> str:
    return f"getent unable to find entry {quote(name)} in {database} database"


def _remapped_user(name: str, files: Tree) -> tuple[str, int | None, bool]:
    """The user's name, its number where it was given as one, and whether it has to be created."""
    number = attempt(parse_int, name, 10, 32)
    if number is not None:
        row = _user(files, number)
        if row is None:
            raise GoError(f"Uid {number} has no entry in /etc/passwd: {_missing('passwd', str(number))}")
        return row.name, number, False
    wanted = "dockremap" if name == "default" else name
    row = _user(files, wanted)
    if row is None and name != "default":
        raise GoError(f"Error during uid lookup for {quote(wanted)}: {_missing('passwd', wanted)}")
    return wanted, None, row is None


def _group_by_number(number: int, files: Tree, file: str) -> str:
    row = _group(files, number)
    if row is None:
        raise GoError(f"Gid {number} has no entry in {file}: {_missing('group', str(number))}")
    return row.name


def remapped_root(setting: str, files: Tree) -> Remapping:
    """``parseRemappedRoot``: user and group of ``userns-remap``, which there must be."""
    parts = setting.split(":")
    if len(parts) > 2:  # noqa: PLR2004 - user and group
        raise GoError(f"Invalid user/group specification in --userns-remap: {quote(setting)}")
    user, number, created = _remapped_user(parts[0], files)
    if created:
        return Remapping(user, user, created=True)
    if len(parts) == 1:
        if number is not None:
            return Remapping(user, _group_by_number(number, files, "/etc/group"))
        if _group(files, user) is None:
            raise GoError(f"Error during gid lookup for {quote(user)}: {_missing('group', user)}")
        return Remapping(user, user)
    gid = attempt(parse_int, parts[1], 10, 32)
    if gid is not None:
        return Remapping(user, _group_by_number(gid, files, "/etc/passwd"))
    if _group(files, parts[1]) is None:
        raise GoError(f"Error during groupname lookup for {quote(parts[1])}: {_missing('group', parts[1])}")
    return Remapping(user, parts[1])


def _ranges(path: str, name: str, files: Tree) -> list[tuple[int, int]]:
    found = []
    for raw in files.read_file(path).decode("utf-8", "replace").splitlines():
        line = trim_space(raw)
        if not line or line.startswith("#"):
            continue
        parts = line.split(":")
        if len(parts) != 3:  # noqa: PLR2004 - name, start, length
            raise GoError(f"Cannot parse subuid/gid information: Format not correct for {path} file")
        if parts[0] == name or name == "ALL":
            with prefixed(f"String to int conversion failed during subuid/gid parsing of {path}: "):
                found.append((atoi(parts[1]), atoi(parts[2])))
    return found


def _first_id(kind: str, user: str, uid: str, files: Tree) -> int:
    path = f"/etc/sub{kind}"
    ranges = _ranges(path, uid, files) or _ranges(path, user, files)
    if not ranges:
        raise GoError(f"no sub{kind} ranges found for user {quote(user)}")
    return ranges[0][0]


def _created_id(kind: str, user: str, files: Tree) -> int:
    """The first id of the ranges that the engine makes for a user of its own making."""
    path = f"/etc/sub{kind}"
    own = _ranges(path, user, files)
    if own:
        return own[0][0]
    start = _RANGE_START
    for low, length in sorted(_ranges(path, "ALL", files)):
        if low <= start <= low + length or low <= start + _RANGE_LENGTH <= low + length:
            start = low + length
    return start


def load_id_map(remapping: Remapping, files: Tree) -> IdMap:
    """``idtools.LoadIdentityMapping``: where the remapped ids begin; refused where the user has none."""
    user = remapping.user
    if remapping.created:
        return IdMap(_created_id("uid", user, files), _created_id("gid", user, files))
    row = _user(files, user)
    uid = str(row.uid) if row else ""
    return IdMap(_first_id("uid", user, uid, files), _first_id("gid", user, uid, files))
