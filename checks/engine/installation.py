"""How the engine came to this host: its package, its repository, what conflicts with it."""

from __future__ import annotations

import shlex
from typing import Any

from dockworthy.check import check, expect, fix_with, instances, not_applicable
from dockworthy.evidence import known
from dockworthy.facts.engine.disk import Storage
from dockworthy.facts.host.os import OperatingSystem
from dockworthy.facts.host.packages import Installation, Package, Packages
from dockworthy.facts.host.repositories import Repositories, Repository

_DOCKERS_OWN = frozenset({"docker-ce", "docker-ee"})
_INSTALL = {
    "debian": "apt-get update && apt-get install -y docker.io  # or docker-ce from download.docker.com",
    "rhel": "dnf config-manager --add-repo https://download.docker.com/linux/rhel/docker-ce.repo\n"
    "dnf install -y docker-ce docker-ce-cli containerd.io docker-buildx-plugin docker-compose-plugin",
    "suse": "zypper --non-interactive install docker",
    "alpine": "apk add docker",
}
_AMAZON = "dnf install -y docker"
_KEY_FIX = (
    "install -m 0755 -d /etc/apt/keyrings\n"
    "curl -fsSL https://download.docker.com/linux/{id}/gpg -o /etc/apt/keyrings/docker.asc\n"
    "chmod a+r /etc/apt/keyrings/docker.asc\n"
    "# and in the repository's entry: Signed-By: /etc/apt/keyrings/docker.asc"
)


def _installation(packages: Packages) -> Installation:
    """The engine that is here; without one there is nothing to ask."""
    found = packages.engine.value
    if found is None:
        not_applicable("no engine is installed")
    return found


def dockers_repositories(repositories: Repositories) -> dict[str, Repository]:
    """Docker's own repositories and mirrors of them, by file and address."""
    return {f"{one.file}: {one.name}": one for one in repositories.dockers.value}


_EACH_REPOSITORY = instances("repository", dockers_repositories, none="no repository of Docker's is configured")


@check(
    "engine.installed",
    severity="high",
    refs=("docker:engine-install",),
    fix="# install the engine from a package: https://docs.docker.com/engine/install/",
    params=("accepted_engine_packages",),
)
def check_installed(packages: Packages, os: OperatingSystem, params: Any) -> None:
    """A Docker Engine is installed, in a way that the profile accepts.

    Only what a package manager installed gets its fixes with the system's updates. A static binary, an old
    docker-engine or podman's stand-in for the docker command is not what a person means by Docker.
    """
    found = packages.engine
    kind = found.map(lambda engine: engine.kind if engine else "none")
    if kind.get("") not in params.accepted_engine_packages:
        fix_with(_AMAZON if os.id.get("") == "amzn" else _INSTALL.get(os.family, _INSTALL["debian"]))
    expect(kind).is_in(params.accepted_engine_packages)


@check(
    "engine.no-conflicting-packages",
    severity="medium",
    refs=("docker:engine-install",),
    fix="# remove the packages that conflict with the engine in use",
)
def check_no_conflicting_packages(packages: Packages) -> None:
    """Nothing is installed that conflicts with the engine.

    A second engine's package overwrites programs, units and configuration of the first, or starts in its place after
    an update. A package of which only the configuration is left does not count.
    """
    _installation(packages)
    if packages.leftovers.get(()):
        fix_with("\n".join(_removal(package) for package in packages.leftovers.value))
    expect(packages.leftovers, shown=lambda found: [f"{one.name} {one.version}" for one in found]).is_empty()


def _removal(package: Package) -> str:
    name = shlex.quote(package.name)
    return {
        "dpkg": f"apt-get remove -y {name}",
        "rpm": f"dnf remove -y {name} || yum remove -y {name}",
        "snap": f"snap remove {name}",
    }.get(package.manager, f"apk del {name}")


@check(
    "engine.repository-configured",
    severity="medium",
    refs=("docker:engine-install",),
    fix="# add Docker's repository: https://docs.docker.com/engine/install/",
)
def check_repository_configured(packages: Packages, repositories: Repositories) -> None:
    """Docker's own packages have their repository configured.

    An engine whose package came by hand, or whose repository was taken out since, gets no fixes.
    """
    engine = _installation(packages)
    if engine.kind not in _DOCKERS_OWN:
        not_applicable(f"{engine.kind} does not come from Docker's repository")
    expect(repositories.dockers, shown=lambda found: [one.name for one in found]).satisfies(
        bool, "an enabled repository of Docker's"
    )


@check(
    "engine.repository-approved",
    severity="medium",
    refs=("docker:engine-install",),
    fix="# {param}: use https://download.docker.com/linux/…\n# or put the mirror into the profile: engine_repositories",
    each=_EACH_REPOSITORY,
    params=("engine_repositories",),
)
def check_repository_approved(repository: Repository, params: Any) -> None:
    """Docker's packages come from where the profile says, over TLS.

    Whoever serves the packages has root on this host with the next update. A mirror may be right, and is then named.
    """
    approved = tuple(params.engine_repositories)
    expect(known(repository.addresses, repository.file)).satisfies(
        lambda found: all(address.startswith(approved) for address in found), {"beginning with": list(approved)}
    )


@check(
    "engine.repository-signed",
    severity="high",
    refs=("docker:engine-install", "man:sources.list(5)", "man:yum.conf(5)"),
    fix="# in {param}: check signatures (gpgcheck=1, no trusted=yes), and put the key where the entry says",
    each=_EACH_REPOSITORY,
)
def check_repository_signed(repository: Repository, repositories: Repositories, os: OperatingSystem) -> None:
    """The signatures of Docker's repository are checked, with a key that is there.

    Without a signature, TLS to a mirror is all that stands between it and root on this host.
    """
    if repository.kind == "apt":
        fix_with(_KEY_FIX.replace("{id}", os.id.get("debian")))
    expect(repository.unchecked or "checked", f"{repository.file}: {repository.name}").equals("checked")
    missing = repositories.missing_keys(repository)
    expect(missing, shown=lambda paths: {"missing": list(paths)} if paths else "its key is there").satisfies(
        lambda paths: not paths, "its key is there"
    )
    if repository.kind == "apt" and not repository.keys:
        expect(repositories.trusts_some_key).equals(True)


@check(
    "engine.device-mapper-tools",
    severity="medium",
    refs=("docker:devicemapper",),
    fix="# install what thin pools need:\n"
    "yum install -y lvm2 device-mapper-persistent-data || apt-get install -y lvm2 thin-provisioning-tools",
)
def check_device_mapper_tools(storage: Storage, packages: Packages) -> None:
    """lvm2 and the tools for thin pools are installed where the devicemapper driver is used.

    The driver cannot repair a thin pool without them. No other driver needs them.
    """
    if storage.driver.value != "devicemapper":
        not_applicable(f"the storage driver is {storage.driver.value}, which does not use device-mapper")
    expect(packages.has("lvm2")).equals(True)
    expect(packages.has("device-mapper-persistent-data", "thin-provisioning-tools")).equals(True)
