"""Registries and certificates."""

from __future__ import annotations

from pydantic import Field

from dockworthy.profile.demands.types import CertificateDays, Demands, RegistryName

__all__ = ["RegistryDemands"]


class RegistryDemands(Demands):
    """Which registries must work, and how long certificates must still hold."""

    registries: tuple[RegistryName, ...] = Field(
        default=(), description="The registries that this host must be able to use."
    )
    certificate_days_left: CertificateDays = Field(
        default_factory=CertificateDays, description="When a certificate that is about to end becomes a finding."
    )
