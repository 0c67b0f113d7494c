"""URLs as Go's ``net/url`` splits them, for the addresses and mirrors in the engine's configuration.

Source: ``net/url/url.go`` of Go 1.24 (``Parse``, ``parseAuthority``, ``parseHost``, ``URL.String``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from urllib.parse import quote as quote_path
from urllib.parse import unquote

from dockworthy.golang.values import GoError, quote

__all__ = ["Url", "mask_credentials", "parse_url"]

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(.*)", re.ASCII | re.DOTALL)
_USERINFO = re.compile(r"[A-Za-z0-9\-._:~!$&'()*+,;=%@]*", re.ASCII)
_HOST_CHARACTER = re.compile(r"[A-Za-z0-9\-_.~!$&'()*+,;=:\[\]<>\"\x80-\U0010ffff]")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2}).{0,2}", re.ASCII | re.DOTALL)
_PATH_SAFE = "/$&+,:;=@~-._"  # what EscapedPath leaves alone
_ENCODED = re.compile(r"[A-Za-z0-9/$&+,:;=@~\-._!'()*\[\]%]*", re.ASCII)
_ASCII_ESCAPE = re.compile(r"%(?!25)[0-7][0-9A-Fa-f]", re.ASCII)


@dataclass(frozen=True, slots=True)
class Url:
    """A URL taken apart.

    Attributes:
        scheme: in lower case.
        opaque: what follows the scheme where no slash does.
        user: user information as written, None where there is no ``@``.
        host: host and port, as written but unescaped.
        path: unescaped.
        raw_path: as written.
        query: without its question mark; "" also for an empty one.
        fragment: without its hash.
        has_authority: whether two slashes announced a host, were it an empty one.
    """

    scheme: str = ""
    opaque: str = ""
    user: str | None = None
    host: str = ""
    path: str = ""
    raw_path: str = ""
    query: str = ""
    fragment: str = ""
    has_authority: bool = False

    @property
    def hostname(self) -> str:
        """The host without port and brackets."""
        host, _ = _split_port(self.host)
        return host

    @property
    def port(self) -> str:
        """The port's digits, or ""."""
        _, port = _split_port(self.host)
        return port

    @property
    def password(self) -> str | None:
        """The password, None where no colon announces one."""
        _, colon, password = (self.user or "").partition(":")
        return unquote(password) if colon else None

    def __str__(self) -> str:
        """The URL as Go writes it again."""
        text = f"{self.scheme}:" if self.scheme else ""
        if self.opaque:
            text += self.opaque
        else:
            if self.has_authority and (self.host or self.user is not None or self.raw_path):
                text += "//"
            if self.user is not None:
                text += f"{self.user}@"
            text += self.host
            path = self.raw_path if _ENCODED.fullmatch(self.raw_path) else quote_path(self.path, _PATH_SAFE)
            text += ("/" if self.host and path and path[0] != "/" else "") + path
        if self.query:
            text += f"?{self.query}"
        return f"{text}#{self.fragment}" if self.fragment else text


def _split_port(host: str) -> tuple[str, str]:
    name, colon, port = host.rpartition(":")
    if not colon or not re.fullmatch(r"\d*", port, re.ASCII):
        name, port = host, ""
    if name.startswith("[") and name.endswith("]"):
        name = name[1:-1]
    return name, port


def _check_port(port: str) -> None:
    if port and not re.fullmatch(r":\d*", port, re.ASCII):
        raise GoError(f"invalid port {quote(port)} after host")


def _check_host(host: str) -> str:
    if host.startswith("["):
        bracket = host.rfind("]")
        if bracket < 0:
            raise GoError("missing ']' in host")
        _check_port(host[bracket + 1 :])
    elif ":" in host:
        _check_port(host[host.rfind(":") :])
    _check_escapes(host)
    refused = _ASCII_ESCAPE.search(host)
    if refused and not (host.startswith("[") and "%25" in host):
        raise GoError(f"invalid URL escape {quote(refused[0])}")
    for char in host.replace("%", ""):
        if not _HOST_CHARACTER.fullmatch(char):
            raise GoError(f"invalid character {quote(char)} in host name")
    return unquote(host)


def _check_escapes(text: str) -> None:
    bad = _BAD_ESCAPE.search(text)
    if bad:
        raise GoError(f"invalid URL escape {quote(bad[0])}")


def _split_scheme(text: str) -> tuple[str, str]:
    if text.startswith(":"):
        raise GoError("missing protocol scheme")
    match = _SCHEME.fullmatch(text)
    return (match[1].lower(), match[2]) if match else ("", text)


def _parse(text: str, fragment: str) -> Url:
    if re.search(r"[\x00-\x1f\x7f]", text):
        raise GoError("net/url: invalid control character in URL")
    scheme, rest = _split_scheme(text)
    rest, _, query = rest.partition("?")
    if not rest.startswith("/"):
        if scheme:
            return Url(scheme, opaque=rest, query=query, fragment=fragment)
        if ":" in rest.partition("/")[0]:
            raise GoError("first path segment in URL cannot contain colon")
    user, host, has_authority = None, "", False
    if rest.startswith("//") and (scheme or not rest.startswith("///")):
        authority, slash, path = rest[2:].partition("/")
        rest = slash + path
        user, host = _authority(authority)
        has_authority = True
    _check_escapes(rest)
    return Url(scheme, "", user, host, unquote(rest), rest, query, fragment, has_authority)


def _authority(authority: str) -> tuple[str | None, str]:
    user, at, host = authority.rpartition("@")
    host = _check_host(host)
    if not at:
        return None, host
    if not _USERINFO.fullmatch(user):
        raise GoError("net/url: invalid userinfo")
    _check_escapes(user)
    return user, host


def parse_url(text: str) -> Url:
    """``url.Parse``.

    Raises:
        GoError: with the text of Go's ``url.Error``.
    """
    before, _, fragment = text.partition("#")
    try:
        return _parse(before, fragment)
    except GoError as error:
        raise GoError(f"parse {quote(before)}: {error}") from None


def mask_credentials(text: str) -> str:
    """The URL without its user name and password, as the engine's messages and ``GET /info`` show it.

    Source: ``config.MaskCredentials``: what is no URL is shown as it is.
    """
    try:
        url = parse_url(text)
    except GoError:
        return text
    if url.user is None:
        return text
    return str(replace(url, user="xxxxx:xxxxx"))
