"""``dockworthy validate FILE…``: whether profiles, waivers and the engine's configuration would be taken.

For commits and builds, before there is a host: a ``daemon.json`` is read as the engine of a release would read it. What
it refuses for the file alone is told; what depends on the host (a certificate that must be there) is not judged here.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from dockworthy.commands.catalogue import add_checks_argument, all_checks
from dockworthy.commands.output import say
from dockworthy.errors import UsageError

if TYPE_CHECKING:
    import argparse

__all__ = ["add_arguments", "run"]

_ENGINE_FILE = "daemon.json"
_ON_HOST = "/etc/docker/daemon.json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``validate``."""
    parser.add_argument("file", nargs="+", metavar="FILE", help="profiles, files of waivers, and daemon.json")
    parser.add_argument(
        "--kind",
        choices=("profile", "waivers", _ENGINE_FILE),
        help="what the files are (default: by a name that ends in daemon.json, else by what stands in it)",
    )
    parser.add_argument(
        "--engine",
        default="latest",
        metavar="VERSION|latest",
        help="whose rules daemon.json must meet (default: latest)",
    )
    add_checks_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Print what is wrong; 1 where a file would not be taken, 4 where one cannot be read, otherwise 0."""
    refused = 0
    paths = [Path(name) for name in args.file]
    for path in paths:
        _read(path)
    for path in paths:
        kind = args.kind or _kind(path)
        try:
            if kind == _ENGINE_FILE:
                _configuration(path, args.engine)
            else:
                _policy(path, kind, args)
        except UsageError as error:
            print(f"dockworthy: {error}", file=sys.stderr)  # noqa: T201 - to the user
            refused += 1
        else:
            say(f"{path}: {kind}, nothing in it is refused")
    return 1 if refused else 0


def _kind(path: Path) -> str:
    """What a file is, by its name or by what stands in it."""
    if path.name.endswith(_ENGINE_FILE):
        return _ENGINE_FILE
    from dockworthy.profile.tree import read_tree  # noqa: PLC0415 - heavy (YAML)

    try:
        content = read_tree(path).content
    except UsageError:
        return "profile"  # whose reader says what is wrong with it
    is_list = isinstance(content, list) or (isinstance(content, dict) and set(content) == {"waivers"})
    return "waivers" if is_list else "profile"


def _policy(path: Path, kind: str, args: argparse.Namespace) -> None:
    """Nothing, where it can be read; `UsageError` with file and line where it cannot."""
    from dockworthy.profile.loader import BASE, load_profile  # noqa: PLC0415 - heavy (pydantic, YAML)

    checks = all_checks(args.checks)
    if kind == "waivers":
        load_profile(BASE, catalogue=checks, waiver_files=[path])
    else:
        load_profile(path, catalogue=checks)


def _configuration(path: Path, engine: str) -> None:
    """Nothing, where the engine would start with it; `UsageError` with its words where it would not."""
    from dockworthy.facts.engine import EngineInputs, rebuild  # noqa: PLC0415 - heavy
    from dockworthy.hosttree.entry import Entry, Kind  # noqa: PLC0415 - see above
    from dockworthy.hosttree.tree import Tree  # noqa: PLC0415 - see above
    from dockworthy.releases.table import known  # noqa: PLC0415 - see above

    release = known().resolve(engine)
    files = Tree({_ON_HOST: Entry(Kind.FILE, _harmless(path), 0o644)}, roots=("/etc/docker",))
    outcome = rebuild(EngineInputs(argv=("-H", "fd://"), files=files, release=release))
    if outcome.refusal is not None:
        raise UsageError(f"{path}: Docker Engine {release} would not start with it: {outcome.refusal.text}")


def _harmless(path: Path) -> bytes:
    """The file as the probe tells it, read by the probe's own functions: values that may be secrets left out."""
    from dockworthy.snapshot import parse_snapshot  # noqa: PLC0415 - heavy
    from dockworthy.target.collecting import collect  # noqa: PLC0415 - see above
    from dockworthy.target.names import parse_target  # noqa: PLC0415 - see above

    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, *_ON_HOST.split("/"))
        place.parent.mkdir(parents=True)
        place.write_bytes(_read(path))
        collected = collect(parse_target(f"rootfs:{folder}"))
    told = parse_snapshot(collected.data or b"", str(path)).data(f"file:{_ON_HOST}")
    if told.unknown is not None:
        raise UsageError(f"{path}: cannot be judged ({told.unknown}).")
    return told.value


def _read(path: Path) -> bytes:
    """What stands in a file, a pipe's as often as it is asked for; `UsageError` if it cannot be read."""
    from dockworthy.profile.tree import read_file  # noqa: PLC0415 - heavy (YAML)

    return read_file(path, advice="name a file", too_large="name a profile, a file of waivers or a daemon.json")
