"""The checks of the merged configuration, before anything of the host is touched.

Source: ``daemon/config/config.go`` (``Validate``, ``GetConflictFreeLabels``, ``ValidateMinAPIVersion``) and
``config_linux.go`` (``ValidatePlatformConfig``) of moby 26.1, ``libnetwork/drivers/bridge`` (``fixed-cidr-v6``).
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

from dockworthy.facts.engine.options import (
    parse_generic_resources,
    validate_dns_search,
    validate_host,
    validate_label,
)
from dockworthy.golang.ip import parse_cidr
from dockworthy.golang.values import GoError, atoi, attempt, prefixed

if TYPE_CHECKING:
    from dockworthy.hosttree.tree import Tree

__all__ = ["conflict_free_labels", "validate", "validate_min_api_version"]

LOG_LEVELS = frozenset({"panic", "fatal", "error", "warn", "info", "debug", "trace"})
LOG_FORMATS = frozenset({"text", "json"})
MIN_API, MAX_API = "1.24", "1.45"  # of 26.1
_LINK_LOCAL = ipaddress.IPv6Network("fe80::/64")


def validate(config: dict[str, Any], files: Tree) -> None:
    """Refuse what the engine refuses in a merged configuration."""
    if config["log-level"] and config["log-level"].lower() not in LOG_LEVELS:
        raise GoError(f"invalid logging level: {config['log-level']}")
    if config["log-format"] and config["log-format"] not in LOG_FORMATS:
        raise GoError(f"invalid log format: {config['log-format']}")
    for domain in config["dns-search"] or []:
        validate_dns_search(domain)
    for label in config["labels"] or []:
        validate_label(label)
    _validate_numbers(config)
    parse_generic_resources(config["node-generic-resources"] or [])
    for host in config["hosts"] or []:
        validate_host(host)
    _validate_platform(config, files)


def _validate_numbers(config: dict[str, Any]) -> None:
    for key, name in (
        ("mtu", "default MTU"),
        ("max-concurrent-downloads", "max concurrent downloads"),
        ("max-concurrent-uploads", "max concurrent uploads"),
        ("max-download-attempts", "max download attempts"),
    ):
        if config[key] < 0:
            raise GoError(f"invalid {name}: {config[key]}")


def _validate_platform(config: dict[str, Any], files: Tree) -> None:
    if config["userland-proxy"]:
        _validate_proxy(config["userland-proxy-path"], files)
    _validate_ipc_mode(config["default-ipc-mode"])
    if config["fixed-cidr-v6"]:
        _validate_cidr_v6(config["fixed-cidr-v6"])
    if "windows-dns-proxy" in (config["features"] or {}):
        raise GoError("feature option 'windows-dns-proxy' is only available on Windows")
    mode = config["default-cgroupns-mode"]
    if mode not in {"", "private", "host"}:
        raise GoError(f'default cgroup namespace mode ({mode}) is invalid; use "host" or "private"')


def _validate_proxy(path: str, files: Tree) -> None:
    if not path:
        raise GoError("invalid userland-proxy-path: userland-proxy is enabled, but userland-proxy-path is not set")
    if not path.startswith("/"):
        raise GoError(f"invalid userland-proxy-path: must be an absolute path: {path}")
    reason = files.executable(path)
    if reason:
        raise GoError(f'invalid userland-proxy-path: exec: "{path}": {reason}')


def _validate_ipc_mode(mode: str) -> None:
    hint = 'use "shareable" or "private"'
    # a mode that names a container is valid as such, whatever follows the colon
    if mode not in {"", "none", "private", "host", "shareable"} and not mode.startswith("container:"):
        raise GoError(f"default IPC mode setting ({mode}) is invalid; {hint}")
    if mode not in {"", "private", "shareable"}:
        raise GoError(f'IPC mode "{mode}" is not supported as default value; {hint}')


def _validate_cidr_v6(text: str) -> None:
    with prefixed("invalid fixed-cidr-v6: "):
        address, network = parse_cidr(text)
    if ":" not in address:
        raise GoError("invalid fixed-cidr-v6: fixed-cidr-v6 is not an IPv6 subnet")
    if network.network_address in _LINK_LOCAL and network.prefixlen != _LINK_LOCAL.prefixlen:
        raise GoError("invalid fixed-cidr-v6: clash with the Link-Local prefix 'fe80::/64'")


def conflict_free_labels(labels: list[str]) -> list[str]:
    """The labels without repetitions, sorted (the engine's own order is any); a key with two values is refused."""
    kept: dict[str, str] = {}
    for label in labels:
        name, _, value = label.partition("=")
        if kept.get(name, value) != value:
            raise GoError(f"conflict labels for {name}={value} and {name}={kept[name]}")
        kept[name] = value
    return sorted(f"{name}={value}" for name, value in kept.items())


def _compare(left: str, right: str) -> int:
    ours, theirs = ([attempt(atoi, part) or 0 for part in text.split(".")] for text in (left, right))
    length = max(len(ours), len(theirs))
    ours += [0] * (length - len(ours))
    theirs += [0] * (length - len(theirs))
    return (ours > theirs) - (ours < theirs)


def validate_min_api_version(version: str) -> None:
    """``config.ValidateMinAPIVersion`` of ``DOCKER_MIN_API_VERSION``: refused where the engine does not speak it."""
    if version[:1] in {"v", "V"}:
        raise GoError('API version must be provided without "v" prefix')
    if _compare(version, MIN_API) < 0:
        raise GoError(f"minimum supported API version is {MIN_API}: {version}")
    if _compare(version, MAX_API) > 0:
        raise GoError(f"maximum supported API version is {MAX_API}: {version}")
