"""Harbor: which there are, how they are asked, and what they must be."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from dockworthy.profile.demands.types import (
    Count,
    Days,
    Demands,
    EnvironmentName,
    Label,
    Name,
    Percent,
    ProjectTags,
    RegistryName,
    Url,
    Version,
)

__all__ = ["Harbor", "HarborDemands", "HarborNode"]


def _listed(value: Any) -> Any:
    """One word as a list of one, so that who accepts one thing need not write brackets."""
    return (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else value


Seconds = Annotated[float, Field(gt=0, le=3600)]
Minutes = Annotated[int, Field(ge=0, le=5_256_000)]
Hours = Annotated[int, Field(ge=0, le=87_600)]
Creation = Literal["adminonly", "everyone"]


class HarborNode(Demands):
    """One node of a group: where its files are, and where its API is asked; an inventory may say the former instead."""

    host: Name | None = Field(default=None, description="the host of the run that it is")
    address: RegistryName | None = Field(default=None, description="where it is asked, past the balancer")


class Harbor(Demands):
    """One Harbor and how it is reached.

    A profile never holds a password: `password_env` names an environment variable, `password_file` a file whose first
    line it is.
    """

    url: Url = Field(description="the address that clients use")
    ca_file: Name | None = Field(default=None, description="the CA that issued its certificate; else the system's")
    username: Name | None = Field(default=None, description="who asks; without it only what is public is decided")
    password_env: EnvironmentName | None = Field(default=None, description="the environment variable with the password")
    password_file: Name | None = Field(default=None, description="the file with the password")
    mode: Literal["shared", "replication"] = Field(
        default="shared", description="whether nodes share storage, database and Redis, or Harbors replicate"
    )
    peer: Label | None = Field(default=None, description="the Harbor that it replicates with")
    nodes: dict[Label, HarborNode] = Field(default_factory=dict, description="the nodes of a group")


class HarborDemands(Demands):
    """Which Harbors are asked, and what each Harbor must be."""

    harbors: dict[Label, Harbor] = Field(
        default_factory=dict,
        description="The Harbors whose API is asked, by a name of your own, which results show: `url`, `ca_file`, "
        "`username` with `password_env` or `password_file` (never a password), `mode` (shared or replication), "
        "`peer`, and of a group its `nodes`, each with `host` or `address`.",
    )
    harbor_folders: tuple[Name, ...] = Field(
        default=(), description="Folders of Harbor's installer (with harbor.yml) beside the usual places."
    )
    harbor_digest_key_env: EnvironmentName = Field(
        default="DW_HARBOR_KEY",
        description="The environment variable with the key of the digests by which the secrets of a group's nodes are "
        "compared.",
    )
    harbor_upgrade_to: Version | None = Field(
        default=None, description="The release that Harbor is to be upgraded to. Not declared: no upgrade is planned."
    )
    harbor_max_requests: Annotated[int, Field(ge=1, le=100_000)] = Field(
        default=100, description="The most requests to one Harbor in a run; what needs more is undecided."
    )
    harbor_api_timeout: Seconds = Field(default=10, description="How long one answer of the API may take, in seconds.")
    # access
    harbor_auth_modes: Annotated[tuple[Name, ...], BeforeValidator(_listed)] = Field(
        default=("db_auth", "ldap_auth", "oidc_auth", "http_auth"), description="The ways to log in that are accepted."
    )
    harbor_project_creation: Annotated[tuple[Creation, ...], BeforeValidator(_listed)] = Field(
        default=("adminonly",), description="Who may create projects: adminonly, everyone."
    )
    harbor_max_token_minutes: Minutes = Field(
        default=60, description="How long a token of the token service may be valid, in minutes."
    )
    harbor_read_only_expected: bool = Field(
        default=False, description="Whether Harbor is read-only on purpose for the time being."
    )
    # projects
    harbor_public_projects: tuple[Name, ...] = Field(default=(), description="Projects that may be public.")
    harbor_scan_exempt_projects: tuple[Name, ...] = Field(
        default=(), description="Projects whose images need not be scanned when pushed."
    )
    harbor_prevent_vulnerable: bool = Field(
        default=False, description="Whether projects must refuse that vulnerable images are pulled."
    )
    harbor_max_pull_severity: Literal["low", "medium", "high", "critical"] = Field(
        default="critical", description="The severity from which on images must not be pulled, at the loosest."
    )
    harbor_immutable_projects: tuple[ProjectTags, ...] = Field(
        default=(),
        description="Projects whose tags must be immutable: `PROJECT`, or `PROJECT:PATTERN` for the tags that a rule "
        "must cover.",
    )
    harbor_retention_projects: tuple[Name, ...] = Field(
        default=(), description="Projects that must drop old tags by a rule and a schedule."
    )
    harbor_max_quota_percent: Percent = Field(
        default=98, description="How much of its quota a project may have used, in percent."
    )
    # jobs, replication, robots
    harbor_max_gc_days: Days = Field(
        default=14, description="How long ago the last successful garbage collection may be, in days."
    )
    harbor_audit_forward: bool = Field(
        default=False, description="Whether the audit log must be forwarded to a syslog server."
    )
    harbor_min_free_percent: Percent = Field(
        default=10, description="The least free space of Harbor's data volume, in percent."
    )
    harbor_min_free_gib: Count = Field(default=5, description="The least free space of Harbor's data volume, in GiB.")
    harbor_insecure_registries: tuple[Name, ...] = Field(
        default=(), description="Registry endpoints of Harbor, by name, that need not be verified."
    )
    harbor_max_replication_hours: Hours = Field(
        default=48, description="How long ago the last run of a scheduled replication may be, in hours, at least."
    )
    harbor_eternal_robots: tuple[Name, ...] = Field(
        default=(), description="Robot accounts that may be without an end, by their full names (robot$audit)."
    )
    harbor_robot_days_left: Days = Field(
        default=14, description="How many days before its end a robot account becomes a finding."
    )
    harbor_max_heartbeat_seconds: Count = Field(
        default=60, description="How old the last sign of life of a job service may be, in seconds."
    )
    harbor_max_queue_minutes: Minutes = Field(
        default=30, description="How long a job may wait in its queue, in minutes."
    )
    # files and containers
    harbor_min_database_ssl: Literal["require", "verify-ca", "verify-full"] = Field(
        default="require", description="The least that `ssl_mode` of an external database must demand."
    )
    harbor_log_share: Annotated[float, Field(gt=0, le=1)] = Field(
        default=1.0, description="How much of the free space Harbor's rotated logs may come to fill, as a share of 1."
    )
    harbor_max_trivy_days: Days = Field(
        default=7, description="How old Trivy's database may be where it is not downloaded, in days."
    )
    harbor_max_restarts: Count = Field(
        default=3, description="From how many restarts on a container that was just started is unstable."
    )
    harbor_stable_minutes: Minutes = Field(
        default=60, description="How long a container must have run for its restarts not to count, in minutes."
    )
    # a group
    harbor_max_skew_seconds: Count = Field(
        default=5, description="How far the clocks of a group's nodes may be apart, in seconds."
    )
    harbor_sticky_sessions: bool = Field(
        default=False, description="Whether the balancer keeps a browser with one node, so that CSRF keys may differ."
    )
    harbor_database_max_connections: Count | None = Field(
        default=None,
        description="The connections that a group's external database allows. Not declared: not judged.",
    )
    harbor_replication: Literal["two-way", "one-way"] = Field(
        default="two-way", description="Whether two Harbors replicate to each other, or one to the other alone."
    )
