from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.check import check, expect, fix_with, instances, not_applicable
from dockworthy.dataclass import dataclass
from dockworthy.facts.kernel.catalogue import OPTIONS
from dockworthy.facts.kernel.usage import uses

if TYPE_CHECKING:
    from collections.abc import Callable

    from dockworthy.evidence import Evidence
    from dockworthy.facts.facts import Facts
    from dockworthy.facts.kernel.facts import KernelFacts
    from dockworthy.facts.kernel.options import OptionVerdict

INSTALL_MODULES = """\
# the module is not there to load: after an update of the kernel without a reboot, reboot; else install it
apt-get install linux-modules-extra-$(uname -r) || dnf install kernel-modules-extra-$(uname -r)"""


@dataclass(frozen=True, slots=True)
class Asked:
    """An option, and how to learn whether the host uses a feature."""

    name: str
    used: Callable[[str], Evidence[bool]]


def _options(facts: Facts, _params: object) -> dict[str, Asked]:
    return {option.name: Asked(option.name, lambda feature: uses(facts, feature)) for option in OPTIONS}


def _shown(verdict: OptionVerdict) -> str:
    return f"={verdict.value}" if verdict.ok and verdict.value in {"y", "m"} else verdict.why


def _whether_it_applies(asked: Asked, when: str, verdict: Evidence[OptionVerdict]) -> None:
    """End as not applicable where only a feature that the host does not use needs what is missing."""
    if when and not asked.used(when).value:
        seen = verdict.value.why if verdict.is_known else f"not known: {verdict.unknown}"
        not_applicable(f"only needed for: {when}, which this host does not use ({seen})")


@check(
    "kernel.option",
    severity="high",
    refs=("moby:check-config",),
    fix="# boot a kernel that is built with {param}=y or =m; the distribution's own kernels are, or look with\n"
    "grep -w {param} /boot/config-*",
    each=instances("option", _options),
)
def check_option(option: Asked, kernel: KernelFacts) -> None:
    """The kernel is built with the option, where Docker needs it on this host.

    The catalogue is that of moby's ``check-config.sh``, judged by the running kernel's own version and build: an option
    that was renamed, merged or removed is not asked for, one of cgroup v1 not on v2, and one that serves a single
    feature (a network or storage driver, swarm) only where the host uses it. A module that is not on disk for the
    running kernel, or that ``modprobe`` is told not to load, is not there.
    """
    verdict = kernel.option(option.name)
    if not verdict.is_known:
        entry = next(entry for entry in OPTIONS if entry.name == option.name)
        _whether_it_applies(option, entry.when, verdict)
    found = verdict.value
    if found.needed is False:
        not_applicable(found.why)
    if not found.ok and found.needed == "condition":
        _whether_it_applies(option, found.when or "", verdict)
    if not found.ok and found.value == "m":
        fix_with(INSTALL_MODULES)
    demand = f"=y or =m ({found.option.what_for})"
    expect(verdict, shown=_shown).satisfies(lambda found: found.ok is True, demand)


# What `docker run` offers and only warns about where the kernel cannot do it: the options behind each.
LIMITS = ("CPU quota", "CPU weight", "pids limit", "block I/O limits", "block I/O rate limits", "huge page limits")


@check(
    "kernel.resource-limit",
    severity="low",
    refs=("moby:check-config", "docker:resource-constraints"),
    fix="# boot a kernel that is built with the options named; distributions' general kernels are",
    each=instances("limit", LIMITS),
)
def check_resource_limit(limit: str, kernel: KernelFacts) -> None:
    """The kernel can enforce the limit when a container is given one.

    Docker starts without these, and then ignores the flag with a warning that nobody reads: the container runs
    without its limit.
    """
    names = [option.name for option in OPTIONS if option.when == limit]
    missing = [name for name in names if kernel.option(name).value.ok is not True]
    expect(missing, kernel.option(names[0]).source).is_empty()
