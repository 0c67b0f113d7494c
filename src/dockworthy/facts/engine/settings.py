"""The engine's settings as attributes: those of daemon.json, and which file that is.

Each is named as its key, with underscores, so that a check's misspelt attribute is seen before it runs.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

if TYPE_CHECKING:
    from dockworthy.evidence import Evidence

__all__ = ["Setting", "Settings"]

T = TypeVar("T")


class Setting(Generic[T]):
    """One setting as an attribute: its evidence."""

    __slots__ = ("key",)

    def __set_name__(self, owner: type[Settings], name: str) -> None:
        self.key = name.replace("_", "-")

    @overload
    def __get__(self, settings: None, owner: type[Settings]) -> Setting[T]: ...
    @overload
    def __get__(self, settings: Settings, owner: type[Settings]) -> Evidence[T]: ...
    def __get__(self, settings: Settings | None, owner: type[Settings]) -> Setting[T] | Evidence[T]:
        return self if settings is None else settings.setting(self.key)


class Settings(ABC):
    """The settings by their names; ``setting`` takes the keys that have none here, of newer engines."""

    __slots__ = ()

    @abstractmethod
    def setting(self, key: str) -> Evidence[Any]:
        """One setting by its key, as daemon.json spells it."""

    allow_nondistributable_artifacts = Setting[Sequence[str]]()
    api_cors_header = Setting[str]()
    authorization_plugins = Setting[Sequence[str]]()
    bip = Setting[str]()
    bridge = Setting[str]()
    builder = Setting[Any]()
    cdi_spec_dirs = Setting[Sequence[str]]()
    cgroup_parent = Setting[str]()
    config_file = Setting[str]()
    containerd = Setting[str]()
    containerd_namespace = Setting[str]()
    containerd_plugin_namespace = Setting[str]()
    cpu_rt_period = Setting[int]()
    cpu_rt_runtime = Setting[int]()
    cri_containerd = Setting[bool]()
    data_root = Setting[str]()
    debug = Setting[bool]()
    default_address_pools = Setting[Sequence[Mapping[str, Any]]]()
    default_cgroupns_mode = Setting[str]()
    default_gateway = Setting[str]()
    default_gateway_v6 = Setting[str]()
    default_init = Setting[str]()
    default_ipc_mode = Setting[str]()
    default_network_opts = Setting[Mapping[str, Any]]()
    default_runtime = Setting[str]()
    default_shm_size = Setting[int]()
    default_ulimits = Setting[Mapping[str, Any]]()
    dns = Setting[Sequence[str]]()
    dns_opts = Setting[Sequence[str]]()
    dns_search = Setting[Sequence[str]]()
    exec_opts = Setting[Sequence[str]]()
    exec_root = Setting[str]()
    experimental = Setting[bool]()
    features = Setting[Mapping[str, Any]]()
    fixed_cidr = Setting[str]()
    fixed_cidr_v6 = Setting[str]()
    group = Setting[str]()
    host_gateway_ip = Setting[str]()
    hosts = Setting[Sequence[str]]()
    icc = Setting[bool]()
    init = Setting[bool]()
    init_path = Setting[str]()
    insecure_registries = Setting[Sequence[str]]()
    ip = Setting[str]()
    ip_forward = Setting[bool]()
    ip_masq = Setting[bool]()
    ip6tables = Setting[bool]()
    iptables = Setting[bool]()
    ipv6 = Setting[bool]()
    labels = Setting[Sequence[str]]()
    live_restore = Setting[bool]()
    log_driver = Setting[str]()
    log_format = Setting[str]()
    log_level = Setting[str]()
    log_opts = Setting[Mapping[str, Any]]()
    max_concurrent_downloads = Setting[int]()
    max_concurrent_uploads = Setting[int]()
    max_download_attempts = Setting[int]()
    metrics_addr = Setting[str]()
    mtu = Setting[int]()
    network_control_plane_mtu = Setting[int]()
    network_diagnostic_port = Setting[int]()
    no_new_privileges = Setting[bool]()
    node_generic_resources = Setting[Sequence[str]]()
    pidfile = Setting[str]()
    proxies = Setting[Mapping[str, str]]()
    raw_logs = Setting[bool]()
    registry_mirrors = Setting[Sequence[str]]()
    resolv_conf = Setting[str]()
    rootless = Setting[bool]()
    runtimes = Setting[Mapping[str, Any]]()
    seccomp_profile = Setting[str]()
    selinux_enabled = Setting[bool]()
    shutdown_timeout = Setting[int]()
    storage_driver = Setting[str]()
    storage_opts = Setting[Sequence[str]]()
    swarm_default_advertise_addr = Setting[str]()
    swarm_raft_election_tick = Setting[int]()
    swarm_raft_heartbeat_tick = Setting[int]()
    tls = Setting[bool]()
    tlscacert = Setting[str]()
    tlscert = Setting[str]()
    tlskey = Setting[str]()
    tlsverify = Setting[bool]()
    userland_proxy = Setting[bool]()
    userland_proxy_path = Setting[str]()
    userns_remap = Setting[str]()
