"""The few functions of Go's standard library whose answers and error texts the engine passes on.

Each function gives what Go 1.24 gives, error text included, because these texts are what a person finds in
the engine's log. Sources: ``strconv``, ``fmt``, ``net`` and ``encoding/csv``.
"""

from __future__ import annotations

import math
import re
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from dockworthy.golang.text import quote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = [
    "GoError",
    "atoi",
    "attempt",
    "format_value",
    "parse_bool",
    "parse_duration",
    "parse_float",
    "parse_int",
    "parse_uint",
    "prefixed",
    "read_csv_record",
    "trim_space",
]

P = ParamSpec("P")
T = TypeVar("T")

MAX_SHOWN_DEPTH = 50  # of nested values in a message; Go has no limit, a message needs one


class GoError(Exception):
    """An error that the engine reports with exactly this text."""

    def within(self, prefix: str) -> GoError:
        """The same error, with the text that Go's code puts before it."""
        told = type(self).__new__(type(self))
        told.__dict__.update(self.__dict__)
        told.args = (f"{prefix}{self}",)
        return told


class GoPanic(GoError):  # noqa: N818 - as Go calls it
    """A panic: it ends the program where it is, and nothing is put before its text."""

    def __init__(self, text: str) -> None:
        super().__init__(f"panic: {text}")

    def within(self, prefix: str) -> GoError:
        """The panic as it is."""
        del prefix
        return self


@contextmanager
def prefixed(prefix: str) -> Iterator[None]:
    """Put a text before that of an error that comes from here, as Go's code does that passes one on."""
    try:
        yield
    except GoError as error:
        raise error.within(prefix) from None


def attempt(read: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
    """What Go reads; None where it refuses to."""
    try:
        return read(*args, **kwargs)
    except GoError:
        return None


_TRUE = frozenset({"1", "t", "T", "true", "TRUE", "True"})
_FALSE = frozenset({"0", "f", "F", "false", "FALSE", "False"})
# strings.TrimSpace and bytes.TrimSpace: unicode.IsSpace
_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"  # noqa: E501


def trim_space(text: str) -> str:
    """``strings.TrimSpace``."""
    return text.strip(_SPACE)


def parse_bool(text: str) -> bool:
    """``strconv.ParseBool``."""
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise GoError(f"strconv.ParseBool: parsing {quote(text)}: invalid syntax")


def _digits(text: str, base: int) -> int | None:
    """The value of an unsigned literal of ``strconv.ParseUint``, or None where the syntax is wrong."""
    prefixes = {"0x": 16, "0X": 16, "0b": 2, "0B": 2, "0o": 8, "0O": 8}
    if base == 0:
        if text[:2] in prefixes and len(text) > 2:  # noqa: PLR2004 - a prefix and at least one digit
            base, text, prefixed = prefixes[text[:2]], text[2:], True
        elif text[:1] == "0" and len(text) > 1:
            base, text, prefixed = 8, text[1:], True
        else:
            base, prefixed = 10, False
        # underscores may stand between digits, and after a base prefix
        if not re.fullmatch(r"_?[0-9A-Za-z]+(_[0-9A-Za-z]+)*" if prefixed else r"\w+(_\w+)*", text, re.ASCII):
            return None
        if not prefixed and (text.startswith("_") or text.endswith("_") or "__" in text):
            return None
        text = text.replace("_", "")
    if not re.fullmatch(r"[0-9A-Za-z]+", text):
        return None
    try:
        return int(text, base)
    except ValueError:
        return None


def parse_int(text: str, base: int = 10, bits: int = 64, function: str = "ParseInt") -> int:
    """``strconv.ParseInt``; base 0 takes the base from the literal's prefix."""
    sign = -1 if text[:1] == "-" else 1
    body = text[1:] if text[:1] in {"+", "-"} else text
    value = _digits(body, base) if len(body) <= 200 else None  # noqa: PLR2004 - bounds the work
    if value is None:
        if len(body) > 200 and body.isascii() and body.isdigit():  # noqa: PLR2004
            raise GoError(f"strconv.{function}: parsing {quote(text)}: value out of range")
        raise GoError(f"strconv.{function}: parsing {quote(text)}: invalid syntax")
    value *= sign
    if not -(2 ** (bits - 1)) <= value < 2 ** (bits - 1):
        raise GoError(f"strconv.{function}: parsing {quote(text)}: value out of range")
    return value


def parse_uint(text: str, base: int = 10, bits: int = 64) -> int:
    """``strconv.ParseUint``, which takes no sign."""
    if text[:1] in {"+", "-"}:
        raise GoError(f"strconv.ParseUint: parsing {quote(text)}: invalid syntax")
    return parse_int(text, base, bits + 1, "ParseUint")


def atoi(text: str) -> int:
    """``strconv.Atoi``."""
    return parse_int(text, 10, 64, "Atoi")


def parse_float(text: str) -> float:
    """``strconv.ParseFloat`` of a decimal number (the only form that is asked for here)."""
    if not re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", text, re.ASCII):
        raise GoError(f"strconv.ParseFloat: parsing {quote(text)}: invalid syntax")
    value = float(text)
    if math.isinf(value):
        raise GoError(f"strconv.ParseFloat: parsing {quote(text)}: value out of range")
    return value


def _format_float(value: float) -> str:
    """``%v`` of a float64: the shortest digits, with an exponent from 1e+06 on and below 1e-4."""
    if value == 0:
        return "-0" if math.copysign(1, value) < 0 else "0"
    sign, digits, exponent = Decimal(repr(value)).as_tuple()
    text = "".join(map(str, digits)).rstrip("0") or "0"
    point = len(digits) + int(exponent) - 1  # the decimal exponent of the first digit
    lead = "-" if sign else ""
    if point < -4 or point >= 6:  # noqa: PLR2004 - strconv's %g with the shortest precision
        mantissa = text[0] + ("." + text[1:] if len(text) > 1 else "")
        return f"{lead}{mantissa}e{'-' if point < 0 else '+'}{abs(point):02d}"
    if point < 0:
        return f"{lead}0.{'0' * (-point - 1)}{text}"
    if len(text) <= point + 1:
        return lead + text + "0" * (point + 1 - len(text))
    return f"{lead}{text[: point + 1]}.{text[point + 1 :]}"


def format_value(value: Any, depth: int = 0) -> str:
    """``%v`` of a value decoded from JSON into an empty interface, or of a flag's value."""
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _format_float(value)
    if depth > MAX_SHOWN_DEPTH:
        return "..."
    if isinstance(value, dict):
        return format_map({key: format_value(item, depth + 1) for key, item in value.items()})
    if isinstance(value, list | tuple):
        return "[" + " ".join(format_value(item, depth + 1) for item in value) + "]"
    return str(value)


def format_map(items: Mapping[str, str]) -> str:
    """``%v`` of a map: ``fmt`` sorts it by key."""
    return "map[" + " ".join(f"{key}:{items[key]}" for key in sorted(items)) + "]"


_UNITS = {
    "ns": 1,
    "us": 10**3,
    "\u00b5s": 10**3,
    "\u03bcs": 10**3,
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
}


def parse_duration(text: str) -> int:
    """``time.ParseDuration``, in nanoseconds."""
    sign = -1 if text[:1] == "-" else 1
    rest = text[1:] if text[:1] in {"+", "-"} else text
    if rest == "0":
        return 0
    total = 0
    while True:
        match = re.match(r"(\d+\.?\d*|\.\d+)([^\d.]*)", rest, re.ASCII)
        if not match or len(match[1]) > 30:  # noqa: PLR2004 - bounds the work
            raise GoError(f"time: invalid duration {quote(text)}")
        if not match[2]:
            raise GoError(f"time: missing unit in duration {quote(text)}")
        if match[2] not in _UNITS:
            raise GoError(f"time: unknown unit {quote(match[2])} in duration {quote(text)}")
        total += int(Decimal(match[1]) * _UNITS[match[2]])
        rest = rest[match.end() :]
        if not rest:
            return sign * total


def read_csv_record(text: str) -> list[str] | None:
    """The first record of ``encoding/csv``'s reader with its defaults; None at the end of the input."""
    line = text.replace("\r\n", "\n")
    while line.startswith("\n"):  # the reader skips empty lines
        line = line[1:]
    if not line:
        return None
    fields: list[str] = []
    position = 0
    while True:
        field, position, more = _csv_field(line, position)
        fields.append(field)
        if not more:
            return fields


def _csv_field(line: str, start: int) -> tuple[str, int, bool]:
    """One field from ``start``; where the next begins; whether there is one."""
    if line[start : start + 1] == '"':
        return _csv_quoted(line, start)
    end = start
    while end < len(line) and line[end] not in ",\n":
        if line[end] == '"':
            raise GoError(f'parse error on line 1, column {end + 1}: bare " in non-quoted-field')
        end += 1
    return line[start:end], end + 1, line[end : end + 1] == ","


def _unterminated(line: str) -> str:
    lines = line.removesuffix("\n").split("\n")
    first = "" if len(lines) == 1 else "record on line 1; "
    column = len(lines[-1].encode()) + 1
    return f'{first}parse error on line {len(lines)}, column {column}: extraneous or missing " in quoted-field'


def _csv_quoted(line: str, start: int) -> tuple[str, int, bool]:
    content: list[str] = []
    position = start + 1
    while True:
        close = line.find('"', position)
        if close < 0:
            raise GoError(_unterminated(line))
        content.append(line[position:close])
        after = line[close + 1 : close + 2]
        if after == '"':
            content.append('"')
            position = close + 2
            continue
        if after in {"", ",", "\n"}:
            return "".join(content), close + 2, after == ","
        raise GoError(f'parse error on line 1, column {close + 1}: extraneous or missing " in quoted-field')
