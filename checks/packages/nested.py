"""Whether runc can start containers inside another container."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.check import check, expect, instances, not_decided
from dockworthy.evidence import NotApplicable
from dockworthy.facts.engine.components import components
from dockworthy.facts.versions import Version, parse_version

if TYPE_CHECKING:
    from dockworthy.facts.facts import Facts

# The releases of runc that open a file of /proc in a way that AppArmor of older LXC refuses, by their series.
_AFFECTED_SINCE = ("1.2.8", "1.3.3", "1.4.0-rc.3")
_REFUSED = "open sysctl net.ipv4.ip_unprivileged_port_start file: reopen fd"


def _runc(facts: Facts, params: object) -> dict[str, Version]:
    kind = facts.snapshot.text("cmd:container").value.strip()
    if kind in {"none", ""}:
        raise NotApplicable("this host is no container")
    found = components(facts, params)
    if "runc" not in found:
        raise NotApplicable("no engine is installed")
    return {"runc": found["runc"].version.value}


def _is_affected(version: Version) -> bool:
    for text in _AFFECTED_SINCE:
        first = parse_version(text)
        if first is not None and version.numbers[:2] == first.numbers[:2]:
            return version >= first
    newest = parse_version(_AFFECTED_SINCE[-1])
    return newest is not None and version >= newest


def _errors(facts: Facts) -> tuple[str, ...]:
    return tuple(
        container.name
        for container in facts.containers.known_ones
        if container.answer.text("State", "Error", default="").get("") == _REFUSED
    )


def _started_since(facts: Facts) -> str:
    """A container that was started after runc was put there; empty where none is known."""
    tool = facts.packages.tools.get({}).get("runc")
    changed = facts.files[tool.path].mtime if tool is not None else None
    if changed is None or not changed.is_known:
        return ""
    for container in facts.containers.known_ones:
        started = container.answer.time("State", "StartedAt")
        if container.has_process and started.is_known and started.value.timestamp() > changed.value:
            return container.name
    return ""


@check(
    "packages.runc-works-nested",
    severity="critical",
    refs=("runc:#5058", "moby:#51405", "containerd:#12484"),
    fix="# on the outer host: update lxc, incus or lxd, and start this container again; {param} of before has\n"
    "# CVE-2025-31133, CVE-2025-52565 and CVE-2025-52881, and is no way out",
    each=instances("version", _runc),
)
def check_runc_works_nested(version: Version, facts: Facts) -> None:
    """Runc works inside this LXC or other outer container.

    Since 1.2.8, 1.3.3 and 1.4.0-rc.3 runc opens files of /proc so that nobody can put another in their place, and the
    AppArmor profile of an older LXC refuses just that: no container starts (`open sysctl
    net.ipv4.ip_unprivileged_port_start file: reopen fd`). The profile lies on the outer host and is not seen from here.
    """
    refused = _errors(facts)
    if refused:
        expect(list(refused), "GET /containers: State.Error: reopen fd").is_empty()
    source = "runc --version"
    if not _is_affected(version):
        expect(str(version), source).satisfies(lambda _: True, f"older than {', '.join(_AFFECTED_SINCE)}")
        return
    started = _started_since(facts)
    if not started:
        not_decided("the outer host's profile decides, and nothing was started since this runc was installed", source)
    expect(started, "GET /containers: State.StartedAt").satisfies(lambda _: True, "a container started with this runc")
