"""Commands that read checks, profiles and results, and touch no host."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import jsonschema
import pytest

from dockworthy.cli import main
from dockworthy.commands.docs import pages
from dockworthy.report.formats.json import Json
from tests.results_factory import RUN, record, result

if TYPE_CHECKING:
    from pathlib import Path

    from dockworthy.results.model import Results

Out = pytest.CaptureFixture[str]


def saved(path: Path, results: Results) -> str:
    with path.open("wb") as out:
        Json().write(results, out)
    return str(path)


def test_list_names_every_field_of_a_check(capsys: Out) -> None:
    assert main(["list", "--format", "json", "--topic", "kernel"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert {item["topic"] for item in listed} == {"kernel"}
    fields = {"id", "topic", "title", "rationale", "severity", "refs", "fix", "evidence", "params"}
    assert all(set(item) == fields for item in listed)


def test_the_topic_of_the_next_boot_has_what_other_topics_say_of_it(capsys: Out) -> None:
    assert main(["list", "--format", "json", "--topic", "boot"]) == 0
    listed = {item["id"]: item["topic"] for item in json.loads(capsys.readouterr().out)}
    assert listed["kernel.sysctl-after-reboot"] == "kernel"
    assert listed["boot.data-root-mounted"] == "boot"
    assert "daemon.starts-again" in listed
    assert "kernel.sysctl" not in listed


def test_list_by_reference_takes_whole_numbers(capsys: Out) -> None:
    assert main(["list", "--format", "json", "--refs", "CIS-Docker-1.6:2.1"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert listed
    assert all("CIS-Docker-1.6:2.1" in item["refs"] for item in listed)


def test_list_by_a_benchmark_says_what_it_covers(capsys: Out) -> None:
    assert main(["list", "--refs", "CIS-Docker-1.6"]) == 0
    assert "CIS-Docker-1.6: 117 of 117 recommendations have a check in this list" in capsys.readouterr().out


def test_list_follows_the_profile(tmp_path: Path, capsys: Out) -> None:
    profile = tmp_path / "site.yaml"
    profile.write_text("select: [daemon.icc-disabled]\nseverity: {daemon.icc-disabled: critical}\n")
    assert main(["list", "--profile", str(profile), "--format", "json"]) == 0
    (listed,) = json.loads(capsys.readouterr().out)
    assert (listed["id"], listed["severity"]) == ("daemon.icc-disabled", "critical")


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["list", "--topic", "nonsense"], "--topic nonsense"),
        (["list", "--refs", "CIS-Docker-9"], "--refs CIS-Docker-9"),
        (["list", "--checks", "/nowhere"], "there is no such folder"),
        (["explain", "daemon.icc"], "did you mean"),
        (["config", "show", "--profile", "nope"], "there is no profile 'nope'"),
        (["report", "/nowhere", "--format", "junit"], "cannot be read"),
        (["diff", "/nowhere", "/nowhere"], "cannot be read"),
        (["remediate", "/nowhere"], "cannot be read"),
        (["waivers", "check", "/nowhere.yaml"], "cannot be read"),
    ],
)
def test_wrong_usage_is_one_sentence_and_status_4(arguments: list[str], what: str, capsys: Out) -> None:
    assert main(arguments) == 4
    told = capsys.readouterr()
    assert what in told.err
    assert told.err.count("\n") == 1
    assert told.out == ""


def test_explain_says_why_and_which_demand_is_in_force(tmp_path: Path, capsys: Out) -> None:
    profile = tmp_path / "site.yaml"
    profile.write_text("params:\n  min_compose_version: '2.30'\n")
    assert main(["explain", "compose.version-minimum", "--profile", str(profile)]) == 0
    told = capsys.readouterr().out
    assert "".join(f"min_compose_version = 2.30, set by site ({profile}:2)".split()) in "".join(told.split())
    assert max(map(len, told.partition("\nFix:\n")[0].splitlines())) <= 80
    assert "\nFix:\n" in told


def test_config_show_has_each_value_with_its_layer(tmp_path: Path, capsys: Out) -> None:
    profile = tmp_path / "site.yaml"
    profile.write_text("extends: debian-13\nparams: {registries: [harbor.example.com]}\n")
    assert main(["config", "show", "--profile", str(profile), "--format", "json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert [layer["name"] for layer in shown["layers"]] == ["base", "debian-13", "site"]
    origins = {key: item["origin"].split(" ")[0] for key, item in shown["params"].items()}
    assert origins["registries"] == "site"
    assert origins["min_kernel_version"] == "debian-13"
    assert origins["max_stopped_containers"] == "base"
    assert origins["docker_trusted_users"] == "default"
    assert main(["config", "show", "--profile", str(profile)]) == 0
    assert 'registries: ["harbor.example.com"]  [site' in capsys.readouterr().out


def test_waivers_check_tells_expired_ones_and_ends_with_1(tmp_path: Path, capsys: Out) -> None:
    waivers = tmp_path / "waivers.yaml"
    waivers.write_text(
        "- {check: daemon.icc-disabled, reason: r, owner: o, expires: 2020-01-01}\n"
        "- {check: daemon.live-restore, reason: r, owner: o, expires: 2999-01-01}\n"
        "- {check: daemon.userns-remap, reason: r, owner: o, expires: 2999-01-01}\n"
    )
    results = saved(tmp_path / "results.json", record(result("waived", check="daemon.live-restore")))
    assert main(["waivers", "check", str(waivers), "--results", results, "--format", "json"]) == 1
    states = {row["check"]: row["state"] for row in json.loads(capsys.readouterr().out)}
    assert states == {
        "daemon.icc-disabled": "expired",
        "daemon.live-restore": "in force",
        "daemon.userns-remap": "unused",
    }


def test_waivers_check_without_expired_ones_ends_with_0(capsys: Out) -> None:
    assert main(["waivers", "check"]) == 0
    assert capsys.readouterr().out == "0 waivers, 0 expired\n"


@pytest.mark.parametrize(("outcome", "status"), [("fail", 1), ("pass", 0), ("error", 0)])
def test_diff_ends_with_1_for_what_is_new(tmp_path: Path, capsys: Out, outcome: str, status: int) -> None:
    old, new = (
        saved(tmp_path / f"{name}.json", record(result(how))) for name, how in (("old", "pass"), ("new", outcome))
    )
    assert main(["diff", old, new]) == status
    assert capsys.readouterr().out.splitlines()[-1].startswith(f"{status} new, 0 fixed")
    assert main(["diff", old, new, "--format", "json"]) == status
    assert len(json.loads(capsys.readouterr().out)["new"]) == status


def test_diff_of_two_hosts_warns_and_counts(tmp_path: Path, capsys: Out) -> None:
    old, new = (saved(tmp_path / f"{name}.json", record(result("fail", host=name))) for name in ("web1", "web2"))
    assert main(["diff", old, new]) == 1
    told = capsys.readouterr()
    assert told.err == (
        f"dockworthy: {old} is of web1 and not of web2: there is no host in common, and everything counts as new.\n"
    )
    assert told.out.splitlines()[-1] == "1 new, 0 fixed, 0 still failing, 0 appeared, 1 disappeared"


def test_report_merges_runs_into_one_document(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    files = [saved(tmp_path / f"{name}.json", record(result("fail", host=name))) for name in ("a", "b")]
    junit = tmp_path / "junit.xml"
    assert main(["report", *files, "--format", f"junit={junit}", "--format", "json"]) == 0
    assert junit.read_text().count("<testsuite ") == 2
    assert len(json.loads(capfdbinary.readouterr().out)["results"]) == 2


def test_report_of_a_killed_run_says_so_by_its_status(tmp_path: Path, capsys: Out) -> None:
    path = saved(tmp_path / "results.json", replace(record(result("fail")), run=replace(RUN, finished=None)))
    assert main(["report", path, "--format", f"text={tmp_path / 'summary.txt'}"]) == 6
    assert capsys.readouterr().out == ""


def test_remediate_runs_nothing_and_writes_where_it_is_told(tmp_path: Path) -> None:
    touched = tmp_path / "touched"
    results = saved(tmp_path / "results.json", record(result("fail", fix=f"touch {touched}")))
    script = tmp_path / "fix.sh"
    assert main(["remediate", results, "--format", "sh", "--output", str(script)]) == 0
    assert not touched.exists()
    assert script.read_text().startswith("#!/bin/sh\n")
    assert main(["remediate", results, "--host", "other"]) == 4
    assert main(["remediate", results, "--check", "a.b", "-o", str(script)]) == 0
    assert "nothing is to be fixed" in script.read_text()


def test_schema_is_the_one_that_results_are_valid_against(tmp_path: Path, capsys: Out) -> None:
    assert main(["schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    path = saved(tmp_path / "results.json", record(result("fail")))
    with open(path, "rb") as written:  # noqa: PTH123 - the path is a text here
        jsonschema.validate(json.load(written), schema)


def test_the_generated_pages_hold_every_check_and_every_demand() -> None:
    made = pages()
    assert "### `daemon.icc-disabled`" in made["checks.md"]
    assert "| CIS-Docker-1.6 | 117 | 117 | none |" in made["checks.md"]
    assert "| `max_stopped_containers` | whole number | `5` |" in made["params.md"]
