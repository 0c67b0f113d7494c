from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.check import check, expect, fix_with, instances, not_applicable, not_decided
from dockworthy.facts.kernel.cgroups import V1_REQUIRED, V2_REQUIRED, CgroupFacts, ControllerState
from dockworthy.fixes import daemon_json, put_in_force

if TYPE_CHECKING:
    from dockworthy.facts.api.engine import Engine
    from dockworthy.facts.engine.daemon import DaemonConfig
    from dockworthy.facts.facts import Facts
    from dockworthy.facts.host.services import Services
    from dockworthy.facts.kernel.facts import KernelFacts

CONTROLLERS = (
    "blkio",
    "cpu",
    "cpuacct",
    "cpuset",
    "devices",
    "freezer",
    "memory",
    "net_cls",
    "net_prio",
    "perf_event",
    "hugetlb",
    "pids",
)
# On cgroup v2 these two are no controllers, and Docker needs what replaced them all the same.
REQUIRED = {"v2": frozenset({*V2_REQUIRED, "devices", "freezer"}), "v1": frozenset(V1_REQUIRED)}
V2_NAMES = {"blkio": "io"}

MOUNT = """\
# boot with cgroup v2 (systemd 226 and later):
sed -i 's/^GRUB_CMDLINE_LINUX="/&systemd.unified_cgroup_hierarchy=1 /' /etc/default/grub
update-grub || grub2-mkconfig -o /boot/grub2/grub.cfg
reboot
# without systemd: mount -t cgroup2 cgroup2 /sys/fs/cgroup"""
ENABLE = """\
# take {param} out of cgroup_disable= and give it to cgroup_enable= on the kernel's command line:
sed -i 's/cgroup_disable=[^ "]*//; s/^GRUB_CMDLINE_LINUX="/&cgroup_enable={param} /' /etc/default/grub
update-grub || grub2-mkconfig -o /boot/grub2/grub.cfg
reboot
# Raspberry Pi: add cgroup_enable={param} to the one line of /boot/firmware/cmdline.txt, and reboot"""


def _controllers(cgroups: CgroupFacts) -> dict[str, str]:
    """The controllers by the names that the host's hierarchy has for them; ``ns`` only where the kernel has it."""
    v2 = cgroups.mode.get("v2") == "v2"
    names = {V2_NAMES.get(name, name) if v2 else name: name for name in CONTROLLERS}
    return {**names, "ns": "ns"} if "ns" in cgroups.listed.get({}) else names


def _state(state: ControllerState) -> str:
    return state.state


@check(
    "kernel.cgroup-version",
    severity="critical",
    refs=("moby:check-config", "man:cgroups(7)"),
    fix=MOUNT,
)
def check_cgroup_version(cgroups: CgroupFacts) -> None:
    """A hierarchy of control groups is mounted where the engine looks for it.

    The engine uses cgroup v2 where ``/sys/fs/cgroup`` is one, and cgroup v1 where controllers are mounted below it,
    also beside an empty v2 in ``/sys/fs/cgroup/unified`` (hybrid). Without either no container starts.
    """
    expect(cgroups.mode).is_in(("v1", "hybrid", "v2"))


@check(
    "kernel.cgroup-controller",
    severity="high",
    refs=("moby:check-config", "man:cgroups(7)"),
    fix=MOUNT,
    each=instances("controller", _controllers),
)
def check_cgroup_controller(controller: str, cgroups: CgroupFacts) -> None:
    """The engine can use the controller in the hierarchy that it uses.

    Built into the kernel is not usable: a controller may be switched off at boot, held by the other hierarchy
    (one controller is on cgroup v1 or on v2, never both), not mounted, or mounted where a later mount hides it.
    Docker does not run without cpu, cpuacct, cpuset, devices, freezer and memory on cgroup v1, and without cpu, cpuset,
    io, memory and pids on v2, where BPF programs replace devices and every group has its freezer. The rest serves
    single features.
    """
    state = cgroups.controller(controller)
    if state.value.usable is None:
        not_applicable(f"{state.value.state}")
    v2 = cgroups.is_v2.value
    name = V2_NAMES.get(controller, controller) if v2 else controller
    if not state.value.usable and name not in REQUIRED["v2" if v2 else "v1"]:
        not_applicable(f"Docker runs without {name}, which is here: {state.value.state}")
    if state.value.state == "disabled at boot":
        fix_with(ENABLE.replace("{param}", name))
    expect(state, shown=_state).satisfies(lambda found: found.usable is True, "usable")


@check(
    "kernel.memory-accounting",
    severity="high",
    refs=("moby:check-config", "docker:resource-constraints"),
    fix=ENABLE.replace("{param}", "memory"),
)
def check_memory_accounting(cgroups: CgroupFacts) -> None:
    """The memory of a container is counted and can be limited.

    Without it ``docker run --memory`` is refused or without effect, and one container can take the host's memory.
    """
    expect(cgroups.controller("memory"), shown=_state).satisfies(lambda found: found.usable is True, "usable")


@check(
    "kernel.swap-accounting",
    severity="low",
    refs=("moby:check-config", "docker:resource-constraints"),
    fix="""\
sed -i 's/swapaccount=[^ "]*//; s/^GRUB_CMDLINE_LINUX="/&swapaccount=1 /' /etc/default/grub
update-grub || grub2-mkconfig -o /boot/grub2/grub.cfg
reboot""",
)
def check_swap_accounting(kernel: KernelFacts) -> None:
    """The swap of a container is counted and can be limited.

    Without it a container that reached its memory limit goes on in swap, and ``--memory-swap`` is ignored. From
    Linux 5.8 it is on unless ``swapaccount=0`` turns it off, from 6.1 always; before, many distributions built it off.
    """
    expect(kernel.swap_accounting).equals(demand=True)


@check(
    "kernel.cgroup-delegated",
    severity="medium",
    refs=("docker:systemd", "systemd:CGROUP_DELEGATION"),
    fix="""\
mkdir -p /etc/systemd/system/docker.service.d
printf '[Service]\\nDelegate=yes\\n' > /etc/systemd/system/docker.service.d/delegate.conf
systemctl daemon-reload
systemctl restart docker""",
)
def check_cgroup_delegated(cgroups: CgroupFacts, services: Services) -> None:
    """The engine's control groups are left to it by systemd.

    systemd owns the hierarchy and moves processes as its units say. Without ``Delegate=yes`` in the engine's unit a
    reload may put containers' processes into other groups, and their limits are gone.
    """
    if cgroups.manager.value != "systemd":
        not_applicable("systemd does not manage the control groups here")
    unit = services["docker.service"].value
    if not unit.is_loaded.value:
        not_applicable("systemd does not run the engine: there is no docker.service")
    delegate = unit.text("Delegate")
    if not delegate.is_known:
        not_decided(delegate.unknown or "", delegate.source)
    expect(delegate).equals("yes")


@check(
    "kernel.cgroup-driver",
    severity="medium",
    refs=("docker:cgroup-driver", "systemd:CGROUP_DELEGATION"),
    fix=daemon_json('{"exec-opts": ["native.cgroupdriver=systemd"]}'),
)
def check_cgroup_driver(cgroups: CgroupFacts, engine: Engine, kernel: KernelFacts, facts: Facts) -> None:
    """The engine's cgroup driver fits who manages the control groups.

    Where systemd manages a cgroup v2 hierarchy, a second writer (``cgroupfs``) undoes its work and the other way
    round; where no systemd runs, the ``systemd`` driver cannot work; with ``none`` no limit is in force.
    """
    if not kernel.runs_engine.value:
        not_applicable("no engine runs")
    driver = engine.info.text("CgroupDriver")
    by_systemd = cgroups.manager.value == "systemd"
    fix_with(_driven_by(facts.daemon, "systemd" if by_systemd else "cgroupfs"))
    if by_systemd and cgroups.is_v2.value:
        expect(driver).equals("systemd")
    elif by_systemd:
        expect(driver).is_in(("systemd", "cgroupfs"))
    else:
        expect(driver).equals("cgroupfs")


def _driven_by(daemon: DaemonConfig, driver: str) -> str:
    """The fix that sets the driver, and leaves the other options for running containers."""
    others = [item for item in daemon.exec_opts.get(()) if not str(item).lower().startswith("native.cgroupdriver=")]
    values: dict[str, object] = {"exec-opts": [*others, f"native.cgroupdriver={driver}"]}
    if driver == "systemd" and not str(daemon.cgroup_parent.get("") or ".slice").endswith(".slice"):
        values["cgroup-parent"] = ""  # with another the engine would not start
    return put_in_force(daemon, values)
