"""A target's name, read: our own schemes first, then testinfra's; anything else is wrong usage."""

from __future__ import annotations

from urllib.parse import parse_qsl, unquote, urlsplit

from dockworthy.errors import UsageError
from dockworthy.masking import masked
from dockworthy.target.interface import Target

__all__ = ["SCHEMES", "parse_target"]

SCHEMES = (
    "local",
    "ssh",
    "safe-ssh",
    "paramiko",
    "docker",
    "podman",
    "kubectl",
    "openshift",
    "lxc",
    "chroot",
    "ansible",
    "salt",
)


def parse_target(spec: str) -> Target:
    """Read a target as it is given on the command line.

    Raises:
        UsageError: for a scheme that does not exist, or a name that is none.
    """
    for prefix in ("snapshot", "rootfs"):
        if spec.startswith(f"{prefix}:"):
            path = spec[len(prefix) + 1 :]
            if not path:
                raise UsageError(f"{spec}: a path belongs after `{prefix}:`.")
            return Target(spec, prefix, path)
    scheme, separator, rest = spec.partition("://")
    shown = masked(spec)
    if not separator:
        raise UsageError(f"{shown}: no scheme; for a host write ssh://{shown}, for a saved one snapshot:FILE.")
    if scheme not in SCHEMES:
        raise UsageError(f"{shown}: unknown scheme {scheme}://; known are {', '.join(SCHEMES)}, snapshot: and rootfs:.")
    if scheme == "local" and rest:
        raise UsageError(f"{shown}: local:// is this host, and nothing stands after it.")
    return _testinfra(spec, shown, scheme)


def _testinfra(spec: str, shown: str, scheme: str) -> Target:
    try:
        parts = urlsplit(spec)
        port = parts.port
    except ValueError as error:
        raise UsageError(f"{shown}: {error}.") from None
    settings = dict(parse_qsl(parts.query, keep_blank_values=True))
    password = unquote(parts.password) if parts.password is not None else None
    if password is not None and scheme != "paramiko":
        raise UsageError(f"{shown}: a password cannot be used here; log in with a key (--ssh-identity-file).")
    host = _host(parts.netloc, parts.path, scheme)
    if not host and scheme not in {"local", "ansible", "salt"}:
        raise UsageError(f"{shown}: no host is named.")
    return Target(
        spec=shown,
        scheme="ssh" if scheme == "safe-ssh" else scheme,
        host=host,
        user=unquote(parts.username) if parts.username else None,
        port=port,
        settings=settings,
        password=password,
    )


def _host(netloc: str, path: str, scheme: str) -> str:
    """The name as it is written: urlsplit would make it lower case, and container names have case."""
    name = netloc.rpartition("@")[2]
    if scheme == "chroot":
        return unquote(name + path)
    if name.startswith("["):
        return name[1:].partition("]")[0]
    if scheme in {"ansible", "salt"}:
        return unquote(name)
    return unquote(name.partition(":")[0])
