"""Which controls of which frameworks a check answers, by what published documents say."""

from __future__ import annotations

from dockworthy.frameworks.cis import cis, cis18
from dockworthy.frameworks.table import Framework, Source, Statement, Table, known

__all__ = ["Framework", "Source", "Statement", "Table", "cis", "cis18", "known"]
