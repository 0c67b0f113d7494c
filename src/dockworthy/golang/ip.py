"""IP addresses as Go's ``net`` and ``net/netip`` read and print them.

Source: ``net/netip/netip.go`` (ParseAddr, String), ``net/ip.go`` (ParseIP, ParseCIDR, String).
"""

from __future__ import annotations

import ipaddress
import re

from dockworthy.golang.values import GoError

__all__ = [
    "Network",
    "canonical_ip",
    "ip_text",
    "is_address",
    "parse_address",
    "parse_cidr",
    "parse_ip",
    "same_ip",
    "unmapped",
]

_V4_PREFIX = bytes(10) + b"\xff\xff"
_V4_OCTETS, _V6_OCTETS = 4, 16
_V4_BITS, _V6_BITS = 32, 128


def parse_address(text: str) -> tuple[bytes, str] | None:
    """The octets and the zone of an address, as ``netip.ParseAddr`` takes them: IPv4 has no zone, and none is empty."""
    address, percent, zone = text.partition("%")
    if percent and (not zone or ":" not in address):
        return None
    version = ipaddress.IPv6Address if ":" in address else ipaddress.IPv4Address
    try:
        return version(address).packed, zone
    except ValueError:
        return None


def is_address(text: str) -> bool:
    """Whether ``netip.ParseAddr`` takes the text, a zone included."""
    return parse_address(text) is not None


def parse_ip(text: str) -> bytes | None:
    """The 16 octets that ``net.ParseIP`` makes of an address (IPv4 is mapped), or None."""
    parsed = parse_address(text)
    if parsed is None or parsed[1]:
        return None
    octets = parsed[0]
    return _V4_PREFIX + octets if len(octets) == _V4_OCTETS else octets


def unmapped(octets: bytes) -> bytes:
    """The address as IPv4 where it is one of those that are mapped into IPv6."""
    return octets[12:] if octets[:12] == _V4_PREFIX and len(octets) == _V6_OCTETS else octets


def same_ip(left: bytes, right: bytes) -> bool:
    """Whether two addresses are the same; an IPv4 address equals its IPv6-mapped form."""
    return unmapped(left) == unmapped(right)


def ip_text(octets: bytes) -> str:
    """The address as ``net.IP.String`` prints it: mapped IPv4 dotted, IPv6 as RFC 5952 says."""
    octets = unmapped(octets)
    if len(octets) not in {_V4_OCTETS, _V6_OCTETS}:
        return "?" + octets.hex() if octets else "<nil>"
    return str(ipaddress.ip_address(octets))


def canonical_ip(text: str) -> str | None:
    """``net.ParseIP(text).String()``, or None where it is no address. An IPv4-mapped address is IPv4."""
    octets = parse_ip(text)
    return None if octets is None else ip_text(octets)


Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def parse_cidr(text: str) -> tuple[str, Network]:
    """``net.ParseCIDR``: the address as given, and the network; one of IPv4-mapped addresses alone is IPv4's.

    Raises GoError with its words.
    """
    host, slash, bits = text.partition("/")
    octets = parse_ip(host)
    most = _V6_BITS if ":" in host else _V4_BITS
    if not slash or octets is None or not re.fullmatch(r"\d{1,20}", bits, re.ASCII) or int(bits) > most:
        raise GoError(f"invalid CIDR address: {text}")
    length = int(bits) + _V6_BITS - most
    address = ipaddress.IPv6Address(octets)
    mapped = address.ipv4_mapped
    if mapped is not None and length >= _V6_BITS - _V4_BITS:
        return ip_text(octets), ipaddress.IPv4Network((mapped, length - _V6_BITS + _V4_BITS), strict=False)
    return ip_text(octets), ipaddress.IPv6Network((address, length), strict=False)
