"""Recorded hosts, changed in one place, and what is judged of them."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dockworthy.fleet.look import Look, Orders
from dockworthy.run.options import Options
from dockworthy.snapshot import read_snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dockworthy.fleet.look import Judged
    from dockworthy.snapshot import Section, Snapshot

__all__ = ["ALL", "NOW", "framed", "look", "orders", "records", "seen"]

DATA = Path(__file__).parent.parent / "data"
ALL = sorted(DATA.glob("*/*.snapshot"))
NOW = datetime(2026, 11, 27, 12, 0, tzinfo=timezone.utc)


@lru_cache
def seen(path: Path) -> Snapshot:
    """A recorded snapshot."""
    return read_snapshot(path)


def framed(sections: Mapping[str, Section]) -> bytes:
    """The bytes of a snapshot with these sections."""
    frames = [
        b"@ %s %d raw %d\n%s\n" % (name.encode("utf-8", "surrogateescape"), one.status, len(one.data), one.data)
        for name, one in sections.items()
    ]
    return b"dockworthy-snapshot 1 0.1.0\n" + b"".join(frames) + b"@end %d\n" % len(frames)


def look(data: bytes | None, number: int = 0, name: str | None = None, **more: Any) -> Look:
    """What came of looking at a host."""
    return Look(number, name or f"web{number}", f"ssh://web{number}", data, **more)


def orders(baseline: Path | None = None, **options: Any) -> Orders:
    """By what hosts are judged."""
    given = {"profile": "base", **options}
    return Orders.of(Options(**given), NOW, None if baseline is None else str(baseline))


def records(judged: Judged) -> list[dict[str, Any]]:
    """The lines of a host, without how long the judgement took."""
    lines = [json.loads(line) for line in judged.lines.splitlines()]
    return [{name: value for name, value in line.items() if name != "seconds"} for line in lines]
