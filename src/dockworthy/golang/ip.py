"""IP addresses as Go's ``net`` and ``net/netip`` read and print them.

Source: ``net/netip/netip.go`` (ParseAddr, String), ``net/ip.go`` (ParseIP, ParseCIDR, String).
"""

from __future__ import annotations

import ipaddress
import re

from dockworthy.golang.values import GoError

__all__ = ["Network", "canonical_ip", "ip_text", "is_address", "parse_cidr", "parse_ip", "same_ip"]

_V4_PREFIX = bytes(10) + b"\xff\xff"
_V4_OCTETS, _V6_OCTETS = 4, 16
_V4_BITS, _V6_BITS = 32, 128
_DIGITS = frozenset("0123456789")
_HEX_DIGITS = frozenset("0123456789abcdefABCDEF")
_GROUP_DIGITS = 4


def _parse_v4(text: str) -> bytes | None:
    fields = text.split(".")
    if len(fields) != _V4_OCTETS:
        return None
    octets = bytearray()
    for field in fields:
        if not field or not _DIGITS.issuperset(field) or (len(field) > 1 and field[0] == "0"):
            return None
        if len(field) > 3 or int(field) > 255:  # noqa: PLR2004 - an octet
            return None
        octets.append(int(field))
    return bytes(octets)


def _parse_groups(text: str) -> bytes | None:
    """The octets of colon-separated groups, the last of which may be an IPv4 address."""
    if not text:
        return b""
    octets = bytearray()
    groups = text.split(":")
    for index, group in enumerate(groups):
        if "." in group:
            v4 = _parse_v4(group) if index == len(groups) - 1 else None
            if v4 is None:
                return None
            octets += v4
        elif 0 < len(group) <= _GROUP_DIGITS and _HEX_DIGITS.issuperset(group):
            octets += int(group, 16).to_bytes(2, "big")
        else:
            return None
        if len(octets) > _V6_OCTETS:
            return None
    return bytes(octets)


def _parse_v6(text: str) -> bytes | None:
    head, ellipsis, tail = text.partition("::")
    first = _parse_groups(head)
    if not ellipsis:
        return first if first is not None and len(first) == _V6_OCTETS else None
    if "::" in tail or tail.startswith(":") or "." in head:
        return None
    last = _parse_groups(tail)
    if first is None or last is None:
        return None
    missing = _V6_OCTETS - len(first) - len(last)
    return first + bytes(missing) + last if missing >= 2 else None  # noqa: PLR2004 - at least one group


def _parse(text: str) -> tuple[bytes, str] | None:
    """The octets and the zone of an address, as ``netip.ParseAddr`` takes them."""
    for character in text:
        if character == ".":
            v4 = _parse_v4(text)
            return None if v4 is None else (v4, "")
        if character == ":":
            address, percent, zone = text.partition("%")
            v6 = None if percent and not zone else _parse_v6(address)
            return None if v6 is None else (v6, zone)
        if character == "%":
            return None
    return None


def is_address(text: str) -> bool:
    """Whether ``netip.ParseAddr`` takes the text, a zone included."""
    return _parse(text) is not None


def parse_ip(text: str) -> bytes | None:
    """The 16 octets that ``net.ParseIP`` makes of an address (IPv4 is mapped), or None."""
    parsed = _parse(text)
    if parsed is None or parsed[1]:
        return None
    octets = parsed[0]
    return _V4_PREFIX + octets if len(octets) == _V4_OCTETS else octets


def _unmapped(octets: bytes) -> bytes:
    return octets[12:] if octets[:12] == _V4_PREFIX and len(octets) == _V6_OCTETS else octets


def same_ip(left: bytes, right: bytes) -> bool:
    """Whether two addresses are the same; an IPv4 address equals its IPv6-mapped form."""
    return _unmapped(left) == _unmapped(right)


def ip_text(octets: bytes) -> str:
    """The address as ``net.IP.String`` prints it: mapped IPv4 dotted, IPv6 as RFC 5952 says."""
    octets = _unmapped(octets)
    if len(octets) == _V4_OCTETS:
        return ".".join(map(str, octets))
    if len(octets) != _V6_OCTETS:
        return "?" + octets.hex() if octets else "<nil>"
    groups = [octets[index] << 8 | octets[index + 1] for index in range(0, _V6_OCTETS, 2)]
    start, length = _longest_zeros(groups)
    words = [f"{group:x}" for group in groups]
    if length < 2:  # noqa: PLR2004 - one group of zeros is not shortened
        return ":".join(words)
    return ":".join(words[:start]) + "::" + ":".join(words[start + length :])


def _longest_zeros(groups: list[int]) -> tuple[int, int]:
    best = (0, 0)
    index = 0
    while index < len(groups):
        end = index
        while end < len(groups) and groups[end] == 0:
            end += 1
        if end - index > best[1]:
            best = (index, end - index)
        index = max(end, index + 1)
    return best


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
