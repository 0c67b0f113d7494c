"""Checks whose fix cannot be carried out on a test host, each with the reason."""

from __future__ import annotations

from tests.engine.host_proofs import HOST_UNPROVEN

UNPROVEN: dict[str, str] = {**HOST_UNPROVEN}
