"""Published ports: what a container has open on the host, or would open when it starts."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from typing import Any

from dockworthy.dataclass import dataclass

__all__ = ["Publication", "is_every_address", "publications", "shown"]

_MAX_PORT = 65535
_MOST_SHOWN = 32


@dataclass(frozen=True, slots=True)
class Publication:
    """One port of a container on the host."""

    # container_port, protocol: inside
    container_port: int
    protocol: str
    host_address: str  # as the engine writes it; empty where it is left to the engine's default
    # first, last: the host's port, or the range of which one is taken; 0 where the kernel picks one
    first: int
    last: int

    def __str__(self) -> str:
        address = f"[{self.host_address}]" if ":" in self.host_address else self.host_address
        host = "random" if not self.first else str(self.first)
        if self.last != self.first:
            host = f"{self.first}-{self.last}"
        return f"{address}:{host}->{self.container_port}/{self.protocol}"


def _number(text: str) -> int | None:
    if text.isascii() and text.isdigit() and len(text) <= len(str(_MAX_PORT)) and int(text) <= _MAX_PORT:
        return int(text)
    return None


def _range(text: str) -> tuple[int, int] | None:
    first, dash, last = text.partition("-")
    if not text:
        return 0, 0
    start = _number(first)
    end = _number(last) if dash else start
    return None if start is None or end is None or end < start else (start, end)


def _binding(key: str, binding: object) -> Publication | None:
    port, _, protocol = key.partition("/")
    inside = _number(port)
    if inside is None or not isinstance(binding, Mapping):
        return None
    address, host = binding.get("HostIp", ""), binding.get("HostPort", "")
    if not isinstance(address, str) or not isinstance(host, str):
        return None
    span = _range(host)
    return None if span is None else Publication(inside, protocol or "tcp", address, *span)


def publications(table: Mapping[str, Any]) -> tuple[Publication, ...] | None:
    """The entries of ``NetworkSettings.Ports`` or ``HostConfig.PortBindings``; None where one cannot be read.

    A port without bindings is only exposed.
    """
    found: list[Publication] = []
    for key, bindings in table.items():
        if bindings is None:
            continue
        if not isinstance(bindings, list):
            return None
        for binding in bindings:
            publication = _binding(key, binding)
            if publication is None:
                return None
            found.append(publication)
    return tuple(found)


def shown(found: Sequence[str]) -> list[str]:
    """The ports as a result shows them: a range of thousands is told by its beginning and its number."""
    if len(found) <= _MOST_SHOWN:
        return list(found)
    return [*found[:_MOST_SHOWN], f"and {len(found) - _MOST_SHOWN} more"]


def is_every_address(address: str) -> bool | None:
    """Whether an address means all interfaces, in any spelling; None where it is no address."""
    if not address:
        return True
    text = address.strip("[]").partition("%")[0]
    try:
        parsed = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return parsed.is_unspecified or bool(mapped and mapped.is_unspecified)
