"""A kernel's build configuration, and whether the lines that it lacks mean anything.

Kconfig writes one line for each symbol that has a value: ``CONFIG_X=y``, or ``# CONFIG_X is not set`` for a
visible one that is off (``scripts/kconfig/confdata.c``). So in a whole configuration a symbol without a line
does not exist in that tree, or what it depends on is off. What ``savedefconfig`` writes, a fragment, a
configuration stripped of its comments or cut off has fewer lines: there an absent line says nothing.
"""

from __future__ import annotations

import re
import zlib
from functools import lru_cache
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, known, unknown
from dockworthy.facts.kernel.release import KernelRelease, parse_release
from dockworthy.regex import regex

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ABSENT", "Kconfig", "parse_kconfig", "read_kconfig"]

ABSENT = "absent"
MAX_BYTES = 8 * 1024 * 1024  # the largest configurations of distributions have 0.3 MB

_LINE = regex(r"(?:CONFIG_(\w{1,256})=(.*)|# CONFIG_(\w{1,256}) is not set)\s*", re.ASCII)
_HEADER = regex(r"#+ Linux(?:/(\S{1,64}))? (?:kernel version: )?(\S{1,256})(?: Kernel Configuration)?\s*")
_GENERATED = regex(r"#+ Automatically generated (?:file|make config)\b")
_END = regex(r"# end of (.+?)\s*")

# Symbols that a whole configuration always has a line for, on every architecture and in every version since
# 2.6.32, in the order of the main Kconfig: from the first menu to the last.
_ANCHORS = ("LOCALVERSION", "SYSVIPC", "MODULES", "NET", "PROC_FS", "NLS", "DEBUG_KERNEL", "KEYS", "CRYPTO", "CRC32")
_LAST_MENU = "Kernel hacking"


@dataclass(frozen=True, slots=True)
class Kconfig:
    """A build configuration.

    Attributes:
        values: by symbol without ``CONFIG_``: ``y``, ``m``, ``n``, or another type's value as written.
        header: the release and the architecture that the header names.
        incomplete: why an absent line says nothing, or None for a whole configuration.
    """

    values: Mapping[str, str]
    header: tuple[str, str] | None
    incomplete: str | None

    @property
    def complete(self) -> bool:
        """Whether a symbol without a line is off."""
        return self.incomplete is None

    @property
    def release(self) -> KernelRelease | None:
        """The release that the header names."""
        return parse_release(self.header[0]) if self.header else None

    @property
    def arch(self) -> str | None:
        """The architecture as ``uname -m`` would name it, where the configuration tells it."""
        if self.values.get("X86_64") == "y":
            return "x86_64"
        if self.values.get("ARM64") == "y":
            return "aarch64"
        if self.header is None or not self.header[1]:
            return None
        return {"arm64": "aarch64", "x86": "i686", "i386": "i686"}.get(self.header[1], self.header[1])

    def value(self, symbol: str) -> Evidence[str]:
        """``y``, ``m``, ``n`` or ``absent``; unknown where there is no line and the configuration is not whole."""
        name = symbol.removeprefix("CONFIG_")
        source = f"kernel configuration: CONFIG_{name}"
        value = self.values.get(name)
        if value is not None:
            return known(value, source)
        if self.incomplete is not None:
            return unknown(f"no line, and the configuration is not complete: {self.incomplete}", source)
        return known(ABSENT, source)


def _incomplete(values: Mapping[str, str], *, generated: bool, ends: set[str]) -> str | None:
    """Why the configuration is not whole, or None."""
    if not values:
        return "it holds no option"
    if not generated:
        return 'it does not say "Automatically generated" as Kconfig does'
    missing = [anchor for anchor in _ANCHORS if anchor not in values]
    if missing:
        return f"CONFIG_{missing[0]}, which every whole one has, is not in it"
    if "n" not in values.values():
        return 'it has no "is not set" lines'
    if ends and _LAST_MENU not in ends:
        return "its end is missing"
    return None


def parse_kconfig(text: str) -> Kconfig:
    """Read a configuration; text that is none gives one without options, which is not complete."""
    values: dict[str, str] = {}
    header: tuple[str, str] | None = None
    generated = False
    ends: set[str] = set()
    for line in text.splitlines():
        option = _LINE.fullmatch(line)
        if option:
            values[option[1] or option[3]] = option[2].strip() if option[1] else "n"
        elif not line.startswith("#"):
            continue
        elif end := _END.fullmatch(line):
            ends.add(end[1])
        elif header is None and (found := _HEADER.fullmatch(line)) and parse_release(found[2]):
            header = (found[2], found[1] or "")
        else:
            generated = generated or bool(_GENERATED.match(line))
    return Kconfig(values, header, _incomplete(values, generated=generated, ends=ends))


def _inflate(data: bytes) -> bytes | None:
    decoder = zlib.decompressobj(wbits=31)
    try:
        text = decoder.decompress(data, MAX_BYTES)
    except zlib.error:
        return None
    return text if decoder.eof else None


@lru_cache(maxsize=8)  # the hosts of a fleet run few kernels
def read_kconfig(data: bytes, source: str) -> Evidence[Kconfig]:
    """Read a configuration's bytes, as text or compressed by gzip.

    Unknown where they hold none: an empty file (``/proc/config.gz`` under a mount of ``/dev/null``), a damaged
    or oversized archive, another kind of file.
    """
    if not data.strip():
        return unknown("is empty", source, Code.MALFORMED)
    if data[:2] == b"\x1f\x8b":
        inflated = _inflate(data)
        if inflated is None:
            return unknown("is a damaged or oversized gzip file", source, Code.MALFORMED)
        data = inflated
    if len(data) > MAX_BYTES:
        return unknown(f"is larger than {MAX_BYTES} bytes", source, Code.TOO_LARGE)
    config = parse_kconfig(data.decode("utf-8", "replace"))
    return known(config, source) if config.values else unknown("holds no kernel configuration", source, Code.MALFORMED)
