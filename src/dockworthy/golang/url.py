"""URIs as Go's ``net/url`` takes them apart and writes them again.

A URI among a certificate's names that ``url.Parse`` refuses makes the whole certificate unreadable to Go, and the
engine prints what it says of a mirror or a proxy: so what it refuses has to be known to the letter.

Source: ``net/url/url.go`` and ``net/ipsock.go`` (SplitHostPort) of Go 1.15 to 1.27.
"""

from __future__ import annotations

from dataclasses import replace
from enum import Enum, Flag

from dockworthy.dataclass import dataclass
from dockworthy.golang.ip import parse_address
from dockworthy.golang.text import from_octets, quote, to_octets
from dockworthy.golang.values import GoError

__all__ = ["URL", "Strict", "URLError", "mask_credentials", "parse_url", "split_host_port"]

_ALPHANUMERIC = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
_HEX = frozenset(b"0123456789abcdefABCDEF")
_HOST_PUNCTUATION = frozenset(b"!$&'()*+,;=:[]<>\"")
_MARKS = frozenset(b"-_.~")
_RESERVED = frozenset(b"$&+,/:;=?@")
_VALID_ENCODED = frozenset(b"!$&'()*+,;=:@[]%")
_USER_PUNCTUATION = frozenset(b"-._:~!$&'()*+,;=%@")
_PERCENT = ord("%")
_ASCII = 0x80
_DELETE = 0x7F
_V4_OCTETS = 4


class URLError(GoError):
    """Why Go refuses a URI, in its own words."""


class Strict(Flag):
    """What newer releases are strict about; none of it up to 1.24.7."""

    NOTHING = 0
    LITERALS = 1  # what stands in brackets is an IPv6 address
    LEADING = 2  # and brackets stand at the host's front alone
    COLONS = 4  # the host of http and https has one colon at most


class _Mode(Enum):
    PATH = frozenset(b"?")
    HOST = frozenset(b"/?@")
    ZONE = frozenset(b"/?@ ")
    USER = frozenset(b"@/?:")
    FRAGMENT = frozenset(b"\0")


def _must_escape(octet: int, mode: _Mode) -> bool:
    if octet in _ALPHANUMERIC or octet in _MARKS:
        return False
    if mode in {_Mode.HOST, _Mode.ZONE}:
        return octet not in _HOST_PUNCTUATION
    if octet in _RESERVED:
        return octet in mode.value
    return not (mode is _Mode.FRAGMENT and octet in b"!()*")


def _check_escape(triple: bytes, mode: _Mode) -> None:
    if len(triple) < 3 or triple[1] not in _HEX or triple[2] not in _HEX:  # noqa: PLR2004 - a percent sign and two digits
        raise URLError("invalid URL escape " + quote(from_octets(triple)))
    if triple == b"%25":
        return
    value = int(triple[1:3], 16)
    refused = mode is _Mode.HOST and value < _ASCII
    refused |= mode is _Mode.ZONE and value != ord(" ") and _must_escape(value, _Mode.HOST)
    if refused:
        raise URLError("invalid URL escape " + quote(from_octets(triple)))


def _unescape(text: bytes, mode: _Mode) -> bytes:
    out = bytearray()
    index = 0
    while index < len(text):
        octet = text[index]
        if octet == _PERCENT:
            _check_escape(text[index : index + 3], mode)
            out.append(int(text[index + 1 : index + 3], 16))
            index += 3
            continue
        if mode in {_Mode.HOST, _Mode.ZONE} and octet < _ASCII and _must_escape(octet, mode):
            raise URLError(f"invalid character {quote(chr(octet))} in host name")
        out.append(octet)
        index += 1
    return bytes(out)


def _escape(text: bytes, mode: _Mode) -> bytes:
    return b"".join(b"%%%02X" % octet if _must_escape(octet, mode) else bytes((octet,)) for octet in text)


def _reuse_encoding(decoded: bytes, written: bytes, mode: _Mode) -> bytes:
    """The text as it was written where that is a valid encoding, else encoded anew (``EscapedPath``)."""
    if written and all(octet in _VALID_ENCODED or not _must_escape(octet, mode) for octet in written):
        return written
    if mode is _Mode.PATH and decoded == b"*":
        return b"*"
    return _escape(decoded, mode)


@dataclass(frozen=True, slots=True)
class URL:
    """A URI taken apart.

    Attributes:
        scheme: in lower case.
        opaque: what follows the scheme where no slash does.
        user: user name and password as Go writes them again, None where there is no ``@``.
        host: host and port, unescaped, as Go's ``URL.Host``.
        path: unescaped.
        raw_path: as it was written.
        omit_host: whether a scheme was followed by one slash alone.
        query: without its question mark; None where there is none.
        fragment: as it was written, without its hash.
    """

    scheme: str = ""
    opaque: str = ""
    user: str | None = None
    host: str = ""
    path: str = ""
    raw_path: str = ""
    omit_host: bool = False
    query: str | None = None
    fragment: str = ""

    @property
    def hostname(self) -> str:
        """The host without port and brackets (``URL.Hostname``)."""
        return self._host_port()[0]

    @property
    def port(self) -> str:
        """The port's digits, or "" (``URL.Port``)."""
        return self._host_port()[1]

    def _host_port(self) -> tuple[str, str]:
        name, colon, port = self.host.rpartition(":")
        if not colon or (port and not (port.isascii() and port.isdigit())):
            name, port = self.host, ""
        return (name[1:-1] if name.startswith("[") and name.endswith("]") else name), port

    def with_user(self, user: str) -> URL:
        """The same with another user and password."""
        return replace(self, user=user)

    def _hierarchy(self) -> bytes:
        out = b""
        bare = self.omit_host and not self.host and self.user is None
        if (self.scheme or self.host or self.user is not None) and not bare:
            if self.host or self.path or self.user is not None:
                out += b"//"
            if self.user is not None:
                out += to_octets(self.user) + b"@"
            out += _escape(to_octets(self.host), _Mode.HOST)
        path = _reuse_encoding(to_octets(self.path), to_octets(self.raw_path), _Mode.PATH)
        if path and path[:1] != b"/" and self.host:
            out += b"/"
        if not out and not self.scheme and b":" in path.partition(b"/")[0]:
            out += b"./"
        return out + path

    @property
    def text(self) -> str:
        """The URI as Go's ``URL.String`` writes it."""
        out = to_octets(f"{self.scheme}:") if self.scheme else b""
        out += to_octets(self.opaque) or self._hierarchy()
        if self.query is not None:
            out += b"?" + to_octets(self.query)
        if self.fragment:
            fragment = to_octets(self.fragment)
            out += b"#" + _reuse_encoding(_unescape(fragment, _Mode.FRAGMENT), fragment, _Mode.FRAGMENT)
        return from_octets(out)

    def __str__(self) -> str:
        return self.text


def _scheme(text: bytes) -> tuple[bytes, bytes]:
    for index, octet in enumerate(text):
        if octet == ord(":"):
            if not index:
                raise URLError("missing protocol scheme")
            return text[:index], text[index + 1 :]
        if octet in b"0123456789+-.":
            if not index:
                break
        elif octet not in _ALPHANUMERIC:
            break
    return b"", text


def _check_port(port: bytes) -> None:
    if port and (port[:1] != b":" or not all(octet in b"0123456789" for octet in port[1:])):
        raise URLError(f"invalid port {quote(from_octets(port))} after host")


def _literal(host: bytes) -> bytes:
    """A host with brackets, whatever stands before them: they hold an IPv6 address."""
    opened, closed = host.rfind(b"["), host.rfind(b"]")
    if closed < 0:
        raise URLError("missing ']' in host")
    port = host[closed + 1 :]
    _check_port(port)
    unescaped_port = _unescape(port, _Mode.HOST)
    name = host[opened + 1 : closed]
    zone = name.find(b"%25")
    if zone >= 0:
        name = _unescape(name[:zone], _Mode.HOST) + _unescape(name[zone:], _Mode.ZONE)
    else:
        name = _unescape(name, _Mode.HOST)
    address = parse_address(from_octets(name))
    if address is None:
        raise URLError(f"invalid host: ParseAddr({quote(from_octets(name))}): unable to parse IP")
    if len(address[0]) == _V4_OCTETS:
        raise URLError("invalid IP-literal")
    return b"[" + name + b"]" + unescaped_port


def _host(host: bytes, scheme: str, strict: Strict) -> bytes:
    opened = host.rfind(b"[")
    if opened > 0 and Strict.LEADING in strict:
        raise URLError("invalid IP-literal")
    if opened >= 0 and Strict.LITERALS in strict:
        return _literal(host)
    if host.startswith(b"["):
        bracket = host.rfind(b"]")
        if bracket < 0:
            raise URLError("missing ']' in host")
        _check_port(host[bracket + 1 :])
        zone = host.find(b"%25", 0, bracket)
        if zone >= 0:
            return (
                _unescape(host[:zone], _Mode.HOST)
                + _unescape(host[zone:bracket], _Mode.ZONE)
                + _unescape(host[bracket:], _Mode.HOST)
            )
    elif b":" in host:
        has_one = Strict.COLONS in strict and scheme in {"http", "https"}
        _check_port(host[host.find(b":") if has_one else host.rfind(b":") :])
    return _unescape(host, _Mode.HOST)


def _authority(authority: bytes, scheme: str, strict: Strict) -> tuple[str | None, bytes]:
    """The user information as it is written again, and the host."""
    user, at, host = authority.rpartition(b"@")
    parsed = _host(host, scheme, strict)
    if not at:
        return None, parsed
    if not all(octet in _ALPHANUMERIC or octet in _USER_PUNCTUATION for octet in user):
        raise URLError("net/url: invalid userinfo")
    name, colon, password = user.partition(b":")
    written = _escape(_unescape(name, _Mode.USER), _Mode.USER)
    if colon:
        written += b":" + _escape(_unescape(password, _Mode.USER), _Mode.USER)
    return from_octets(written), parsed


def _parse(text: bytes, strict: Strict) -> URL:
    if any(octet < ord(" ") or octet == _DELETE for octet in text):
        raise URLError("net/url: invalid control character in URL")
    if text == b"*":
        return URL(path="*")
    written_scheme, rest = _scheme(text)
    scheme = from_octets(written_scheme.lower())
    rest, mark, written_query = rest.partition(b"?")
    query = from_octets(written_query) if mark else None
    if not rest.startswith(b"/"):
        if scheme:
            return URL(scheme, from_octets(rest), query=query)
        if b":" in rest.partition(b"/")[0]:
            raise URLError("first path segment in URL cannot contain colon")
    user, host, omit_host = None, b"", False
    if rest.startswith(b"//") and (scheme or not rest.startswith(b"///")):
        authority, slash, path = rest[2:].partition(b"/")
        rest = slash + path
        user, host = _authority(authority, scheme, strict)
    elif scheme and rest.startswith(b"/"):
        omit_host = True
    decoded = from_octets(_unescape(rest, _Mode.PATH))
    return URL(scheme, "", user, from_octets(host), decoded, from_octets(rest), omit_host, query)


def parse_url(text: str, strict: Strict = Strict.NOTHING) -> URL:
    """``url.Parse``; raises URLError with the text of Go's ``url.Error``."""
    octets = to_octets(text)
    before, _, fragment = octets.partition(b"#")
    try:
        url = _parse(before, strict)
    except URLError as error:
        raise URLError(f"parse {quote(from_octets(before))}: {error}") from None
    if not fragment:
        return url
    try:
        _unescape(fragment, _Mode.FRAGMENT)
    except URLError as error:
        raise URLError(f"parse {quote(text)}: {error}") from None
    return replace(url, fragment=from_octets(fragment))


def mask_credentials(text: str) -> str:
    """The URL without its user name and password, as the engine's messages and ``GET /info`` show it.

    Source: ``config.MaskCredentials``: what is no URL is shown as it is.
    """
    try:
        url = parse_url(text)
    except URLError:
        return text
    return text if url.user is None else url.with_user("xxxxx:xxxxx").text


def split_host_port(address: str) -> tuple[str, str]:
    """``net.SplitHostPort``; raises URLError with its words."""

    def fail(why: str) -> URLError:
        return URLError(f"address {address}: {why}")

    colon = address.rfind(":")
    if colon < 0:
        raise fail("missing port in address")
    opened, closed = 0, 0
    if address.startswith("["):
        end = address.find("]")
        if end < 0:
            raise fail("missing ']' in address")
        if end + 1 != colon:
            following = address[end + 1 : end + 2]
            raise fail("too many colons in address" if following == ":" else "missing port in address")
        host = address[1:end]
        opened, closed = 1, end + 1
    else:
        host = address[:colon]
        if ":" in host:
            raise fail("too many colons in address")
    if "[" in address[opened:]:
        raise fail("unexpected '[' in address")
    if "]" in address[closed:]:
        raise fail("unexpected ']' in address")
    return host, address[colon + 1 :]
