"""What a Harbor's API answered, as it was recorded, or in words why there is no answer.

A section ``anonymous:NODE:PATH`` or ``login:NODE:PATH`` holds one answer; a list of several pages is one section.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any, Final

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, Reason, known, unknown
from dockworthy.facts.api.document import Document, Listing
from dockworthy.masking import masked
from dockworthy.printable import printable
from dockworthy.snapshot import CUT_OFF

if TYPE_CHECKING:
    from dockworthy.snapshot import Snapshot

__all__ = ["OTHER_NAME", "REFUSED", "Answer", "Answers", "listing_of"]

REFUSED: Final = "the connection is refused"
OTHER_NAME: Final = "its TLS certificate is for another name, so that nothing was sent"
_OK, _LOGIN, _FORBIDDEN, _NOT_FOUND, _BROKEN = 200, 401, 403, 404, 500
_MORE, _ERRORS = 300, 400
_BUSY: Final = frozenset({429, 503})
# Why there is no answer, by the word that it was recorded with.
_KINDS: Final = {
    "refused": (Code.UNREACHABLE, REFUSED),
    "unreachable": (Code.UNREACHABLE, "it cannot be reached"),
    "name": (Code.UNREACHABLE, "its name does not resolve (DNS)"),
    "timeout": (Code.TIMEOUT, "it did not answer in time (time-out)"),
    "tls": (Code.UNREACHABLE, "its TLS is not verified, so that nothing was sent"),
    "tls-name": (Code.UNREACHABLE, OTHER_NAME),
    "closed": (Code.UNREACHABLE, "it closed the connection without an answer"),
    "too-large": (Code.TOO_LARGE, "the answer is larger than is read"),
    "html": (Code.MALFORMED, "it answers with an HTML page (a login page?), which is no answer of the API"),
    "redirect": (Code.NOT_TOLD, "it answers with a redirect, which is not followed"),
    "not-json": (Code.MALFORMED, "the answer is no JSON"),
    "budget": (Code.NOT_PROBED, "the requests or the time for one Harbor were used up before it"),
    "no-login": (Code.NOT_PERMITTED, "no login is configured, and it is told to those alone who log in"),
    "login-refused": (Code.NOT_PERMITTED, "the login was refused (401), and is not tried again"),
    "not-asked": (Code.NOT_PROBED, "it was not asked"),
}
# What a robot needs to be allowed, by the path (src/common/rbac/const.go); a system administrator may all.
_PERMISSIONS: Final = (
    (r"/configurations", "a system administrator, which no robot is"),
    (r"/systeminfo/volumes", "system-volumes:read"),
    (r"/scanners/[^/]+/metadata", "scanner:read"),
    (r"/scanners", "scanner:list"),
    (r"/system/gc/schedule", "garbage-collection:read"),
    (r"/system/gc", "garbage-collection:list"),
    (r"/system/scanAll/schedule", "scan-all:read"),
    (r"/system/purgeaudit/schedule", "purge-audit:read"),
    (r"/registries", "registry:list"),
    (r"/replication/policies", "replication-policy:list"),
    (r"/replication/executions", "replication:list"),
    (r"/robots", "robot:list (which robots can have since 2.12)"),
    (r"/quotas", "quota:list"),
    (r"/jobservice/(?:pools|queues)", "jobservice-monitor:list"),
    (r"/projects/[^/]+/immutabletagrules", "immutable-tag:list"),
    (r"/projects", "project:list"),
    (r"/retentions/[^/]+", "tag-retention:read"),
)
_UNREADABLE: Final = Reason("what was recorded of it cannot be read", Code.MALFORMED)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that came, whatever it says."""

    source: str  # the request
    status: int  # of HTTP
    body: Any  # JSON, or a short text
    total: int | None = None  # how many rows there are, by the server
    is_complete: bool = True  # whether all rows are here
    is_empty: bool = False  # whether it is a success without a body
    date: float | None = None  # the server's clock, in seconds since 1970
    asked: float | None = None  # when it was asked for, by the clock of who asked
    answered: float | None = None  # when it came, by the clock of who asked


@dataclass(frozen=True, slots=True)
class Answers:
    """All that a Harbor was asked, each answer read when it is asked for."""

    snapshot: Snapshot = field(repr=False)
    reason: Reason | None  # why nothing was asked at all
    has_login: bool  # whether a login is configured
    _read: dict[str, Evidence[Answer]] = field(default_factory=dict, repr=False, compare=False)

    def received(self, path: str, *, login: bool, node: str = "") -> Evidence[Answer]:
        """The answer, whatever its status, or why none came.

        Args:
            path: below ``/api/v2.0``, or ``/service/token``.
            login: whether it was asked with the login.
            node: the node of a group that was asked; none for the Harbor's own address.
        """
        section = f"{'login' if login else 'anonymous'}:{node}:{path}"
        found = self._read.get(section)
        if found is None:
            found = self._read[section] = self._received(section, path, login=login, node=node)
        return found

    def _received(self, section: str, path: str, *, login: bool, node: str) -> Evidence[Answer]:
        source = f"GET {path}" + (f" of {node}" if node else "") + ("" if login else " without a login")
        if section not in self.snapshot:
            return unknown(self._not_recorded(login=login), source)
        text = self.snapshot.text(section).by(source)
        return text.then(lambda content: _answer(content, source))

    def _not_recorded(self, *, login: bool) -> Reason:
        if self.reason is not None:
            return self.reason
        if self.snapshot.truncated:
            return CUT_OFF
        return _reason("no-login" if login and not self.has_login else "not-asked")

    def answer(self, path: str, *, login: bool, node: str = "") -> Evidence[Answer]:
        """The answer, where it is a success; see `received`."""
        found = self.received(path, login=login, node=node)
        return found.then(lambda answer: _judged(answer, path, login=login))

    def starting(self, path: str, *, login: bool) -> list[str]:
        """The paths with a query that were asked of the Harbor's own address, of those that begin so."""
        prefix = f"{'login' if login else 'anonymous'}::"
        return [name.removeprefix(prefix) for name in self.snapshot.names(f"{prefix}{path}")]

    def document(self, path: str, *, login: bool, node: str = "") -> Document:
        """The JSON object that it answered; an empty one where the answer is null or has no body."""
        found = self.answer(path, login=login, node=node)
        source = found.source
        if not found.is_known:
            return Document(source, {}, found.unknown)
        body = {} if found.value.body is None else found.value.body
        if not isinstance(body, Mapping):
            return Document(source, {}, Reason("the answer is no JSON object", Code.MALFORMED))
        return Document(source, body)

    def certificate(self, node: str = "") -> str:
        """The certificate that was served and verified, as PEM; empty where none was seen."""
        try:
            body = json.loads(self.snapshot.text(f"certificate:{node}").get("{}"))["body"]
        except (ValueError, TypeError, KeyError, RecursionError):
            return ""
        return body if isinstance(body, str) else ""

    def listing(self, path: str, *, login: bool, node: str = "") -> Listing[Document]:
        """The JSON objects that it answered with, and why some or all are missing."""
        return listing_of(self.answer(path, login=login, node=node))


def listing_of(found: Evidence[Answer]) -> Listing[Document]:
    """The objects of a list, and why some or all are missing; null is the empty list."""
    if found.unknown is not None:
        return Listing((), found.unknown, found.source)
    answer = found.value
    body = [] if answer.body is None else answer.body
    if not isinstance(body, list):
        return Listing((), Reason("the answer is no list", Code.MALFORMED), found.source)
    rows = tuple(
        Document(found.source, row, None, f"[{at}]") for at, row in enumerate(body) if isinstance(row, Mapping)
    )
    if len(rows) < len(body):
        return Listing(rows, Reason("the list holds what is no object", Code.MALFORMED), found.source)
    if not answer.is_complete:
        why = f"{len(rows)} of {answer.total} were told" if answer.total is not None else "not all were told"
        return Listing(rows, Reason(f"the list is not complete: {why}", Code.TRUNCATED), found.source)
    return Listing(rows, None, found.source)


def _answer(text: str, source: str) -> Evidence[Answer]:
    try:
        record = json.loads(text)
        error = record.get("error")
        if error is not None and (error["kind"] != "retries" or record.get("status") is None):
            return unknown(_reason(error["kind"], error.get("words")), source)
        return known(
            Answer(
                source,
                int(record["status"]),
                record.get("body"),
                _number(record.get("total")),
                record.get("complete", True) is True,
                record.get("empty", False) is True,
                _seconds(record.get("date")),
                _seconds(record.get("asked")),
                _seconds(record.get("answered")),
            ),
            source,
        )
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        return unknown(_UNREADABLE, source)


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _seconds(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return float(value)


def _reason(kind: str, words: object = None) -> Reason:
    """Why there is no answer, in our words and in those that were recorded."""
    code, sentence = _KINDS.get(kind, (Code.FAILED, "there is no answer"))
    if isinstance(words, str) and words.strip():
        sentence += f": {printable(masked(words.strip()))}"
    return Reason(sentence, code)


def _judged(answer: Answer, path: str, *, login: bool) -> Evidence[Answer]:
    """The answer where its status is a success, or what the status means."""
    status, source = answer.status, answer.source
    if _OK <= status < _MORE:
        return known(answer, source)
    if status == _LOGIN:
        who = "the login was refused" if login else "something before Harbor asks for a login"
        return unknown(f"it answers 401: {who}", source, Code.NOT_PERMITTED)
    if status == _FORBIDDEN:
        return unknown(f"it answers 403: the login needs {_permission(path)}", source, Code.NOT_PERMITTED)
    if status == _NOT_FOUND:
        return unknown("it answers 404: this release has no such path", source, Code.ABSENT)
    if _MORE <= status < _ERRORS:
        return unknown(_reason("redirect"), source)
    what = "it is broken" if status >= _BROKEN else "it does not take the request"
    if status in _BUSY:
        what = "it was too busy, and was asked twice"
    return unknown(f"it answers {status}: {what}", source, Code.FAILED)


def _permission(path: str) -> str:
    own = path.partition("?")[0]
    return next((name for pattern, name in _PERMISSIONS if re.fullmatch(pattern, own)), "another permission")
