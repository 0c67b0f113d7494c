"""References to other frameworks are what published documents say, each with its source, and nothing else."""

from __future__ import annotations

import argparse
import json
import re
from typing import TYPE_CHECKING

import pytest

from dockworthy.check import check, cis, cis18, expect
from dockworthy.commands import explain, list_checks
from dockworthy.commands.catalogue import all_checks
from dockworthy.frameworks import Table, known
from dockworthy.frameworks.cis import as_in_1_7
from dockworthy.profile.answers import answers_by_framework
from dockworthy.profile.benchmarks import recommendations
from dockworthy.profile.selectors import matches

if TYPE_CHECKING:
    from types import ModuleType

# How each framework numbers its controls; a number of another form is a mistake of the table's.
FORMS = {
    "CIS-Docker-1.7": r"\d(\.\d+){0,2}",
    "CIS-Docker-1.8": r"\d(\.\d+){0,2}",
    "CIS-Controls-8": r"([1-9]|1[0-8])(\.\d+)?",
    "NIST-800-190": r"4\.[1-6]\.[1-5]",
    "NIST-800-53r5": r"[A-Z]{2}-\d+(\(\d+\))?",
    "PCI-DSS-4.0": r"([1-9]|1[0-2])(\.\d+){1,3}",
    "ISO-27001-2022": r"A\.[5-8]\.\d+",
    "DISA-CP-SRG": r"SRG-APP-\d{6}-CTR-\d{6}",
}


def printed(capsys: pytest.CaptureFixture[str], command: ModuleType, *words: str) -> str:
    """What a command prints."""
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    assert command.run(parser.parse_args(words)) == 0
    return capsys.readouterr().out


def tiny(*maps: tuple[str, str]) -> Table:
    """A table of a few statements from one source."""
    columns = ("kind", "name", "target", "source", "text", "date")
    rows = [("source", "s", "", "a publisher", "a document", "2026-01"), ("framework", "B", "", "a publisher", "B", "")]
    return Table(
        dict(zip(columns, row, strict=True)) for row in (*rows, *(("map", *pair, "s", "", "") for pair in maps))
    )


def test_every_statement_has_a_source_that_says_what_it_is_where_it_was_read_and_when() -> None:
    table = known()
    used = {statement.source for statement in table.statements}
    assert used == set(table.sources.values())
    assert [source for source in used if not (source.title and source.found and source.date)] == []


def test_every_statement_is_made_once_and_leads_to_a_known_framework() -> None:
    table = known()
    pairs = [(statement.origin, statement.target) for statement in table.statements]
    assert sorted(pairs) == sorted(set(pairs))
    assert [target for _, target in pairs if table.framework_of(target) is None] == []


def test_every_control_is_numbered_as_its_framework_does() -> None:
    named = {name for statement in known().statements for name in (statement.origin, statement.target) if ":" in name}
    wrong = [
        name for name in named for prefix, _, number in [name.partition(":")] if not re.fullmatch(FORMS[prefix], number)
    ]
    assert wrong == []


def test_every_recommendation_and_check_that_a_statement_begins_with_exists() -> None:
    sections = {"2", "5"}
    numbers = {f"CIS-Docker-1.7:{number}" for number in {*recommendations("CIS-Docker-1.7"), *sections}}
    reached = {statement.target for statement in known().statements}
    there = numbers | {"CIS-Docker-1.8:2.7"} | reached | {check.id for check in all_checks([])}
    assert {statement.origin for statement in known().statements} - there == set()


def test_every_recommendation_of_cis_docker_has_its_safeguard_of_cis_controls() -> None:
    numbers = recommendations("CIS-Docker-1.8")
    without = [
        number
        for number in numbers
        if not any(ref.startswith("CIS-Controls-8:") for ref in known().answered("x.y", cis18(number)))
    ]
    assert without == []


@pytest.mark.parametrize(
    ("reference", "same"),
    [
        ("CIS-Docker-1.6:2.7", "CIS-Docker-1.7:2.7"),
        ("CIS-Docker-1.8:2.6", "CIS-Docker-1.7:2.6"),
        ("CIS-Docker-1.8:2.7", "CIS-Docker-1.8:2.7"),
        ("CIS-Docker-1.8:2.8", "CIS-Docker-1.7:2.7"),
        ("CIS-Docker-1.8:2.19", "CIS-Docker-1.7:2.18"),
        ("CIS-Docker-1.8:5.7", "CIS-Docker-1.7:5.7"),
        ("CIS-Docker-1.7:2.8", "CIS-Docker-1.7:2.8"),
        ("RFC5280:2.8", "RFC5280:2.8"),
    ],
)
def test_a_recommendation_is_the_same_under_each_version_s_number(reference: str, same: str) -> None:
    assert as_in_1_7(reference) == same
    if same.startswith("CIS-Docker-1.7:"):
        assert reference in cis(same.partition(":")[2]) or reference.startswith("RFC")


def test_a_check_answers_the_same_controls_by_any_version_of_the_benchmark() -> None:
    by_old, by_new = (
        set(known().answered("x.y", [ref])) - {ref} for ref in ("CIS-Docker-1.6:2.7", "CIS-Docker-1.8:2.8")
    )
    assert by_old == by_new
    assert "CIS-Controls-8:13.5" in by_old


def test_statements_are_followed_to_their_end_and_own_references_come_first() -> None:
    table = tiny(("A:1.2", "B:1"), ("B:1", "C:1"), ("C:1", "B:1"))
    assert table.answered("x.y", ["Z:9", "A:1.2"]) == ("Z:9", "A:1.2", "B:1", "C:1")


def test_a_section_stands_for_what_lies_below_it_and_for_no_number_that_begins_alike() -> None:
    table = tiny(("A:2", "B:1"))
    assert table.answered("x.y", ["A:2.3"]) == ("A:2.3", "B:1")
    assert table.answered("x.y", ["A:2.3.4"]) == ("A:2.3.4", "B:1")
    assert table.answered("x.y", ["A:22"]) == ("A:22",)


def test_a_statement_may_begin_with_a_check_s_id() -> None:
    table = tiny(("x.y", "B:1"))
    assert table.answered("x.y", ["Z:9"]) == ("Z:9", "B:1")
    assert table.answered("x.z", ["Z:9"]) == ("Z:9",)


def test_what_a_check_answers_is_told_with_the_statement_that_leads_there() -> None:
    table = tiny(("A:1", "B:1"), ("B:1", "C:1"), ("A:2", "B:2"))
    assert [(said.origin, said.target) for said in table.why("x.y", ["A:1"])] == [("A:1", "B:1"), ("B:1", "C:1")]
    assert table.why("x.y", ["A:1"])[0].cited == "a document"


def test_no_reference_to_these_frameworks_comes_without_a_statement() -> None:
    """What a check names itself is CIS Docker, or of no framework of the table."""
    said = {statement.target for statement in known().statements}
    mapped = {prefix for prefix in known().frameworks if not prefix.startswith("CIS-Docker-")}
    refs = {ref for check in all_checks([]) for ref in check.refs}
    assert {ref for ref in refs if ref.partition(":")[0] in mapped} - said == set()


def test_each_framework_is_answered_by_some_check() -> None:
    assert [answers.framework.prefix for answers in answers_by_framework(all_checks([])) if not answers.controls] == []


@pytest.mark.parametrize(
    ("check_id", "reference"),
    [
        ("container.no-privileged", "CIS-Controls-8:5.4"),  # the benchmark's table of 5.5
        (
            "container.no-privileged",
            "ISO-27001-2022:A.8.2",
        ),  # CIS's mapping: 5.4 is a subset of privileged access rights
        ("daemon.no-insecure-registries", "NIST-800-190:4.2.1"),
        ("trust.registry-verifies", "NIST-800-190:4.2.1"),
        ("swarm.overlay-encrypted", "NIST-800-190:4.3.5"),
        ("container.no-host-ipc", "DISA-CP-SRG:SRG-APP-000243-CTR-000600"),
        ("audit.dockerd", "NIST-800-53r5:AU-12"),
        ("audit.dockerd", "PCI-DSS-4.0:10.2.1"),
    ],
)
def test_a_check_carries_what_the_documents_say_of_it(check_id: str, reference: str) -> None:
    refs = {check.id: check.refs for check in all_checks([])}
    assert reference in refs[check_id]


def test_a_reference_has_the_name_of_its_framework_or_none() -> None:
    found = known().framework_of("NIST-800-190:4.3.5")
    assert found is not None
    assert found.title.startswith("NIST SP 800-190")
    assert known().framework_of("moby:check-config") is None


def test_a_check_of_one_s_own_answers_what_its_recommendation_does() -> None:
    @check("site.privileged", severity="low", refs=["site:1", "CIS-Docker-1.7:5.5"], fix="f")
    def check_privileged() -> None:
        """Nothing is privileged."""
        expect(1, "site").equals(1)

    refs = check_privileged.__dockworthy_check__.refs  # type: ignore[attr-defined]
    assert refs[:2] == ("site:1", "CIS-Docker-1.7:5.5")
    assert "CIS-Controls-8:5.4" in refs


def test_list_names_the_frameworks_with_their_counts_and_sources(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys, list_checks, "--frameworks", "--check", "trust.registry-verifies").splitlines()
    [line] = [line for line in lines if line.startswith("NIST-800-190 ")]
    assert "1 controls, 1 checks: NIST SP 800-190" in line
    assert "NIST; doi 10.6028/NIST.SP.800-190; 2017-09" in lines[lines.index(line) + 1]


def test_list_gives_the_same_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(printed(capsys, list_checks, "--frameworks", "--format", "json", "--topic", "trust"))
    by = {framework["prefix"]: framework for framework in found}
    assert by["NIST-800-190"]["controls"] == {"4.2.1": ["trust.registry-verifies"]}
    assert by["NIST-800-190"]["sources"][0]["date"] == "2017-09"
    assert by["PCI-DSS-4.0"]["controls"] == {}


def test_list_selects_by_a_section_of_a_framework(capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(printed(capsys, list_checks, "--format", "json", "--refs", "NIST-800-190:4.3"))
    assert [entry["id"] for entry in found] == ["swarm.overlay-encrypted"]


def test_a_profile_selects_by_a_section_of_a_framework() -> None:
    chosen = [check.id for check in all_checks([]) if matches("NIST-800-190:4.2", check)]
    assert "trust.registry-verifies" in chosen
    assert "container.no-privileged" not in chosen


def test_explain_tells_by_which_statement_a_check_answers_a_control(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, explain, "container.no-privileged")
    assert "Refs:     CIS-Docker-1.6:5.5, CIS-Docker-1.7:5.5, CIS-Docker-1.8:5.5\n" in text
    once = " ".join(text.split())
    assert "DISA-CP-SRG:SRG-APP-000342-CTR-000775 by CIS-Docker-1.7:5.5 (Mirantis Kubernetes Engine STIG V2R1" in once
    told = json.loads(printed(capsys, explain, "container.no-privileged", "--format", "json"))["mappings"]
    assert {"ref": "NIST-800-190:4.4.3", "by": "CIS-Docker-1.7:5"}.items() <= told[-1].items()
