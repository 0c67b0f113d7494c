"""The registry settings as the engine's registry service takes them at its start.

Source: ``registry/config.go`` of moby 26.1 (``newServiceConfig``), ``distribution/reference`` (``DomainRegexp``).
"""

from __future__ import annotations

import re

from dockworthy.facts.engine.options import validate_index_name
from dockworthy.golang.ip import canonical_ip, parse_cidr
from dockworthy.golang.text import quote
from dockworthy.golang.url import split_host_port
from dockworthy.golang.values import GoError, atoi
from dockworthy.trust.loaders.insecure import validate_mirror

__all__ = ["check_registries", "without_scheme"]

_PART = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_DOMAIN = re.compile(rf"(?:{_PART}(?:\.{_PART})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?", re.ASCII)
MAX_PORT = 65535


def without_scheme(registry: str) -> str:
    """An insecure registry without the scheme that the engine cuts off, whatever its case."""
    for scheme in ("http://", "https://"):
        if registry.lower().startswith(scheme):
            return registry[len(scheme) :]
    return registry


def _is_cidr(text: str) -> bool:
    try:
        parse_cidr(text)
    except GoError:
        return False
    return True


def _check_host_port(text: str) -> None:
    try:
        host, port = split_host_port(text)
    except GoError:
        host, port = text, ""
    if not _DOMAIN.fullmatch(text) and canonical_ip(host) is None:
        raise GoError(f"invalid host {quote(host)}")
    if port and not 0 <= atoi(port) <= MAX_PORT:
        raise GoError(f"invalid port {quote(port)}")


def check_registries(artifacts: list[str], mirrors: list[str], insecure: list[str]) -> None:
    """Refuse what the registry service refuses, in its order.

    Args:
        artifacts: ``allow-nondistributable-artifacts``.
        mirrors: ``registry-mirrors``.
        insecure: ``insecure-registries``.

    Raises:
        GoError: with the service's text.
    """
    for name in artifacts:
        validate_index_name(name)
        if "://" in name:
            raise GoError(f"allow-nondistributable-artifacts registry {name} should not contain '://'")
        _check_name(name, "allow-nondistributable-artifacts")
    for mirror in mirrors:
        validate_mirror(mirror)
    for name in insecure:
        validate_index_name(name)
        bare = without_scheme(name)
        if bare == name and "://" in name:
            raise GoError(f"insecure registry {name} should not contain '://'")
        _check_name(bare, "insecure")


def _check_name(name: str, kind: str) -> None:
    if _is_cidr(name):
        return
    try:
        _check_host_port(name)
    except GoError as error:
        raise GoError(f"{kind} registry {name} is not valid: {error}") from None
