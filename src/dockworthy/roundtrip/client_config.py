"""The credentials that the docker client on this machine has for a registry, by its file or its helpers."""

from __future__ import annotations

from dockworthy.credentials import Credentials
from dockworthy.errors import UsageError

__all__ = ["credentials_of_client"]


def credentials_of_client(authority: str) -> Credentials:
    """What ``docker push`` would log in with; none where it has none. `UsageError` for what cannot be read."""
    from docker.auth import load_config  # noqa: PLC0415 - heavy
    from docker.errors import DockerException  # noqa: PLC0415 - beside it

    try:
        found = load_config().resolve_authconfig(authority) or {}
    except (DockerException, ValueError, OSError, KeyError, TypeError, AttributeError):
        raise UsageError(
            f"the docker client's credentials for {authority} cannot be read (config.json, or its helper); log in "
            "again, or name --username with --password-env or --password-file."
        ) from None
    given = {name.lower(): value for name, value in found.items() if isinstance(value, str)}
    if given.get("identitytoken"):
        return Credentials(token=given["identitytoken"], source="the docker client's identity token")
    if given.get("username") and given.get("password"):
        return Credentials(given["username"], given["password"], source="the docker client's login")
    return Credentials()
