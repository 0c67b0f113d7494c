"""The engine's configuration (CIS section 2)."""

from __future__ import annotations

from pydantic import Field

from dockworthy.profile.demands.types import Demands, Name

__all__ = ["DaemonDemands"]


class DaemonDemands(Demands):
    """How the engine is to be set up."""

    rootless_required: bool | None = Field(
        default=None,
        description="Whether the engine must run without root privileges (CIS 2.1). Not declared: the check asks; "
        "false accepts a rootful engine.",
    )
    insecure_registries_accepted: tuple[Name, ...] = Field(
        default=(), description="Registries and networks that may be insecure beside the loopback (CIS 2.5)."
    )
    daemon_required_ulimits: tuple[Name, ...] = Field(
        default=(),
        description="Limits that default-ulimits must set, such as nofile and nproc (CIS 2.8); at least one limit is "
        "always demanded.",
    )
    daemon_max_ulimits: dict[Name, int] = Field(
        default_factory=dict,
        description="The highest hard limit that default-ulimits may set, by the limit's name (CIS 2.8).",
    )
    daemon_allowed_cgroup_parents: tuple[Name, ...] = Field(
        default=(), description="Values of cgroup-parent beside the engine's own default (CIS 2.10)."
    )
    remote_log_drivers: tuple[Name, ...] = Field(
        default=("awslogs", "fluentd", "gcplogs", "gelf", "splunk", "syslog", "journald"),
        description="Log drivers that take logs off the host (CIS 2.13); syslog, fluentd and gelf only with an address "
        "that is not local.",
    )
    log_shipper_attested: bool = Field(
        default=False,
        description="Whether something else on the host ships the logs of the local drivers (json-file, local, "
        "journald) away (CIS 2.13).",
    )
    allowed_seccomp_profiles: tuple[Name, ...] = Field(
        default=(), description="Paths of daemon-wide seccomp profiles beside the built-in one (CIS 2.17)."
    )
    denied_features: tuple[Name, ...] = Field(
        default=(), description="Keys of features in daemon.json that must not be on (CIS 2.18)."
    )
