"""docker-compose.yml as ``prepare`` would write it today: which services, from which folders, at which ports.

Source: goharbor/harbor ``make/photon/prepare/templates/docker_compose/docker-compose.yml.jinja``, 1.8.0 to 2.15.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from dockworthy.facts.harbor.installed.composed import FILE, composed_services
from dockworthy.facts.harbor.prepared.rendered import CORE, is_rendered, rendered_path
from dockworthy.masking import HIDDEN
from dockworthy.regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dockworthy.facts.harbor.installed.config import HarborInstallation
    from dockworthy.facts.harbor.prepare.rules import Rules
    from dockworthy.facts.harbor.prepared.told import Differences

__all__ = ["compare_ports", "compare_services", "compare_volumes", "composed_values", "wanted_services"]

_SLASHES: Final = regex("/+")
_ALWAYS: Final = ("log", "registry", "registryctl", "core", "portal", "jobservice", "proxy")
# What install.sh is asked for, the services that it brings, and the file that prepare then renders.
_OPTIONS: Final = {
    "trivy": (("trivy-adapter",), "trivy-adapter/env"),
    "notary": (("notary-server", "notary-signer"), "notary/server_env"),
    "chartmuseum": (("chartmuseum",), "chartserver/env"),
    "clair": (("clair", "clair-adapter"), "clair/config.yaml"),
}
# Where containers find what lies in the data volume; the folder there.
_DATA: Final = {
    "registry": {"/storage": "registry"},
    "registryctl": {"/storage": "registry"},
    "postgresql": {"/var/lib/postgresql/data": "database"},
    "redis": {"/var/lib/redis": "redis"},
    "core": {"/data": "", "/etc/core/ca": "ca_download", "/etc/core/key": "secret/keys/secretkey"},
    "jobservice": {"/var/log/jobs": "job_logs"},
    "proxy": {"/etc/cert": "secret/cert"},
}


def composed_values(harbor: HarborInstallation, rules: Rules) -> dict[str, Any]:
    """What of harbor.yml decides on services and folders; also where `prepare` would refuse the rest of it."""
    metric = harbor.setting("metric").value if rules.has("metric") else None
    location = harbor.setting("log", *(("local",) if rules.has("log-endpoint") else ()), "location").value
    values: dict[str, Any] = {
        "data_volume": harbor.data_volume,
        "external_database": bool(harbor.setting("external_database").value),
        "external_redis": bool(harbor.setting("external_redis").value),
        "metric": {"enabled": isinstance(metric, Mapping) and metric.get("enabled")},
    }
    return values | ({"log_location": location} if location else {})


def wanted_services(harbor: HarborInstallation, values: Mapping[str, Any], rules: Rules) -> tuple[set[str], set[str]]:
    """The services that there must be, and those that there may be besides."""
    wanted = {*_ALWAYS}
    wanted |= {"postgresql"} if not values["external_database"] else set()
    wanted |= {"redis"} if not values["external_redis"] else set()
    metric = values.get("metric")
    wanted |= {"exporter"} if metric and metric["enabled"] else set()
    allowed: set[str] = set()
    for option, (names, file) in _OPTIONS.items():
        if not rules.has(option):
            continue
        path = rendered_path(harbor, file)
        if is_rendered(harbor, file) or harbor.facts.files[path].exists.get(default=False):
            wanted |= set(names) - ({"clair-adapter"} if rules.release < (1, 10) else set())
        elif option != "trivy" or not (is_rendered(harbor, CORE) and harbor.is_absent(path)):
            # Nothing but what is rendered for it tells that an option was not asked for.
            allowed |= set(names)
    return wanted, allowed


def compare_services(
    harbor: HarborInstallation, values: Mapping[str, Any], rules: Rules, differences: Differences
) -> None:
    """Which services are missing, and which there are too many."""
    services = composed_services(harbor).value
    wanted, allowed = wanted_services(harbor, values, rules)
    for name in sorted(wanted - set(services)):
        differences.note(f"{FILE}: {name}", None, "a service", same=False)
    for name in sorted(set(services) - wanted - allowed):
        hidden = HIDDEN in name
        differences.note(f"{FILE}: {name}", "a service", None, same=None if hidden else False)


def compare_volumes(harbor: HarborInstallation, values: Mapping[str, Any], differences: Differences) -> None:
    """Whether the services' folders are those of the data volume, and the logs' the one that is set."""
    services = composed_services(harbor).value
    for service, targets in _DATA.items():
        for source, target in _mounts(services.get(service, {})):
            if target in targets:
                place = _place(f"{values['data_volume']}/{targets[target]}")
                differences.text(f"{FILE}: {service}: {target}", source, place)
    if "log_location" in values:
        for source, target in _mounts(services.get("log", {})):
            if target == "/var/log/docker":
                differences.text(f"{FILE}: log: {target}", source, _place(str(values["log_location"])))


def _mounts(service: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Source and target of each volume, as `_place` writes them."""
    for one in _items(service.get("volumes")):
        if isinstance(one, Mapping):
            source, target = str(one.get("source")), str(one.get("target"))
        else:
            source, _, rest = str(one).partition(":")
            target = rest.partition(":")[0]
        yield _place(source), _place(target)


def _place(path: str) -> str:
    """A path without a slash at its end and with one wherever `prepare` wrote several: data_volume may end in one."""
    return _SLASHES.sub("/", path).rstrip("/") or "/"


def _items(value: object) -> Iterable[object]:
    return value if isinstance(value, list) else ()


def compare_ports(
    harbor: HarborInstallation, values: Mapping[str, Any], rules: Rules, differences: Differences
) -> None:
    """Whether the proxy is published at the ports that are set."""
    proxy = composed_services(harbor).value.get("proxy")
    if proxy is None:
        return
    secure = values["protocol"] == "https"
    inside = ("80", "443") if rules.release < (1, 10) else ("8080", "8443")
    wanted = {f"{values['http_port']}:{inside[0]}"} | ({f"{values['https_port']}:{inside[1]}"} if secure else set())
    metric = values.get("metric")
    if metric and metric["enabled"]:
        wanted.add(f"{metric['port']}:9090")
    found = {str(one) for one in _items(proxy.get("ports"))} - {"4443:4443"}  # Notary's
    undecided = HIDDEN in found and found != wanted
    differences.note(
        f"{FILE}: proxy: ports", sorted(found), sorted(wanted), same=None if undecided else found == wanted
    )
