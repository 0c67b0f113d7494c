"""The alert rules and the dashboard ask for metrics that there are; in tests/readers promtool and Grafana read them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from dockworthy.report.formats.prometheus import series
from dockworthy.report.monitoring.alerts import alerts
from dockworthy.report.monitoring.dashboard import dashboard
from tests import warm
from tests.report.formats.samples import every, written

if TYPE_CHECKING:
    from pathlib import Path


def expressions() -> list[str]:
    """Each expression of both."""
    rules = [rule["expr"] for group in yaml.safe_load(alerts())["groups"] for rule in group["rules"]]
    board: dict[str, Any] = json.loads(dashboard())
    panels = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    variables = [one["query"]["query"] for one in board["templating"]["list"] if one["type"] == "query"]
    return [*rules, *panels, *variables]


def test_they_ask_for_metrics_and_labels_that_are_written_and_all_of_these_are_asked_for() -> None:
    text = written("prometheus", every()).decode()
    there = {
        (name, label)
        for name, labels in re.findall(r"^(\w+)\{(.*?)\}", text, re.MULTILINE)
        for label in re.findall(r"(\w+)=", labels)
    }
    names = set(re.findall(r"^# TYPE (\w+)", text, re.MULTILINE))
    asked: set[tuple[str, str]] = set()
    for expression in expressions():
        for name, labels in re.findall(r"(dockworthy_\w+)\{(.*?)\}", expression):
            assert name in names
            asked |= {(name, label) for label in re.findall(r"(\w+)(?:=~|=)", labels)}
    assert {one for one in asked if one[1] != "rehearsal"} <= there
    assert {name for name, _ in asked} == names - {"dockworthy_run_finished_timestamp_seconds"}


def test_a_rehearsal_is_left_out_of_every_question() -> None:
    for expression in expressions():
        selectors = re.findall(r"dockworthy_\w+(?:\{.*?\})?", expression)
        assert selectors
        assert all('rehearsal=""' in selector for selector in selectors)


def test_what_is_not_written_cannot_be_asked_for() -> None:
    assert series("results", outcome=("pass", "fail")) == 'dockworthy_results{rehearsal="",outcome=~"pass|fail"}'
    for name, labels in (("result", {}), ("results", {"severity": "high"}), ("run_complete", {"host": "web1"})):
        with pytest.raises(KeyError):
            series(name, **labels)


def test_the_panels_lie_beside_each_other_and_every_one_says_what_it_shows() -> None:
    panels = json.loads(dashboard())["panels"]
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken
        assert max(x for x, _ in cells) < 24
        taken |= cells
        assert panel["title"]
        assert panel["description"]
    assert len({panel["id"] for panel in panels}) == len(panels)


def test_init_writes_both_and_leaves_what_is_there(tmp_path: Path) -> None:
    done = warm.run("init", "--monitoring", "--output-dir", "m", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "m/dockworthy-alerts.yaml").read_text() == alerts()
    assert (tmp_path / "m/dockworthy-dashboard.json").read_text() == dashboard()
    again = warm.run("init", "--monitoring", "--output-dir", "m", cwd=tmp_path)
    assert again.returncode == 4
    assert "is there already" in again.stderr
    assert warm.run("init", "--monitoring", "--output-dir", "m", "--force", cwd=tmp_path).returncode == 0
    refused = warm.run("init", "--monitoring", "local://", cwd=tmp_path)
    assert refused.returncode == 4
    assert refused.stderr.startswith("dockworthy: --monitoring is for any host")
