"""The default bridge network: the addresses and the device that its settings ask for.

Source: ``initBridgeDriver`` (``daemon/daemon_unix.go``), ``libnetwork/ipam``, ``libnetwork/ipamutils``,
``libnetwork/drivers/bridge`` and ``libnetwork/network.go`` (``ipamAllocateVersion``) of moby.
"""

from __future__ import annotations

import ipaddress
import itertools
from typing import TYPE_CHECKING, Any, NamedTuple

from dockworthy.golang.ip import Network, parse_cidr, parse_prefix
from dockworthy.golang.text import quote
from dockworthy.golang.values import GoError, GoPanic, prefixed
from dockworthy.hosttree.faults import PathError, UndecidedError
from dockworthy.hosttree.tree import look_path

if TYPE_CHECKING:
    from dockworthy.facts.engine.inputs import EngineInputs
    from dockworthy.releases import Rules

__all__ = ["check_network"]

DEFAULT_BRIDGE = "docker0"
# libnetwork/ipamutils: the pools that networks are taken from where none are configured
_DEFAULT_POOLS = (
    ("172.17.0.0/16", 16),
    ("172.18.0.0/16", 16),
    ("172.19.0.0/16", 16),
    ("172.20.0.0/14", 16),
    ("172.24.0.0/14", 16),
    ("172.28.0.0/14", 16),
    ("192.168.0.0/16", 20),
)
_EVERYTHING = ipaddress.ip_network("0.0.0.0/0")
_MOST_NETWORKS = 4096  # of one pool that are looked through
MIN_MTU, MAX_MTU = 68, 65535  # of the kernel's bridge device


def check_network(config: dict[str, Any], inputs: EngineInputs) -> None:
    """Refuse what libnetwork refuses when it sets up the default bridge."""
    rules = inputs.rules
    pools = _pools(config["default-address-pools"] or [], rules)
    if "cluster-store" in config:
        _check_store(config["cluster-store"], rules)
    _check_tables(config, inputs)
    if config["bridge"] == "none":
        return
    bridge = config["bridge"] or DEFAULT_BRIDGE
    addresses = _addresses(bridge, inputs)
    pool, gateway = _pool(config, addresses, rules)
    if rules.holds("ipv6.subnet") and config["ipv6"] and not config["fixed-cidr-v6"]:
        raise GoError(
            "IPv6 is enabled for the default bridge, but no subnet is configured. "
            "Specify an IPv6 subnet using --fixed-cidr-v6"
        )
    if config["fixed-cidr-v6"]:
        parse_cidr(config["fixed-cidr-v6"])
    with prefixed(f'{"E" if rules.holds("bridge.capital") else "e"}rror creating default "bridge" network: '):
        _allocate(config, pool, gateway, pools, inputs)
        _check_device(config, bridge, inputs)
        if config.get("firewall-backend") == "nftables":
            _check_forwarding(config, inputs)


def _check_forwarding(config: dict[str, Any], inputs: EngineInputs) -> None:
    """With nftables the engine switches forwarding on no longer, and asks whether it is."""
    if not config["ip-forward"]:
        return
    advice = "or disable this check using daemon option --ip-forward=false"
    if not _forwards("net/ipv4/ip_forward", inputs):
        raise GoError(
            "IPv4 forwarding is disabled: check your host's firewalling and set sysctl net.ipv4.ip_forward=1, " + advice
        )
    names = ("net/ipv6/conf/default/forwarding", "net/ipv6/conf/all/forwarding")
    if config["ipv6"] and not all(_forwards(name, inputs) for name in names):
        raise GoError(
            "IPv6 global forwarding is disabled: check your host's firewalling and set sysctls "
            "net.ipv6.conf.all.forwarding=1 and net.ipv6.conf.default.forwarding=1, " + advice
        )


def _forwards(name: str, inputs: EngineInputs) -> bool:
    path = f"/proc/sys/{name}"
    try:
        return inputs.files.read_file(path).strip() != b"0"
    except PathError:
        raise UndecidedError(path) from None


def _check_store(store: str, rules: Rules) -> None:
    """The external key-value store of engines of old."""
    if not store.strip():
        return
    provider, found, rest = store.partition("://")
    if not found or "://" in rest:
        raise GoError("kv store daemon config must be of the form KV-PROVIDER://KV-URL")
    names = [] if rules.holds("cluster-store.absent") else ["consul", "etcd", "zk", "boltdb"]
    if provider not in names:
        raise _no_controller(f"Backend storage not supported yet, please choose one of {', '.join(names)}")


def _check_tables(config: dict[str, Any], inputs: EngineInputs) -> None:
    if config.get("firewall-backend") == "nftables":
        if not look_path("nft", inputs.search_path, inputs.files):
            raise _no_controller(
                "firewall-backend is set to nftables: failed to find nft tool: "
                'exec: "nft": executable file not found in $PATH'
            )
    elif config["iptables"] and not look_path("iptables", inputs.search_path, inputs.files):
        raise GoError(
            'error obtaining controller instance: failed to register "bridge" driver: '
            "failed to create NAT chain DOCKER: iptables not found"
        )


class _Pool(NamedTuple):
    """A network that is split into others of a size."""

    base: Network
    size: int


def _pools(configured: list[dict[str, Any]], rules: Rules) -> list[_Pool]:
    """The pools (``SplitNetworks``); the default ones where none is configured."""
    networks = []
    if None in configured:
        raise GoPanic("runtime error: invalid memory address or nil pointer dereference")
    if configured and rules.holds("pools.prefix"):
        return _prefixes(configured)
    given = [(pool["base"], pool["size"]) for pool in configured]
    for index, (base, size) in enumerate(given or _DEFAULT_POOLS):
        try:
            _, network = parse_cidr(base)
        except GoError as error:
            raise _no_controller(f"invalid base pool {quote(base)}: {error}") from None
        if size <= 0 or size < network.prefixlen:
            raise _no_controller(f"invalid pools size: {size}")
        if size > network.max_prefixlen:
            raise _no_controller(
                f"could not construct local address space: network at index {index} (<nil>) is not in canonical form"
            )
        networks.append(_Pool(network, size))
    return networks


def _prefixes(configured: list[dict[str, Any]]) -> list[_Pool]:
    """The configured pools (``splitByIPFamily``)."""
    networks = []
    for index, pool in enumerate(configured):
        base, size = pool["base"], pool["size"]
        shown = f"network at index {index} (&{{{base or 'invalid Prefix'} {size}}})"
        if not base or size == 0:
            raise _no_controller(f"could not construct local address space: {shown} is not in canonical form")
        prefix = parse_prefix(base)
        if prefix.bits > size:
            raise _no_controller(
                f"could not construct local address space: {shown} has a smaller prefix (/{prefix.bits}) than the "
                f"target size of that pool (/{size})"
            )
        networks.append(_Pool(prefix.network, size))
    return networks


def _no_controller(text: str) -> GoError:
    return GoError(f"error obtaining controller instance: {text}")


def _addresses(bridge: str, inputs: EngineInputs) -> tuple[str, ...]:
    """The IPv4 addresses of the bridge device that is already there."""
    if inputs.links is None:
        return ()
    return tuple(address for address in inputs.links.get(bridge, ()) if ":" not in address)


def _asked(key: str, config: dict[str, Any], rules: Rules) -> tuple[str, Network]:
    with prefixed(f"parse {key} failed: " if rules.holds("bridge.key-named") else ""):
        return parse_cidr(config[key])


def _pool(config: dict[str, Any], addresses: tuple[str, ...], rules: Rules) -> tuple[Network | None, str]:
    """The IPv4 network that is asked for, and the bridge's own address in it."""
    pool: Network | None = None
    gateway = ""
    if config["fixed-cidr"] and rules.holds("bridge.key-named"):
        _asked("fixed-cidr", config, rules)  # is looked at first there
    if addresses:
        chosen = addresses[0]
        if len(addresses) > 1 and config["fixed-cidr"]:
            _, fixed = parse_cidr(config["fixed-cidr"])
            inside = (item for item in addresses if ipaddress.ip_address(item.partition("/")[0]) in fixed)
            chosen = next(inside, chosen)
        gateway, pool = parse_cidr(chosen)
    if config["bip"]:
        gateway, pool = _asked("bip", config, rules)
    if config["fixed-cidr"]:
        _, fixed = parse_cidr(config["fixed-cidr"])
        if pool is None:
            pool = fixed
        elif pool.version != fixed.version:
            raise GoError(
                'error creating default "bridge" network: pool and subpool are of incompatible address families'
            )
    return pool, gateway


def _reserved(network: Network) -> set[str]:
    """The addresses that the allocator keeps back: the network's, and IPv4's broadcast (``newPoolData``)."""
    if network.version != 4:  # noqa: PLR2004 - IPv4
        return {str(network.network_address)}
    if network.num_addresses <= 2:  # noqa: PLR2004 - a pair of hosts has neither
        return set()
    return {str(network.network_address), str(network.broadcast_address)}


def _allocate(
    config: dict[str, Any], pool: Network | None, gateway: str, pools: list[_Pool], inputs: EngineInputs
) -> None:
    if pool is None:
        pool = _free_pool(pools, inputs)
    if pool.version == 6 and not gateway and pool.prefixlen <= 64:  # noqa: PLR2004 - more than the allocator counts
        raise GoError("failed to allocate gateway (): invalid bit range [0, 18446744073709551615)")
    _reserve("DefaultGatewayIPv4", config["default-gateway"], pool, gateway)
    if config["ipv6"] and config["fixed-cidr-v6"]:
        _, fixed = parse_cidr(config["fixed-cidr-v6"])
        own = _reserve("DefaultGatewayIPv6", config["default-gateway-v6"], fixed, "")
        if fixed.network_address.is_multicast:
            raise GoError(
                f"failed to add IPv6 address {own}/{fixed.prefixlen} to bridge: cannot assign requested address"
            )
    if pool == _EVERYTHING:
        raise GoError("ipv4 pool is empty")
    if pool.version == 6 and config["iptables"] and config["ip-masq"]:  # noqa: PLR2004 - IPv6
        # iptables gets the IPv6 network of the bridge for one of its IPv4 rules
        raise GoError(
            f"Failed to Setup IP tables: Unable to enable NAT rule:  (iptables failed: iptables --wait -t nat "
            f"-I POSTROUTING -s {pool} ! -o {DEFAULT_BRIDGE} -j MASQUERADE: invalid mask)"
        )


def _reserve(name: str, wanted: str | None, pool: Network, gateway: str) -> str:
    """Take the bridge's own address and the containers' gateway out of a pool; the bridge's own address."""
    taken = _reserved(pool)
    if gateway in taken:
        raise GoError(f"failed to allocate gateway ({gateway}): Address already in use")
    if not gateway:
        hosts = (str(address) for address in itertools.islice(pool, 3) if str(address) not in taken)
        gateway = next(hosts, "")
        if not gateway:
            raise GoError("failed to allocate gateway (): no available addresses on this pool")
    taken.add(gateway)
    _check_gateway(name, wanted, pool, taken)
    return gateway


def _check_gateway(name: str, address: str | None, pool: Network, taken: set[str]) -> None:
    if not address:
        return
    if ipaddress.ip_address(address) not in pool:
        raise GoError(f"auxiliary address: ({name}:{address}) must belong to the master pool: {pool}")
    if address in taken:
        raise GoError(f"failed to allocate secondary ip address ({name}:{address}): Address already in use")


def _free_pool(pools: list[_Pool], inputs: EngineInputs) -> Network:
    """The first network of an IPv4 pool that no interface of the host overlaps."""
    used = [
        ipaddress.ip_network(address, strict=False)
        for name, addresses in (inputs.links or {}).items()
        for address in addresses
        if name != DEFAULT_BRIDGE and ":" not in address
    ]
    for pool in pools:
        if pool.base.version == 6:  # noqa: PLR2004 - IPv6
            continue
        if pool.size > pool.base.max_prefixlen:
            raise GoError("failed to allocate gateway (): invalid pool id: LocalDefault/invalid Prefix")
        networks = pool.base.subnets(new_prefix=pool.size)
        for network in itertools.islice(networks, _MOST_NETWORKS):
            if not any(network.overlaps(other) for other in used):
                return network
        if next(networks, None) is not None:
            raise UndecidedError(f"a free network among those of {pool.base}")
    if inputs.rules.holds("pools.prefix"):
        raise GoError("all predefined address pools have been fully subnetted")
    raise GoError(
        "could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network"
    )


def _check_device(config: dict[str, Any], bridge: str, inputs: EngineInputs) -> None:
    if bridge != inputs.env.get("DOCKER_TEST_CREATE_DEFAULT_BRIDGE", DEFAULT_BRIDGE):
        if inputs.links is None:
            raise UndecidedError(f"the network interface {bridge}")
        if bridge not in inputs.links:
            raise GoError(f"bridge device with non default name {bridge} must be created manually")
    if config["mtu"] and not MIN_MTU <= config["mtu"] <= MAX_MTU:
        raise GoError("invalid argument")
