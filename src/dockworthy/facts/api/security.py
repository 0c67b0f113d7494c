"""A container's ``--security-opt`` values, read as the engine reads them (moby, daemon/daemon_unix.go).

``key=value`` and the older ``key:value`` are the same; the last of several counts; ``no-new-privileges`` alone is
true; ``disable`` alone is ``label=disable``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["SecurityOptions", "parse_bool", "parse_security_options"]

# Go's strconv.ParseBool.
_TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE = frozenset({"0", "f", "F", "FALSE", "false", "False"})


def parse_bool(text: str) -> bool | None:
    """A boolean as Go's strconv.ParseBool reads it, or None where it would refuse the text."""
    if text in _TRUE:
        return True
    return False if text in _FALSE else None


@dataclass(frozen=True, slots=True)
class SecurityOptions:
    """What the options ask for; None where nothing is asked, so that the engine's default holds."""

    apparmor: str | None = None  # the profile's name
    seccomp: str | None = None  # ``unconfined``, ``builtin``, or a profile's JSON
    no_new_privileges: bool | None = None  # whether it is demanded
    labels: tuple[str, ...] = ()  # SELinux label options, in order

    @property
    def label_disabled(self) -> bool:
        """Whether SELinux separation is switched off for the container."""
        return "disable" in self.labels


def parse_security_options(options: Iterable[str]) -> SecurityOptions:
    """Read the options of one container; one that the engine would refuse says nothing."""
    apparmor: str | None = None
    seccomp: str | None = None
    no_new_privileges: bool | None = None
    labels: list[str] = []
    for option in options:
        key, value = _split(option)
        if key == "no-new-privileges":
            parsed = True if value is None else parse_bool(value)
            no_new_privileges = no_new_privileges if parsed is None else parsed
        elif key == "disable" and value is None:
            labels.append("disable")
        elif value is not None and key == "label":
            labels.append(value)
        elif value is not None and key == "apparmor":
            apparmor = value
        elif value is not None and key == "seccomp":
            seccomp = value
    return SecurityOptions(apparmor or None, seccomp or None, no_new_privileges, tuple(labels))


def _split(option: str) -> tuple[str, str | None]:
    for separator in ("=", ":"):
        if separator in option:
            key, _, value = option.partition(separator)
            return key, value
    return option, None
