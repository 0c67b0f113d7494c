"""One answer of the API, or why there is none."""

from __future__ import annotations

from enum import Enum
from typing import Any

from dockworthy.dataclass import dataclass

__all__ = ["Answer", "Failure", "Kind"]


class Kind(str, Enum):
    """Why there is no answer."""

    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    NAME = "name"  # of which no address is known
    TIMEOUT = "timeout"
    TLS = "tls"  # not verified, or not spoken
    OTHER_NAME = "tls-name"  # verified, and for another name
    CLOSED = "closed"
    TOO_LARGE = "too-large"
    HTML = "html"
    REDIRECT = "redirect"
    NOT_JSON = "not-json"
    BUDGET = "budget"  # of requests or of time
    NO_LOGIN = "no-login"
    LOGIN_REFUSED = "login-refused"
    RETRIES = "retries"

    @property
    def is_of_the_way(self) -> bool:
        """Whether every other request to the same place would end so."""
        return self in {Kind.REFUSED, Kind.UNREACHABLE, Kind.NAME, Kind.TLS, Kind.OTHER_NAME}


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no answer, in a word, and what there is to say beyond that word; nothing of it is secret."""

    kind: Kind
    words: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one path.

    Attributes:
        status: of HTTP, or None where nothing came.
        body: JSON, a short text, or None; of a list that was paged, all rows.
        total: what ``X-Total-Count`` says, or None.
        complete: whether all pages were had.
        date: what ``Date`` says, in Unix seconds, or None.
        asked, answered: by the clock of who asks, in Unix seconds.
        empty: whether it is an answer without a body.
        failure: why there is none, or None.
    """

    status: int | None = None
    body: Any = None
    total: int | None = None
    complete: bool = True
    date: float | None = None
    asked: float = 0.0
    answered: float = 0.0
    empty: bool = False
    failure: Failure | None = None

    def as_json(self) -> dict[str, Any]:
        """As the snapshot holds it."""
        failure = self.failure
        return {
            "status": self.status,
            "body": self.body,
            "total": self.total,
            "complete": self.complete,
            "date": self.date,
            "asked": round(self.asked, 3),
            "answered": round(self.answered, 3),
            "empty": self.empty,
            "error": None if failure is None else {"kind": failure.kind.value, "words": failure.words},
        }
