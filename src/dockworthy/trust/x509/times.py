"""Times in certificates: UTCTime and GeneralizedTime.

Source: ``crypto/x509/parser.go`` (parseTime, readASN1Time).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.golang.time import GoTime, parse_generalized_time, parse_utc_time
from dockworthy.trust.x509.der import GENERALIZED_TIME, UTC_TIME, X509Error

if TYPE_CHECKING:
    from dockworthy.trust.x509.der import Reader

__all__ = ["parse_time"]


def parse_time(reader: Reader) -> GoTime:
    """The next element as a time; raises an X509Error with Go's text."""
    if reader.peek(UTC_TIME):
        failure = "x509: malformed UTCTime"
        moment = parse_utc_time(reader.octets(UTC_TIME, failure))
    elif reader.peek(GENERALIZED_TIME):
        failure = "x509: malformed GeneralizedTime"
        moment = parse_generalized_time(reader.octets(GENERALIZED_TIME, failure))
    else:
        raise X509Error("x509: unsupported time format")
    if moment is None:
        raise X509Error(failure)
    return moment
