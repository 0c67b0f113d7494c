"""Which releases of Docker Engine there are, and what a text says of which one an engine is."""

from __future__ import annotations

from dockworthy.releases.release import Release
from dockworthy.releases.table import Row, Rules, Table, known

__all__ = ["Release", "Row", "Rules", "Table", "known"]
