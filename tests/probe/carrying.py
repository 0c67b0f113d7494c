"""What single functions of the probe make of what they are given: many texts at once, or lines of their own."""

from __future__ import annotations

import subprocess
from collections import defaultdict
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

from dockworthy.probe import script
from dockworthy.snapshot import FORMAT, parse_snapshot
from tests.probe.world import SHELLS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dockworthy.snapshot import Snapshot

__all__ = ["after_the_functions", "carried", "frames"]

_MAIN = "\nmain "
_ARGUMENTS = "filter_arguments() { KIND=dockerd; filter_process; }\n"


def after_the_functions(
    shell: Sequence[str], lines: str, *arguments: str, tools: Path | str = "", cwd: Path | None = None
) -> subprocess.CompletedProcess[bytes]:
    """What a shell prints of lines that stand after the probe's own functions, in the place of its main part.

    They are in a file, since of a pipe some shells read one character at a time.

    Args:
        shell: its command line.
        lines: what it reads last.
        arguments: of the script.
        tools: a folder of programs that come first.
        cwd: where it runs.
    """
    with TemporaryFile() as text:
        text.write(script().rpartition(_MAIN)[0].encode() + f"\n{lines}\n".encode())
        text.seek(0)
        return subprocess.run(
            [*shell, "-s", "--", *arguments],
            stdin=text,
            capture_output=True,
            check=False,
            timeout=300,
            cwd=cwd,
            env={
                "PATH": ":".join(filter(None, (str(tools), "/usr/bin:/bin"))),
                "DOCKWORTHY_SAME_SHELL": "1",
                "HOME": "/nonexistent",
            },
        )


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
    done = after_the_functions(shell, f"start\n{_ARGUMENTS}" + "\n".join(calls), cwd=folder)
    assert (done.returncode, done.stderr) == (0, b"")
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
    done = after_the_functions(SHELLS[shell], f"start\n{lines}", tools=tools)
    assert (done.returncode, done.stderr) == (0, b"")
    return parse_snapshot(b"dockworthy-snapshot 1 0\n" + done.stdout, "probe")
