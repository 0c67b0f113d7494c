"""Limits that are really reached, and images on file systems that are really there."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dockworthy.facts.facts import Facts
from dockworthy.releases import known
from tests.engine.fitness import State, state
from tests.engine.harness import BUSYBOX
from tests.hosts import checks_in, outcomes

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.engine

INOTIFY, PROCESSES, FILES = "limits.inotify-room", "limits.process-room", "limits.open-files-room"
TASKS, MAPS, USABLE = "limits.engine-tasks-room", "limits.map-count-for-images", "storage.backing-usable"
SPACE, FOLLOWS, LEFTOVER = (
    "storage.image-store-space",
    "storage.image-store-follows-data-root",
    "storage.no-leftover-driver",
)
# Makes itself instances of inotify, each process after the first with those that it inherits alone.
INSTANCES = """
import ctypes, os, time
libc = ctypes.CDLL(None)
if {owned}:
    libc.unshare(0x10000000)  # CLONE_NEWUSER, made by root
    open('/proc/self/uid_map', 'w').write('0 {uid} 10')
else:
    os.setgroups([]); os.setgid({uid}); os.setuid({uid})
made = [libc.inotify_init() for _ in range({count})]
assert min(made) >= 0
assert libc.inotify_add_watch(made[0], b'/etc', 2) > 0
for number in made[1:]:
    assert libc.inotify_add_watch(number, b'/etc', 2) > 0
children = [os.fork() for _ in range({forks})] if {forks} else []
if 0 not in children: print('up', flush=True)
time.sleep(100)
"""
THREADS = """
import threading, time
for _ in range({count}):
    threading.Thread(target=time.sleep, args=(100,), daemon=True).start()
print('up', flush=True)
time.sleep(100)
"""


def instances(uid: int, count: int, forks: int = 0, *, owned: bool = False) -> tuple[str, ...]:
    return "python3", "-c", INSTANCES.format(uid=uid, count=count, forks=forks, owned=owned)


def test_counts_are_held_against_the_limits_of_users_and_of_the_name_space() -> None:
    most = int(Path("/proc/sys/fs/inotify/max_user_instances").read_text())
    with state(engine=False) as host:
        host.sh("echo 1000 >/proc/sys/kernel/pid_max")  # of this process name space alone
        plain = host.judged("limits", max_limit_percent=50)
        with (
            host.running(*instances(54321, most - 2), ready="up"),
            host.running(*instances(54322, most // 5, 1), ready="up"),
            host.running(*instances(54323, most * 2 // 5, 1), ready="up"),
            host.running("python3", "-c", THREADS.format(count=520), ready="up"),
        ):
            full = host.judged("limits", max_limit_percent=50)
    assert plain.outcomes((PROCESSES, "kernel.pid_max"), (PROCESSES, "kernel.threads-max")) == {
        (PROCESSES, "kernel.pid_max"): "pass",
        (PROCESSES, "kernel.threads-max"): "pass",
    }
    assert full.outcomes(*((INOTIFY, f"instances {uid}") for uid in (54321, 54322, 54323))) == {
        (INOTIFY, "instances 54321"): "fail",
        (INOTIFY, "instances 54322"): "pass",
        # what a child inherited is its parent's
        (INOTIFY, "instances 54323"): "pass",
    }
    assert full[INOTIFY, "watches 54321"].outcome == "pass"
    assert full.of(PROCESSES) == {"kernel.pid_max": "fail", "kernel.threads-max": "pass"}


def test_a_user_name_space_counts_against_who_made_it() -> None:
    most = int(Path("/proc/sys/fs/inotify/max_user_instances").read_text())
    with state(engine=False) as host, host.running(*instances(70000, most // 2, owned=True), ready="up"):
        said = host.judged("limits", max_limit_percent=40).of(INOTIFY)
    assert "instances 70000" not in said
    assert said["instances root"] == "fail"


@contextmanager
def counted(pid: int, most: str) -> Iterator[None]:
    """A process in a control group of its own below one with a limit on tasks."""
    above = Path("/sys/fs/cgroup/pids") / f"dw-{os.getpid()}"
    inner = above / "docker.service"
    inner.mkdir(parents=True)
    home = Path("/sys/fs/cgroup/pids/cgroup.procs")
    try:
        (inner / "cgroup.procs").write_text(str(pid))
        (above / "pids.max").write_text(most)
        yield
    finally:
        (above / "pids.max").write_text("max")
        for process in (inner / "cgroup.procs").read_text().split():
            home.write_text(process)
        inner.rmdir()
        above.rmdir()


def test_the_engines_own_limits_and_those_that_images_ask_for() -> None:
    with state() as host:
        engine = host.engine
        engine.image()
        for image in ("mirror.test/hub/elasticsearch:8.11", "sonarqube:10", "site/index:3", "app:elasticsearch"):
            engine.docker("tag", BUSYBOX, image)
        engine.docker("create", "--name", "search", "mirror.test/hub/elasticsearch:8.11", "sh")
        engine.docker(
            "create", "--name", "alone", "-e", "discovery.type=single-node", "mirror.test/hub/elasticsearch:8.11", "sh"
        )
        engine.docker("create", "--name", "quality", "sonarqube:10", "sh")
        engine.docker("rmi", "site/index:3", "app:elasticsearch")
        plain = host.judged("limits", "storage")
        with counted(engine.pid, "max"):
            tasks = len(list(Path(f"/proc/{engine.pid}/task").iterdir()))
            (Path("/sys/fs/cgroup/pids") / f"dw-{os.getpid()}" / "pids.max").write_text(str(tasks * 100 // 93))
            held = len(list(Path(f"/proc/{engine.pid}/fd").iterdir()))
            engine.run(
                "prlimit", f"--pid={host.sh('pgrep -o dockerd')}", f"--nofile={held * 100 // 93}:{held * 100 // 93}"
            )
            full = host.judged("limits")
            engine.kill()  # which could end no container any more
    assert plain.of(MAPS) == {"search": "fail", "alone": "pass", "quality": "fail"}
    assert plain.of(FILES) == {"dockerd": "pass", "containerd": "pass"}
    assert plain.of("limits.open-files-bounded") == {"containerd": "pass"}
    assert set(plain.of(TASKS).values()) == {"skip"}
    assert plain.of(USABLE) == {host.data_root: "pass"}
    assert full.of(TASKS) == {"dockerd": "fail", "containerd": "skip"}
    assert full.of(FILES) == {"dockerd": "fail", "containerd": "pass"}


def disk(host: State, path: str, size: str = "64M") -> None:
    """A file system of its own at a path."""
    image = f"{host.engine.root}/{path.replace('/', '-')}.img"
    host.sh(f"mkdir -p {path}; truncate -s {size} {image}; mkfs.ext4 -q -F {image}; mount -o loop {image} {path}")


def test_a_data_root_on_another_overlay_makes_the_engine_fall_to_vfs() -> None:
    with state(engine=False) as host:
        data, home = host.data_root, str(host.engine.root)
        folders = f"upperdir={home}/up,workdir={home}/work,lowerdir=/opt"
        host.sh(f"mkdir -p {data} {home}/up {home}/work; mount -t overlay overlay -o {folders} {data}")
        host.write("/etc/docker/daemon.json", f'{{"data-root": "{data}"}}')
        stopped = host.judged("storage")
        host.engine.configure({})
        host.engine.start()
        host.engine.image()
        assert host.engine.api("/info")["Driver"] == "vfs"
        seen = host.snapshot()
        said = host.judged("storage")
        host.engine.restart(args=[*host.engine.args, "--storage-driver=vfs"])
        declared = host.judged("storage")
    # the unit of a host without one names no data root; without an engine that runs it is not known which is meant
    assert "pass" not in stopped.of(USABLE).values() or stopped.of(USABLE) == {"/var/lib/docker": "pass"}
    assert said.of(USABLE) == {data: "fail"}
    assert declared.of(USABLE) == {data: "skip"}
    assert said.of(LEFTOVER) == {None: "pass"}
    today = Facts(seen)
    rehearsed = Facts(seen, today.now, rehearsal=known().resolve("29.3"), today=today)
    check = checks_in("storage", "drivers.py")[LEFTOVER]
    assert {name: one.outcome for name, one in outcomes(check, rehearsed).items()} == {None: "fail"}


def test_an_image_store_of_its_own_fills_while_the_data_root_has_room() -> None:
    with state(engine=False, config={"features": {"containerd-snapshotter": True}}) as host:
        store = f"{host.data_root}/containerd"
        root = f"{store}/daemon"
        disk(host, store)
        host.engine.start()
        room = host.judged("storage")
        host.sh(f"head -c 100M /dev/zero >{store}/filled || true")
        full = host.judged("storage", "engine")
    assert room.of(SPACE) == {root: "pass", f"{root} inodes": "pass"}
    assert full.of(SPACE) == {root: "fail", f"{root} inodes": "pass"}
    assert full.of(FOLLOWS) == {root: "pass"}
    assert full.of(USABLE) == {host.data_root: "skip", root: "pass"}
    assert full.of("storage.image-store-d-type") == {root: "skip"}


def test_a_data_root_that_moved_leaves_the_images_of_a_containerd_of_its_own_behind() -> None:
    with state(engine=False, config={"features": {"containerd-snapshotter": True}}) as host:
        left, moved = "/opt/containerd", f"{host.data_root}/images"
        disk(host, host.data_root)
        found = {}
        for root in (left, moved):
            argv = ("containerd", "--root", root, "--state", "/run/containerd", "--log-level", "error")
            with host.running(*argv):
                host.sh("until [ -S /run/containerd/containerd.sock ]; do sleep 0.05; done")
                host.engine.args += ["--containerd=/run/containerd/containerd.sock"] if root == left else []
                host.engine.start()
                found[root] = host.judged("storage").of(FOLLOWS)
                host.engine.stop()
            host.sh("rm -rf /run/containerd")
    assert found == {left: {left: "fail"}, moved: {moved: "pass"}}


def test_a_clock_that_nobody_keeps_and_one_in_local_time() -> None:
    with state(engine=False) as host:
        plain = host.judged("time")
        host.write("/etc/adjtime", "0.0 0 0.0\n0\nLOCAL\n")
        host.sh("ln -sf /usr/share/zoneinfo/Asia/Tokyo /etc/localtime")
        local = host.judged("time")
        host.sh("ln -sf /usr/share/zoneinfo/Etc/UTC /etc/localtime")
        without_offset = host.judged("time")
    utc = "time.hardware-clock-utc"
    assert (plain.of(utc)[None], local.of(utc)[None], without_offset.of(utc)[None]) in {
        ("skip", "fail", "pass"),  # without a hardware clock
        ("pass", "fail", "pass"),
    }
    assert plain.of("time.kept")[None] in {"pass", "fail", "error"}
