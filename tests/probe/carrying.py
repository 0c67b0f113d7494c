"""What single functions of the probe make of what they are given: many texts at once, or lines of their own."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from dockworthy.probe import script
from dockworthy.snapshot import parse_snapshot
from tests.probe.world import SHELLS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dockworthy.snapshot import Snapshot

__all__ = ["carried", "frames"]

_MAIN = "\nmain "
_ARGUMENTS = (
    'filter_arguments() { carry "$DAEMON_RULES$OPTION_RULES" "$OPTIONS_AWK$PROCESS_AWK" dockerd; }\n'
    'one() { FILE=$2; take "$2" file "$3"; [ -z "$BINARY" ] || grab file_without_nul "$2"\n'
    '[ "$STATUS" -ne 0 ] || "$1" "$2"; printf \'%s\' "$BODY" >"$2.told"; [ "$STATUS" -eq 0 ] || echo "$2 $STATUS"; }\n'
)


def carried(jobs: Sequence[tuple[str, bytes]], folder: Path, shell: Sequence[str] = ("sh",)) -> list[bytes]:
    """What each of the probe's functions makes of its text.

    Args:
        jobs: ``filter_json``, ``filter_unit``, … or ``filter_arguments``, and a text.
        folder: an empty one.
        shell: that runs them.
    """
    lines = []
    for number, (function, data) in enumerate(jobs):
        (folder / str(number)).write_bytes(data)
        lines.append(f"one {function} {number} {len(data)}")
    text = script().rpartition(_MAIN)[0] + f"\nstart\n{_ARGUMENTS}" + "\n".join(lines) + "\n"
    done = subprocess.run(
        [*shell, "-s"],
        input=text.encode(),
        capture_output=True,
        check=True,
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "DOCKWORTHY_SAME_SHELL": "1"},
    )
    assert (done.stdout, done.stderr) == (b"", b"")
    return [(folder / f"{number}.told").read_bytes() for number in range(len(jobs))]


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
