from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.check import check, expect, instances, not_applicable
from dockworthy.facts.kernel.cgroups import CgroupFacts
from dockworthy.facts.kernel.namespaces import KINDS, NamespaceFacts, Usability
from dockworthy.facts.kernel.usage import uses

if TYPE_CHECKING:
    from dockworthy.evidence import Evidence
    from dockworthy.facts.facts import Facts

REQUIRED = frozenset({"mnt", "ipc", "uts", "pid", "net"})
REMAPPING = "userns-remap or rootless"


def _kinds(facts: Facts, _params: object) -> dict[str, tuple[str, Evidence[bool]]]:
    """Each kind, with whether the engine uses user namespaces."""
    return {kind: (kind, uses(facts, REMAPPING)) for kind in KINDS}


def _since(kind: str) -> str:
    major, minor, patch = KINDS[kind]
    return f"{major}.{minor}.{patch}" if patch else f"{major}.{minor}"


def _is_needed(kind: str, namespaces: NamespaceFacts, remaps: Evidence[bool], *, on_v2: bool) -> bool:
    """Whether Docker needs that kind here; asked only where it cannot be made."""
    if kind == "user":
        return remaps.value
    if kind == "cgroup":
        return on_v2 or namespaces.has(kind).value
    return kind in REQUIRED


@check(
    "kernel.namespace",
    severity="high",
    refs=("moby:check-config", "man:namespaces(7)"),
    fix="sysctl -w user.max_{param}_namespaces=15000 && "
    "echo user.max_{param}_namespaces=15000 > /etc/sysctl.d/90-{param}-namespaces.conf\n"
    "# where the kernel has no such namespace at all, boot one that is built with it",
    each=instances("namespace", _kinds),
)
def check_namespace(namespace: tuple[str, Evidence[bool]], namespaces: NamespaceFacts, cgroups: CgroupFacts) -> None:
    """The kernel has the namespace, and containers can be given one.

    A container is a process in namespaces of its own: mounts (since Linux 2.4.19), host name (2.6.19), process
    ids (2.6.24), network (2.6.29), System V and POSIX message queues (2.6.30). That the kernel has a namespace does
    not mean that one can be made: a limit of zero forbids it to root, too. User namespaces (3.8) are needed only
    by userns-remap and rootless engines, cgroup namespaces (4.6) by cgroup v2; time namespaces (5.6) by none.
    """
    kind, remaps = namespace
    usability = namespaces.root[kind]
    if not usability.value.usable and not _is_needed(kind, namespaces, remaps, on_v2=cgroups.is_v2.value):
        not_applicable(f"Docker needs no {kind} namespace here ({'; '.join(usability.value.obstacles)})")
    expect(usability, shown=_shown).satisfies(lambda found: found.usable, f"usable (in Linux since {_since(kind)})")


def _shown(usability: Usability) -> object:
    return "usable" if usability.usable else list(usability.obstacles)


def _rootless(facts: Facts, _params: object) -> dict[str, Evidence[bool]]:
    return {"user": uses(facts, "rootless")}


@check(
    "kernel.unprivileged-user-namespace",
    severity="high",
    refs=("docker:rootless", "man:user_namespaces(7)"),
    fix="echo user.max_user_namespaces=28633 > /etc/sysctl.d/90-rootless.conf\n"
    "echo kernel.unprivileged_userns_clone=1 >> /etc/sysctl.d/90-rootless.conf   # Debian's kernels\n"
    "sysctl --system\n"
    "# Ubuntu 23.10 and later: an AppArmor profile for rootlesskit, see docs.docker.com/engine/security/rootless",
    each=instances("rootless", _rootless),
)
def check_unprivileged_user_namespace(rootless: Evidence[bool], namespaces: NamespaceFacts) -> None:
    """A user without privileges can make a user namespace, where the engine runs without root.

    A rootless engine starts by making a user namespace as an ordinary user. Debian's and Ubuntu's kernels have
    switches that forbid it or take its rights away while ``/proc/self/ns/user`` looks the same.
    """
    if not rootless.value:
        not_applicable("the engine is not a rootless one")
    expect(namespaces.user_unprivileged, shown=_shown).satisfies(
        lambda found: found.usable, "usable by users without privileges"
    )
