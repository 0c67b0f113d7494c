"""daemon.json as the engine reads it, conflicts with the command line included.

Source: ``daemon/config/config.go`` of moby (``getConflictFreeConfiguration``, ``configValuesSet``,
``findConfigurationConflicts``), ``golang.org/x/text`` (byte order marks, the UTF-8 validator).
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any

from dockworthy.dataclass import dataclass
from dockworthy.facts.engine.flags import BOOL, CommandLine, Flag
from dockworthy.facts.engine.refusals import KeysRefused, RefusalKind
from dockworthy.facts.engine.schema import config_struct, flatten
from dockworthy.golang.json import Any_ as AnyValue
from dockworthy.golang.json import Map, Node, decode, parse, parse_first, to_any
from dockworthy.golang.url import mask_credentials
from dockworthy.golang.values import GoError, GoPanic, attempt, format_value, parse_bool, prefixed, trim_space

if TYPE_CHECKING:
    from dockworthy.releases import Rules

__all__ = ["FileConfig", "decode_text", "read_config"]

_CHUNK = 4096  # of golang.org/x/text/transform's chain
_UTF8_BOM, _LITTLE, _BIG = b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"
_GATEWAY = "host-gateway-ip"  # since 28.0 of the list host-gateway-ips
_CREDENTIALS = frozenset({"http-proxy", "https-proxy"})


@dataclass(frozen=True, slots=True)
class FileConfig:
    """What a configuration file says."""

    values: dict[str, Any]  # every key of the engine's configuration, zero where the file does not set it
    # the keys that the file gives, nested ones included, with the values as JSON has them
    given: dict[str, Any] = field(default_factory=dict)
    # the options that a key of their name switches before the merge, wherever in the file it stands
    switches: dict[str, bool] = field(default_factory=dict)


def decode_text(data: bytes) -> str:
    """The file's text, by its byte order mark; raises GoError where it is not UTF-8."""
    for mark, encoding in ((_LITTLE, "utf-16-le"), (_BIG, "utf-16-be")):
        if data.startswith(mark):
            return data[2:].decode(encoding, "replace")
    mark_size = len(_UTF8_BOM) if data.startswith(_UTF8_BOM) else 0
    body = data[mark_size:]
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        offset = min(len(data), mark_size + _CHUNK * (error.start // _CHUNK + 1))
        raise GoError(f"failed to decode configuration JSON at offset {offset}: encoding: invalid UTF-8") from None


def _flatten_keys(document: dict[str, Any], rules: Rules) -> dict[str, Any]:
    """``configValuesSet``: the keys of an object count as keys of the file, unless the object is an option."""
    keys: dict[str, Any] = {}
    for name, value in document.items():
        if isinstance(value, dict) and name not in rules.whole:
            keys.update(value)
        else:
            keys[name] = value
    return keys


def _find_unknown(keys: dict[str, Any], line: CommandLine) -> list[str]:
    known = line.rules.accepted | line.flags.keys() | {flag.setting for flag in line.flags.values()}
    return [name for name in keys if name not in known]


def _conflict(name: str, flag: Flag, line: CommandLine, value: Any) -> str:
    shown = line.shown(flag)
    if name in _CREDENTIALS:
        if not isinstance(value, str):
            kind = {type(None): "nil", bool: "bool", float: "float64"}.get(type(value), "[]interface {}")
            raise GoPanic(f"interface conversion: interface {{}} is {kind}, not string")
        return f"{name}: (from flag: {mask_credentials(shown)}, from file: {mask_credentials(value)})"
    return f"{name}: (from flag: {shown}, from file: {format_value(value)})"


def _find_conflicts(keys: dict[str, Any], line: CommandLine) -> dict[str, str]:
    """The keys that stand in both, and what the engine says of each."""
    found = {}
    for name in sorted(line.values):
        flag = line.flags[name]
        key = flag.setting
        if key in keys and key != "runtimes":
            found[key] = _conflict(key, flag, line, keys[key])
    return found


def _switches(keys: dict[str, Any], line: CommandLine) -> dict[str, bool]:
    """What a file's keys do to boolean options: what is no boolean switches the option off."""
    switches = (name for name in keys if name in line.flags and line.flags[name].kind == BOOL)
    return {name: attempt(parse_bool, format_value(keys[name])) or False for name in switches}


def _document(node: Node) -> dict[str, Any]:
    # the first decoding, into map[string]interface{}, refuses another kind of document
    decode(node, Map(AnyValue()))
    return {name: to_any(value) for name, value in node.value} if node.kind == "object" else {}


def _text(data: bytes, rules: Rules) -> bytes:
    """The file's text; nothing where it is empty and may be."""
    return trim_space(decode_text(data)).encode() if rules.holds("file.whole") else data or b" "


def _check_keys(keys: dict[str, Any], line: CommandLine, *, tolerant: bool) -> None:
    """``findConfigurationConflicts``."""
    unknown = [] if tolerant else _find_unknown(keys, line)
    if unknown:
        text = f"the following directives don't match any configuration option: {', '.join(unknown)}"
        raise KeysRefused(text, RefusalKind.UNKNOWN_KEYS, tuple(unknown))
    conflicts = _find_conflicts(keys, line)
    errors = []
    if line.rules.holds("host-gateway.list") and _GATEWAY in keys:
        if f"{_GATEWAY}s" in keys:
            errors.append(f"{_GATEWAY} and {_GATEWAY}s must not both be specified in the config file")
        if _GATEWAY in line.values:
            conflicts[_GATEWAY] = _conflict(_GATEWAY, line.flags[_GATEWAY], line, keys[_GATEWAY])
    if conflicts:
        text = "the following directives are specified both as a flag and in the configuration file: "
        errors.append(text + ", ".join(conflicts.values()))
    if errors:
        kind = RefusalKind.FLAG_AND_FILE if conflicts else RefusalKind.OTHER
        raise KeysRefused("\n".join(errors), kind, tuple(conflicts) or (_GATEWAY,))


def _move_graph(values: dict[str, Any]) -> None:
    """``graph`` is ``data-root`` by its older name."""
    if values["graph"]:
        if values["data-root"]:
            raise GoError('cannot specify both "graph" and "data-root" config file options')
        values["data-root"] = values["graph"]


def read_config(data: bytes, line: CommandLine, *, tolerant: bool = False, go: tuple[int, ...] = ()) -> FileConfig:
    """Read a configuration file beside a command line, with which it may conflict.

    Args:
        data: the file's content.
        line: the command line, of an engine of a release.
        tolerant: whether a key that the release does not know is passed over.
        go: the release of Go that built the engine, where that is told.
    """
    rules = line.rules
    struct = config_struct(rules)
    named = "invalid JSON: " if rules.holds("file.json-named") else ""
    text = _text(data, rules)
    if not text:
        return FileConfig(flatten(struct.zero()))
    with prefixed(named):
        node = parse(text) if rules.holds("file.whole") else parse_first(data)
        keys = _flatten_keys(_document(node), rules)
    _check_keys(keys, line, tolerant=tolerant)
    with prefixed(named):
        values = flatten(decode(node, struct, go=go or rules.go))
    if rules.holds("host-gateway.list") and values[_GATEWAY] is not None:
        values[f"{_GATEWAY}s"] = [values[_GATEWAY]]
    if rules.holds("graph.moves"):
        _move_graph(values)
    return FileConfig(values, keys, _switches(keys, line))
