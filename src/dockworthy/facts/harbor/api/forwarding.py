"""Where Harbor's audit log is forwarded to.

Source: goharbor/harbor ``src/pkg/audit/forward.go``: syslog.Dial("tcp", endpoint); Go ``net/ipsock.go``.
"""

from __future__ import annotations

from typing import Final

from dockworthy.regex import regex

__all__ = ["forward_fault"]

_ENDPOINT: Final = regex(r"(?:\[[0-9A-Fa-f:.]+(?:%\w+)?\]|[^\s:/\[\]?#@]+):(?P<port>[A-Za-z0-9-]+)")
_HIGHEST_PORT: Final = 65_535


def forward_fault(endpoint: str) -> str:
    """Why nothing can be sent there; empty where it is HOST:PORT, with an IPv6 address in brackets."""
    if "://" in endpoint:
        return "it has a scheme, and core dials HOST:PORT"
    if "/" in endpoint:
        return "it has a path, and core dials HOST:PORT"
    found = _ENDPOINT.fullmatch(endpoint)
    if found is None:
        return "it is not HOST:PORT"
    port = found["port"]
    return "its port is none" if port.isdecimal() and not 0 < int(port) <= _HIGHEST_PORT else ""
