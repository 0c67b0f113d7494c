"""IP addresses as Go's ``net`` and ``net/netip`` read and print them.

Source: ``net/netip/netip.go`` (ParseAddr, String), ``net/ip.go`` (ParseIP, ParseCIDR, String).
"""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache

from dockworthy.dataclass import dataclass
from dockworthy.golang.text import quote
from dockworthy.golang.values import GoError

__all__ = [
    "Network",
    "Prefix",
    "canonical_ip",
    "ip_text",
    "is_address",
    "parse_addr",
    "parse_address",
    "parse_cidr",
    "parse_ip",
    "parse_prefix",
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


@lru_cache(maxsize=1024)
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


# --- net/netip, whose errors say what is wrong -------------------------------------------------------------------


def parse_addr(text: str) -> str:
    """``netip.ParseAddr(text).String()``; raises GoError with its words."""
    first = re.search("[.:%]", text)
    if first is None:
        raise _no_address(text, "unable to parse IP")
    if first[0] == "%":
        raise _no_address(text, "missing IPv6 address")
    if first[0] == ".":
        _check_v4(text, text)
        return text
    _check_v6(text)
    address, percent, zone = text.partition("%")
    parsed = ipaddress.IPv6Address(address)
    mapped = parsed.ipv4_mapped
    return (f"::ffff:{mapped}" if mapped is not None else str(parsed)) + percent + zone


def _no_address(text: str, why: str, at: str = "") -> GoError:
    return GoError(f"ParseAddr({quote(text)}): {why}" + (f" (at {quote(at)})" if at else ""))


def _check_v4(whole: str, text: str) -> None:
    """``parseIPv4Fields`` of the end of an address."""
    value = digits = dots = 0
    for place, letter in enumerate(text):
        if letter in "0123456789":
            if digits == 1 and value == 0:
                raise _no_address(whole, "IPv4 field has octet with leading zero")
            value, digits = value * 10 + int(letter), digits + 1
            if value > 255:  # noqa: PLR2004 - an octet
                raise _no_address(whole, "IPv4 field has value >255")
        elif letter == ".":
            if place in {0, len(text) - 1} or text[place - 1] == ".":
                raise _no_address(whole, "IPv4 field must have at least one digit", text[place:])
            if dots == 3:  # noqa: PLR2004 - between four octets
                raise _no_address(whole, "IPv4 address too long")
            value, digits, dots = 0, 0, dots + 1
        else:
            raise _no_address(whole, "unexpected character", text[place:])
    if dots < 3:  # noqa: PLR2004 - between four octets
        raise _no_address(whole, "IPv4 address too short")


def _check_v6(whole: str) -> None:
    """``parseIPv6``, as far as it refuses."""
    left, percent, zone = whole.partition("%")
    if percent and not zone:
        raise _no_address(whole, "zone must be a non-empty string")
    filled, gap = 0, -1  # octets so far, and where the :: is among them
    if left.startswith("::"):
        gap, left = 0, left[2:]
    while left and filled < _V6_OCTETS:
        group = _group(whole, left)
        after = left[len(group) :]
        if after.startswith("."):
            _check_embedded(whole, left, filled, gap)
            filled, left = filled + _V4_OCTETS, ""
            break
        filled, left = filled + 2, _after_colon(whole, after)
        if left.startswith(":"):
            if gap >= 0:
                raise _no_address(whole, "multiple :: in address", left)
            gap, left = filled, left[1:]
    _check_end(whole, left, filled, gap)


def _check_end(whole: str, left: str, filled: int, gap: int) -> None:
    if left:
        raise _no_address(whole, "trailing garbage after address", left)
    if filled < _V6_OCTETS and gap < 0:
        raise _no_address(whole, "address string too short")
    if filled == _V6_OCTETS and gap >= 0:
        raise _no_address(whole, "the :: must expand to at least one field of zeros")


def _after_colon(whole: str, left: str) -> str:
    """What follows a group and its colon; nothing where the address ends."""
    if left and left[0] != ":":
        raise _no_address(whole, "unexpected character, want colon", left)
    if len(left) == 1:
        raise _no_address(whole, "colon must be followed by more characters", left)
    return left[1:]


def _group(whole: str, left: str) -> str:
    found = re.match("[0-9a-fA-F]*", left)
    group = found[0] if found else ""
    if len(group) > 4:  # noqa: PLR2004 - digits of a group
        raise _no_address(whole, "each group must have 4 or fewer digits", left)
    if not group:
        raise _no_address(whole, "each colon-separated field must have at least one digit", left)
    return group


def _check_embedded(whole: str, left: str, filled: int, gap: int) -> None:
    if gap < 0 and filled != _V6_OCTETS - _V4_OCTETS:
        raise _no_address(whole, "embedded IPv4 address must replace the final 2 fields of the address", left)
    if filled + _V4_OCTETS > _V6_OCTETS:
        raise _no_address(whole, "too many hex fields to fit an embedded IPv4 at the end of the address", left)
    _check_v4(whole, left)


@dataclass(frozen=True, slots=True)
class Prefix:
    """A ``netip.Prefix``: an address and how many of its bits are the network's."""

    address: str
    bits: int

    @property
    def network(self) -> Network:
        """The network, the other bits masked away."""
        return ipaddress.ip_network(str(self), strict=False)

    def __str__(self) -> str:
        return f"{self.address}/{self.bits}"


def parse_prefix(text: str) -> Prefix:
    """``netip.ParsePrefix``; raises GoError with its words."""
    host, slash, bits = text.rpartition("/")
    why = ""
    address = ""
    if not slash:
        why = "no '/'"
    else:
        try:
            address = parse_addr(host)
        except GoError as error:
            why = str(error)
    most = _V6_BITS if ":" in address else _V4_BITS
    if not why and "%" in address:
        why = "IPv6 zones cannot be present in a prefix"
    if not why and not re.fullmatch("0|[1-9][0-9]{0,18}", bits):
        why = f"bad bits after slash: {quote(bits)}"
    if not why and int(bits) > most:
        why = "prefix length out of range"
    if why:
        raise GoError(f"netip.ParsePrefix({quote(text)}): {why}")
    return Prefix(address, int(bits))
