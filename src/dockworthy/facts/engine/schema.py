"""The engine's ``Config`` struct: which keys a daemon.json has, what Go type each takes, and the defaults.

Source: ``daemon/config/config.go``, ``config_linux.go`` and ``builder.go``, ``opts/opts.go``,
``opts/address_pools.go``, ``registry/config.go`` of moby 26.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

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
from dockworthy.golang.values import GoError, parse_duration, parse_int

__all__ = ["CONFIG", "FLAT_OPTIONS", "PROXY_KEYS", "SKIP_VALIDATE", "flatten"]

# daemon/config/config.go: keys whose objects are not taken for groups of keys
FLAT_OPTIONS = frozenset(
    ("cluster-store-opts", "default-network-opts", "log-opts", "runtimes", "default-ulimits", "features", "builder")
)
# keys that need no flag of that name
SKIP_VALIDATE = frozenset({"features", "builder", "deprecated-key-path"})
PROXY_KEYS = ("http-proxy", "https-proxy", "no-proxy")


@dataclass(frozen=True, slots=True)
class _IP:
    """``net.IP``, by its ``UnmarshalText``: an address in its canonical text, None for none."""

    name: str = "net.IP"

    def zero(self) -> None:
        """Nil."""
        return

    def decode(self, node: Node, current: Any, decoder: Decoder) -> Any:
        """Take the text of an address; an empty one is nil."""
        if node.kind == "null":
            return None
        if node.kind != "string":
            decoder.mismatch(node.kind, self.name)
            return current
        if not node.value:
            return None
        address = canonical_ip(node.value)
        if address is None:
            raise GoError(f"invalid IP address: {node.value}")
        return address


@dataclass(frozen=True, slots=True)
class _MemBytes:
    """``opts.MemBytes``: a size in a string of at least one character; null is refused like a number."""

    name: str = "opts.MemBytes"

    def zero(self) -> int:
        """Nought."""
        return 0

    def decode(self, node: Node, current: Any, decoder: Decoder) -> Any:  # noqa: ARG002 - the types' signature
        """Take the text between the quotes as it was written, escapes and all."""
        raw = node.raw.decode("utf-8", "surrogateescape")
        if node.kind != "string" or len(raw) <= len('""'):
            raise GoError(f"invalid size: {quote(raw)}")
        return ram_in_bytes(raw[1:-1])


@dataclass(frozen=True, slots=True)
class _Pools:
    """``opts.PoolsOpt``: a list of pools, decoded on its own."""

    name: str = "opts.PoolsOpt"

    def zero(self) -> None:
        """None configured."""
        return

    def decode(self, node: Node, current: Any, decoder: Decoder) -> Any:
        """Take a list of objects with ``base`` and ``size``."""
        try:
            return decode(node, _POOLS, current)
        except MismatchError as error:
            raise decoder.wrap(error) from None


@dataclass(frozen=True, slots=True)
class _GCFilter:
    """``config.BuilderGCFilter``: a list of ``name=value``, or the older object of sets."""

    name: str = "config.BuilderGCFilter"

    def zero(self) -> None:
        """No filter."""
        return

    def decode(self, node: Node, current: Any, decoder: Decoder) -> Any:  # noqa: ARG002 - the types' signature
        """Take either form."""
        try:
            return decode(node, Slice(String()))
        except GoError:
            pass
        try:
            return decode(node, Map(Map(Bool())))
        except MismatchError as error:
            raise decoder.wrap(error) from None


@dataclass(frozen=True, slots=True)
class _Duration:
    """``buildkitd/config.Duration``: ``48h``, or a number of seconds, in a string."""

    name: str = "config.Duration"

    def zero(self) -> str:
        """None."""
        return ""

    def decode(self, node: Node, current: Any, decoder: Decoder) -> Any:
        """Take the text of a duration."""
        if node.kind == "null":
            return current
        if node.kind != "string":
            decoder.mismatch(node.kind, self.name)
            return current
        text = node.value
        for mark in ("'", '"'):
            if len(text) > 1 and text[0] == text[-1] == mark:
                text = text[1:-1]
                break
        if text and not _is_duration(text):
            raise GoError(f"invalid duration {text}")
        return text


def _is_duration(text: str) -> bool:
    for read in (parse_duration, parse_int):
        try:
            read(text)
        except GoError:
            continue
        return True
    return False


_POOLS = Slice(Pointer(Struct("ipamutils.NetworkToSplit", (Field("base", String()), Field("size", Integer())))))

_TEXT, _FLAG, _LIST, _INT64 = String(), Bool(), Slice(String()), Integer("int64")

_BUILDER = Struct(
    "config.BuilderConfig",
    (
        Field(
            "GC",
            Struct(
                "config.BuilderGCConfig",
                (
                    Field("Enabled", _FLAG),
                    Field(
                        "Policy",
                        Slice(
                            Struct(
                                "config.BuilderGCRule",
                                (
                                    Field("All", _FLAG),
                                    Field("Filter", _GCFilter()),
                                    Field("KeepStorage", _TEXT),
                                ),
                            )
                        ),
                    ),
                    Field("DefaultKeepStorage", _TEXT),
                ),
            ),
        ),
        Field(
            "Entitlements",
            Struct(
                "config.BuilderEntitlements",
                (Field("network-host", Pointer(_FLAG)), Field("security-insecure", Pointer(_FLAG))),
            ),
        ),
        Field(
            "History",
            Pointer(Struct("config.BuilderHistoryConfig", (Field("MaxAge", _Duration()), Field("MaxEntries", _INT64)))),
        ),
    ),
)
_RUNTIME = Struct(
    "system.Runtime",
    (
        Field("path", _TEXT),
        Field("runtimeArgs", _LIST),
        Field("runtimeType", _TEXT),
        Field("options", Map(Any_())),
    ),
)
_ULIMIT = Struct("units.Ulimit", (Field("Name", _TEXT), Field("Hard", _INT64), Field("Soft", _INT64)))
_TYPES: dict[str, GoType] = {
    "bool": _FLAG,
    "tristate": Pointer(_FLAG),
    "text": _TEXT,
    "format": String("log.OutputFormat"),
    "int": Integer(),
    "int64": _INT64,
    "uint32": Integer("uint32", 0, 2**32 - 1),
    "ip": _IP(),
    "ips": Slice(_IP()),
    "bytes": _MemBytes(),
    "list": _LIST,
    "map": Map(_TEXT),
    "maps": Map(Map(_TEXT)),
    "features": Map(_FLAG),
    "proxies": Struct("config.Proxies", tuple(Field(key, _TEXT) for key in PROXY_KEYS)),
    "builder": _BUILDER,
    "runtimes": Map(_RUNTIME),
    "ulimits": Map(Pointer(_ULIMIT)),
    "pools": _Pools(),
}
CONFIG = Struct("config.Config", tuple(Field(one.key, _TYPES[one.type], one.within) for one in SETTINGS if one.key))


def flatten(config: dict[str, Any]) -> dict[str, Any]:
    """A decoded configuration with the proxies' keys beside the others, as the flags name them."""
    flat = {key: value for key, value in config.items() if key != "proxies"}
    flat.update(config["proxies"])
    return flat
