"""Measures what docs/speed.md quotes, and prints it as a table.

Usage: ``python bench/run.py [CHECKOUT OF docker-bench-security] [--containers 0,50,500]``

Every figure is the median of several runs of a whole process, and figures that are compared were taken in turn, in one
run of this script, on one machine. Needs root and Docker's packages for the comparison; the rest runs anywhere.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

TOP = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOP))

from tests.engine.harness import Engine, missing  # noqa: E402 - found by the line above

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

DOCKWORTHY = str(Path(sys.executable).parent / "dockworthy")
ITEMS = 5000
CHECKS = '''
from dockworthy.check import check, expect, instances

@check("bench.half-fails", severity="low", refs=["bench:1"], fix="fix {{param}}",
       each=instances("number", [str(number) for number in range({items})]))
def check_half_fails(number: str) -> None:
    """Every second instance fails."""
    expect(int(number) % 2, "bench").equals(0)
'''


def timed(run: Callable[[], object], runs: int = 5) -> float:
    """The median of some runs, in seconds, after one that is not counted."""
    run()
    taken = []
    for _ in range(runs):
        start = time.perf_counter()
        run()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def processor(argv: Sequence[str], runs: int = 5) -> float:
    """The median processor time of a command's process, in seconds: other work on the machine does not count."""
    taken = []
    for _ in range(runs + 1):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(argv, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        taken.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return statistics.median(taken[1:])


def quiet(argv: Sequence[str]) -> Callable[[], object]:
    """A run of a command whose output is thrown away."""
    return lambda: subprocess.run(argv, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def per_item(snapshot: Path, folder: Path) -> None:
    """Cost of a result: 5,000 results of which half fail, less a run with none, with and without JUnit and HTML."""
    (folder / "many.py").write_text(CHECKS.format(items=ITEMS))
    (folder / "one.py").write_text(CHECKS.format(items=1))
    base = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", "--no-header", "--no-summary"]
    base += ["-c", str(TOP / "src/dockworthy/run/pytest.ini"), "--rootdir", str(folder), "--import-mode=importlib"]
    base += [f"--dw-target=snapshot:{snapshot}", f"--dw-results={folder / 'r.json'}", "--dw-quiet"]
    reports = [f"--dw-report=html={folder / 'r.html'}", f"--dw-report=junit={folder / 'r.xml'}"]
    plain = processor([*base, str(folder / "many.py")]) - processor([*base, str(folder / "one.py")])
    full = processor([*base, *reports, str(folder / "many.py")])
    full -= processor([*base, *reports, str(folder / "one.py")])
    print(f"judge and record            {1000 * plain / ITEMS:7.3f} ms a result ({ITEMS} results, half of them fail)")
    print(f"JUnit and HTML add          {1000 * (full - plain) / ITEMS:7.3f} ms a result")


def against(peer: Path | None, counts: Sequence[int], folder: Path) -> None:
    """The whole command against the peer, with more and more containers on one engine."""
    with Engine(isolated=True) as engine:
        made = 0
        if max(counts):
            engine.image()
        print(f"{'containers':>10}  {'dockworthy':>10}  {'peer':>8}  ratio")
        for count in counts:
            while made < count:
                engine.container("--network", "none", name=f"bench-{made}")
                made += 1
            ours = [DOCKWORTHY, "check", "--output-dir", str(folder / "out")]
            mine = timed(partial(engine.run, *ours, check=False), 3 if count else 5)
            theirs = None
            if peer is not None:
                script = f"cd {peer} && bash ./docker-bench-security.sh -b -l {folder / 'peer.log'}"
                theirs = timed(partial(engine.run, "bash", "-c", script, check=False, timeout=1800), 1 if count else 3)
            shown = f"{theirs:7.2f}s  {mine / theirs:.3f}" if theirs else f"{'-':>8}  -"
            print(f"{count:>10}  {mine:9.2f}s  {shown}", flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("peer", nargs="?", type=Path, help="a checkout of docker-bench-security 1.6.0")
    parser.add_argument("--containers", default="0,50,500")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="dw-bench-") as name:
        folder = Path(name)
        print(f"dockworthy --help           {timed(quiet([DOCKWORTHY, '--help']), 9):7.3f} s")
        probe = folder / "probe.sh"
        probe.write_bytes(subprocess.run([DOCKWORTHY, "probe"], check=True, stdout=subprocess.PIPE).stdout)
        print(f"the probe alone             {timed(quiet(['sh', str(probe)])):7.3f} s")
        snapshot = folder / "host.snapshot"
        snapshot.write_bytes(subprocess.run(["sh", str(probe)], check=False, stdout=subprocess.PIPE).stdout)
        per_item(snapshot, folder)
        if missing():
            print(f"no comparison: {missing()}")
            return
        counts = [int(count) for count in args.containers.split(",")]
        against(args.peer.resolve() if args.peer else None, counts, folder)


if __name__ == "__main__":
    main()
