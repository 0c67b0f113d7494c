"""HDF by inspecjs, with which Heimdall reads it: what each outcome is called there."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from tests.report.formats.samples import ALL, written

READER = Path(__file__).with_name("heimdall.js")
# What Heimdall calls each outcome.
SHOWN = {
    "pass": "Passed",
    "fail": "Failed",
    "error": "Profile Error",
    "skip": "Not Applicable",
    "waived": "Not Applicable",
    "manual": "Not Reviewed",
}


def test_heimdall_reads_every_document_and_calls_each_outcome_by_its_word(node_modules: Path, tmp_path: Path) -> None:
    assert (node_modules / "inspecjs").is_dir()
    wanted = []
    for name, made in ALL.items():
        results = made()
        (tmp_path / f"{name}.json").write_bytes(written("hdf", results))
        counts: dict[str, int] = {}
        for outcome, number in results.summary.by_outcome.items():
            if number:
                counts[SHOWN[outcome]] = counts.get(SHOWN[outcome], 0) + number
        wanted.append(counts)
    wrong = json.loads(written("hdf", ALL["every"]()))
    wrong["profiles"][0]["controls"][0]["impact"] = "high"
    (tmp_path / "wrong.json").write_text(json.dumps(wrong))
    paths = [str(tmp_path / f"{name}.json") for name in (*ALL, "wrong")]
    done = subprocess.run(["node", str(READER), *paths], capture_output=True, text=True, check=True)
    *found, refused = map(json.loads, done.stdout.splitlines())
    assert found == wanted
    assert "Error" in refused["error"]
