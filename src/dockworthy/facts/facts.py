"""All facts of one host, each built from the snapshot when it is first asked for, and once."""

from __future__ import annotations

from datetime import datetime, timezone
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dockworthy.snapshot import Snapshot

__all__ = ["PROVIDERS", "Facts"]

# The facts that a check can name as a parameter, and the function (of Facts) that builds each.
# Imported when first asked for, so that a run pays only for what it judges.
PROVIDERS: dict[str, str] = {
    # kernel
    "kernel": "dockworthy.facts.kernel.host:kernel",
    "namespaces": "dockworthy.facts.kernel.host:namespaces",
    "cgroups": "dockworthy.facts.kernel.host:cgroups",
    "modules": "dockworthy.facts.kernel.host:modules",
    "sysctls": "dockworthy.facts.kernel.host:sysctls",
    # the system around the engine
    "os": "dockworthy.facts.host.os:os_facts",
    "packages": "dockworthy.facts.host.packages:packages",
    "repositories": "dockworthy.facts.host.packages:repositories",
    "services": "dockworthy.facts.host.services:services",
    "processes": "dockworthy.facts.host.processes:processes",
    "users": "dockworthy.facts.host.users:users",
    "files": "dockworthy.facts.host.files:files",
    "mounts": "dockworthy.facts.host.mounts:mounts",
    "places": "dockworthy.facts.host.mounts:places",
    "storage": "dockworthy.facts.engine.disk:storage",
    "audit": "dockworthy.facts.host.audit:audit",
    "compose": "dockworthy.facts.host.compose:compose",
    "completion": "dockworthy.facts.host.completion:completion",
    "clock": "dockworthy.facts.host.os:clock",
    # the engine
    "daemon": "dockworthy.facts.engine.daemon:daemon",
    "engine": "dockworthy.facts.api:engine",
    "client": "dockworthy.facts.engine.client:client",
    "containers": "dockworthy.facts.api:containers",
    "images": "dockworthy.facts.api:images",
    "networks": "dockworthy.facts.api:networks",
    "volumes": "dockworthy.facts.api:volumes",
    "swarm": "dockworthy.facts.api:swarm",
    "disk_usage": "dockworthy.facts.api:disk_usage",
    "content_trust": "dockworthy.facts.engine.contenttrust:content_trust",
    "escapes": "dockworthy.facts.engine.escapes:escapes",
    # registries
    "certsd": "dockworthy.facts.registry.certsd:certsd",
    "registries": "dockworthy.facts.registry.registries:registries",
    "harbor": "dockworthy.facts.harbor.config:harbor",
}


class Facts:
    """The facts of one host, by name.

    Attributes:
        snapshot: what was seen.
        now: the moment by which dates are judged, in UTC.
    """

    def __init__(self, snapshot: Snapshot, now: datetime | None = None) -> None:
        self.snapshot = snapshot
        self.now = now or datetime.now(tz=timezone.utc)
        self._built: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        provider = PROVIDERS.get(name)
        if provider is None:
            raise AttributeError(name)
        if name not in self._built:
            module, _, function = provider.partition(":")
            self._built[name] = getattr(import_module(module), function)(self)
        return self._built[name]
