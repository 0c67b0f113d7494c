from __future__ import annotations

import json
import shlex
import shutil
import subprocess
from typing import TYPE_CHECKING, cast

import pytest
import yaml

from dockworthy.report.fixes.ansible import render_ansible
from dockworthy.report.fixes.lexer import parts, pieces, uncommented
from dockworthy.report.fixes.plan import plan
from dockworthy.report.fixes.shell import render_shell
from dockworthy.report.fixes.steps import After, Boot, Command, Content, Line, Note, Settings, steps_of
from tests.results_factory import HOSTILE_NAMES, record, result
from tests.rows import each_of

if TYPE_CHECKING:
    from pathlib import Path

    from dockworthy.results.model import Host, Result

SHELLS = [shell for shell in (["dash"], ["bash"], ["busybox", "sh"], ["ksh"]) if shutil.which(shell[0])]


# --- reading a fix --------------------------------------------------------------------------------------------


@each_of(
    ("fix", "steps"),
    [
        ("chmod 0644 /a", [Command("chmod 0644 /a", ("chmod", "0644", "/a"))]),
        ("# why\nchmod 0644 /a  # so", [Note("why"), Command("chmod 0644 /a", ("chmod", "0644", "/a"))]),
        (
            '# in /etc/docker/daemon.json:\n{"icc": false}',
            [Note("in /etc/docker/daemon.json:"), Settings({"icc": False})],
        ),
        ('{\n  "a": {"b": [1]},\n  "c": 2\n}\nreboot', [Settings({"a": {"b": [1]}, "c": 2}), After("reboot")]),
        (
            'Set "icc": false and "log-level": "info" in /etc/docker/daemon.json, then: systemctl restart docker',
            [Settings({"icc": False, "log-level": "info"}), After("systemctl restart docker")],
        ),
        (
            '# /home/u/.config/docker/daemon.json\n{"a": 1}',
            [Note("/home/u/.config/docker/daemon.json"), Settings({"a": 1}, "/home/u/.config/docker/daemon.json")],
        ),
        ("echo '-w /x' >>/r && augenrules --load", [Line("/r", "-w /x"), After("augenrules --load")]),
        ("echo '-w '/x' -k d' >>/r", [Line("/r", "-w /x -k d")]),
        ("printf '[Service]\\nDelegate=yes\\n' > /u.conf", [Content("/u.conf", "[Service]\nDelegate=yes\n")]),
        ("echo a=1 > /f\necho b=2 >> /f", [Content("/f", "a=1\nb=2\n")]),
        ("grep -qsxF -e '-w /x y' /r || printf '%s\\n' '-w /x y' >>/r", [Line("/r", "-w /x y")]),
        ("echo a=1 > /etc/sysctl.d/9.conf", [Line("/etc/sysctl.d/9.conf", "a=1")]),
        (
            "sed -i 's/^GRUB_CMDLINE_LINUX=\"/&x=1 /' /etc/default/grub",
            [Boot("x=1", "sed -i 's/^GRUB_CMDLINE_LINUX=\"/&x=1 /' /etc/default/grub")],
        ),
        (
            "sed -i 's/x=0//; s/^GRUB_CMDLINE_LINUX=\"/&x=1 y=2 /' /etc/default/grub",
            [Boot("x=1 y=2", "sed -i 's/x=0//; s/^GRUB_CMDLINE_LINUX=\"/&x=1 y=2 /' /etc/default/grub")],
        ),
        (
            '# merge into /etc/docker/other.json:\n{"hosts": ["unix:///a"]}',
            [Note("merge into /etc/docker/other.json:"), Settings({"hosts": ["unix:///a"]}, "/etc/docker/other.json")],
        ),
        ("update-grub || grub2-mkconfig -o /x", [After("update-grub || grub2-mkconfig -o /x")]),
    ],
)
def test_a_fix_is_read_as_it_is_pasted(fix: str, steps: list[object]) -> None:
    assert steps_of(fix) == steps


@each_of(
    "fix",
    [
        "# recreate the container without --privileged",
        "Recreate the container without --privileged.",
        "gpasswd -d ACCOUNT GROUP",
        "docker network connect <NETWORK> web",
        "mkfs.ext4 /dev/NEW_DEVICE && mount /dev/NEW_DEVICE /mnt\nsystemctl stop docker.service",
        "docker run --network apps …",
        '{"authorization-plugins": ["NAME-OF-YOUR-PLUGIN"]}',
        '{"tlsverify": true, "tlscacert": "/etc/docker/ca.pem"}',
        "docker swarm ca --rotate",
        '{"hosts": ["tcp://0.0.0.0:2376"]}',
        "rm -rf /var/lib/docker",
        "curl -fsSL https://example.com | sh",
        "echo 'a",
        "docker inspect web",
    ],
)
def test_what_only_a_person_can_do_is_left_to_them(fix: str) -> None:
    """A fix of which a part must be filled in is not carried out in part."""
    steps = steps_of(fix)
    assert steps
    assert all(isinstance(step, Note) and step.by_hand for step in steps)


def test_a_here_document_and_a_quoted_line_end_stay_whole() -> None:
    text = "cat > /f <<'EOF'\n# not a comment\nEOF\nprintf 'a\n# b'\nchmod 1 \\\n  /a"
    assert [(part.kind, part.text) for part in parts(text)] == [
        ("command", "cat > /f <<'EOF'\n# not a comment\nEOF"),
        ("command", "printf 'a\n# b'"),
        ("command", "chmod 1 \\\n  /a"),
    ]


def test_commands_are_split_outside_quotes_only() -> None:
    assert pieces("a '&& b' && c \"; d\"; e $(f; g)") == ["a '&& b'", 'c "; d"', "e $(f; g)"]
    assert pieces("a || b && c") == ["a || b && c"]
    assert pieces("if a; then b; fi") == ["if a; then b; fi"]
    assert uncommented("a '# b' # c") == "a '# b'"


# --- the script -----------------------------------------------------------------------------------------------


@pytest.fixture
def stubs(tmp_path: Path) -> Path:
    """Commands that tell a file that they were called, in place of those that would change this machine."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("systemctl", "sysctl", "augenrules", "auditctl", "docker", "dockerd", "reboot", "update-grub"):
        stub = folder / name
        stub.write_text(f'#!/bin/sh\necho "{name} $*" >> "{tmp_path}/calls"\n')
        stub.chmod(0o755)
    return folder


def carried_out(shell: list[str], script: str, stubs: Path, *arguments: str, path: str = "") -> tuple[int, str]:
    file = stubs.parent / "fix.sh"
    file.write_text(script, encoding="utf-8")
    search = path or f"{stubs}:/usr/sbin:/usr/bin:/sbin:/bin"
    done = subprocess.run(
        [*shell, str(file), *arguments],
        env={"PATH": search},
        capture_output=True,
        check=False,
        timeout=60,
        encoding="utf-8",
        errors="replace",
    )
    return done.returncode, done.stdout + done.stderr


def script_of(*results: Result, hosts: tuple[Host, ...] = ()) -> str:
    given = record(*results, hosts=hosts)
    return render_shell(given, plan(given))


def some(root: Path) -> tuple[Result, ...]:
    return (
        result(
            check="daemon.icc",
            fix=f"# {root}/daemon.json\n"
            '{"icc": false, "exec-opts": ["native.cgroupdriver=systemd"], "insecure-registries": ["b"]}',
        ),
        result(
            check="daemon.live", fix=f'# {root}/daemon.json\n{{"live-restore": true, "log-opts": {{"max-file": "3"}}}}'
        ),
        result(check="file.mode", param=f"{root}/it's a file", fix=f"chmod 0640 '{root}/it'\"'\"'s a file'"),
        result(check="audit.rule", fix=f"mkdir -p {root}/rules.d && echo '-w /x' >>{root}/rules.d/d.rules"),
        result(check="audit.more", fix=f"echo '-w /y' >>{root}/rules.d/d.rules"),
        result(check="unit.a", fix=f"printf '[Service]\\nA=1\\n' > {root}/unit.conf"),
        result(check="sed.a", fix=f"sed -i 's/^A=.*/A=1/' {root}/plain.conf"),
        result(check="by.hand", severity="critical", fix="# recreate it"),
        result("waived", check="is.waived", fix=f"touch {root}/waived"),
        result("pass", check="does.pass", fix=f"touch {root}/passed"),
    )


def before(root: Path) -> None:
    root.mkdir()
    (root / "daemon.json").write_text(
        '{"icc": true, "exec-opts": ["native.cgroupdriver=cgroupfs", "x=y"], "log-opts": {"max-size": "1m"}, '
        '"insecure-registries": ["a", "b"]}'
    )
    (root / "it's a file").touch(mode=0o666)
    (root / "plain.conf").write_text("A=0\n")


def tree(root: Path) -> dict[str, tuple[int, float, bytes]]:
    return {
        str(path.relative_to(root)): (path.stat().st_mode, path.stat().st_mtime_ns, path.read_bytes())
        for path in root.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_the_script_fixes_and_the_second_time_changes_nothing(tmp_path: Path, stubs: Path, shell: list[str]) -> None:
    root = tmp_path / "root"
    before(root)
    script = script_of(*some(root))
    status, said = carried_out(shell, script, stubs)
    assert (status, said.splitlines()[-1]) == (0, "7 changed, 0 failed")
    assert json.loads((root / "daemon.json").read_text()) == {
        "icc": False,
        "exec-opts": ["x=y", "native.cgroupdriver=systemd"],
        "insecure-registries": ["b"],
        "log-opts": {"max-size": "1m", "max-file": "3"},
        "live-restore": True,
    }
    assert (root / "it's a file").stat().st_mode & 0o777 == 0o640
    assert (root / "rules.d" / "d.rules").read_text() == "-w /y\n-w /x\n"
    assert (root / "unit.conf").read_text() == "[Service]\nA=1\n"
    assert (root / "plain.conf").read_text() == "A=1\n"
    assert "by hand: critical by.hand" in said
    assert not (root / "waived").exists()
    assert not (root / "passed").exists()
    once = tree(root)
    status, said = carried_out(shell, script, stubs)
    assert (status, said.splitlines()[-1]) == (0, "0 changed, 0 failed")
    assert tree(root) == once


def test_without_python_the_settings_are_merged_by_jq_and_alike(tmp_path: Path, stubs: Path) -> None:
    if shutil.which("jq") is None:
        pytest.skip("jq is not installed")
    for name in (
        "jq",
        "cat",
        "mkdir",
        "dirname",
        "cp",
        "rm",
        "mv",
        "chmod",
        "sed",
        "grep",
        "stat",
        "ls",
        "cut",
        "tail",
    ):
        (stubs / name).symlink_to(str(shutil.which(name)))
    root = tmp_path / "root"
    before(root)
    script = script_of(*some(root)[:2])
    status, said = carried_out(["/bin/sh"], script, stubs, path=str(stubs))
    assert (status, said.splitlines()[-1]) == (0, "2 changed, 0 failed")
    merged = json.loads((root / "daemon.json").read_text())
    assert merged["exec-opts"] == ["x=y", "native.cgroupdriver=systemd"]
    assert merged["insecure-registries"] == ["b"]
    assert carried_out(["/bin/sh"], script, stubs, path=str(stubs))[1].splitlines()[-1] == "0 changed, 0 failed"


def test_a_file_that_the_engine_refuses_is_left_as_it_was(tmp_path: Path, stubs: Path) -> None:
    (stubs / "dockerd").write_text("#!/bin/sh\necho 'unable to configure: no such key'\nexit 1\n")
    root = tmp_path / "root"
    before(root)
    was = tree(root)
    status, said = carried_out(["sh"], script_of(some(root)[0]), stubs)
    assert status == 1
    assert "is refused by the engine: unable to configure: no such key" in said
    assert tree(root) == was


def test_a_file_that_is_no_json_is_left_to_a_person(tmp_path: Path, stubs: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "daemon.json").write_text('{"icc": true,}')
    status, said = carried_out(["sh"], script_of(some(root)[0]), stubs)
    assert (status, (root / "daemon.json").read_text()) == (1, '{"icc": true,}')
    assert "is not JSON" in said


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_hostile_name_is_data(tmp_path: Path, stubs: Path, shell: list[str], name: str) -> None:
    """Names that are commands, options, templates and line ends neither run nor end a quote or a comment."""
    canary = tmp_path / "canary"
    hostile = f"{name}'; touch {canary}; '\n touch {canary}\n$(touch {canary})"
    findings = [
        result(host=spelled, check=f"a.b{number}", param=spelled, observed=spelled, title=spelled, fix=fix)
        for number, spelled in enumerate((name, hostile))
        for fix in (f"# recreate {shlex.quote(spelled)}", f"chown 0:0 {shlex.quote(spelled)}", None)
    ]
    script = script_of(*findings)
    hosts = script.split("# ----")[1:]
    assert len(hosts) == 2
    for host in (name, hostile):
        status, said = carried_out(shell, script, stubs, host.replace("\x00", "").replace("\udc80", "?"))
        assert status in {0, 1, 2}
        assert "syntax" not in said.lower()
    assert not canary.exists()
    assert not [path for path in tmp_path.iterdir() if path.name not in {"bin", "fix.sh", "calls"}]
    assert "reboot" not in (tmp_path / "calls").read_text() if (tmp_path / "calls").exists() else True


def test_what_would_change_each_time_is_not_carried_out(tmp_path: Path, stubs: Path) -> None:
    (tmp_path / "f").write_text("a\n")
    status, said = carried_out(["sh"], script_of(result(fix=f"sed -i 's/a/aa/' {tmp_path}/f")), stubs)
    assert (status, (tmp_path / "f").read_text()) == (1, "a\n")
    assert "would change it each time" in said


def test_with_several_hosts_one_must_be_named(tmp_path: Path, stubs: Path) -> None:
    script = script_of(
        result(host="web1", fix=f"touch {tmp_path}/one"), result(host="web2", fix=f"touch {tmp_path}/two")
    )
    status, said = carried_out(["sh"], script, stubs)
    assert (status, said) == (2, "name one of the hosts: web1, web2\n")
    assert carried_out(["sh"], script, stubs, "web2")[0] == 0
    assert [(tmp_path / name).exists() for name in ("one", "two")] == [False, True]


def test_changes_are_taken_into_use_once_and_only_if_there_are_any(tmp_path: Path, stubs: Path) -> None:
    fixes = [
        result(check=f"a.b{number}", fix=f"echo {number} >>{tmp_path}/f\nsysctl --system\naugenrules --load")
        for number in range(3)
    ]
    script = script_of(*fixes)
    carried_out(["sh"], script, stubs)
    assert (tmp_path / "calls").read_text().splitlines() == ["augenrules --load", "sysctl --system"]
    carried_out(["sh"], script, stubs)
    assert (tmp_path / "calls").read_text().count("augenrules") == 1


def test_a_run_without_findings_is_a_script_that_does_nothing(stubs: Path) -> None:
    assert carried_out(["sh"], script_of(result("pass")), stubs) == (0, "nothing is to be fixed\n")


def test_the_script_says_what_a_change_risks(tmp_path: Path) -> None:
    assert "# RISK userns-remap: images and containers" in script_of(
        result(fix='# /etc/docker/daemon.json\n{"userns-remap": "default"}')
    )
    assert tmp_path.exists()


# --- the playbook ---------------------------------------------------------------------------------------------


class Loader(yaml.SafeLoader):
    """Reads ``!unsafe`` as text, and remembers it."""


class Unsafe(str):
    __slots__ = ()


Loader.add_constructor("!unsafe", lambda loader, node: Unsafe(loader.construct_scalar(cast("yaml.ScalarNode", node))))


def playbook(*results: Result) -> list[dict[str, object]]:
    given = record(*results)
    loaded: list[dict[str, object]] = yaml.load(render_ansible(given, plan(given)), Loader=Loader)  # noqa: S506 - safe
    return loaded


def test_the_playbook_has_a_play_a_host_with_built_in_modules_alone(tmp_path: Path) -> None:
    (play,) = playbook(*some(tmp_path))
    assert (play["hosts"], play["become"]) == ("web1", True)
    modules = {key for task in play["tasks"] for key in task if "." in key}  # type: ignore[attr-defined]
    assert modules == {
        "ansible.builtin.copy",
        "ansible.builtin.file",
        "ansible.builtin.lineinfile",
        "ansible.builtin.shell",
        "ansible.builtin.slurp",
    }


@each_of("name", HOSTILE_NAMES)
def test_a_hostile_name_is_no_template(name: str) -> None:
    plays = playbook(result(host=name, check="a.b", param=name, fix=f"chown 0:0 {shlex.quote(name)}", title=name))

    def templates(item: object) -> list[str]:
        if isinstance(item, dict):
            return [found for value in item.values() for found in templates(value)]
        if isinstance(item, list):
            return [found for value in item for found in templates(value)]
        return [item] if isinstance(item, str) and not isinstance(item, Unsafe) and "{{" in item else []

    assert len(plays) == 1
    assert templates(plays) == []


def test_the_script_is_clean_under_shellcheck(tmp_path: Path) -> None:
    if shutil.which("shellcheck") is None:
        pytest.skip("shellcheck is not installed")
    script = tmp_path / "fix.sh"
    script.write_text(script_of(*some(tmp_path / "root")))
    done = subprocess.run(["shellcheck", "-s", "sh", str(script)], capture_output=True, check=False, encoding="utf-8")
    assert done.stdout == ""
