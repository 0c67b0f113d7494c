"""Changes bytes of DER and lines of PEM."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

_TAGS = b"\x01\x02\x03\x04\x05\x06\x0c\x13\x16\x17\x18\x30\x31\x80\x81\x82\xa0\xa3\x1f\x00"


def _elements(der: bytes, start: int, end: int, out: list[tuple[int, int, int]]) -> None:
    """Where the elements stand: tag, contents, end."""
    pos = start
    while pos + 2 <= end:
        length, body = der[pos + 1], pos + 2
        if length & 0x80:
            octets = length & 0x7F
            length, body = int.from_bytes(der[body : body + octets], "big"), body + octets
        if body + length > end:
            return
        out.append((pos, body, body + length))
        if der[pos] & 0x20:
            _elements(der, body, body + length, out)
        pos = body + length


def _replace_element(der: bytes, start: int, end: int, new: bytes) -> bytes:
    """Puts other bytes in an element's place, and fixes the lengths of what is around it."""
    if not der or start == 0:
        return new
    body = 2 + (der[1] & 0x7F if der[1] & 0x80 else 0)
    out = b""
    pos = body
    while pos < len(der):
        inner: list[tuple[int, int, int]] = []
        _elements(der, pos, len(der), inner)
        if not inner:
            out += der[pos:]
            break
        first, _, last = inner[0]
        if (first, last) == (start, end):
            out += new
        elif first < start and end <= last and der[first] & 0x20:
            out += _replace_element(der[first:last], start - first, end - first, new)
        else:
            out += der[first:last]
        pos = last
    size = len(out)
    head = bytes((der[0],))
    if size < 128:
        return head + bytes((size,)) + out
    octets = (size.bit_length() + 7) // 8
    return head + bytes((0x80 | octets,)) + size.to_bytes(octets, "big") + out


def mutate_der(der: bytes, random: Random) -> bytes:
    """One change: a byte, a tag, a length, or an element dropped, doubled or emptied."""
    if len(der) < 4:
        return der + random.randbytes(3)
    choice = random.randrange(7)
    if choice == 0:
        index = random.randrange(len(der))
        return der[:index] + bytes((der[index] ^ 1 << random.randrange(8),)) + der[index + 1 :]
    if choice == 1:
        return der[: random.randrange(len(der))]
    elements: list[tuple[int, int, int]] = []
    _elements(der, 0, len(der), elements)
    start, body, end = random.choice(elements or [(0, 0, len(der))])
    element = der[start:end]
    if choice == 2:
        return der[:start] + bytes((random.choice(_TAGS),)) + der[start + 1 :]
    if choice == 3:
        return _replace_element(der, start, end, element + element)
    if choice == 4:
        return _replace_element(der, start, end, b"")
    if choice == 5:
        return _replace_element(der, start, end, element[:1] + b"\0")
    contents = bytearray(der[body:end] or b"\0")
    contents[random.randrange(len(contents))] ^= 1 << random.randrange(8)
    if len(contents) >= 128:
        return der[:body] + bytes(contents) + der[end:]
    return _replace_element(der, start, end, element[:1] + bytes((len(contents),)) + bytes(contents))


_LINES = (
    b"-----BEGIN CERTIFICATE-----", b"-----END CERTIFICATE-----", b"-----BEGIN X-----", b"-----END X-----",
    b"Proc-Type: 4,ENCRYPTED", b"a:b",
    b"", b" ", b"\t", b"=", b"AAAA", b"A===", b"-----", b"-----BEGIN CERTIFICATE", b"-----BEGIN -----",
    b"text", b"\xef\xbb\xbf", b"-----BEGIN CERTIFICATE-----\r",
    b"-----BEGIN PRIVATE KEY-----", b"-----END PRIVATE KEY-----", b"A=\n=A", b"AA==", b": ", b"-----END ",
    b"-----BEGIN ", b" -----END CERTIFICATE-----",
)  # fmt: skip


def _mutate_lines(lines: list[bytes], random: Random) -> None:
    index = random.randrange(len(lines))
    choice = random.randrange(8)
    if choice == 0:
        lines.insert(index, random.choice(_LINES))
    elif choice == 1:
        del lines[index]
    elif choice == 2:
        lines[index] += random.choice((b" ", b"\t", b"\r", b"x", b"=", b"\0", b"-", b"\x0b"))
    elif choice == 3:
        lines[index] = random.choice((b" ", b"x", b"\xef\xbb\xbf", b"\t")) + lines[index]
    elif choice == 4:
        lines[index : index + 2] = [b"".join(lines[index : index + 2])]
    elif choice == 5:
        lines[index] = lines[index].lower()
    else:
        other = random.randrange(len(lines))
        lines[index], lines[other] = lines[other], lines[index]


def mutate_pem(text: bytes, random: Random) -> bytes:
    """One change: line ends, blanks, headers, a line moved, dropped, doubled, glued, or a byte."""
    choice = random.randrange(12)
    if choice == 0:
        return text.replace(b"\n", random.choice((b"\r\n", b"\r", b"\n\n", b" \n", b"\t\r\n", b"\n ")))
    if choice == 1:
        return text[: random.randrange(len(text) + 1)]
    if choice == 2:
        at = random.randrange(len(text) + 1)
        return text[:at] + bytes((random.randrange(256),)) + text[at + random.randrange(2) :]
    if choice == 3:
        return text + text
    if choice == 4:
        starts = (b"\xef\xbb\xbf", b"Bag Attributes\n  x: y\n", b"\n", b"-----BEGIN CERTIFICATE-----\n")
        return random.choice(starts) + text
    lines = text.split(b"\n")
    _mutate_lines(lines, random)
    return b"\n".join(lines)
