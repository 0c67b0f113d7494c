"""The alert rules by promtool, which also tries them on hosts over time; the dashboard by Grafana's own types."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from dockworthy.report.monitoring.alerts import alerts
from dockworthy.report.monitoring.dashboard import dashboard

HERE = Path(__file__).parent
RULES = "dockworthy-alerts.yaml"
# JSON has the values of an enumeration and not its names; what is spelt otherwise is none of them.
TYPES = """
import type { Dashboard, FieldConfig, Panel } from '@grafana/schema';
import type { Options as Stat } from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import type { Options as Table } from
  '@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen';
import type { Options as Lines, FieldConfig as Line } from
  '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';
type Plain<T> = T extends string ? `${T}`
  : T extends number ? (`${T}` extends `${infer N extends number}` ? N : T)
  : T extends object ? { [K in keyof T]: Plain<T[K]> } : T;
type Of<Kind extends string, O, F = {}> = Plain<Omit<Panel, 'type' | 'options' | 'fieldConfig'>> & {
  type: Kind;
  options: Plain<O>;
  fieldConfig: { defaults: Plain<Omit<FieldConfig, 'custom'>> & { custom?: Plain<F> }; overrides: unknown[] };
};
type Known = Of<'stat', Stat> | Of<'table', Table> | Of<'timeseries', Lines, Line>;
"""


def promtool_says(promtool: str, folder: Path, *words: str) -> tuple[int, str]:
    done = subprocess.run([promtool, *words], cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """A folder with the rules and what is tried with them."""
    (tmp_path / RULES).write_text(alerts())
    (tmp_path / "test.yaml").write_text((HERE / "alerts.test.yaml").read_text())
    return tmp_path


def test_promtool_has_nothing_to_say_of_the_rules(promtool: str, rules: Path) -> None:
    status, said = promtool_says(promtool, rules, "check", "rules", RULES)
    assert (status, said.count("SUCCESS: 9 rules found")) == (0, 1), said


def test_the_rules_fire_where_they_should_and_nowhere_else(promtool: str, rules: Path) -> None:
    status, said = promtool_says(promtool, rules, "test", "rules", "test.yaml")
    assert status == 0, said


def test_the_trial_finds_a_rule_that_is_wrong(promtool: str, rules: Path) -> None:
    for right, wrong in (
        (" > 129600", " > 129600000"),
        ('rehearsal="",', ""),
        ("offset 1d", "offset 1h"),
        (" == 0", " == 1"),
    ):
        (rules / RULES).write_text(alerts().replace(right, wrong))
        assert promtool_says(promtool, rules, "test", "rules", "test.yaml")[0] != 0, wrong


def typed(node_modules: Path, folder: Path, board: str) -> tuple[int, str]:
    """What TypeScript says of a dashboard."""
    (folder / "node_modules").unlink(missing_ok=True)
    (folder / "node_modules").symlink_to(node_modules)
    panels = json.dumps(json.loads(board)["panels"])
    (folder / "board.ts").write_text(
        f"{TYPES}\nexport const board: Plain<Dashboard> = {board};\nexport const panels: Known[] = {panels};\n"
    )
    command = [str(node_modules / ".bin" / "tsc"), "--noEmit", "--strict", "--skipLibCheck", "board.ts"]
    command += ["--module", "esnext", "--moduleResolution", "bundler", "--target", "es2022"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_the_dashboard_is_of_grafana_s_own_types(node_modules: Path, tmp_path: Path) -> None:
    assert typed(node_modules, tmp_path, dashboard()) == (0, "")


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('"drawStyle": "line"', '"drawStyle": "lines"'),
        ('"showHeader"', '"showHeaders"'),
        ('"schemaVersion": 39', '"schemaVersion": "39"'),
    ],
)
def test_a_dashboard_that_is_misspelt_is_not(node_modules: Path, tmp_path: Path, right: str, wrong: str) -> None:
    board = dashboard()
    assert right in board
    assert typed(node_modules, tmp_path, board.replace(right, wrong))[0] != 0
