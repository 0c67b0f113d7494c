"""The checks of single values that flags and file share: hosts, registries, labels, search domains.

Source: ``opts/hosts.go``, ``opts/opts.go``, ``registry/config.go`` and ``config.ParseGenericResources`` of moby.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dockworthy.golang.url import URL, URLError, parse_url, split_host_port
from dockworthy.golang.values import GoError, atoi, attempt, parse_int, prefixed, trim_space
from dockworthy.regex import regex
from dockworthy.trust.loaders.insecure import validate_mirror

if TYPE_CHECKING:
    from dockworthy.releases import Rules

__all__ = [
    "DEFAULT_HOST",
    "join_host_port",
    "parse_generic_resources",
    "parse_host",
    "validate_dns_search",
    "validate_generic_resource",
    "validate_host",
    "validate_label",
    "validate_mirror_of",
]

DEFAULT_HOST = "unix:///var/run/docker.sock"
DEFAULT_TCP_PORT, DEFAULT_TLS_PORT = "2375", "2376"
_DOMAIN = regex(
    r"(:?(:?[a-zA-Z0-9]|(:?[a-zA-Z0-9][a-zA-Z0-9\-]*[a-zA-Z0-9]))"
    r"(:?\.(:?[a-zA-Z0-9]|(:?[a-zA-Z0-9][a-zA-Z0-9\-]*[a-zA-Z0-9])))*)\.?[\t\n\f\r ]*",
    re.ASCII,
)
MAX_DOMAIN = 255


def join_host_port(host: str, port: str) -> str:
    """``net.JoinHostPort``: an IPv6 address gets its brackets."""
    return f"[{host}]:{port}" if ":" in host or "%" in host else f"{host}:{port}"


def _parse_tcp(address: str) -> URL:
    url = parse_url(address if "://" in address else f"tcp://{address}")
    if url.scheme != "tcp":
        raise GoError(f"unsupported proto '{url.scheme}'")
    if url.path:
        raise GoError("should not contain a path element")
    if url.port and not attempt(atoi, url.port):
        raise GoError(f"invalid port: {url.port}")
    return url


def _parse_daemon_host(address: str) -> str:
    proto, separator, rest = address.partition("://")
    if not separator and proto:
        proto, rest = "tcp", proto
    with prefixed(f"invalid bind address ({address}): "):
        if proto == "tcp":
            url = _parse_tcp(address)
            return "tcp://" + join_host_port(url.hostname or "localhost", url.port or DEFAULT_TCP_PORT)
        if proto in {"unix", "npipe"}:
            if "://" in rest:
                raise GoError(f"invalid {proto} address: {rest}")
            default = "/var/run/docker.sock" if proto == "unix" else "//./pipe/docker_engine"
            return f"{proto}://{rest or default}"
    if proto == "fd":
        return address
    raise GoError(f"invalid bind address ({address}): unsupported proto '{proto}'")


def _parse_lenient_host(address: str) -> str:
    """``parseDaemonHost`` up to 20.10, which takes a path after the port, and other words for what it does not."""
    proto, separator, rest = address.partition("://")
    if not separator and proto:
        proto, rest = "tcp", proto
    if proto == "tcp":
        return _parse_lenient_tcp(rest)
    if proto in {"unix", "npipe"}:
        rest = rest.removeprefix(f"{proto}://")
        if "://" in rest:
            raise GoError(f"Invalid proto, expected {proto}: {rest}")
        return f"{proto}://{rest or ('/var/run/docker.sock' if proto == 'unix' else '//./pipe/docker_engine')}"
    if proto == "fd":
        return address
    raise GoError(f"Invalid bind address format: {address}")


def _parse_lenient_tcp(address: str) -> str:
    if address in {"", "tcp://"}:
        return f"tcp://localhost:{DEFAULT_TCP_PORT}"
    bare = address.removeprefix("tcp://")
    if not bare or "://" in bare:
        raise GoError(f"Invalid proto, expected tcp: {address}")
    url = parse_url(f"tcp://{bare}{DEFAULT_TCP_PORT if bare.endswith(']:') else ''}")
    try:
        host, port = split_host_port(url.host)
    except URLError:
        try:
            host, port = split_host_port(join_host_port(url.host, DEFAULT_TCP_PORT))
        except URLError:
            raise GoError(f"Invalid bind address format: {address}") from None
    port = port or DEFAULT_TCP_PORT
    if attempt(atoi, port) is None:
        raise GoError(f"Invalid bind address format: {address}")
    return f"tcp://{join_host_port(host or 'localhost', port)}{url.path}"


def _address_of(host: str, rules: Rules) -> str:
    return _parse_lenient_host(host) if rules.holds("host.lenient") else _parse_daemon_host(host)


def validate_host(text: str, rules: Rules) -> str:
    """``opts.ValidateHost``: the text as it was; an empty one stands for the default."""
    host = trim_space(text)
    if host:
        _address_of(host, rules)
    return text


def validate_mirror_of(text: str, rules: Rules) -> str:
    """``registry.ValidateMirror`` of a release."""
    return validate_mirror(
        text,
        scheme_first=rules.holds("mirror.early"),
        path=rules.holds("mirror.path"),
        cause=rules.holds("mirror.cause"),
    )


def parse_host(text: str, rules: Rules, *, tls: bool, runtime_dir: str | None = None) -> str:
    """``opts.ParseHost``: the address that an entry of ``hosts`` stands for.

    Args:
        text: the entry.
        rules: of the engine's release.
        tls: whether TLS is on, which makes an empty entry the TLS port.
        runtime_dir: ``XDG_RUNTIME_DIR`` of a rootless engine.
    """
    host = trim_space(text)
    if host:
        return _address_of(host, rules)
    if tls:
        return f"tcp://localhost:{DEFAULT_TLS_PORT}"
    return f"unix://{runtime_dir}/docker.sock" if runtime_dir else DEFAULT_HOST


def validate_label(text: str) -> str:
    """``opts.ValidateLabel``: ``key=value`` outside the reserved name spaces."""
    if "=" not in text:
        raise GoError(f"bad attribute format: {text}")
    if text.lower().startswith(("com.docker.", "io.docker.", "org.dockerproject.")):
        raise GoError(
            f"label {text} is not allowed: the namespaces com.docker.*, io.docker.*, and "
            "org.dockerproject.* are reserved for internal use"
        )
    return text


def validate_dns_search(text: str) -> str:
    """``opts.ValidateDNSSearch``: a domain without its last dot, or ``.`` for none."""
    domain = text.strip(" ")
    if domain == ".":
        return domain
    match = _DOMAIN.fullmatch(domain)
    if not re.search("[a-zA-Z]", domain) or not match or len(match[1]) >= MAX_DOMAIN:
        raise GoError(f"{domain} is not a valid domain")
    return match[1]


def validate_generic_resource(text: str) -> str:
    """``opts.ValidateSingleGenericResource``: ``name=value``."""
    if "=" not in text:
        raise GoError(f"invalid node-generic-resource format `{text}` expected `name=value`")
    return text


def parse_generic_resources(terms: list[str]) -> None:
    """``config.ParseGenericResources``: a name has one number or any names, and nothing else."""
    values: dict[str, list[str]] = {}
    for term in terms:
        parts = term.split("=")
        if len(parts) != 2:  # noqa: PLR2004 - a name and a value
            raise GoError(
                f"could not parse GenericResource: incorrect term {term}, missing '=' or malformed expression"
            )
        values.setdefault(trim_space(parts[0]), []).append(trim_space(parts[1]))
    for name, given in values.items():
        numbers = [attempt(parse_int, one) for one in given]
        if len(given) == 1 and numbers[0] is not None:
            if numbers[0] < 0:
                raise GoError(f"could not parse GenericResource: cannot ask for negative resource {name}")
        elif any(number is not None for number in numbers):
            raise GoError(
                "could not parse GenericResource: mixed discrete and named resources in expression "
                f"'{name}=[{' '.join(given)}]'"
            )
