"""Where the probe looks for what starts an engine: control groups, units in all their places, what they name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.probe.carrying import frames

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from dockworthy.snapshot import Snapshot
    from tests.probe.world import World

USER = "/user.slice/user-1000.slice/user@1000.service"


GROUPS = [
    ("0::/system.slice/docker.service\n", "system docker.service\n"),
    ("0::/system.slice/docker.service/supervised\n", "system docker.service\n"),
    ("12:cpu:/x.service\n1:name=systemd:/system.slice/docker.service\n0::/\n", "system docker.service\n"),
    ("0::/system.slice/system-docker.slice/docker@two.service\n", "system docker@two.service\n"),
    (f"0::{USER}/app.slice/docker.service\n", "user docker.service\n"),
    (f"0::{USER}/init.scope\n", "none -\n"),
    (f"0::{USER}\n", "none -\n"),
    ("0::/user.slice/user-0.slice/session-3.scope\n", "none -\n"),
    ("0::/system.slice/docker-0123456789ab.scope\n", "none -\n"),
    ("0::/system.slice/odd name.service\n", "none -\n"),
    ("0::/\n", "none -\n"),
    ("", "none -\n"),
]


def test_the_control_group_tells_the_service(shell: str, tmp_path: Path) -> None:
    """Also where the process before was in another group, or in none."""
    lines = ""
    for number, (group, _) in enumerate(GROUPS):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "cgroup").write_text(f"7:pids:/none\n{group}")
        lines += f"KIND=containerd\nPID=..{folder}\nengine_unit\n"
    seen = frames(shell, lines)
    found = [(group, seen.text(f"proc:..{tmp_path}/{number}/unit").value) for number, (group, _) in enumerate(GROUPS)]
    assert found == GROUPS


def test_a_process_that_went_away_has_no_service(shell: str, tmp_path: Path) -> None:
    section = frames(shell, f"KIND=dockerd\nPID=..{tmp_path}/none\nengine_unit\n")[f"proc:..{tmp_path}/none/unit"]
    assert (section.status, section.data) == (13, b"")


def test_a_service_of_another_name_is_read_with_its_template(shell: str, tmp_path: Path) -> None:
    (tmp_path / "cgroup").write_text("0::/system.slice/docker@two.service\n")
    folder = tmp_path / "units"
    for name in ("docker@.service", "docker@two.service.d/a.conf", "docker@.service.d/b.conf", "docker@one.service"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("[Service]\nExecStart=/usr/bin/dockerd --label=CANARY\n")
    lines = f"KIND=dockerd\nPID=..{tmp_path}\nUNIT_FOLDERS={folder}\nengine_unit\n"
    seen = frames(shell, lines)
    read = [section.name.removeprefix(f"file:{folder}/") for section in seen.starting("file:")]
    assert read == ["docker@two.service.d/a.conf", "docker@.service", "docker@.service.d/b.conf"]
    assert all(b"CANARY" not in section.data for section in seen.sections.values())


@pytest.fixture(scope="module")
def seen(host_shell: str, new_world: Callable[[], World]) -> Snapshot:
    """A host whose units lie in unusual places."""
    world = new_world()
    world.plant("/run/systemd/system/x", "")
    exec_start = "[Service]\nExecStart=/usr/bin/dockerd $MORE\n"
    world.plant("/run/systemd/system.control/docker.service.d/a.conf", f"{exec_start}EnvironmentFile=-/opt/env\n")
    world.plant("/etc/systemd/system.attached/docker.service", exec_start)
    world.plant("/opt/env", "MORE=--debug\n")
    world.plant("/etc/systemd/system.conf", "[Manager]\n#DefaultEnvironment=\n")
    world.plant("/etc/systemd/system.conf.d/a.conf", "[Manager]\nDefaultEnvironment=HTTP_PROXY=http://u:CANARY@p:1\n")
    return world.snapshot(host_shell)


def test_units_are_found_wherever_systemd_looks_for_them(seen: Snapshot) -> None:
    for path in ("run/systemd/system.control/docker.service.d/a.conf", "etc/systemd/system.attached/docker.service"):
        assert "ExecStart=/usr/bin/dockerd $MORE" in seen.text(f"file:/{path}").value


def test_an_environment_file_is_read_that_only_the_unit_s_text_names(seen: Snapshot) -> None:
    assert seen.text("file:/opt/env").value == "MORE=--debug\n"


def test_of_the_manager_s_settings_those_are_told_that_give_variables(seen: Snapshot) -> None:
    told = seen.text("file:/etc/systemd/system.conf.d/a.conf").value
    assert told.startswith("[Manager]\nDefaultEnvironment=HTTP_PROXY=http://")
    assert "CANARY" not in told
    assert "file:/etc/systemd/system.conf" not in seen
