"""Prometheus' text format, read by its own client; promtool reads it in tests/readers."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from prometheus_client.parser import text_string_to_metric_families

from dockworthy.moments import parse_moment
from tests.report.formats.samples import ALL, every, fleet, killed, rehearsed, written
from tests.results_factory import RUN, record

if TYPE_CHECKING:
    from dockworthy.results.model import Results

Samples = dict[str, dict[tuple[tuple[str, str], ...], float]]


def samples(results: Results) -> Samples:
    """Values by labels by metric."""
    found: Samples = {}
    for family in text_string_to_metric_families(written("prometheus", results).decode()):
        assert family.type == "gauge"
        for sample in family.samples:
            labels = tuple(sorted(sample.labels.items()))
            assert labels not in found.setdefault(sample.name, {})
            found[sample.name][labels] = sample.value
    return found


@pytest.mark.parametrize("name", ALL)
def test_the_client_reads_it_and_the_counts_add_up(name: str) -> None:
    results = ALL[name]()
    found = samples(results)
    counts: Counter[str] = Counter()
    for labels, value in found.get("dockworthy_results", {}).items():
        counts[dict(labels)["outcome"]] += int(value)
    assert +counts == +Counter(results.summary.by_outcome)
    assert [*found["dockworthy_run_complete"].values()] == [float(results.complete)]
    assert [*found["dockworthy_run_started_timestamp_seconds"].values()] == [parse_moment(RUN.started).timestamp()]


def test_every_outcome_and_severity_of_every_host_has_a_series_and_no_more() -> None:
    found = samples(fleet(3, 40))
    assert len(found["dockworthy_results"]) == 3 * 6
    assert len(found["dockworthy_findings"]) == 3 * 5
    assert sum(map(len, found.values())) <= 4 + 13 * 3


def test_what_was_not_reached_or_not_finished_shows() -> None:
    reachable = samples(every())["dockworthy_host_reachable"]
    assert reachable == {(("host", "web1"),): 1.0, (("host", "lost1"),): 0.0}
    assert "dockworthy_run_finished_timestamp_seconds" not in samples(killed())


def test_an_empty_run_has_its_moments_alone() -> None:
    assert all(name.startswith("dockworthy_run_") for name in samples(record()))


def test_every_series_of_a_rehearsal_is_told_from_what_is() -> None:
    assert all(("rehearsal", "engine 29.3.1") in labels for found in samples(rehearsed()).values() for labels in found)
    assert not any("rehearsal" in dict(labels) for found in samples(every()).values() for labels in found)
