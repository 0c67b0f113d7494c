"""Where commands print: UTF-8 or what the stream can hold, never a traceback for a name that it cannot."""

from __future__ import annotations

import json
import sys

from dockworthy.printable import storable

__all__ = ["say", "say_json"]


def say(text: str = "") -> None:
    """Print a line."""
    sys.stdout.write(storable(text, sys.stdout.encoding or "utf-8") + "\n")


def say_json(value: object) -> None:
    """Print a JSON document."""
    text = json.dumps(value, indent=2, ensure_ascii=False, default=str)
    say(text.encode("utf-8", "replace").decode())
