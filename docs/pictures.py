"""Makes the README's pictures from what the commands really print: ``python docs/pictures.py``."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

TOP = Path(__file__).resolve().parent.parent
PICTURES = TOP / "docs" / "pictures"
SNAPSHOT = TOP / "tests" / "data" / "snapshots" / "debian-13.snapshot"
COLUMNS, LINES = 118, 34


def picture(name: str, shown: str, arguments: list[str]) -> None:
    """Run the command and keep what a terminal would show."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-m", "dockworthy", *arguments],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "FORCE_COLOR": "1", "COLUMNS": str(COLUMNS)},
        )
    lines = (done.stdout or done.stderr).splitlines()
    console = Console(record=True, width=COLUMNS, file=io.StringIO())
    console.print(Text(f"$ {shown}", style="bold"))
    for line in lines[:LINES]:
        text = Text.from_ansi(line)
        text.truncate(COLUMNS, overflow="ellipsis")
        console.print(text, no_wrap=True)
    if len(lines) > LINES:
        console.print(Text("…", style="dim"))
        for line in lines[-4:]:
            console.print(Text.from_ansi(line), no_wrap=True, overflow="ellipsis")
    (PICTURES / f"{name}.svg").write_text(console.export_svg(title=f"dockworthy {arguments[0]}"), encoding="utf-8")


if __name__ == "__main__":
    PICTURES.mkdir(exist_ok=True)
    picture("check", "make check", ["check", f"snapshot:{SNAPSHOT}", "--at", "snapshot"])
