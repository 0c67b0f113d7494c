from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.check import check, expect, instances, not_applicable

if TYPE_CHECKING:
    from dockworthy.facts.api.engine import Engine
    from dockworthy.facts.host.packages import Packages
    from dockworthy.facts.kernel.facts import KernelFacts


@check(
    "kernel.apparmor-parser",
    severity="high",
    refs=("moby:check-config", "docker:apparmor"),
    fix="apt-get install apparmor || zypper install apparmor-parser",
)
def check_apparmor_parser(kernel: KernelFacts, packages: Packages) -> None:
    """The tool that loads profiles is there, where the kernel has AppArmor switched on.

    The engine writes its ``docker-default`` profile at start and loads it with ``apparmor_parser``: without the tool
    each container that is not ``apparmor=unconfined`` fails to start.
    """
    if not kernel.apparmor.value:
        not_applicable("AppArmor is not switched on")
    expect(packages.tools.map(sorted), shown=lambda names: "apparmor_parser" in names).satisfies(
        lambda names: "apparmor_parser" in names, "apparmor_parser on the path"
    )


@check(
    "kernel.zfs",
    severity="high",
    refs=("moby:check-config", "docker:zfs"),
    fix="apt-get install zfsutils-linux && modprobe zfs",
    each=instances("needed", ("module", "zfs", "zpool")),
)
def check_zfs(needed: str, engine: Engine, kernel: KernelFacts, packages: Packages) -> None:
    """What the zfs storage driver needs is there: the kernel's module, and the tools for datasets and pools.

    ZFS is no part of Linux: after an update of the kernel its module must be built anew, and where that failed the
    engine does not start.
    """
    if not kernel.runs_engine.value:
        not_applicable("no engine runs")
    driver = engine.info.text("Driver")
    if driver.value != "zfs":
        not_applicable(f"the storage driver is {driver.value}")
    if needed == "module":
        expect(kernel.host.modules.state("zfs")).is_in(("built in", "loaded", "on disk"))
    else:
        expect(packages.tools.map(sorted), shown=lambda names: needed in names).satisfies(
            lambda names: needed in names, f"{needed} on the path"
        )
