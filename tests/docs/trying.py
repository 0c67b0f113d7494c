"""A folder in which the commands of a page can be typed, and what stands there for what a reader has elsewhere."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

from tests import warm
from tests.docs.blocks import TOP, blocks

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from tests.docs.commands import Command

DATA = TOP / "tests" / "data"
ONE, OTHER = DATA / "snapshots" / "debian-13.snapshot", DATA / "snapshots" / "hardened.snapshot"
ERROR = "Status: unknown flag: --labels"
# What is typed on the page, and what is typed here: hosts are snapshots, names are those of something that is there.
STANDS_FOR = {
    "ssh://ops@web1": ("snapshot:snapshots/web1.snapshot",),
    "ssh://ops@web2": ("snapshot:snapshots/web2.snapshot",),
    "ssh://ops@harbor1": ("snapshot:snapshots/harbor1.snapshot",),
    "ssh://ops@harbor2": ("snapshot:snapshots/harbor2.snapshot",),
    "--inventory": (),
    "hosts.ini": ("snapshot:snapshots/web1.snapshot", "snapshot:snapshots/web2.snapshot"),
    "--sudo": (),  # of a live host
    "$ERROR": (ERROR,),
    "https://hooks.example.com/dockworthy": ("exec:true",),
    "env:CHAT_URL": ("exec:true",),
    "smtp://mail.example.com/?to=ops@example.com": ("exec:true",),
    "-": (ERROR,),  # what `journalctl` prints
    "ID": ("container.no-privileged",),
}
HOSTS = {
    "host.snapshot": ONE,
    "snapshots/web1.snapshot": ONE,
    "snapshots/web2.snapshot": OTHER,
    "snapshots/harbor1.snapshot": DATA / "group" / "harbor1.snapshot",
    "snapshots/harbor2.snapshot": DATA / "group" / "harbor2.snapshot",
}
FILES = {
    "production.yaml": "description: ours\n",
    "group.yaml": "description: ours\n",
    "waivers.yaml": "[]\n",
    "daemon.json": "{}\n",
    "image/etc/os-release": 'ID=debian\nVERSION_ID="13"\n',
}
RUNS = ("reports/latest", "web/latest", "db/latest")
RECORDS = ("last.json", "before.json", "yesterday.json", "today.json", "monday.json", "tuesday.json")
THIS_HOST = "snapshot:host.snapshot"  # where no target is named
ANSWERED = ("--owner", "ops", "--reason", "needs cgroup metrics", "--expires", "90")  # what a terminal would ask for
_LOOKS = {"check", "doctor", "init"}
# Commands that need what is not here, by how they begin; each with where it is tried, or why that is no matter of ours.
ELSEWHERE = {
    "dockworthy roundtrip": "engines and a registry: tests/engine/suites/test_roundtrip.py",
    "dockworthy trust": "a registry: tests/engine/test_trust_command.py",
    "dockworthy check --registry": "a registry: tests/engine/test_trust_live.py",
    "dockworthy check --inventory -": "a pipe: tests/target/test_inventory.py",
    "ansible-inventory": "Ansible's own; what it prints is read in tests/target/test_ansible_agrees.py",
    "dockworthy collect": "live hosts: tests/commands/test_streams.py",
    "dockworthy serve": "it does not end by itself: tests/serve/test_command.py",
    "pip install": "pip's own",
    "make": "the targets are in the Makefile, which is how these tests were started",
    "pytest checks/": "a live host: tests/run/test_plain_pytest.py",
    "sh probe.sh": "the host's own shell: tests/probe/test_shells.py",
    "sh": "the host's own shell: tests/probe/test_shells.py",
    "python -m tests.replay": "tests/docs/test_proofs_page.py runs them",
    "python bench/": "it measures, on a machine that does nothing else",
    "python -m tests.fuzz": "Go: tests/fuzz/test_fuzz_go.py",
    "python -m tests.engine.proofs": "tests/engine/test_fixes.py goes by the same lists",
    "python3 -m venv": "Python's own",
    "python3 -m pip": "pip's own; the wheel that it makes: tests/test_structure.py",
    "~/.dockworthy/bin/pip": "pip's own",
    "install": "the system's own",
    "systemctl": "the system's own",
    "export": "the shell's own",
    ".": "the shell's own",
    "journalctl": "the system's own",
    "ANSIBLE_ROLES_PATH=gates/ansible/roles ansible-playbook": "tests/readers/test_gates.py plays it",
}


def elsewhere(command: Command) -> str | None:
    """Why a command is not tried here."""
    typed = " ".join(command.words)
    return next((why for begin, why in ELSEWHERE.items() if begins(typed, begin)), None)


def begins(typed: str, words: str) -> bool:
    """Whether a command begins with these words; the last may be the beginning of a longer name."""
    return re.match(rf"{re.escape(words)}(?:[\s_.]|$|(?<=/))", typed) is not None


def typed_here(command: Command) -> tuple[str, ...]:
    """A command's arguments with what is here in the place of what is on the page."""
    found: list[str] = []
    for word in command.arguments:
        found += STANDS_FOR.get(word, (word,))
    name, *rest = found or ["--help"]
    if found[:2] == ["waivers", "add"] and "--owner" not in found:
        found += ANSWERED
    looks = name in _LOOKS and "--monitoring" not in rest
    if looks and not any(re.match(r"(?:snapshot|rootfs):", word) for word in rest):
        found.append(THIS_HOST)
    return tuple(found)


def furnish(folder: Path, page: Path, run: Path) -> set[str]:
    """Lay out what a reader of a page has: the files that it shows, hosts, and an earlier run.

    Returns the names of those files.
    """
    folder.mkdir()
    (folder / "tests").symlink_to(TOP / "tests")
    shown = {block.file for block in blocks(page) if block.named}
    for block in blocks(page):
        if block.named:
            (folder / block.file).parent.mkdir(parents=True, exist_ok=True)
            (folder / block.file).write_text(block.text, "utf-8")
    for name, source in HOSTS.items():
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(source, folder / name)
    for name in RUNS:
        (folder / name).parent.mkdir()
        (folder / name).symlink_to(run)
    for name in RECORDS:
        (folder / name).symlink_to(run / "results.json")
    for name, text in FILES.items():
        if name not in shown:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, "utf-8")
    return shown


def type_in(folder: Path, arguments: tuple[str, ...], written: str | None = None) -> subprocess.CompletedProcess[str]:
    """Type a command there, and put its output where it is to go."""
    done = warm.run(*arguments, cwd=folder, env={"PATH": "/usr/bin:/bin", "COLUMNS": "118"})
    if written is not None and not written.startswith("/"):
        (folder / written).write_text(done.stdout, "utf-8")
    return done
