"""The engine runs as its service says, answers, and there is one of it."""

from __future__ import annotations

from datetime import datetime, timezone

from dockworthy.check import check, expect, instances, not_applicable
from dockworthy.facts.engine.client import Client
from dockworthy.facts.engine.release import EngineRelease
from dockworthy.facts.engine.service import Change, changes, engine_unit
from dockworthy.facts.host.packages import Packages
from dockworthy.facts.host.processes import Processes
from dockworthy.facts.host.services import Unit

_LAST = 253402300799  # the end of the year 9999: what a time can be shown as
_ON_AT_BOOT = frozenset({"enabled", "static", "alias", "generated", "linked"})
_UNIT = instances("unit", engine_unit, none="no engine is installed")


@check(
    "engine.service-enabled",
    severity="medium",
    refs=("docker:linux-postinstall",),
    fix="systemctl enable docker.service",
    each=_UNIT,
    also=("boot",),
)
def check_service_enabled(unit: Unit) -> None:
    """The engine's service starts at boot.

    A socket unit alone starts the engine when somebody asks for it; until then no container with a restart policy
    runs.
    """
    if unit.is_loaded.value is False:
        expect(unit.text("LoadState")).equals("loaded")
    expect(unit.enabled).is_in(_ON_AT_BOOT)


@check(
    "engine.service-active",
    severity="high",
    refs=("docker:linux-postinstall",),
    fix="systemctl start docker.service  # and where it fails: journalctl -u docker.service",
    each=_UNIT,
)
def check_service_active(unit: Unit) -> None:
    """The engine's service runs."""
    expect(unit.active).equals("active")


@check(
    "engine.no-restart-pending",
    severity="medium",
    refs=("docker:daemon",),
    fix="systemctl daemon-reload\nsystemctl restart docker.service",
    each=instances("change", changes, none="no engine runs here"),
    also=("boot",),
)
def check_no_restart_pending(change: Change) -> None:
    """Nothing was changed since the engine started that a restart would bring into force.

    What is on disk is what the engine does after the next restart, which then comes as a surprise: perhaps it does not
    start at all. daemon.json is read again in part on SIGHUP, which leaves no trace: a newer file is told as pending.
    """
    if change.modified is not None:
        expect(change.modified, shown=_time).satisfies(
            lambda modified: modified <= change.started, f"not after the engine's start, {_time(change.started)}"
        )
    if change.pending is not None:
        expect(change.pending).equals(False)


def _time(epoch: int) -> str:
    return datetime.fromtimestamp(min(epoch, _LAST), tz=timezone.utc).isoformat()


@check(
    "engine.api-reachable",
    severity="high",
    refs=("docker:api",),
    fix="systemctl restart docker.service  # and where it fails: journalctl -u docker.service",
)
def check_api_reachable(client: Client, packages: Packages, engine_release: EngineRelease) -> None:
    """The engine answers its API."""
    if not engine_release.running.map(lambda release: release.is_engine).get(default=True):
        not_applicable("podman answers, and no Docker Engine")
    if packages.engine.is_known and packages.engine.value is None:
        not_applicable("no engine is installed")
    expect(client.answer).equals("an answer")


@check(
    "engine.client-agrees",
    severity="medium",
    refs=("docker:api",),
    fix="# install client and engine from the same release: docker-ce and docker-ce-cli, or docker.io and docker-cli",
)
def check_client_agrees(client: Client) -> None:
    """The docker command and the engine can speak one version of the API.

    The command goes down to the engine's version, though not below its own oldest; an engine refuses clients that are
    older than its oldest. Both are 1.44 in Docker 29.0 to 29.2, and 1.40 since 29.3; the engine says its own.
    """
    if client.refusal:
        expect(client.refusal, "docker version").equals("no refusal")
    if client.server_api.value < client.api_min.value:
        expect(client.server_api, shown=str).at_least(client.api_min.value)
    expect(client.api_max, shown=str).at_least(client.server_api_min.value)


@check(
    "engine.only-one",
    severity="medium",
    refs=("docker:daemon",),
    fix="# stop and remove the engine that is not meant to run:\nsystemctl disable --now docker.service docker.socket\n"
    "# or: snap remove docker; or, as its user: systemctl --user disable --now docker.service",
)
def check_only_one(processes: Processes) -> None:
    """One engine runs on this host, not two.

    Two engines make one set of rules for the network and do not see each other's containers; which of them a command
    reaches depends on the user. An engine inside a container is that container's affair.
    """
    engines = processes.of_kind("dockerd").map(lambda found: tuple(one for one in found if not one.is_contained))
    if not engines.value:
        not_applicable("no engine runs here")
    expect(
        engines, shown=lambda found: [f"{one.program or one.kind} (pid {one.pid}, uid {one.uid})" for one in found]
    ).satisfies(lambda found: len(found) == 1, "one engine")
