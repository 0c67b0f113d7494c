"""The engine's ``Config`` struct: which keys a daemon.json has, what Go type each takes, and the defaults.

Source: ``daemon/config/config.go``, ``config_linux.go`` and ``builder.go``, ``opts/opts.go``,
``opts/address_pools.go``, ``registry/config.go`` of moby 26.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dockworthy.facts.engine.units import ram_in_bytes
from dockworthy.golang.ip import canonical_ip
from dockworthy.golang.json import (
    Any_,
    Bool,
    Decoder,
    Field,
    GoType,
    Integer,
    Map,
    MismatchError,
    Node,
    Pointer,
    Slice,
    String,
    Struct,
    decode,
)
from dockworthy.golang.text import quote
from dockworthy.golang.values import GoError, parse_duration, parse_int

__all__ = ["CONFIG", "FLAT_OPTIONS", "PROXY_KEYS", "SKIP_VALIDATE", "flatten"]

# daemon/config/config.go: keys whose objects are not taken for groups of keys
FLAT_OPTIONS = frozenset(
    {
        "cluster-store-opts",
        "default-network-opts",
        "log-opts",
        "runtimes",
        "default-ulimits",
        "features",
        "builder",
    }
)
# keys that need no flag of that name
SKIP_VALIDATE = frozenset({"features", "builder", "deprecated-key-path"})
PROXY_KEYS = ("http-proxy", "https-proxy", "no-proxy")


@dataclass(frozen=True, slots=True)
class _IP:
    """``net.IP``, by its ``UnmarshalText``: an address in its canonical text, None for none."""

    name: str = "net.IP"

    def zero(self) -> None:
        """Nil."""
        return

    def decode(self, node: Node, current: Any, decoder: Decoder) -> Any:
        """Take the text of an address; an empty one is nil."""
        if node.kind == "null":
            return None
        if node.kind != "string":
            decoder.mismatch(node.kind, self.name)
            return current
        if not node.value:
            return None
        address = canonical_ip(node.value)
        if address is None:
            raise GoError(f"invalid IP address: {node.value}")
        return address


@dataclass(frozen=True, slots=True)
class _MemBytes:
    """``opts.MemBytes``: a size in a string of at least one character; null is refused like a number."""

    name: str = "opts.MemBytes"

    def zero(self) -> int:
        """Nought."""
        return 0

    def decode(self, node: Node, current: Any, decoder: Decoder) -> Any:  # noqa: ARG002 - the types' signature
        """Take the text between the quotes as it was written, escapes and all."""
        raw = node.raw.decode("utf-8", "surrogateescape")
        if node.kind != "string" or len(raw) <= len('""'):
            raise GoError(f"invalid size: {quote(raw)}")
        return ram_in_bytes(raw[1:-1])


@dataclass(frozen=True, slots=True)
class _Pools:
    """``opts.PoolsOpt``: a list of pools, decoded on its own."""

    name: str = "opts.PoolsOpt"

    def zero(self) -> None:
        """None configured."""
        return

    def decode(self, node: Node, current: Any, decoder: Decoder) -> Any:
        """Take a list of objects with ``base`` and ``size``."""
        try:
            return decode(node, _POOLS, current)
        except MismatchError as error:
            raise decoder.wrap(error) from None


@dataclass(frozen=True, slots=True)
class _GCFilter:
    """``config.BuilderGCFilter``: a list of ``name=value``, or the older object of sets."""

    name: str = "config.BuilderGCFilter"

    def zero(self) -> None:
        """No filter."""
        return

    def decode(self, node: Node, current: Any, decoder: Decoder) -> Any:  # noqa: ARG002 - the types' signature
        """Take either form."""
        try:
            return decode(node, Slice(String()))
        except GoError:
            pass
        try:
            return decode(node, Map(Map(Bool())))
        except MismatchError as error:
            raise decoder.wrap(error) from None


@dataclass(frozen=True, slots=True)
class _Duration:
    """``buildkitd/config.Duration``: ``48h``, or a number of seconds, in a string."""

    name: str = "config.Duration"

    def zero(self) -> str:
        """None."""
        return ""

    def decode(self, node: Node, current: Any, decoder: Decoder) -> Any:
        """Take the text of a duration."""
        if node.kind == "null":
            return current
        if node.kind != "string":
            decoder.mismatch(node.kind, self.name)
            return current
        text = node.value
        for mark in ("'", '"'):
            if len(text) > 1 and text[0] == text[-1] == mark:
                text = text[1:-1]
                break
        if text and not _is_duration(text):
            raise GoError(f"invalid duration {text}")
        return text


def _is_duration(text: str) -> bool:
    for read in (parse_duration, parse_int):
        try:
            read(text)
        except GoError:
            continue
        return True
    return False


_POOLS = Slice(Pointer(Struct("ipamutils.NetworkToSplit", (Field("base", String()), Field("size", Integer())))))

_TEXT, _FLAG, _LIST, _INT = String(), Bool(), Slice(String()), Integer()
_INT64 = Integer("int64")
_UINT32 = Integer("uint32", 0, 2**32 - 1)

_BUILDER = Struct(
    "config.BuilderConfig",
    (
        Field(
            "GC",
            Struct(
                "config.BuilderGCConfig",
                (
                    Field("Enabled", _FLAG),
                    Field(
                        "Policy",
                        Slice(
                            Struct(
                                "config.BuilderGCRule",
                                (
                                    Field("All", _FLAG),
                                    Field("Filter", _GCFilter()),
                                    Field("KeepStorage", _TEXT),
                                ),
                            )
                        ),
                    ),
                    Field("DefaultKeepStorage", _TEXT),
                ),
            ),
        ),
        Field(
            "Entitlements",
            Struct(
                "config.BuilderEntitlements",
                (Field("network-host", Pointer(_FLAG)), Field("security-insecure", Pointer(_FLAG))),
            ),
        ),
        Field(
            "History",
            Pointer(Struct("config.BuilderHistoryConfig", (Field("MaxAge", _Duration()), Field("MaxEntries", _INT64)))),
        ),
    ),
)
_RUNTIME = Struct(
    "system.Runtime",
    (
        Field("path", _TEXT),
        Field("runtimeArgs", _LIST),
        Field("runtimeType", _TEXT),
        Field("options", Map(Any_())),
    ),
)
_ULIMIT = Struct("units.Ulimit", (Field("Name", _TEXT), Field("Hard", _INT64), Field("Soft", _INT64)))
_PROXIES = Struct("config.Proxies", tuple(Field(key, _TEXT) for key in PROXY_KEYS))

_COMMON = ("CommonConfig",)
_BRIDGE = (*_COMMON, "BridgeConfig")
_DEFAULT_BRIDGE = (*_BRIDGE, "DefaultBridgeConfig")


def _fields(embedded: tuple[str, ...], **types: GoType) -> tuple[Field, ...]:
    return tuple(Field(name.replace("_", "-"), kind, embedded) for name, kind in types.items())


CONFIG = Struct(
    "config.Config",
    (
        *_fields(
            _COMMON,
            authorization_plugins=_LIST,
            exec_opts=_LIST,
            storage_driver=_TEXT,
            storage_opts=_LIST,
            labels=_LIST,
            network_diagnostic_port=_INT,
            pidfile=_TEXT,
            raw_logs=_FLAG,
            data_root=_TEXT,
            exec_root=_TEXT,
            group=_TEXT,
            api_cors_header=_TEXT,
            proxies=_PROXIES,
            live_restore=_FLAG,
            max_concurrent_downloads=_INT,
            max_concurrent_uploads=_INT,
            max_download_attempts=_INT,
            shutdown_timeout=_INT,
            debug=_FLAG,
            hosts=_LIST,
            log_level=_TEXT,
            log_format=String("log.OutputFormat"),
            tls=Pointer(_FLAG),
            tlsverify=Pointer(_FLAG),
            swarm_default_advertise_addr=_TEXT,
            swarm_raft_heartbeat_tick=_UINT32,
            swarm_raft_election_tick=_UINT32,
            metrics_addr=_TEXT,
            experimental=_FLAG,
            node_generic_resources=_LIST,
            containerd=_TEXT,
            cri_containerd=_FLAG,
            features=Map(_FLAG),
            builder=_BUILDER,
            containerd_namespace=_TEXT,
            containerd_plugin_namespace=_TEXT,
            default_runtime=_TEXT,
            cdi_spec_dirs=_LIST,
        ),
        *_fields((*_COMMON, "TLSOptions"), tlscacert=_TEXT, tlscert=_TEXT, tlskey=_TEXT),
        *_fields((*_COMMON, "DNSConfig"), dns=Slice(_IP()), dns_opts=_LIST, dns_search=_LIST, host_gateway_ip=_IP()),
        *_fields((*_COMMON, "LogConfig"), log_driver=_TEXT, log_opts=Map(_TEXT)),
        *_fields((*_DEFAULT_BRIDGE, "commonBridgeConfig"), bridge=_TEXT, fixed_cidr=_TEXT),
        *_fields(
            _DEFAULT_BRIDGE,
            ipv6=_FLAG,
            fixed_cidr_v6=_TEXT,
            mtu=_INT,
            ip=_IP(),
            bip=_TEXT,
            default_gateway=_IP(),
            default_gateway_v6=_IP(),
            icc=_FLAG,
        ),
        *_fields(
            _BRIDGE,
            iptables=_FLAG,
            ip6tables=_FLAG,
            ip_forward=_FLAG,
            ip_masq=_FLAG,
            userland_proxy=_FLAG,
            userland_proxy_path=_TEXT,
        ),
        *_fields(
            (*_COMMON, "NetworkConfig"),
            default_address_pools=_Pools(),
            network_control_plane_mtu=_INT,
            default_network_opts=Map(Map(_TEXT)),
        ),
        *_fields(
            (*_COMMON, "ServiceOptions"),
            allow_nondistributable_artifacts=_LIST,
            registry_mirrors=_LIST,
            insecure_registries=_LIST,
        ),
        *_fields(
            (),
            runtimes=Map(_RUNTIME),
            default_init=_TEXT,
            cgroup_parent=_TEXT,
            selinux_enabled=_FLAG,
            userns_remap=_TEXT,
            default_ulimits=Map(Pointer(_ULIMIT)),
            cpu_rt_period=_INT64,
            cpu_rt_runtime=_INT64,
            init=_FLAG,
            init_path=_TEXT,
            seccomp_profile=_TEXT,
            default_shm_size=_MemBytes(),
            no_new_privileges=_FLAG,
            default_ipc_mode=_TEXT,
            default_cgroupns_mode=_TEXT,
            resolv_conf=_TEXT,
            rootless=_FLAG,
        ),
    ),
)


def flatten(config: dict[str, Any]) -> dict[str, Any]:
    """A decoded configuration with the proxies' keys beside the others, as the flags name them."""
    flat = {key: value for key, value in config.items() if key != "proxies"}
    flat.update(config["proxies"])
    return flat
