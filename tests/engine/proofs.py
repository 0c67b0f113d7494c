"""All proofs of fixes.

``python -m tests.engine.proofs`` prints which fixes are carried out, and why the others cannot be.
"""

from __future__ import annotations

import sys
from collections import Counter

from tests.engine.container_proofs import CONTAINER_PROOFS
from tests.engine.daemon_proofs import DAEMON_PROOFS
from tests.engine.fitness_boot_proofs import BOOT_PROOFS
from tests.engine.fitness_client_proofs import CLIENT_PROOFS
from tests.engine.fitness_filters_proofs import FILTERS_PROOFS
from tests.engine.fitness_limits_proofs import FITNESS_LIMITS_PROOFS
from tests.engine.fitness_names_proofs import NAMES_PROOFS
from tests.engine.fitness_routes_proofs import ROUTES_PROOFS
from tests.engine.harbor_proofs import HARBOR_PROOFS
from tests.engine.host_proofs import HOST_PROOFS
from tests.engine.image_proofs import IMAGE_PROOFS
from tests.engine.kernel_proofs import KERNEL_PROOFS
from tests.engine.swarm_proofs import SWARM_PROOFS
from tests.engine.trust_proofs import TRUST_PROOFS
from tests.engine.unproven import UNPROVEN

__all__ = ["PROOFS"]

PROOFS = [
    *DAEMON_PROOFS,
    *HOST_PROOFS,
    *CONTAINER_PROOFS,
    *IMAGE_PROOFS,
    *SWARM_PROOFS,
    *KERNEL_PROOFS,
    *TRUST_PROOFS,
    *HARBOR_PROOFS,
    *CLIENT_PROOFS,
    *BOOT_PROOFS,
    *ROUTES_PROOFS,
    *NAMES_PROOFS,
    *FITNESS_LIMITS_PROOFS,
    *FILTERS_PROOFS,
]


def main() -> int:
    """Print both lists."""
    proven = Counter(proof.check for proof in PROOFS)
    by_person = {proof.check for proof in PROOFS if proof.person}
    lines = []
    for check, number in sorted(proven.items()):
        how = "as a person does what it says" if check in by_person else "as it is printed"
        lines.append(f"{check}: carried out {how}" + (f", in {number} ways" if number > 1 else ""))
    lines += [f"{check}: not here: {reason}" for check, reason in sorted(UNPROVEN.items())]
    lines.append(f"{len(proven)} carried out, {len(UNPROVEN)} not")
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
