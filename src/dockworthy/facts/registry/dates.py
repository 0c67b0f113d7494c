"""How long certificates still hold, and how strong they are: what the checks about them show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dockworthy.dataclass import dataclass
from dockworthy.golang.time import from_datetime
from dockworthy.trust.advice.wording import day, title
from dockworthy.trust.x509.keys import DSAKey, ECKey, RSAKey

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from dockworthy.trust.x509.certificate import Certificate

__all__ = ["BROKEN_DIGESTS", "MIN_EC", "MIN_RSA", "Lifetime", "is_weak_key", "lifetimes", "weak_signature"]

_DAY: Final = 86_400
MIN_RSA, MIN_EC = 2048, 256
BROKEN_DIGESTS: Final = frozenset({"md5", "sha1"})


@dataclass(frozen=True, slots=True)
class Lifetime:
    """A certificate's validity, seen from a moment."""

    certificate: str  # its name
    days_left: int  # whole days until its end; negative when it is over
    begun: bool  # whether it is valid already
    # starts, ends: as days in UTC
    starts: str
    ends: str

    def as_json(self) -> dict[str, object]:
        """For the record."""
        shown: dict[str, object] = {
            "certificate": self.certificate,
            "days_left": self.days_left,
            "not_after": self.ends,
        }
        return shown if self.begun else {**shown, "not_before": self.starts}


def lifetimes(certificates: Iterable[Certificate], now: datetime) -> list[Lifetime]:
    """The validity of each, the first to end first."""
    moment = from_datetime(now).seconds
    found = [
        Lifetime(
            title(one),
            (one.not_after.seconds - moment) // _DAY,
            one.not_before.seconds <= moment,
            day(one.not_before),
            day(one.not_after),
        )
        for one in certificates
    ]
    return sorted(found, key=lambda lifetime: lifetime.days_left)


def is_weak_key(certificate: Certificate) -> bool:
    """Whether its key is below 112 bits of strength (NIST SP 800-57, part 1, 5.6.1), or of a kind nobody uses."""
    key = certificate.key
    if isinstance(key, RSAKey):
        return key.bits < MIN_RSA
    if isinstance(key, ECKey):
        return key.bits < MIN_EC
    return isinstance(key, DSAKey)


def weak_signature(certificate: Certificate) -> str:
    """The broken digest that it is signed with, or nothing; what a root says of itself does not count."""
    if certificate.is_self_issued:
        return ""
    algorithm = certificate.signature_algorithm
    return algorithm.name if algorithm.digest in BROKEN_DIGESTS else ""
