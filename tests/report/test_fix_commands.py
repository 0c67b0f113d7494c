"""Commands that fail, or say that they changed, when they are repeated: the script looks first."""

from __future__ import annotations

import shlex
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from dockworthy.report.fixes.ansible import render_ansible
from dockworthy.report.fixes.plan import plan
from dockworthy.report.fixes.shell import render_shell
from tests.results_factory import record, result
from tests.rows import each_of

if TYPE_CHECKING:
    from pathlib import Path

# A system in one file a thing: each tool reads and writes its part, and refuses what the real one refuses.
TOOLS = {
    "docker": """
        case "$1 $2" in
        "update --memory") printf '{"Memory":"%s"}' "$3" > memory ;;
        "inspect --type") case "$*" in *HostConfig*) cat memory ;; *) cat networks ;; esac ;;
        "network connect") grep -qx "$3" networks && exit 1; echo "$3" >> networks ;;
        "network disconnect") grep -qx "$3" networks || exit 1; grep -vx "$3" networks > new; mv new networks ;;
        esac""",
    "auditctl": """
        grep -qxF -e "$*" rules && { echo 'Error sending add rule data request (Rule exists)' >&2; exit 255; }
        echo "$*" >> rules""",
    "sysctl": """
        case $1 in
        -n) cat "sysctl.$3" ;;
        -q) echo "${3#*=}" > "sysctl.${3%%=*}" ;;
        esac""",
    "systemctl": """
        case $1 in
        is-enabled) grep -qx "$3" enabled ;;
        is-active) grep -qx "$3" active ;;
        enable) echo "$2" >> enabled ;;
        start) echo "$2" >> active ;;
        stop) grep -vx "$2" active > new; mv new active ;;
        disable) grep -vx "$2" enabled > new; mv new enabled ;;
        esac""",
    "getent": "cat group",
    "gpasswd": "grep -q eve group || exit 3; echo 'docker:x:999:bob' > group",
    "dpkg-query": "cat packages",
    "apt-get": 'echo "$3 1" >> packages; sort -u packages > new; mv new packages',
    "zypper": "exit 99",
}


@pytest.fixture
def system(tmp_path: Path) -> Path:
    root = tmp_path / "system"
    tools = root / "bin"
    tools.mkdir(parents=True)
    for name, text in TOOLS.items():
        (tools / name).write_text(f"#!/bin/sh\ncd {root}\n{text}\n")
        (tools / name).chmod(0o755)
    (tools / "zypper").unlink()
    state = {"memory": "{}", "networks": "bridge\n", "rules": "", "enabled": "old.service\n", "active": "old.service\n"}
    state |= {"group": "docker:x:999:bob,eve\n", "packages": "a 1\n", "sysctl.net.x": "0\n"}
    for name, text in state.items():
        (root / name).write_text(text)
    return root


@pytest.mark.parametrize(
    ("fix", "changed", "file", "after"),
    [
        ("docker update --memory 512m web", 1, "memory", '{"Memory":"512m"}'),
        ("docker network connect apps web\ndocker network disconnect bridge web", 2, "networks", "apps\n"),
        ("auditctl -w /usr/bin/docker -k docker", 1, "rules", "-w /usr/bin/docker -k docker\n"),
        ("sysctl -w net.x=1", 1, "sysctl.net.x", "1\n"),
        ("systemctl enable --now docker.service", 2, "enabled", "old.service\ndocker.service\n"),
        ("systemctl disable --now old.service", 2, "active", ""),
        ("systemctl stop gone.service", 0, "active", "old.service\n"),
        ("gpasswd -d eve docker", 1, "group", "docker:x:999:bob\n"),
        ("apt-get install -y lvm2", 1, "packages", "a 1\nlvm2 1\n"),
        ("zypper --non-interactive install docker", 0, "packages", "a 1\n"),
    ],
)
def test_a_command_is_carried_out_once(system: Path, fix: str, changed: int, file: str, after: str) -> None:
    results = record(result(fix=fix))
    script = system / "fix.sh"
    script.write_text(render_shell(results, plan(results)))
    for expected in (changed, 0):
        done = subprocess.run(
            ["sh", str(script)],
            env={"PATH": f"{system}/bin:/usr/bin:/bin"},
            capture_output=True,
            check=False,
            timeout=60,
            encoding="utf-8",
        )
        assert (done.returncode, done.stdout.splitlines()[-1]) == (0, f"{expected} changed, 0 failed"), done.stderr
        assert (system / file).read_text() == after


def test_a_command_that_fails_is_counted(system: Path) -> None:
    results = record(result(fix="modprobe no_such_module_for_dockworthy"))
    script = system / "fix.sh"
    script.write_text(render_shell(results, plan(results)))
    done = subprocess.run(
        ["sh", str(script)],
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        check=False,
        timeout=60,
        encoding="utf-8",
    )
    assert (done.returncode, done.stdout.splitlines()[-1]) == (1, "0 changed, 1 failed")
    assert "failed:  daemon.icc-disabled: modprobe no_such_module_for_dockworthy" in done.stderr


# --- the same as tasks ----------------------------------------------------------------------------------------


class Loader(yaml.SafeLoader):
    """Reads ``!unsafe`` as text."""


Loader.add_constructor("!unsafe", lambda loader, node: str(node.value))  # noqa: ARG005 - PyYAML's signature


def tasks(fix: str) -> list[dict[str, Any]]:
    results = record(result(fix=fix))
    (play,) = yaml.load(render_ansible(results, plan(results)), Loader=Loader)  # noqa: S506 - a safe loader
    found: list[dict[str, Any]] = play["tasks"]
    return found


@each_of(
    ("fix", "module", "arguments"),
    [
        ("chmod 640 /a", "file", {"path": "/a", "mode": "0640"}),
        ("chown root:docker '/a b'", "file", {"path": "/a b", "owner": "root", "group": "docker"}),
        ("chown -h root /a", "shell", "chown -h root /a"),
        ("chmod go-w /a", "shell", "chmod go-w /a"),
        (
            "systemctl enable --now a.service",
            "systemd_service",
            {"name": "{{ item }}", "enabled": True, "state": "started"},
        ),
        ("systemctl stop a.service", "systemd_service", {"name": "{{ item }}", "state": "stopped"}),
        ("echo a >> /f", "lineinfile", {"path": "/f", "line": "a", "create": True, "mode": "0644"}),
        ("modprobe overlay", "shell", "modprobe overlay"),
    ],
)
def test_a_command_becomes_the_module_that_does_it_once(fix: str, module: str, arguments: object) -> None:
    assert tasks(fix)[-1][f"ansible.builtin.{module}"] == arguments


def test_what_says_no_the_second_time_is_no_failure() -> None:
    (task,) = tasks("auditctl -w /a -k docker")
    assert task["failed_when"] == "done.rc != 0 and 'Rule exists' not in done.stderr"
    assert task["changed_when"] == "done.rc == 0"


def test_a_sysctl_and_a_boot_word_are_looked_at_first() -> None:
    (sysctl,) = tasks("sysctl -w net.x=1")
    assert sysctl["ansible.builtin.shell"].startswith('if test "$(sysctl -n net.x)" = 1; then echo same')
    (boot,) = tasks("sed -i 's/^GRUB_CMDLINE_LINUX=\"/&x=1 /' /etc/default/grub")
    assert boot["ansible.builtin.shell"].startswith("grep -Eq ")
    assert boot["changed_when"] == "'same' not in done.stdout"


def test_changes_are_taken_into_use_by_a_handler() -> None:
    (task,) = tasks("echo a=1 >> /f\nsysctl --system")
    assert task["notify"] == ["sysctl --system"]


def test_a_restart_alone_is_done_only_where_something_is_newer_than_the_engine() -> None:
    (restart,) = tasks("systemctl restart docker")
    assert "-newer" in restart["ansible.builtin.shell"]
    assert (restart["changed_when"], restart["notify"]) == ("done.rc == 0", ["systemctl restart docker"])
    (reload,) = tasks("sysctl --system")
    assert (reload["ansible.builtin.shell"], reload["changed_when"]) == ("sysctl --system", False)
    assert "notify" not in reload


def test_settings_are_merged_into_what_the_file_says() -> None:
    folder, read, write = tasks('# /etc/docker/daemon.json\n{"icc": false, "exec-opts": ["a=b"]}')
    assert folder["ansible.builtin.file"] == {"path": "/etc/docker", "state": "directory"}
    assert read["ansible.builtin.slurp"] == {"src": "/etc/docker/daemon.json"}
    shell, option, program, file = shlex.split(write["ansible.builtin.copy"]["validate"])
    assert (shell, option, file) == ("sh", "-c", "%s")
    assert program.endswith('exec dockerd --validate --config-file="$0"')
    assert write["vars"]["wanted"] == {"icc": False}
    assert write["vars"]["wanted_lists"] == {"exec-opts": ["a=b"]}
    assert write["notify"] == ["systemctl restart docker"]
