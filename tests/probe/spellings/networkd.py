"""Files of systemd-networkd: of what a network is known by, names, types, kinds and drivers alone are told."""

from __future__ import annotations

from tests.probe.spellings.table import Spelling

__all__ = ["SPELLINGS"]


def _network(name: str, text: str, *keeps: str) -> Spelling:
    return Spelling(f"networkd/{name}", "cmd:networkd-files", text, keeps)


SPELLINGS: list[Spelling] = [
    _network("comment", "# «1»\n[Match]\n; «2»\nName=eth0\n", "Name=eth0"),
    _network("comment-inside", "[Match]\nName=eth0 \\\n# «1»\n eth1\n", "Name=eth0  eth1"),
    _network("wireless", "[Match]\nSSID=«1»\nBSSID=«2»\nType=wlan\n", "SSID=REDACTED", "Type=wlan"),
    _network("property", "[Match]\nProperty=ID_X=«1»\nPath=!pci-«2»\n", "Property=REDACTED", "Path=!REDACTED"),
    _network("host", "[Match]\nHost=«1»\nKernelCommandLine=token=«2»\n", "Host=REDACTED"),
    _network("long-name", "[Match]\nName=«1»\nDriver=x«2» e1000\n", "Name=REDACTED", "Driver=REDACTED"),
    _network("key", "[Match]\n«1»=x\nX-«2»=1\nKind=veth\n", "Kind=veth"),
    _network("other-section", "[WireGuard]\nPrivateKey=«1»\n[Network]\nDNS=«2»\n[Match]\nName=wg0\n", "Name=wg0"),
    _network("no-section", "Name=«1»\n[Match\nName=«2»\n"),
    _network("in-a-link", "[Link]\nMACAddress=«1»\nUnmanaged=yes\n", "Unmanaged=yes"),
    _network("carriage-returns", "[Match]\r\nName=eth0\r\nHost=«1»\r\n", "Name=eth0"),
    _network("twin", "[Match]\nName=docker0 br-* !veth[0-9]?\n[Link]\nUnmanaged=yes", "Name=docker0 br-* !veth[0-9]?"),
]
