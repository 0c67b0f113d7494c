"""How the engine and its parts are brought up to date: by the package manager that brought them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dockworthy.facts.engine.release import EngineRelease
    from dockworthy.facts.host.os import OperatingSystem
    from dockworthy.facts.host.packages import Packages

__all__ = ["upgrade_commands"]

_BY_MANAGER = {
    "dpkg": "apt-get update\napt-get install -y --only-upgrade {packages}",
    "rpm": "dnf upgrade -y {packages} || yum update -y {packages}",
    "apk": "apk upgrade {packages}",
}
_ZYPPER = "zypper --non-interactive update {packages}"
_ANOTHER = "# rehearse a release that has it: dockworthy check --engine latest"
_PARTS = ("docker-ce-cli", "containerd.io", "containerd", "runc", "docker-cli")


def upgrade_commands(packages: Packages, os: OperatingSystem, engine_release: EngineRelease) -> str | None:
    """The commands that upgrade the packages of the engine and its parts; None where no package brought it.

    Of a release that is rehearsed the fix is another one.
    """
    if engine_release.rehearsed is not None:
        return _ANOTHER
    engine = packages.engine.get(None)
    installed = packages.installed.get({})
    if engine is None or engine.package is None or engine.package.manager not in _BY_MANAGER:
        return None
    names = " ".join([engine.package.name, *(name for name in _PARTS if name in installed)])
    commands = _ZYPPER if os.family == "suse" else _BY_MANAGER[engine.package.manager]
    return commands.replace("{packages}", names) + "\nsystemctl restart docker"
