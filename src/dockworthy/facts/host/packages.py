"""Which engine is installed and from what, what conflicts with it, and the repositories that packages come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.data import table
from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, derived, known, unknown
from dockworthy.facts.facts import fact
from dockworthy.facts.host.repositories import Repositories, read_repositories
from dockworthy.facts.versions import Version, version_evidence
from dockworthy.tables import decode, rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dockworthy.facts.host.processes import Processes
    from dockworthy.snapshot import Snapshot

__all__ = ["ENGINE_PACKAGES", "Installation", "Package", "Packages", "Tool", "packages", "repositories"]

# Packages that bring a dockerd, in the order in which one is believed where several are installed.
# `docker` is the engine on Red Hat, Amazon and SUSE systems, and a tray icon on Debian's.
ENGINE_PACKAGES = (
    *("docker-ce", "docker-ee", "docker.io", "moby-engine", "docker-engine", "docker", "docker-latest", "lxc-docker"),
)
_RPM_ONLY = frozenset({"docker", "docker-latest"})
# What must not be installed beside an engine, by the engine's package.
_CONFLICTS = {row["engine"]: row["conflicts"].split() for row in table("dockworthy.facts.host", "conflicts.csv")}
_RPM_CONFLICTS = ("docker", "runc")
_NOT_PACKAGED = ("/usr/local/", "/opt/", "/home/", "/root/", "/srv/", "/tmp/")  # noqa: S108 - compared, never opened
_SNAP_FOLDERS = ("/snap/docker/", "/var/lib/snapd/snap/docker/")


@dataclass(frozen=True, slots=True)
class Package:
    """An installed package."""

    name: str  # of the package
    version: str  # as its package manager writes it
    manager: str  # dpkg, rpm, apk or snap
    vendor: str = ""  # who built it, where the package says so
    status: str = ""  # dpkg's three words: what is wanted, whether it needs a reinstallation, and its state
    installed: int | None = None  # when it was installed, in epoch seconds, where rpm says so
    architecture: str = ""  # as dpkg names it


@dataclass(frozen=True, slots=True)
class Tool:
    """A program on the path: its name, where it was found, and what that leads to."""

    name: str
    path: str
    resolved: str


@dataclass(frozen=True, slots=True)
class Installation:
    """How the engine came to this host."""

    # a package's name (``docker-ce``, ``docker.io``, …), ``snap``, ``static`` (a dockerd that no package brought), or
    # ``podman-docker`` (only podman's stand-in for the docker command)
    kind: str
    package: Package | None  # the package, or None
    program: str  # the dockerd that runs, or that would


@dataclass(frozen=True, slots=True)
class Packages:
    """Installed packages and programs."""

    installed: Evidence[Mapping[str, Package]]  # the packages of interest, by name
    tools: Evidence[Mapping[str, Tool]]  # the programs of interest on the path, by name
    engine: Evidence[Installation | None]  # how the engine came here; None where there is none
    leftovers: Evidence[tuple[Package, ...]]  # packages that conflict with the engine that is here

    def has(self, *names: str) -> Evidence[bool]:
        """Whether one of these packages is installed."""
        return self.installed.map(lambda found: any(name in found for name in names))

    def version_of(self, name: str) -> Evidence[Version]:
        """The upstream version of a package; unknown where it is not installed."""
        if self.installed.is_known and name not in self.installed.value:
            return unknown(f"{name} is not installed", self.installed.source, Code.ABSENT)
        text = self.installed.map(lambda found: found[name].version)
        return version_evidence(text.by(f"{text.source}: {name}"))


@fact
def packages(snapshot: Snapshot, processes: Processes) -> Packages:
    """What is installed, by dpkg, rpm, apk, snap and the path."""
    installed = _installed(snapshot)
    tools = _tools(snapshot)
    programs = [process.program for process in processes.running.get(()) if process.kind == "dockerd"]
    target = processes.target
    running = target.program if target is not None else ""
    engine = _engine(installed, tools, running or (programs[0] if programs else ""))
    return Packages(installed, tools, engine, _leftovers(installed, engine))


@fact
def repositories(snapshot: Snapshot) -> Repositories:
    """The configured repositories of apt, yum, dnf and zypper."""
    return read_repositories(snapshot)


def _installed(snapshot: Snapshot) -> Evidence[Mapping[str, Package]]:
    found: dict[str, Package] = {}
    answered: list[str] = []
    failed: Evidence[str] | None = None
    readers = {"cmd:dpkg-query": _dpkg, "cmd:rpm": _rpm, "cmd:apk": _apk, "cmd:snap": _snap}
    for name, reader in readers.items():
        text = snapshot.text(name)
        if text.is_known:
            answered.append(name.removeprefix("cmd:"))
            for package in reader(text.value):
                found.setdefault(package.name if package.manager != "snap" else f"snap:{package.name}", package)
        elif name not in snapshot or snapshot[name].status != 127:  # noqa: PLR2004 - the tool is missing
            failed = failed or text
    if failed is not None and failed.source in {"cmd:dpkg-query", "cmd:rpm"}:
        return unknown(failed.unknown or "", failed.source.removeprefix("cmd:"))
    return known(found, ", ".join(answered) or "no package manager is known here")


def _dpkg(text: str) -> list[Package]:
    """``Package Version Status Architecture``: only what is installed, not what left its configuration."""
    found = []
    for line in text.splitlines():
        parts = line.split("\t")
        if len(parts) > 2 and parts[2].split()[-1:] not in (["config-files"], ["not-installed"], []):  # noqa: PLR2004
            name, architecture = parts[0].partition(":")[0], "".join(parts[3:4])
            found.append(Package(name, parts[1], "dpkg", status=parts[2], architecture=architecture))
    return found


def _rpm(text: str) -> list[Package]:
    """``NAME EVR VENDOR INSTALLTIME``."""
    found = []
    for line in text.splitlines():
        name, version, vendor, time = [*line.split("\t"), "", "", ""][:4]
        if name and version:
            made_by = "" if vendor == "(none)" else vendor
            found.append(Package(name, version, "rpm", made_by, installed=int(time) if time.isdecimal() else None))
    return found


def _apk(text: str) -> list[Package]:
    """``docker-engine-26.1.5-r0 x86_64 {docker} (Apache-2.0) [installed]``."""
    found = []
    for words in rows(text, 1):
        name, _, release = words[0].rpartition("-r")
        name, _, version = name.rpartition("-")
        if name and version:
            found.append(Package(name, f"{version}-r{release}", "apk"))
    return found


def _snap(text: str) -> list[Package]:
    """``Name Version Rev Tracking Publisher Notes``."""
    return [
        Package(words[0], words[1], "snap", words[4] if len(words) > 4 else "")  # noqa: PLR2004 - the publisher
        for words in rows(text, 3)
        if words[0] != "Name"
    ]


def _tools(snapshot: Snapshot) -> Evidence[Mapping[str, Tool]]:
    text = snapshot.text("cmd:which")
    return Evidence(
        "the path", {w[0]: Tool(w[0], decode(w[1]), decode(w[2])) for w in rows(text.get(""), 3)}, text.unknown
    )


@derived
def _engine(
    installed: Evidence[Mapping[str, Package]], tools: Evidence[Mapping[str, Tool]], running: str
) -> Evidence[Installation | None]:
    packages = installed.value
    on_path = (tools.get({}) if running else tools.value).get("dockerd")
    program = running or (on_path.resolved or on_path.path if on_path else "")
    source = f"{installed.source}; {program or 'no dockerd on the path'}"
    return known(_installation(packages, tools.get({}), program), source)


def _installation(installed: Mapping[str, Package], tools: Mapping[str, Tool], program: str) -> Installation | None:
    docker = tools.get("docker")
    if program.startswith(_SNAP_FOLDERS) or (not program and "snap:docker" in installed):
        return Installation("snap", installed.get("snap:docker"), program)
    package = next((installed[name] for name in ENGINE_PACKAGES if _is_engine(installed, name)), None)
    if package is not None and not program.startswith(_NOT_PACKAGED):
        return Installation(package.name, package, program)
    if program:
        return Installation("static", None, program)
    shim = installed.get("podman-docker")
    if shim is not None or (docker is not None and docker.resolved.endswith("/podman")):
        return Installation("podman-docker", shim, docker.path if docker else "")
    return Installation(package.name, package, "") if package is not None else None


def _is_engine(installed: Mapping[str, Package], name: str) -> bool:
    package = installed.get(name)
    if package is None or (name == "docker-engine" and package.manager == "apk"):
        return False  # Alpine's `docker` needs its `docker-engine`
    return name not in _RPM_ONLY or package.manager != "dpkg"


@derived
def _leftovers(
    installed: Evidence[Mapping[str, Package]], engine: Evidence[Installation | None]
) -> Evidence[tuple[Package, ...]]:
    here = engine.value
    if here is None:
        return known((), installed.source)
    found = installed.get({})
    kind = here.package.name if here.package else here.kind
    names = _CONFLICTS.get(kind.replace("docker-ee", "docker-ce"), _CONFLICTS["others"])
    # containerd.io brings runc: on rpm systems another runc, and what needs it, cannot be beside it.
    more = _RPM_CONFLICTS if kind == "docker-ce" else ()
    wrong = [found[name] for name in names if name in found and name != kind]
    wrong += [found[name] for name in more if name in found and found[name].manager == "rpm"]
    if here.kind != "snap" and "snap:docker" in found:
        wrong.append(found["snap:docker"])
    if here.kind in {"static", "snap"}:
        wrong += [found[name] for name in ENGINE_PACKAGES if _is_engine(found, name)]
    return known(tuple(dict.fromkeys(wrong)), installed.source)
