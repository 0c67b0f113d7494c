"""A Harbor as its own API tells it: what it is set up to do, what it holds, what runs in it.

Source: goharbor/harbor ``api/v2.0/swagger.yaml``. Of a field that the description lets Harbor leave out where it is
zero, false or empty, absence means that value; of every other it is not known then.
"""

from __future__ import annotations

import json
from dataclasses import field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Final

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, NotApplicable, NotDecided, Reason, derived, known, unknown
from dockworthy.facts.api.document import Document, Listing
from dockworthy.facts.facts import fact
from dockworthy.facts.harbor.api.answers import Answer, Answers
from dockworthy.printable import printable
from dockworthy.regex import regex

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dockworthy.snapshot import Snapshot

__all__ = ["Collection", "HarborAPI", "HarborNode", "Schedule", "harbor_api", "the_harbor"]

NOT_HERE: Final = "it is asked of a Harbor's API alone: name it in the profile, under harbors"
_VERSION: Final = regex(r"v?(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?")
_NAMELESS: Final = Reason("the list holds what has no name", Code.MALFORMED)
_LONGEST: Final = 4096  # characters of one value
_ENDS: Final = 253_402_300_799  # the last second of the year 9999
UNSCHEDULED: Final = frozenset({"", "None", "Manual"})
CRON_ALONE: Final = "Custom"


@dataclass(frozen=True, slots=True)
class HarborNode:
    """One node of a group, as the profile declares it."""

    name: str
    host: str | None  # the host of the run that it is
    address: str | None  # where its API was asked


@dataclass(frozen=True, slots=True)
class Schedule:
    """When something happens by itself."""

    kind: str  # Hourly, Daily, Weekly, Custom; None, Manual or empty where nothing is scheduled
    cron: str

    @property
    def is_set(self) -> bool:
        """Whether it ever happens by itself."""
        return self.kind not in UNSCHEDULED and (bool(self.cron) or self.kind != CRON_ALONE)


@dataclass(frozen=True, slots=True)
class Collection:
    """One garbage collection."""

    status: str
    is_dry: bool  # whether it only told what it would free
    when: Evidence[datetime]


@dataclass(frozen=True, slots=True)
class HarborAPI:
    """What one Harbor answered.

    Attributes:
        name: the profile's.
        url: what clients use.
        mode: ``shared``, or ``replication``.
        peer: the Harbor that it replicates with.
        nodes: of a group.
        is_one_of_many: whether the profile names more than one Harbor.
        answers: what was recorded.
    """

    name: str
    url: str
    mode: str
    peer: str | None
    nodes: tuple[HarborNode, ...]
    is_one_of_many: bool
    answers: Answers = field(repr=False)

    def named(self, what: str) -> str:
        """The result's parameter for a thing of this Harbor: with the Harbor's name where there are several."""
        shown = printable(what)
        return f"{self.name}:{shown}" if self.is_one_of_many else shown

    def each(self, listing: Listing[Document], *path: str) -> dict[str, Evidence[Document]]:
        """What a list holds, by name; where it is not whole, the rest under the Harbor's own name.

        Args:
            listing: of the API.
            path: of the name in each.
        """
        found: dict[str, Evidence[Document]] = {}
        failure = listing.failure
        for row in listing.known_ones:
            name = row.text(*path)
            if not name.get(""):
                failure = failure or _NAMELESS
                continue
            found[_unique(self.named(name.value), found)] = known(row, listing.source)
        if failure is not None:
            found[_unique(self.name, found)] = unknown(failure, listing.source)
        return found

    # -- the whole ----------------------------------------------------------------------------------------------

    def info(self, read: Callable[[Document], Evidence[Any]]) -> Evidence[Any]:
        """What ``/systeminfo`` says, with the login where it tells it, else without.

        Args:
            read: takes the value out of the answer.
        """
        own = read(self.answers.document("/systeminfo", login=True))
        if own.is_known:
            return own
        public = read(self.answers.document("/systeminfo", login=False))
        return public if public.is_known or not self._is_told else own

    @property
    def _is_told(self) -> bool:
        """Whether it answers without a login, so that what it does not tell there needs one."""
        return self.answers.answer("/systeminfo", login=False).is_known

    @property
    def version(self) -> tuple[int, int, int] | None:
        """The release that it says it is; None where it does not."""
        found = _VERSION.match(self.info(lambda info: info.text("harbor_version")).get(""))
        return (int(found[1]), int(found[2]), int(found[3] or 0)) if found else None

    def demand_since(self, *release: int) -> None:
        """Make sure that this release can have what came with one; raises NotApplicable where it cannot."""
        own = self.version
        if own is not None and own < release:
            raise NotApplicable(
                f"this Harbor is {'.'.join(map(str, own))}, and it came with {'.'.join(map(str, release))}"
            )

    def newer(self, answer: Evidence[Answer], *release: int) -> Evidence[Answer]:
        """An answer of a path that came with a release: raises NotApplicable where this Harbor is too old for it."""
        self.demand_since(*release)
        is_absent = answer.unknown is not None and answer.unknown.code is Code.ABSENT
        if is_absent and self.version is None and self._is_told:
            raise NotApplicable(f"it answers 404, as releases before {'.'.join(map(str, release))} do")
        return answer

    @property
    def auth_mode(self) -> Evidence[str]:
        """How people log in."""
        return self.info(lambda info: text(info, "auth_mode"))

    def setting(self, key: str, read: Callable[[Document, str], Evidence[Any]]) -> Evidence[Any]:
        """A value of the configuration, which a system administrator alone is told."""
        item = self.answers.document("/configurations", login=True).at(key)
        return read(item, "value")

    def is_fixed(self, key: str) -> bool:
        """Whether a setting comes from the environment (CONFIG_OVERWRITE_JSON) and cannot be changed in Harbor."""
        return self.answers.document("/configurations", login=True).flag(key, "editable").get(True) is False

    def clock(self, path: str, *, login: bool = True, node: str = "") -> Evidence[datetime]:
        """What time it was at Harbor when it gave an answer: by its own clock, never by ours.

        ``current_time`` of ``/systeminfo``, later by what passed here until that answer came; else the answer's Date.
        """
        asked = self._asked(path) if login and not node else path
        found = self.answers.answer(asked, login=login, node=node)
        if found.unknown is not None:
            return unknown(found.unknown, found.source)
        answer, ahead = found.value, self._ahead(node)
        if ahead.is_known and answer.answered is not None:
            return moment_of(ahead.value + answer.answered, ahead.source)
        if answer.date is not None:
            return moment_of(answer.date, f"{found.source}: Date")
        return unknown("Harbor does not tell its own time", found.source, Code.NOT_TOLD)

    def _ahead(self, node: str) -> Evidence[float]:
        """By how many seconds Harbor's clock is ahead of that of who asked."""
        asked = self.answers.answer("/systeminfo", login=True, node=node)
        own = self.answers.document("/systeminfo", login=True, node=node).time("current_time")
        if own.unknown is not None or asked.value.answered is None:
            return unknown(own.unknown or "when it came was not recorded", own.source, Code.NOT_TOLD)
        return known(own.value.timestamp() - asked.value.answered, own.source)

    # -- lists --------------------------------------------------------------------------------------------------

    def listing(self, path: str) -> Listing[Document]:
        """What a path that needs a login lists."""
        return self.answers.listing(path, login=True)

    @property
    def projects(self) -> Listing[Document]:
        """The projects: those that the login sees, or the public ones and why the others are missing."""
        own = self.listing("/projects")
        if own.known_ones or own.failure is None:
            return own
        paths = [path for path in self.answers.starting("/projects", login=False) if "/" not in path[1:]]
        for path in paths:
            public = self.answers.listing(path, login=False)
            if public.failure is None:
                return Listing(public.known_ones, own.failure, own.source)
        return own

    @property
    def robots(self) -> Listing[Document]:
        """The robot accounts of the system, and those of projects where they were asked for."""
        paths = [path for path in self.answers.starting("/robots", login=True) if path.partition("?")[0] == "/robots"]
        lists = [self.listing(path) for path in paths or ["/robots"]]
        failure = next((one.failure for one in lists if one.failure is not None), None)
        return Listing(tuple(row for one in lists for row in one.known_ones), failure, "GET /robots")

    def latest(self, path: str) -> Evidence[tuple[Document, ...]]:
        """The newest of a list of which no more than those were asked for."""
        asked = self._asked(path)
        answer, listing = self.answers.answer(asked, login=True), self.answers.listing(asked, login=True)
        is_cut = listing.failure is not None and listing.failure.code is Code.TRUNCATED
        if listing.failure is not None and not (answer.is_known and is_cut):
            return unknown(listing.failure, listing.source)
        return known(listing.known_ones, listing.source)

    def _asked(self, path: str) -> str:
        """As what a list was asked for, with the login: the path itself, or with what its rows are sorted by."""
        names = [path, *self.answers.starting(f"{path}?", login=True), *self.answers.starting(f"{path}&", login=True)]
        return next((name for name in names if self.answers.received(name, login=True).is_known), path)

    # -- what happens by itself ---------------------------------------------------------------------------------

    def schedule(self, path: str) -> Evidence[Schedule]:
        """When something happens by itself; that of an empty answer, of null and of ``{}`` is no schedule."""
        found = self.answers.document(path, login=True)
        if found.unknown is not None:
            return unknown(found.unknown, found.source)
        source = f"{found.source}: schedule"
        if not found.has("schedule"):
            return known(Schedule("", ""), source)
        kind, cron = text(found, "schedule", "type", default=""), text(found, "schedule", "cron", default="")
        return kind.then(lambda word: cron.map(lambda when: Schedule(word, when))).by(source)

    @property
    def collections(self) -> Evidence[tuple[Collection, ...]]:
        """The newest garbage collections."""
        return self.latest("/system/gc").then(_collections)


def text(document: Document, *path: str, default: str | None = None) -> Evidence[str]:
    """A text of a length that such a value has."""
    found = document.text(*path, default=default)
    if found.is_known and len(found.value) > _LONGEST:
        return unknown("it is longer than such a value is", found.source, Code.MALFORMED)
    return found


def moment_of(seconds: float, source: str) -> Evidence[datetime]:
    """The moment so many seconds after 1970."""
    if not 0 <= seconds <= _ENDS:
        return unknown("it is no time", source, Code.MALFORMED)
    return known(datetime.fromtimestamp(seconds, tz=timezone.utc), source)


def _unique(name: str, taken: Mapping[str, object]) -> str:
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name} ({number})"
    return found


@derived
def _collections(rows: tuple[Document, ...]) -> Evidence[tuple[Collection, ...]]:
    found = []
    for row in rows:
        what = text(row, "job_parameters", default="")
        found.append(
            Collection(text(row, "job_status").value, _is_dry(what.value, what.source), row.time("update_time"))
        )
    return known(tuple(found), rows[0].source if rows else "GET /system/gc")


def _is_dry(parameters: str, source: str) -> bool:
    """Whether a collection's parameters, a JSON text, say that it frees nothing."""
    if not parameters:
        return False
    try:
        value = json.loads(parameters)
    except (ValueError, RecursionError):
        raise NotDecided("job_parameters is no JSON", source, Code.MALFORMED) from None
    return isinstance(value, dict) and value.get("dry_run") is True


@fact
def harbor_api(snapshot: Snapshot) -> HarborAPI:
    """What a Harbor answered that the profile names; of a host there is none."""
    if not snapshot.is_harbor:
        raise NotApplicable(NOT_HERE)
    declared = _declared(snapshot)
    reason = None if declared.flag("asked", default=True).value else _why_not_asked(declared)
    return HarborAPI(
        name=declared.text("name").value,
        url=declared.text("url").value,
        mode=declared.text("mode", default="shared").value,
        peer=declared.text("peer", default="").value or None,
        nodes=tuple(
            HarborNode(
                node.text("name").value,
                node.text("host", default="").value or None,
                node.text("address", default="").value or None,
            )
            for node in declared.objects("nodes", default=()).value
        ),
        is_one_of_many=declared.flag("of_many", default=False).value,
        answers=Answers(snapshot, reason, declared.flag("login", default=False).value),
    )


def _declared(snapshot: Snapshot) -> Document:
    said = snapshot.text("harbor:declared")
    if said.unknown is not None:
        return Document("harbor:declared", {}, said.unknown)
    try:
        value = json.loads(said.value)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        return Document("harbor:declared", {}, Reason("it cannot be read", Code.MALFORMED))
    return Document("harbor:declared", value)


def _why_not_asked(declared: Document) -> Reason:
    return Reason(printable(declared.text("reason", default="").get("") or "it was not asked"), Code.NOT_PROBED)


def the_harbor(harbor_api: HarborAPI) -> dict[str, HarborAPI]:
    """The Harbor as a whole, by its name."""
    return {harbor_api.name: harbor_api}
