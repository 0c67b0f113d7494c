"""Ansible's inventories, as far as they say how to reach hosts and how to judge them; INI, YAML, TOML and JSON.

Passwords (``ansible_password``, ``ansible_become_password`` and the like) are not even read into memory of ours beyond
the parser, and no error quotes a value. Nothing is run: neither a script nor a plugin, nor a template.
"""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from dockworthy.errors import UsageError
from dockworthy.target.inventory.reaching import Reaching
from dockworthy.target.inventory.source import STANDARD_INPUT, folder_of, read_groups
from dockworthy.typed import shown_path

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dockworthy.target.interface import Target
    from dockworthy.target.inventory.groups import Groups

__all__ = ["STANDARD_INPUT", "choose_targets", "read_inventory"]


def read_inventory(path: Path) -> list[Target]:
    """The targets that an inventory names, in its order; `UsageError` with file and line where it has a mistake."""
    return choose_targets([], path, None)


def choose_targets(
    named: Sequence[Target], path: Path | None, limit: str | None, warn: Callable[[str], None] = lambda _: None
) -> list[Target]:
    """The targets that were named and those of an inventory, as far as a limit leaves them.

    Args:
        named: those of the command line; they come first.
        path: the inventory's file or folder, ``-`` for standard input; None for none.
        limit: the pattern of ``--limit``; None for all.
        warn: told of parts of the limit that match nobody.

    Raises:
        UsageError: for an inventory or a pattern that cannot be used, or where nobody is left. Of hosts that the
            limit leaves out nothing is asked but a name.
    """
    groups = read_groups(path) if path is not None else None
    hosts = groups.hosts if groups is not None else {}
    if path is not None and not hosts:
        raise UsageError(f"{_shown(path)} names no host.")
    keys: dict[str, Target] = {}
    for number, target in enumerate(named):
        keys[f"{target.spec} {number}" if target.spec in keys or target.spec in hosts else target.spec] = target
    left = None
    if limit is not None:
        from dockworthy.target.inventory.limit import selected  # noqa: PLC0415 - only where it is given

        names = {key: _called(target) for key, target in keys.items()}
        left = selected(limit, {**names, **dict.fromkeys(hosts, ())}, groups, warn)
    chosen = [target for key, target in keys.items() if left is None or key in left]
    return chosen + (_targets(path, groups, left) if groups is not None and path is not None else [])


def _called(target: Target) -> tuple[str, ...]:
    """By what a target of the command line may be meant: its host, or of a file its name, which is the host's."""
    if target.scheme in {"snapshot", "rootfs"}:
        return target.spec, target.host, PurePath(target.host).stem
    return target.spec, target.host or "localhost"


def _targets(path: Path, groups: Groups, left: set[str] | None) -> list[Target]:
    of_file = str(path) != STANDARD_INPUT
    reaching, shown = Reaching(folder_of(path) if of_file else Path()), _shown(path)
    made = []
    for name in groups.hosts:
        if left is None or name in left:
            place = groups.places[name] if of_file else None
            made.append(reaching.target(shown, name, groups.variables_of(name), place))
    return made


def _shown(path: Path) -> str:
    return "standard input" if str(path) == STANDARD_INPUT else shown_path(str(path))
