"""CIS Docker section 5: what a container's processes may do."""

from __future__ import annotations

from typing import Any

from dockworthy.check import check, cis, expect, instances, not_applicable, not_decided
from dockworthy.facts.api.capabilities import ALL, DEFAULT, normal
from dockworthy.facts.api.container import Container
from dockworthy.facts.api.engine import Engine
from dockworthy.facts.api.scope import SCOPE, containers_in_scope

EACH = instances("container", containers_in_scope, none="no container is in scope")
RECREATE = "# Options are fixed when a container is made: recreate {param} "


@check(
    "container.no-privileged",
    severity="critical",
    refs=cis("5.5"),
    fix=f"{RECREATE}without --privileged.\n# docker run: grant single capabilities with --cap-add where needed\n"
    "# compose: privileged: false",
    each=EACH,
    params=SCOPE,
)
def check_no_privileged(container: Container) -> None:
    """A container is not privileged.

    A privileged container has all capabilities, all devices, and neither seccomp nor AppArmor: root in it is root on
    the host.
    """
    expect(container.privileged).equals(demand=False)


@check(
    "container.capabilities",
    severity="high",
    refs=cis("5.4"),
    fix=f"{RECREATE}with the capabilities that it needs and no others.\n"
    "# docker run: --cap-drop ALL --cap-add NET_BIND_SERVICE\n# compose: cap_drop: [ALL]",
    each=EACH,
    params=(*SCOPE, "container_allowed_capabilities", "container_required_drops"),
)
def check_capabilities(container: Container, params: Any) -> None:
    """A container has no capability beyond Docker's default set.

    Each further capability lifts one of the barriers between root in the container and root on the host; some, such as
    SYS_ADMIN, lift nearly all.
    """
    expect(container.privileged).equals(demand=False)
    allowed = DEFAULT | {normal(name) for name in params.container_allowed_capabilities}
    if ALL not in allowed:
        extra = container.capabilities.map(lambda granted: sorted(granted - allowed))
        expect(extra).is_empty()
    required = {normal(name) for name in params.container_required_drops}
    if required:
        kept = container.capabilities.map(lambda granted: sorted(_kept(required, granted)))
        expect(kept).is_empty()


def _kept(required: set[str], granted: frozenset[str]) -> set[str]:
    """What should have been dropped and was not; of ALL, what belongs to the default set."""
    return set((DEFAULT if ALL in required else required) & granted)


def _lacks(container: Container, capability: str) -> None:
    expect(container.capabilities, shown=sorted).satisfies(
        lambda granted: capability not in granted, {"without": capability}
    )


def _fix(capability: str) -> str:
    options = f"--cap-drop {capability}, and neither --cap-add ALL nor --privileged"
    return f"{RECREATE}without {capability}.\n# docker run: {options}"


@check(
    "container.no-dac-read-search",
    severity="high",
    refs=("docker-bench:C.5.3.1",),
    fix=_fix("DAC_READ_SEARCH"),
    each=EACH,
    params=SCOPE,
)
def check_no_dac_read_search(container: Container) -> None:
    """A container cannot have DAC_READ_SEARCH.

    With it a process opens any file of the host by its handle ("shocker"), whatever it may see.
    """
    _lacks(container, "DAC_READ_SEARCH")


@check(
    "container.no-sys-module",
    severity="critical",
    refs=("docker-bench:C.5.3.2",),
    fix=_fix("SYS_MODULE"),
    each=EACH,
    params=SCOPE,
)
def check_no_sys_module(container: Container) -> None:
    """A container cannot have SYS_MODULE.

    With it a process loads code of its own into the host's kernel.
    """
    _lacks(container, "SYS_MODULE")


@check(
    "container.no-sys-admin",
    severity="critical",
    refs=("docker-bench:C.5.3.3",),
    fix=_fix("SYS_ADMIN"),
    each=EACH,
    params=SCOPE,
)
def check_no_sys_admin(container: Container) -> None:
    """A container cannot have SYS_ADMIN.

    With it a process mounts file systems and leaves its namespaces: it is nearly as good as --privileged.
    """
    _lacks(container, "SYS_ADMIN")


@check(
    "container.no-sys-ptrace",
    severity="high",
    refs=("docker-bench:C.5.3.4",),
    fix=_fix("SYS_PTRACE"),
    each=EACH,
    params=SCOPE,
)
def check_no_sys_ptrace(container: Container) -> None:
    """A container cannot have SYS_PTRACE.

    With it a process reads and changes others that it can see, those of the host where the PID namespace is shared.
    """
    _lacks(container, "SYS_PTRACE")


@check(
    "container.seccomp",
    severity="high",
    refs=cis("5.22"),
    fix=f"{RECREATE}with a seccomp filter.\n"
    "# docker run: leave --security-opt seccomp=unconfined and --privileged out\n"
    "# compose: security_opt without seccomp:unconfined",
    each=EACH,
    params=SCOPE,
)
def check_seccomp(container: Container, engine: Engine) -> None:
    """A container's system calls are filtered by seccomp.

    The default filter refuses some forty system calls that containers do not need and that most kernel exploits do.
    What counts is the process's own state; a filter that is only configured may be off.
    """
    expect(container.privileged).equals(demand=False)
    profile = container.security.map(lambda options: options.seccomp or "")
    expect(profile, shown=_profile_name).differs_from("unconfined")
    if not profile.value:
        expect(engine.security_option("seccomp")).satisfies(_filters, "a seccomp profile other than unconfined")
    live = container.live
    if live is not None:
        if live.seccomp is None:
            not_decided("the process's seccomp state could not be read", f"{live.where}/status: Seccomp")
        expect(live.seccomp, f"{live.where}/status: Seccomp").equals(2)


def _profile_name(text: str) -> str:
    """A profile as a result shows it: its JSON is no name."""
    return "a profile of its own" if text.lstrip().startswith("{") else text


def _filters(option: Any) -> bool:
    return option is not None and option.get("profile", "default") != "unconfined"


@check(
    "container.no-new-privileges",
    severity="medium",
    refs=cis("5.26"),
    fix=f"{RECREATE}with no-new-privileges.\n# docker run: --security-opt no-new-privileges=true\n"
    "# compose: security_opt: [no-new-privileges=true]",
    each=EACH,
    params=SCOPE,
)
def check_no_new_privileges(container: Container, engine: Engine) -> None:
    """A container's processes cannot gain privileges.

    With no-new-privileges a setuid program is only a program: a process that lost its privileges gets none back.
    """
    live = container.live
    if live is not None:
        if live.no_new_privileges is None:
            not_decided("the process's state could not be read", f"{live.where}/status: NoNewPrivs")
        expect(live.no_new_privileges, f"{live.where}/status: NoNewPrivs").equals(demand=True)
        return
    option = container.security.map(lambda options: options.no_new_privileges)
    if option.value is not None:
        expect(option.map(bool)).equals(demand=True)
        return
    default = engine.security_option("no-new-privileges").map(lambda found: found is not None)
    if default.value and not _made_under_the_default(container, engine):
        not_decided("the engine's default is on now, and the container may be older than it", container.created.source)
    expect(default).equals(demand=True)


def _made_under_the_default(container: Container, engine: Engine) -> bool:
    """Whether the container was made since the engine started: its default is taken over when a container is made."""
    return engine.started is not None and container.created.value.timestamp() >= engine.started


@check(
    "container.apparmor",
    severity="medium",
    refs=cis("5.2"),
    fix=f"{RECREATE}under an AppArmor profile.\n"
    "# docker run: leave --security-opt apparmor=unconfined and --privileged out\n"
    "# a profile of your own: apparmor_parser -r /etc/apparmor.d/PROFILE, then --security-opt apparmor=PROFILE",
    each=EACH,
    params=SCOPE,
)
def check_apparmor(container: Container, engine: Engine) -> None:
    """A container is confined by AppArmor where the kernel offers it.

    The default profile keeps processes from writing to /proc and /sys and from mounting. What counts is the process's
    own state: a profile that only complains confines nothing.
    """
    offered = engine.security_option("apparmor").map(lambda found: found is not None)
    if not offered.value and not engine.apparmor_enabled.value:
        not_applicable("the kernel does not offer AppArmor")
    expect(container.apparmor_profile).is_not_in(("", "unconfined"))
    live = container.live
    if live is not None:
        if live.apparmor is None:
            not_decided("the process's confinement could not be read", f"{live.where}/attr/current")
        expect(live.apparmor, f"{live.where}/attr/current").satisfies(_is_enforced, "a profile in enforce mode")


def _is_enforced(text: str) -> bool:
    name, _, mode = text.strip().rstrip("\0").rpartition(" ")
    if not mode.startswith("("):
        name, mode = text.strip().rstrip("\0"), ""
    return name.rpartition("//&")[2] not in {"", "unconfined"} and mode in {"", "(enforce)", "(kill)"}


@check(
    "container.selinux",
    severity="medium",
    refs=cis("5.3"),
    fix=f"{RECREATE}without --security-opt label=disable and without --privileged.\n"
    "# compose: security_opt without label:disable",
    each=EACH,
    params=SCOPE,
)
def check_selinux(container: Container, engine: Engine) -> None:
    """A container is separated by SELinux where the engine uses it.

    Each container gets categories of its own, so that none touches the files of the host or of another. `spc_t`, the
    type of "super-privileged" containers, is confined by nothing.
    """
    if not engine.security_option("selinux").map(lambda found: found is not None).value:
        not_applicable("the engine does not use SELinux")
    expect(container.security.map(lambda options: options.label_disabled)).equals(demand=False)
    label = container.answer.text("ProcessLabel")
    expect(label).satisfies(_is_confined, "a label of a confined type")
    live = container.live
    if live is not None and live.apparmor is not None and live.apparmor.count(":") >= 3:  # noqa: PLR2004 - a label
        expect(live.apparmor.rstrip("\0"), f"{live.where}/attr/current").satisfies(
            _is_confined, "a label of a confined type"
        )


def _is_confined(label: str) -> bool:
    parts = label.split(":")
    return bool(label) and (len(parts) < 3 or parts[2] not in {"spc_t", "unconfined_t"})  # noqa: PLR2004 - the type


@check(
    "container.user-namespace",
    severity="high",
    refs=cis("5.31"),
    fix=f"{RECREATE}without --userns=host.\n# compose: leave userns_mode: host out",
    each=EACH,
    params=SCOPE,
)
def check_user_namespace(container: Container, engine: Engine) -> None:
    """A container stays in the remapped user namespace.

    Where the engine remaps users, root in a container is nobody on the host; `--userns=host` makes it root again.
    """
    if engine.security_option("userns").value is None:
        not_applicable("the engine does not remap users (CIS 2.9)")
    expect(container.shares_host("user")).equals(demand=False)


@check(
    "container.non-root-user",
    severity="high",
    refs=cis("4.1"),
    fix=f"{RECREATE}under a user of its own.\n# docker run: --user 10001:10001\n# compose: user: '10001:10001'\n"
    "# Dockerfile: USER 10001:10001",
    each=EACH,
    params=SCOPE,
)
def check_non_root_user(container: Container) -> None:
    """A container's processes do not run as root.

    Root in a container is root of the kernel that all containers share, held back by filters alone. The user is
    compared by its number: `0:0`, `00` and another name of the number 0 are root as well.
    """
    expect(container.runs_as, shown=lambda runs_as: runs_as.shown).satisfies(
        lambda runs_as: not runs_as.is_root, "a user other than 0"
    )


@check(
    "container.system-paths-masked",
    severity="high",
    refs=("OCI-runtime-spec:maskedPaths", "docker-run:systempaths"),
    fix=f"{RECREATE}without --security-opt systempaths=unconfined.",
    each=EACH,
    params=SCOPE,
)
def check_system_paths_masked(container: Container) -> None:
    """A container does not see the kernel's own files.

    The engine hides /proc/kcore and others, and makes /proc/sys and others read-only, unless
    `systempaths=unconfined` or a privileged container says otherwise.
    """
    if container.privileged.value:
        not_applicable("a privileged container has none of them (container.no-privileged)")
    for key, wanted in (("MaskedPaths", "/proc/kcore"), ("ReadonlyPaths", "/proc/sys")):
        paths = container.answer.texts("HostConfig", key)
        if container.answer.has("HostConfig", key):
            expect(paths).contains(wanted)
        else:
            expect("the default", paths.source).equals("the default")
