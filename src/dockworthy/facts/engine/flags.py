"""dockerd's command line: the options of a release, and ``pflag``'s way of reading arguments.

Source: ``spf13/pflag`` 1.0.5 (``flag.go``), ``spf13/cobra`` 1.8 (the order: unreadable options, then help, then
version, then arguments).
"""

from __future__ import annotations

from dataclasses import field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Origin, OriginKind
from dockworthy.facts.engine.masking import mask_text, option_told
from dockworthy.facts.engine.options import (
    validate_dns_search,
    validate_generic_resource,
    validate_host,
    validate_label,
    validate_mirror_of,
)
from dockworthy.facts.engine.units import bytes_size, parse_ulimit, ram_in_bytes
from dockworthy.golang.ip import canonical_ip, parse_addr, parse_prefix
from dockworthy.golang.text import quote
from dockworthy.golang.values import (
    GoError,
    GoPanic,
    atoi,
    format_map,
    format_value,
    parse_bool,
    parse_int,
    prefixed,
    read_csv_record,
    trim_space,
)
from dockworthy.trust.loaders.insecure import validate_index_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dockworthy.releases import Rules

__all__ = ["BOOL", "CommandLine", "Flag", "NoStart", "UsageRefusal", "flags_of", "parse_arguments"]

BOOL = "bool"
STOCK_RUNTIME = "runc"


class UsageRefusal(GoError):  # noqa: N818 - a refusal of the engine's, told by its text
    """The command line is not one that starts an engine."""


class NoStart(UsageRefusal):
    """The command line asks for something else than a start: dockerd prints it and ends."""


@dataclass(frozen=True, slots=True)
class Flag:
    """An option."""

    name: str  # without its dashes
    kind: str  # how its value is read, a key of ``_SETTERS``
    short: str  # its letter, or ""
    setting: str  # the key of daemon.json that holds the same setting
    validate: Callable[[str, Rules], str] | None  # makes the value of a list that is kept, or refuses it


def _of_every_release(check: Callable[[str], str]) -> Callable[[str, Rules], str]:
    return lambda text, _rules: check(text)


_CHECKS: Mapping[str, Callable[[str, Rules], str]] = {
    "allow-nondistributable-artifacts": _of_every_release(validate_index_name),
    "dns-search": _of_every_release(validate_dns_search),
    "host": validate_host,
    "insecure-registry": _of_every_release(validate_index_name),
    "label": _of_every_release(validate_label),
    "node-generic-resource": _of_every_release(validate_generic_resource),
    "registry-mirror": validate_mirror_of,
}
_KINDS = {"tristate": BOOL, "format": "text", "int64": "int", "number": "int"}  # types that only a file tells apart


def _kind(name: str) -> str:
    return "runtimes" if name.startswith("{}") else _KINDS.get(name, name)


@lru_cache(maxsize=32)
def flags_of(rules: Rules) -> Mapping[str, Flag]:
    """The options of a release, by name."""
    rows = sorted((row for row in rules.settings if row.flag), key=lambda row: row.flag)
    return {row.flag: Flag(row.flag, _kind(row.type), row.letter, row.name, _CHECKS.get(row.flag)) for row in rows}


@lru_cache(maxsize=32)
def _short_of(rules: Rules) -> Mapping[str, Flag]:
    """The options of a release that have a letter, by it."""
    return {flag.short: flag for flag in flags_of(rules).values() if flag.short}


@dataclass(frozen=True, slots=True)
class _Given:
    """An option that is given a value, of an engine of a release."""

    flag: Flag
    rules: Rules


def _set_ips(_given: _Given, text: str, current: Any) -> Any:
    bare = text.translate(str.maketrans("", "", "\"'`"))
    addresses = []
    for part in read_csv_record(bare) or []:
        address = canonical_ip(trim_space(part))
        if address is None:
            raise GoError(f"invalid string being converted to IP address: {part}")
        addresses.append(address)
    return [*(current or []), *addresses]


def _set_ip(given: _Given, text: str, current: Any) -> Any:
    if not text and given.rules.holds("flag.empty-ip"):
        return current
    address = canonical_ip(trim_space(text))
    if address is None:
        raise GoError(f"failed to parse IP: {quote(text)}")
    return address


def _set_list(given: _Given, text: str, current: Any) -> Any:
    check = given.flag.validate
    return [*(current or []), check(text, given.rules) if check else text]


def _set_addresses(_given: _Given, text: str, current: Any) -> Any:
    """``opts.ValidateIPAddress``, one by one."""
    return [*(current or []), _plain_ip(trim_space(text), text)]


def _plain_ip(text: str, shown: str) -> str:
    address = canonical_ip(text)
    if address is None:
        raise GoError(f"{shown} is not an ip address")
    return address


def _set_netips(_given: _Given, text: str, current: Any) -> Any:
    return [*(current or []), parse_addr(text)]


def _set_quoted(_given: _Given, text: str, _current: Any) -> Any:
    """``opts.QuotedString``: one pair of quotes around a value is taken off."""
    if not text:
        raise GoPanic("runtime error: index out of range [0] with length 0")
    for sign in ("'", '"'):
        if text[0] == text[-1] == sign:
            return text[1:-1]
    return text


def _set_features(_given: _Given, text: str, current: Any) -> Any:
    name, found, value = text.partition("=")
    if not name:
        raise GoError(f"invalid option name: {text}")
    return {**(current or {}), name: parse_bool(value) if found else True}


def _set_nri(_given: _Given, text: str, current: Any) -> Any:
    fields = read_csv_record(text)
    if fields is None:
        raise GoError("EOF")
    options = dict(current or {"enable": False, "plugin-path": "", "plugin-config-path": "", "socket-path": ""})
    for part in fields:
        name, _, value = part.partition("=")
        if name not in options:
            raise GoError(f"unexpected key '{name}' in '{part}'")
        if name == "enable":
            with prefixed(f"invalid value for NRI enable {quote(value or 'true')}: "):
                options[name] = parse_bool(value or "true")
        else:
            options[name] = value
    return options


def _set_map(_given: _Given, text: str, current: Any) -> Any:
    name, _, value = text.partition("=")
    return {**(current or {}), name: value}


def _set_maps(_given: _Given, text: str, current: Any) -> Any:
    root, found, rest = text.partition("=")
    name, found_too, value = rest.partition("=")
    if not found or not found_too:
        raise GoError(f"invalid value {quote(text)} for map option, should be root-key=key=value")
    options = dict(current or {})
    options[root] = {**options.get(root, {}), name: value}
    return options


def _set_runtimes(_given: _Given, text: str, current: Any) -> Any:
    name, found, path = text.partition("=")
    name, path = trim_space(name).lower(), trim_space(path)
    if not found or not name or not path:
        raise GoError(f"invalid runtime argument: {text}")
    if name == STOCK_RUNTIME:
        raise GoError(f"runtime name '{STOCK_RUNTIME}' is reserved")
    if name in (current or {}):
        raise GoError(f"runtime '{name}' was already defined")
    runtime = {"path": path, "runtimeArgs": None, "runtimeType": "", "options": None}
    return {**(current or {}), name: runtime}


def _set_ulimits(_given: _Given, text: str, current: Any) -> Any:
    name, soft, hard = parse_ulimit(text)
    return {**(current or {}), name: {"Name": name, "Soft": soft, "Hard": hard}}


def _set_pools(given: _Given, text: str, current: Any) -> Any:
    fields = read_csv_record(text)
    if fields is None:
        raise GoError("EOF")
    pool = {"base": "", "size": 0}
    for part in fields:
        name, found, value = part.lower().partition("=")
        if not found:
            raise GoError(f"invalid field '{part}' must be a key=value pair")
        if name == "base" and given.flag.kind == "pools":
            pool["base"] = value
        elif name == "base":
            with prefixed(f"invalid base prefix {quote(value)}: "):
                pool["base"] = str(parse_prefix(value))
        elif name == "size":
            shown = value if given.rules.holds("pools.size-alone") else text
            with prefixed(f"invalid size value: {quote(shown)} (must be integer): "):
                pool["size"] = atoi(value)
        else:
            raise GoError(f"unexpected key '{name}' in '{part}'")
    return [*(current or []), pool]


_SETTERS: Mapping[str, Callable[[_Given, str, Any], Any]] = {
    BOOL: lambda _given, text, _current: parse_bool(text),
    "text": lambda _given, text, _current: text,
    "quoted": _set_quoted,
    "int": lambda _given, text, _current: parse_int(text, 0),
    "bytes": lambda _given, text, _current: ram_in_bytes(text),
    "ip": _set_ip,
    "ip-opt": lambda _given, text, _current: _plain_ip(text, text),
    "ips": _set_ips,
    "addresses": _set_addresses,
    "netips": _set_netips,
    "gateway-ips": _set_netips,
    "features": _set_features,
    "nri": _set_nri,
    "list": _set_list,
    "map": _set_map,
    "maps": _set_maps,
    "runtimes": _set_runtimes,
    "ulimits": _set_ulimits,
    "pools": _set_pools,
    "prefix-pools": _set_pools,
}


def _shown_pools(value: Any) -> str:
    return ", ".join(f"{pool['base']} {pool['size']}" for pool in value)


_WRITERS: Mapping[str, Callable[[Any], str]] = {
    "ips": lambda value: f"[{','.join(value)}]",  # addresses need no quotes
    "addresses": lambda value: format_value(value) if value else "",
    "netips": lambda value: format_value(value) if value else "",
    "gateway-ips": lambda value: format_value(value) if value else "",
    "nri": lambda value: ",".join(
        [f"enable={str(value['enable']).lower()}", *(f"{k}={v}" for k, v in value.items() if k != "enable" and v)]
    ),
    "features": format_value,
    "list": lambda value: format_value(value) if value else "",
    "bytes": lambda value: bytes_size(value) if value else "0",
    "runtimes": lambda value: f"[{' '.join(value)}]",
    "ulimits": lambda value: "[" + " ".join(f"{u['Name']}={u['Soft']}:{u['Hard']}" for u in value.values()) + "]",
    "pools": _shown_pools,
    "prefix-pools": _shown_pools,
    "map": format_map,
}


@dataclass(slots=True)
class CommandLine:
    """The options as they were given."""

    rules: Rules  # of the engine's release
    values: dict[str, Any] = field(default_factory=dict)  # of the options that were given, by option name
    given: dict[str, list[str]] = field(default_factory=dict)  # how each was written, ``--icc=false``, in order
    rest: list[str] = field(default_factory=list)  # the arguments that are no options

    def set(self, flag: Flag, text: str, written: str) -> None:
        """Give an option its value, once more where it had one; raises GoError where the value is none for it."""
        try:
            given = _Given(flag, self.rules)
            self.values[flag.name] = _SETTERS[flag.kind](given, text, self.values.get(flag.name))
        except GoError as error:
            # -h is a deprecated letter, and is not named
            shown = f"-{flag.short}, --{flag.name}" if flag.short and flag.name != "help" else f"--{flag.name}"
            if isinstance(error, GoPanic):
                raise
            raise GoError(f"invalid argument {quote(text)} for {quote(shown)} flag: {error}") from None
        self.given.setdefault(flag.name, []).append(written)

    def shown(self, flag: Flag) -> str:
        """The value as ``Value.String`` writes it in messages."""
        return _WRITERS.get(flag.kind, format_value)(self.values[flag.name])

    @property
    def flags(self) -> Mapping[str, Flag]:
        """The options that there are."""
        return flags_of(self.rules)

    def source(self, name: str) -> Origin:
        """The command line as far as it gives this option: ``dockerd --label=a --label=b``; without passwords."""
        text = mask_text("dockerd " + " ".join(option_told(name, text) for text in self.given[name]))
        return Origin(text, OriginKind.FLAG)


class _Arguments:
    """``FlagSet.Parse``."""

    def __init__(self, arguments: Sequence[str], rules: Rules) -> None:
        self.left = list(reversed(arguments))
        self.flags = flags_of(rules)
        self.short = _short_of(rules)
        self.line = CommandLine(rules)

    def run(self) -> CommandLine:
        while self.left:
            word = self.left.pop()
            if len(word) < 2 or word[0] != "-":  # noqa: PLR2004 - a dash alone is an argument
                self.line.rest.append(word)
            elif word == "--":
                self.line.rest += reversed(self.left)
                self.left.clear()
            elif word.startswith("--"):
                self._long(word)
            else:
                self._short(word)
        return self.line

    def _long(self, word: str) -> None:
        name, equals, value = word[2:].partition("=")
        if not name or name[0] == "-":
            raise GoError(f"bad flag syntax: {word}")
        flag = self.flags.get(name)
        if flag is None:
            raise GoError(f"unknown flag: --{name}")
        if equals:
            self.line.set(flag, value, word)
        elif flag.kind == BOOL:
            self.line.set(flag, "true", word)
        elif self.left:
            value = self.left.pop()
            self.line.set(flag, value, f"{word} {value}")
        else:
            raise GoError(f"flag needs an argument: {word}")

    def _short(self, word: str) -> None:
        letters = word[1:]
        while letters:
            letters = self._letter(letters)

    def _letter(self, letters: str) -> str:
        """Read one letter and its value; the letters that are left."""
        if letters.startswith("test."):
            # pflag leaves Go's own test options alone, letter by letter without an end
            raise GoError(f"unknown shorthand flag: 't' in -{letters}")
        letter = letters[0]
        flag = self.short.get(letter)
        if flag is None:
            # pflag takes a byte for a letter, so that one above ASCII is shown as Latin-1
            first = chr(letters.encode("utf-8", "surrogateescape")[0])
            raise GoError(f"unknown shorthand flag: {quote(first, chr(39))} in -{letters}")
        if len(letters) > 2 and letters[1] == "=":  # noqa: PLR2004 - letter, sign, and a value
            self.line.set(flag, letters[2:], f"-{letters}")
            return ""
        if flag.kind == BOOL:
            self.line.set(flag, "true", f"-{letter}")
            return letters[1:]
        if len(letters) > 1:
            self.line.set(flag, letters[1:], f"-{letters}")
        elif self.left:
            value = self.left.pop()
            self.line.set(flag, value, f"-{letter} {value}")
        else:
            raise GoError(f"flag needs an argument: {quote(letter, chr(39))} in -{letters}")
        return ""


def parse_arguments(arguments: Sequence[str], rules: Rules) -> CommandLine:
    """Read dockerd's arguments, without the program's name; raises UsageRefusal where they start no engine."""
    try:
        line = _Arguments(arguments, rules).run()
    except GoError as error:
        raise UsageRefusal(f"Status: {error}") from None
    if line.values.get("help"):
        raise NoStart("dockerd prints its usage and ends")
    if line.values.get("version"):
        raise NoStart("dockerd prints its version and ends")
    if line.rest:
        raise UsageRefusal('"dockerd" accepts no argument(s).')
    return line
