"""Prints the transcripts of the pages anew from what the commands really print: ``python docs/transcripts.py``.

With ``--check`` it writes nothing, and ends with 1 where a page does not show what is printed. What differs from run to
run stays as the page has it.
"""

from __future__ import annotations

import re
import shlex
import sys
import tempfile
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOP))

from tests import warm  # noqa: E402 - found from the checkout's top
from tests.docs.blocks import PAGES, Block, blocks  # noqa: E402 - beside it

COLUMNS = "118"
_VARYING = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}")  # a run's id


def transcripts(page: Path) -> list[Block]:
    """The page's blocks that show commands with what they print."""
    return [block for block in blocks(page) if block.language == "console" and block.text.startswith("$ ")]


def printed(block: Block, folder: Path) -> str:
    """What the block's commands print in a folder where the page's files lie."""
    (folder / "tests").symlink_to(TOP / "tests")
    for other in blocks(TOP / block.page):
        if other.language == "python" and other.text.startswith("# "):
            file = folder / other.file
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(other.text, "utf-8")
    shown: list[str] = []
    for line in block.text.splitlines():
        if line.startswith("$ "):
            words = shlex.split(line[2:])
            if words[0] != "dockworthy":
                raise ValueError(f"{block.id}: {line}: no command of ours")
            done = warm.run(*words[1:], cwd=folder, env={"PATH": "/usr/bin:/bin", "COLUMNS": COLUMNS})
            shown += [line, *(done.stdout + done.stderr).splitlines()]
    return "".join(f"{line.rstrip()}\n" for line in shown)


def as_on_the_page(block: Block, text: str) -> str:
    """The text with the page's own words for what differs from run to run."""
    ids = iter(_VARYING.findall(block.text))
    named: dict[str, str] = {}
    return _VARYING.sub(lambda found: named.setdefault(found[0], next(ids, found[0])), text)


def main() -> int:
    """Write the pages, or say which are stale."""
    stale = []
    for page in PAGES:
        before = after = page.read_text("utf-8")
        for block in transcripts(page):
            with tempfile.TemporaryDirectory() as folder:
                told = as_on_the_page(block, printed(block, Path(folder)))
            after = after.replace(f"```console\n{block.text}```", f"```console\n{told}```", 1)
        if after != before:
            stale.append(page)
            if "--check" not in sys.argv:
                page.write_text(after, "utf-8")
    for page in stale:
        what = "is stale; run `python docs/transcripts.py`" if "--check" in sys.argv else "written"
        sys.stdout.write(f"{page.relative_to(TOP)}: {what}.\n")
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
