"""The options of the default log driver, checked as each driver checks them at the engine's start.

Only where there are options: a driver without any is not even looked for until a container starts.

Source: ``daemon/logger/factory.go``, ``loggerutils/cache/validate.go`` and each driver's ``ValidateLogOpt`` in moby.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.data import table
from dockworthy.facts.engine.units import ram_in_bytes
from dockworthy.golang.text import quote
from dockworthy.golang.url import URL, parse_url, split_host_port
from dockworthy.golang.values import GoError, atoi, attempt, parse_bool, parse_duration, parse_uint, prefixed
from dockworthy.hosttree.faults import UndecidedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dockworthy.facts.engine.inputs import EngineInputs

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
_MAX_RETRIES = 2**31 - 1
_TRANSPORTS = ("tcp://", "tcp+tls://", "udp://", "unix://", "unixgram://")


def check_log_options(driver: str, options: Options, inputs: EngineInputs) -> None:
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
    if driver not in {*_NAMES, *_VALUES} or not inputs.rules.has(driver):
        _check_plugin(driver, inputs.plugins)
        return
    if driver in _NAMES:
        _check_names(driver, own, inputs)
    if driver in _VALUES:
        _VALUES[driver](own, inputs)


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


def _check_names(driver: str, options: Options, inputs: EngineInputs) -> None:
    known, refusal = _NAMES[driver]
    for name in sorted(options):
        if name not in known or not inputs.rules.has(f"{driver} {name}"):
            raise GoError(refusal.format(name=name))


def _is_bool(value: str) -> None:
    if value:
        parse_bool(value)


def _check_syslog(options: Options, inputs: EngineInputs) -> None:
    _check_syslog_address(options.get("syslog-address", ""), inputs)
    facility = options.get("syslog-facility", "")
    if facility and facility not in _FACILITIES and not _in_range(facility, 0, _LAST_FACILITY):
        raise GoError("invalid syslog facility")
    if options.get("syslog-format", "") not in {"", "rfc3164", "rfc5424", "rfc5424micro"}:
        raise GoError("Invalid syslog format")


def _check_syslog_address(address: str, inputs: EngineInputs) -> None:
    if not address:
        return
    _check_form("syslog-address", address, inputs)
    url = parse_url(address)
    if url.scheme in {"unix", "unixgram"}:
        inputs.files.stat(url.path)
        return
    if url.scheme not in {"udp", "tcp", "tcp+tls"}:
        raise GoError(f"unsupported scheme: '{url.scheme}'")
    try:
        split_host_port(url.host)
    except GoError as error:
        if "missing port in address" not in str(error):
            raise


def _check_form(name: str, address: str, inputs: EngineInputs) -> None:
    """``urlutil.IsTransportURL``, which older engines ask first."""
    if inputs.rules.holds("log-address.transport") and not address.startswith(_TRANSPORTS):
        raise GoError(f"{name} should be in form proto://address, got {address}")


def _gelf_address(address: str, inputs: EngineInputs) -> URL:
    if not address:
        raise GoError("gelf-address is a required parameter")
    _check_form("gelf-address", address, inputs)
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


def _check_gelf(options: Options, inputs: EngineInputs) -> None:
    scheme = _gelf_address(options.get("gelf-address", ""), inputs).scheme
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


def _check_fluentd(options: Options, inputs: EngineInputs) -> None:
    address = options.get("fluentd-address", "")
    if inputs.rules.holds("log-address.transport"):
        with prefixed(f"invalid fluentd-address {address}: "):
            _check_transport(address)
    else:
        with prefixed(f"invalid fluentd-address ({address}): "):
            _check_fluentd_address(address)
    if options.get("fluentd-buffer-limit"):
        ram_in_bytes(options["fluentd-buffer-limit"])
    if options.get("fluentd-retry-wait"):
        parse_duration(options["fluentd-retry-wait"])
    if options.get("fluentd-max-retries"):
        _check_retries(options["fluentd-max-retries"], inputs)
    _check_fluentd_async(options)
    for name in ("fluentd-sub-second-precision", "fluentd-request-ack"):
        _is_bool(options.get(name, ""))
    for name in ("fluentd-write-timeout", "fluentd-read-timeout"):
        _check_timeout(name, options.get(name, ""))


def _check_timeout(name: str, text: str) -> None:
    if not text:
        return
    with prefixed(f"invalid value for {name}: value must be a duration: "):
        duration = parse_duration(text)
    if duration < 0:
        raise GoError(f"invalid value for {name}: value must be a duration that is non-negative")


def _check_retries(text: str, inputs: EngineInputs) -> None:
    limited = inputs.rules.holds("fluentd.retries")
    if parse_uint(text, bits=32 if limited else 64) > _MAX_RETRIES and limited:
        raise GoError("invalid fluentd-max-retries: value out of range")


def _check_transport(address: str) -> None:
    """``parseAddress`` of fluentd up to 20.10."""
    if not address:
        return
    if address.startswith(_TRANSPORTS):
        url = parse_url(address)
        if url.scheme in {"unix", "unixgram"}:
            return
        address = url.host
    try:
        _, port = split_host_port(address)
    except GoError as error:
        if "missing port in address" not in str(error):
            raise
        return
    atoi(port)


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
            parse_uint(url.port, bits=_MAX_PORT_BITS)


def _check_awslogs(options: Options, _inputs: EngineInputs) -> None:
    if not options.get("awslogs-group"):
        raise GoError("must specify a value for log opt 'awslogs-group'")
    for name in ("awslogs-create-group", "awslogs-create-stream"):
        with prefixed(f"must specify valid value for log opt '{name}': "):
            _is_bool(options.get(name, ""))
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


def _check_logentries(options: Options, _inputs: EngineInputs) -> None:
    if not options.get("logentries-token"):
        raise GoError("Missing logentries token")


_VALUES: Mapping[str, Callable[[Options, EngineInputs], None]] = {
    "syslog": _check_syslog,
    "gelf": _check_gelf,
    "fluentd": _check_fluentd,
    "awslogs": _check_awslogs,
    "logentries": _check_logentries,
}
