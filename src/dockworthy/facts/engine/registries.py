"""The registry settings as the engine's registry service takes them at its start.

Source: ``registry/config.go`` of moby (``newServiceConfig``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dockworthy.facts.engine.options import validate_mirror_of
from dockworthy.golang.values import GoError
from dockworthy.trust.loaders.insecure import check_insecure, check_registry, validate_index_name

if TYPE_CHECKING:
    from dockworthy.facts.engine.inputs import EngineInputs

__all__ = ["check_registries"]


def check_registries(config: dict[str, Any], inputs: EngineInputs) -> None:
    """Refuse what the registry service refuses of its three settings, in its order."""
    for name in config.get("allow-nondistributable-artifacts") or []:
        validate_index_name(name)
        if "://" in name:
            raise GoError(f"allow-nondistributable-artifacts registry {name} should not contain '://'")
        check_registry(name, "allow-nondistributable-artifacts")
    for mirror in config["registry-mirrors"] or []:
        validate_mirror_of(mirror, inputs.rules)
    for name in config["insecure-registries"] or []:
        check_insecure(name)
