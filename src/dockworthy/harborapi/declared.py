"""The Harbors that a profile declares, with the credentials that it names; everything a user can have wrong is said."""

from __future__ import annotations

from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from dockworthy.credentials import password_from_env, password_from_file
from dockworthy.dataclass import dataclass
from dockworthy.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from dockworthy.profile.demands.harbor import Harbor
    from dockworthy.profile.params import Params

__all__ = ["DeclaredHarbor", "DeclaredNode", "Login", "declared_harbors"]

_HTTPS: Final = 443
_LONGEST_CA: Final = 1_048_576


@dataclass(frozen=True, slots=True)
class Login:
    """Who asks; the password is in no text that is made of it."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class DeclaredNode:
    """One node of a group: the host of the run that it is, and where its API is asked; None where not named."""

    name: str
    host: str | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True)
class DeclaredHarbor:
    """One Harbor and how it is asked."""

    name: str  # in the profile
    url: str  # that clients use, without a slash at its end
    host: str  # of the url: SNI and, with the port, Host
    port: int
    mode: str  # ``shared`` or ``replication``
    peer: str | None  # the Harbor that it replicates with
    nodes: tuple[DeclaredNode, ...]
    authorities: bytes | None = field(repr=False)  # PEM; None for the system's own
    login: Login | None  # None: only what is public is asked
    most_requests: int  # in all
    seconds: float  # for one answer
    immutable_projects: tuple[str, ...]  # whose rules are asked for
    retention_projects: tuple[str, ...]
    of_many: bool  # whether the profile declares others, too

    @property
    def netloc(self) -> str:
        """What ``Host`` says: the port left out where it is the default."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port == _HTTPS else f"{name}:{self.port}"


def declared_harbors(params: Params, *, spared: Container[str] = ()) -> tuple[DeclaredHarbor, ...]:
    """The Harbors of a profile, their credentials read.

    Args:
        params: of the profile.
        spared: those that are not asked: their passwords and CAs may be missing where they are judged again.

    Raises:
        UsageError: for a credential or a CA that is not there, that others may read, or that is none; and for a peer
            that no Harbor is.
    """
    found = params.harbors
    for name, one in found.items():
        if one.peer is not None and (one.peer not in found or one.peer == name):
            raise UsageError(f"harbors.{name}: its peer {one.peer!r} is no other Harbor of the profile; name one.")
    return tuple(_declared(name, one, params, is_asked=name not in spared) for name, one in found.items())


def _declared(name: str, one: Harbor, params: Params, *, is_asked: bool) -> DeclaredHarbor:
    parts = urlsplit(one.url)
    has_ca = is_asked or (one.ca_file is not None and Path(one.ca_file).exists())
    return DeclaredHarbor(
        name=name,
        url=one.url.rstrip("/"),
        host=parts.hostname or "",
        port=parts.port or _HTTPS,
        mode=one.mode,
        peer=one.peer,
        nodes=tuple(DeclaredNode(key, node.host, node.address) for key, node in one.nodes.items()),
        authorities=_authorities(name, one.ca_file) if has_ca else None,
        login=_login(name, one, is_asked=is_asked),
        most_requests=params.harbor_max_requests,
        seconds=params.harbor_api_timeout,
        immutable_projects=tuple(text.partition(":")[0] for text in params.harbor_immutable_projects),
        retention_projects=params.harbor_retention_projects,
        of_many=len(params.harbors) > 1,
    )


def _login(name: str, one: Harbor, *, is_asked: bool) -> Login | None:
    where = f"harbors.{name}"
    if one.username is None:
        if one.password_env or one.password_file:
            raise UsageError(f"{where}: it names a password and nobody whose it is; add `username`.")
        return None
    if one.password_env and one.password_file:
        raise UsageError(f"{where}: it names `password_env` and `password_file`; keep one of them.")
    if not is_asked and not (one.password_file and Path(one.password_file).exists()):
        return Login(one.username, "")
    if one.password_env:
        return Login(one.username, password_from_env(one.password_env, where))
    if one.password_file:
        return Login(one.username, password_from_file(Path(one.password_file), where))
    raise UsageError(f"{where}: it names a user and no password; add `password_env` or `password_file`.")


def _authorities(name: str, ca_file: str | None) -> bytes | None:
    if ca_file is None:
        return None
    from ssl import SSLError, create_default_context  # noqa: PLC0415 - few profiles declare a Harbor

    where = f"harbors.{name}: {ca_file}"
    try:
        with Path(ca_file).open("rb") as stream:
            pem = stream.read(_LONGEST_CA + 1)
    except OSError as error:
        raise UsageError(f"{where} cannot be read ({error.strerror}); name the CA's certificate.") from None
    try:
        create_default_context(cadata=pem.decode("ascii") or "none")  # nothing would be the system's own to it
    except (SSLError, UnicodeDecodeError, ValueError):
        raise UsageError(f"{where} holds no certificate in PEM; name the CA's certificate.") from None
    return pem


def as_json(one: DeclaredHarbor, *, asked: bool, reason: str | None) -> Mapping[str, Any]:
    """What the snapshot says of it: nothing of the credential but that there is one."""
    return {
        "name": one.name,
        "url": one.url,
        "mode": one.mode,
        "peer": one.peer,
        "nodes": [{"name": node.name, "host": node.host, "address": node.address} for node in one.nodes],
        "login": one.login is not None,
        "of_many": one.of_many,
        "asked": asked,
        "reason": reason,
    }
