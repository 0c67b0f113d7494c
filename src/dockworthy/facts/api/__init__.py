"""What the engine's API says of its containers, images, networks, volumes and swarm, and what /proc says of them."""

from __future__ import annotations

from dockworthy.facts.api.containers import containers
from dockworthy.facts.api.engine import engine
from dockworthy.facts.api.images import images
from dockworthy.facts.api.networks import networks
from dockworthy.facts.api.swarm import swarm
from dockworthy.facts.api.usage import disk_usage
from dockworthy.facts.api.volumes import volumes

__all__ = ["containers", "disk_usage", "engine", "images", "networks", "swarm", "volumes"]
