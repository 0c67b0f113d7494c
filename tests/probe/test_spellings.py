"""Nothing secret is told in any spelling, and what is harmless beside it stays readable: the whole table."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dockworthy.snapshot import NO_SUCH_TEXT, parse_snapshot
from dockworthy.target import collect, parse_target
from dockworthy.target._fragments import Reading
from dockworthy.target._root import Root
from dockworthy.target.rootfs import _Reader
from tests.probe.carrying import after_the_functions
from tests.probe.spellings import all_spellings
from tests.probe.spellings.table import KEY, Finder, Planted, Spelling
from tests.probe.world import OVERLAID, SHELLS, World, missing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from dockworthy.snapshot import Section

# How the probe reads files of that path: `"$@"` is where all of them lie. With `"$1"`, each is read by itself, because
# the answer does not say which file it is of.
ROUTES = (
    (r"^docker:info$", 'BODY=$(cat "$1"); STATUS=0; tidy_info; emit docker:info "$STATUS"'),
    (r"^registry:http$", 'TABLE=$(cat "$1"); BODY=$(http_lines); emit cmd:registry:http 0'),
    (r"^docker:history$", 'TEXT=$(cat "$1"); SECRETS= INDEX=0; history_entry; say docker:history 0 "$DONE"'),
    (r"^cmd:iptables-save$", 'BODY=$(filtered cmd:iptables-save "$1"); filter_parts'),
    (r"^cmd:nft-ruleset$", 'BODY=$(filtered cmd:nft-ruleset "$1"); filter_parts'),
    (r"^cmd:auditctl-l$", 'BODY=$(cat "$1"); STATUS=0; lines_as audited; emit cmd:auditctl-l "$STATUS"'),
    (r"^cmd:networkd-files$", 'networkd_files "$1"'),
    (r"/(harbor\.(yml|cfg)|docker-compose\.yml)$", 'harbor_cases "$@"'),
    (r"/common/config/", 'HARBOR_NOTES= FILTER=filter_harbor; files "$@"; FILTER='),
    (r"/certs\.d/|\.(pem|crt|cer|cert|key|csr|pass|der)$", 'pem_files "$@"'),
    (r"/metadata\.json$", 'FILTER=filter_scanner; files "$@"; FILTER='),
    (r"/daemon\.json$|/docker-state\.json$", 'FILTER=filter_daemon_json; files "$@"; FILTER='),
    (r"/\.docker/config\.json$", 'FILTER=filter_client_config; files "$@"; FILTER='),
    (r"/containers/registries", 'TOML_KIND=registries; FILTER=filter_toml; files "$@"; FILTER='),
    (r"/versionlock\.toml$", 'line_files "$@"'),
    (r"\.toml$", 'TOML_KIND=containerd; FILTER=filter_toml; files "$@"; FILTER='),
    (r"/(default|sysconfig)/|\.env$", 'FILTER=filter_environment_file; files "$@"; FILTER='),
    (r"/systemd/|\.(service|socket)$", 'FILTER=filter_unit_alone; files "$@"; FILTER='),
    (r"/(profile|profile\.d/.*|environment|bash\.bashrc|bashrc)$", 'content_trust "$1"'),
    (r"/etc/passwd$", 'accounts "$1" passwd_line'),
    (r"/etc/group$", 'accounts "$1" group_line'),
    (r"/", 'line_files "$@"'),
)
# What the command lines in one case use is nothing to the next, and there is no end to the time. Of a folder whose
# settings name nothing but what is the default, nothing of them goes on to what looks at it.
ALONE = """
filter_unit_alone() { filter_unit; KIND_BY=alone; }
alone() { EXEC_NAMES=' '; exec_names; }
harbor_cases() {
    for DIR in "$@"; do shift; set -- "$@" "${DIR%/*}"; done
    harbor_files "$@"
    for DIR in "$@"; do
        harbor_named
        case $HARBOR_CERTS:$HARBOR_DATA in : | :/data) ;; *) harbor_folder ;; esac
    done
}
filtered() { { printf '\\002%s\\n' "$1"; cat "$2"; printf '\\n\\002 0\\n'; } | awk "$FILTERS_AWK"; }
LIMIT_ALL=100000 REGISTRIES=
start
"""
# Places of one kind, so that cases of one path need fewer root file systems.
ALIKE = {
    "/etc/docker/daemon.json": ("/etc/docker/daemon.json", "/root/.config/docker/daemon.json"),
    "/opt/harbor/": ("/opt/harbor/", "/root/harbor/", "/usr/local/harbor/", "/data/harbor/", "/srv/harbor/"),
}
# The shell that reads the cases in the order of the last first, and the one whose answers are held against its own.
BACKWARDS = "dash"
FORWARDS = "ash"
# What reads a file of a root file system, and does not say of which file it tells.
NAMELESS = ("content_trust", "accounts", "grab")
AWKS = {"dash": "mawk", "bash": "gawk", "ash": "busybox", "ksh": "original-awk"}
# At most so many files are read in one go: where a reader ends at one of them, another looks at all that are left.
TOGETHER = 24
MARK = "=== the next case ==="

CASES = [Planted.of(case) for case in all_spellings()]
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


def place_of(number: int) -> Path:
    return folder() / str(number) / CASES[number].case.path.lstrip("/")


@pytest.fixture(scope="module", autouse=True)
def _swept() -> Iterator[None]:
    yield
    if folder.cache_info().currsize:
        shutil.rmtree(folder(), ignore_errors=True)


@cache
def printed_by(shell: str) -> tuple[list[bytes], bytes]:
    """What the probe's own functions print of each case under a shell, and what is of none or went elsewhere."""
    numbers = range(len(CASES))
    return printed_of(reversed(numbers) if shell == BACKWARDS else numbers, shell)


def printed_of(numbers: Iterable[int], shell: str) -> tuple[list[bytes], bytes]:
    """The same, the cases read in that order."""
    read: dict[str, list[int]] = {}
    for number in numbers:
        read.setdefault(route(CASES[number].case.path), []).append(number)
    calls = [(how, run) for how, found in read.items() for run in runs_of(how, found)]
    if shell == BACKWARDS:
        calls = [(how, run[::-1]) for how, run in calls]
    lines = ALONE
    for how, run in calls:
        files = (f"'{place_of(number)}'" for number in run)
        lines += f"set -- {' '.join(files)}\n{how}\necho; echo '{MARK}'\n"
    done = after_the_functions(SHELLS[shell], lines, tools=tools(shell))
    printed = done.stdout.split(f"\n{MARK}\n".encode())
    assert len(printed) == len(calls) + 1, done.stderr[-2000:]
    parts, rest = [b""] * len(CASES), done.stderr + printed[-1]
    for (_, run), part in zip(calls, printed, strict=False):
        if len(run) == 1:
            parts[run[0]] = part
            continue
        for name, frame in split(part):
            of = re.search(f"{folder()}/([0-9]+)/", name)
            if of is None:
                rest += frame
            else:
                parts[int(of[1])] += frame
    return parts, rest


def runs_of(how: str, numbers: Sequence[int]) -> list[list[int]]:
    """Which cases are read in one go: of those at which a reader ends, one in each, and that the last."""
    if '"$@"' not in how:
        return [[number] for number in numbers]
    ending = [number for number in numbers if not CASES[number].case.carries]
    others = [number for number in numbers if CASES[number].case.carries]
    count = max(len(ending), -(-len(others) // TOGETHER))
    return [others[at::count] + ending[at::count] for at in range(count)]


def split(printed: bytes) -> Iterator[tuple[str, bytes]]:
    """Each frame with its name."""
    at = 0
    while at < len(printed):
        end = printed.index(b"\n", at) + 1
        mark, name, _, _, size = printed[at:end].split()
        assert mark == b"@", printed[at : at + 200]
        begun, at = at, end + int(size) + 1
        yield name.decode(), printed[begun:at]


def tools(shell: str) -> Path:
    """A folder with the awk of that shell's turn."""
    place = folder() / f"tools-{shell}"
    if not place.exists():
        place.mkdir()
        (place / "awk").symlink_to(shutil.which(AWKS[shell]) or shutil.which("awk") or "awk")
    return place


@cache
def roots() -> dict[Path, dict[str, int]]:
    """Root file systems in which the cases lie, those of different paths in one, and which lies where."""
    found: list[dict[str, int]] = []
    for number, planted in enumerate(CASES):
        _into(found, planted.case.path, number)
    for at, root in enumerate(found):
        for path, number in root.items():
            file = folder() / f"root-{at}" / path.lstrip("/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(CASES[number].data)
    return {folder() / f"root-{at}": root for at, root in enumerate(found)}


@cache
def printed_by_rootfs() -> tuple[list[bytes], bytes]:
    """What `rootfs:` tells of each case."""
    tops = list(roots())
    told = [data for at in range(0, len(tops), TOGETHER) for data in told_of_roots(tops[at : at + TOGETHER])]
    parts = [b""] * len(CASES)
    # Most of what is told of one root is told of each.
    told_of_any: dict[bytes, None] = {}
    for root, data in zip(roots().values(), told, strict=True):
        sections = parse_snapshot(data, "rootfs").sections
        for path, number in root.items():
            own = (
                section for name, section in sections.items() if name.endswith((f":{path}", path.rpartition("/")[0]))
            )
            parts[number] = b"".join(_frame(section, CASES[number].case.path) for section in own)
        told_of_any |= dict.fromkeys(frame for _, frame in split(data[data.index(b"\n") + 1 : data.rindex(b"@end ")]))
    return parts, b"".join(told_of_any)


def told_of_roots(tops: Sequence[Path]) -> list[bytes]:
    """What `rootfs:` tells of root file systems, where one shell reads the files of all that are told by their names."""
    readers = [_Reader(Root(top), ()) for top in tops]
    calls: dict[str, list[tuple[str, Path]]] = {}
    for at, reader in enumerate(readers):
        reader._look()
        reading = reader._reading
        for how, paths in reading._calls:
            if not how.startswith(NAMELESS):
                calls.setdefault(how, []).extend((f"/{at}{path}", reading._files[path]) for path in paths)
        reading._calls = [call for call in reading._calls if call[0].startswith(NAMELESS)]
    shared = Reading()
    for how, files in calls.items():
        for path, place in files:
            shared.add(how, path, place)
    found = [reader._reading.sections() for reader in readers]
    for section in shared.sections():
        kind, which, path = section.name.split("/", 2)
        found[int(which)].append(replace(section, name=f"{kind}/{path}"))
    return [reader._told(sections) for reader, sections in zip(readers, found, strict=True)]


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
        refused = section is None or section.status == NO_SUCH_TEXT or (section.status != 0 and section.data == b"")
        return None if refused else f"is carried: {section}"
    if section is None:
        return "has no section"
    lost = [text for text in case.keeps if text not in section.text]
    return f"has lost {lost} from:\n{section.text}" if lost else None


def test_roots_that_are_read_together_are_told_as_each_is_by_itself() -> None:
    tops = list(roots())[:60:20]
    for top, data in zip(tops, told_of_roots(tops), strict=True):
        alone = collect(parse_target(f"rootfs:{top}")).data
        assert alone is not None
        one, other = (dict(parse_snapshot(text, "rootfs").sections) for text in (data, alone))
        assert one.pop("cmd:date").status == other.pop("cmd:date").status == 0
        assert one == other


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


def test_what_is_told_of_a_file_does_not_depend_on_those_before_it() -> None:
    """One process reads many files, and has nothing left of one when it reads the next; nor is a shell like no other."""
    in_place(FORWARDS)
    in_place(BACKWARDS)
    one, other = printed_by(FORWARDS)[0], printed_by(BACKWARDS)[0]
    assert [name for name, number in NUMBERS.items() if one[number] != other[number]] == []


def _without_packed(printed: bytes) -> bytes:
    kept, end = [], 0
    for frame in re.finditer(rb"^@ \S+ \d+ (?!raw )\S+ (\d+)\n", printed, re.MULTILINE):
        if frame.start() >= end:
            kept.append(printed[end : frame.end()])
            end = frame.end() + int(frame[1])
    return b"".join([*kept, printed[end:]])


def test_a_whole_host_tells_nothing(
    host_shell: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """One file of each path, where it really lies, and the probe as it is sent."""
    reason = missing(SHELLS[host_shell][0])
    if reason:
        pytest.skip(reason)
    world = World(tmp_path)
    here = [planted for planted in CASES if planted.case.path.startswith(tuple(f"{place}/" for place in OVERLAID))]
    first = {planted.case.path: planted for planted in reversed(here)}
    for path, planted in first.items():
        world.plant(path, planted.data)
    printed = world.run(host_shell)
    snapshot = parse_snapshot(printed, host_shell)
    assert not snapshot.truncated
    for planted in first.values():
        record_property("canaries", (planted.case.name, f"host-{host_shell}", len(planted.canaries)))
    # What is packed is looked through unpacked: packed, it is as good as random, and holds any eight letters at times.
    hits = FINDER.found(_without_packed(printed))
    for section in snapshot.sections.values():
        if section.data not in printed:
            hits |= FINDER.found(section.data)
    record_property("told", len(hits))
    assert hits == {}
