"""Writes DER, and what is almost DER."""

from __future__ import annotations

from functools import cache

SEQUENCE, SET, INTEGER, BIT_STRING, OCTET_STRING, OID, BOOLEAN, NULL = 0x30, 0x31, 2, 3, 4, 6, 1, b"\x05\x00"


def tlv(tag: int, *parts: bytes) -> bytes:
    """An element with these contents."""
    body = b"".join(parts)
    size = len(body)
    if size < 128:
        return bytes((tag, size)) + body
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + body


def sequence(*parts: bytes) -> bytes:
    return tlv(SEQUENCE, *parts)


def integer(value: int) -> bytes:
    size = (value if value >= 0 else ~value).bit_length() // 8 + 1
    return tlv(INTEGER, value.to_bytes(size, "big", signed=True))


@cache
def oid(dotted: str) -> bytes:
    """An object identifier from its usual spelling."""
    first, second, *rest = map(int, dotted.split("."))
    out = bytearray()
    for number in (first * 40 + second, *rest):
        octets = [number & 0x7F]
        while number := number >> 7:
            octets.append(0x80 | number & 0x7F)
        out += bytes(reversed(octets))
    return tlv(OID, bytes(out))


def boolean(*, value: bool) -> bytes:
    return tlv(BOOLEAN, b"\xff" if value else b"\0")


def bit_string(octets: bytes, unused: int = 0) -> bytes:
    return tlv(BIT_STRING, bytes((unused,)), octets)


def named_bits(value: int) -> bytes:
    """A BIT STRING of named bits: bit 0 is the first, as in keyUsage."""
    if not value:
        return bit_string(b"")
    length = value.bit_length()
    unused = -length % 8
    reverse = int(f"{value:b}"[::-1], 2) << unused
    return bit_string(reverse.to_bytes((length + unused) // 8, "big"), unused)


def octet_string(octets: bytes) -> bytes:
    return tlv(OCTET_STRING, octets)


def context(number: int, *parts: bytes, constructed: bool = True) -> bytes:
    return tlv(0x80 | number | (0x20 if constructed else 0), *parts)


def algorithm(dotted: str, parameters: bytes = b"") -> bytes:
    return sequence(oid(dotted), parameters)
