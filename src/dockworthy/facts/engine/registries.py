"""The registry settings as the engine's registry service takes them at its start.

Source: ``registry/config.go`` of moby 26.1 (``newServiceConfig``).
"""

from __future__ import annotations

from dockworthy.golang.values import GoError
from dockworthy.trust.loaders.insecure import check_insecure, check_registry, validate_index_name, validate_mirror

__all__ = ["check_registries"]


def check_registries(artifacts: list[str], mirrors: list[str], insecure: list[str]) -> None:
    """Refuse what the registry service refuses, in its order.

    Args:
        artifacts: ``allow-nondistributable-artifacts``.
        mirrors: ``registry-mirrors``.
        insecure: ``insecure-registries``.

    Raises:
        GoError: with the service's text.
    """
    for name in artifacts:
        validate_index_name(name)
        if "://" in name:
            raise GoError(f"allow-nondistributable-artifacts registry {name} should not contain '://'")
        check_registry(name, "allow-nondistributable-artifacts")
    for mirror in mirrors:
        validate_mirror(mirror)
    for name in insecure:
        check_insecure(name)
