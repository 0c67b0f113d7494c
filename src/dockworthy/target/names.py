"""A target's name, read: our own schemes first, then testinfra's; anything else is wrong usage."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit

from dockworthy.errors import UsageError
from dockworthy.masking import LOGINS
from dockworthy.spelling import meant
from dockworthy.target.interface import Target
from dockworthy.target.ssh_arguments import read_ssh_arguments
from dockworthy.typed import SETTINGS, shown_path, shown_target, shown_word

if TYPE_CHECKING:
    from urllib.parse import SplitResult

__all__ = ["SCHEMES", "parse_target"]

SCHEMES = ("local", *LOGINS, "chroot")


def parse_target(spec: str) -> Target:
    """Read a target of the command line; `UsageError` for a scheme that does not exist, or a name that is none."""
    for prefix in ("snapshot", "rootfs"):
        if spec.startswith(f"{prefix}:"):
            path = spec[len(prefix) + 1 :]
            if not path:
                raise UsageError(f"{prefix}:: a path belongs after `{prefix}:`.")
            shown = f"{prefix}:{shown_path(path)}"
            if shown != spec:
                raise UsageError(f"{shown}: is an address and no path; name a file or folder.")
            return Target(spec, prefix, path)
    scheme, separator, rest = spec.partition("://")
    shown = shown_target(spec)
    if not separator:
        raise UsageError(_without_scheme(spec))
    if scheme not in SCHEMES:
        word = shown_word(scheme)
        known = f"known are {', '.join(SCHEMES)}, snapshot: and rootfs:."
        raise UsageError(f"{shown}: unknown scheme {word}://; {meant(scheme, SCHEMES, known)}")
    if scheme == "local" and rest.partition("?")[0]:
        raise UsageError(f"{shown}: local:// is this host, and nothing stands after it.")
    return _testinfra(spec, shown, scheme)


def _without_scheme(spec: str) -> str:
    """What is wrong with a target that has no scheme: what is a path here was meant as one."""
    path = Path(spec)
    try:
        kind = "rootfs" if path.is_dir() else "snapshot" if path.exists() else ""
    except (OSError, ValueError):
        kind = ""
    if not spec or not kind:
        hint = "for a host write ssh://HOST, for a saved one snapshot:FILE, for a root file system rootfs:DIR."
        shown = shown_path(spec) if spec.startswith(("/", "./", "../")) else shown_target(spec)
        return f"{shown}: no scheme; {hint}"
    shown = shown_path(spec)
    if kind == "snapshot":
        return f"{shown}: no scheme; for this file as a saved host write snapshot:{shown}."
    or_host = "" if "/" in spec else f", for a host of that name ssh://{shown}"
    return f"{shown}: no scheme; for this folder as a root file system write rootfs:{shown}{or_host}."


def _testinfra(spec: str, shown: str, scheme: str) -> Target:
    parts, port = _parts(spec, shown)
    settings = dict(parse_qsl(parts.query, keep_blank_values=True))
    for name, value in settings.items():
        if ";" in value:
            raise UsageError(f"{shown}: settings stand behind `&`, and no value has a `;` in it.")
        if name not in SETTINGS:
            raise UsageError(f"{shown}: {shown_word(name)} is no setting of a target; known are {_known_settings()}.")
    user = unquote(parts.username) if parts.username else None
    if parts.password is not None and scheme != "paramiko":
        raise UsageError(f"{shown}: a password cannot be used here; log in with a key (--ssh-identity-file).")
    if user and ":" in user:
        raise UsageError(f"{shown}: a user's name has no colon; a password cannot be used here.")
    host = _host(parts.netloc, parts.path, scheme)
    if not host and scheme not in {"local", "ansible", "salt"}:
        raise UsageError(f"{shown}: no host is named.")
    if "@" in host or "@" in parts.path or parts.fragment:
        raise UsageError(f"{shown}: this is no host; write {scheme}://[USER@]HOST[:PORT].")
    if settings.get("ssh_extra_args"):
        settings["ssh_extra_args"] = read_ssh_arguments(settings["ssh_extra_args"], f"{shown}: ssh_extra_args")
    return Target(
        spec=shown,
        scheme="ssh" if scheme == "safe-ssh" else scheme,
        host=host,
        user=user,
        port=port,
        settings=settings,
        given=spec if shown != spec else None,
    )


def _parts(spec: str, shown: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(spec)
    except ValueError:
        raise UsageError(f"{shown}: this is no address; an IPv6 one stands in brackets.") from None
    try:
        return parts, parts.port
    except ValueError:
        raise UsageError(f"{shown}: the port is no number from 1 to 65535.") from None


def _known_settings() -> str:
    return ", ".join(sorted(SETTINGS))


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
