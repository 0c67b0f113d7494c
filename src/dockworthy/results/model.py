"""The record of a run, as ``results.json`` has it: frozen, complete, and nothing but data.

``Result(**record)`` makes one from the dict that the writer takes; ``as_json()`` gives it back.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import field
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from dockworthy.dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = [
    "OUTCOMES",
    "SCHEMA_VERSION",
    "SEVERITIES",
    "Certificate",
    "Host",
    "Policy",
    "Result",
    "Results",
    "Run",
    "Summary",
    "counts_as_summary",
    "lines_of",
    "schema",
    "summarise",
]

SCHEMA_VERSION = "1"
SEVERITIES = ("critical", "high", "medium", "low", "info")
OUTCOMES = ("pass", "fail", "error", "skip", "waived", "manual")
FAIL_ON, MIN_DECIDED = "low", 100.0  # what is demanded of a run where nobody says anything else
RANK = {severity: rank for rank, severity in enumerate(SEVERITIES)}


class _Record:
    """What all records share: they are dicts in the file."""

    __slots__ = ()
    __dataclass_fields__: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """The record as the file has it, in the order of its fields."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass(frozen=True, slots=True)
class Run(_Record):
    """One run."""

    id: str  # unique
    started: str  # RFC 3339 in UTC
    finished: str | None  # the same, or None while it goes on or where it was killed
    tool_version: str  # of dockworthy
    argv: list[str]  # the command's arguments, passwords masked
    profiles: list[dict[str, str]]  # name and sha256 of each profile that was used
    # what was judged in place of what the hosts have: ``engine`` and ``harbor``, each a release or None, and
    # ``applied``, what else was taken to be done; None where the hosts were judged as they are
    rehearsal: dict[str, Any] | None = None
    # what was demanded of the run: ``fail_on``, the lowest severity that fails it, and ``min_decided``, in percent;
    # None where that is not known (an older record, several runs that demanded different things): then the defaults
    gate: dict[str, Any] | None = None

    @property
    def fail_on(self) -> str:
        """The lowest severity that fails the run."""
        return str((self.gate or {}).get("fail_on", FAIL_ON))

    @property
    def min_decided(self) -> float:
        """How much of what applies must be decided, in percent."""
        return float((self.gate or {}).get("min_decided", MIN_DECIDED))


@dataclass(frozen=True, slots=True)
class Host(_Record):
    """One host of the run."""

    name: str  # unique in the run
    target: str  # as it was named, passwords masked
    reachable: bool  # whether it could be looked at
    os: dict[str, str | None] = field(default_factory=dict)  # ``id`` and ``version_id``, each None where not known
    profile: str | None = None  # the name of the one by which it was judged, or None
    recorded: str | None = None  # when it was looked at, RFC 3339 in UTC, or None
    snapshot_sha256: str | None = None  # of the snapshot's bytes, or None
    probe: dict[str, float] = field(default_factory=dict)  # ``seconds``, ``bytes`` and ``round_trips``
    error: str | None = None  # why it could not be looked at, as a sentence, or None
    engine: str | None = None  # the release of the engine that it has, or None where that is not known
    harbor: str | None = None  # the releases of Harbor that it has, or None where there is none, or it is not known
    named_at: str | None = None  # the inventory's file and line where it is named, as ``FILE:LINE``, or None
    # the way of a packet from a container to the registry, in its order: what is at each ``place``, its ``name``,
    # its ``state`` (there, absent or unknown) and what was ``seen`` of it in words
    network: list[dict[str, str | None]] = field(default_factory=list)
    # in a rehearsal with other files where each would lie on it, by its name (``daemon.json``, ``certs.d``, ``ca``)
    applied: dict[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result(_Record):
    """What one check said of one instance on one host."""

    host: str  # its name in the run
    check: str  # the stable id
    param: str | None  # which instance, or None
    title: str  # the check's, as published
    severity: str  # as the profile in force has it
    outcome: str  # pass, fail, error, skip, waived or manual
    observed: Any = None  # a JSON value
    expected: Any = None  # a JSON value
    source: str = ""  # where the observation comes from
    fix: str | None = None  # what fixes it, or None
    refs: list[str] = field(default_factory=list)  # the outside requirements
    waiver: dict[str, str] | None = None  # reason, owner and expiry of the one that covers it, or None
    reason: str | None = None  # the sentence behind an error, a skip or a manual, or None
    seconds: float = 0.0  # how long the judgement took
    aliases: list[str] = field(default_factory=list)  # ids that the check had before, by which older results know it
    reason_code: str | None = None  # the same in a word, equal where the cause is equal, or None
    # the engine's or Harbor's release for which the verdict holds, where it holds for one alone
    release: str | None = None
    before: str | None = None  # in a rehearsal the outcome with the releases that the host has, or None

    @property
    def topic(self) -> str:
        """The check's topic."""
        return self.check.partition(".")[0]

    @property
    def rank(self) -> int:
        """The severity as a number, 0 the worst."""
        return RANK.get(self.severity, len(RANK))


@dataclass(frozen=True, slots=True)
class Certificate(_Record):
    """One certificate at one place where it was seen; one that is seen in two places is there twice."""

    host: str  # the host's name in the run
    where: str  # the file, the server or the node
    used_for: str  # what it is there for, in a word or two
    subject: str  # its subject's name, ``C=…,O=…,CN=…`` in the certificate's order, what cannot be printed escaped
    issuer: str  # its issuer's name, likewise
    sha256: str  # of its DER bytes, in hexadecimal
    not_before: str  # RFC 3339 in UTC
    not_after: str  # the same
    issued_by: str | None = None  # the sha256 of the certificate that signed it, its own where it did, or None


@dataclass(frozen=True, slots=True)
class Policy(_Record):
    """What people decided beside the checks.

    A waiver has ``check``, ``host`` and ``param`` (each None where it means all), ``reason``, ``owner``, ``given``,
    ``expires`` and ``covered``, the number of results that it covered; an attestation the same with ``evidence`` in
    the place of ``reason``. Times are RFC 3339 in UTC, or None where none was said.
    """

    waivers: list[dict[str, Any]] = field(default_factory=list)  # in force or over
    attestations: list[dict[str, Any]] = field(default_factory=list)  # the same


@dataclass(frozen=True, slots=True)
class Summary(_Record):
    """Counts over the results."""

    by_outcome: dict[str, int]  # how many results each outcome has; every outcome is named
    by_severity: dict[str, dict[str, int]]  # the same within each severity
    applicable: int  # how many results are neither skip nor manual
    decided: int  # how many of these are decided: pass, fail or waived

    @property
    def decided_percent(self) -> float:
        """How much of what applies is decided; 100 where nothing applies."""
        return 100.0 * self.decided / self.applicable if self.applicable else 100.0


@dataclass(frozen=True, slots=True)
class Results:
    """A run's record as a whole."""

    run: Run  # the run
    hosts: tuple[Host, ...]  # in the order in which they were named
    results: tuple[Result, ...]  # in the order in which they were judged
    summary: Summary  # counts over the results
    complete: bool = True  # whether the run came to its end
    path: str = ""  # where it was read from, or empty
    certificates: tuple[Certificate, ...] = ()  # every certificate seen
    policy: Policy = field(default_factory=Policy)  # the waivers and attestations that there are
    history: tuple[Results, ...] = ()  # the runs of which this is made, where they looked at one host several times
    # how many certificates of a host were seen and are not recorded, by the host's name
    certificates_left_out: dict[str, int] = field(default_factory=dict)

    @property
    def unreachable(self) -> tuple[Host, ...]:
        """The hosts that could not be looked at."""
        return tuple(host for host in self.hosts if not host.reachable)

    def as_json(self) -> dict[str, Any]:
        """The whole of ``results.json``."""
        return {
            "schema_version": SCHEMA_VERSION,
            "run": self.run.as_json(),
            "hosts": [host.as_json() for host in self.hosts],
            "results": [result.as_json() for result in self.results],
            "certificates": [certificate.as_json() for certificate in self.certificates],
            "certificates_left_out": self.certificates_left_out,
            "policy": self.policy.as_json(),
            "summary": self.summary.as_json(),
        }


def lines_of(results: Results) -> Iterator[dict[str, Any]]:
    """The lines of ``results.jsonl``, each with its ``type``."""
    run = results.run
    yield {"type": "run", "schema_version": SCHEMA_VERSION, **run.as_json()}
    for kind, records in (("host", results.hosts), ("result", results.results), ("certificate", results.certificates)):
        for record in records:
            yield {"type": kind, **record.as_json()}
    for host, number in results.certificates_left_out.items():
        yield {"type": "certificates_left_out", "host": host, "number": number}
    yield {"type": "policy", **results.policy.as_json()}
    if results.complete:  # a run that did not come to its end still says so
        yield {"type": "summary", "finished": run.finished, **results.summary.as_json()}


def counted(pairs: Iterable[tuple[str, str]]) -> Summary:
    """Count pairs of severity and outcome."""
    return counts_as_summary(Counter(pairs))


def counts_as_summary(counts: Mapping[tuple[str, str], int]) -> Summary:
    """The summary of how many results each pair of severity and outcome has."""
    by_outcome = dict.fromkeys(OUTCOMES, 0)
    by_severity = {severity: dict.fromkeys(OUTCOMES, 0) for severity in SEVERITIES}
    for (severity, outcome), number in counts.items():
        by_outcome[outcome] += number
        by_severity[severity][outcome] += number
    decided = by_outcome["pass"] + by_outcome["fail"] + by_outcome["waived"]
    return Summary(by_outcome, by_severity, decided + by_outcome["error"], decided)


def summarise(results: Iterable[Result]) -> Summary:
    """Count results by outcome and by severity."""
    return counted((result.severity, result.outcome) for result in results)


@lru_cache(maxsize=1)
def schema() -> Mapping[str, Any]:
    """The JSON Schema of ``results.json``, as shipped."""
    text = (files("dockworthy.results") / "schema.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded
