"""Inventories and patterns are read as Ansible reads them: it is asked itself, once for all of a table."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dockworthy.errors import UsageError
from dockworthy.target.inventory.limit import selected
from dockworthy.target.inventory.source import read_groups

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = ["ansible_host", "ansible_port", "ansible_user", "ansible_become", "ansible_connection", "dw_profile"]
PATTERNS = [
    "all",
    "*",
    "web",
    "web*",
    "web*:&prod:!old",
    "web,db",
    "web,&old",
    "!db",
    "&old",
    "!web:!old",
    "prod:!db-a:!db-b",
    "~web0[1-3]",
    "~.*-[ab]",
    "~(web|db).*c$",
    "web[0]",
    "web[-1]",
    "web[1:3]",
    "web[2:]",
    "web[0:0]",
    "web[5]",
    "web[6]",
    "web[4:99]",
    "prod[0]",
    "db-*[1]",
    "ungrouped",
    "lonely",
    "lonely,db",
    "lonely:db",
    "web0?.example.com",
    "web0[12].example.com",
    "web0[!12].example.com",
    "nonesuch",
    "nonesuch,db",
    "nonesuch:!db",
    "db:!nonesuch",
    "db:&nonesuch",
    " web , db ",
    "web01.example.com,web02.example.com",
    "web01.example.com:web02.example.com",
    "WEB",
    "s*e",
    "p*:!w*",
    "db-a:2022",
    "~(",
    "~*",
    "site:!prod",
    "all:!ungrouped",
    "@RETRY",
    "@RETRY:!old",
    "@RETRY,!old",
]
CASES = Path(__file__).parents[1] / "data/inventories/cases.txt"


def cases() -> Iterator[tuple[str, str, dict[str, str]]]:
    """Each case's name, its inventory, and the text of its files."""
    for part in CASES.read_text("utf-8").split("\n=== ")[1:]:
        head, _, rest = part.partition("\n")
        case, name = head.split()
        first, *others = f"{rest}\n".split("\n--- ")
        more = (one.split("\n", 1) for one in others)
        yield case, name, {**({} if name.endswith("/") else {name: f"{first.rstrip()}\n"}), **dict(more)}


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Any]]:
    """Each case's file, and what Ansible says of it."""
    top = tmp_path_factory.mktemp("inventories")
    (top / "retry").write_text("web02.example.com\n\n  db-c  \nweb[0]\n")
    asked = []
    known = list(cases())
    for case, name, files in known:
        for path, text in files.items():
            (top / case / path).parent.mkdir(parents=True, exist_ok=True)
            (top / case / path).write_text(text)
        patterns = [one.replace("RETRY", str(top / "retry")) for one in PATTERNS] if case == "fleet" else []
        if "script" in files:
            (top / case / "script").chmod(0o755)
        asked.append({"path": str(top / case / ("script" if "script" in files else name)), "patterns": patterns})
    (top / "elsewhere").mkdir()
    done = subprocess.run(
        [sys.executable, Path(__file__).with_name("ansible_says.py")],
        input=json.dumps({"names": NAMES, "cases": asked}),
        capture_output=True,
        text=True,
        check=False,
        cwd=top / "elsewhere",
        env={"HOME": str(top / "elsewhere"), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
    )
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout)
    return {case: (top / case / name, said) for (case, name, _), said in zip(known, answers, strict=True)}


def ours(path: Path) -> dict[str, dict[str, str]] | None:
    """The hosts and what holds for them; None where the inventory is refused."""
    try:
        groups = read_groups(path)
    except UsageError:
        return None
    found = {name: groups.variables_of(name) for name in groups.hosts}
    return {name: {key: str(got[key]) for key in NAMES if key in got} for name, got in found.items()} or None


def test_hosts_and_their_variables(said: dict[str, tuple[Path, Any]]) -> None:
    wrong = {}
    for case, (path, answer) in said.items():
        theirs = None if answer is None else answer["hosts"]
        if ours(path) != theirs:
            wrong[case] = (ours(path), theirs)
    assert not wrong, "\n".join(f"{case}:\n ours   {mine}\n theirs {theirs}" for case, (mine, theirs) in wrong.items())
    assert sum(answer is None for _, answer in said.values()) > 10


def test_patterns(said: dict[str, tuple[Path, Any]]) -> None:
    path, answer = said["fleet"]
    groups = read_groups(path)
    wrong = {}
    for pattern, theirs in answer["patterns"].items():
        try:
            mine = sorted(selected(pattern, dict.fromkeys(groups.hosts, ()), groups, lambda _: None))
        except UsageError:
            mine = []
        if mine != (theirs or []):
            wrong[pattern] = (mine, theirs)
    assert not wrong, "\n".join(f"{pattern}: {both}" for pattern, both in wrong.items())


@pytest.mark.parametrize("written", [(), ("--yaml",)])
def test_what_is_printed_of_an_inventory_is_read_as_the_inventory(
    said: dict[str, tuple[Path, Any]], written: tuple[str, ...], tmp_path: Path
) -> None:
    path, _ = said["folders"]
    program = Path(sys.executable).with_name("ansible-inventory")
    environment = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        [program, "-i", path, "--list", *written], capture_output=True, check=True, cwd=tmp_path, env=environment
    )
    (tmp_path / "printed").write_bytes(done.stdout)
    assert ours(tmp_path / "printed") == ours(path)
