"""Nothing secret is told in any spelling, and what is harmless beside it stays readable: the whole table."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dockworthy.probe import script
from dockworthy.snapshot import parse_snapshot
from dockworthy.target import collect, parse_target
from tests.probe.spellings import all_spellings
from tests.probe.spellings.table import KEY, Finder, Planted, Spelling
from tests.probe.world import OVERLAID, SHELLS, World, missing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dockworthy.snapshot import Section

# How the probe reads a file of that path: `$1` is where it lies.
ROUTES = (
    (r"^docker:info$", 'BODY=$(cat "$1"); STATUS=0; tidy_info; emit docker:info "$STATUS"'),
    (r"^registry:http$", 'TABLE=$(cat "$1"); BODY=$(http_lines); emit cmd:registry:http 0'),
    (r"^docker:history$", 'TEXT=$(cat "$1"); SECRETS= INDEX=0; history_entry; say docker:history 0 "$DONE"'),
    (r"^cmd:auditctl-l$", 'BODY=$(cat "$1"); STATUS=0; lines_as audited; emit cmd:auditctl-l "$STATUS"'),
    (r"/(harbor\.(yml|cfg)|docker-compose\.yml)$", "DIR=${1%/*}; harbor_folder"),
    (r"/certs\.d/|\.(pem|crt|cer|cert|key|csr|pass|der)$", 'pem_files "$1"'),
    (r"/daemon\.json$|/docker-state\.json$", 'FILTER=filter_daemon_json; files "$1"; FILTER='),
    (r"/containers/registries", 'TOML_KIND=registries; FILTER=filter_toml; files "$1"; FILTER='),
    (r"\.toml$", 'TOML_KIND=containerd; FILTER=filter_toml; files "$1"; FILTER='),
    (r"/(default|sysconfig)/|\.env$", "EXEC_NAMES=' '; FILTER=filter_environment_file; files \"$1\"; FILTER="),
    (r"/systemd/|\.(service|socket)$", "EXEC_NAMES=' '; FILTER=filter_unit; files \"$1\"; FILTER="),
    (r"/(profile|profile\.d/.*|environment|bash\.bashrc|bashrc)$", 'content_trust "$1"'),
    (r"/etc/passwd$", 'accounts "$1" passwd_line'),
    (r"/etc/group$", 'accounts "$1" group_line'),
    (r"/", 'line_files "$1"'),
)
# Places of one kind, so that cases of one path need fewer root file systems.
ALIKE = {"/opt/harbor/": ("/opt/harbor/", "/root/harbor/", "/usr/local/harbor/", "/data/harbor/", "/srv/harbor/")}
AWKS = {"dash": "mawk", "bash": "gawk", "ash": "busybox", "ksh": "original-awk"}
MARK = "=== the next case ==="

CASES = [Planted.of(case) for case in all_spellings()]
BY_NAME = {planted.case.name: planted for planted in CASES}
NUMBERS = {planted.case.name: number for number, planted in enumerate(CASES)}
FINDER = Finder(CASES)
PLACES = (*SHELLS, "rootfs")


def route(path: str) -> str:
    return next(how for pattern, how in ROUTES if re.search(pattern, path))


@cache
def folder() -> Path:
    """Where this run's files lie: a root file system for each case."""
    top = Path(tempfile.mkdtemp(prefix="spellings-", dir=os.environ.get("PYTEST_DEBUG_TEMPROOT")))
    for number, planted in enumerate(CASES):
        file = top / str(number) / planted.case.path.lstrip("/")
        file.parent.mkdir(parents=True)
        file.write_bytes(planted.data)
    return top


@pytest.fixture(scope="module", autouse=True)
def _swept() -> Iterator[None]:
    yield
    if folder.cache_info().currsize:
        shutil.rmtree(folder(), ignore_errors=True)


@cache
def printed_by(shell: str) -> tuple[list[bytes], bytes]:
    """What the probe's own functions print of each case under a shell, and what went elsewhere."""
    calls = []
    for number, planted in enumerate(CASES):
        file = folder() / str(number) / planted.case.path.lstrip("/")
        calls.append(f"set -- '{file}'\n{route(planted.case.path)}\necho; echo '{MARK}'")
    text = script().rpartition("\nmain ")[0] + "\nstart\nREGISTRIES=\n" + "\n".join(calls) + "\n"
    tools = folder() / f"tools-{shell}"
    tools.mkdir()
    awk = shutil.which(AWKS[shell]) or shutil.which("awk")
    if awk is not None:
        (tools / "awk").symlink_to(awk)
    done = subprocess.run(
        [*SHELLS[shell], "-s"],
        input=text.encode(),
        capture_output=True,
        check=False,
        timeout=300,
        env={
            "PATH": f"{tools}:/usr/bin:/bin",
            "DOCKWORTHY_SAME_SHELL": "1",
            "HOME": "/nonexistent",
            "LIMIT_ALL": "100000",
        },
    )
    parts = done.stdout.split(f"\n{MARK}\n".encode())
    assert len(parts) == len(CASES) + 1, done.stderr[-2000:]
    return parts[:-1], done.stderr


@cache
def printed_by_rootfs() -> tuple[list[bytes], bytes]:
    """What `rootfs:` tells of each case: cases of different paths lie in one root."""
    roots: list[dict[str, int]] = []
    for number, planted in enumerate(CASES):
        _into(roots, planted.case.path, number)
    parts, whole = [b""] * len(CASES), b""
    for at, root in enumerate(roots):
        top = folder() / f"root-{at}"
        for path, number in root.items():
            file = top / path.lstrip("/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(CASES[number].data)
        data = collect(parse_target(f"rootfs:{top}")).data
        assert data is not None
        sections = parse_snapshot(data, "rootfs").sections
        for path, number in root.items():
            own = (
                section for name, section in sections.items() if name.endswith((f":{path}", path.rpartition("/")[0]))
            )
            parts[number] = b"".join(_frame(section, CASES[number].case.path) for section in own)
        whole += data
    return parts, whole


def _into(roots: list[dict[str, int]], path: str, number: int) -> None:
    if not path.startswith("/"):
        return
    before = next((place for place in ALIKE if path.startswith(place)), "")
    for root in [*roots, {}]:
        for place in ALIKE.get(before, (before,)):
            moved = path.replace(before, place, 1)
            if moved not in root and not any(known.startswith(place) for known in root if place):
                root[moved] = number
                if len(root) == 1:
                    roots.append(root)
                return


def _frame(section: Section, path: str) -> bytes:
    name = f"{section.name.partition(':')[0]}:{path}"
    return f"@ {name} {section.status} raw {len(section.data)}\n".encode() + section.data + b"\n"


def told(place: str, name: str) -> bytes:
    parts, _ = printed_by_rootfs() if place == "rootfs" else printed_by(place)
    return parts[NUMBERS[name]]


def frames(part: bytes) -> list[Section]:
    """The sections of what was printed of one case."""
    text = part.lstrip(b"\n")
    return list(parse_snapshot(b"dockworthy-snapshot 1 x\n" + text, "x").sections.values()) if text else []


@cache
def leaks(place: str) -> dict[str, str]:
    """The cases whose secrets are anywhere in what one place printed: one may come out in another's section."""
    parts, errors = printed_by_rootfs() if place == "rootfs" else printed_by(place)
    hits = FINDER.found(errors)
    for number, part in enumerate(parts):
        read = frames(part)
        coded = [section.data for section in read if section.data not in part]
        for text in (part, *coded):
            found = FINDER.found(text)
            if KEY in found:
                found[CASES[number].case.name] = found.pop(KEY)
            hits |= found
    return hits


def section_of(place: str, case: Spelling) -> Section | None:
    """The section that carries the case's file."""
    seen = {one.name: one for one in frames(told(place, case.name))}
    end = case.path.rpartition("/")[2] if case.path.startswith("/") else case.path
    told_of = [one for name, one in seen.items() if name.startswith(("file:", "docker:", "cmd:"))]
    return next((one for one in told_of if one.name.endswith(end)), told_of[0] if told_of else None)


def in_place(place: str) -> None:
    if place != "rootfs" and shutil.which(SHELLS[place][0]) is None:
        pytest.skip(f"{place} is not installed")


def trouble(place: str, case: Spelling) -> str | None:
    """What is wrong with what a place tells of a case, or None."""
    where = leaks(place).get(case.name) or leaks(place).get(KEY)
    if where is not None:
        return f"is told: …{where}…"
    section = section_of(place, case)
    if not case.carries:
        return None if section is None or (section.status != 0 and section.data == b"") else f"is carried: {section}"
    if section is None:
        return "has no section"
    lost = [text for text in case.keeps if text not in section.text]
    return f"has lost {lost} from:\n{section.text}" if lost else None


@pytest.mark.parametrize("place", PLACES)
def test_no_spelling_tells_anything_or_loses_anything(
    place: str, record_property: Callable[[str, object], None]
) -> None:
    """All cases in one place, because the probe reads them in one run; those that fail are named."""
    in_place(place)
    tried = [one for one in CASES if place != "rootfs" or told(place, one.case.name)]
    for one in tried:
        record_property("canaries", (one.case.name, place, len(one.canaries) + len(one.case.secret)))
    record_property("told", len(leaks(place)))
    assert tried
    wrong = {one.case.name: found for one in tried if (found := trouble(place, one.case)) is not None}
    assert wrong == {}


@pytest.mark.parametrize("shell", list(SHELLS))
def test_a_whole_host_tells_nothing(shell: str, tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    """One file of each path, where it really lies, and the probe as it is sent."""
    reason = missing(SHELLS[shell][0])
    if reason:
        pytest.skip(reason)
    world = World(tmp_path)
    here = [planted for planted in CASES if planted.case.path.startswith(tuple(f"{place}/" for place in OVERLAID))]
    first = {planted.case.path: planted for planted in reversed(here)}
    for path, planted in first.items():
        world.plant(path, planted.data)
    printed = world.run(shell)
    snapshot = parse_snapshot(printed, shell)
    assert not snapshot.truncated
    for planted in first.values():
        record_property("canaries", (planted.case.name, f"host-{shell}", len(planted.canaries)))
    hits = FINDER.found(printed)
    for section in snapshot.sections.values():
        if section.data not in printed:
            hits |= FINDER.found(section.data)
    record_property("told", len(hits))
    assert hits == {}
