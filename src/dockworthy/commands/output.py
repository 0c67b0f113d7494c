"""Where commands print: UTF-8 or what the stream can hold, never a traceback for a name that it cannot."""

from __future__ import annotations

import json
import sys

from dockworthy.printable import storable

__all__ = ["say", "say_json", "say_wrapped"]


def say(text: str = "") -> None:
    """Print a line."""
    sys.stdout.write(storable(text, sys.stdout.encoding or "utf-8") + "\n")


def say_wrapped(text: str, hang: int) -> None:
    """Print a line for people: broken at words where it is longer than the terminal is wide, the rest standing in."""
    from dockworthy.report.screen import Line, print_lines  # noqa: PLC0415 - only where people read

    print_lines([Line([(text, "")], hang=hang)], sys.stdout, color="never")


def say_json(value: object) -> None:
    """Print a JSON document."""
    text = json.dumps(value, indent=2, ensure_ascii=False, default=str)
    say(text.encode("utf-8", "replace").decode())
