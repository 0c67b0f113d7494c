"""What a registry serves, seen from here: for targets that have no openssl to look with themselves.

Nothing is verified while looking: what the engine would say is judged afterwards, from the bytes. The answer is
written as the probe writes its own ``registry:HOST/…`` sections, so that one reader reads both.
"""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from dockworthy.snapshot import Section
from dockworthy.trust.reference import split_host_port

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["look"]

_SECONDS: Final = 8.0
_MOST: Final = 16_384
_SUITES: Final = (
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256:"
    "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-SHA:ECDHE-RSA-AES256-SHA:ECDHE-ECDSA-AES128-SHA:"
    "ECDHE-RSA-AES128-SHA"
)
_CERTIFICATE_REQUIRED: Final = 116  # an alert of TLS 1.3 (RFC 8446, 6.2), which the ssl module does not name
_HEADERS: Final = ("HTTP/", "www-authenticate:", "docker-distribution-", "strict-transport-", "server:", "location:")


def look(registry: str) -> dict[str, Section]:
    """The sections about one registry."""
    host, port_text = split_host_port(registry)
    port = int(port_text) if port_text.isdecimal() and len(port_text) <= 5 else 443  # noqa: PLR2004 - digits of a port
    made = {
        "tls": _handshake(host, port, ssl.TLSVersion.TLSv1_3),
        "tls12": _handshake(host, port, ssl.TLSVersion.TLSv1_2),
        "http": _http(registry, host, port, secure=True),
    }
    if made["http"][0]:
        made["plain"] = _http(registry, host, port, secure=False)
    found = {
        f"registry:{registry}/{name}": Section(f"registry:{registry}/{name}", status, text.encode())
        for name, (status, text) in made.items()
    }
    found["cmd:resolve"] = Section("cmd:resolve", 0, f"{host} {' '.join(_addresses(host, port))}\n".encode())
    return found


def _addresses(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return list(dict.fromkeys(str(item[4][0]) for item in found))


def _context(newest: ssl.TLSVersion) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.maximum_version = newest
    context.set_ciphers(_SUITES)
    context.set_alpn_protocols(["http/1.1"])
    return context


def _connect(host: str, port: int, newest: ssl.TLSVersion) -> ssl.SSLSocket:
    plain = socket.create_connection((host, port), _SECONDS)
    try:
        return _context(newest).wrap_socket(plain, server_hostname=host)
    except BaseException:
        plain.close()
        raise


def _handshake(host: str, port: int, newest: ssl.TLSVersion) -> tuple[int, str]:
    """Status and text of a ``registry:HOST/tls`` section."""
    try:
        with _connect(host, port, newest) as connection:
            cipher = connection.cipher() or ("", "", 0)
            agreed = f"New, {connection.version() or ''}, Cipher is {cipher[0]}\n"
            chain = "".join(ssl.DER_cert_to_PEM_cert(der) for der in _chain(connection))
    except socket.gaierror:
        return 1, "stderr: error::BIO routines:BIO_lookup_ex:Name or service not known\n"
    except TimeoutError:
        return 124, ""
    except (OSError, UnicodeError, ValueError) as error:
        return 1, "".join(f"{line}\n" for line in _failure(error))
    return 0, agreed + chain


def _chain(connection: ssl.SSLSocket) -> list[bytes]:
    """The served certificates in their order; Python shows them publicly since 3.13."""
    getter: Any = getattr(connection, "get_unverified_chain", None)
    if getter is None:
        inner: Any = connection._sslobj  # type: ignore[attr-defined]  # noqa: SLF001 - no public way before 3.13
        getter = getattr(inner, "get_unverified_chain", None)
    found = getter() if getter is not None else None
    if not found:
        leaf = connection.getpeercert(binary_form=True)
        return [leaf] if leaf else []
    return [one if isinstance(one, bytes) else ssl.PEM_cert_to_DER_cert(one.public_bytes()) for one in found]


def _failure(error: BaseException) -> Iterator[str]:
    """The lines that the probe makes of openssl's complaint."""
    if isinstance(error, ssl.SSLError):
        reason = error.reason or ""
        name = reason.rpartition("ALERT_")[2]
        known = {"CERTIFICATE_REQUIRED": _CERTIFICATE_REQUIRED}.get(name)
        alert = getattr(ssl.AlertDescription, f"ALERT_DESCRIPTION_{name}", known)
        number = f":SSL alert number {int(alert)}" if "ALERT_" in reason and alert is not None else ""
        yield f"stderr: error::SSL routines::{reason.lower().replace('_', ' ')}{number}"
    elif isinstance(error, OSError) and error.errno:
        yield f"stderr: connect:errno={error.errno}"
    else:
        yield f"stderr: {type(error).__name__}"


def _http(registry: str, host: str, port: int, *, secure: bool) -> tuple[int, str]:
    """Status and text of a ``registry:HOST/http`` section."""
    request = f"GET /v2/ HTTP/1.1\r\nHost: {registry}\r\nConnection: close\r\nUser-Agent: dockworthy\r\n\r\n"
    answer = b""
    try:
        opened: socket.socket = (
            _connect(host, port, ssl.TLSVersion.TLSv1_3) if secure else socket.create_connection((host, port), _SECONDS)
        )
        with opened as connection:
            connection.sendall(request.encode())
            with suppress(TimeoutError):
                while len(answer) < _MOST and b"\r\n\r\n" not in answer:
                    more = connection.recv(4096)
                    if not more:
                        break
                    answer += more
    except (OSError, UnicodeError, ValueError) as error:
        return 56, "".join(f"{line}\n" for line in _failure(error))
    head = answer.split(b"\r\n\r\n", 1)[0].decode("latin-1")
    kept = [line for line in head.splitlines() if line.lower().startswith(tuple(one.lower() for one in _HEADERS))]
    return (0 if head.startswith("HTTP/") else 1), "".join(f"{line}\n" for line in kept)
