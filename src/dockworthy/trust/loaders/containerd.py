"""containerd's loader: ``hosts.toml``, or the files of certs.d where there is none.

Used by containerd itself (``ctr``, CRI, nerdctl) and, since Engine 28, by the engine's containerd image store.

Source: containerd ``core/remotes/docker/config/hosts.go`` (ConfigureHosts, HostDirFromRoot, loadHostDir,
parseHostsFile, loadCertFiles) of 1.7.24, 2.0, 2.1, 2.2 and 2.3.
"""

from __future__ import annotations

from dataclasses import field, replace
from posixpath import isabs, join, normpath
from typing import TYPE_CHECKING, Any, Final

from dockworthy import toml
from dockworthy.dataclass import dataclass
from dockworthy.golang.text import quote
from dockworthy.golang.url import URLError, parse_url, split_host_port
from dockworthy.hosttree.faults import PathError
from dockworthy.regex import regex
from dockworthy.trust.loaders.buildkit import default_client, is_loopback
from dockworthy.trust.reference import HUB, HUB_REGISTRY
from dockworthy.trust.wire.client import (
    ClientTLS,
    LoadedFile,
    Refusal,
    Refused,
    certificate_text,
    fault,
    key_text,
    list_folder,
    load_authorities,
    make_pair,
)
from dockworthy.trust.x509.pool import CertPool

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dockworthy.hosttree.tree import Tree
    from dockworthy.trust.generations import Generation
    from dockworthy.trust.spans import Version
    from dockworthy.trust.x509.keypair import KeyPair

__all__ = ["Endpoint", "endpoints", "find_directory"]

_MAX_TOML: Final = 1 << 20
_V2: Final = (2,)
_WITH_REFERRERS: Final = (2, 1)
_CAPABILITIES: Final = frozenset({"pull", "resolve", "push"})


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A place where containerd will ask, in its order.

    Attributes:
        scheme: ``https`` or ``http``.
        authority: ``host[:port]``.
        path: of the API's root, ``/v2`` as a rule.
        client: its side of TLS.
        falls_back: whether plain HTTP is tried where HTTPS meets it.
        capabilities: what the place may be asked for.
    """

    scheme: str
    authority: str
    path: str
    client: ClientTLS
    falls_back: bool = False
    capabilities: frozenset[str] = _CAPABILITIES


@dataclass(slots=True)
class _Host:
    """``hostConfig``: None where Go has nil."""

    scheme: str = ""
    authority: str = ""
    path: str = ""
    capabilities: frozenset[str] = frozenset()
    authorities: list[str] | None = None
    pairs: list[tuple[str, str]] | None = None
    skip_verify: bool | None = None
    files: list[LoadedFile] = field(default_factory=list)

    @property
    def is_explicit(self) -> bool:
        return self.authorities is not None or self.pairs is not None or self.skip_verify is not None


class _BadHostsFile(ValueError):  # noqa: N818 - containerd logs it and goes on
    """A hosts.toml that is not used; the certificate files beside it are."""


def _named_directory(authority: str) -> str:
    """``host:port`` as ``host_port_``."""
    index = authority.rfind(":")
    return f"{authority[:index]}_{authority[index + 1 :]}_" if index > 0 else authority


def find_directory(tree: Tree, root: str, authority: str) -> str:
    """The first folder that exists for a registry, or an empty text; raises Refused where one cannot be looked at."""
    names = dict.fromkeys((_named_directory(authority), authority, "_default"))
    for name in names:
        path = join(root, name)
        try:
            tree.stat(path)
        except PathError as error:
            if error.absent:
                continue
            raise fault(error, "directory") from None
        return path
    return ""


def endpoints(tree: Tree, root: str, authority: str, system: CertPool, generation: Generation) -> list[Endpoint]:
    """Where and how a registry is asked; Refused with the loader's words, NotDecided where what decides was not seen.

    Args:
        tree: the host's files.
        root: the folder that holds a folder per registry; empty for none.
        authority: the registry's ``host[:port]``.
        system: the system's roots.
        generation: of the program; its ``containerd`` says which version of the loader.
    """
    directory = find_directory(tree, root, authority) if root else ""
    hosts = _load_directory(tree, directory, generation) if directory else None
    if hosts is None:
        hosts = [_Host()]
    if hosts and not hosts[-1].authority:
        _set_default(hosts[-1], authority)
    return [_endpoint(tree, host, directory, system, generation) for host in hosts]


def _set_default(host: _Host, authority: str) -> None:
    host.path, host.capabilities, host.authority, host.scheme = "/v2", _CAPABILITIES, authority, "https"
    if authority == HUB:
        host.authority = HUB_REGISTRY
        return
    try:
        name, port = split_host_port(authority)
    except URLError:
        name, port = authority, ""
    if not is_loopback(name):
        return
    if port not in {"", "443"}:
        host.scheme = "http"
    if port != "80":
        host.skip_verify = True


def _endpoint(tree: Tree, host: _Host, directory: str, system: CertPool, generation: Generation) -> Endpoint:
    client = replace(default_client(system, generation), files=tuple(host.files), directory=directory)
    if host.is_explicit:
        client = _configured(tree, host, client)
    scheme, falls_back = host.scheme, False
    if scheme == "http" and host.is_explicit and _port_of(host.authority) != "80":
        scheme, falls_back = "https", True
    return Endpoint(scheme, host.authority, host.path, client, falls_back, host.capabilities)


def _port_of(authority: str) -> str:
    try:
        return split_host_port(authority)[1]
    except URLError:
        return ""


def _configured(tree: Tree, host: _Host, client: ClientTLS) -> ClientTLS:
    """``updateTLSConfigFromHost``."""
    pool = client.roots
    files = list(client.files)
    if host.authorities is not None:
        pool = CertPool(pool, client.rules)
        for path in host.authorities:
            _add_authority(tree, path, pool)
            files.append(LoadedFile(path, "ca"))
    pairs = []
    for certificate, key in host.pairs or []:
        pairs.append(_load_pair(tree, certificate, key, client))
        files += [LoadedFile(path, "pair") for path in (certificate, key) if path]
    return replace(client, roots=pool, pairs=tuple(pairs), skip_verify=bool(host.skip_verify), files=tuple(files))


def _add_authority(tree: Tree, path: str, pool: CertPool) -> None:
    try:
        found = load_authorities(tree, path, pool)
    except Refused as refused:
        raise refused.within(f"unable to read CA cert {quote(path)}: ") from None
    if not found:
        raise Refused(Refusal("ca-unloadable", f"unable to load CA cert {quote(path)}", "ca", path))


def _load_pair(tree: Tree, certificate: str, key: str, client: ClientTLS) -> KeyPair:
    path = certificate
    try:
        entry = tree.open(certificate)
        if key:
            path = key
            secret = key_text(tree.open(key), key)
        else:
            secret = key_text(entry, certificate)
    except PathError as error:
        raise fault(error, "pair").within(f"unable to read CERT file {quote(path)}: ") from None
    try:
        return make_pair(certificate_text(entry, certificate), secret, certificate, client.rules)
    except Refused as refused:
        raise refused.within("failed to load X509 key pair: ") from None


def _load_directory(tree: Tree, directory: str, generation: Generation) -> list[_Host]:
    """``loadHostDir``."""
    path = join(directory, "hosts.toml")
    text = b""
    try:
        text = tree.read_file(path)
    except PathError as error:
        if not error.absent:
            raise fault(error, "directory") from None
    if text:
        try:
            hosts = _parse_hosts_file(directory, text, generation.containerd)
        except _BadHostsFile as error:
            host = _list(tree, directory, generation)
            host.files.insert(0, LoadedFile(path, f"ignored: {error}"))
            return [host]
        for host in hosts:
            host.files.append(LoadedFile(path, "hosts"))
        return hosts
    return [_list(tree, directory, generation)]


def _list(tree: Tree, directory: str, generation: Generation) -> _Host:
    """``loadCertFiles``."""
    host = _Host()
    for name, entry in list_folder(tree, directory, generation):
        path = join(directory, name)
        if entry.kind == "dir" or not name.endswith((".crt", ".cert")):
            host.files.append(LoadedFile(path, "ignored"))
        elif name.endswith(".crt"):
            host.authorities = [*(host.authorities or []), path]
        else:
            host.pairs = [*(host.pairs or []), (path, _key_beside(tree, path))]
    return host


def _key_beside(tree: Tree, certificate: str) -> str:
    """The key's path where there is one, else an empty text: then the certificate's file must hold it."""
    key = certificate.removesuffix(".cert") + ".key"
    try:
        tree.stat(key)
    except PathError as error:
        if error.absent:
            return ""
        raise fault(error, "pair") from None
    return key


# -- hosts.toml -------------------------------------------------------------------------------------------------


def _parse_hosts_file(directory: str, text: bytes, version: Version) -> list[_Host]:
    """The hosts in the file's order, and the server last."""
    if len(text) > _MAX_TOML:
        raise _BadHostsFile(f"{len(text)} bytes are not read")
    try:
        source = text.decode()
        document = toml.loads(source)
    except (ValueError, RecursionError) as error:
        raise _BadHostsFile(f"failed to parse TOML: {error}") from None
    tables = document.get("host")
    if version < _V2 and not isinstance(tables, dict):
        raise _BadHostsFile("invalid `host` tree")
    tables = {} if tables is None else tables
    if not isinstance(tables, dict) or not all(isinstance(table, dict) for table in tables.values()):
        raise _BadHostsFile("`host` is no table of tables")
    order = list(tables) if version < _V2 else _header_order(source)
    server = _typed(document, "server", str, "")
    hosts = [_parse_host(name, directory, tables.get(name, {}), version) for name in order]
    for name in set(tables) - set(order):
        _parse_host(name, directory, tables[name], version, types_only=True)
    return [*hosts, _parse_host(server, directory, document, version)]


_HEADER: Final = regex(r"(?m)^[ \t]*\[(?!\[)([^\n]*)\][ \t]*(?:#[^\n]*)?\r?$")


def _header_order(source: str) -> list[str]:
    """The hosts that have a table header of their own, in order: containerd 2 looks at nothing else."""
    names: list[str] = []
    last = ""
    for match in _HEADER.finditer(source):
        try:
            parts = _key_parts(toml.loads(f"{match[1]} = 0"))
        except (ValueError, RecursionError):
            continue
        if len(parts) < 2 or parts[0] != "host" or parts[1] == last:  # noqa: PLR2004 - host.NAME
            continue
        last = parts[1]
        names.append(last)
    return names


def _key_parts(document: Mapping[str, Any]) -> list[str]:
    parts: list[str] = []
    value: Any = document
    while isinstance(value, dict) and value:
        name, value = next(iter(value.items()))
        parts.append(name)
    return parts


def _typed(table: Mapping[str, Any], key: str, kind: type, default: Any) -> Any:
    value = table.get(key, default)
    if value is not default and not isinstance(value, kind):
        raise _BadHostsFile(f"{key} is no {kind.__name__}")
    return value


def _parse_host(
    name: str, directory: str, table: Mapping[str, Any], version: Version, *, types_only: bool = False
) -> _Host:
    """``parseHostConfig``; ``types_only`` for a table that is decoded and then not used."""
    capabilities = _typed(table, "capabilities", list, [])
    if not all(isinstance(word, str) for word in capabilities):
        raise _BadHostsFile("capabilities is no list of texts")
    override = _typed(table, "override_path", bool, default=False)
    skip = _typed(table, "skip_verify", bool, None)
    _typed(table, "header", dict, None)
    if version >= _WITH_REFERRERS:
        _typed(table, "dial_timeout", str, "")
    if types_only:
        return _Host()
    host = _Host(skip_verify=skip, capabilities=_read_capabilities(capabilities, version))
    if name:
        host.scheme, host.authority, host.path = _read_server(name, override=override)
    host.authorities = _read_authorities(table.get("ca"), directory)
    host.pairs = _read_pairs(table.get("client"), directory)
    _check_header(table.get("header"))
    if version >= _WITH_REFERRERS:
        _check_duration(table.get("dial_timeout", ""))
    return host


def _read_capabilities(words: Sequence[str], version: Version) -> frozenset[str]:
    known = _CAPABILITIES | {"referrers"} if version >= _WITH_REFERRERS else _CAPABILITIES
    found = frozenset(word.lower() for word in words)
    unknown = [word for word in words if word.lower() not in known]
    if unknown:
        raise _BadHostsFile(f"unknown capability {unknown[0]}")
    return found or known


def _read_server(name: str, *, override: bool) -> tuple[str, str, str]:
    address = name if name.startswith("http") else f"https://{name}"
    try:
        url = parse_url(address)
    except URLError as error:
        raise _BadHostsFile(f"unable to parse server {address}: {error}") from None
    scheme = address.partition(":")[0].lower()
    rest = url.text.partition("://")[2].partition("?")[0].partition("#")[0]
    path = rest[rest.index("/") :] if "/" in rest else ""
    if path:
        path = normpath(path)
        path = "/" + path.lstrip("/")
        if not path.endswith("/v2") and not override:
            path = path.rstrip("/") + "/v2"
    elif not override:
        path = "/v2"
    return scheme, url.host, path


def _absolute(path: str, directory: str) -> str:
    return path if isabs(path) else normpath(join(directory, path))


def _read_authorities(value: object, directory: str) -> list[str] | None:
    if value is None:
        return None
    if isinstance(value, str):
        return [_absolute(value, directory)]
    if isinstance(value, list):
        return [_absolute(_text(item), directory) for item in value]
    raise _BadHostsFile('invalid type for "ca"')


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise _BadHostsFile(f"unable to cast {value} to string")
    return value


def _read_pairs(value: object, directory: str) -> list[tuple[str, str]] | None:
    if value is None:
        return None
    if isinstance(value, str):
        return [(_absolute(value, directory), "")]
    if not isinstance(value, list):
        raise _BadHostsFile('invalid type for "client"')
    return [_read_pair(item, directory) for item in value] or None


def _read_pair(item: object, directory: str) -> tuple[str, str]:
    if isinstance(item, str):
        return _absolute(item, directory), ""
    if not isinstance(item, list):
        raise _BadHostsFile('invalid type for "client"')
    paths = [_absolute(_text(part), directory) for part in item]
    if len(paths) != 2:  # noqa: PLR2004 - certificate and key
        raise _BadHostsFile('invalid pair for "client"')
    return paths[0], paths[1]


def _check_header(value: object) -> None:
    if isinstance(value, dict):
        for name, item in value.items():
            if not isinstance(item, str) and not (isinstance(item, list) and all(isinstance(v, str) for v in item)):
                raise _BadHostsFile(f"invalid type for header {quote(name)}")


_DURATION: Final = regex(r"[-+]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)")


def _check_duration(text: str) -> None:
    if text and not _DURATION.fullmatch(text):
        raise _BadHostsFile(f"time: invalid duration {quote(text)}")
