"""``dockworthy collect``: probe only; one snapshot file a host."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from dockworthy.errors import UsageError
from dockworthy.printable import printable
from dockworthy.writing import make_folder, refuse_folder, written

if TYPE_CHECKING:
    import argparse

    from dockworthy.run.gather import Gathered
    from dockworthy.snapshot import Snapshot


UNREACHABLE = 6


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is collected, and where to."""
    from dockworthy.run.options import add_arguments as add_options  # noqa: PLC0415 - one command's need

    add = parser.add_argument
    add("target", nargs="*", metavar="TARGET", help="a testinfra host spec (default: this host)")
    add("-o", "--output", default=".", metavar="DIR", help="the folder for the files (default: here)")
    looking = ("docker_host", "sudo", "ask_sudo_password", "ssh_config", "ssh_identity_file", "forks", "host_timeout")
    add_options(parser, "inventory", "limit", "profile", "registry", *looking)


def run(args: argparse.Namespace) -> int:
    """Collect; 6 where a host could not be reached, or its snapshot breaks off."""
    from dockworthy.run.demands import Demands  # noqa: PLC0415 - one command's need
    from dockworthy.run.gather import gather, targets_of  # noqa: PLC0415 - one command's need
    from dockworthy.run.harbors import ask_declared, why_not_asked  # noqa: PLC0415 - one command's need
    from dockworthy.run.options import Options  # noqa: PLC0415 - one command's need
    from dockworthy.run.plan import check_options  # noqa: PLC0415 - one command's need
    from dockworthy.snapshot import parse_snapshot  # noqa: PLC0415 - one command's need

    options = Options.from_arguments(args)
    check_options(options)
    profile = None
    if options.profile is not None:
        from dockworthy.profile.loader import load_profile  # noqa: PLC0415 - heavy (pydantic, YAML)

        profile = load_profile(options.profile, registries=options.registry)

    folder = Path(args.output)
    make_folder(folder, "-o ")
    refuse_folder(folder, "-o ")
    missed = 0
    refused: list[UsageError] = []
    taken: set[str] = set()
    targets = targets_of(options)
    demands = Demands(options, profile, targets)
    harbors = ask_declared(options, profile, targets)
    registries = profile.registries if profile else options.registry
    gathered = gather(options, targets, registries, profile=profile, kept=True, looking=demands.looking)
    gathered += harbors(gathered) if why_not_asked(options) is None else []
    for item in gathered:
        if item.data is None:
            missed += 1
            sys.stderr.write(f"dockworthy: {printable(item.label)}: {printable(item.error or 'not reached', 500)}\n")
            continue
        snapshot = parse_snapshot(item.data, item.label)
        if snapshot.broken_off is not None:
            missed += 1
            sys.stderr.write(f"dockworthy: {printable(item.label)}: {snapshot.broken_off}\n")
        path = _path(folder, item.host_name(snapshot), taken)
        try:
            with written(path, mode=0o600) as stream:
                stream.write(_kept(item, snapshot))
        except UsageError as error:  # the other hosts' are written all the same
            refused.append(error)
        else:
            sys.stdout.write(f"{path}\n")
    if refused:
        raise refused[0]
    return UNREACHABLE if missed else 0


def _kept(item: Gathered, snapshot: Snapshot) -> bytes:
    """The snapshot as it is kept: under the name that the inventory has for the host, which no host knows."""
    from dockworthy.snapshot import with_name  # noqa: PLC0415 - one command's need

    data, name = item.data or b"", item.target.name
    return with_name(data, name) if name and not (snapshot.is_harbor or snapshot.truncated) else data


def _path(folder: Path, name: str, taken: set[str]) -> Path:
    """A file for the host; its name is data, so only plain characters of it are used."""
    plain = "".join(char if char.isascii() and (char.isalnum() or char in "._-") else "_" for char in name)
    plain = plain.lstrip(".")[:200] or "host"
    unique, number = plain, 1
    while unique in taken:
        number += 1
        unique = f"{plain}-{number}"
    taken.add(unique)
    return folder / f"{unique}.snapshot"
