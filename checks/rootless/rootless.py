"""What engines without root need of their host: ids, the programs that map them, lingering, controllers, a network."""

from __future__ import annotations

import shlex
from typing import Any

from dockworthy.check import check, expect, fix_with, instances, not_applicable, not_decided
from dockworthy.evidence import Evidence, known
from dockworthy.facts.engine.rootless import IDS_NEEDED, Rootless, RootlessUser, SubordinateIds
from dockworthy.facts.host.os import OperatingSystem
from dockworthy.facts.kernel.cgroups import CgroupFacts

_TOOLS = ("newuidmap", "newgidmap")
_ID_MAP_TOOLS = {
    "debian": "apt-get install -y --reinstall uidmap",
    "rhel": "dnf reinstall -y shadow-utils || dnf install -y shadow-utils",
    "suse": "zypper --non-interactive install --force shadow",
    "alpine": "apk fix shadow-uidmap || apk add shadow-uidmap",
}
_INSTALL = {
    "debian": "apt-get install -y",
    "rhel": "dnf install -y",
    "suse": "zypper --non-interactive install",
    "alpine": "apk add",
}
_PACKAGE = {"pasta": "passt"}
_DELEGATE = (
    "mkdir -p /etc/systemd/system/user@.service.d\n"
    "printf '[Service]\\nDelegate=cpu cpuset io memory pids\\n' >/etc/systemd/system/user@.service.d/delegate.conf\n"
    "systemctl daemon-reload\n"
    "# and then that user logs in anew"
)


def _users(rootless: Rootless, params: Any) -> dict[str, RootlessUser]:
    return {user.name: user for user in rootless.users(params.rootless_users)}


def _ids(rootless: Rootless, params: Any) -> dict[str, tuple[RootlessUser, SubordinateIds]]:
    kinds = (rootless.uids, rootless.gids)
    return {f"{user.name} {ids.kind}": (user, ids) for user in _users(rootless, params).values() for ids in kinds}


def _tools(rootless: Rootless, params: Any) -> dict[str, str]:
    rootless.users(params.rootless_users)
    return {name: name for name in _TOOLS}


def _controllers(rootless: Rootless, cgroups: CgroupFacts, params: Any) -> dict[str, str]:
    rootless.users(params.rootless_users)
    if not cgroups.is_v2.value:
        not_applicable("cgroup v1 gives no controllers to users")
    return {name: name for name in params.rootless_controllers}


@check(
    "rootless.subordinate-ids",
    severity="high",
    refs=("docker:rootless", "man:subuid(5)"),
    fix="# give the user a range of 65536 ids of its own in /etc/subuid and /etc/subgid",
    each=instances("of", _ids),
    params=("rootless_users",),
)
def check_subordinate_ids(of: tuple[RootlessUser, SubordinateIds]) -> None:
    """The user has 65536 subordinate user and group ids.

    A container's users are these on the host. With fewer, images whose files belong to a higher number cannot be
    unpacked; without any, the engine does not start. Ids that are another's, too, let one get at the other's files. An
    account that `useradd -r` made has none.
    """
    user, ids = of
    own = ids.of(user)
    conflicts = ids.conflicts(user)
    shown = "sub" + ids.kind + "s"
    name, start = shlex.quote(user.name), ids.free()
    taken = (
        [f"usermod --del-{shown} {one.start}-{one.end - 1} {name}" for one in own.get(())] if conflicts.get(()) else []
    )
    fix_with("\n".join((*taken, f"usermod --add-{shown} {start}-{start + IDS_NEEDED - 1} {name}")))
    expect(own, shown=lambda ranges: list(map(str, ranges))).satisfies(
        lambda ranges: any(one.count >= IDS_NEEDED for one in ranges),
        f"a range of at least {IDS_NEEDED} for {user.name}",
    )
    expect(conflicts).is_empty()


@check(
    "rootless.id-map-tools",
    severity="high",
    refs=("docker:rootless", "man:newuidmap(1)"),
    fix="# install the package that has newuidmap and newgidmap anew: uidmap, or shadow-utils",
    each=instances("tool", _tools),
    params=("rootless_users",),
)
def check_id_map_tools(tool: str, rootless: Rootless, os: OperatingSystem) -> None:
    """newuidmap and newgidmap may do their work.

    They write the maps of a user name space, for which they need root's right: as setuid programs, or by a capability
    of the file. Copies of a file system and images lose that easily, and a mount with nosuid takes it away.
    """  # noqa: D403 - the programs' names
    right = rootless.id_map_tool(tool)
    if "nosuid" in right.get(""):
        fix_with("# mount the file system that it lies on without nosuid, in /etc/fstab, too")
    elif os.family in _ID_MAP_TOOLS:
        fix_with(_ID_MAP_TOOLS[os.family])
    expect(right).satisfies(lambda how: not how.startswith("no: "), "setuid root, or the capability for it")


@check(
    "rootless.lingers",
    severity="high",
    refs=("docker:rootless", "man:loginctl(1)"),
    fix="loginctl enable-linger {param}",
    each=instances("user", _users),
    params=("rootless_users",),
)
def check_lingers(user: RootlessUser, rootless: Rootless) -> None:
    """The user's engine starts at boot and survives logout.

    Without lingering the services of a user begin with the first login and end with the last. A login that is always
    open hides that until the next reboot.
    """
    if not rootless.by_systemd.value:
        not_applicable("systemd does not manage this host")
    expect(
        rootless.linger.map(lambda names: user.name in names).by(f"/var/lib/systemd/linger/{user.name}"),
        shown=lambda lingers: "lingers" if lingers else "does not linger",
    ).satisfies(bool, "lingers")


@check(
    "rootless.network-helper",
    severity="high",
    refs=("docker:rootless", "moby:contrib/dockerd-rootless.sh"),
    fix="# install slirp4netns",
    params=("rootless_users",),
)
def check_network_helper(rootless: Rootless, os: OperatingSystem, params: Any) -> None:
    """There is a program for the rootless engine's network.

    Without root nobody can join the host's network: slirp4netns, pasta or vpnkit carries the packets, and without one
    the engine does not start. Which one it takes by itself depends on its release; a newer one has it built in. With
    pasta containers see other source addresses than with slirp4netns.
    """
    found = [rootless.network_helper(user) for user in rootless.users(params.rootless_users)]
    if all(one.get("") == "built in" for one in found):
        not_applicable("this release's RootlessKit has the network built in")
    one = min(found, key=_urgency)
    missing = one.get("").removeprefix("no: ").partition(" ")[0]
    program = missing if missing in {"pasta", "vpnkit"} else "slirp4netns"
    if os.family in _INSTALL:
        fix_with(f"{_INSTALL[os.family]} {_PACKAGE.get(program, program)}")
    expect(one).satisfies(lambda how: not how.startswith("no: "), "a program for the engine's network")


def _urgency(one: Evidence[str]) -> int:
    """What is missing comes before what is not known, and that before what is there."""
    return 1 if not one.is_known else 0 if one.value.startswith("no: ") else 2


@check(
    "rootless.controllers-delegated",
    severity="medium",
    refs=("docker:rootless", "man:systemd.resource-control(5)"),
    fix=_DELEGATE,
    each=instances("controller", _controllers, none="the profile demands no controller (params: rootless_controllers)"),
    params=("rootless_users", "rootless_controllers"),
)
def check_controllers_delegated(controller: str, rootless: Rootless, params: Any) -> None:
    """The user's control group has cpu, memory and pids.

    What a user's systemd was not given the engine cannot limit: `--cpus` and `--memory` of a container are passed over
    with a warning.
    """
    users = rootless.users(params.rootless_users)
    given = rootless.controllers.value
    unseen = [user for user in users if user.uid is None or user.uid not in given]
    for user in users:
        if user not in unseen and user.uid is not None:
            group = f"/sys/fs/cgroup/user.slice/user-{user.uid}.slice/user@{user.uid}.service/cgroup.controllers"
            expect(known(given[user.uid], group)).contains(controller)
    for user in unseen:
        not_decided(
            f"{user.name} is not logged in now, so that its control group is not there", "/sys/fs/cgroup/user.slice"
        )
