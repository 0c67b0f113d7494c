"""Swarm mode (CIS 5.1 and section 7)."""

from __future__ import annotations

from pydantic import Field

from dockworthy.profile.demands.types import Count, Days, Demands, Name

__all__ = ["SwarmDemands"]


class SwarmDemands(Demands):
    """What a swarm must be, where there is to be one."""

    swarm_expected: bool = Field(
        default=False, description="Whether this host is meant to be in a swarm (CIS 5.1, section 7)."
    )
    swarm_max_managers: Count = Field(default=7, description="The most managers of a swarm (CIS 7.1).")
    swarm_single_manager_accepted: bool = Field(
        default=False,
        description="Whether a swarm with one manager, which has no quorum to lose, is accepted (CIS 7.1).",
    )
    swarm_unencrypted_networks: tuple[Name, ...] = Field(
        default=("ingress",), description="Overlay networks that need not be encrypted (CIS 7.3)."
    )
    swarm_max_certificate_days: Days = Field(
        default=90, description="The longest validity of the nodes' certificates (CIS 7.7)."
    )
    swarm_max_ca_age_days: Days = Field(
        default=365, description="The age after which the swarm's root certificate is to be rotated (CIS 7.8)."
    )
    swarm_one_interface_accepted: bool = Field(
        default=False, description="Whether hosts may carry management and data on one interface (CIS 7.9)."
    )
