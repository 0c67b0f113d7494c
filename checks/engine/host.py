"""CIS 1.1.1, 1.1.2, 1.2.1: the engine's data on a file system of its own, its users, and the system below it."""

from __future__ import annotations

from typing import Any

from dockworthy.check import check, cis, expect, fix_with, instances, manual
from dockworthy.evidence import Evidence
from dockworthy.facts.engine.members import SocketUsers, socket_users
from dockworthy.facts.engine.paths import storage_roots
from dockworthy.facts.host.mounts import Mounts
from dockworthy.hosttree.tree import Tree


@check(
    "host.data-root-separate",
    severity="medium",
    refs=cis("1.1.1"),
    fix="# make a file system for {param} and move the data to it:\n"
    "systemctl stop docker.socket docker.service containerd.service\n"
    "mkfs.ext4 /dev/NEW_DEVICE && mount /dev/NEW_DEVICE /mnt && cp -a {param}/. /mnt/ && umount /mnt\n"
    "echo '/dev/NEW_DEVICE {param} ext4 defaults 0 2' >>/etc/fstab && mount {param}\n"
    "systemctl start containerd.service docker.service",
    each=instances("root", storage_roots, none="the engine has no data root here"),
)
def check_data_root_separate(root: str, files: Tree, mounts: Mounts) -> None:
    """The engine's data lies on a file system of its own.

    Images, logs and volumes can fill the file system that they lie on. If that is the root file system, the whole host
    stops. A bind mount of the same file system is none of its own, and so is a subvolume that shares its space; with
    containerd's image store the images lie below containerd's root.
    """
    here, system = files[root], files["/"]
    device = here.dev.map(lambda number: number != system.dev.value)
    # Each btrfs subvolume has a device number of its own, while mountinfo tells that of the file system.
    shared = mounts.same_file_system("/", here.resolved or root)
    own = device.map(lambda differs: differs and not shared.get(False))
    expect(
        Evidence(f"{root}: device, compared with that of /", own.content, own.unknown),
        shown=lambda separate: "a file system of its own" if separate else "the file system of /",
    ).satisfies(bool, "a file system of its own")


@check(
    "host.docker-socket-users",
    severity="high",
    refs=cis("1.1.2"),
    fix="# either declare the accounts in the profile (params: docker_trusted_users), or take them away:\n"
    "gpasswd -d ACCOUNT GROUP",
    each=instances("socket", socket_users, none="the engine has no UNIX socket here"),
    params=("docker_trusted_users",),
)
def check_docker_socket_users(socket: SocketUsers, params: Any) -> None:
    """Only trusted accounts can reach the engine's socket.

    Who can reach the socket can mount the host's root into a container, and is root without being asked for a password
    or leaving a trace in sudo's log. Members are those whom the group lists and those whose primary group it is.
    """
    members = socket.members
    trusted = params.docker_trusted_users
    if members.value and trusted is None:
        manual(
            f"{', '.join(sorted(members.value))} can reach {socket.path} ({socket.why}): declare who may in the "
            "profile (params: docker_trusted_users), or attest that these are trusted."
        )
    strangers = sorted(members.value - frozenset(trusted or ()))
    if strangers:
        fix_with("\n".join(socket.removal(name) for name in strangers))
    expect(members).is_within(sorted(trusted or ()))


@check(
    "host.hardened",
    severity="medium",
    refs=cis("1.2.1"),
    fix="# harden the system by its own benchmark, keep the report, and attest it in the profile:\n"
    "# attestations: [{check: host.hardened, owner: WHO, evidence: 'WHERE THE REPORT IS', given: DATE, expires: DATE}]",
)
def check_hardened() -> None:
    """The system below the engine is hardened to a documented baseline.

    Containers share the host's kernel: what is wrong with it is wrong with all of them. No snapshot can show that a
    baseline was followed; the report of a scan can (OpenSCAP, InSpec, Lynis).
    """
    manual("Attest which baseline this host was hardened to, when it was last scanned, and where the report lies.")
