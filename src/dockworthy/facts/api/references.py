"""Image references as the engine reads them (distribution/reference: ParseNormalizedNamed)."""

from __future__ import annotations

import re

__all__ = ["familiar", "is_digest", "is_identity", "normal_name", "normal_tag", "split_reference"]

_IDENTITY = re.compile(r"(?:sha256:)?[0-9a-f]{64}", re.ASCII)
_PREFIX = re.compile(r"[0-9a-f]{1,64}", re.ASCII)
_DEFAULT_HOST, _OFFICIAL = "docker.io", "library/"


def split_reference(reference: str) -> tuple[str, str, str]:
    """Name, tag and digest; what is not there is empty."""
    name, _, digest = reference.partition("@")
    head, slash, last = name.rpartition("/")
    base, _, tag = last.partition(":")
    return f"{head}{slash}{base}", tag, digest


def is_digest(reference: str) -> bool:
    """Whether a reference is pinned by a digest."""
    return bool(split_reference(reference)[2])


def is_identity(reference: str, identity: str) -> bool:
    """Whether a reference is an image's id, whole or its beginning, and so means that image for ever."""
    if _IDENTITY.fullmatch(reference):
        return True
    short = reference.removeprefix("sha256:")
    return bool(_PREFIX.fullmatch(short)) and identity.removeprefix("sha256:").startswith(short)


def normal_name(name: str) -> str:
    """The name with its registry: ``busybox`` is ``docker.io/library/busybox``."""
    first, slash, rest = name.partition("/")
    is_host = bool(slash) and ("." in first or ":" in first or first == "localhost" or first != first.lower())
    host, path = (first, rest) if is_host else (_DEFAULT_HOST, name)
    if host == "index.docker.io":
        host = _DEFAULT_HOST
    if host == _DEFAULT_HOST and "/" not in path:
        path = _OFFICIAL + path
    return f"{host}/{path}"


def normal_tag(reference: str) -> str:
    """The name with its registry and its tag, ``latest`` where none is written; a digest is left out."""
    name, tag, _ = split_reference(reference)
    return f"{normal_name(name)}:{tag or 'latest'}"


def familiar(reference: str) -> str:
    """The reference as people write it, without the default registry (engines with containerd's store write it)."""
    return reference.removeprefix(f"{_DEFAULT_HOST}/{_OFFICIAL}").removeprefix(f"{_DEFAULT_HOST}/")
