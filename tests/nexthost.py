"""A host of which the probe read the files of the next boot: what it names as read, made of what there is."""

from __future__ import annotations

from typing import Any

__all__ = ["next_host"]

_STARTS = (
    *("/etc/fstab", "/etc/apt/apt.conf", "/etc/apt/preferences", "/etc/needrestart/", "/etc/nftables"),
    *("/etc/iptables/", "/etc/sysconfig/nftables.conf", "/etc/dnf/", "/etc/yum/"),
)


def next_host(sections: dict[str, Any]) -> dict[str, Any]:
    """The sections, and the list of the files that were read."""
    paths = [name.removeprefix("file:") for name in sections if name.startswith("file:")]
    told = [path for path in paths if path.startswith(_STARTS) and sections[f"file:{path}"] != 2]
    return {"cmd:next-files": "".join(f"{path}\n" for path in told), **sections}
