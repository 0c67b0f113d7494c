"""What the next start of an engine would change: what is in force beside what the files say now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, OriginKind, Reason
from dockworthy.masking import HIDDEN
from dockworthy.regex import regex

if TYPE_CHECKING:
    from collections.abc import Callable

    from dockworthy.evidence import Evidence
    from dockworthy.facts.engine.inputs import EngineOutcome

__all__ = ["Drift", "drift", "not_compared"]

_LOGIN = regex(r"//[^/@]*@")


def _filled(value: Any) -> Any:
    """A value without its empty parts: each release has parts of its own."""
    if not isinstance(value, dict):
        return value
    parts = {name: _filled(part) for name, part in value.items()}
    return {name: part for name, part in parts.items() if part not in (None, False, "", [], {})}


_SAME: dict[str, Callable[[Any], Any]] = {
    "insecure-registries": lambda value: set(value) - {"127.0.0.0/8", "::1/128"},
    "registry-mirrors": set,
    "labels": set,
    "authorization-plugins": list,
    "builder": _filled,
    "hosts": lambda value: {host.replace("unix:///var/run/", "unix:///run/") for host in value},
    # what stands for a user and a password differs by who left them out
    "proxies": lambda value: {key: _LOGIN.sub("//", url) for key, url in value.items()},
}
# What the engine finds on its host where nothing is set.
_FOUND = frozenset(
    ("default-cgroupns-mode", "init-path", "storage-driver", "tlscacert", "tlscert", "tlskey", "userland-proxy-path")
)


@dataclass(frozen=True, slots=True)
class Drift:
    """A setting whose value in force is not what the next start would give it."""

    key: str  # as daemon.json spells it
    running: Evidence[Any]  # in force now
    next_start: Evidence[Any]  # after the next start

    @property
    def origin(self) -> OriginKind | None:
        """What sort of place gives it the other value."""
        return self.next_start.origin

    @property
    def sources(self) -> str:
        """Where the value in force comes from, and where the other one does."""
        return f"{self.running.source}, next {self.next_start.source}"


def drift(running: EngineOutcome, after: EngineOutcome) -> tuple[Drift, ...]:
    """The settings that are known before and after and differ, by key.

    Where the next start is refused before it has all its settings, the refusal is what to tell.
    """
    both = sorted(running.settings.keys() & after.settings.keys())
    pairs = (Drift(key, running.settings[key], after.settings[key]) for key in both)
    return tuple(pair for pair in pairs if _differs(pair))


def _differs(pair: Drift) -> bool:
    """Whether the next start would change it; what an engine finds at its start is no difference."""
    one, other = pair.running, pair.next_start
    if not (one.is_known and other.is_known) or _is_found(pair):
        return False
    plain = _SAME.get(pair.key, lambda value: value)
    return bool(plain(one.value) != plain(other.value))


def _is_found(pair: Drift) -> bool:
    """Whether the next start leaves the value to the engine, as the last one did or in a place that only it knows."""
    if pair.next_start.origin is not OriginKind.DEFAULT:
        return False
    return pair.key in _FOUND or pair.running.source == pair.next_start.source


def not_compared(running: EngineOutcome, after: EngineOutcome, *, changed: bool) -> dict[str, Reason]:
    """The settings of which nobody can tell whether the next start changes them, and why.

    Args:
        running: what is in force.
        after: the next start.
        changed: whether something that the next start reads was written since the engine started: then two values
            that are not told need not be the same one.
    """
    found = {}
    is_rebuilt = "config-file" in running.settings
    for key, other in sorted(after.settings.items()):
        if is_rebuilt and key not in running.settings:
            continue  # the release that runs has no such setting
        reason = _why_not(running.setting(key), other, changed=changed)
        if reason is not None:
            found[key] = reason
    return found


def _why_not(one: Evidence[Any], other: Evidence[Any], *, changed: bool) -> Reason | None:
    if one.is_known and other.is_known:
        untold = changed and HIDDEN in str(other.value) and one.value == other.value
        return Reason("it may be a secret, and stays on the host", Code.HIDDEN) if untold else None
    if (one.source, one.unknown) == (other.source, other.unknown):
        return None
    # a default that nobody looked for is found at each start
    reasons = (value.unknown for value in (one, other) if value.origin is not OriginKind.DEFAULT)
    return next(filter(None, reasons), None)
