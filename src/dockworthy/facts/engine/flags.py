"""dockerd's command line: the table of its options, and ``pflag``'s way of reading arguments.

Source: ``cmd/dockerd/config.go``, ``config_unix.go`` and ``options.go`` of moby 26.1, ``spf13/pflag`` 1.0.5
(``flag.go``), ``spf13/cobra`` 1.8 (the order: unreadable options, then help, then version, then arguments).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dockworthy.evidence import Origin, OriginKind
from dockworthy.facts.engine.masking import mask_text, option_told
from dockworthy.facts.engine.options import (
    validate_dns_search,
    validate_generic_resource,
    validate_host,
    validate_label,
)
from dockworthy.facts.engine.units import bytes_size, parse_ulimit, ram_in_bytes
from dockworthy.golang.ip import canonical_ip
from dockworthy.golang.text import quote
from dockworthy.golang.values import (
    GoError,
    atoi,
    format_map,
    format_value,
    parse_bool,
    parse_int,
    read_csv_record,
    trim_space,
)
from dockworthy.trust.loaders.insecure import validate_index_name, validate_mirror

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["BOOL", "FLAGS", "CommandLine", "Flag", "NoStart", "UsageRefusal", "parse_arguments"]

BOOL = "bool"
STOCK_RUNTIME = "runc"


class UsageRefusal(GoError):  # noqa: N818 - a refusal of the engine's, told by its text
    """The command line is not one that starts an engine."""


class NoStart(UsageRefusal):
    """The command line asks for something else than a start: dockerd prints it and ends."""


@dataclass(frozen=True, slots=True)
class Flag:
    """An option.

    Attributes:
        name: without its dashes.
        kind: how its value is read, a key of ``_SETTERS``.
        short: its letter, or "".
        key: its name in daemon.json, where the option has a list or map that is merged by that name.
        validate: makes the value that is kept, or refuses it.
    """

    name: str
    kind: str = "string"
    short: str = ""
    key: str = ""
    validate: Callable[[str], str] | None = None

    @property
    def setting(self) -> str:
        """The key of daemon.json that holds the same setting."""
        return self.key or self.name


def _flags(kind: str, *names: str) -> list[Flag]:
    """Options of one kind; ``name/x`` gives the letter x."""
    return [Flag(name.partition("/")[0], kind, name.partition("/")[2]) for name in names]


def _list(name: str, key: str, validate: Callable[[str], str] | None = None, short: str = "") -> Flag:
    return Flag(name, "list", short, key, validate)


_ALL = [
    *_flags(
        BOOL,
        "cri-containerd",
        "debug/D",
        "experimental",
        "help/h",
        "icc",
        "init",
        "ip-forward",
        "ip-masq",
        "ip6tables",
        "iptables",
        "ipv6",
        "live-restore",
        "no-new-privileges",
        "raw-logs",
        "restart/r",
        "rootless",
        "selinux-enabled",
        "tls",
        "tlsverify",
        "userland-proxy",
        "validate",
        "version/v",
    ),
    *_flags(
        "string",
        "api-cors-header",
        "bip",
        "bridge/b",
        "cgroup-parent",
        "config-file",
        "containerd",
        "containerd-namespace",
        "containerd-plugins-namespace",
        "data-root",
        "default-cgroupns-mode",
        "default-ipc-mode",
        "default-runtime",
        "exec-root",
        "fixed-cidr",
        "fixed-cidr-v6",
        "group/G",
        "http-proxy",
        "https-proxy",
        "init-path",
        "log-driver",
        "log-format",
        "log-level/l",
        "metrics-addr",
        "no-proxy",
        "pidfile/p",
        "seccomp-profile",
        "storage-driver/s",
        "swarm-default-advertise-addr",
        "tlscacert",
        "tlscert",
        "tlskey",
        "userland-proxy-path",
        "userns-remap",
    ),
    *_flags(
        "int",
        "cpu-rt-period",
        "cpu-rt-runtime",
        "max-concurrent-downloads",
        "max-concurrent-uploads",
        "max-download-attempts",
        "mtu",
        "network-control-plane-mtu",
        "network-diagnostic-port",
        "shutdown-timeout",
    ),
    *_flags("ip", "default-gateway", "default-gateway-v6", "host-gateway-ip", "ip"),
    *_flags("ips", "dns"),
    *_flags("bytes", "default-shm-size"),
    _list("allow-nondistributable-artifacts", "allow-nondistributable-artifacts", validate_index_name),
    _list("authorization-plugin", "authorization-plugins"),
    _list("cdi-spec-dir", "cdi-spec-dirs"),
    _list("dns-opt", "dns-opts"),
    Flag("dns-search", "list", validate=validate_dns_search),
    _list("exec-opt", "exec-opts"),
    _list("host", "hosts", validate_host, "H"),
    _list("insecure-registry", "insecure-registries", validate_index_name),
    _list("label", "labels", validate_label),
    _list("node-generic-resource", "node-generic-resources", validate_generic_resource),
    _list("registry-mirror", "registry-mirrors", validate_mirror),
    _list("storage-opt", "storage-opts"),
    Flag("add-runtime", "runtimes", key="runtimes"),
    Flag("default-address-pool", "pools", key="default-address-pools"),
    Flag("default-network-opt", "maps", key="default-network-opts"),
    Flag("default-ulimit", "ulimits", key="default-ulimits"),
    Flag("log-opt", "map", key="log-opts"),
]
FLAGS: Mapping[str, Flag] = {flag.name: flag for flag in sorted(_ALL, key=lambda flag: flag.name)}
SHORT: Mapping[str, Flag] = {flag.short: flag for flag in _ALL if flag.short}


def _set_ips(_flag: Flag, text: str, current: Any) -> Any:
    bare = text.translate(str.maketrans("", "", "\"'`"))
    addresses = []
    for part in read_csv_record(bare) or []:
        address = canonical_ip(trim_space(part))
        if address is None:
            raise GoError(f"invalid string being converted to IP address: {part}")
        addresses.append(address)
    return [*(current or []), *addresses]


def _set_ip(_flag: Flag, text: str, current: Any) -> Any:
    if not text:
        return current
    address = canonical_ip(trim_space(text))
    if address is None:
        raise GoError(f"failed to parse IP: {quote(text)}")
    return address


def _set_list(flag: Flag, text: str, current: Any) -> Any:
    return [*(current or []), flag.validate(text) if flag.validate else text]


def _set_map(_flag: Flag, text: str, current: Any) -> Any:
    name, _, value = text.partition("=")
    return {**(current or {}), name: value}


def _set_maps(_flag: Flag, text: str, current: Any) -> Any:
    root, found, rest = text.partition("=")
    name, found_too, value = rest.partition("=")
    if not found or not found_too:
        raise GoError(f"invalid value {quote(text)} for map option, should be root-key=key=value")
    options = dict(current or {})
    options[root] = {**options.get(root, {}), name: value}
    return options


def _set_runtimes(_flag: Flag, text: str, current: Any) -> Any:
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


def _set_ulimits(_flag: Flag, text: str, current: Any) -> Any:
    name, soft, hard = parse_ulimit(text)
    return {**(current or {}), name: {"Name": name, "Soft": soft, "Hard": hard}}


def _set_pools(_flag: Flag, text: str, current: Any) -> Any:
    fields = read_csv_record(text)
    if fields is None:
        raise GoError("EOF")
    pool = {"base": "", "size": 0}
    for part in fields:
        name, found, value = part.lower().partition("=")
        if not found:
            raise GoError(f"invalid field '{part}' must be a key=value pair")
        if name == "base":
            pool["base"] = value
        elif name == "size":
            try:
                pool["size"] = atoi(value)
            except GoError as error:
                raise GoError(f"invalid size value: {quote(text)} (must be integer): {error}") from None
        else:
            raise GoError(f"unexpected key '{name}' in '{part}'")
    return [*(current or []), pool]


_SETTERS: Mapping[str, Callable[[Flag, str, Any], Any]] = {
    BOOL: lambda _flag, text, _current: parse_bool(text),
    "string": lambda _flag, text, _current: text,
    "int": lambda _flag, text, _current: parse_int(text, 0),
    "bytes": lambda _flag, text, _current: ram_in_bytes(text),
    "ip": _set_ip,
    "ips": _set_ips,
    "list": _set_list,
    "map": _set_map,
    "maps": _set_maps,
    "runtimes": _set_runtimes,
    "ulimits": _set_ulimits,
    "pools": _set_pools,
}


def _write_csv(fields: list[str]) -> str:
    return ",".join(fields)  # addresses need no quotes


_WRITERS: Mapping[str, Callable[[Any], str]] = {
    "ips": lambda value: f"[{_write_csv(value)}]",
    "list": lambda value: format_value(value) if value else "",
    "bytes": lambda value: bytes_size(value) if value else "0",
    "runtimes": lambda value: f"[{' '.join(value)}]",
    "ulimits": lambda value: "[" + " ".join(f"{u['Name']}={u['Soft']}:{u['Hard']}" for u in value.values()) + "]",
    "pools": lambda value: ", ".join(f"{pool['base']} {pool['size']}" for pool in value),
    "map": format_map,
}


@dataclass(slots=True)
class CommandLine:
    """The options as they were given.

    Attributes:
        values: of the options that were given, by option name.
        given: how each was written, ``--icc=false``, in order.
        rest: the arguments that are no options.
    """

    values: dict[str, Any] = field(default_factory=dict)
    given: dict[str, list[str]] = field(default_factory=dict)
    rest: list[str] = field(default_factory=list)

    def set(self, flag: Flag, text: str, written: str) -> None:
        """Give an option its value, once more where it had one.

        Raises:
            GoError: where the value is none for it.
        """
        try:
            self.values[flag.name] = _SETTERS[flag.kind](flag, text, self.values.get(flag.name))
        except GoError as error:
            # -h is a deprecated letter, and is not named
            shown = f"-{flag.short}, --{flag.name}" if flag.short and flag.name != "help" else f"--{flag.name}"
            raise GoError(f"invalid argument {quote(text)} for {quote(shown)} flag: {error}") from None
        self.given.setdefault(flag.name, []).append(written)

    def shown(self, flag: Flag) -> str:
        """The value as ``Value.String`` writes it in messages."""
        return _WRITERS.get(flag.kind, format_value)(self.values[flag.name])

    def source(self, name: str) -> Origin:
        """The command line as far as it gives this option: ``dockerd --label=a --label=b``; without passwords."""
        text = mask_text("dockerd " + " ".join(option_told(name, text) for text in self.given[name]))
        return Origin(text, OriginKind.FLAG)


class _Arguments:
    """``FlagSet.Parse``."""

    def __init__(self, arguments: Sequence[str]) -> None:
        self.left = list(reversed(arguments))
        self.line = CommandLine()

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
        flag = FLAGS.get(name)
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
        flag = SHORT.get(letter)
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


def parse_arguments(arguments: Sequence[str]) -> CommandLine:
    """Read dockerd's arguments (without the program's name).

    Raises:
        UsageRefusal: with the first line of what dockerd prints instead of starting.
    """
    try:
        line = _Arguments(arguments).run()
    except GoError as error:
        raise UsageRefusal(f"Status: {error}") from None
    if line.values.get("help"):
        raise NoStart("dockerd prints its usage and ends")
    if line.values.get("version"):
        raise NoStart("dockerd prints its version and ends")
    if line.rest:
        raise UsageRefusal('"dockerd" accepts no argument(s).')
    return line
