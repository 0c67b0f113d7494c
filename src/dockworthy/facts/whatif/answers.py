"""What the engine's API will say after a start with other files: of the settings that they change, what they say."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from dockworthy.applied import Overlay
from dockworthy.evidence import NotApplicable, NotDecided
from dockworthy.facts.engine.drift import drift

if TYPE_CHECKING:
    from dockworthy.facts.facts import Facts
    from dockworthy.snapshot import Snapshot

__all__ = ["with_answers"]

_INFO: Final = "docker:info"
_PROXIES: Final = {"http-proxy": "HttpProxy", "https-proxy": "HttpsProxy", "no-proxy": "NoProxy"}
_SAME_WORDS: Final = {
    "data-root": "DockerRootDir",
    "debug": "Debug",
    "default-runtime": "DefaultRuntime",
    "experimental": "ExperimentalBuild",
    "labels": "Labels",
    "live-restore": "LiveRestoreEnabled",
    "log-driver": "LoggingDriver",
}
_UNTOLD: Final = {
    "authorization-plugins": ("Plugins",),
    "exec-opts": ("CgroupDriver",),
    "features": ("Driver", "DriverStatus"),
    "insecure-registries": ("RegistryConfig",),
    "registry-mirrors": ("RegistryConfig",),
    "runtimes": ("Runtimes",),
    "storage-driver": ("Driver", "DriverStatus"),
    "userns-remap": ("DockerRootDir",),
}
_OPTIONS: Final = {
    "no-new-privileges": "no-new-privileges",
    "seccomp-profile": "seccomp",
    "selinux-enabled": "selinux",
    "userns-remap": "userns",
}


def with_answers(before: Facts, after: Facts) -> Snapshot:
    """The snapshot of a host with other files, with what its engine's API will say of the settings that they change.

    Args:
        before: the host as it is.
        after: as it is with these files; the API's answers are still those of before.
    """
    info = after.snapshot.get(_INFO)
    changed = _changed(before, after)
    if info is None or info.status or not changed:
        return after.snapshot
    try:
        told = json.loads(info.data)
    except ValueError:
        return after.snapshot
    if isinstance(told, dict):
        for key, value in changed.items():
            _say(told, key, value)
        overlay = Overlay(after.snapshot, 0, 0)
        overlay.put(_INFO, json.dumps(told).encode())
        return overlay.snapshot()
    return after.snapshot


def _changed(before: Facts, after: Facts) -> dict[str, Any]:
    """The settings that the next start changes, with their values; None for one that is not known."""
    try:
        now, then = before.daemon.running, after.daemon.next_start
    except (NotApplicable, NotDecided):
        return {}
    if now is None or then.starts is False:
        return {}
    found = {item.key: item.next_start.value for item in drift(now, then)}
    untold = {key for key, value in now.settings.items() if value.is_known and not then.setting(key).is_known}
    return {**dict.fromkeys(untold), **found}


def _say(told: dict[str, Any], key: str, value: Any) -> None:
    """Have an answer of ``GET /info`` say of one setting what it will be; what cannot be told is left out."""
    for field in _UNTOLD.get(key, ()):
        told.pop(field, None)
    if key in _OPTIONS:
        options = [one for one in told.get("SecurityOptions") or () if f"name={_OPTIONS[key]}" not in str(one)]
        told["SecurityOptions"] = options + _option(key, value)
    elif key == "proxies":
        told.update({field: (value or {}).get(name, "") for name, field in _PROXIES.items()})
    elif key in _SAME_WORDS:
        told[_SAME_WORDS[key]] = value
        if value is None:
            del told[_SAME_WORDS[key]]


def _option(key: str, value: Any) -> list[str]:
    if key == "seccomp-profile":
        return [] if value == "unconfined" else [f"name=seccomp,profile={value or 'builtin'}"]
    return [f"name={_OPTIONS[key]}"] if value else []
