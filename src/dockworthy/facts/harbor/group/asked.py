"""What the API of each node of a group says, asked at its own address: its release, its key, its clock, its database.

Source: goharbor/harbor ``api/v2.0/swagger.yaml``; ``src/core/service/token/authutils.go`` (iat, nbf).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, NotDecided, derived, known, unknown
from dockworthy.facts.harbor.api.answers import OTHER_NAME
from dockworthy.facts.harbor.api.harbor import text
from dockworthy.facts.harbor.api.jobs import FAILED, SUCCEEDED, replication
from dockworthy.facts.harbor.group.files import Seen
from dockworthy.facts.harbor.group.own import comparable, token_key_id
from dockworthy.facts.versions import parse_version

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dockworthy.facts.api.document import Document
    from dockworthy.facts.harbor.api.harbor import HarborAPI

__all__ = ["ClockReading", "answers_of", "apart", "clock_of", "covered", "directions", "reached", "version_of"]

_TOKEN: Final = "/service/token"  # noqa: S105 - a path
_INFO: Final = "/systeminfo"
_KID: Final = "token's kid"
_TEXTS: Final = ("harbor_version", "external_url", "auth_mode", "registry_storage_provider_name")
_WITH_A_DATE: Final = (
    ("/ping", False),
    (_INFO, False),
    (_INFO, True),
    ("/statistics", True),
    ("/jobservice/pools", True),
)


def reached(api: HarborAPI, node: str) -> Evidence[Seen]:
    """That its API answers."""
    answer = api.answers.answer("/ping", login=False, node=node)
    return answer.map(lambda _: Seen({}, noted={"api": "answers"}))


@derived
def version_of(api: HarborAPI, node: str) -> Evidence[Seen]:
    """Its release, which from 2.13 on only those are told who log in."""
    found = text(api.answers.document(_INFO, login=True, node=node), "harbor_version")
    if not found.is_known:
        public = text(api.answers.document(_INFO, login=False, node=node), "harbor_version")
        found = public if public.is_known else found
    version = parse_version(found.value.partition("-")[0])
    if version is None:
        return unknown("it is no version", found.source, Code.MALFORMED)
    return known(Seen({"release": version.upstream}), found.source)


@derived
def answers_of(api: HarborAPI, node: str) -> Evidence[Seen]:
    """What must be the same on every node: what it is, and what its database says."""
    info = api.answers.document(_INFO, login=True, node=node)
    fields: dict[str, Any] = {name: text(info, name, default="").value for name in _TEXTS}
    fields["external_url"] = comparable(fields["external_url"])
    fields["read_only"] = info.flag("read_only", default=False).value
    fields |= dict(sorted(_counts(api, node).items()))
    return known(Seen(fields), f"{info.source}; GET /statistics of {node}")


def _counts(api: HarborAPI, node: str) -> Mapping[str, int]:
    """The newest counts: where the nodes' differed, they were asked once more."""
    again = api.answers.received("/statistics#2", login=True, node=node)
    path = "/statistics#2" if again.is_known else "/statistics"
    answer = api.answers.answer(path, login=True, node=node).value
    if not isinstance(answer.body, dict):
        raise NotDecided("the answer is no JSON object", answer.source, Code.MALFORMED)
    return {
        name: value
        for name, value in answer.body.items()
        if name.endswith(("_count", "_consumption")) and isinstance(value, int) and not isinstance(value, bool)
    }


def token_key(api: HarborAPI, node: str) -> Evidence[Seen]:
    """The key that signed a token of it."""
    return token_key_id(api, node).map(lambda kid: Seen({_KID: kid}))


def key_in_use(seen: Seen) -> Any:
    """The key that signs a node's tokens, by one of them, else by the root.crt that belongs to it."""
    return seen.fields.get(_KID, seen.fields.get("root.crt"))


@derived
def covered(api: HarborAPI, node: str) -> Evidence[Seen]:
    """That its certificate was verified for the group's name, by which it was asked."""
    answer = api.answers.received("/ping", login=False, node=node)
    if answer.unknown is not None and answer.unknown.startswith(OTHER_NAME):
        return known(Seen({}, (str(answer.unknown),)), answer.source)
    return known(
        Seen({}, noted={"certificate": "verified for the group's name"}), answer.by(answer.value.source).source
    )


# --- clocks --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ClockReading:
    """A clock against that of who asked.

    Attributes:
        ahead: by how many seconds, in the middle of what is possible.
        doubt: how many seconds more or less it may be.
    """

    ahead: float
    doubt: float


@derived
def clock_of(api: HarborAPI, node: str) -> Evidence[ClockReading]:
    """The clock of a node, by the moment in its token, else by the Date of that answer.

    Both are whole seconds. What its other answers say of its time, which came at other parts of a second, makes it
    more exact where it is of the same clock.
    """
    answer = api.answers.answer(_TOKEN, login=False, node=node).value
    body = answer.body if isinstance(answer.body, dict) else {}
    claims = body.get("claims")
    issued = claims.get("iat") if isinstance(claims, dict) else None
    moment = issued if isinstance(issued, (int, float)) and not isinstance(issued, bool) else answer.date
    if moment is None or answer.asked is None or answer.answered is None:
        return unknown("neither its token nor its answer tells its time", answer.source, Code.NOT_TOLD)
    least, most = moment - answer.answered, moment + 1 - answer.asked
    for low, high in _by_others(api, node):
        if max(least, low) < min(most, high):  # else it is of another clock, for instance a proxy's
            least, most = max(least, low), min(most, high)
    source = f"{answer.source}: {'iat' if moment is issued else 'Date'}"
    return known(ClockReading((least + most) / 2, abs(most - least) / 2), source)


def _by_others(api: HarborAPI, node: str) -> Iterator[tuple[float, float]]:
    """By how many seconds at least and at most a node is ahead, by the Date of each of its answers and by its own word.

    That is current_time of /systeminfo, which those are told who log in, in thousandths.
    """
    for path, login in _WITH_A_DATE:
        found = api.answers.received(path, login=login, node=node)
        if not found.is_known or found.value.asked is None or found.value.answered is None:
            continue
        if found.value.date is not None:
            yield found.value.date - found.value.answered, found.value.date + 1 - found.value.asked
        if path == _INFO and login:
            info = api.answers.document(path, login=login, node=node)
            own = info.time("current_time")
            if own.is_known:
                moment = own.value.timestamp()
                exact = 1 if moment.is_integer() else 0.001
                yield moment - found.value.answered, moment + exact - found.value.asked


def apart(readings: Mapping[str, ClockReading], node: str) -> float:
    """By how many seconds a node's clock differs from the others', beyond all doubt; of two, from the other's.

    Of three or more it is that from the middle one, so that one clock that is wrong is one finding.
    """
    own = readings[node]
    others = [reading for name, reading in readings.items() if name != node]
    if len(others) == 1:
        distance, doubt = abs(own.ahead - others[0].ahead), own.doubt + others[0].doubt
    else:
        from statistics import median  # noqa: PLC0415 - with its fractions and decimals, for groups of three alone

        middle = median(reading.ahead for reading in readings.values())
        distance, doubt = abs(own.ahead - middle), own.doubt + max(reading.doubt for reading in others)
    return max(0.0, distance - doubt)


# --- two Harbors ---------------------------------------------------------------------------------------------------


def directions(api: HarborAPI, peer: HarborAPI) -> dict[str, Evidence[Mapping[str, Any]]]:
    """From which of two Harbors images go to the other, and whether they did, by ``A to B``."""
    return {f"{one.name} to {other.name}": _direction(one, other) for one, other in ((api, peer), (peer, api))}


@derived
def _direction(one: HarborAPI, other: HarborAPI) -> Evidence[Mapping[str, Any]]:
    """The rules by which images get from one to the other: pushed by the one, or pulled by the other."""
    rules = [("push", one, rule) for rule in _rules(one) if _leads(one, rule, "dest_registry", other)]
    rules += [("pull", other, rule) for rule in _rules(other) if _leads(other, rule, "src_registry", one)]
    found: dict[str, Any] = {}
    for how, at, rule in rules:
        found[f"{how} rule {text(rule, 'name').value} of {at.name}"] = _state(at, rule)
    return known(found, f"GET /replication/policies of {one.name} and {other.name}")


@derived
def delete_each_others(api: HarborAPI, peer: HarborAPI) -> Evidence[bool]:
    """Whether each of two Harbors has an enabled rule by which what is deleted in it is deleted in the other."""

    def deletes(one: HarborAPI, other: HarborAPI) -> bool:
        return any(
            _leads(one, rule, "dest_registry", other)
            and rule.flag("enabled", default=False).value
            and rule.flag("replicate_deletion", default=False).value
            for rule in _rules(one)
        )

    return known(deletes(api, peer) and deletes(peer, api), "GET /replication/policies")


def _rules(api: HarborAPI) -> tuple[Document, ...]:
    return api.listing("/replication/policies").all.value


def _leads(api: HarborAPI, rule: Document, end: str, other: HarborAPI) -> bool:
    """Whether a rule's end is the other Harbor, by the address of the endpoint that it names."""
    registry = rule.at(end)
    if not registry.has("id") or registry.number("id", default=0).value == 0:
        return False
    url = text(registry, "url", default="").value
    if not url:
        identity = registry.number("id").value
        those = api.listing("/registries").all.value
        url = next((text(one, "url").value for one in those if one.number("id").value == identity), "")
    return comparable(url) == comparable(other.url)


def _state(api: HarborAPI, rule: Document) -> str:
    """``runs``, or in words why it does not."""
    if not rule.flag("enabled", default=False).value:
        return "disabled"
    if (text(rule, "trigger", "type", default="manual").value or "manual") == "manual":
        return "run by hand"
    seen = replication(api, rule).value
    newest = next(iter(seen.ended), None)
    if newest is None:
        return "runs" if not seen.is_scheduled else "never ran"
    if newest.status == SUCCEEDED:
        age = seen.age(newest)
        return (
            "runs"
            if not seen.is_scheduled or seen.period is None or age <= 2 * seen.period + timedelta(hours=1)
            else "late"
        )
    return "failed" if newest.status == FAILED else "stopped"
