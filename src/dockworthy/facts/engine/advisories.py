"""Faults through which a container got out, with the versions that have them: ``advisories.toml``, which says more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.data import text
from dockworthy.dataclass import dataclass
from dockworthy.facts.toml import parse_toml

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

__all__ = ["ADVISORIES", "AS_OF", "Advisory"]


@dataclass(frozen=True, slots=True)
class Advisory:
    """One fault."""

    id: str  # its CVE number
    component: str  # ``engine``, ``containerd``, ``runc`` or ``desktop``
    affected: Sequence[tuple[str, str]]  # ranges of versions
    summary: str  # what a container can do with it
    needs_authorization_plugin: bool = False  # whether it concerns only engines that use one


_TABLE = parse_toml(text("dockworthy.facts.engine", "advisories.toml"))
AS_OF: date = _TABLE["as_of"]
ADVISORIES = tuple(Advisory(name, **columns) for name, columns in _TABLE["advisories"].items())
