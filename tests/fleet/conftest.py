"""Hosts of a fleet, made of recorded ones, and the command as a user calls it."""

from __future__ import annotations

from tests.run.conftest import dockworthy, small_snapshot

__all__ = ["dockworthy", "small_snapshot"]
