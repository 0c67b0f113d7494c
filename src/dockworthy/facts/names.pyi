from collections.abc import Mapping

from dockworthy.evidence import Evidence
from dockworthy.facts.api.containers import Containers
from dockworthy.facts.api.document import Document
from dockworthy.facts.api.engine import Engine
from dockworthy.facts.api.images import Images
from dockworthy.facts.api.networks import Networks
from dockworthy.facts.api.swarm import Swarm
from dockworthy.facts.api.volumes import Volumes
from dockworthy.facts.boot.aptconf import AptConf
from dockworthy.facts.boot.fstab import NextMounts
from dockworthy.facts.boot.held import HeldPackages
from dockworthy.facts.boot.kernels import InstalledKernels
from dockworthy.facts.boot.needrestart import Needrestart
from dockworthy.facts.boot.saved_rules import SavedRules
from dockworthy.facts.boot.starters import Starters
from dockworthy.facts.boot.upgrades import Upgrades
from dockworthy.facts.engine.client import Client
from dockworthy.facts.engine.daemon import DaemonConfig
from dockworthy.facts.engine.disk import Storage
from dockworthy.facts.engine.escapes import Escapes
from dockworthy.facts.engine.release import EngineRelease
from dockworthy.facts.engine.rootless import Rootless
from dockworthy.facts.harbor.api.harbor import HarborAPI
from dockworthy.facts.harbor.group.members import HarborGroup
from dockworthy.facts.harbor.group.own import OwnFiles
from dockworthy.facts.harbor.installed.config import Harbor
from dockworthy.facts.harbor.running.projects import HarborProjects
from dockworthy.facts.host.audit import Audit
from dockworthy.facts.host.changelogs import Changelogs
from dockworthy.facts.host.clientconfig import ClientConfig
from dockworthy.facts.host.completion import Completion
from dockworthy.facts.host.compose import Compose
from dockworthy.facts.host.mounts import Mounts
from dockworthy.facts.host.os import Clock, OperatingSystem
from dockworthy.facts.host.packages import Packages
from dockworthy.facts.host.processes import Processes
from dockworthy.facts.host.repositories import Repositories
from dockworthy.facts.host.services import Services
from dockworthy.facts.host.timekeeping import TimeKeeping
from dockworthy.facts.host.users import Users
from dockworthy.facts.kernel.cgroups import CgroupFacts
from dockworthy.facts.kernel.facts import KernelFacts
from dockworthy.facts.kernel.limits import Limits
from dockworthy.facts.kernel.modules import ModuleFacts
from dockworthy.facts.kernel.namespaces import NamespaceFacts
from dockworthy.facts.kernel.sysctl import SysctlFacts
from dockworthy.facts.network.addresses import Addresses
from dockworthy.facts.network.bridges import BridgeNetworks
from dockworthy.facts.network.clamping import Clamping
from dockworthy.facts.network.conntrack import Conntrack
from dockworthy.facts.network.filters import PacketFilter
from dockworthy.facts.network.hostfirewall import HostFirewall
from dockworthy.facts.network.links import Links
from dockworthy.facts.network.lookups import Resolution
from dockworthy.facts.network.managers import NetworkManagers
from dockworthy.facts.network.nameservers import NameServers
from dockworthy.facts.network.pools import AddressPools
from dockworthy.facts.network.routes import Routes
from dockworthy.facts.network.spare import SpareSubnets
from dockworthy.facts.registry.certsd import Certsd
from dockworthy.facts.registry.mirrors import Mirrors
from dockworthy.facts.registry.registries import Registries
from dockworthy.hosttree.places import Places
from dockworthy.hosttree.tree import Tree

__all__ = ["NAMES", "Names"]

class Names:
    kernel: KernelFacts
    namespaces: NamespaceFacts
    cgroups: CgroupFacts
    modules: ModuleFacts
    sysctls: SysctlFacts
    # the system around the engine
    os: OperatingSystem
    packages: Packages
    changelogs: Changelogs
    repositories: Repositories
    services: Services
    processes: Processes
    users: Users
    files: Tree
    mounts: Mounts
    places: Places
    limits: Limits
    timekeeping: TimeKeeping
    storage: Storage
    audit: Audit
    compose: Compose
    completion: Completion
    clock: Clock
    client_config: ClientConfig
    # the engine's configuration, and what its API tells
    daemon: DaemonConfig
    engine_release: EngineRelease
    engine: Engine
    client: Client
    containers: Containers
    images: Images
    networks: Networks
    volumes: Volumes
    swarm: Swarm
    disk_usage: Evidence[Mapping[str, Document]]
    content_trust: Evidence[bool]
    escapes: Escapes
    # how packets travel
    links: Links
    addresses: Addresses
    routes: Routes
    bridge_networks: BridgeNetworks
    conntrack: Conntrack
    rootless: Rootless
    # the next boot, reload and upgrade
    installed_kernels: InstalledKernels
    next_mounts: NextMounts
    starters: Starters
    saved_rules: SavedRules
    held_packages: HeldPackages
    apt_conf: AptConf
    upgrades: Upgrades
    needrestart: Needrestart
    next_pools: AddressPools
    spare_subnets: SpareSubnets
    clamping: Clamping
    network_managers: NetworkManagers
    name_servers: NameServers
    resolution: Resolution
    packet_filter: PacketFilter
    host_firewall: HostFirewall
    # registries, their certificates and Harbor
    certsd: Certsd
    registries: Registries
    mirrors: Mirrors
    harbor: Harbor
    harbor_api: HarborAPI
    harbor_files: tuple[OwnFiles, ...]
    harbor_group: HarborGroup
    harbor_projects: HarborProjects

NAMES: dict[str, str]
