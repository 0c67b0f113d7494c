"""The names of dockworthy's own facts, and the module that declares each.

Their types stand in ``names.pyi``, for type checkers alone: who reads a fact need not read all others.
"""

from __future__ import annotations

from typing import Any

__all__ = ["NAMES", "Names"]


class _Name:
    """An attribute that finds its fact; the module is imported then, so that a run pays only for what it judges."""

    __slots__ = ("module", "name")

    def __init__(self, module: str) -> None:
        self.module = f"dockworthy.facts.{module}"

    def __set_name__(self, owner: type[Names], name: str) -> None:
        self.name = name

    def __get__(self, facts: Any, owner: type[Names]) -> Any:
        return self if facts is None else facts.find(self.name)


class Names:
    """Each fact as an attribute."""

    kernel = _Name("kernel.host")
    namespaces = _Name("kernel.host")
    cgroups = _Name("kernel.host")
    modules = _Name("kernel.host")
    sysctls = _Name("kernel.host")
    # the system around the engine
    os = _Name("host.os")
    packages = _Name("host.packages")
    changelogs = _Name("host.changelogs")
    repositories = _Name("host.packages")
    services = _Name("host.services")
    processes = _Name("host.processes")
    users = _Name("host.users")
    files = _Name("host.files")
    mounts = _Name("host.mounts")
    places = _Name("host.mounts")
    limits = _Name("kernel.limits")
    timekeeping = _Name("host.timekeeping")
    storage = _Name("engine.disk")
    audit = _Name("host.audit")
    compose = _Name("host.compose")
    completion = _Name("host.completion")
    clock = _Name("host.os")
    client_config = _Name("host.clientconfig")
    # the engine's configuration, and what its API tells
    daemon = _Name("engine.daemon")
    engine_release = _Name("engine.release")
    engine = _Name("api.engine")
    client = _Name("engine.client")
    containers = _Name("api.containers")
    images = _Name("api.images")
    networks = _Name("api.networks")
    volumes = _Name("api.volumes")
    swarm = _Name("api.swarm")
    disk_usage = _Name("api.usage")
    content_trust = _Name("engine.contenttrust")
    escapes = _Name("engine.escapes")
    # how packets travel
    links = _Name("network.links")
    addresses = _Name("network.addresses")
    routes = _Name("network.routes")
    bridge_networks = _Name("network.bridges")
    conntrack = _Name("network.conntrack")
    rootless = _Name("engine.rootless")
    # the next boot, reload and upgrade
    installed_kernels = _Name("boot.kernels")
    next_mounts = _Name("boot.fstab")
    starters = _Name("boot.starters")
    saved_rules = _Name("boot.saved_rules")
    held_packages = _Name("boot.held")
    apt_conf = _Name("boot.aptconf")
    upgrades = _Name("boot.upgrades")
    needrestart = _Name("boot.needrestart")
    next_pools = _Name("network.pools")
    spare_subnets = _Name("network.spare")
    clamping = _Name("network.clamping")
    network_managers = _Name("network.managers")
    name_servers = _Name("network.nameservers")
    resolution = _Name("network.lookups")
    packet_filter = _Name("network.filters")
    host_firewall = _Name("network.hostfirewall")
    # registries, their certificates and Harbor
    certsd = _Name("registry.certsd")
    registries = _Name("registry.registries")
    mirrors = _Name("registry.mirrors")
    harbor = _Name("harbor.installed.config")
    harbor_api = _Name("harbor.api.harbor")
    harbor_files = _Name("harbor.group.own")
    harbor_group = _Name("harbor.group.members")
    harbor_projects = _Name("harbor.running.projects")


NAMES: dict[str, str] = {name: value.module for name, value in vars(Names).items() if isinstance(value, _Name)}
"""The facts that a check can name as a parameter, and the module of each."""
