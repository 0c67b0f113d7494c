"""``python -m tests.fuzz [--seed N] [--rounds N] [--only NUMBER] [--go COMMAND]``."""

from __future__ import annotations

import argparse
import json
import secrets
import tempfile
import time
from pathlib import Path

from tests.fuzz.oracle import build, version
from tests.fuzz.run import Outcome, compare


def differing(outcome: Outcome) -> list[str]:
    """Lines about each difference."""
    lines = []
    for number, case, mine, theirs in outcome.differences:
        lines += [f"round {number}: {case.kind}, host {case.host!r}, faults {case.faults}"]
        for key, real in theirs.items():
            if mine.get(key) != real:
                lines += [f"  {key}", f"    Go:   {json.dumps(real)}", f"    ours: {json.dumps(mine.get(key))}"]
    return lines


def report(outcome: Outcome, seed: int, seconds: float) -> str:
    """Differences, rounds per class, and last one line."""
    lines = differing(outcome)
    lines += [f"{count:6} {name}" for name, count in sorted(outcome.classes.items())]
    lines.append(f"{outcome.rounds} rounds, {len(outcome.differences)} differences, seed {seed}, {seconds:.0f} s")
    return "\n".join(lines)


def main() -> int:
    """Runs and prints; 1 where there is a difference."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seed", type=int, default=None, help="default: a new one each time")
    parser.add_argument("--rounds", type=int, default=10_000)
    parser.add_argument("--only", type=int, default=None, metavar="NUMBER", help="one round alone")
    parser.add_argument("--go", default="go", metavar="COMMAND", help="another Go than the one on PATH")
    options = parser.parse_args()
    seed = secrets.randbelow(1 << 32) if options.seed is None else options.seed
    rounds = range(options.rounds) if options.only is None else range(options.only, options.only + 1)
    with tempfile.TemporaryDirectory() as folder:
        program = build(Path(folder), options.go)
        start = time.monotonic()
        outcome = compare(program, seed, rounds, go=version(options.go))
        print(report(outcome, seed, time.monotonic() - start))  # noqa: T201 - a command's output
    return 1 if outcome.differences else 0


if __name__ == "__main__":
    raise SystemExit(main())
