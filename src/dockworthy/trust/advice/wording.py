"""Words for people and shells: names from certificates and folders are hostile until they are escaped."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from dockworthy.golang.ip import ip_text
from dockworthy.printable import printable

if TYPE_CHECKING:
    from dockworthy.golang.time import GoTime
    from dockworthy.trust.x509.certificate import Certificate

__all__ = ["day", "names_of", "plain", "shell", "title"]


def shell(path: str) -> str:
    """The path as one word of a POSIX shell; one with control characters or bytes that are no UTF-8 for ``$'…'``."""
    if path.isprintable():  # surrogates, which stand for bytes that are no UTF-8, are not
        return shlex.quote(path)
    octets = path.encode("utf-8", "surrogateescape")
    return "$'" + "".join(chr(o) if 0x20 <= o < 0x7F and chr(o) not in "'\\" else f"\\x{o:02x}" for o in octets) + "'"  # noqa: PLR2004 - printable ASCII


def plain(name: str) -> str:
    """A name in a sentence, in quotes."""
    return f'"{printable(name)}"'


def title(certificate: Certificate) -> str:
    """How a certificate is called: its common name, else its first name, else its serial number."""
    subject = certificate.subject
    name = subject.common_name or next(iter(certificate.dns_names), "") or next(iter(subject.organizations), "")
    return plain(name) if name else f"the certificate with serial number {certificate.serial:x}"


def names_of(certificate: Certificate, most: int) -> str:
    """The hosts and addresses that it names, so many at the most."""
    names = [printable(name) for name in certificate.dns_names] + [ip_text(each) for each in certificate.ip_addresses]
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def day(moment: GoTime) -> str:
    """A moment as its day in UTC."""
    found = moment.as_datetime()
    return found.date().isoformat() if found is not None else moment.rfc3339()
