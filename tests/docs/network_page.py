"""The table of ``docs/network.md`` on what each check was tried against: ``python -m tests.docs.network_page``.

It is made of ``tests/data/fitness-tried.csv``, which is counted while the tests run that judge such hosts (`tally`):
with ``made`` or ``real`` behind it they do, the latter as root and for minutes; ``plain`` judges the plain hosts anew.
"""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from dockworthy.profile.locate import checks_folder
from dockworthy.run.loading import load_checks
from tests.docs.blocks import TOP
from tests.docs.tally import FILE
from tests.engine.plain import PLAIN, TOPICS, judged_plain
from tests.engine.proofs import PROOFS
from tests.engine.unproven import UNPROVEN

__all__ = [
    "BEGIN",
    "END",
    "PAGE",
    "PLAIN_BEGIN",
    "PLAIN_END",
    "fitness_checks",
    "plain_table",
    "rows",
    "table",
]

PAGE = TOP / "docs" / "network.md"
CSV = TOP / "tests" / "data" / "fitness-tried.csv"
PLAIN_CSV = CSV.with_name("fitness-plain.csv")
PLAIN_BEGIN, PLAIN_END = "<!-- plain: begin -->\n", "<!-- plain: end -->\n"
BEGIN, END = "<!-- tried: begin -->\n", "<!-- tried: end -->\n"
WHERE = ("real", "made")
OUTCOMES = ("pass", "fail", "skip", "error")
COUNTS = [f"{where}_{outcome}" for where in WHERE for outcome in OUTCOMES]


def fitness_checks() -> list[str]:
    """The checks that the table is about."""
    return sorted(name for name in load_checks(checks_folder()) if name.partition(".")[0] in TOPICS)


def rows() -> list[dict[str, str]]:
    """What was counted."""
    with CSV.open(newline="") as stream:
        return list(csv.DictReader(stream))


def table() -> str:
    """The table."""
    proven = {proof.check for proof in PROOFS}
    heads = ["check", *(f"{where}: ✓ ✗ - ?" for where in WHERE), "its fix"]
    lines = [heads, ["---"] * len(heads)]
    for row in rows():
        fix = "carried out" if row["check"] in proven else UNPROVEN.get(row["check"], "")
        lines.append([f"`{row['check']}`", *_by_place([row[name] for name in COUNTS]), fix])
    sums = [str(sum(int(row[name]) for row in rows())) for name in COUNTS]
    lines.append([f"all {len(rows())}", *_by_place(sums), ""])
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _by_place(counts: list[str]) -> list[str]:
    """The counts of each place in one column: ten columns are wider than a page."""
    return [" · ".join(counts[at : at + len(OUTCOMES)]) for at in range(0, len(counts), len(OUTCOMES))]


def plain_table() -> str:
    """What is said of hosts as they are freshly installed."""
    heads = ["host", "✓ ✗ - ?", "what failed"]
    lines = [heads, ["---"] * len(heads)]
    with PLAIN_CSV.open(newline="") as stream:
        for row in csv.DictReader(stream):
            failed = ", ".join(f"`{check}`" for check in row["failed"].split()) or "nothing"
            lines.append([row["host"], " · ".join(row[name] for name in OUTCOMES), failed])
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def judge_plain() -> None:
    """Make the plain hosts, judge them, and keep what was said."""
    with PLAIN_CSV.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, ["host", *OUTCOMES, "failed"], lineterminator="\n")
        writer.writeheader()
        for name in PLAIN:
            said = judged_plain(name)
            counted = Counter(item.outcome for item in said.values())
            failed = sorted({check for (check, _), item in said.items() if item.outcome == "fail"})
            writer.writerow({"host": name, **{one: counted[one] for one in OUTCOMES}, "failed": " ".join(failed)})


def tests(where: str) -> list[str]:
    """The test files that judge real hosts, or those put together, by one of these checks: by what stands in them."""
    topics = "|".join(sorted(TOPICS))
    named = re.compile(rf"\"(?:{topics})\.[a-z]|\"(?:{topics})\", \"\w+\.py\"|tests\.engine\.fitness import")
    place = TOP / "tests" / ("engine" if where == "real" else "checks")
    found = (path for path in place.rglob("test_*.py") if "suites" not in path.parts and named.search(path.read_text()))
    others = {"test_fixes.py", "test_plain_hosts.py"}  # each fix is told by itself; nothing fails on plain hosts
    return [str(path.relative_to(TOP)) for path in sorted(found) if path.name not in others]


def count(where: str) -> None:
    """Run them, and keep what they have judged."""
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "tally.json"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.docs.tally", "-m", "", *tests(where)]
        subprocess.run(command, cwd=TOP, env={**os.environ, FILE: str(file)}, check=True)
        counted = Counter({tuple(key): number for *key, number in json.loads(file.read_text())})
    known = {row["check"]: row for row in rows()}
    with CSV.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, ["check", *COUNTS], lineterminator="\n")
        writer.writeheader()
        for check in fitness_checks():
            new = {f"{where}_{outcome}": counted[check, where, outcome] for outcome in OUTCOMES}
            writer.writerow({"check": check, **dict.fromkeys(COUNTS, 0), **known.get(check, {}), **new})


def main() -> None:
    """Write it into the page."""
    for where in sys.argv[1:]:
        judge_plain() if where == "plain" else count(where)
    text = PAGE.read_text("utf-8")
    for begin, made, end in ((BEGIN, table(), END), (PLAIN_BEGIN, plain_table(), PLAIN_END)):
        before, _, rest = text.partition(begin)
        text = f"{before}{begin}{made}{end}{rest.partition(end)[2]}"
    PAGE.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
