"""Sizes and limits as the engine takes them: ``64m``, ``nofile=1024:2048``.

Source: ``docker/go-units`` 0.4.0 (``size.go``, ``ulimit.go``), which Debian's 26.1 is built with; 0.5.0
takes the same sizes but for odd ones such as ``.5g``.
"""

from __future__ import annotations

import re

from dockworthy.golang.values import GoError, parse_float, parse_int
from dockworthy.regex import regex

__all__ = ["ULIMIT_NAMES", "bytes_size", "parse_ulimit", "ram_in_bytes"]

ULIMIT_NAMES = frozenset(
    [
        *("core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc", "rss", "rtprio"),
        *("rttime", "sigpending", "stack"),
    ]
)
_SIZE = regex(r"(\d+(?:\.\d+)*) ?([kKmMgGtTpP])?[iI]?[bB]?", re.ASCII)
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5}
_INT64 = 2**63


def ram_in_bytes(text: str) -> int:
    """``units.RAMInBytes``; raises GoError for what is no size."""
    match = _SIZE.fullmatch(text) if not text.endswith("\n") else None
    if not match:
        raise GoError(f"invalid size: '{text}'")
    size = parse_float(match[1]) * 1024.0 ** _POWERS[(match[2] or "").lower()]
    # a float that an int64 cannot hold converts to its lowest value on amd64
    return int(size) if size < _INT64 else -_INT64


def bytes_size(size: int) -> str:
    """``units.BytesSize``: with a binary unit and four digits."""
    number, unit = float(size), 0
    units = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB")
    while number >= 1024 and unit < len(units) - 1:  # noqa: PLR2004 - the binary step
        number, unit = number / 1024, unit + 1
    return f"{number:.4g}{units[unit]}"


def parse_ulimit(text: str) -> tuple[str, int, int]:
    """``units.ParseUlimit``: name, soft and hard limit; -1 is unlimited; raises GoError for what is no limit."""
    name, equals, limits = text.partition("=")
    if not equals:
        raise GoError(f"invalid ulimit argument: {text}")
    if name not in ULIMIT_NAMES:
        raise GoError(f"invalid ulimit type: {name}")
    values = limits.split(":")
    if len(values) > 2:  # noqa: PLR2004 - soft and hard
        raise GoError(f"too many limit value arguments - {limits}, can only have up to two, `soft[:hard]`")
    # the hard limit is read first, so that its error comes first
    hard = parse_int(values[1]) if len(values) > 1 else None
    soft = parse_int(values[0])
    if hard is None:
        hard = soft
    if hard != -1 and soft == -1:
        raise GoError(f"ulimit soft limit must be less than or equal to hard limit: soft: -1 (unlimited), hard: {hard}")
    if hard != -1 and soft > hard:
        raise GoError(f"ulimit soft limit must be less than or equal to hard limit: {soft} > {hard}")
    return name, soft, hard
