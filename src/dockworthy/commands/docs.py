"""``python -m dockworthy.commands.docs``: makes the pages that come from the code; ``--check`` says which are stale."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from dockworthy.commands.catalogue import all_checks
from dockworthy.commands.output import say
from dockworthy.errors import DockworthyError

__all__ = ["main", "pages"]

FOLDER = Path("docs")


def pages() -> dict[str, str]:
    """The generated pages by their names below ``docs/``."""
    from dockworthy.commands.reference import commands_page  # noqa: PLC0415 - reads every command
    from dockworthy.profile.params import describe  # noqa: PLC0415 - heavy (pydantic)
    from dockworthy.releases import known  # noqa: PLC0415 - the command's own need
    from dockworthy.report.catalogue import checks_page, params_page  # noqa: PLC0415
    from dockworthy.report.frameworks import frameworks_page  # noqa: PLC0415
    from dockworthy.report.releases import releases_page  # noqa: PLC0415

    checks = all_checks([])
    return {
        "checks.md": checks_page(checks),
        "commands.md": commands_page(),
        "frameworks.md": frameworks_page(checks),
        "params.md": params_page(describe(), checks),
        "releases.md": releases_page(known()),
    }


def main(argv: list[str] | None = None) -> int:
    """Write the pages, or with ``--check`` end with 1 where one is not what the code says."""
    parser = argparse.ArgumentParser(prog="python -m dockworthy.commands.docs", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; 1 where a page is stale")
    args = parser.parse_args(argv)
    stale = 0
    for name, text in pages().items():
        path = FOLDER / name
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        stale += 1
        if args.check:
            say(f"{path}: is stale; run `python -m dockworthy.commands.docs`.")
        else:
            path.write_text(text, encoding="utf-8")
            say(f"{path}: written")
    return 1 if args.check and stale else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except DockworthyError as error:
        say(str(error))
        sys.exit(error.exit_status)
