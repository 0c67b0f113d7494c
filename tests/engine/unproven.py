"""Checks whose fix cannot be carried out on a test host, each with the reason."""

from __future__ import annotations

from tests.engine.container_proofs import CONTAINER_UNPROVEN
from tests.engine.daemon_proofs import DAEMON_UNPROVEN
from tests.engine.fitness_boot_proofs import BOOT_UNPROVEN
from tests.engine.fitness_client_proofs import CLIENT_UNPROVEN
from tests.engine.fitness_filters_proofs import FILTERS_UNPROVEN
from tests.engine.fitness_limits_proofs import FITNESS_LIMITS_UNPROVEN
from tests.engine.fitness_names_proofs import NAMES_UNPROVEN
from tests.engine.fitness_routes_proofs import ROUTES_UNPROVEN
from tests.engine.harbor_proofs import HARBOR_UNPROVEN
from tests.engine.host_proofs import HOST_UNPROVEN
from tests.engine.image_proofs import IMAGE_UNPROVEN
from tests.engine.kernel_proofs import KERNEL_UNPROVEN
from tests.engine.swarm_proofs import SWARM_UNPROVEN
from tests.engine.trust_proofs import TRUST_UNPROVEN

__all__ = ["UNPROVEN"]

UNPROVEN: dict[str, str] = {
    **DAEMON_UNPROVEN,
    **HOST_UNPROVEN,
    **CONTAINER_UNPROVEN,
    **IMAGE_UNPROVEN,
    **SWARM_UNPROVEN,
    **KERNEL_UNPROVEN,
    **TRUST_UNPROVEN,
    **HARBOR_UNPROVEN,
    **CLIENT_UNPROVEN,
    **BOOT_UNPROVEN,
    **ROUTES_UNPROVEN,
    **NAMES_UNPROVEN,
    **FITNESS_LIMITS_UNPROVEN,
    **FILTERS_UNPROVEN,
}
