"""Judging without pytest: the instances of a check on a host, its arguments, and its record."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any

from dockworthy.check import PROFILE_ARGUMENT, Check, Judgement, broken, judge
from dockworthy.evidence import Code, NotApplicable, NotDecided
from dockworthy.facts.facts import FactDefinitionError
from dockworthy.run.record import record_of
from dockworthy.snapshot import UNREADABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from dockworthy.run.hosts import RunHost

__all__ = [
    "Instance",
    "asked_of_host",
    "instances_of",
    "is_own",
    "judge_host",
    "judge_instance",
    "judgement_of",
    "own_arguments",
]

_GONE = "it is there today, and with what is applied no more"
_FILES_ALONE = "a root file system does not tell it: it needs a running host"

Instance = tuple["str | None", object, "Judgement | None"]
"""The result's ``param``, what the check receives, and a judgement that is already known."""


def instances_of(definition: Check, host: RunHost) -> Iterator[Instance]:
    """What the check is asked about: itself, each of its instances, or the one result that says why there is none."""
    each = definition.each
    if each is None:
        yield None, None, None
        return
    try:
        host.begin_noting()
        found: Mapping[str, object] = each.find(host.facts, host.view(definition))
        host.note_release(definition.id)
    except Exception as error:  # noqa: BLE001 - one broken check must not end the run
        host.note_release(definition.id)
        yield None, None, _ended(error, definition)
        return
    gone = _gone(definition, host, found)
    if not found and not gone:
        yield None, None, Judgement("skip", None, None, "", None, each.none)
    for param, instance in found.items():
        yield param, instance, None
    for param in gone:
        yield param, None, Judgement("skip", None, None, "", None, _GONE, Code.ABSENT.value)


def _gone(definition: Check, host: RunHost, found: Collection[str]) -> list[str]:
    """The instances that a host has today and would not have with the files that it is judged with."""
    today = host.today
    if today is None or not host.applied:
        return []
    return [
        param
        for param, _, judgement in instances_of(definition, today)
        if param is not None and param not in found and judgement is None
    ]


def is_own(name: str, definition: Check, host: RunHost) -> bool:
    """Whether we have what a check asks for by that name; else it is a pytest fixture."""
    instance = None if definition.each is None else definition.each.name
    return name in {instance, PROFILE_ARGUMENT, "host"} or host.facts.has(name)


def own_arguments(
    definition: Check, host: RunHost, instance: object, testinfra: Callable[[], Any]
) -> dict[str, object]:
    """What the check asked for by name and we have: facts, the profile's demands, its instance, testinfra's host."""
    found: dict[str, object] = {}
    for name in definition.arguments:
        if definition.each is not None and name == definition.each.name:
            found[name] = instance
        elif name == PROFILE_ARGUMENT:
            found[name] = host.view(definition)
        elif name == "host":
            found[name] = testinfra()
        elif host.facts.has(name):
            found[name] = host.facts.find(name)
    return found


def judge_instance(
    definition: Check, host: RunHost, given: Instance, arguments: Callable[[], Mapping[str, object]]
) -> dict[str, Any]:
    """One result's record."""
    start = time.perf_counter()
    judgement = judgement_of(definition, host, given, arguments)
    record = record_of(definition, judgement, host, given[0], time.perf_counter() - start)
    if host.today is not None:
        record["before"] = _before(definition, host, host.today, record)
    return record


def judgement_of(
    definition: Check, host: RunHost, given: Instance, arguments: Callable[[], Mapping[str, object]]
) -> Judgement:
    """What is said of one instance, before waivers and attestations."""
    param, _, judgement = given
    if judgement is None:
        host.begin_noting()
        judgement = _judged(definition, arguments, param)
        host.note_release(definition.id)
    return _of_rehearsal(_of_files_alone(judgement, host), host)


def judge_host(
    host: RunHost,
    definitions: Iterable[Check],
    besides: Collection[tuple[str, str | None]] = (),
    *,
    only_selected: bool = True,
) -> Iterator[dict[str, Any]]:
    """What a pytest run of the checks records of a host.

    Args:
        host: the host.
        definitions: the checks.
        besides: checks and instances that are left out.
        only_selected: whether checks that the profile does not select are left out, as a run does.
    """
    for definition, given, arguments in asked_of_host(host, definitions, besides, only_selected=only_selected):
        yield judge_instance(definition, host, given, arguments)


def asked_of_host(
    host: RunHost,
    definitions: Iterable[Check],
    besides: Collection[tuple[str, str | None]] = (),
    *,
    only_selected: bool = True,
) -> Iterator[tuple[Check, Instance, Callable[[], Mapping[str, object]]]]:
    """What `judge_host` judges: checks and instances, each with what finds its arguments."""
    for definition in definitions:
        if not host.can_answer(definition) or (only_selected and not host.profile.selects(definition)):
            continue
        for given in instances_of(definition, host):
            if (definition.id, given[0]) not in besides:
                yield definition, given, partial(own_arguments, definition, host, given[1], _no_testinfra)


def _no_testinfra() -> Any:
    raise NotApplicable("the check asks for testinfra's own `host`, and this is no live run")


def _judged(definition: Check, arguments: Callable[[], Mapping[str, object]], param: str | None) -> Judgement:
    try:
        named = arguments()
    except Exception as error:  # noqa: BLE001 - one broken fact must not end the run
        return _ended(error, definition)
    return judge(definition, named, param)


def _before(definition: Check, host: RunHost, today: RunHost, record: Mapping[str, Any]) -> str | None:
    """The outcome with the releases that the host has; None where the instance is not there then."""
    if definition.id not in host.of_release:
        return str(record["outcome"])
    if not all(is_own(name, definition, today) for name in definition.arguments):
        return None  # a user's fixture: it is set up once
    outcomes = today.outcomes.get(definition.id)
    if outcomes is None:
        outcomes = today.outcomes[definition.id] = {
            given[0]: str(
                judge_instance(definition, today, given, partial(_own, definition, today, given[1]))["outcome"]
            )
            for given in instances_of(definition, today)
        }
    return outcomes.get(record["param"])


def _own(definition: Check, host: RunHost, instance: object) -> dict[str, object]:
    return own_arguments(definition, host, instance, lambda: None)


def _of_files_alone(judgement: Judgement, host: RunHost) -> Judgement:
    """Of a root file system, what needs a running host is not applicable; what could not be read stays undecided."""
    if judgement.outcome != "error":
        return judgement
    snapshot = host.facts.snapshot
    if not snapshot.is_rootfs or snapshot.truncated:
        return judgement
    if judgement.code in UNREADABLE or judgement.code == Code.CHECK_BROKEN.value:
        return judgement
    return Judgement("skip", None, None, "", None, _FILES_ALONE, Code.NO_RUNTIME.value)


def _of_rehearsal(judgement: Judgement, host: RunHost) -> Judgement:
    """Of an engine that does not start here, what it would have in force is not applicable."""
    if not host.is_rehearsal or judgement.code != Code.NO_START.value:
        return judgement
    what = "the engine" if host.rehearsal is None else f"Docker Engine {host.rehearsal}"
    reason = f"not known before {what} starts: {judgement.reason}"
    return Judgement("skip", None, None, "", None, reason, judgement.code)


def _ended(error: Exception, definition: Check) -> Judgement:
    """The judgement of a check whose instances or facts could not be had."""
    if isinstance(error, NotApplicable):
        return Judgement("skip", None, None, "", None, str(error.reason), error.code)
    if isinstance(error, NotDecided):
        return Judgement("error", None, None, str(error.source), definition.fix, str(error.reason), error.code)
    why = str(error if isinstance(error, FactDefinitionError) else broken(error))
    return Judgement("error", None, None, definition.id, None, why, Code.CHECK_BROKEN.value)
