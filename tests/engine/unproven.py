"""Checks whose fix cannot be carried out on a test host, each with the reason."""

from __future__ import annotations

UNPROVEN: dict[str, str] = {}
