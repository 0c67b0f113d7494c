from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.check import check, expect, instances, not_applicable
from dockworthy.dataclass import dataclass
from dockworthy.facts.kernel.usage import uses

if TYPE_CHECKING:
    from dockworthy.evidence import Evidence
    from dockworthy.facts.facts import Facts
    from dockworthy.facts.kernel.facts import KernelFacts

BRIDGE_HAS_IT = (3, 18)


@dataclass(frozen=True, slots=True)
class Module:
    """A module, the option that builds it, and the feature that needs it (empty: every engine)."""

    name: str
    symbol: str
    used: Evidence[bool] | None = None


def _modules(facts: Facts, _params: object) -> dict[str, Module]:
    modules = (
        Module("overlay", "OVERLAY_FS", uses(facts, "overlay storage driver")),
        Module("bridge", "BRIDGE"),
        Module("br_netfilter", "BRIDGE_NETFILTER"),
        Module("veth", "VETH"),
        Module("nf_nat", "NF_NAT"),
        Module("xt_conntrack", "NETFILTER_XT_MATCH_CONNTRACK"),
        Module("vxlan", "VXLAN", uses(facts, "overlay network")),
        Module("ip_vs", "IP_VS", uses(facts, "swarm services")),
        Module("macvlan", "MACVLAN", uses(facts, "macvlan network")),
        Module("ipvlan", "IPVLAN", uses(facts, "ipvlan network")),
    )
    return {module.name: module for module in modules}


def _has_part_of_bridge(module: Module, kernel: KernelFacts) -> bool:
    """Whether it is no module of its own in this kernel."""
    return (
        module.name == "br_netfilter"
        and kernel.release.value.before(*BRIDGE_HAS_IT)
        and (kernel.module(module.name, module.symbol).get("absent") == "absent")
    )


@check(
    "kernel.module",
    severity="high",
    refs=("moby:check-config", "man:modprobe.d(5)"),
    fix="modprobe {param}\n"
    "# not found: after an update of the kernel without a reboot, reboot; else install the kernel's modules:\n"
    "apt-get install linux-modules-extra-$(uname -r) || dnf install kernel-modules-extra-$(uname -r)\n"
    "# switched off: take the `install {param}` line out of /etc/modprobe.d",
    each=instances("module", _modules),
)
def check_module(module: Module, kernel: KernelFacts) -> None:
    """The module is built in, loaded, or there to be loaded for the kernel that runs.

    The engine loads modules when it needs them. After an update of the kernel the running one's modules may be gone
    from ``/lib/modules``; minimal images leave some out; hardening guides replace them by ``/bin/true``;
    ``kernel.modules_disabled`` locks the list. Then containers fail to start long after the engine did.
    """
    if _has_part_of_bridge(module, kernel):
        not_applicable("before Linux 3.18 it is a part of the bridge module")
    state = kernel.module(module.name, module.symbol)
    obstacle = kernel.host.modules.loadable(module.name)
    ready = state.get("") in {"built in", "loaded"} or (state.get("") == "on disk" and obstacle.get("") is None)
    if not ready and module.used is not None and not module.used.value:
        not_applicable("nothing on this host uses it")
    if state.value == "on disk":
        expect(obstacle, shown=lambda why: why or "on disk, can be loaded").satisfies(
            lambda why: why is None, "can be loaded"
        )
    else:
        expect(state).is_in(("built in", "loaded", "on disk"))
