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
    from collections.abc import Iterator

    from dockworthy.facts.engine.inputs import EngineInputs
    from dockworthy.releases import Rules

__all__ = ["Pool", "address_pools", "check_controller", "check_network", "check_tables"]

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
_EVERYTHING6 = ipaddress.ip_network("::/0")
_MOST_NETWORKS = 4096  # of one pool that are looked through
MIN_MTU, MAX_MTU = 68, 65535  # of the kernel's bridge device


def check_controller(config: dict[str, Any], inputs: EngineInputs) -> None:
    """Refuse the pools and the store with which libnetwork begins."""
    address_pools(config["default-address-pools"] or [], inputs.rules)
    if "cluster-store" in config:
        _check_store(config["cluster-store"], inputs.rules)


def check_network(config: dict[str, Any], inputs: EngineInputs) -> None:
    """Refuse what libnetwork refuses when it sets up the default bridge."""
    rules = inputs.rules
    pools = address_pools(config["default-address-pools"] or [], rules)
    if config["bridge"] == "none":
        return
    bridge = config["bridge"] or DEFAULT_BRIDGE
    if rules.holds("bridge.key-named"):
        four = _wanted(config, bridge, _FOUR, inputs)
        six = _wanted(config, bridge, _SIX, inputs) if config["ipv6"] else None
    else:
        four = _pool(config, _addresses(bridge, _FOUR, inputs), rules)
        six = _pool_of_old(config, rules)
    with prefixed(f'{"E" if rules.holds("bridge.capital") else "e"}rror creating default "bridge" network: '):
        _allocate(config, four, six, pools, inputs)
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
    provider, rest = provider.strip(), rest.strip()
    if not provider or not rest:
        raise _no_controller("unexpected scope global without configuration passed")
    if provider == "boltdb":
        raise _no_controller(
            "boltdb supports one endpoint and should be a file path"
            if "," in rest
            else "boltBucket config option missing"
        )
    # the names of the stores are told before any is known
    if provider not in {"consul", "etcd", "zk"} or (provider == "consul" and rules.holds("consul.absent")):
        raise _no_controller("Backend storage not supported yet, please choose one of ")
    if provider == "consul" and "," in rest.partition("/")[0]:
        raise _no_controller("consul does not support multiple endpoints")


def check_tables(config: dict[str, Any], inputs: EngineInputs) -> None:
    """Refuse a packet filter whose program is missing."""
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


class Pool(NamedTuple):
    """A network that is split into others of a size, the length of their prefixes."""

    base: Network
    size: int


def address_pools(configured: list[dict[str, Any]], rules: Rules) -> list[Pool]:
    """The pools of networks that name none (``SplitNetworks``); the default ones where none is configured.

    Raises:
        GoError, GoPanic: where the engine refuses them.
    """
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
        networks.append(Pool(network, size))
    return networks


def _prefixes(configured: list[dict[str, Any]]) -> list[Pool]:
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
        networks.append(Pool(prefix.network, size))
    return networks


def _no_controller(text: str) -> GoError:
    return GoError(f"error obtaining controller instance: {text}")


class _Family(NamedTuple):
    """The settings of one address family."""

    version: int
    fixed: str
    bip: str
    gateway: str
    label: str


_FOUR = _Family(4, "fixed-cidr", "bip", "default-gateway", "DefaultGatewayIPv4")
_SIX = _Family(6, "fixed-cidr-v6", "bip6", "default-gateway-v6", "DefaultGatewayIPv6")
_LINK_LOCAL = ipaddress.ip_network("fe80::/64")


class _Wanted(NamedTuple):
    """The network that is asked for, the bridge's own address in it, and the part that containers get theirs from."""

    pool: Network | None
    gateway: str
    part: Network | None


def _addresses(bridge: str, family: _Family, inputs: EngineInputs) -> tuple[str, ...]:
    """The addresses of the bridge device that is already there."""
    if inputs.links is None:
        return ()
    six = family is _SIX
    return tuple(address for address in inputs.links.get(bridge, ()) if (":" in address) == six)


def _wanted(config: dict[str, Any], bridge: str, family: _Family, inputs: EngineInputs) -> _Wanted:
    """What is asked for (``getDefaultBridgeIPAMConf``)."""
    fixed, start = None, ""
    if config[family.fixed]:
        start, fixed = _asked(family.fixed, config, inputs.rules)
    if config[family.bip]:
        gateway, pool = _asked(family.bip, config, inputs.rules)
    else:
        found = _select(start, fixed, bool(config["bridge"]), _addresses(bridge, family, inputs))
        if found is None:
            return _Wanted(fixed, "", fixed)
        gateway, pool = found
    if fixed is not None and config["bridge"] and not (_inside(start, pool) and fixed.prefixlen >= pool.prefixlen):
        if family is _SIX:
            raise GoError(
                f"{family.fixed}={config[family.fixed]} is outside any subnet implied by addresses on the "
                "user-managed default bridge"
            )
        fixed = None
    return _Wanted(pool, gateway, fixed)


def _select(start: str, fixed: Network | None, users: bool, addresses: tuple[str, ...]) -> tuple[str, Network] | None:
    """The address that the bridge keeps, of those that it has (``selectBIP``)."""
    there = [parse_cidr(address) for address in addresses]
    if fixed is None or not _inside(start, _LINK_LOCAL):
        there = [item for item in there if not _inside(item[0], _LINK_LOCAL)]
    if not there:
        return None
    chosen = there[0]
    if len(there) > 1 and fixed is not None:
        for item in there:
            if _inside(start, item[1]):
                chosen = item
                break
            if _inside(item[0], fixed) and not _inside(chosen[0], fixed):
                chosen = item
    gateway, pool = chosen
    if fixed is None or users:
        return chosen
    if not _inside(start, pool):
        return None
    return gateway, pool.supernet(new_prefix=fixed.prefixlen) if fixed.prefixlen < pool.prefixlen else pool


def _inside(address: str, network: Network) -> bool:
    return ipaddress.ip_address(address) in network


def _asked(key: str, config: dict[str, Any], rules: Rules) -> tuple[str, Network]:
    with prefixed(f"parse {key} failed: " if rules.holds("bridge.key-named") else ""):
        return parse_cidr(config[key])


def _pool(config: dict[str, Any], addresses: tuple[str, ...], rules: Rules) -> _Wanted:
    """The IPv4 network that engines before 28.0 are asked for."""
    pool: Network | None = None
    part: Network | None = None
    gateway = ""
    if addresses:
        chosen = addresses[0]
        if len(addresses) > 1 and config["fixed-cidr"]:
            _, fixed = parse_cidr(config["fixed-cidr"])
            chosen = next((item for item in addresses if _inside(item.partition("/")[0], fixed)), chosen)
        gateway, pool = parse_cidr(chosen)
    if config["bip"]:
        gateway, pool = _asked("bip", config, rules)
    if config["fixed-cidr"]:
        _, part = parse_cidr(config["fixed-cidr"])
        pool = pool or part
    return _Wanted(pool, gateway, part)


def _pool_of_old(config: dict[str, Any], rules: Rules) -> _Wanted | None:
    """The IPv6 network that engines before 28.0 are asked for."""
    if rules.holds("ipv6.subnet") and config["ipv6"] and not config["fixed-cidr-v6"]:
        raise GoError(
            "IPv6 is enabled for the default bridge, but no subnet is configured. "
            "Specify an IPv6 subnet using --fixed-cidr-v6"
        )
    if not config["fixed-cidr-v6"]:
        return None
    _, fixed = parse_cidr(config["fixed-cidr-v6"])
    return _Wanted(fixed, "", None) if config["ipv6"] else None


def _reserved(network: Network) -> set[str]:
    """The addresses that the allocator keeps back: the network's, and IPv4's broadcast (``newPoolData``)."""
    if network.version != 4:  # noqa: PLR2004 - IPv4
        return {str(network.network_address)}
    if network.num_addresses <= 2:  # noqa: PLR2004 - a pair of hosts has neither
        return set()
    return {str(network.network_address), str(network.broadcast_address)}


def _allocate(
    config: dict[str, Any], four: _Wanted, six: _Wanted | None, pools: list[Pool], inputs: EngineInputs
) -> None:
    pool, _ = _take(config, four, _FOUR, pools, inputs)
    if six is not None:
        pool6, own = _take(config, six, _SIX, pools, inputs)
        if pool6 is not None and pool6.network_address.is_multicast:
            raise GoError(
                f"failed to add IPv6 address {own}/{pool6.prefixlen} to bridge: cannot assign requested address"
            )
    else:
        pool6 = None
    if pool == _EVERYTHING:
        raise GoError("ipv4 pool is empty")
    if pool6 == _EVERYTHING6:
        raise GoError("ipv6 pool is empty")
    if pool is not None and pool.version == 6 and config["iptables"] and config["ip-masq"]:  # noqa: PLR2004 - IPv6
        # iptables gets the IPv6 network of the bridge for one of its IPv4 rules
        raise GoError(
            f"Failed to Setup IP tables: Unable to enable NAT rule:  (iptables failed: iptables --wait -t nat "
            f"-I POSTROUTING -s {pool} ! -o {DEFAULT_BRIDGE} -j MASQUERADE: invalid mask)"
        )


def _take(
    config: dict[str, Any], wanted: _Wanted, family: _Family, pools: list[Pool], inputs: EngineInputs
) -> tuple[Network | None, str]:
    """The network that the bridge gets, and its own address in it (``ipamAllocateVersion``)."""
    pool, gateway, part = wanted
    rules = inputs.rules
    if pool is not None and not int(pool.network_address) and rules.holds("pools.unspecified"):
        if part is not None:
            raise GoError(
                f'failed to parse pool request for address space "LocalDefault" pool "" subpool "{part}": '
                "invalid address subpool"
            )
        if pool.prefixlen and not any(
            item.base.version == family.version and item.base.prefixlen <= pool.prefixlen for item in pools
        ):
            raise GoError("invalid address pool")
        raise GoError(f"failed to allocate gateway ({gateway}): requested address is out of range")
    if pool is not None and part is not None and pool.version != part.version:
        raise GoError("pool and subpool are of incompatible address families")
    if pool is None:
        pool = _free_pool(pools, family, inputs)
        if pool is None:
            if config[family.gateway]:
                raise UndecidedError("the IPv6 network that the engine makes up for this host")
            return None, ""
    if pool.version != family.version and rules.holds("pools.prefix"):
        # it is booked among the networks of one family and looked for among those of the other
        shown = "invalid Prefix" if part is None else part if part.prefixlen >= pool.prefixlen else pool
        raise GoError(f"failed to allocate gateway ({gateway}): cannot find address pool for poolID:{pool}/{shown}")
    if family is _FOUR and pool.version == 6 and not gateway and pool.prefixlen <= 64:  # noqa: PLR2004 - more than the allocator counts
        raise GoError("failed to allocate gateway (): invalid bit range [0, 18446744073709551615)")
    return pool, _reserve(family.label, config[family.gateway], pool, gateway)


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


def _free_pool(pools: list[Pool], family: _Family, inputs: EngineInputs) -> Network | None:
    """The first network of a pool that no interface of the host overlaps; none where the engine makes its own up."""
    six = family is _SIX
    used = [
        ipaddress.ip_network(address, strict=False)
        for name, addresses in (inputs.links or {}).items()
        for address in addresses
        if name != DEFAULT_BRIDGE and (":" in address) == six
    ]
    fitting = [pool for pool in pools if pool.base.version == family.version]
    if six and not fitting:
        return None
    if not fitting and inputs.rules.holds("pools.unspecified"):
        raise GoError("invalid address pool")
    for pool in fitting:
        if pool.size > pool.base.max_prefixlen:
            raise GoError("failed to allocate gateway (): invalid pool id: LocalDefault/invalid Prefix")
        networks: Iterator[Network] = iter(pool.base.subnets(new_prefix=pool.size))
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
