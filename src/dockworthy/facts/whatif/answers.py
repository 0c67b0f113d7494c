"""What the engine's API will say after a start with other files: of the settings that they change, what they say."""

from __future__ import annotations

import ipaddress
import json
from typing import TYPE_CHECKING, Any, Final

from dockworthy.applied import Overlay
from dockworthy.evidence import NotApplicable, NotDecided
from dockworthy.facts.engine.drift import drift

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dockworthy.facts.facts import Facts
    from dockworthy.snapshot import Snapshot

__all__ = ["with_answers"]

_INFO, _NETWORKS = "docker:info", "docker:networks"
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
    changed = _changed(before, after)
    overlay = Overlay(after.snapshot, 0, 0)
    _tell(overlay, _INFO, lambda told: _inform(told, changed))
    if not _keeps_networks(before):
        _tell(overlay, _NETWORKS, lambda told: _remake(told, changed))
    return overlay.snapshot()


def _tell(overlay: Overlay, name: str, change: Callable[[dict[str, Any]], None]) -> None:
    """Change each object of an answer, one a line; what is no JSON stays as it is."""
    section = overlay.get(name)
    if section is None or section.status:
        return
    lines = []
    for line in section.text.split("\n"):
        try:
            told = json.loads(line)
        except ValueError:
            told = None
        if isinstance(told, dict):
            before = json.dumps(told)
            change(told)
            line = line if json.dumps(told) == before else json.dumps(told)  # noqa: PLW2901 - as it is where nothing is
        lines.append(line)
    overlay.put(name, "\n".join(lines).encode())


def _inform(told: dict[str, Any], changed: Mapping[str, Any]) -> None:
    for key, value in changed.items():
        _say(told, key, value)


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


# --- the default bridge, which the engine makes anew as it starts --------------------------------------------------

_OPTION: Final = "com.docker.network.bridge."
_DEFAULT_MTU: Final = 1500
_BRIDGE_OPTIONS: Final[Mapping[str, tuple[str, Callable[[Any], str]]]] = {
    "icc": (f"{_OPTION}enable_icc", lambda value: str(bool(value)).lower()),
    "ip": (f"{_OPTION}host_binding_ipv4", lambda value: str(value or "0.0.0.0")),  # noqa: S104 - the engine's default
    "ip-masq": (f"{_OPTION}enable_ip_masquerade", lambda value: str(bool(value)).lower()),
    "mtu": ("com.docker.network.driver.mtu", lambda value: str(value or _DEFAULT_MTU)),
}


def _keeps_networks(before: Facts) -> bool:
    """Whether a restart leaves the default bridge as it is, because containers go on running on it.

    Source: ``initNetworkController`` (``daemon/daemon_unix.go`` of moby): with active sandboxes.
    """
    running = before.engine.info.number("ContainersRunning").get(0)
    try:
        return bool(running) and before.daemon.live_restore.get(default=False) is True
    except (NotApplicable, NotDecided):
        return False


def _remake(told: dict[str, Any], changed: Mapping[str, Any]) -> None:
    """Have a network's answer say what the default bridge will be."""
    options = told.get("Options")
    if not isinstance(options, dict) or options.get(f"{_OPTION}default_bridge") != "true":
        return
    for key, (option, say) in _BRIDGE_OPTIONS.items():
        if changed.get(key) is not None:
            options[option] = say(changed[key])
        elif key in changed:
            options.pop(option, None)
    bip = changed.get("bip")
    if bip:
        _readdress(told, str(bip))


def _readdress(told: dict[str, Any], bip: str) -> None:
    """The subnet and the gateway that ``bip`` names, in the place of those of its family."""
    try:
        interface = ipaddress.ip_interface(bip)
    except ValueError:
        return
    ipam = told.get("IPAM")
    if isinstance(ipam, dict):
        is_other = ":" not in bip
        kept = [one for one in ipam.get("Config") or () if (":" in str(one.get("Subnet"))) == is_other]
        ipam["Config"] = [{"Subnet": str(interface.network), "Gateway": str(interface.ip)}, *kept]
