"""Which containers come back after a boot, and whether systemd can hand the engine its socket."""

from __future__ import annotations

import json
from typing import Any

from tests.checks.engine.base import SHOW, UNIT, good
from tests.hosts import checks_in, host, outcome, outcomes
from tests.rows import each_of

RETURN = checks_in("boot", "containers.py")["boot.containers-return"]
SOCKET = checks_in("boot", "socket_unit.py")["boot.socket-unit-usable"]
STARTS = checks_in("engine", "daemon.py")["daemon.starts-again"]
PORTS = {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}]}  # noqa: S104 - a published port


def container(
    name: str,
    policy: str = "no",
    labels: dict[str, str] | None = None,
    *,
    ports: bool = True,
    status: str = "running",
    removed: bool = False,
) -> str:
    config = {"RestartPolicy": {"Name": policy}, "AutoRemove": removed}
    answer = {
        "Id": name * 10,
        "Name": f"/{name}",
        "State": {"Status": status, "Running": status == "running"},
        "HostConfig": config,
        "NetworkSettings": {"Ports": PORTS if ports else {}},
        "Config": {"Labels": labels or {}},
    }
    return json.dumps(answer) + "\n"


def said(*found: str, units: str | int = "", **params: Any) -> dict[str | None, str]:
    facts = host({**good(), "docker:containers": "".join(found), "cmd:container-units": units})
    return {name: item.outcome for name, item in outcomes(RETURN, facts, **params).items()}


@each_of(
    ("one", "expected"),
    [
        (container("a", "always"), "pass"),
        (container("a", "unless-stopped"), "pass"),
        (container("a", "no"), "fail"),
        (container("a", ""), "fail"),
        (container("a", "on-failure"), "error"),
        (container("a", "no", ports=False), "skip"),
        (container("a", "no", status="exited"), "skip"),
        (container("a", "no", removed=True), "skip"),
        (container("a", "no", {"com.docker.swarm.task.id": "x", "com.docker.swarm.service.id": "y"}), "skip"),
        (container("k8s_web_web-1", "no"), "skip"),
        (container("a", "no", status="paused"), "fail"),
    ],
)
def test_a_container_with_published_ports_has_to_come_back(one: str, expected: str) -> None:
    assert list(said(one).values()) == [expected]


def test_the_profile_says_which_containers_have_to_come_back() -> None:
    both = container("db-1", "no", ports=False), container("web", "no")
    assert said(*both, containers_expected_at_boot=("db*",)) == {"db-1": "fail", "web": "skip"}
    assert said(*both, containers_expected_at_boot=()) == {"db-1": "skip", "web": "skip"}


@each_of(
    ("units", "expected"),
    [
        ("web.service name web\nenabled web.service\n", "pass"),
        ("web.service name web\n", "fail"),
        ("other.service name db\nenabled other.service\n", "fail"),
        ("app@.service name %i\nenabled app@web.service\n", "pass"),
        ("app@.service name %i\nenabled app@db.service\n", "fail"),
        ("stack.service folder /srv/stack\nenabled stack.service\n", "pass"),
        ("stack.service folder /srv/other\nenabled stack.service\n", "fail"),
        ("stack.service project stack\nenabled stack.service\n", "pass"),
        ("all.service unclear\nenabled all.service\n", "error"),
        ("all.service unclear\n", "fail"),
        (127, "error"),
    ],
)
def test_a_unit_may_start_what_the_engine_does_not(units: Any, expected: str) -> None:
    labels = {"com.docker.compose.project": "stack", "com.docker.compose.project.working_dir": "/srv/stack/"}
    assert said(container("web", "no", labels), units=units) == {"web": expected}


def socket(service: str = UNIT, *, show: str = SHOW, more: dict[str, Any] | None = None) -> str:
    sections = {**good(show=show), "file:/usr/lib/systemd/system/docker.service": service, **(more or {})}
    return outcome(SOCKET, host(sections)).outcome


MASKED = "/etc/systemd/system/docker.socket"
_LINK: dict[str, Any] = {"stat:units": f"{MASKED} /dev/null char 0666 0 0 root root 0 1 6 - 0 0\n", f"file:{MASKED}": 5}


def test_a_socket_that_the_service_takes_over_has_to_be_loaded() -> None:
    assert socket() == "pass"
    assert (
        socket(show=SHOW.replace("Id=docker.socket\nLoadState=loaded", "Id=docker.socket\nLoadState=masked")) == "fail"
    )
    gone = SHOW.replace("Id=docker.socket\nLoadState=loaded", "Id=docker.socket\nLoadState=not-found")
    assert socket(show=gone) == "fail"


def test_a_masked_socket_is_one_finding() -> None:
    show = SHOW.replace("Id=docker.socket\nLoadState=loaded", "Id=docker.socket\nLoadState=masked")
    facts = host({**good(show=show), **_LINK})
    assert (outcome(SOCKET, facts).outcome, outcome(STARTS, facts).outcome) == ("fail", "skip")
    assert outcome(STARTS, host(good())).outcome == "pass"


def test_a_socket_that_is_gone_is_one_finding() -> None:
    """However the service says that it needs it; one that opens its socket itself starts again without it."""
    gone = SHOW.replace("Id=docker.socket\nLoadState=loaded", "Id=docker.socket\nLoadState=not-found")
    units = "file:/usr/lib/systemd/system/docker."
    for needs, line, expected in (
        ("Wants=docker.socket", " -H fd://", ("fail", "skip")),
        ("Requires=docker.socket", " -H fd://", ("fail", "skip")),
        ("Requires=docker.socket", "", ("fail", "skip")),
        ("After=docker.socket", " -H fd://", ("fail", "skip")),
        ("Wants=docker.socket", "", ("skip", "pass")),
    ):
        sections = {
            **good(show=gone),
            f"{units}service": f"[Unit]\n{needs}\n[Service]\nExecStart=/usr/bin/dockerd{line}\n",
        }
        del sections[f"{units}socket"]
        facts = host(sections)
        assert (outcome(SOCKET, facts).outcome, outcome(STARTS, facts).outcome) == expected, (needs, line)


def test_a_disabled_socket_is_pulled_in_by_the_service() -> None:
    begun, _, rest = SHOW.partition("Id=docker.socket")
    assert (
        socket(show=f"{begun}Id=docker.socket{rest.replace('UnitFileState=enabled', 'UnitFileState=disabled')}")
        == "pass"
    )


def test_a_service_that_opens_its_socket_itself_needs_none() -> None:
    own = "[Service]\nExecStart=/usr/bin/dockerd -H unix:///run/docker.sock\n"
    gone = SHOW.replace("Id=docker.socket\nLoadState=loaded", "Id=docker.socket\nLoadState=masked")
    assert socket(own, show=gone) == "skip"
    assert socket(f"[Unit]\nRequires=docker.socket\n{own}", show=gone) == "fail"
    assert socket("[Unit]\nWants=docker.socket\n[Service]\nExecStart=/usr/bin/dockerd\n", show=gone) == "skip"


def test_without_systemd_there_is_no_such_unit() -> None:
    assert socket(more={"cmd:systemctl-show": 1}) == "skip"
    assert socket(more={"cmd:systemctl-show": 127}) == "skip"
    assert socket(more={"cmd:systemctl-show": 124}) == "error"


def test_in_a_root_file_system_the_link_tells() -> None:
    path = "/usr/lib/systemd/system/docker.socket"
    own = f"{path} {path} file 0644 0 0 root root 10 1 1 - 0 0\n"
    rootfs = {"cmd:target-kind": "rootfs\n", "cmd:systemctl-show": 95, "cmd:engines": 95}
    assert socket(more={**rootfs, "stat:units": own}) == "pass"
    assert socket(more={**rootfs, **_LINK}) == "fail"
    assert socket(more={**rootfs, "stat:units": own.replace("socket", "service")}) == "fail"
