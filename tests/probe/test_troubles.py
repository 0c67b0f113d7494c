"""What is in the way of a probe: tools that hang, lie or are missing, and files of every kind."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

import pytest

from dockworthy.snapshot import FORMAT, NO_TOOL, TIMED_OUT, TOO_LARGE, parse_snapshot
from tests.probe.carrying import after_the_functions
from tests.probe.world import COMMANDS, HOST_SHELLS, OF_THE_SPACES, World, without_times

if TYPE_CHECKING:
    from collections.abc import Callable

    from dockworthy.snapshot import Snapshot

HANGS = "#!/bin/sh\ntrap '' TERM INT HUP\nwhile :; do sleep 1000; done\n"
ALL_BYTES = bytes(range(1, 256))
GOOD = b"kernel.pid_max = 9999\n"
BYTES = {
    1: bytes(range(256)) * 3 + b"\n" + GOOD,
    2: ALL_BYTES + b"\n" + GOOD,
    3: b"\n\nx\n\n\n" + GOOD,
    4: GOOD.strip(),
    5: b"@end 3\n@ x 0 raw 0\n\n" + GOOD,
}
HOSTILE = [
    b"a b.crt",
    b"new\nline.crt",
    b"quote'\".crt",
    b"\xff\xfe.crt",
    b"$(id).crt",
    b"*.crt",
    b"%41.crt",
    b"-n",
    b".hidden",
]
ENGINE = (*OF_THE_SPACES, "docker:", "cmd:container-", "cmd:cli-versions", "cmd:timings", "cmd:engine-target")


def test_a_docker_that_hangs_costs_its_own_part_alone(world: World) -> None:
    path = f"/opt/bin:{world.programs}:{os.environ['PATH']}"
    world.plant("/opt/bin/docker", "#!/bin/sh\nexit 1\n", 0o755)
    healthy = world.snapshot(path=path)
    world.plant("/opt/bin/docker", HANGS, 0o755)
    hanging = world.at_once(*HOST_SHELLS, engine_limit=1, path=path)
    for shell, seen in hanging.items():
        for part in ("version", "info", "containers"):
            assert seen[f"docker:{part}"].status == TIMED_OUT, shell
        rest, before = (without_times(snapshot, *ENGINE) for snapshot in (seen, healthy))
        assert rest == before, shell


def test_a_tool_that_hangs_ends_also_where_there_is_no_timeout_command(world: World, tmp_path: Path) -> None:
    tools = _busybox_only(tmp_path, without={"timeout"})
    world.tool("docker", HANGS)
    seen = world.snapshot("ash", engine_limit=1, path=f"{world.folder / 'bin'}:{tools}")
    assert seen["docker:version"].status == TIMED_OUT
    assert seen.text("cmd:uname").is_known


@pytest.fixture(scope="module")
def seen(host_shell: str, new_world: Callable[[], World]) -> Snapshot:
    """A host with a docker that prints rubbish, and with files of every kind, as a shell sees it."""
    world = new_world()
    world.tool("docker", "#!/bin/sh\nprintf '\\000\\377rubbish {\\n\\n@ x 0 raw 5\\n'\n")
    for number, content in BYTES.items():
        world.plant(f"/etc/sysctl.d/{number}.conf", content)
    world.plant("/etc/sysctl.d/empty.conf", b"")
    for number, name in enumerate(HOSTILE, 1):
        world.plant(b"/etc/docker/certs.d/reg:5000/" + name, b"-----BEGIN CERTIFICATE-----\n" * number)
    folder = world.folder / "over/etc/sysctl.d"
    os.mkfifo(folder / "pipe.conf")
    world.plant("/run/reboot-required")
    world.plant("/etc/containerd/beside")
    for path in ("run/reboot-required.pkgs", "etc/containerd/config.toml", "etc/resolv.conf"):
        os.mkfifo(world.folder / "over" / path)
    (folder / "folder.conf").mkdir()
    (folder / "loop.conf").symlink_to("loop.conf")
    (folder / "nowhere.conf").symlink_to("/does/not/exist")
    world.plant("/etc/sysctl.d/huge.conf", b"#" * (1 << 20) + b"#")
    world.plant("/etc/docker/daemon.json", "{}", 0o4602)
    folder = world.folder / "over/etc/docker/certs.d/h"
    folder.mkdir(parents=True)
    world.plant("/etc/real.crt", "x", 0o640)
    (folder / "link.crt").symlink_to("/etc/real.crt")
    os.chown(folder / "link.crt", 7, 8, follow_symlinks=False)
    (folder / "dangling.crt").symlink_to("/etc/nothing")
    os.chown(world.folder / "over/etc/real.crt", 1, 54321)
    return world.snapshot(host_shell)


def test_a_docker_that_prints_rubbish_is_no_engine(seen: Snapshot) -> None:
    assert b"rubbish" in seen["docker:version"].data
    assert not seen.data("docker:containers").is_known


def test_a_docker_that_never_stops_talking_is_cut_off(world: World) -> None:
    world.tool("docker", "#!/bin/sh\nexec yes '{\"Server\":{'\n")
    seen = world.snapshot(engine_limit=2)
    assert len(seen["docker:version"].data) <= 1 << 20
    assert not seen.data("docker:containers").is_known


DEAD = """#!/bin/sh
# A program that hangs, as on a dead network file system, for what lies below /opt/dead.
for word in "$@"; do
    case $word in /opt/dead*) trap '' TERM; while :; do sleep 1000; done ;; esac
done
exec {} "$@"
"""
TIMEOUT = """#!/bin/sh
# A timeout whose seconds are shorter, where that is how long the test takes.
case $* in '-k 1 '*/opt/dead*) shift 3; set -- -k 0.1 0.3 "$@" ;; esac
exec /usr/bin/timeout "$@"
"""


def test_a_file_system_that_hangs_costs_its_own_paths_alone(world: World) -> None:
    """Not in BusyBox' shell: it has a stat of its own, which no other program can stand in for."""
    world.plant("/etc/systemd/system/docker.service", "[Service]\nEnvironmentFile=/opt/dead/env\n")
    world.plant("/etc/docker/daemon.json", "{}")
    world.tool("stat", DEAD.format("/usr/bin/stat"))
    # Stands for the shell that asks under a limit of its own whether the data root is there.
    world.tool("sh", DEAD.format("/bin/sh"))
    world.tool("timeout", TIMEOUT)
    world.tool(
        "docker",
        "#!/bin/sh\n"
        "case $1 in\n"
        'version) echo \'{"Client":{},"Server":{}}\' ;;\n'
        'info) echo \'{"DockerRootDir":"/opt/dead/docker"}\' ;;\n'
        "esac\n",
    )
    for shell, seen in world.at_once("dash", "bash").items():
        rows = {line.split()[0]: line.split() for line in seen["stat:engine"].text.splitlines()}
        assert rows["/opt/dead/docker"][2] == "unknown", shell
        assert rows["/etc/docker/daemon.json"][2] == "file", shell
        assert rows["/etc/docker"][2] == "dir", shell
        assert seen["cmd:mounts-of-data-root"].status == TIMED_OUT, shell
        assert seen.text("file:/etc/docker/daemon.json").value == "{}", shell


def test_containers_that_vanish_leave_the_others_standing(host_shell: str, world: World) -> None:
    world.tool(
        "docker",
        "#!/bin/sh\n"
        'case "$1 $2" in\n'
        "'version '*) echo '{\"Client\":{},\"Server\":{}}' ;;\n"
        "'network ls'|'volume ls'|'image ls') ;;\n"
        "'ps '*) echo aaaa; echo bbbb ;;\n"
        "'container inspect') echo '{\"Id\":\"aaaa\"}'; echo 'Error: No such container: bbbb' >&2; exit 1 ;;\n"
        "esac\n",
    )
    seen = world.snapshot(host_shell)
    assert seen["docker:containers"].status == 0
    assert seen["docker:containers"].text == '{"Id":"aaaa"}\n'


def test_an_engine_that_fails_half_way_is_told(world: World) -> None:
    world.tool(
        "docker",
        "#!/bin/sh\n"
        'case "$1 $2" in\n'
        "'version '*) echo '{\"Client\":{},\"Server\":{}}' ;;\n"
        "'ps '*) echo aaaa; echo bbbb ;;\n"
        "'container inspect') echo '{\"Id\":\"aaaa\"}'; echo 'Error: broken: token CANARY' >&2; exit 1 ;;\n"
        "esac\n",
    )
    seen = world.snapshot()
    assert seen["docker:containers"].status == 1
    assert seen["docker:containers:err"].text == "other words, which are not carried"


def _busybox_only(folder: Path, without: set[str] = frozenset()) -> Path:  # type: ignore[assignment]
    """A folder with nothing but BusyBox' tools."""
    busybox = shutil.which("busybox")
    if busybox is None:
        pytest.skip("busybox is not installed")
    tools = folder / "tools"
    tools.mkdir()
    names = subprocess.run([busybox, "--list"], capture_output=True, text=True, check=True).stdout.split()
    for name in names:
        if name not in without | {"dpkg", "rpm"}:
            (tools / name).symlink_to(busybox)
    return tools


def test_busybox_alone_is_enough(world: World, tmp_path: Path) -> None:
    tools = _busybox_only(tmp_path)
    full = world.snapshot("ash")
    # The probe adds the usual folders to the path; without them only BusyBox is there.
    from dockworthy.probe import script  # noqa: PLC0415 - its text is changed here

    text = script().replace(":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n", "\n")
    seen = world.snapshot("ash", path=str(tools), text=text)
    assert seen["docker:version"].status == NO_TOOL
    for name in ("cmd:uname", "cmd:kernel-config", "file:/etc/passwd", "file:/proc/modules", "file:/etc/os-release"):
        assert seen[name].status == full[name].status, name
        assert seen[name].data == full[name].data, name
    # Neither the file system's number, which the next mount of the machine gets, nor what only GNU tools tell.
    same = [line.rsplit(" ", 4)[0] for line in seen["stat:engine"].text.splitlines()]
    assert set(same) <= {line.rsplit(" ", 4)[0] for line in full["stat:engine"].text.splitlines()}


def test_bytes_that_a_shell_cannot_hold_hide_no_line_beside_them(seen: Snapshot) -> None:
    for number in BYTES:
        text = seen.text(f"file:/etc/sysctl.d/{number}.conf").value
        assert [line for line in text.splitlines() if line.startswith("kernel")] == [GOOD.decode().strip()], number
    assert seen.data("file:/etc/sysctl.d/empty.conf").value == b""


def test_names_of_every_kind_are_told_as_they_are(seen: Snapshot) -> None:
    listed = seen["list:/etc/docker/certs.d/reg:5000"].data.split()
    assert sorted(unquote_to_bytes(line) for line in listed) == sorted(HOSTILE)
    for number, name in enumerate(HOSTILE, 1):
        path = f"file:/etc/docker/certs.d/reg:5000/{os.fsdecode(name)}"
        assert seen.data(path).value.count(b"-----BEGIN CERTIFICATE-----\n") == number, name
    rows = [line.split() for line in seen["stat:certs.d"].data.splitlines()]
    kinds = {unquote_to_bytes(row[0]): row[2] for row in rows}
    for name in HOSTILE:
        assert kinds[b"/etc/docker/certs.d/reg:5000/" + name] == b"file", name


def test_files_that_are_none_are_not_opened(seen: Snapshot) -> None:
    """A pipe without a writer would block its reader for ever."""
    statuses = {
        name: seen[f"file:/etc/sysctl.d/{name}.conf"].status for name in ("pipe", "folder", "loop", "nowhere", "huge")
    }
    assert statuses == {"pipe": 5, "folder": 21, "loop": 2, "nowhere": 2, "huge": TOO_LARGE}


def test_a_pipe_in_the_place_of_a_file_has_nobody_wait(seen: Snapshot) -> None:
    assert seen.text("cmd:reboot").value.splitlines()[0] == "flag"
    assert seen["cmd:lookups"].status == TIMED_OUT  # a resolver that reads it never gets to an end
    assert not seen.truncated


def test_a_table_tells_modes_owners_and_links(seen: Snapshot) -> None:
    rows = {line.split()[0]: line.split() for line in seen["stat:engine"].text.splitlines()}
    rows |= {line.split()[0]: line.split() for line in seen["stat:certs.d"].text.splitlines()}
    assert rows["/etc/docker/daemon.json"][2:4] == ["file", "4602"]
    link = rows["/etc/docker/certs.d/h/link.crt"]
    assert link[1:4] == ["/etc/real.crt", "file", "0640"]
    assert link[4:6] == ["1", "54321"]
    assert link[7] == "-"
    assert link[12:] == ["7", "8"]
    assert rows["/etc/docker/certs.d/h/dangling.crt"][2] == "link"
    assert rows["/etc/containerd/certs.d"][1:4] == ["-", "absent", "-"]


@pytest.mark.skipif(shutil.which("setfacl") is None, reason="setfacl is not installed")
def test_access_control_lists_are_seen(world: World) -> None:
    file = world.plant("/etc/docker/daemon.json", "{}")
    os.system(f"setfacl -m u:65534:rw {file}")  # noqa: S605 - a path of our own
    rows = {line.split()[0]: line.split() for line in world.snapshot()["stat:engine"].text.splitlines()}
    assert rows["/etc/docker/daemon.json"][11] == "+"
    assert rows["/etc/docker"][11] == "-"


def test_no_connection_is_opened_unless_a_registry_is_named(world: World) -> None:
    for tool in ("curl", "openssl", "getent"):
        world.tool(tool, f'#!/bin/sh\necho "$0 $*" >>{world.folder}/called\n')
    world.snapshot()
    called = world.folder / "called"
    own = Path("/proc/sys/kernel/hostname").read_text().strip()
    here = ("getent group docker", "getent ahosts localhost", f"getent ahosts {own}")
    assert [line for line in called.read_text().splitlines() if not line.endswith(here)] == []
    world.snapshot(registries=["reg.example.com:5000"])
    assert "s_client -connect reg.example.com:5000" in called.read_text()


def test_a_user_without_rights_is_told_what_is_denied(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("setpriv") is None:
        pytest.skip("setpriv is not installed")
    world.plant("/etc/docker/daemon.json", "{}", 0o600)
    world.tool("probe-shell", "#!/bin/sh\nexec setpriv --reuid 65534 --regid 65534 --clear-groups dash -s\n")
    monkeypatch.setitem(COMMANDS, "nobody", [str(world.folder / "bin/probe-shell")])
    os.chmod(world.folder.parent, 0o755)  # noqa: S103, PTH101 - so that the other user reaches the program
    seen = world.snapshot("nobody")
    assert seen["file:/etc/docker/daemon.json"].status == 13
    assert seen["cmd:id"].text.split()[0] == "65534"


def test_whom_proc_hides_the_engines_from_does_not_say_that_none_runs() -> None:
    if shutil.which("setpriv") is None:
        pytest.skip("setpriv is not installed")
    nobody = "setpriv --reuid 65534 --regid 65534 --clear-groups dash -s; :"
    for options, status in (("hidepid=2", 13), ("hidepid=0", 0)):
        spaces = ("unshare", "--mount", "--pid", "--fork", "--mount-proc", "sh", "-c")
        entered = [*spaces, f"mount -o remount,{options} /proc && {nobody}"]
        done = after_the_functions(entered, "start\nprobe_engines")
        seen = parse_snapshot(b"dockworthy-snapshot %d 0\n" % FORMAT + done.stdout, "probe")
        assert seen["cmd:engines"].status == status, options
