"""The way of one host through one process: its snapshot read, judged, and put into lines of the record."""

from __future__ import annotations

import gc
from collections import Counter
from dataclasses import field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dockworthy.applied import Applied
from dockworthy.dataclass import dataclass
from dockworthy.errors import DockworthyError
from dockworthy.fleet.alike import Alike, Question
from dockworthy.fleet.look import Failure, Judged, Look, Orders
from dockworthy.profile.locate import checks_folder
from dockworthy.profile.selectors import named
from dockworthy.results.model import Result
from dockworthy.results.policy import is_decided, keyed
from dockworthy.results.writer import dumps
from dockworthy.run.certificates import certificates_of_host
from dockworthy.run.demands import Demands
from dockworthy.run.finish import policy_of_profiles, seen_of_host, with_seen
from dockworthy.run.hosts import RunHost
from dockworthy.run.judging import judge_host
from dockworthy.run.loading import load_checks
from dockworthy.run.plan import (
    harbor_rehearsal_of,
    moment_of,
    named_profile,
    parse_moment,
    picked_profile,
    rehearsal_of,
)
from dockworthy.run.record import told, unreachable_record
from dockworthy.run.selection import Selection
from dockworthy.snapshot import parse_snapshot, read_bytes
from dockworthy.target import Target

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dockworthy.check import Check
    from dockworthy.profile.model import Profile
    from dockworthy.results.model import Policy
    from dockworthy.results.policy import Decision
    from dockworthy.results.streamed import Streamed
    from dockworthy.snapshot import Snapshot

__all__ = ["Judge", "keep_in_bounds"]

_HOST, _CERTIFICATES = "the host", "its certificates"  # questions beside the checks; no check has a space in its id
_UNTOLD = frozenset({"pass", "skip"})  # outcomes that a summary counts and does not tell


@dataclass(frozen=True, slots=True)
class Answer:
    """What one check, or one of the other questions, says of a host: equal hosts have equal ones."""

    lines: tuple[bytes, ...] = ()  # of the record, from behind the host's name on
    records: tuple[Mapping[str, Any], ...] = ()  # the results
    counts: Mapping[tuple[str, str], int] = field(default_factory=dict)  # of them, by severity and outcome
    failures: tuple[Failure, ...] = ()  # those that a summary tells
    decided: tuple[Mapping[str, Any], ...] = ()  # those that a waiver or an attestation covers
    seen: Mapping[str, Any] = field(default_factory=dict)  # of the host's own line, what rests on its facts
    left_out: int = 0  # certificates that are not recorded


def keep_in_bounds() -> None:
    """Have this process look for garbage among what hosts leave behind, and not among what was imported for all."""
    gc.freeze()
    gc.set_threshold(20_000, 10, 20)
    gc.enable()


class Judge:
    """Judges hosts one by one, by the same orders."""

    def __init__(self, orders: Orders, *, reuse: bool = True) -> None:
        """Read the profile and the checks; `UsageError` where one cannot be used."""
        self._options = orders.as_options
        self._moment = parse_moment(self._options.at) or orders.moment
        self._picked: dict[str, Profile] = {}
        self._checks = tuple(load_checks(checks_folder()).values())
        self._selection = Selection(
            self._options.check,
            self._options.skip_check,
            self._options.topic,
            self._options.severity,
            self._options.refs,
        )
        self._rehearsal, self._harbor_rehearsal = rehearsal_of(self._options), harbor_rehearsal_of(self._options)
        self._applied = tuple(map(Applied.of_plain, orders.applied))
        self._demands = Demands(self._options, named_profile(self._options), ())
        self._told: dict[int, Profile] = {}  # the profiles whose decisions are known to who counts
        self._questions: dict[int, tuple[list[Question[Answer]], frozenset[str]]] = {}
        self._is_rehearsal = self._rehearsal is not None or self._harbor_rehearsal is not None or bool(self._applied)
        self._alike = Alike[Answer]() if reuse and not self._is_rehearsal else None
        self._baseline = _opened(orders.baseline)

    def judge(self, look: Look) -> Judged:
        """Judge one host; whatever it sent, it is one host of the run."""
        try:
            snapshot = self._snapshot(look)
            return self.record(self.host(look, snapshot), look.number)
        except DockworthyError as error:
            return self.not_judged(look, str(error))
        except Exception as error:  # noqa: BLE001 - one host must not end the run of all
            return self.not_judged(look, f"it could not be judged ({type(error).__name__}); please report it.")

    def seen(self, look: Look) -> RunHost | None:
        """The host to look at; None where that cannot be done."""
        try:
            snapshot = self._snapshot(look)
        except DockworthyError:
            return None
        return None if snapshot is None else self.host(look, snapshot)

    def host(self, look: Look, snapshot: Snapshot | None) -> RunHost:
        """The host as the run knows it."""
        target = Target(look.target, "", profile=look.profile, registries=look.registries)
        fitting = partial(picked_profile, self._options, snapshot, self._picked)
        return RunHost(
            name=look.name,
            target=look.target,
            profile=self._demands.of(target, fitting),
            snapshot=snapshot,
            now=moment_of(self._options.at, snapshot, self._moment),
            error=look.error or (snapshot.broken_off if snapshot is not None else None),
            named_at=look.named_at,
            seconds=look.seconds,
            round_trips=look.round_trips,
            rehearsal=self._rehearsal,
            harbor_rehearsal=self._harbor_rehearsal,
            applied=self._applied,
        )

    @staticmethod
    def _snapshot(look: Look) -> Snapshot | None:
        try:
            data = look.data if look.path is None else read_bytes(Path(look.path))
        except OSError as error:
            raise DockworthyError(f"{look.path} cannot be read: {error.strerror}.") from None
        return None if data is None else parse_snapshot(data, look.target)

    def not_judged(self, look: Look, error: str) -> Judged:
        """A host of which there is nothing to judge, for that reason."""
        return self.record(self.host(replace(look, error=error), None), look.number)

    def record(self, host: RunHost, number: int) -> Judged:
        """Judge a host, and put it into lines."""
        if host.snapshot is None:
            return self._written(host, number, [_of_host(host), _answer([unreachable_record(host)])])
        questions, own = self._asked(host)
        if self._alike is None or host.neighbours or host.snapshot.is_harbor:
            answers = [ask(host) for _, ask in questions]
        else:
            answers = self._alike.answers(host, questions, own)
        return self._written(host, number, answers)

    def _asked(self, host: RunHost) -> tuple[list[Question[Answer]], frozenset[str]]:
        """What a host is asked by its profile, and which of it rests on its name."""
        known = self._questions.get(id(host.profile))
        if known is None:
            chosen = [one for one in self._checks if self._selection.selects(one, host.profile)]
            questions: list[Question[Answer]] = [(_HOST, _of_host)]
            questions += [(one.id, partial(_of_check, one)) for one in chosen]
            questions.append((_CERTIFICATES, _of_certificates))
            known = self._questions[id(host.profile)] = questions, frozenset(_decided_by_people(host.profile, chosen))
        return known

    def _written(self, host: RunHost, number: int, answers: Sequence[Answer]) -> Judged:
        name = dumps(told(host.name))
        heads = b'{"type":"result","host":%b,' % name, b'{"type":"certificate","host":%b,' % name
        lines = [dumps({"type": "host", **with_seen(host, answers[0].seen).as_json()})]
        counts: Counter[tuple[str, str]] = Counter()
        for answer in answers:
            head = heads[bool(answer.seen or not answer.records)]
            lines += [head + line for line in answer.lines]
            for pair, count in answer.counts.items():
                counts[pair] += count
        left_out = sum(answer.left_out for answer in answers)
        if left_out:
            lines.append(dumps({"type": "certificates_left_out", "host": told(host.name), "number": left_out}))
        lines.append(b"")
        judged = Judged(
            number=number,
            name=told(host.name),
            reached=host.snapshot is not None,
            error=told(host.error) if host.snapshot is None else None,
            lines=b"\n".join(lines),
            counts=dict(counts),
            failures=tuple(failure for answer in answers for failure in answer.failures),
            covered=_covered(host, answers),
            profile=(host.profile.name, host.profile.sha256),
            policy=self._policy(host.profile),
            changed=_changed(told(host.name), answers) if self._is_rehearsal else (),
            has_harbor=bool(answers[0].seen.get("harbor")),
        )
        return judged if self._baseline is None else _compared(self._baseline, judged, answers)

    def _policy(self, profile: Profile) -> Policy | None:
        """The decisions of a profile, once."""
        if id(profile) in self._told:
            return None
        self._told[id(profile)] = profile
        return policy_of_profiles([profile], ())


def _changed(host: str, answers: Iterable[Answer]) -> tuple[Result, ...]:
    """What a rehearsal changes for the worse or the better, and what is told of it in sentences."""
    from dockworthy.report.rehearsal import broken, is_consequence, mended  # noqa: PLC0415 - only for a rehearsal

    records = (record for answer in answers for record in answer.records if record.get("before") != record["outcome"])
    results = [Result(**{**record, "host": host}) for record in records]
    told = {id(one) for one in (*broken(results), *mended(results), *filter(is_consequence, results))}
    return tuple(one for one in results if id(one) in told)


def _compared(baseline: Streamed, judged: Judged, answers: Sequence[Answer]) -> Judged:
    """The same, compared with what the baseline has of the host."""
    from dockworthy.fleet.baseline import compared  # noqa: PLC0415 - only with one

    records = (record for answer in answers for record in answer.records)
    return compared(baseline, judged, [Result(**{**record, "host": judged.name}) for record in records])


def _opened(path: str | None) -> Streamed | None:
    if path is None:
        return None
    from dockworthy.results.streamed import streamed  # noqa: PLC0415 - only with a baseline

    return streamed(Path(path))


# --- questions -----------------------------------------------------------------------------------------------------


def _of_host(host: RunHost) -> Answer:
    return Answer(seen=seen_of_host(host))


def _of_check(definition: Check, host: RunHost) -> Answer:
    return _answer(list(judge_host(host, (definition,), only_selected=False)))


def _of_certificates(host: RunHost) -> Answer:
    found, left_out = certificates_of_host(host)
    return Answer(lines=tuple(_line(one.as_json()) for one in found), left_out=left_out)


def _answer(records: list[dict[str, Any]]) -> Answer:
    """What is kept of a check's results; of each host they are the same but for its name."""
    return Answer(
        lines=tuple(map(_line, records)),
        records=tuple(records),
        counts=Counter((record["severity"], record["outcome"]) for record in records),
        failures=tuple(_failures(records)),
        decided=tuple(filter(is_decided, records)),
    )


def _line(record: Mapping[str, Any]) -> bytes:
    """A line of the record, from behind the host's name on."""
    return dumps({name: value for name, value in record.items() if name != "host"})[1:]


def _failures(records: Iterable[Mapping[str, Any]]) -> Iterable[Failure]:
    """What is no pass, each kind once."""
    found = Counter(_failure(record) for record in records if record["outcome"] not in _UNTOLD)
    return (one if count == 1 else replace(one, count=count) for one, count in found.items())


def _failure(record: Mapping[str, Any]) -> Failure:
    undecided = record["outcome"] == "error"
    return Failure(
        check=record["check"],
        title=record["title"],
        severity=record["severity"],
        outcome=record["outcome"],
        reason=record["reason"] if undecided else None,
        code=record["reason_code"] if undecided else None,
    )


def _decided_by_people(profile: Profile, checks: Iterable[Check]) -> Iterable[str]:
    """The checks of which a waiver or an attestation, which look at the host's name, may change the result."""
    decisions = (*profile.waivers, *profile.attestations)
    return (one.id for one in checks if any(named(one, decision.check) for decision in decisions))


def _covered(host: RunHost, answers: Iterable[Answer]) -> Mapping[Decision, int]:
    """How many results each of the profile's decisions covers; nothing of those that cover none."""
    decided = [Result(**{**record, "host": told(host.name)}) for answer in answers for record in answer.decided]
    return keyed(policy_of_profiles([host.profile], decided)) if decided else {}
