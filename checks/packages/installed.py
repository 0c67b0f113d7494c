"""The engine's packages: whole, and free to get their fixes."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from dockworthy.check import check, expect, fix_with, instances, not_applicable
from dockworthy.evidence import NotApplicable
from dockworthy.facts.boot.held import HeldPackages
from dockworthy.facts.host.packages import Package

if TYPE_CHECKING:
    from dockworthy.facts.facts import Facts


def _packages(facts: Facts, _params: object) -> dict[str, Package]:
    found = {one.name: one for one in facts.held_packages.packages.value}
    engine = facts.packages.engine.value
    if not found or engine is None or engine.kind == "podman-docker":
        raise NotApplicable("no package of the engine's is installed")
    return found


def _of_dpkg(facts: Facts, params: object) -> dict[str, Package]:
    found = {name: one for name, one in _packages(facts, params).items() if one.manager == "dpkg"}
    if not found:
        raise NotApplicable("no package of dpkg's is the engine's")
    return found


@check(
    "packages.not-held",
    severity="medium",
    refs=("runc:#5058", "containerd:#12484", "man:apt-mark(8)"),
    fix="apt-mark unhold {param}",
    each=instances("package", _packages),
    params=("held_packages_accepted",),
)
def check_not_held(package: Package, held_packages: HeldPackages, params: Any) -> None:
    """No package of the engine is held back.

    A hold, a lock or a pin to one version is often the workaround of a day, and stays: no security fix comes any more,
    in silence. What the version lacks now, engine.version-minimum and engine.known-escapes say.
    """
    reason = params.held_packages_accepted.get(package.name)
    if reason:
        not_applicable(f"the profile accepts that it is held: {reason}")
    found = held_packages.reason(package)
    name = shlex.quote(package.name)
    if found.get("").startswith("/"):
        fix_with(f"# take the line out: {found.value}")
    elif package.manager == "rpm":
        fix_with(f"dnf versionlock delete {name}")
    else:
        fix_with(f"apt-mark unhold {name}")
    expect(found, shown=lambda text: text or "not held").satisfies(lambda text: not text, "not held, locked or pinned")


@check(
    "packages.installed-whole",
    severity="high",
    refs=("moby:#32688", "man:dpkg(1)"),
    fix="dpkg --configure -a   # {param}; and where that is not enough: apt-get install -f",
    each=instances("package", _of_dpkg),
    also=("boot",),
)
def check_installed_whole(package: Package) -> None:
    """The engine's packages are completely installed.

    An upgrade that stopped half way leaves packages unpacked or half configured: the engine runs on what it had, and
    may not start after the next reboot. Typical is a service that did not start in the package's last step: then the
    cause is another check's.
    """
    expect(package.status, f"dpkg-query: {package.name}").satisfies(
        lambda status: status.split()[1:] == ["ok", "installed"], "ok installed"
    )
