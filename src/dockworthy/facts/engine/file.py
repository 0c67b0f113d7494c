"""daemon.json as the engine reads it, conflicts with the command line included.

Source: ``daemon/config/config.go`` of moby 26.1 (``getConflictFreeConfiguration``, ``configValuesSet``,
``findConfigurationConflicts``), ``golang.org/x/text`` (byte order marks, the UTF-8 validator).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from dockworthy.facts.engine.flags import BOOL, FLAGS, CommandLine, Flag
from dockworthy.facts.engine.refusals import KeysRefused, RefusalKind
from dockworthy.facts.engine.schema import CONFIG, FLAT_OPTIONS, SKIP_VALIDATE, flatten
from dockworthy.golang.json import Any_ as AnyValue
from dockworthy.golang.json import Map, Node, decode, parse, to_any
from dockworthy.golang.url import mask_credentials
from dockworthy.golang.values import GoError, GoPanic, attempt, format_value, parse_bool, trim_space

__all__ = ["FileConfig", "decode_text", "read_config"]

_CHUNK = 4096  # of golang.org/x/text/transform's chain
_UTF8_BOM, _LITTLE, _BIG = b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"
_KEYS = SKIP_VALIDATE | FLAGS.keys() | {flag.setting for flag in FLAGS.values()}
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


def _flatten_keys(document: dict[str, Any]) -> dict[str, Any]:
    """``configValuesSet``: the keys of an object count as keys of the file, unless the object is an option."""
    keys: dict[str, Any] = {}
    for name, value in document.items():
        if isinstance(value, dict) and name not in FLAT_OPTIONS:
            keys.update(value)
        else:
            keys[name] = value
    return keys


def _find_unknown(keys: dict[str, Any]) -> list[str]:
    return [name for name in keys if name not in _KEYS]


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
        flag = FLAGS[name]
        key = flag.setting
        if key in keys and key != "runtimes":
            found[key] = _conflict(key, flag, line, keys[key])
    return found


def _switches(keys: dict[str, Any]) -> dict[str, bool]:
    """What a file's keys do to boolean options: what is no boolean switches the option off."""
    switches = (name for name in keys if name in FLAGS and FLAGS[name].kind == BOOL)
    return {name: attempt(parse_bool, format_value(keys[name])) or False for name in switches}


def _document(node: Node) -> dict[str, Any]:
    # the first decoding, into map[string]interface{}, refuses another kind of document
    decode(node, Map(AnyValue()))
    return {name: to_any(value) for name, value in node.value} if node.kind == "object" else {}


def read_config(data: bytes, line: CommandLine) -> FileConfig:
    """Read a configuration file beside a command line, with which it may conflict."""
    text = trim_space(decode_text(data))
    if not text:
        return FileConfig(flatten(CONFIG.zero()))
    node = parse(text.encode())
    keys = _flatten_keys(_document(node))
    unknown = _find_unknown(keys)
    if unknown:
        text = f"the following directives don't match any configuration option: {', '.join(unknown)}"
        raise KeysRefused(text, RefusalKind.UNKNOWN_KEYS, tuple(unknown))
    conflicts = _find_conflicts(keys, line)
    if conflicts:
        text = "the following directives are specified both as a flag and in the configuration file: "
        raise KeysRefused(text + ", ".join(conflicts.values()), RefusalKind.FLAG_AND_FILE, tuple(conflicts))
    switches = _switches(keys)
    return FileConfig(flatten(decode(node, CONFIG)), keys, switches)
