"""What single functions of the probe make of what they are given: many texts at once, or lines of their own."""

from __future__ import annotations

import subprocess
from collections import defaultdict
from typing import TYPE_CHECKING

from dockworthy.probe import script
from dockworthy.snapshot import FORMAT, parse_snapshot
from tests.probe.world import SHELLS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dockworthy.snapshot import Snapshot

__all__ = ["carried", "frames"]

_MAIN = "\nmain "
_ARGUMENTS = "filter_arguments() { KIND=dockerd; filter_process; }\n"


def carried(jobs: Sequence[tuple[str, bytes]], folder: Path, shell: Sequence[str] = ("sh",)) -> list[bytes]:
    """What each of the probe's readers makes of its text.

    Args:
        jobs: ``filter_json``, ``filter_unit``, … or ``filter_arguments``, and a text.
        folder: an empty one.
        shell: that runs them.
    """
    by_reader: dict[str, list[str]] = defaultdict(list)
    for number, (reader, data) in enumerate(jobs):
        (folder / str(number)).write_bytes(data)
        by_reader[reader].append(str(number))
    calls = [f"FILTER={reader}; files {' '.join(names)}" for reader, names in by_reader.items()]
    text = script().rpartition(_MAIN)[0] + f"\nstart\n{_ARGUMENTS}" + "\n".join(calls) + "\n"
    done = subprocess.run(
        [*shell, "-s"],
        input=text.encode(),
        capture_output=True,
        check=True,
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "DOCKWORTHY_SAME_SHELL": "1"},
    )
    assert done.stderr == b""
    seen = parse_snapshot(f"dockworthy-snapshot {FORMAT} 0\n".encode() + done.stdout, "probe")
    assert [section.name for section in seen.sections.values() if section.status != 0] == []
    return [seen[f"file:{number}"].data for number in range(len(jobs))]


def frames(shell: str, lines: str, tools: Path | str = "") -> Snapshot:
    """The frames of these lines after the probe's own functions.

    Args:
        shell: one of the table's.
        lines: what stands in the place of the probe's own main part.
        tools: a folder of programs that come first.
    """
    done = subprocess.run(
        [*SHELLS[shell], "-s"],
        input=f"{script().rpartition(_MAIN)[0]}\nstart\n{lines}".encode(),
        capture_output=True,
        check=True,
        env={"PATH": f"{tools}:/usr/bin:/bin", "DOCKWORTHY_SAME_SHELL": "1"},
    )
    assert done.stderr == b""
    return parse_snapshot(b"dockworthy-snapshot 1 0\n" + done.stdout, "probe")
