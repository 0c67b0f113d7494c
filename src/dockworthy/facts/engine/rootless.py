"""What an engine without root rests on: its user, subordinate ids, newuidmap, lingering, its network's program.

Source: contrib/dockerd-rootless.sh and dockerd-rootless-setuptool.sh of moby; subuid(5), newuidmap(1);
RootlessKit, ``pkg/parent``.
"""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, NotApplicable, derived, known, unknown
from dockworthy.facts.engine.unit import service_start
from dockworthy.facts.engine.unitfile import user_folders
from dockworthy.facts.facts import fact
from dockworthy.hosttree.faults import UndecidedError
from dockworthy.masking import HIDDEN
from dockworthy.releases import known as known_releases
from dockworthy.snapshot import ABSENT, NO_TOOL, NOT_PERMITTED
from dockworthy.tables import decode, environment, number, rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from dockworthy.facts.engine.release import EngineRelease
    from dockworthy.facts.host.mounts import Mounts
    from dockworthy.facts.host.packages import Packages
    from dockworthy.facts.host.processes import EngineProcess, Processes
    from dockworthy.facts.host.users import Users
    from dockworthy.hosttree.tree import Tree
    from dockworthy.releases import Rules
    from dockworthy.snapshot import Snapshot

__all__ = ["IDS_NEEDED", "Rootless", "RootlessUser", "SubordinateIds", "SubordinateRange", "rootless"]

IDS_NEEDED = 65536
_NET = "DOCKERD_ROOTLESS_ROOTLESSKIT_NET"
_BUILT_IN = "gvisor-tap-vsock"
_PROGRAMS = ("slirp4netns", "pasta", "vpnkit")  # which RootlessKit runs under these names
_ABSENT = ("is not installed", "is needed")
_FOLDERS = frozenset(
    (
        "",
        "/usr/local/sbin",
        "/usr/local/bin",
        "/usr/sbin",
        "/usr/bin",
        "/sbin",
        "/bin",
        "/usr/games",
        "/usr/local/games",
    )
)
_SETUID = 0o4000
# The capability that each tool needs, by name and number (linux/capability.h).
_NEEDED = {"newuidmap": ("cap_setuid", 7), "newgidmap": ("cap_setgid", 6)}
_EFFECTIVE, _REVISION, _REVISION_2, _REVISION_3 = 1, 0xFF000000, 0x02000000, 0x03000000


@dataclass(frozen=True, slots=True)
class RootlessUser:
    """Who runs an engine without root, or is declared to.

    Attributes:
        name: of the account; its number where none is known.
        uid: None where the account is not known.
        processes: the engine's, where it runs.
    """

    name: str
    uid: int | None
    home: str = ""
    processes: tuple[EngineProcess, ...] = ()


@dataclass(frozen=True, slots=True)
class SubordinateRange:
    """A line of /etc/subuid or /etc/subgid."""

    owner: str  # a name or a number
    start: int
    count: int

    @property
    def end(self) -> int:
        """The first number behind it."""
        return self.start + self.count

    def overlaps(self, other: SubordinateRange) -> bool:
        """Whether both hold a number."""
        return self.start < other.end and other.start < self.end

    def __str__(self) -> str:
        return f"{self.owner}:{self.start}:{self.count}"


@dataclass(frozen=True, slots=True)
class SubordinateIds:
    """Subordinate user or group ids of the host.

    Attributes:
        kind: ``uid`` or ``gid``.
        ranges: of everybody; unknown where another source than the file decides.
        accounts: the numbers of real users or groups, and their names.
        has_hidden: whether there are lines that the probe does not tell.
    """

    kind: str
    ranges: Evidence[tuple[SubordinateRange, ...]]
    accounts: Evidence[Mapping[int, str]]
    has_hidden: bool = False

    def of(self, user: RootlessUser) -> Evidence[tuple[SubordinateRange, ...]]:
        """A user's: by its name and by its number; unknown where one that is large enough may be among the hidden."""
        own = self.ranges.map(lambda ranges: tuple(one for one in ranges if _is_of(one, user)))
        if self.has_hidden and not any(one.count >= IDS_NEEDED for one in own.get(())):
            return unknown("the probe does not tell all of its lines", self.ranges.source, Code.HIDDEN)
        return own

    def conflicts(self, user: RootlessUser) -> Evidence[tuple[str, ...]]:
        """What a user's ranges share numbers with: another's, or a real account."""
        return self.ranges.then(lambda ranges: self.accounts.map(lambda names: tuple(_conflicts(user, ranges, names))))

    def free(self) -> int:
        """Where a range of the size that is needed begins that meets nobody's, as useradd looks for one."""
        start = 100000
        for one in sorted(self.ranges.get(()), key=lambda one: one.start):
            if one.start < start + IDS_NEEDED and start < one.end:
                start = one.end
        return start


def _is_of(one: SubordinateRange, user: RootlessUser) -> bool:
    return one.owner == user.name or (user.uid is not None and number(one.owner) == user.uid)


def _conflicts(user: RootlessUser, ranges: tuple[SubordinateRange, ...], names: Mapping[int, str]) -> Iterator[str]:
    for one in (one for one in ranges if _is_of(one, user)):
        for other in ranges:
            if one.overlaps(other) and not _is_of(other, user):
                yield f"{one} and {other}"
        for taken in sorted(names):
            if one.start <= taken < one.end:
                yield f"{one} and the account {names[taken]} ({taken})"


@dataclass(frozen=True, slots=True)
class Rootless:
    """Engines without root.

    Attributes:
        running: the users whose engine runs now.
        accounts: of the host.
        uids, gids: the subordinate ids.
        linger: the users whose services start at boot and stay after logout.
        by_systemd: whether the host was booted by systemd (sd_booted(3)).
        controllers: of users who are logged in, which controllers their control group has, by the user's number.
    """

    running: Evidence[tuple[RootlessUser, ...]]
    uids: SubordinateIds
    gids: SubordinateIds
    linger: Evidence[frozenset[str]]
    by_systemd: Evidence[bool]
    controllers: Evidence[Mapping[int, frozenset[str]]]
    _snapshot: Snapshot
    _files: Tree
    _mounts: Mounts
    _users: Users
    _packages: Packages
    _release: EngineRelease

    def users(self, declared: Iterable[str]) -> tuple[RootlessUser, ...]:
        """Those whose engine runs, and those who are declared to run one.

        Raises:
            NotApplicable: where there is none.
            NotDecided: where none is declared, and it is not known whether one runs.
        """
        running = self.running.get(())
        names = {user.name for user in running}
        more = [self._declared(name) for name in dict.fromkeys(declared) if name not in names]
        if not running and not more:
            self.running.value  # noqa: B018 - raises where that is not known
            raise NotApplicable("no rootless engine runs here, and none is declared (params: rootless_users)")
        return (*running, *more)

    def _declared(self, name: str) -> RootlessUser:
        account = self._users.named(name).get(None)
        return RootlessUser(name, account.uid if account else None, account.home if account else "")

    def id_map_tool(self, name: str) -> Evidence[str]:
        """By which right newuidmap or newgidmap does its work; why it cannot, after ``no: ``."""
        tools = self._packages.tools
        if not tools.is_known:
            return unknown(tools.unknown or "", tools.source)
        tool = tools.value.get(name)
        if tool is None:
            return known(f"no: {name} is not installed", tools.source)
        return self._right(name, tool.path, tool.resolved or tool.path)

    @derived
    def _right(self, name: str, path: str, resolved: str) -> Evidence[str]:
        file = self._files[path]
        mode, owner = file.mode, file.owners.value[0]
        source = f"{path}: mode {mode.value:04o}, owner {owner}"
        if "nosuid" in self._mounts.of(resolved).value.all_options:
            return known(
                f"no: {resolved} lies on a file system that is mounted nosuid", f"{source}, /proc/self/mountinfo"
            )
        if mode.value & _SETUID:
            return known(
                "setuid root" if owner.uid == 0 else f"no: its setuid bit is for {owner.user or owner.uid}", source
            )
        capability = _NEEDED[name][0]
        has = _has_capability(self._snapshot, name, path)
        return has.map(lambda it_has: capability if it_has else f"no: neither setuid nor {capability}").by(source)

    def network_helper(self, user: RootlessUser) -> Evidence[str]:
        """The program for the engine's network, as its start script chooses it; why there is none, after ``no: ``.

        ``built in`` where RootlessKit brings it itself. What is not on the probe's path may be on the engine's own:
        then the one with which it runs counts.
        """
        variables = self._variables(user)
        found = self._chosen(variables.get({}).get(_NET, ""))
        if not found.get("").endswith(_ABSENT) or not _has_other_folders(variables):
            return found
        for process in user.processes:
            if process.kind == "rootlesskit" and process.option("net"):
                return known(process.option("net"), f"rootlesskit --net, process {process.pid}")
        return unknown("the path of its unit has folders that were not looked at", found.source, Code.NOT_PROBED)

    def _chosen(self, named: str) -> Evidence[str]:
        if named:
            return self._as_named(named)
        tools = self._packages.tools
        found = [name for name in _PROGRAMS if name in tools.value]
        if "slirp4netns" in found and not self._is_old_slirp():
            return known("slirp4netns", tools.source)
        if "vpnkit" in found:
            return known("vpnkit", tools.source)
        return self._rules().map(lambda rules: _by_release(rules, found)).by(f"{tools.source}; dockerd-rootless.sh")

    def _as_named(self, named: str) -> Evidence[str]:
        tools = self._packages.tools
        source = f"{_NET}={named}; {tools.source}"
        if named in _PROGRAMS:
            return known(named if named in tools.value else f"no: {named} is not installed", source)
        if named == _BUILT_IN:
            return self._rules().map(
                lambda rules: "built in" if rules.holds("rootless-net.builtin") else f"no: this release has no {named}"
            )
        if named == "lxc-user-nic":
            return unknown("where the program lxc-user-nic lies was not looked at", source, Code.NOT_PROBED)
        return known(f"no: {named} is none that an engine works with", source)

    def _rules(self) -> Evidence[Rules]:
        return self._release.next_start.then(_rules_of)

    def _is_old_slirp(self) -> bool:
        """Whether it is one before 0.4, which the start script passes over."""
        return self._snapshot.text("cmd:slirp4netns").get("").strip() == "netns-type no"

    def _variables(self, user: RootlessUser) -> Evidence[Mapping[str, str]]:
        """Those of the engine's process; of one that does not run, what its user's unit sets."""
        for process in user.processes:
            data = self._snapshot.data(f"proc:{process.pid}/environ")
            if data.is_known:
                return data.map(environment)
        if user.processes:
            return unknown(NOT_PERMITTED, "the environment of its process")
        if not user.home:
            return known({}, "no unit")
        try:
            start = service_start(self._files, "docker.service", None, user_folders(f"{user.home}/.config"))
        except UndecidedError:
            return known({}, "no unit")
        return known(start.environment, start.source)


def _has_other_folders(variables: Evidence[Mapping[str, str]]) -> bool:
    """Whether the engine's path has folders in which the probe does not look."""
    return not variables.is_known or not _FOLDERS.issuperset(variables.value.get("PATH", "").split(":"))


def _rules_of(release: object) -> Evidence[Rules]:
    found = known_releases().stand_ins(release)  # type: ignore[arg-type]
    source = "the engine's release"
    return known(found[0], source) if found else unknown("it is no Docker Engine", source, Code.RELEASE)


def _by_release(rules: Rules, found: list[str]) -> str:
    if rules.holds("rootless-net.builtin"):
        return "built in"
    if "pasta" in found and rules.holds("rootless-net.pasta"):
        return "pasta"
    wanted = (
        "slirp4netns (0.4.0 or newer), pasta or vpnkit"
        if rules.holds("rootless-net.pasta")
        else "slirp4netns (0.4.0 or newer) or vpnkit"
    )
    return f"no: {wanted} is needed"


def _has_capability(snapshot: Snapshot, name: str, path: str) -> Evidence[bool]:
    text = snapshot.text("cmd:file-capabilities")
    section = snapshot.get("cmd:file-capabilities")
    if section is not None and section.status == NO_TOOL:
        return unknown("neither getcap nor getfattr is there to tell its capabilities", path, Code.TOOL_MISSING)
    return text.map(lambda told: _told_capability(told, name, path))


def _told_capability(text: str, name: str, path: str) -> bool:
    """By getcap (``PATH cap_setuid=ep``, ``PATH = cap_setuid+ep``) or getfattr (``security.capability=0x…``)."""
    capability, bit = _NEEDED[name]
    for line in text.splitlines():
        if line.startswith(f"{path} "):
            clauses = line[len(path) :].replace(" = ", " ").split()
            return any(_grants(clause, capability) for clause in clauses)
    found = re.search(rf"^# file: {re.escape(path)}\nsecurity\.capability=0x([0-9a-fA-F]+)$", text, re.MULTILINE)
    return found is not None and len(found[1]) % 2 == 0 and _grants_bytes(bytes.fromhex(found[1]), bit)


def _grants(clause: str, capability: str) -> bool:
    names, _, flags = clause.replace("+", "=").partition("=")
    return "e" in flags and "p" in flags and (names in {"", "all"} or capability in names.split(","))


def _grants_bytes(data: bytes, bit: int) -> bool:
    """``struct vfs_cap_data`` of linux/capability.h; one of revision 3 counts in its own user name space alone."""
    if len(data) < 12:  # noqa: PLR2004 - up to the first permitted word
        return False
    magic, permitted = struct.unpack("<II", data[:8])
    revision = magic & _REVISION
    of_root = revision == _REVISION_2 or (revision == _REVISION_3 and not any(data[20:24]))
    return bool(of_root and magic & _EFFECTIVE and permitted >> bit & 1)


@fact
def rootless(
    snapshot: Snapshot,
    files: Tree,
    mounts: Mounts,
    users: Users,
    processes: Processes,
    packages: Packages,
    engine_release: EngineRelease,
) -> Rootless:
    """Which engines run without root, and what they need of the host."""
    people = users.accounts.map(lambda accounts: _by_number((one.uid, one.name) for one in accounts))
    groups = users.groups.map(lambda found: _by_number((one.gid, one.name) for one in found))
    return Rootless(
        running=processes.running.map(lambda found: _running(found, users)),
        uids=_ids(snapshot, "uid", people),
        gids=_ids(snapshot, "gid", groups),
        linger=_linger(snapshot),
        by_systemd=snapshot.text("cmd:booted-by").map(lambda text: text.strip() == "systemd"),
        controllers=snapshot.text("cmd:user-controllers").map(_controllers),
        _snapshot=snapshot,
        _files=files,
        _mounts=mounts,
        _users=users,
        _packages=packages,
        _release=engine_release,
    )


def _by_number(accounts: Iterable[tuple[int, str]]) -> Mapping[int, str]:
    """The names by their numbers; the first of a number counts."""
    found: dict[int, str] = {}
    for one, name in accounts:
        found.setdefault(one, name)
    return found


def _running(found: tuple[EngineProcess, ...], users: Users) -> tuple[RootlessUser, ...]:
    """The owners of engines, each with its own: an engine in a container has a user there, and none here."""
    ours = [one for one in found if one.uid and one.kind in {"dockerd", "rootlesskit"} and not one.is_contained]
    by_uid: dict[int, list[EngineProcess]] = {}
    for one in ours:
        by_uid.setdefault(one.uid or 0, []).append(one)
    return tuple(
        RootlessUser(account.name if account else str(uid), uid, account.home if account else "", tuple(each))
        for uid, each in sorted(by_uid.items())
        if any(one.kind == "dockerd" for one in each)
        and ((account := users.of_uid(uid)) is not None or any(one.kind == "rootlesskit" for one in each))
    )


def _ids(snapshot: Snapshot, kind: str, accounts: Evidence[Mapping[int, str]]) -> SubordinateIds:
    path = f"/etc/sub{kind}"
    service = _service(snapshot.text("file:/etc/nsswitch.conf").get(""))
    text = snapshot.text(f"file:{path}")
    if service != "files":
        return SubordinateIds(
            kind,
            unknown(f"{service} tells subordinate ids, and not the file", "/etc/nsswitch.conf: subid", Code.NOT_PROBED),
            accounts,
        )
    if snapshot.is_absent(f"file:{path}"):
        return SubordinateIds(kind, known((), path), accounts)
    hidden = any(line.strip() == HIDDEN for line in text.get("").splitlines())
    return SubordinateIds(kind, text.map(_ranges), accounts, hidden)


def _service(text: str) -> str:
    """What tells subordinate ids: the first word of nsswitch.conf's line (shadow, lib/nss.c)."""
    for line in text.splitlines():
        name, colon, rest = line.partition("#")[0].partition(":")
        if colon and name.strip() == "subid" and rest.split():
            return rest.split()[0]
    return "files"


def _ranges(text: str) -> tuple[SubordinateRange, ...]:
    found = []
    for line in text.splitlines():
        parts = line.split(":")
        if line != line.strip():
            continue  # shadow's tools pass over it
        if len(parts) != 3 or not parts[0] or parts[0].startswith("#"):  # noqa: PLR2004 - owner, start, count
            continue
        start, count = _as_shadow(parts[1]), _as_shadow(parts[2])
        if start is not None and count:
            found.append(SubordinateRange(parts[0], start, count))
    return tuple(found)


def _as_shadow(text: str) -> int | None:
    """A number as shadow's getulong reads it: in octal, where it begins with 0."""
    is_octal = text.startswith("0") and set(text) <= set("01234567")
    return int(text, 8) if is_octal else number(text) if not text.startswith("0") else None


def _linger(snapshot: Snapshot) -> Evidence[frozenset[str]]:
    name, path = "list:/var/lib/systemd/linger", "/var/lib/systemd/linger"
    section = snapshot.get(name)
    if section is not None and section.status == ABSENT:
        return known(frozenset(), path)
    return snapshot.text(name).by(path).map(lambda text: frozenset(map(decode, text.split())))


def _controllers(text: str) -> dict[int, frozenset[str]]:
    return {uid: frozenset(words[1:]) for words in rows(text, 1) if (uid := number(words[0])) is not None}
