"""Which registries the engine does not verify: its insecure-registries, by name and by resolved address.

For these certs.d is not read by the classic loader, any certificate is taken, and plain HTTP is tried after HTTPS.

Source: moby ``registry/config.go`` (loadInsecureRegistries, isSecureIndex, isCIDRMatch, ValidateMirror),
``daemon/reload.go`` (reloadRegistryConfig).
"""

from __future__ import annotations

import ipaddress
from dataclasses import field
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, NotDecided
from dockworthy.golang.ip import Network, parse_cidr, parse_ip
from dockworthy.golang.text import quote
from dockworthy.golang.url import URLError, parse_url, split_host_port
from dockworthy.golang.values import GoError, atoi
from dockworthy.trust.reference import HUB, HUB_REGISTRY, is_host_port

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = [
    "ConfigError",
    "InsecureRegistries",
    "RegistrySettings",
    "after_reloads",
    "check_insecure",
    "check_registry",
    "validate_index_name",
    "validate_mirror",
    "without_scheme",
]

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

LOOPBACK_V4: Final = "127.0.0.0/8"
LOOPBACK_V6: Final = "::1/128"
_MAX_PORT: Final = 65535


class ConfigError(GoError):
    """A value that the engine does not start with; its words are the engine's."""


@dataclass(frozen=True, slots=True)
class RegistrySettings:
    """What the engine was told about registries.

    Attributes:
        insecure: ``insecure-registries``, flags and file together.
        mirrors: ``registry-mirrors``.
    """

    insecure: tuple[str, ...] = ()
    mirrors: tuple[str, ...] = ()


def after_reloads(start: RegistrySettings, contents: Iterable[Mapping[str, object]]) -> RegistrySettings:
    """What is in force after the file was changed to each of these contents and SIGHUP sent.

    A key that is gone from the file keeps its old value: only a restart or an empty list clears it.
    A reload whose content the engine refuses changes nothing.
    """
    settings = start
    for content in contents:
        new = RegistrySettings(
            _strings(content["insecure-registries"]) if "insecure-registries" in content else settings.insecure,
            _strings(content["registry-mirrors"]) if "registry-mirrors" in content else settings.mirrors,
        )
        try:
            InsecureRegistries.of(new.insecure)
            for mirror in new.mirrors:
                validate_mirror(mirror)
        except ConfigError:
            continue
        settings = new
    return settings


def _strings(value: object) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


@dataclass(frozen=True, slots=True)
class InsecureRegistries:
    """The parsed list.

    Attributes:
        names: ``host[:port]`` entries, compared byte for byte.
        networks: CIDR entries, and the loopback that is always there.
        sources: each name or network in the words of the configuration.
    """

    names: frozenset[str]
    networks: tuple[Network, ...]
    sources: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, entries: Sequence[str], *, loopback_v6: bool = False) -> InsecureRegistries:
        """Read ``insecure-registries`` as the engine does; ConfigError for an entry that keeps it from starting.

        Since Engine 28 ``::1`` is always in it, too (``loopback_v6``).
        """
        return cls(*_parse((*entries, *((LOOPBACK_V6, LOOPBACK_V4) if loopback_v6 else (LOOPBACK_V4,)))))

    def match(self, authority: str, addresses: Mapping[str, Sequence[str]]) -> str | None:
        """The entry that makes a registry (``host[:port]`` as written) insecure; None for one that is verified.

        ``addresses`` are what each host resolves to, none where it does not; NotDecided where the host's are not known.
        """
        if authority == HUB:
            return None
        if authority in self.names:
            return self.sources.get(authority, authority)
        if authority == HUB_REGISTRY:
            return None  # a public address; nobody looks it up for this
        for address in _addresses(authority, addresses):
            for network in self.networks:
                if address in network:
                    return self.sources.get(str(network), str(network))
        return None


@lru_cache(maxsize=64)
def _parse(entries: tuple[str, ...]) -> tuple[frozenset[str], tuple[Network, ...], Mapping[str, str]]:
    names: dict[str, str] = {}
    networks: dict[Network, str] = {}
    for entry in entries:
        network = check_insecure(entry)
        if network is not None:
            networks.setdefault(network, entry)
        else:
            names.setdefault(without_scheme(entry), entry)
    sources = {**names, **{str(network): entry for network, entry in networks.items()}}
    return frozenset(names), tuple(networks), sources


def _addresses(authority: str, addresses: Mapping[str, Sequence[str]]) -> list[Address]:
    """The addresses of a host, each unmapped as ``net.IPNet.Contains`` and ``netip.Addr.Unmap`` do."""
    try:
        host, _ = split_host_port(authority)
    except URLError:
        host = authority
    literal = _address(host)
    if literal is not None:
        return [literal]
    found = addresses.get(host, addresses.get(host.lower()))
    if found is None:
        if host.startswith("["):
            return []  # net.LookupIP does not take brackets, so a bare [address] matches no network
        raise NotDecided("its addresses were not looked up on the host", host, Code.NOT_PROBED)
    return [address for text in found if (address := _address(text)) is not None]


def _address(text: str) -> Address | None:
    octets = parse_ip(text.partition("%")[0])
    if octets is None:
        return None
    address = ipaddress.ip_address(octets)
    return (address.ipv4_mapped or address) if isinstance(address, ipaddress.IPv6Address) else address


def validate_index_name(text: str) -> str:
    """``registry.ValidateIndexName``: the registry's name; Docker Hub's old one becomes ``docker.io``.

    Raises ConfigError for a name that keeps the engine from starting.
    """
    name = HUB if text == "index.docker.io" else text
    if name.startswith("-") or name.endswith("-"):
        raise ConfigError(f"invalid index name ({name}). Cannot begin or end with a hyphen")
    return name


def without_scheme(entry: str) -> str:
    """An insecure registry without ``http://`` or ``https://``, which the engine takes off with a warning."""
    scheme, separator, rest = entry.partition("://")
    return rest if separator and scheme.lower() in {"http", "https"} else entry


def check_insecure(entry: str) -> Network | None:
    """The network that an entry of ``insecure-registries`` is; None for ``host[:port]``.

    Raises ConfigError for an entry that keeps the engine from starting.
    """
    validate_index_name(entry)
    bare = without_scheme(entry)
    if bare == entry and "://" in entry:
        raise ConfigError(f"insecure registry {entry} should not contain '://'")
    return check_registry(bare, "insecure")


def check_registry(name: str, kind: str) -> Network | None:
    """The network that a registry's name is; None for ``host[:port]`` (``validateHostPort``), else a ConfigError."""
    try:
        return parse_cidr(name)[1]
    except GoError:
        pass
    try:
        host, port = split_host_port(name)
    except URLError:
        host, port = name, ""
    try:
        if not is_host_port(name) and parse_ip(host) is None:
            raise ConfigError(f"invalid host {quote(host)}")
        if port and not 0 <= atoi(port) <= _MAX_PORT:
            raise ConfigError(f"invalid port {quote(port)}")
    except GoError as error:
        raise ConfigError(f"{kind} registry {name} is not valid: {error}") from None
    return None


def validate_mirror(mirror: str, *, scheme_first: bool = False, path: bool = True, cause: bool = True) -> str:
    """A mirror as the engine keeps it: with one slash at its end.

    Args:
        mirror: an entry of ``registry-mirrors``.
        scheme_first: whether this generation asks for the scheme before anything else (since Engine 28.3).
        path: whether it may have a path (since Engine 24.0.8).
        cause: whether it says what is wrong with a URL (since Engine 23.0).

    Raises:
        ConfigError: for an entry that keeps the engine from starting; without its password.
    """
    scheme, separator, _ = mirror.partition("://")
    if scheme_first and (not separator or not scheme):
        raise ConfigError(
            f"invalid mirror: no scheme specified for {quote(mirror)}: must use either 'https://' or 'http://'"
        )
    try:
        url = parse_url(mirror)
    except URLError as error:
        raise ConfigError(
            f"invalid mirror: {quote(mirror)} is not a valid URI" + (f": {error}" if cause else "")
        ) from None
    if url.scheme not in {"http", "https"}:
        more = ": must use either 'https://' or 'http://'" if scheme_first else ""
        raise ConfigError(f"invalid mirror: unsupported scheme {quote(url.scheme)} in {quote(url.text)}{more}")
    if not path and (url.path not in {"", "/"} or url.query or url.fragment):
        raise ConfigError(f"invalid mirror: path, query, or fragment at end of the URI {quote(url.text)}")
    if url.query or url.fragment:
        raise ConfigError(f"invalid mirror: query or fragment at end of the URI {quote(url.text)}")
    if url.user is not None:
        masked = url.with_user(f"{url.user.partition(':')[0]}:xxxxx").text
        raise ConfigError(f"invalid mirror: username/password not allowed in URI {quote(masked)}")
    return mirror.removesuffix("/") + "/"
