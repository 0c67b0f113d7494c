"""Containers and images: what they may do, and where they may come from (CIS sections 4 to 6)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from dockworthy.profile.demands.types import Count, Days, Demands, Glob, Name, Percent, Port

__all__ = ["ContainerDemands"]


class ContainerDemands(Demands):
    """What containers and images may be."""

    container_states: Literal["running", "all"] = Field(
        default="running", description='"running", or "all": stopped containers are judged too (CIS section 5).'
    )
    container_allowed_capabilities: tuple[Name, ...] = Field(
        default=(),
        description="Capabilities beyond Docker's default set that containers may have (CIS 5.4), in any spelling.",
    )
    container_required_drops: tuple[Name, ...] = Field(
        default=(), description="Capabilities that every container must drop, such as NET_RAW or ALL (CIS 5.4)."
    )
    container_allowed_mounts: tuple[Name, ...] = Field(
        default=(),
        description="Sensitive host paths that containers may mount, each with all below it; "
        '"PATH:ro" allows it read-only alone (CIS 5.6).',
    )
    container_allowed_privileged_ports: tuple[Port, ...] = Field(
        default=(), description="Host ports below 1024 that containers may publish (CIS 5.8)."
    )
    container_allowed_ports: dict[Glob, tuple[Name, ...]] | None = Field(
        default=None,
        description='Which host ports a container may publish, "PORT" or "PORT/PROTOCOL" by the container\'s name '
        "(globs) (CIS 5.9). Not declared: the check asks.",
    )
    container_allowed_devices: tuple[Name, ...] = Field(
        default=(),
        description="Host devices (/dev/fuse) and device drivers (nvidia) that containers may use (CIS 5.18).",
    )
    container_allowed_ulimits: dict[Name, Name] | None = Field(
        default=None,
        description='Ulimits that containers may override, "SOFT:HARD" or "*" by the limit\'s name (CIS 5.19). '
        "Not declared: the check asks.",
    )
    container_allowed_cgroup_parents: tuple[Name, ...] = Field(
        default=(), description="Parents of control groups that containers may name (CIS 5.25)."
    )
    image_approved_sources: tuple[Name, ...] | None = Field(
        default=None,
        description='Registries and repositories that images may come from: "harbor.example.com/base" and all below '
        "it (CIS 4.2). Not declared: the check asks.",
    )
    image_max_age_days: Days | None = Field(
        default=None,
        description="The age after which an image is to be rebuilt (CIS 4.4). Not declared: the check asks.",
    )
    image_packages_refused: tuple[Glob, ...] | None = Field(
        default=None,
        description="Packages (globs) that must not be in an image, which is seen with image_depth: layers (CIS 4.3). "
        "Not declared: the check asks.",
    )
    content_trust_replacement: Name | None = Field(
        default=None,
        description="The control that verifies signatures here in the place of Docker Content Trust, which is retired "
        '(CIS 4.5): "cosign policy of harbor.example.com".',
    )
    max_stopped_containers: Count = Field(default=5, description="How many stopped containers may lie about (CIS 6.2).")
    max_unused_images_percent: Percent = Field(
        default=50, description="How many of the images may be used by no container, in percent (CIS 6.1)."
    )
    max_dangling_images: Count = Field(
        default=10, description="How many images without a name may lie about (CIS 6.1)."
    )
