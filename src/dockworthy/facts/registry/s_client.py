"""What ``openssl s_client`` printed of one connection, from the lines that the probe carries of it.

The words are OpenSSL's own: 1.1.1 and 3.0 call a key exchange ``Server Temp Key``, 3.2 and later ``Peer Temp Key``,
3.5 also ``Negotiated TLS1.3 group``. Lines of its standard error begin with ``stderr: ``; the served chain stands last.
"""

from __future__ import annotations

import re
from typing import Final

from dockworthy.dataclass import dataclass
from dockworthy.regex import regex
from dockworthy.trust.x509.pem import decode as pem_blocks

__all__ = ["Served", "parse_served"]

_NUMBERS: Final = {
    "SSLv3": 0x0300,
    "TLSv1": 0x0301,
    "TLSv1.0": 0x0301,
    "TLSv1.1": 0x0302,
    "TLSv1.2": 0x0303,
    "TLSv1.3": 0x0304,
}
_STDERR: Final = "stderr: "
_AGREED: Final = regex(r"New, (?P<protocol>[^,()]{1,20}), Cipher is (?P<cipher>[^()]{1,80})")
_GROUP: Final = regex(r"(?:(?:Server|Peer) Temp Key|Negotiated TLS1\.3 group): (?P<group>[^<].{0,200})")
_ALPN: Final = regex(r"ALPN protocol: (?P<alpn>.{1,80})")
_SIGNATURE: Final = regex(r"Peer signature type: (?P<signature>.{1,80})")
_ASKS: Final = ("Acceptable client certificate CA names", "Client Certificate Types", "Requested Signature Algorithms")
_ALERT: Final = regex(r"SSL alert number (\d{1,3})\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Served:
    """One handshake."""

    protocol: str = ""  # ``TLSv1.3``; empty where none came about
    cipher: str = ""  # OpenSSL's name of the suite
    group: str = ""  # of the key exchange
    alpn: str = ""  # the protocol that the server chose of those offered
    signature: str = ""  # what the server signed with
    asks_for_certificate: bool = False  # whether the server asked for a client certificate
    alerts: tuple[int, ...] = ()  # that the server sent, by number
    errors: tuple[str, ...] = ()  # what openssl complained of
    chain: tuple[bytes, ...] = ()  # the served certificates, DER

    @property
    def version(self) -> int:
        """The protocol's number on the wire; 0 for none."""
        return _NUMBERS.get(self.protocol, 0)


def parse_served(text: bytes) -> Served:
    """Read a ``registry:HOST/tls`` section."""
    lines = text.split(b"-----BEGIN ", 1)[0].decode("utf-8", "replace").split("\n")
    errors = tuple(line.removeprefix(_STDERR).removeprefix("error:") for line in lines if line.startswith(_STDERR))
    said: dict[str, str] = {}
    for line in lines:
        for pattern in (_AGREED, _GROUP, _ALPN, _SIGNATURE):
            if found := pattern.fullmatch(line):
                said.update(found.groupdict())
    alerts = (int(found[1]) for error in errors if (found := _ALERT.search(error)))
    return Served(
        **said,
        asks_for_certificate=any(line.startswith(_ASKS) for line in lines),
        alerts=tuple(dict.fromkeys(alerts)),
        errors=errors,
        chain=tuple(block.octets for block in pem_blocks(text) if block.kind == "CERTIFICATE"),
    )
