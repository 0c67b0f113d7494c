"""SARIF by its schema and by Microsoft's validator, with the rules that GitHub asks for."""

from __future__ import annotations

import json
import os
import re
import subprocess
from typing import TYPE_CHECKING

import jsonschema
import pytest

from tests.report.formats.samples import ALL, fleet, written

if TYPE_CHECKING:
    from pathlib import Path

_TOOL = "@microsoft/sarif-multitool-linux"
_RULE = re.compile(r"\b(error|warning) ([A-Z]+\d{4})\b")
_LEFT = {"SARIF2005"}  # asks for the address of a site, of which there is none


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sarif")
    for name, made in {**{name: made() for name, made in ALL.items()}, "large": fleet(50, 100)}.items():
        (folder / f"{name}.sarif").write_bytes(written("sarif", made))
    (folder / "wrong.sarif").write_bytes(
        written("sarif", ALL["every"]()).replace(b'"status":"accepted"', b'"state":"accepted"')
    )
    return folder


def test_the_schema_takes_every_document_but_the_wrong_one(node_modules: Path, documents: Path) -> None:
    schema = json.loads((node_modules / _TOOL / "sarif-2.1.0.json").read_text("utf-8-sig"))
    judge = jsonschema.validators.validator_for(schema)(schema, format_checker=jsonschema.FormatChecker())
    faults = {path.stem: next(judge.iter_errors(json.loads(path.read_bytes())), None) for path in documents.iterdir()}
    assert [name for name, fault in sorted(faults.items()) if fault is not None] == ["wrong"]


def test_the_validator_has_no_error_and_no_warning_of_any_but_the_wrong_one(
    node_modules: Path, documents: Path
) -> None:
    paths = sorted(documents.iterdir())
    done = subprocess.run(
        [
            str(node_modules / _TOOL / "Sarif.Multitool"),
            *("validate", *map(str, paths), "--rule-kind", "Sarif;Ghas", "--level", "Error;Warning"),
        ],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"},
    )
    told: dict[str, set[str]] = {path.stem: set() for path in paths}
    for line in done.stdout.splitlines():
        if found := _RULE.search(line):
            told[line.partition(".sarif")[0].rpartition("/")[2]].add(found[2])
    wrong = told.pop("wrong")
    assert {name: rules for name, rules in told.items() if rules - _LEFT} == {}
    assert "JSON1001" in wrong or wrong - _LEFT, done.stdout
