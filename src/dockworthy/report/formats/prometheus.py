"""Prometheus' text format, for the text file collector of the node exporter.

All are gauges: they say how it was when the run ended, and the moments of the run say when that was, by which a file
that nobody writes any more is found stale. The series are bounded by the hosts, thirteen for each, whatever was judged.
Those of a rehearsal have a label ``rehearsal``, by which they are told from what is.
"""

from __future__ import annotations

from collections import Counter
from hashlib import sha256
from typing import TYPE_CHECKING

from dockworthy.moments import known_moment
from dockworthy.printable import printable
from dockworthy.report.formats.interface import Writer
from dockworthy.report.sentence import rehearsal
from dockworthy.results.model import OUTCOMES, SEVERITIES
from dockworthy.results.streamed import InMemory

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import BinaryIO

    from prometheus_client.core import Metric

    from dockworthy.results.model import Results
    from dockworthy.results.streamed import Streamed

__all__ = ["Prometheus", "exposed", "series"]

_LONGEST = 200  # characters of a label's value
_HELP = {
    "run_info": "The dockworthy that ran; always 1.",
    "run_complete": "Whether the run came to its end; 0 means that results are missing.",
    "run_started_timestamp_seconds": "When the run began.",
    "run_finished_timestamp_seconds": "When the run came to its end.",
    "host_reachable": "Whether the host could be looked at.",
    "host_recorded_timestamp_seconds": "When the host was looked at.",
    "results": "How many results of the host have this outcome.",
    "findings": "How many results of the host failed with this severity.",
}
_PREFIX = "dockworthy_"
_REHEARSAL = "rehearsal"
_LABELS = {
    "run_info": ("version",),
    "host_reachable": ("host",),
    "host_recorded_timestamp_seconds": ("host",),
    "results": ("host", "outcome"),
    "findings": ("host", "severity"),
}
Samples = dict[tuple[tuple[str, str], ...], float]  # values by labels


def series(name: str, **labels: str | tuple[str, ...]) -> str:
    """How PromQL selects series of one of these metrics, of no rehearsal; of several values each is meant.

    Raises:
        KeyError: for a metric or a label that is not written.
    """
    if name not in _HELP or not set(labels) <= set(_LABELS.get(name, ())):
        raise KeyError(name)
    matchers = [f'{_REHEARSAL}=""']
    for label, value in labels.items():
        matchers.append(f'{label}="{value}"' if isinstance(value, str) else f'{label}=~"{"|".join(value)}"')
    return f"{_PREFIX}{name}{{{','.join(matchers)}}}"


class Prometheus(Writer):
    """``--report prometheus``."""

    name = "prometheus"
    file_name = "results.prom"

    def write(self, results: Results, out: BinaryIO) -> None:
        """Write the metrics."""
        out.write(exposed(InMemory(results)))


def exposed(record: Streamed) -> bytes:
    """The metrics of a record, which is read once from its beginning to its end."""
    from prometheus_client.exposition import generate_latest  # noqa: PLC0415 - heavy, and only here

    return generate_latest(_Collected(record))


class _Collected:
    """The metrics, where the library looks for them."""

    def __init__(self, record: Streamed) -> None:
        self._record = record

    def collect(self) -> Iterator[Metric]:
        """Every metric that has a value."""
        from prometheus_client.core import GaugeMetricFamily  # noqa: PLC0415 - heavy, and only here

        what = rehearsal(self._record.run)
        more = {} if what is None else {_REHEARSAL: _label(what)}
        for name, samples in {**_of_run(self._record), **_of_hosts(self._record)}.items():
            gauge = GaugeMetricFamily(f"{_PREFIX}{name}", _HELP[name])
            for labels, value in samples.items():
                gauge.add_sample(gauge.name, {**dict(labels), **more}, value)
            if samples:
                yield gauge


def _of_run(record: Streamed) -> Mapping[str, Samples]:
    run = record.run
    return {
        "run_info": {(("version", _label(run.tool_version)),): 1.0},
        "run_complete": {(): float(record.complete)},
        "run_started_timestamp_seconds": _moment((), run.started),
        "run_finished_timestamp_seconds": _moment((), run.finished),
    }


def _of_hosts(record: Streamed) -> Mapping[str, Samples]:
    """What there is for each host; hosts whose names look the same are counted as one."""
    shown: dict[str, str] = {}
    reachable: Samples = {}
    recorded: Samples = {}
    outcomes: Counter[tuple[str, str]] = Counter()
    findings: Counter[tuple[str, str]] = Counter()
    for host in record.hosts():
        labels = (("host", shown.setdefault(host.name, _label(host.name))),)
        reachable[labels] = min(reachable.get(labels, 1.0), float(host.reachable))
        recorded.update(_moment(labels, host.recorded))
    for result in record.results():
        name = shown.get(result.host) or shown.setdefault(result.host, _label(result.host))
        outcomes[name, result.outcome] += 1
        if result.outcome == "fail":
            findings[name, result.severity] += 1
    hosts = dict.fromkeys(shown.values())
    return {
        "host_reachable": reachable,
        "host_recorded_timestamp_seconds": recorded,
        "results": _counts(hosts, "outcome", OUTCOMES, outcomes),
        "findings": _counts(hosts, "severity", SEVERITIES, findings),
    }


def _counts(hosts: Iterable[str], name: str, words: Iterable[str], counts: Counter[tuple[str, str]]) -> Samples:
    """A number for each host and word, zeros too: a series that ends says nothing."""
    return {(("host", host), (name, word)): float(counts[host, word]) for host in hosts for word in words}


def _moment(labels: tuple[tuple[str, str], ...], text: str | None) -> Samples:
    moment = known_moment(text)
    return {} if moment is None else {labels: moment.timestamp()}


def _label(text: str) -> str:
    """The text as a label's value; what is too long ends with a digest, so that it stays a name of its own."""
    shown = printable(text, None)
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}…{sha256(shown.encode()).hexdigest()[:8]}"
