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
    "os": "dockworthy.facts.system:os_facts",
    "packages": "dockworthy.facts.packages:packages",
    "repositories": "dockworthy.facts.packages:repositories",
    "services": "dockworthy.facts.services:services",
    "processes": "dockworthy.facts.processes:processes",
    "users": "dockworthy.facts.users:users",
    "files": "dockworthy.facts.files:files",
    "mounts": "dockworthy.facts.mounts:mounts",
    "storage": "dockworthy.facts.storage:storage",
    "audit": "dockworthy.facts.audit:audit",
    "compose": "dockworthy.facts.compose:compose",
    "completion": "dockworthy.facts.completion:completion",
    "clock": "dockworthy.facts.system:clock",
    # the engine
    "daemon": "dockworthy.facts.daemon:daemon",
    "engine": "dockworthy.facts.api:engine",
    "client": "dockworthy.facts.client:client",
    "containers": "dockworthy.facts.api:containers",
    "images": "dockworthy.facts.api:images",
    "networks": "dockworthy.facts.api:networks",
    "volumes": "dockworthy.facts.api:volumes",
    "swarm": "dockworthy.facts.api:swarm",
    "disk_usage": "dockworthy.facts.api:disk_usage",
    "content_trust": "dockworthy.facts.contenttrust:content_trust",
    "escapes": "dockworthy.facts.escapes:escapes",
    # registries
    "certsd": "dockworthy.facts.certsd:certsd",
    "registries": "dockworthy.facts.registries:registries",
    "harbor": "dockworthy.facts.harbor:harbor",
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
