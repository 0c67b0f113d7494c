"""What the probe costs on a plain host, now and as another revision had it: time, processor time, bytes.

Usage: ``python bench/bench_probe.py [REVISION] [--runs 20] [--bare]``

The two are run in turn on one host of its own (`tests.engine.fitness`), with an engine, two networks and a container,
or without an engine (``--bare``), and the medians are told. Processor time is that of the probe and of the programs
that it starts; what the engine spends on its answers is not counted. Needs root.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

TOP = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOP))

from tests.engine.fitness import State, state  # noqa: E402 - found by the line above

# As each revision makes its own: with the interpreter of this one, which has what all of them need.
_SCRIPT = """
import sys
sys.path.insert(0, sys.argv[1])
from dockworthy.probe import script
sys.stdout.write(script([]))
"""


class Cost(NamedTuple):
    """What one run cost."""

    processor: float  # seconds
    wall: float  # seconds
    size: float  # bytes of what it printed


def script_of(revision: str | None) -> str:
    """The probe's script, of a revision or as it is now."""
    with tempfile.TemporaryDirectory() as name:
        folder = TOP / "src"
        if revision is not None:
            archive = subprocess.run(
                ["git", "-C", str(TOP), "archive", revision, "src"], check=True, capture_output=True
            ).stdout
            subprocess.run(["tar", "-x", "-C", name], input=archive, check=True)
            folder = Path(name) / "src"
        made = subprocess.run([sys.executable, "-c", _SCRIPT, str(folder)], check=True, capture_output=True, text=True)
        return made.stdout


def cost(host: State, script: str) -> Cost:
    """What one run of it costs on the host."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    printed = host.engine.run("sh", "-s", stdin=script).stdout
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(spent, wall, len(printed.encode()))


def median(costs: list[Cost]) -> Cost:
    """The middle of each."""
    return Cost(*(statistics.median(column) for column in zip(*costs, strict=True)))


def main() -> None:
    """Measure them in turn, and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("revision", nargs="?", default="HEAD", help="what it is compared with (default: HEAD)")
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--bare", action="store_true", help="on a host without an engine")
    args = parser.parse_args()
    scripts = {args.revision: script_of(args.revision), "now": script_of(None)}
    costs: dict[str, list[Cost]] = {name: [] for name in scripts}
    with state(engine=not args.bare) as host:
        if not args.bare:
            host.network("appnet", "10.210.0.0/24")
            host.engine.container(name="web")
        for number in range(args.runs + 1):
            for name, script in scripts.items():
                one = cost(host, script)
                if number:  # the first fills the caches
                    costs[name].append(one)
    print(f"{'':<12} {'processor':>10} {'wall':>10} {'snapshot':>10} {'script':>10}")
    for name, script in scripts.items():
        middle = median(costs[name])
        print(
            f"{name[:12]:<12} {middle.processor:>8.3f} s {middle.wall:>8.3f} s {middle.size:>8.0f} B {len(script):>8} B"
        )


if __name__ == "__main__":
    main()
