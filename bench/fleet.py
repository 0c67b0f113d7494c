"""Measures what a host of a fleet costs, and what memory the controlling process takes, and prints it as a table.

Usage: ``python bench/fleet.py [--jobs N] [--large] [--hosts N,N]``

Hosts are made of the recorded snapshots: *alike* ones differ in their names alone, as hosts of one image do;
*differing* ones have each an engine and a container of their own, and what reads these is judged again. A whole
``dockworthy check`` is run over them: snapshots read, judged, and the record written. Times are of the processor, all
processes together, so that other work on the machine does not count; per host they are without what one host takes.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import NamedTuple

TOP = Path(__file__).resolve().parent.parent
DOCKWORTHY = str(Path(sys.executable).parent / "dockworthy")
RECORDED = ("debian-13", "hardened", "swarm", "podman")
SIZES = (10, 100, 1000)
LARGE = 10_000
KINDS = ("alike", "differing")
_HEAD, _END = b"\n@ cmd:hostname 0 raw ", b"\n@end "


class Cost(NamedTuple):
    """What a run took."""

    seconds: float  # of processors
    results: int
    resident: int  # KiB, of the controlling process at most


def with_name(data: bytes, name: str, *, differing: bool) -> bytes:
    """A snapshot of a host with another name, and where it differs with an engine of another identity."""
    line = f"{name}\n".encode()
    frame = b"\n@ cmd:hostname 0 raw %d\n%s" % (len(line), line)
    start = data.find(_HEAD)
    if start < 0:
        end = data.rfind(_END)
        count = int(data[end + len(_END) :])
        data = data[:end] + frame.rstrip(b"\n") + b"\n" + _END.lstrip(b"\n") + b"%d\n" % (count + 1)
    else:
        rest = data.index(b"\n@ ", start + len(_HEAD))
        data = data[:start] + frame.rstrip(b"\n") + data[rest:]
    return _other(data, name) if differing else data


def _other(data: bytes, name: str) -> bytes:
    """With an engine and a container of their own; of the same length, so that no frame has to be written anew."""
    for before in (b'"ID":"', b'"Id":"'):
        at = data.find(before)
        if at >= 0:
            start = at + len(before)
            data = data[:start] + name.encode()[-8:].rjust(8, b"0") + data[start + 8 :]
    return data


def fleet(folder: Path, number: int, kind: str) -> list[str]:
    """So many hosts, as targets."""
    recorded = [(TOP / "tests" / "data" / "snapshots" / f"{name}.snapshot").read_bytes() for name in RECORDED]
    targets = []
    for one in range(number):
        path = folder / f"{one}.snapshot"
        path.write_bytes(with_name(recorded[one % len(recorded)], f"node{one:05}", differing=kind == "differing"))
        targets.append(f"snapshot:{path.name}")
    return targets


def measured(folder: Path, targets: list[str], jobs: int) -> Cost:
    """One run over the hosts."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [DOCKWORTHY, "check", *targets, "--jobs", str(jobs), "--at", "snapshot", "-q", "--results", "r.json"]
    run = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peak = [0]
    watch = threading.Thread(target=_watch, args=(run, peak))
    watch.start()
    run.wait()
    watch.join()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    with (folder / "r.jsonl").open("rb") as lines:
        results = sum(line.startswith(b'{"type":"result"') for line in lines)
    return Cost(seconds, results, peak[0])


def _watch(run: subprocess.Popen[bytes], peak: list[int]) -> None:
    status = Path("/proc", str(run.pid), "status")
    while run.poll() is None:
        try:
            told = dict(line.split(":", 1) for line in status.read_text().splitlines())
            peak[0] = max(peak[0], int(told.get("VmHWM", "0").split()[0]))
        except (OSError, ValueError):
            return
        time.sleep(0.05)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=1, help="processes that judge")
    parser.add_argument("--large", action="store_true", help=f"{LARGE:,} hosts as well: some GB below TMPDIR")
    parser.add_argument("--hosts", help="so many hosts, in place of the usual numbers")
    args = parser.parse_args()
    sizes = [int(size) for size in args.hosts.split(",")] if args.hosts else [*SIZES, *([LARGE] if args.large else [])]
    print(f"processors: {os.cpu_count()}, processes that judge: {args.jobs}")
    print(f"{'hosts':<10} {'number':>6} {'results/host':>12} {'ms/host':>8} {'all, s':>8} {'controlling, MB':>16}")
    for kind in KINDS:
        with tempfile.TemporaryDirectory() as folder:
            alone = measured(Path(folder), fleet(Path(folder), 1, kind), args.jobs)
        for size in sizes:
            with tempfile.TemporaryDirectory() as folder:
                cost = measured(Path(folder), fleet(Path(folder), size, kind), args.jobs)
            each = 1000 * (cost.seconds - alone.seconds) / (size - 1)
            print(
                f"{kind:<10} {size:>6} {cost.results / size:>12.0f} {each:>8.1f} {cost.seconds:>8.1f} "
                f"{cost.resident / 1024:>16.0f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
