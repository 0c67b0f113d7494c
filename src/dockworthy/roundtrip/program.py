"""A program that prints a line and ends: a static executable of some hundred bytes, without a compiler or a library.

The image must run on a host that has nothing but an engine, so that no shell can be asked of it. An ELF file of one
segment is enough for Linux (``elf(5)``); the instructions are two system calls, ``write`` and ``exit``.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["ARCHITECTURES", "program"]

_BASE: Final = 0x400000
_HEADERS: Final = 64 + 56
_PAGE: Final = 0x10000  # the largest that a kernel for one of these has
_MOST: Final = 0xFFFF  # bytes of the line: what one instruction of arm64 can hold


def _amd64(line: int, length: int) -> bytes:
    """``write(1, line, length); exit(0)`` for x86-64, with the line's address."""
    return b"".join(
        (
            b"\xb8\x01\x00\x00\x00",  # mov eax, 1 (write)
            b"\xbf\x01\x00\x00\x00",  # mov edi, 1
            b"\xbe" + struct.pack("<I", line),  # mov esi, line
            b"\xba" + struct.pack("<I", length),  # mov edx, length
            b"\x0f\x05",  # syscall
            b"\xb8\x3c\x00\x00\x00",  # mov eax, 60 (exit)
            b"\x31\xff",  # xor edi, edi
            b"\x0f\x05",  # syscall
        )
    )


def _arm64(line: int, length: int) -> bytes:
    """The same for AArch64; the line stands right behind its eight instructions."""
    del line
    ahead = 7 * 4  # from the instruction that asks for the address
    words = (
        0xD2800020,  # mov x0, #1
        0x10000001 | (ahead >> 2) << 5,  # adr x1, line
        0xD2800002 | length << 5,  # mov x2, #length
        0xD2800808,  # mov x8, #64 (write)
        0xD4000001,  # svc #0
        0xD2800000,  # mov x0, #0
        0xD2800BA8,  # mov x8, #93 (exit)
        0xD4000001,  # svc #0
    )
    return struct.pack("<8I", *words)


# By the name that Go, and so the engine, has for it: the machine's number in an ELF header, and its instructions.
ARCHITECTURES: Final[Mapping[str, tuple[int, Callable[[int, int], bytes]]]] = {
    "amd64": (62, _amd64),
    "arm64": (183, _arm64),
}


def program(architecture: str, line: str) -> bytes:
    """The executable for one of the ``ARCHITECTURES`` that prints this line; ValueError for a line that is too long."""
    machine, instructions = ARCHITECTURES[architecture]
    text = f"{line}\n".encode()
    if len(text) > _MOST:
        raise ValueError("the line is too long")
    size = len(instructions(0, 0))
    code = instructions(_BASE + _HEADERS + size, len(text)) + text
    whole = _HEADERS + len(code)
    header = struct.pack(
        "<16sHHIQQQIHHHHHH",
        b"\x7fELF\x02\x01\x01",  # 64 bits, little-endian, version 1
        2,  # an executable
        machine,
        1,
        _BASE + _HEADERS,  # where it begins
        64,  # where the program header stands
        0,
        0,
        64,
        56,
        1,
        0,
        0,
        0,
    )
    segment = struct.pack("<IIQQQQQQ", 1, 5, 0, _BASE, _BASE, whole, whole, _PAGE)  # load, readable and executable
    return header + segment + code
