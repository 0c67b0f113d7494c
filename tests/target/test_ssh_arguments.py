"""ssh's own arguments in an inventory or a target: followed where they are harmless, else refused by name."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import pytest

from dockworthy.errors import UsageError
from dockworthy.target import CollectOptions, parse_target
from dockworthy.target.inventory import read_inventory
from dockworthy.target.ssh import command_line
from dockworthy.target.ssh_arguments import read_ssh_arguments
from tests.rows import each_of

if TYPE_CHECKING:
    from pathlib import Path

JUMP = "ssh -o BatchMode=yes -i /k -W %h:%p ops@jump.example.com"


@each_of(
    ("given", "passed"),
    [
        ("", []),
        ("-o StrictHostKeyChecking=no", ["-o", "StrictHostKeyChecking=no"]),
        ("-oStrictHostKeyChecking=accept-new", ["-o", "StrictHostKeyChecking=accept-new"]),
        ("-o 'ConnectTimeout 3'", ["-o", "ConnectTimeout=3"]),
        ('-o "UserKnownHostsFile=/dev/null"', ["-o", "UserKnownHostsFile=/dev/null"]),
        ("-J ops@jump.example.com:22,other", ["-J", "ops@jump.example.com:22,other"]),
        ("-Jjump", ["-J", "jump"]),
        ("-o ProxyJump=a@j1:22,b@j2", ["-o", "ProxyJump=a@j1:22,b@j2"]),
        ("-F /etc/ssh/c -i ~/.ssh/k", ["-F", "/etc/ssh/c", "-i", "~/.ssh/k"]),
        ("-4C", ["-4", "-C"]),
        ("-C -o ControlMaster=auto -o ControlPersist=60s", ["-C"]),
        ("-o ForwardAgent=yes -A -q", []),
        ("-o BatchMode=no", []),
        ("-o ProxyCommand='ssh -i /k -W %h:%p -q ops@jump.example.com'", ["-o", f"ProxyCommand={JUMP}"]),
        ("-o ProxyCommand='ssh ops@jump.example.com -W %h:%p -i /k'", ["-o", f"ProxyCommand={JUMP}"]),
    ],
)
def test_what_is_known_is_passed_on(given: str, passed: list[str]) -> None:
    assert shlex.split(read_ssh_arguments(given, "x")) == passed


@each_of(
    ("given", "named"),
    [
        ("-o ProxyCommand='sshpass -p S ssh -W %h:%p j'", "ProxyCommand"),
        ("-o ProxyCommand='ssh -W %h:%p j; curl S'", "ProxyCommand"),
        ("-o ProxyCommand='ssh -W %h:22 j'", "ProxyCommand"),
        ("-o ProxyCommand='ssh j'", "ProxyCommand"),
        ("-o ProxyCommand='ssh -o ProxyCommand=S -W %h:%p j'", "ProxyCommand"),
        ("-o ProxyCommand='ssh \"'", "ProxyCommand"),
        ("-o LocalCommand=S", "LocalCommand"),
        ("-o SetEnv=TOKEN=S", "SetEnv"),
        ("-o RemoteCommand=S", "RemoteCommand"),
        ("-o PKCS11Provider=/S", "PKCS11Provider"),
        ("-o S=x", "REDACTED"),
        ("-J u:S@jump", "-J"),
        ("-o ProxyJump=a:22,u:S@jump", "ProxyJump"),
        ("-o User=$S", "User"),
        ("-o StrictHostKeyChecking", "option of ssh"),
        ("-o", "option of ssh"),
        ("-L 1:S:2", "-L"),
        ("-i", "-i"),
        ("-i -oProxyCommand=S", "-i"),
        ("S", "only options"),
        ("--S", "only options"),
        ("-", "only options"),
        ("'S", "quote"),
    ],
)
def test_what_is_not_is_refused_by_name_and_without_its_value(given: str, named: str) -> None:
    with pytest.raises(UsageError, match=r"^hosts: web1") as caught:
        read_ssh_arguments(re.sub(r"\bS\b", "kqzwtr9x", given), "hosts: web1")
    assert named in str(caught.value)
    assert "kqzwtr9x" not in str(caught.value)
    assert str(caught.value).endswith(".")


def test_an_inventorys_arguments_reach_ssh_behind_what_keeps_it_from_asking(tmp_path: Path) -> None:
    file = tmp_path / "hosts"
    file.write_text(
        "web1 ansible_ssh_args='-o ControlMaster=auto' ansible_ssh_common_args='-J jump' "
        "ansible_ssh_extra_args='-o ConnectTimeout=3' ansible_ssh_executable=/opt/bin/ssh\n"
    )
    [target] = read_inventory(file)
    argv = command_line(target, CollectOptions(), "sh -s")
    assert argv[:8] == ["/opt/bin/ssh", "-T", "-o", "BatchMode=yes", "-J", "jump", "-o", "ConnectTimeout=3"]
    assert argv[-3:] == ["--", "web1", "sh -s"]


def test_a_targets_arguments_reach_ssh_and_no_record() -> None:
    target = parse_target("ssh://web1?ssh_extra_args=-J%20jump")
    assert command_line(target, CollectOptions(), "sh -s")[4:6] == ["-J", "jump"]
    assert target.label == "ssh://web1?ssh_extra_args=REDACTED"


@pytest.mark.parametrize(
    "line",
    [
        "ansible_become=yes ansible_become_method=su",
        "ansible_ssh_executable=/opt/wrapper",
        "ansible_ssh_common_args='-o Tunnel=yes'",
    ],
)
def test_what_would_change_how_a_host_is_reached_is_not_passed_over(tmp_path: Path, line: str) -> None:
    file = tmp_path / "hosts"
    file.write_text(f"web1 {line}\n")
    with pytest.raises(UsageError, match="hosts: web1: "):
        read_inventory(file)
