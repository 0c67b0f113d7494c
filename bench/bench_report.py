"""Measures the compliance report beside pytest-html's on the same results, and prints it as a table.

Usage: ``python bench/bench_report.py [--peer N]``

``--peer`` measures pytest-html, too, on up to N results: on 20,000 that takes minutes. Processor time is that of the
process that writes; opening is the later of the first paint and the load event, filtering from the key to the paint,
both in headless Chromium, medians of five.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

TOP = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOP))

from playwright.sync_api import sync_playwright  # noqa: E402 - the same

from dockworthy.results.model import SEVERITIES  # noqa: E402 - found by the line above
from dockworthy.results.writer import dumps  # noqa: E402 - the same
from tests.results_factory import record, result  # noqa: E402 - the same

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from dockworthy.results.model import Result, Results

DOCKWORTHY = str(Path(sys.executable).parent / "dockworthy")
TOPICS = ("kernel", "engine", "daemon", "file", "container", "image", "trust", "harbor", "swarm", "audit")
QUERIES = ("q12345", "node007", "daemon", "rule-0311", "critical", "no such word", "node04 failed")
_OPENED = """() => { const [told] = performance.getEntriesByType('navigation');
  const painted = performance.getEntriesByType('paint').map(one => one.startTime);
  return [Math.max(told.loadEventEnd, ...painted), document.getElementsByTagName('*').length]; }"""
_TYPED = """async ([selector, text]) => { const field = document.querySelector(selector); field.focus();
  const start = performance.now(); field.value = text; field.dispatchEvent(new Event('input', {bubbles: true}));
  await new Promise(done => requestAnimationFrame(() => setTimeout(done))); return performance.now() - start; }"""
PEER = """
import json, pathlib, pytest
ROWS = json.loads(pathlib.Path(__file__).with_name("rows.json").read_text())

@pytest.mark.parametrize("row", ROWS, ids=[f"{{r[0]}}-{{r[1]}}-{{r[2]}}" for r in ROWS])
def test_row(row):
    host, check, param, outcome, told = row
    if outcome == "fail":
        pytest.fail(told, pytrace=False)
    if outcome not in ("pass", "fail"):
        pytest.skip(told)
""".replace("{{", "{").replace("}}", "}")


def _outcome(number: int) -> str:
    """About 8 % failed, 4 % not applicable, 3 % waived, half a percent undecided; the same in every run."""
    place = number * 7919 % 1000
    limits = ((80, "fail"), (120, "skip"), (150, "waived"), (155, "error"))
    return next((outcome for limit, outcome in limits if place < limit), "pass")


def fleet(hosts: int, checks: int) -> Results:
    """A fleet's record."""
    waiver = {"reason": "vendor image", "owner": "ops", "expires": "2027-03-31T00:00:00Z"}
    results: list[Result] = []
    for number in range(hosts * checks):
        host, check = divmod(number, checks)
        outcome, topic = _outcome(number), TOPICS[check % len(TOPICS)]
        judged = outcome in {"pass", "fail", "waived"}
        results.append(
            result(
                outcome,
                host=f"node{host:03}.example.com",
                check=f"{topic}.rule-{check:04}",
                param=f"q{number:05}" if check % 4 == 0 else None,
                title=f"What rule {check} demands of the {topic} is so",
                severity=SEVERITIES[check % 4],
                observed=["yes", True, 4, ["a", "b"], {"mode": "0666"}][check % 5] if judged else None,
                expected=["no", False, 0, [], {"mode": "0644"}][check % 5] if judged else None,
                source=f"/etc/docker/daemon.json: key{check}",
                fix=f"dockerctl --set key{check}=no",
                reason=None if judged else "there is no swarm here",
                waiver=waiver if outcome == "waived" else None,
            )
        )
    return record(*results)


def processor(argv: list[str], **options: Any) -> float:
    """The processor time of a process, in seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(argv, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def opened(browser: Browser, path: Path, runs: int) -> tuple[float, int, Page]:
    """The median time to open, in milliseconds, the page's elements, and the page."""
    times, nodes = [], 0
    for run in range(runs):
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(path.as_uri(), wait_until="load", timeout=300_000)
        time, nodes = page.evaluate(_OPENED)
        times.append(time)
        if run < runs - 1:
            page.close()
    return statistics.median(times), nodes, page


def peer(results: Results, folder: Path) -> tuple[Path, float]:
    """pytest-html's page of the same results, and the processor time of writing it beside that of a run without."""
    rows = [
        [
            one.host,
            one.check,
            one.param,
            one.outcome,
            f"observed {one.observed}, expected {one.expected} ({one.source})",
        ]
        for one in results.results
    ]
    (folder / "rows.json").write_text(json.dumps(rows))
    (folder / "test_rows.py").write_text(PEER)
    plain = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "/dev/null", "test_rows.py"]
    path = folder / "peer.html"
    without = processor(plain, cwd=folder)
    return path, processor([*plain, f"--html={path}", "--self-contained-html"], cwd=folder) - without


def measure(browser: Browser, hosts: int, checks: int, *, beside: bool) -> None:
    """One line for the page, and one for pytest-html's."""
    results = fleet(hosts, checks)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source, path = folder / "results.json", folder / "report.html"
        source.write_bytes(dumps(results.as_json()))
        command = [DOCKWORTHY, "report", str(source), "--format"]
        written = min(processor([*command, f"html={path}"]) for _ in range(3))
        read = min(processor([*command, f"json={folder / 'again.json'}"]) for _ in range(3))
        time, nodes, page = opened(browser, path, 5)
        typed = [page.evaluate(_TYPED, ["#q", text]) for text in QUERIES]
        head = f"| {hosts} by {checks}: {len(results.results)} |"
        told = f"{written:.2f} s (json: {read:.2f} s) | {time:.0f} ms | {nodes}"
        filtered = f"{statistics.median(typed):.0f} ms, at most {max(typed):.0f} ms"
        print(f"{head} page | {_size(path)} | {told} | {filtered} |")
        page.close()
        if beside:
            path, written = peer(results, folder)
            time, nodes, page = opened(browser, path, 1)
            print(f"{head} pytest-html | {_size(path)} | {written:.2f} s | {time:.0f} ms | {nodes} | none by text |")
            page.close()


def _size(path: Path) -> str:
    return f"{path.stat().st_size / 1000:.0f} KB"


def main() -> int:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", type=int, default=0, metavar="N", help="pytest-html, too, on up to N results")
    options = parser.parse_args()
    print("| hosts by checks | | size | written, processor time | opens | elements | filter |")
    print("|---|---|---|---|---|---|---|")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        for hosts, checks in ((1, 436), (50, 100), (50, 400), (100, 436)):
            measure(browser, hosts, checks, beside=hosts * checks <= options.peer)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
