"""The kernel and the system around the engine."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from dockworthy.profile.demands.types import Demands, Name, Version

__all__ = ["SystemDemands"]


class SystemDemands(Demands):
    """What the release must bring."""

    min_kernel_version: Version = Field(default="3.10", description="The oldest kernel that fits this release.")
    cgroup_versions: tuple[Literal["v1", "hybrid", "v2"], ...] = Field(
        default=("v1", "hybrid", "v2"), description="The cgroup hierarchies that this release supports."
    )
    mandatory_access_control: Literal["any", "apparmor", "selinux", "none"] = Field(
        default="any", description="The security module that this release confines containers with (CIS 5.2, 5.3)."
    )
    completion_files: tuple[Name, ...] = Field(
        default=("/usr/share/bash-completion/completions/docker", "/etc/bash_completion.d/docker"),
        description="Docker's completion for bash: one of these files must be there.",
    )
