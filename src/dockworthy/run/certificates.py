"""The certificates that were seen of a host, as the record has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dockworthy.facts.seen.certificates import seen_certificates
from dockworthy.moments import shown
from dockworthy.printable import printable
from dockworthy.results.model import Certificate
from dockworthy.run.record import told

if TYPE_CHECKING:
    from datetime import datetime

    from dockworthy.golang.time import GoTime
    from dockworthy.run.hosts import RunHost
    from dockworthy.trust.x509.names import Name

__all__ = ["MOST", "certificates_of_host"]

MOST: Final = 1000
"""How many certificates of one host are recorded."""
_LONGEST: Final = 1000  # characters of a name
_FIRST, _LAST = "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"


def certificates_of_host(host: RunHost) -> tuple[list[Certificate], int]:
    """Those of one host, and how many more there are than are recorded."""
    if host.snapshot is None:
        return [], 0
    seen = seen_certificates((host.today or host).facts)
    return [
        Certificate(
            host=told(host.name),
            where=told(one.where),
            used_for=told(one.used_for),
            subject=_name(one.certificate.subject),
            issuer=_name(one.certificate.issuer),
            sha256=one.certificate.fingerprint,
            not_before=_moment(one.certificate.not_before, _FIRST),
            not_after=_moment(one.certificate.not_after, _LAST),
            issued_by=None if one.issuer is None else one.issuer.fingerprint,
        )
        for one in seen[:MOST]
    ], max(0, len(seen) - MOST)


def _name(name: Name) -> str:
    text: str = told(printable(str(name), _LONGEST))
    return text


def _moment(moment: GoTime, beyond: str) -> str:
    """A moment in UTC; what no calendar has, as the nearest that it has."""
    found: datetime | None = moment.as_datetime()
    return beyond if found is None else shown(found)
