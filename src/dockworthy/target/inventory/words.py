"""What stands where an inventory names hosts: a name or an address, ranges of them, a port."""

from __future__ import annotations

import re
from ipaddress import IPv6Address
from string import ascii_letters

from dockworthy.errors import UsageError
from dockworthy.target.inventory.groups import MAX_HOSTS

__all__ = ["check_host", "hosts_of", "is_host_word"]

_HOST = re.compile(r"[\w.%+-]{1,255}|[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Fa-f:.]*(?:%[A-Za-z0-9._-]{1,15})?")
_RANGE = re.compile(r"\[([0-9]{0,18}|[A-Za-z]):([0-9]{1,18}|[A-Za-z])(?::([0-9]{1,18}))?\]")
_BRACKETS = re.compile(r"\[(.+)\](?::([0-9]+))?")
_WITH_PORT = re.compile(r"((?:[^:\[\]]|\[[^\]]*\])+):([0-9]+)")
_LABEL = r"[\w](?:[\w-]*\w)?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")


def check_host(name: str, where: str) -> None:
    """`UsageError` for what is no name of a host."""
    if not _HOST.fullmatch(name) or name[0] == "-":
        raise UsageError(f"{where}: this is no host's name; a user and password do not stand before it.")


def hosts_of(word: str, where: str) -> tuple[list[str], str]:
    """The names that a word stands for, and the port of all, "" where there is none; `UsageError` with its place."""
    name, port = _split(word) if ":" in word else (word, "")
    names = _expanded(name, where) if "[" in name else [name]
    for one in names:
        check_host(one, where)
    return names, port


def is_host_word(word: str) -> bool:
    """Whether a word is one name, address or range, with a port or without; else its colons part several."""
    name, port = _split(word)
    return _is_address(name) and (bool(port) or not word.startswith("[") or name == word)


def _is_address(text: str) -> bool:
    plain = _RANGE.sub("0", text)
    return bool(_NAME.fullmatch(plain)) or _is_ipv6(plain)


def _is_ipv6(text: str) -> bool:
    try:
        return "%" not in text and bool(IPv6Address(text))
    except ValueError:
        return False


def _split(word: str) -> tuple[str, str]:
    """``name:port``; an IPv6 address has a port only in brackets."""
    found = _BRACKETS.fullmatch(word)
    if found and _is_address(found[1]) and (found[2] or _is_ipv6(found[1])):
        return found[1], found[2] or ""
    found = _WITH_PORT.fullmatch(word)
    return (found[1], found[2]) if found else (word, "")


def _expanded(name: str, where: str) -> list[str]:
    """``web[01:03]`` as its three names; several ranges multiply."""
    found = _RANGE.search(name)
    if not found:
        if "[" in name:
            raise UsageError(f"{where}: what stands in brackets is no range; write [01:20] or [a:f].")
        return [name]
    names: list[str] = []
    for item in _items(found[1] or "0", found[2], int(found[3] or 1), f"{where}: {found[0]}"):
        names += _expanded(name[: found.start()] + item + name[found.end() :], where)
        if len(names) > MAX_HOSTS:
            raise UsageError(f"{where}: the ranges make more than {MAX_HOSTS} names.")
    return names


def _items(first: str, last: str, step: int, where: str) -> list[str]:
    if step < 1 or first.isdecimal() != last.isdecimal():
        raise UsageError(f"{where} is no range; write [01:20].")
    if not first.isdecimal():
        start, end = ascii_letters.index(first), ascii_letters.index(last)
        if start > end:
            raise UsageError(f"{where} is no range: {last} comes before {first}.")
        return list(ascii_letters[start : end + 1 : step])
    width = len(first) if first.startswith("0") and len(first) > 1 else 0
    if width and width != len(last):
        raise UsageError(f"{where} is no range: with leading zeros both ends are equally long.")
    if int(last) - int(first) > MAX_HOSTS:
        raise UsageError(f"{where} is too long a range.")
    return [str(number).zfill(width) for number in range(int(first), int(last) + 1, step)]
