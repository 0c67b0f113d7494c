"""Certificates as drawings have them: each once, with the places where it was seen and the one that signed it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import field
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.moments import parse_moment

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from dockworthy.results.model import Certificate

__all__ = ["Seen", "seen"]


@dataclass(slots=True)
class Seen:
    """One certificate, wherever it was seen."""

    certificate: Certificate  # as it was first seen
    begins: datetime  # when it becomes valid
    ends: datetime  # when it is no longer valid
    places: list[str] = field(default_factory=list)  # ``HOST: WHERE``, or ``WHERE`` where all are of one host
    uses: list[str] = field(default_factory=list)  # what it is used for, each once
    parents: dict[str | None, list[str]] = field(default_factory=dict)  # who signed it, by the hosts that saw that


def seen(certificates: Iterable[Certificate]) -> list[Seen]:
    """Each certificate once, the one that ends first first; those whose times are none are left out."""
    given = list(certificates)
    many = len({one.host for one in given}) > 1
    found: dict[str, Seen] = {}
    hosts: dict[str, dict[str, str | None]] = defaultdict(dict)
    for one in given:
        known = found.get(one.sha256)
        if known is None:
            try:
                known = Seen(one, parse_moment(one.not_before), parse_moment(one.not_after))
            except ValueError:
                continue
            found[one.sha256] = known
        place = f"{one.host}: {one.where}" if many else one.where
        if place not in known.places:
            known.places.append(place)
        if one.used_for and one.used_for not in known.uses:
            known.uses.append(one.used_for)
        signers = hosts[one.sha256]
        signers[one.host] = signers.get(one.host) or one.issued_by
    for digest, item in found.items():
        for host, parent in hosts[digest].items():
            item.parents.setdefault(parent, []).append(host)
    return sorted(found.values(), key=lambda item: (item.ends, item.certificate.subject))
