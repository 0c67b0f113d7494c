"""Whether Docker will work here, and still after the next reboot: what is normal on this host, and what room it has."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from dockworthy.profile.demands.types import Cidr, Count, Demands, Glob, KernelInt, Name, Percent, RegistryName

__all__ = ["FitnessDemands"]


class FitnessDemands(Demands):
    """Network, names, limits, packages, the next boot, the client's files and rootless engines."""

    subnet_overlaps_accepted: tuple[Cidr, ...] = Field(
        default=(), description="Networks in CIDR form that a container network may share with a route of the host."
    )
    min_free_address_pools: Count = Field(
        default=1, description="How many more networks the engine must be able to make out of its address pools."
    )
    max_conntrack_percent: Percent = Field(
        default=90, description="How full the table of tracked connections may be, in percent."
    )
    max_limit_percent: Percent = Field(
        default=90,
        description="How much of a limit on inotify, processes, tasks and open files may be used, in percent.",
    )
    registries_through_proxy: tuple[RegistryName, ...] = Field(
        default=(), description="Registries on this host's own network that are meant to be asked through the proxy."
    )
    published_ports_open: dict[Glob, tuple[Name, ...]] = Field(
        default_factory=dict,
        description='Published ports that are meant to be open in spite of the host\'s firewall, "PORT" or '
        '"PORT/PROTOCOL" by the container\'s name (globs).',
    )
    dns_lookups: bool = Field(
        default=True, description="Whether a random name may be looked up in each search domain of the host."
    )
    map_count_images: dict[Glob, KernelInt] = Field(
        default_factory=dict,
        description="Images (globs) that refuse to start below a value of vm.max_map_count, and that value.",
    )
    held_packages_accepted: dict[Name, Name] = Field(
        default_factory=dict, description="Packages that may be held back, each with the reason."
    )
    unattended_upgrades_accepted: bool = Field(
        default=False, description="Whether an upgrade that nobody attends may stop the containers."
    )
    containers_expected_at_boot: tuple[Glob, ...] | None = Field(
        default=None,
        description="Containers (globs) that must come back after a reboot. Not declared: those with published ports.",
    )
    plain_credentials_accepted: tuple[Name, ...] = Field(
        default=(), description="Registries whose password may lie in the client's config.json, as its auths name them."
    )
    rootless_users: tuple[Name, ...] = Field(
        default=(), description="Accounts that run a rootless engine, beside those that are seen to."
    )
    rootless_controllers: tuple[Name, ...] = Field(
        default=("cpu", "memory", "pids"),
        description="Controllers of control groups that a rootless engine's user must have.",
    )
    image_depth: Literal["config", "layers"] = Field(
        default="config",
        description='"config": images are judged by what the engine tells of them; "layers": their files, too.',
    )
