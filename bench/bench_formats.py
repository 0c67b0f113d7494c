"""What it takes to write 20,000 results in each format: ``python bench/bench_formats.py``.

Processor time, so that what else runs on the machine does not count, and the size of what is written.
"""

from __future__ import annotations

import io
import sys
import time
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOP))

from dockworthy.report.formats.interface import own, writer  # noqa: E402 - found by the line above
from tests.report.formats.samples import fleet  # noqa: E402 - beside it

HOSTS, CHECKS = 50, 400


def main() -> None:
    """Print the table."""
    results = fleet(HOSTS, CHECKS)
    print(f"{HOSTS * CHECKS} results on {HOSTS} hosts")
    for name in own():
        out = io.BytesIO()
        before = time.process_time()
        writer(name).write(results, out)
        print(f"{name:<10} {time.process_time() - before:6.2f} s  {len(out.getvalue()) / 1e6:7.2f} MB")


if __name__ == "__main__":
    main()
