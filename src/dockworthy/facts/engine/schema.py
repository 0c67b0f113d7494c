"""The engine's ``Config`` struct: which keys a daemon.json has, and what Go type each takes.

Which there are in a release, and the members of their objects, is data: ``releases/releases.csv``.

Source: ``daemon/config/config.go``, ``config_linux.go`` and ``builder.go``, ``opts/opts.go``,
``opts/address_pools.go``, ``daemon/pkg/opts/nri_opts.go``, ``registry/config.go`` of moby.
"""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from dockworthy.dataclass import dataclass
from dockworthy.facts.engine.units import ram_in_bytes
from dockworthy.golang.ip import canonical_ip, parse_addr, parse_prefix
from dockworthy.golang.json import (
    Any_,
    Bool,
    Decoder,
    Field,
    GoType,
    Integer,
    Map,
    MismatchError,
    Node,
    Pointer,
    Slice,
    String,
    Struct,
    decode,
)
from dockworthy.golang.text import quote
from dockworthy.golang.values import GoError, attempt, parse_duration, parse_int
from dockworthy.releases import known

if TYPE_CHECKING:
    from collections.abc import Callable

    from dockworthy.releases import Rules

__all__ = ["PROXY_KEYS", "Config", "absent_keys", "config_struct", "flatten"]

PROXY_KEYS = ("http-proxy", "https-proxy", "no-proxy")


@dataclass(frozen=True, slots=True)
class _Own:
    """A type that reads its JSON itself, by its ``UnmarshalJSON`` or ``UnmarshalText``."""

    name: str  # in Go
    empty: Any  # its zero value
    read: Callable[[Node, Any, Decoder], Any]  # makes the value of a node, the current value and the decoder

    def zero(self) -> Any:
        """Its zero value."""
        return self.empty

    def decode(self, node: Node, current: Any, decoder: Decoder) -> Any:
        """What it reads."""
        return self.read(node, current, decoder)


def _of_text(name: str, empty: Any, read: Callable[[str], Any]) -> _Own:
    """A type with an ``UnmarshalText``: it takes strings alone, and an empty one is its zero value."""

    def unmarshal(node: Node, current: Any, decoder: Decoder) -> Any:
        if node.kind == "null":
            return empty if name == "net.IP" else current
        if node.kind != "string":
            decoder.mismatch(node.kind, name, of_text=True)
            return current
        return read(node.value) if node.value else empty

    return _Own(name, empty, unmarshal)


def _ip(text: str) -> str:
    """``net.IP``: an address in its canonical text; None for none."""
    address = canonical_ip(text)
    if address is None:
        raise GoError(f"invalid IP address: {text}")
    return address


def _mem_bytes(node: Node, _current: Any, _decoder: Decoder) -> Any:
    """``opts.MemBytes``: a size in a string of at least one character, as it was written, escapes and all."""
    raw = node.raw.decode("utf-8", "surrogateescape")
    if node.kind != "string" or len(raw) <= len('""'):
        raise GoError(f"invalid size: {quote(raw)}")
    return ram_in_bytes(raw[1:-1])


def _pools(base: GoType) -> _Own:
    """``opts.PoolsOpt``: a list of objects with ``base`` and ``size``, decoded on its own."""
    pools = Slice(Pointer(_struct("ipamutils.NetworkToSplit", {"base": base, "size": Integer()})))
    return _apart("opts.PoolsOpt", None, pools)


def _apart(name: str, empty: Any, target: GoType) -> _Own:
    """A type whose ``UnmarshalJSON`` decodes its JSON on its own."""

    def unmarshal(node: Node, current: Any, decoder: Decoder) -> Any:
        try:
            return decode(node, target, current, decoder.go)
        except MismatchError as error:
            raise decoder.wrap(error) from None

    return _Own(name, empty, unmarshal)


def _gc_filter(node: Node, _current: Any, decoder: Decoder) -> Any:
    """``config.BuilderGCFilter``: a list of ``name=value``, or the older object of sets."""
    with suppress(GoError):
        return decode(node, _LIST, go=decoder.go)
    try:
        return decode(node, Map(Map(Bool())), go=decoder.go)
    except MismatchError as error:
        raise decoder.wrap(error) from None


def _duration(node: Node, current: Any, decoder: Decoder) -> Any:
    """``buildkitd/config.Duration``: ``48h``, or a number of seconds, in a string."""
    if node.kind == "null":
        return current
    if node.kind != "string":
        decoder.mismatch(node.kind, "config.Duration", of_text=True)
        return current
    text: str = node.value
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        text = text[1:-1]
    if text and attempt(parse_duration, text) is None and attempt(parse_int, text) is None:
        raise GoError(f"invalid duration {text}")
    return text


def _struct(name: str, fields: dict[str, GoType]) -> Struct:
    return Struct(name, tuple(Field(key, kind) for key, kind in fields.items()))


_TEXT, _FLAG, _LIST, _INT64 = String(), Bool(), Slice(String()), Integer("int64")
_IP = _of_text("net.IP", None, _ip)
_ADDR = _of_text("netip.Addr", "", parse_addr)
_ULIMIT = _struct("units.Ulimit", {"Name": _TEXT, "Hard": _INT64, "Soft": _INT64})
_TYPES: dict[str, GoType] = {
    "bool": _FLAG,
    "tristate": Pointer(_FLAG),
    "text": _TEXT,
    "quoted": _TEXT,
    "format": String("log.OutputFormat"),
    "int": Integer(),
    "int64": _INT64,
    "number": Pointer(Integer()),
    "uint32": Integer("uint32", 0, 2**32 - 1),
    "any": Map(Any_()),
    "ip": _IP,
    "ip-opt": _IP,
    "ips": Slice(_IP),
    "addresses": _LIST,
    "netips": Slice(_ADDR),
    "gateway-ips": Slice(_ADDR),
    "bytes": _Own("opts.MemBytes", 0, _mem_bytes),
    "list": _LIST,
    "map": Map(_TEXT),
    "maps": Map(Map(_TEXT)),
    "features": Map(_FLAG),
    "proxies": _struct("config.Proxies", dict.fromkeys(PROXY_KEYS, _TEXT)),
    "filter": _Own("config.BuilderGCFilter", None, _gc_filter),
    "duration": _Own("config.Duration", "", _duration),
    "ulimits": Map(Pointer(_ULIMIT)),
    "pools": _pools(_TEXT),
    "prefix-pools": _pools(_of_text("netip.Prefix", "", lambda text: str(parse_prefix(text)))),
}


def _type(name: str, members: dict[str, list[tuple[str, str]]]) -> GoType:
    """A type by its name in the table: one of those above, or a struct whose members are the table's.

    ``*`` is a pointer to one, ``[]`` a list and ``{}`` a map of it; a struct with ``!`` decodes its JSON on its own.
    """
    if name in _TYPES:
        return _TYPES[name]
    if name == "nri":
        options = _type("opts.NRIOpts", members)
        return _apart("opts.NRIOpts", options.zero(), options)
    if name == "builder":
        return _type("config.BuilderConfig", members)
    for prefix, kind in (("*", Pointer), ("[]", Slice), ("{}", Map)):
        if name.startswith(prefix):
            return kind(_type(name.removeprefix(prefix), members))
    own = name.removeprefix("!")
    fields = tuple(Field(key, _type(kind, members)) for key, kind in members.get(own, ()))
    if own != name:
        struct = Struct("", fields)
        return _apart(own, struct.zero(), struct)
    return Struct(name, fields, strict=name == "opts.NRIOpts")


@lru_cache(maxsize=32)
def config_struct(rules: Rules) -> Struct:
    """``config.Config`` of a release."""
    members: dict[str, list[tuple[str, str]]] = {}
    for row in rules.of_kind("member"):
        members.setdefault(row.within[0], []).append((row.name, row.type))
    keys = rules.of_kind("key")
    return Struct("config.Config", tuple(Field(row.name, _type(row.type, members), row.within) for row in keys))


def absent_keys(rules: Rules) -> dict[str, Any]:
    """The keys that other releases have, with the values that stand for their absence."""
    ours = {row.name for row in rules.of_kind("key")}
    others = {row.name: row for row in known().rows if row.kind == "key" and row.name not in ours}
    return {name: _type(row.type, {}).zero() for name, row in others.items()}


class Config(dict[str, Any]):
    """A configuration by the keys of daemon.json; a key that the release does not have is None."""

    def __missing__(self, key: str) -> None:
        """Nothing."""


def flatten(config: dict[str, Any]) -> Config:
    """A decoded configuration with the proxies' keys beside the others, as the flags name them."""
    flat = Config({key: value for key, value in config.items() if key != "proxies"})
    flat.update(config.get("proxies") or {})
    return flat
