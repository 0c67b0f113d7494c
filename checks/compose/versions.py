"""Docker Compose is there, recent enough, and the same whichever way it is called."""

from __future__ import annotations

import shlex
from typing import Any

from dockworthy.check import check, expect, fix_with, instances, not_applicable, not_decided
from dockworthy.evidence import Evidence, known, unknown
from dockworthy.facts.host.compose import Compose
from dockworthy.facts.host.os import Clock, OperatingSystem
from dockworthy.facts.host.packages import Packages
from dockworthy.facts.versions import Version, parse_version

_PLUGIN = {
    "debian": "apt-get install -y docker-compose-plugin || apt-get install -y docker-compose-v2 || "
    "apt-get install -y docker-compose",
    "rhel": "dnf install -y docker-compose-plugin",
    "suse": "zypper --non-interactive install docker-compose",
    "alpine": "apk add docker-cli-compose",
}
_UPDATE = "# update Compose, for instance: apt-get install -y --only-upgrade docker-compose-plugin"
_REMOVE_STANDALONE = "# remove the program of its own, and call `docker compose`"


def _removal(packages: Packages) -> str:
    """The fix for the program that is there; one of a package goes with its package, by the system's own means."""
    tool = packages.tools.get({}).get("docker-compose")
    if tool is None or not tool.path.startswith(("/usr/local/", "/opt/", "/root/", "/home/")):
        return f"{_REMOVE_STANDALONE}, with the package that brought it"
    return f"{_REMOVE_STANDALONE}:\nrm -f {shlex.quote(tool.path)}"


def _each_command(compose: Compose) -> dict[str, Evidence[Version]]:
    """Each way of calling Compose that is there, or of which that is not known."""
    found: dict[str, Evidence[Version]] = {}
    for command, evidence in {"docker compose": compose.plugin, "docker-compose": compose.standalone}.items():
        version = evidence.get(None)
        if version is not None:
            found[command] = known(version, evidence.source)
        elif not evidence.is_known:
            found[command] = unknown(evidence.unknown or "", evidence.source)
    return found


_COMMANDS = instances("version", _each_command, none="Compose is not installed")


@check(
    "compose.installed",
    severity="low",
    refs=("docker:compose-install",),
    fix="# install the plugin: https://docs.docker.com/compose/install/linux/",
)
def check_installed(compose: Compose, packages: Packages, os: OperatingSystem) -> None:
    """Docker Compose is installed, as the docker command's plugin or as a program of its own."""
    if packages.engine.is_known and packages.engine.value is None:
        not_applicable("no engine is installed")
    if os.family in _PLUGIN:
        fix_with(_PLUGIN[os.family])
    expect(compose.found, shown=_shown).satisfies(bool, "docker compose, or docker-compose")


def _shown(found: dict[str, Version]) -> dict[str, str]:
    return {command: str(version) for command, version in found.items()}


@check(
    "compose.version-minimum",
    severity="medium",
    refs=("docker:compose-install",),
    fix=_UPDATE,
    each=_COMMANDS,
    params=("min_compose_version",),
)
def check_version_minimum(version: Evidence[Version], params: Any) -> None:
    """Docker Compose is at least as new as the profile demands."""
    minimum = parse_version(params.min_compose_version)
    if minimum is None:
        not_decided(f"{params.min_compose_version!r} is not a version", "profile: min_compose_version")
    expect(version, shown=str).at_least(minimum)


@check(
    "compose.version-maintained",
    severity="medium",
    refs=("docker:compose-install",),
    fix=_REMOVE_STANDALONE,
    each=_COMMANDS,
    params=("maintained_compose_versions",),
)
def check_version_maintained(version: Evidence[Version], packages: Packages, clock: Clock, params: Any) -> None:
    """Docker Compose is of a series that still gets fixes; version 1 has had none since July 2023."""
    fix_with(_removal(packages) if version.source.startswith("docker-compose") else _UPDATE)
    table = params.maintained_compose_versions
    if table.as_of is None:
        not_decided("the profile has no table of maintained versions", "profile: maintained_compose_versions")
    ends = [end for series, end in table.series.items() if version.value.in_series(series)]
    over = [end for end in ends if end is not None and end < clock.now.date()]
    seen = f"{version.value}: no fixes since {max(over)}" if over else f"{version.value}: maintained"
    expect(known(not over, version.source), shown=lambda _: seen).satisfies(
        bool, f"a series that gets fixes, by the table of {table.as_of} ({table.source})"
    )


@check(
    "compose.one-version",
    severity="low",
    refs=("docker:compose-install",),
    fix=_REMOVE_STANDALONE,
)
def check_one_version(compose: Compose, packages: Packages) -> None:
    """The plugin and the program of its own are the same version, where both are there.

    Otherwise one project is made differently by whichever of the two a person types.
    """
    fix_with(_removal(packages))
    found = compose.found
    if len(found.value) < 2:  # noqa: PLR2004 - the plugin and the program
        not_applicable("Compose is not there twice")
    expect(found, shown=_shown).satisfies(lambda both: len(set(both.values())) == 1, "one version")
