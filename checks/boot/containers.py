"""Which containers come back after a boot."""

from __future__ import annotations

import shlex
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from dockworthy.check import check, expect, fix_with, instances, not_applicable, not_decided
from dockworthy.evidence import NotApplicable, NotDecided
from dockworthy.facts.api.container import Container
from dockworthy.facts.api.scope import all_containers
from dockworthy.facts.boot.starters import Starters
from dockworthy.facts.harbor.running.projects import defined_services

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dockworthy.facts.facts import Facts

_RETURN = frozenset({"always", "unless-stopped"})
_KUBELETS = "k8s_"


def _end_where_not_asked(container: Container, expected: Sequence[str] | None) -> None:
    if not container.is_up.value:
        not_applicable("it does not run")
    if container.answer.flag("HostConfig", "AutoRemove", default=False).value:
        not_applicable("it is removed when it ends")
    if container.label("com.docker.swarm.task.id") or container.label("com.docker.swarm.service.id"):
        not_applicable("the swarm starts its tasks again")
    if expected is not None:
        if not any(fnmatchcase(container.name, pattern) for pattern in expected):
            not_applicable("the profile does not expect it after a boot")
    elif not container.published.value:
        not_applicable("it publishes no port, and the profile expects no containers by name")


def _of_harbor(facts: Facts) -> frozenset[str]:
    """The containers of a Harbor, of which harbor.restart-policy tells the same."""
    try:
        return frozenset(service.here.name for service in defined_services(facts).values())
    except (NotApplicable, NotDecided):
        return frozenset()


@check(
    "boot.containers-return",
    severity="low",
    refs=("moby:daemon/daemon.go", "docker:start-containers-automatically"),
    fix="docker update --restart unless-stopped {param}",
    each=instances("container", all_containers, none="there is no container"),
    params=("containers_expected_at_boot",),
)
def check_containers_return(container: Container, starters: Starters, facts: Facts, params: Any) -> None:
    """Running containers come back after a reboot.

    The engine starts those with `always` and `unless-stopped`, and none with `no`. `on-failure` is a gamble: such a
    container comes back where its process ends with an error when the host goes down (as one that has to be killed),
    and not where it ends in order. Live-restore changes nothing: at a boot there is nothing to restore.
    """
    _end_where_not_asked(container, params.containers_expected_at_boot)
    policy = container.answer.text("HostConfig", "RestartPolicy", "Name", default="")
    fix_with(f"docker update --restart unless-stopped {shlex.quote(container.name)}")
    if policy.value in _RETURN:
        expect(policy).is_in(_RETURN)
        return
    if container.name in _of_harbor(facts):
        not_applicable("it is Harbor's, of which harbor.restart-policy tells")
    if container.name.startswith(_KUBELETS):
        not_applicable("the kubelet starts it again")
    unit = starters.of(container)
    if unit is not None:
        expect(unit.unit, "/etc/systemd/system").equals(unit.unit)
        return
    if policy.value == "on-failure":
        not_decided("it comes back only where its process ends with an error at the shutdown", policy.source)
    if starters.unclear:
        not_decided(f"which containers {', '.join(starters.unclear)} starts is not known", "/etc/systemd/system")
    expect(policy, shown=lambda name: name or "no").is_in(_RETURN)
