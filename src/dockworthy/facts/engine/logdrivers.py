"""The options of the default log driver, checked as each driver checks them at the engine's start.

Only where there are options: a driver without any is not even looked for until a container starts.

Source: ``daemon/logger/factory.go``, ``loggerutils/cache/validate.go`` and each driver's ``ValidateLogOpt`` in
moby 26.1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.data import table
from dockworthy.facts.engine.units import ram_in_bytes
from dockworthy.golang.text import quote
from dockworthy.golang.url import URL, parse_url, split_host_port
from dockworthy.golang.values import GoError, atoi, attempt, parse_bool, parse_duration, parse_int, prefixed
from dockworthy.hosttree.faults import UndecidedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dockworthy.hosttree.tree import Tree

__all__ = ["check_log_options"]

Options = dict[str, str]

_TAGS = frozenset({"labels", "labels-regex", "env", "env-regex", "tag"})
_NAMES = {
    row["driver"]: (frozenset(row["options"].split()), row["otherwise"])
    for row in table("dockworthy.facts.engine", "logdrivers.csv")
}
_EVERYWHERE = frozenset(
    ("mode", "max-buffer-size", "cache-disabled", "cache-max-file", "cache-max-size", "cache-compress")
)
_FACILITIES = frozenset(
    ["kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp"]
    + [f"local{number}" for number in range(8)]
)
_LAST_FACILITY = 23
_RECONNECT = (10**8, 10**10)  # nanoseconds
_MAX_PORT_BITS = 16


def check_log_options(driver: str, options: Options, files: Tree, plugins: frozenset[str] | None) -> None:
    """``logger.ValidateLogOpts``; undecided where the driver may be a plugin that was not looked for."""
    if driver == "none":
        return
    mode = options.get("mode", "")
    if mode not in {"", "blocking", "non-blocking"}:
        raise GoError(f"logger: logging mode not supported: {mode}")
    if "max-buffer-size" in options:
        _check_buffer(options["max-buffer-size"], mode)
    if options.get("cache-disabled"):
        _check_cache(options["cache-disabled"])
    own = {name: value for name, value in options.items() if name not in _EVERYWHERE}
    if driver in _NAMES:
        _check_names(driver, own)
    if driver in _VALUES:
        _VALUES[driver](own, files)
    elif driver not in _NAMES:
        _check_plugin(driver, plugins)


def _check_plugin(driver: str, plugins: frozenset[str] | None) -> None:
    if plugins is None:
        raise UndecidedError("the engine's plugins")
    if driver not in plugins:
        raise GoError(f'error looking up logging plugin {driver}: plugin "{driver}" not found')


def _check_buffer(size: str, mode: str) -> None:
    if mode != "non-blocking":
        raise GoError("logger: max-buffer-size option is only supported with 'mode=non-blocking'")
    with prefixed("error parsing option max-buffer-size: "):
        ram_in_bytes(size)


def _check_cache(value: str) -> None:
    try:
        parse_bool(value)
    except GoError:
        raise GoError(f"invalid value for option cache-disabled: {value}") from None


def _check_names(driver: str, options: Options) -> None:
    known, refusal = _NAMES[driver]
    for name in sorted(options):
        if name not in known:
            raise GoError(refusal.format(name=name))


def _is_bool(value: str) -> None:
    if value:
        parse_bool(value)


def _check_syslog(options: Options, files: Tree) -> None:
    _check_syslog_address(options.get("syslog-address", ""), files)
    facility = options.get("syslog-facility", "")
    if facility and facility not in _FACILITIES and not _in_range(facility, 0, _LAST_FACILITY):
        raise GoError("invalid syslog facility")
    if options.get("syslog-format", "") not in {"", "rfc3164", "rfc5424", "rfc5424micro"}:
        raise GoError("Invalid syslog format")


def _check_syslog_address(address: str, files: Tree) -> None:
    if not address:
        return
    url = parse_url(address)
    if url.scheme in {"unix", "unixgram"}:
        files.stat(url.path)
        return
    if url.scheme not in {"udp", "tcp", "tcp+tls"}:
        raise GoError(f"unsupported scheme: '{url.scheme}'")
    try:
        split_host_port(url.host)
    except GoError as error:
        if "missing port in address" not in str(error):
            raise


def _gelf_address(address: str) -> URL:
    if not address:
        raise GoError("gelf-address is a required parameter")
    url = parse_url(address)
    if url.scheme not in {"udp", "tcp"}:
        raise GoError("gelf: endpoint needs to be TCP or UDP")
    try:
        split_host_port(url.host)
    except GoError:
        raise GoError("gelf: please provide gelf-address as proto://host:port") from None
    return url


def _in_range(text: str, lowest: int, highest: int | None) -> bool:
    value = attempt(atoi, text)
    return value is not None and value >= lowest and (highest is None or value <= highest)


def _check_gelf(options: Options, _files: Tree) -> None:
    scheme = _gelf_address(options.get("gelf-address", "")).scheme
    for name, value in sorted(options.items()):
        if name == "gelf-address" or name in _TAGS:
            continue
        if name in {"gelf-compression-level", "gelf-compression-type"}:
            _check_gelf_compression(name, value, scheme)
        elif name in {"gelf-tcp-max-reconnect", "gelf-tcp-reconnect-delay"}:
            if scheme != "tcp":
                raise GoError(f"{quote(name)} is only valid for TCP")
            if not _in_range(value, 0, None):
                raise GoError(f"{quote(name)} must be a positive integer")
        else:
            raise GoError(f"unknown log opt {quote(name)} for gelf log driver")


def _check_gelf_compression(name: str, value: str, scheme: str) -> None:
    if scheme != "udp":
        raise GoError("compression is only supported on UDP")
    level = name.endswith("level")
    if not (_in_range(value, -1, 9) if level else value in {"gzip", "zlib", "none"}):
        raise GoError(f"unknown value {quote(value)} for log opt {quote(name)} for gelf log driver")


def _check_fluentd(options: Options, _files: Tree) -> None:
    address = options.get("fluentd-address", "")
    with prefixed(f"invalid fluentd-address ({address}): "):
        _check_fluentd_address(address)
    if options.get("fluentd-buffer-limit"):
        ram_in_bytes(options["fluentd-buffer-limit"])
    if options.get("fluentd-retry-wait"):
        parse_duration(options["fluentd-retry-wait"])
    if options.get("fluentd-max-retries"):
        _parse_uint(options["fluentd-max-retries"])
    _check_fluentd_async(options)
    for name in ("fluentd-sub-second-precision", "fluentd-request-ack"):
        _is_bool(options.get(name, ""))


def _parse_uint(text: str, bits: int = 64) -> int:
    value = parse_int(text, 10, bits + 1, "ParseUint") if text[:1] not in {"+", "-"} else None
    if value is None:
        raise GoError(f"strconv.ParseUint: parsing {quote(text)}: invalid syntax")
    return value


def _check_fluentd_async(options: Options) -> None:
    first, second = options.get("fluentd-async", ""), options.get("fluentd-async-connect", "")
    if first and second:
        raise GoError(
            "conflicting options: cannot specify both 'fluentd-async' and 'fluentd-async-connect"  # as it is there
        )
    _is_bool(first)
    _is_bool(second)
    name = "fluentd-async-reconnect-interval"
    if not options.get(name):
        return
    with prefixed(f"invalid value for {name}: "):
        interval = parse_duration(options[name])
    if interval and not _RECONNECT[0] <= interval <= _RECONNECT[1]:
        raise GoError(f"invalid value for {name}: value ({quote(options[name])}) must be between 100ms and 10s")


def _check_fluentd_address(address: str) -> None:
    if not address:
        return
    url = parse_url(address if "://" in address else f"tcp://{address}")
    if url.scheme == "unix":
        if not url.path.lstrip("/"):
            raise GoError("path is empty")
        return
    if url.scheme not in {"tcp", "tls"}:
        raise GoError(f"unsupported scheme: '{url.scheme}'")
    if url.path:
        raise GoError("should not contain a path element")
    if url.port:
        with prefixed("invalid port: "):
            _parse_uint(url.port, _MAX_PORT_BITS)


def _check_awslogs(options: Options, _files: Tree) -> None:
    if not options.get("awslogs-group"):
        raise GoError("must specify a value for log opt 'awslogs-group'")
    create = options.get("awslogs-create-group", "")
    with prefixed("must specify valid value for log opt 'awslogs-create-group': "):
        _is_bool(create)
    for name in ("awslogs-force-flush-interval-seconds", "awslogs-max-buffered-events"):
        value = options.get(name, "")
        if value and not _in_range(value, 1, None):
            raise GoError(f"must specify a positive integer for log opt '{name}': {value}")
    _check_awslogs_format(options)


def _check_awslogs_format(options: Options) -> None:
    date, pattern = "awslogs-datetime-format", "awslogs-multiline-pattern"
    if date in options and pattern in options:
        raise GoError(f"you cannot configure log opt '{date}' and '{pattern}' at the same time")
    form = options.get("awslogs-format", "")
    if not form:
        return
    if form != "json/emf":
        raise GoError(f"unsupported log format '{form}'")
    if date in options or pattern in options:
        raise GoError(
            f"you cannot configure log opt '{date}' or '{pattern}' when log opt 'awslogs-format' is set to 'json/emf'"
        )


_VALUES: Mapping[str, Callable[[Options, Tree], None]] = {
    "syslog": _check_syslog,
    "gelf": _check_gelf,
    "fluentd": _check_fluentd,
    "awslogs": _check_awslogs,
}
