"""The engine's ``Config`` struct: which keys a daemon.json has, what Go type each takes, and the defaults.

Source: ``daemon/config/config.go``, ``config_linux.go`` and ``builder.go``, ``opts/opts.go``,
``opts/address_pools.go``, ``registry/config.go`` of moby 26.1.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dockworthy.facts.engine.table import SETTINGS
from dockworthy.facts.engine.units import ram_in_bytes
from dockworthy.golang.ip import canonical_ip
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

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["CONFIG", "FLAT_OPTIONS", "PROXY_KEYS", "SKIP_VALIDATE", "flatten"]

# daemon/config/config.go: keys whose objects are not taken for groups of keys
FLAT_OPTIONS = frozenset(
    ("cluster-store-opts", "default-network-opts", "log-opts", "runtimes", "default-ulimits", "features", "builder")
)
# keys that need no flag of that name
SKIP_VALIDATE = frozenset({"features", "builder", "deprecated-key-path"})
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


def _ip(node: Node, current: Any, decoder: Decoder) -> Any:
    """``net.IP``: an address in its canonical text; None for none."""
    if node.kind == "null":
        return None
    if node.kind != "string":
        decoder.mismatch(node.kind, "net.IP")
        return current
    if not node.value:
        return None
    address = canonical_ip(node.value)
    if address is None:
        raise GoError(f"invalid IP address: {node.value}")
    return address


def _mem_bytes(node: Node, _current: Any, _decoder: Decoder) -> Any:
    """``opts.MemBytes``: a size in a string of at least one character, as it was written, escapes and all."""
    raw = node.raw.decode("utf-8", "surrogateescape")
    if node.kind != "string" or len(raw) <= len('""'):
        raise GoError(f"invalid size: {quote(raw)}")
    return ram_in_bytes(raw[1:-1])


def _pools(node: Node, current: Any, decoder: Decoder) -> Any:
    """``opts.PoolsOpt``: a list of objects with ``base`` and ``size``, decoded on its own."""
    try:
        return decode(node, _POOLS, current)
    except MismatchError as error:
        raise decoder.wrap(error) from None


def _gc_filter(node: Node, _current: Any, decoder: Decoder) -> Any:
    """``config.BuilderGCFilter``: a list of ``name=value``, or the older object of sets."""
    with suppress(GoError):
        return decode(node, _LIST)
    try:
        return decode(node, Map(Map(Bool())))
    except MismatchError as error:
        raise decoder.wrap(error) from None


def _duration(node: Node, current: Any, decoder: Decoder) -> Any:
    """``buildkitd/config.Duration``: ``48h``, or a number of seconds, in a string."""
    if node.kind == "null":
        return current
    if node.kind != "string":
        decoder.mismatch(node.kind, "config.Duration")
        return current
    text: str = node.value
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        text = text[1:-1]
    if text and attempt(parse_duration, text) is None and attempt(parse_int, text) is None:
        raise GoError(f"invalid duration {text}")
    return text


def _struct(name: str, fields: dict[str, GoType]) -> Struct:
    return Struct(name, tuple(Field(key, kind) for key, kind in fields.items()))


_TEXT, _FLAG, _LIST, _INT64, _IP = String(), Bool(), Slice(String()), Integer("int64"), _Own("net.IP", None, _ip)
_POOLS = Slice(Pointer(_struct("ipamutils.NetworkToSplit", {"base": _TEXT, "size": Integer()})))
_FILTER = _Own("config.BuilderGCFilter", None, _gc_filter)
_GC_RULE = _struct("config.BuilderGCRule", {"All": _FLAG, "Filter": _FILTER, "KeepStorage": _TEXT})
_BUILDER = _struct(
    "config.BuilderConfig",
    {
        "GC": _struct(
            "config.BuilderGCConfig", {"Enabled": _FLAG, "Policy": Slice(_GC_RULE), "DefaultKeepStorage": _TEXT}
        ),
        "Entitlements": _struct(
            "config.BuilderEntitlements", {"network-host": Pointer(_FLAG), "security-insecure": Pointer(_FLAG)}
        ),
        "History": Pointer(
            _struct(
                "config.BuilderHistoryConfig", {"MaxAge": _Own("config.Duration", "", _duration), "MaxEntries": _INT64}
            )
        ),
    },
)
_RUNTIME = _struct(
    "system.Runtime", {"path": _TEXT, "runtimeArgs": _LIST, "runtimeType": _TEXT, "options": Map(Any_())}
)
_ULIMIT = _struct("units.Ulimit", {"Name": _TEXT, "Hard": _INT64, "Soft": _INT64})
_TYPES: dict[str, GoType] = {
    "bool": _FLAG,
    "tristate": Pointer(_FLAG),
    "text": _TEXT,
    "format": String("log.OutputFormat"),
    "int": Integer(),
    "int64": _INT64,
    "uint32": Integer("uint32", 0, 2**32 - 1),
    "ip": _IP,
    "ips": Slice(_IP),
    "bytes": _Own("opts.MemBytes", 0, _mem_bytes),
    "list": _LIST,
    "map": Map(_TEXT),
    "maps": Map(Map(_TEXT)),
    "features": Map(_FLAG),
    "proxies": _struct("config.Proxies", dict.fromkeys(PROXY_KEYS, _TEXT)),
    "builder": _BUILDER,
    "runtimes": Map(_RUNTIME),
    "ulimits": Map(Pointer(_ULIMIT)),
    "pools": _Own("opts.PoolsOpt", None, _pools),
}
CONFIG = Struct("config.Config", tuple(Field(one.key, _TYPES[one.type], one.within) for one in SETTINGS if one.key))


def flatten(config: dict[str, Any]) -> dict[str, Any]:
    """A decoded configuration with the proxies' keys beside the others, as the flags name them."""
    flat = {key: value for key, value in config.items() if key != "proxies"}
    flat.update(config["proxies"])
    return flat
