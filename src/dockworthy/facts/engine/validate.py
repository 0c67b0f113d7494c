"""The checks of the merged configuration, before anything of the host is touched.

Source: ``daemon/config/config.go`` (``Validate``, ``GetConflictFreeLabels``, ``ValidateMinAPIVersion``) and
``config_linux.go`` (``ValidatePlatformConfig``) of moby, ``libnetwork/drivers/bridge`` (``fixed-cidr-v6``).
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

from dockworthy.facts.engine.options import (
    parse_generic_resources,
    validate_dns_search,
    validate_host,
    validate_label,
    validate_mirror_of,
)
from dockworthy.golang.ip import canonical_ip, parse_cidr, parse_prefix
from dockworthy.golang.text import quote
from dockworthy.golang.values import GoError, atoi, attempt, parse_uint, prefixed, trim_space

if TYPE_CHECKING:
    from dockworthy.hosttree.tree import Tree
    from dockworthy.releases import Rules

__all__ = [
    "check_default_runtime",
    "check_log_level",
    "check_reserved",
    "compare_api",
    "conflict_free_labels",
    "validate",
    "validate_min_api_version",
]

LOG_LEVELS = frozenset({"panic", "fatal", "error", "warn", "info", "debug", "trace"})
LOG_FORMATS = frozenset({"text", "json"})
STOCK_RUNTIMES = frozenset({"runc", "io.containerd.runc.v2"})
LEGACY_RUNTIME = "io.containerd.runtime.v1.linux"  # up to 20.10
MAX_PORT = 65535
_LINK_LOCAL = ipaddress.IPv6Network("fe80::/64")


def validate(config: dict[str, Any], files: Tree, rules: Rules) -> None:
    """Refuse what the engine refuses in a merged configuration."""
    if rules.holds("graph.refused") and config["graph"]:
        raise GoError('the "graph" config file option is deprecated; use "data-root" instead')
    _validate_logging(config, rules)
    _validate_lists(config, rules)
    _validate_numbers(config, rules)
    if rules.holds("runtimes.early"):
        check_reserved(config["runtimes"] or {})
    parse_generic_resources(config["node-generic-resources"] or [])
    if rules.holds("runtimes.early"):
        check_default_runtime(config, rules)
    _validate_addresses(config, rules)
    _validate_platform(config, files, rules)


def _validate_logging(config: dict[str, Any], rules: Rules) -> None:
    if rules.holds("log-level.early"):
        check_log_level(config["log-level"], "invalid logging level", rules)
    if config.get("log-format") and config["log-format"] not in LOG_FORMATS:
        raise GoError(f"invalid log format: {config['log-format']}")
    embedded = rules.holds("embedded.cri") and (config["features"] or {}).get("embedded-containerd")
    if embedded and config["cri-containerd"]:
        raise GoError(
            'conflicting options: cannot use the "embedded-containerd" feature and CRI support (--cri-containerd) at '
            "the same time"
        )


def _validate_addresses(config: dict[str, Any], rules: Rules) -> None:
    if rules.holds("host.early"):
        for host in config["hosts"] or []:
            validate_host(host, rules)
    if rules.holds("mirror.early"):
        for mirror in config["registry-mirrors"] or []:
            validate_mirror_of(mirror, rules)
    if rules.holds("cors.refused") and config["api-cors-header"]:
        raise GoError(
            'DEPRECATED: The "api-cors-header" config parameter and the dockerd "--api-cors-header" option have been '
            "removed; use a reverse proxy if you need CORS headers"
        )
    if rules.holds("exec-opts.names"):
        _validate_exec_options(config["exec-opts"] or [])


def check_log_level(level: str, refusal: str, rules: Rules) -> None:
    """Refuse a log level that is none."""
    levels = LOG_LEVELS | {"warning"} if rules.holds("log-level.warning") else LOG_LEVELS
    if level and level.lower() not in levels:
        raise GoError(f"{refusal}: {level}")


def _validate_lists(config: dict[str, Any], rules: Rules) -> None:
    if rules.holds("ip-address.plain"):
        for address in config["dns"] or []:
            if canonical_ip(trim_space(address)) is None:
                raise GoError(f"{address} is not an ip address")
    for domain in config["dns-search"] or []:
        validate_dns_search(domain)
    families = ["6" if ":" in address else "4" for address in config.get("host-gateway-ips") or ()]
    for index, family in enumerate(families):
        if family in families[:index]:
            raise GoError(f"only one IPv{family} host gateway IP address can be specified")
    for label in config["labels"] or []:
        validate_label(label)


def _validate_numbers(config: dict[str, Any], rules: Rules) -> None:
    for key, name in (
        ("mtu", "default MTU"),
        ("max-concurrent-downloads", "max concurrent downloads"),
        ("max-concurrent-uploads", "max concurrent uploads"),
        ("max-download-attempts", "max download attempts"),
        ("default-stop-timeout", "default stop timeout"),
    ):
        value = config.get(key)
        least = 1 if key == "max-download-attempts" and rules.holds("attempts.nought") else 0
        if value is not None and value < least and (key != "mtu" or rules.holds("mtu.negative")):
            raise GoError(f"invalid {name}: {value}")
    port = config["network-diagnostic-port"]
    if rules.holds("diagnostic-port.range") and not 0 <= port <= MAX_PORT:
        raise GoError(f"invalid network-diagnostic-port ({port}): value must be between 0 and 65535")


def check_reserved(runtimes: dict[str, Any]) -> None:
    """The engine's own runtime can't be another."""
    if "runc" in runtimes:
        raise GoError("runtime name 'runc' is reserved")


def is_shim_name(name: str) -> bool:
    """``isPermissibleC8dRuntimeName``: the name of a containerd shim, which nobody has to configure."""
    parts = name.split(".")
    return "/" not in name and len(parts) > 1 and parts[0] != ""


def check_default_runtime(config: dict[str, Any], rules: Rules) -> None:
    """Refuse a default runtime that there is not."""
    name = config["default-runtime"]
    if not name or name in STOCK_RUNTIMES or name in (config["runtimes"] or {}):
        return
    found = is_shim_name(name) if rules.holds("runtimes.shims") else name == LEGACY_RUNTIME
    if not found:
        raise GoError(f"specified default runtime '{name}' does not exist")


def _validate_exec_options(options: list[str]) -> None:
    """``parseExecOptions``."""
    for option in options:
        key, found, value = option.partition("=")
        name = trim_space(key).lower()
        if not found or not name or not trim_space(value):
            raise GoError(f"invalid exec-opt ({option}): must be formatted 'opt=value'")
        if name == "isolation":
            raise GoError(f"invalid exec-opt ({option}): option '{name}' is only supported on windows")
        if name != "native.cgroupdriver":
            raise GoError(f"invalid exec-opt ({option}): unknown option: '{name}'")


def _validate_platform(config: dict[str, Any], files: Tree, rules: Rules) -> None:
    if rules.holds("oom-score.refused") and config["oom-score-adjust"]:
        raise GoError(
            'DEPRECATED: The "oom-score-adjust" config parameter and the dockerd "--oom-score-adjust" options have '
            "been removed."
        )
    if rules.holds("proxy-path.checked") and config["userland-proxy"]:
        _validate_proxy(config["userland-proxy-path"], files)
    _validate_ipc_mode(config["default-ipc-mode"], rules)
    if config["fixed-cidr-v6"] and rules.holds("fixed-cidr-v6.early"):
        _validate_cidr_v6(config["fixed-cidr-v6"], rules)
    if rules.holds("windows-dns.refused") and "windows-dns-proxy" in (config["features"] or {}):
        raise GoError("feature option 'windows-dns-proxy' is only available on Windows")
    if config.get("firewall-backend") not in {None, "", "iptables", "nftables"}:
        raise GoError('invalid firewall-backend: allowed values are "iptables" and "nftables"')
    with prefixed("invalid bridge-accept-fwmark: "):
        _validate_mark(config.get("bridge-accept-fwmark") or "")
    _validate_cgroup_mode(config.get("default-cgroupns-mode", ""), rules)


def _validate_mark(text: str) -> None:
    """``validateFwMarkMask``."""
    mark, found, mask = text.partition("/")
    for kind, part in (("mark", mark if text else "0"), ("mask", mask if found else "0")):
        with prefixed(f"invalid firewall {kind} {quote(text)}: "):
            parse_uint(part, 0, 32)


def _validate_cgroup_mode(mode: str, rules: Rules) -> None:
    if mode in {"", "private", "host"}:
        return
    if rules.holds("cgroupns.terse"):
        raise GoError(f'invalid default cgroup namespace ({mode}): use "host" or "private"')
    if rules.holds("modes.capital"):
        raise GoError(f'Default cgroup namespace mode ({mode}) is invalid. Use "host" or "private".')
    raise GoError(f'default cgroup namespace mode ({mode}) is invalid; use "host" or "private"')


def _validate_proxy(path: str, files: Tree) -> None:
    if not path:
        raise GoError("invalid userland-proxy-path: userland-proxy is enabled, but userland-proxy-path is not set")
    if not path.startswith("/"):
        raise GoError(f"invalid userland-proxy-path: must be an absolute path: {path}")
    reason = files.executable(path)
    if reason:
        raise GoError(f'invalid userland-proxy-path: exec: "{path}": {reason}')


def _validate_ipc_mode(mode: str, rules: Rules) -> None:
    capital = rules.holds("modes.capital")
    hint = 'Use "shareable" or "private".' if capital else 'use "shareable" or "private"'
    sign = "." if capital else ";"
    # a mode that names a container is valid as such, whatever follows the colon
    if mode not in {"", "none", "private", "host", "shareable"} and not mode.startswith("container:"):
        raise GoError(f"{'D' if capital else 'd'}efault IPC mode setting ({mode}) is invalid{sign} {hint}")
    if mode not in {"", "private", "shareable"}:
        raise GoError(f'IPC mode "{mode}" is not supported as default value{sign} {hint}')


def _validate_cidr_v6(text: str, rules: Rules) -> None:
    if rules.holds("fixed-cidr-v6.prefix"):
        with prefixed("invalid fixed-cidr-v6: invalid fixed-cidr-v6: "):
            _validate_prefix_v6(text)
        return
    with prefixed("invalid fixed-cidr-v6: "):
        address, network = parse_cidr(text)
    if ":" not in address:
        raise GoError("invalid fixed-cidr-v6: fixed-cidr-v6 is not an IPv6 subnet")
    if network.network_address in _LINK_LOCAL and network.prefixlen != _LINK_LOCAL.prefixlen:
        raise GoError("invalid fixed-cidr-v6: clash with the Link-Local prefix 'fe80::/64'")


def _validate_prefix_v6(text: str) -> None:
    """``validateIPv6Subnet``."""
    prefix = parse_prefix(text)
    network = prefix.network
    if not isinstance(network, ipaddress.IPv6Network) or prefix.address.startswith("::ffff:"):
        raise GoError(f"'{prefix}' is not a valid IPv6 subnet")
    if ipaddress.ip_address(prefix.address).is_multicast:
        raise GoError(f"multicast subnet '{prefix}' is not allowed")
    if network != _LINK_LOCAL and network.overlaps(_LINK_LOCAL):
        raise GoError(f"'{prefix}' clashes with the Link-Local prefix 'fe80::/64'")


def conflict_free_labels(labels: list[str]) -> list[str]:
    """The labels without repetitions, sorted (the engine's own order is any); a key with two values is refused."""
    kept: dict[str, str] = {}
    for label in labels:
        name, _, value = label.partition("=")
        if kept.get(name, value) != value:
            raise GoError(f"conflict labels for {name}={value} and {name}={kept[name]}")
        kept[name] = value
    return sorted(f"{name}={value}" for name, value in kept.items())


def compare_api(left: str, right: str) -> int:
    """``versions.compare``: below nought where the left API version is older, above where it is newer."""
    ours, theirs = ([attempt(atoi, part) or 0 for part in text.split(".")] for text in (left, right))
    length = max(len(ours), len(theirs))
    ours += [0] * (length - len(ours))
    theirs += [0] * (length - len(theirs))
    return (ours > theirs) - (ours < theirs)


def validate_min_api_version(version: str, rules: Rules) -> None:
    """``config.ValidateMinAPIVersion`` of ``DOCKER_MIN_API_VERSION``: refused where the engine does not speak it."""
    lowest, newest = rules.api("lowest"), rules.api("newest")
    if version[:1] in {"v", "V"}:
        raise GoError('API version must be provided without "v" prefix')
    if compare_api(version, lowest) < 0:
        raise GoError(f"minimum supported API version is {lowest}: {version}")
    if compare_api(version, newest) > 0:
        raise GoError(f"maximum supported API version is {newest}: {version}")
