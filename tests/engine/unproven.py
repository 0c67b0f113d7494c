"""Checks whose fix cannot be carried out on a test host, each with the reason."""

from __future__ import annotations

from tests.engine.container_proofs import CONTAINER_UNPROVEN
from tests.engine.host_proofs import HOST_UNPROVEN

UNPROVEN: dict[str, str] = {**CONTAINER_UNPROVEN, **HOST_UNPROVEN}
