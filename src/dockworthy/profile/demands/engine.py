"""The engine's installation and its storage."""

from __future__ import annotations

from pydantic import Field

from dockworthy.profile.demands.types import Days, Demands, Maintained, Name, Percent, Version

__all__ = ["EngineDemands"]


class EngineDemands(Demands):
    """Which engine, from where, how old, and on what storage."""

    min_engine_version: Version = Field(
        default="26.0", description="The oldest Docker Engine that is accepted (CIS 1.2.2)."
    )
    min_compose_version: Version = Field(default="2.20", description="The oldest Docker Compose that is accepted.")
    min_containerd_version: Version = Field(
        default="1.6", description="The oldest containerd that is accepted (CIS 1.2.2)."
    )
    min_runc_version: Version = Field(default="1.1.12", description="The oldest runc that is accepted (CIS 1.2.2).")
    accepted_engine_packages: tuple[Name, ...] = Field(
        default=("docker-ce", "docker-ee", "docker.io", "moby-engine", "docker"),
        description="Ways of installing the engine that are accepted: package names, or snap, static.",
    )
    engine_repositories: tuple[Name, ...] = Field(
        default=("https://download.docker.com/linux/",),
        description="Where Docker's own packages may come from: beginnings of repository addresses.",
    )
    maintained_engine_versions: Maintained = Field(
        default_factory=Maintained, description="Release series of Docker Engine that still get fixes."
    )
    maintained_distribution_versions: Maintained = Field(
        default_factory=Maintained,
        description="The same for the release's own engine package, which its maintainers patch for longer.",
    )
    maintained_compose_versions: Maintained = Field(
        default_factory=Maintained, description="Release series of Docker Compose that still get fixes."
    )
    max_maintained_table_age_days: Days = Field(
        default=365, description="How old a table of maintained versions may be before nothing is decided by it."
    )
    max_advisories_age_days: Days = Field(
        default=365, description="How old the table of known container escapes may be before nothing is decided by it."
    )
    docker_trusted_users: tuple[Name, ...] | None = Field(
        default=None,
        description="The accounts that may reach the engine's socket (CIS 1.1.2). Not declared: the check asks.",
    )
    accepted_storage_drivers: tuple[Name, ...] = Field(
        default=("overlay2", "overlayfs", "btrfs", "zfs", "fuse-overlayfs"),
        description="Storage drivers and containerd snapshotters that are accepted.",
    )
    min_data_root_free_percent: Percent = Field(
        default=10, description="The least free space of the engine's data root, in percent."
    )
    min_data_root_free_inodes_percent: Percent = Field(
        default=10, description="The least free inodes of the engine's data root, in percent."
    )
