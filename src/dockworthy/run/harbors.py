"""The Harbors that a run asks: those of the profile, with what an inventory says of their nodes.

One whose answers were saved is not asked again: its snapshot is a target like a host's.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from dockworthy.errors import UsageError
from dockworthy.snapshot import parse_snapshot, read_snapshot
from dockworthy.typed import shown_word

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from dockworthy.harborapi import DeclaredHarbor
    from dockworthy.profile.model import Profile
    from dockworthy.run.gather import Gathered
    from dockworthy.run.options import Options
    from dockworthy.target import Target

__all__ = ["ask_declared", "why_not_asked"]


def ask_declared(
    options: Options, named: Profile | None, targets: Sequence[Target]
) -> Callable[[Iterable[Gathered]], list[Gathered]]:
    """Begin to ask the Harbors that the profile declares; what is returned waits for those whose answers are not had.

    Raises:
        UsageError: for a Harbor that cannot be asked as it is declared, and for an inventory that contradicts it.
    """
    if named is None or not named.params.harbors:
        return lambda _: []
    from dockworthy.harborapi import ask_harbors, declared_harbors  # noqa: PLC0415 - few profiles declare one

    reason = why_not_asked(options)
    saved = _saved_ones(targets) if reason is None else set()
    spared = [name for name in named.params.harbors if reason is not None or _label(name) in saved]
    found = _with_inventory(declared_harbors(named.params, spared=spared), options.inventory, targets)
    waited = ask_harbors([one for one in found if _label(one.name) not in saved], reason)

    def missing(gathered: Iterable[Gathered]) -> list[Gathered]:
        files = [one for one in gathered if one.target.scheme == "snapshot" and one.data is not None]
        had = saved or {one.host_name(parse_snapshot(one.data or b"", one.label)) for one in files}
        return [one for one in waited() if one.label not in had]

    return missing


def why_not_asked(options: Options) -> str | None:
    """Why no Harbor is asked in this run; None where they are."""
    if options.at is not None:
        return "with --at nothing is asked"
    if options.target and options.inventory is None and all(spec.startswith("snapshot:") for spec in options.target):
        return "where snapshots alone are judged nothing is asked"
    return None


def _label(name: str) -> str:
    return f"harbor:{name}"


def _saved_ones(targets: Iterable[Target]) -> set[str]:
    """The Harbors whose answers are among the snapshots that are judged, as hosts are called."""
    found = (read_snapshot(Path(target.host)) for target in targets if target.scheme == "snapshot")
    return {one.text("cmd:hostname").get("").strip() for one in found if one.is_harbor}


# --- what an inventory says of nodes -------------------------------------------------------------------------------


def _with_inventory(
    harbors: Sequence[DeclaredHarbor], inventory: str | None, targets: Iterable[Target]
) -> list[DeclaredHarbor]:
    """The Harbors, with the hosts of those nodes that the inventory names; `UsageError` where the two contradict."""
    found = {one.name: one for one in harbors}
    declared = dict(found)
    for target in targets:
        if target.harbor is None:
            continue
        name, node = target.harbor
        said = f"{inventory}: {target.label}: dw_harbor={shown_word(name)} dw_harbor_node={shown_word(node)}"
        if name not in declared:
            raise UsageError(f"{said}, and the profile declares no such Harbor; correct one of them.")
        problem = _contradiction(declared[name], found[name], node, target.label)
        if problem is not None:
            raise UsageError(f"{said}, and {problem}; correct one of them.")
        found[name] = _with_host(found[name], node, target.label)
    return list(found.values())


def _contradiction(declared: DeclaredHarbor, found: DeclaredHarbor, node: str, host: str) -> str | None:
    """Why a host is not that node, by the profile and by what the inventory said before; None where it is."""
    names = [one.name for one in declared.nodes]
    if names and node not in names:
        return f"the profile declares the nodes {', '.join(names)}"
    of_profile = {one.name: one.host for one in declared.nodes}
    for one in found.nodes:
        says = "the profile says" if of_profile.get(one.name) else "it says"
        if one.name == node and one.host not in {None, host}:
            return f"{says} that {one.host} is that node"
        if one.name != node and one.host == host:
            return f"{says} that this host is {one.name}"
    return None


def _with_host(harbor: DeclaredHarbor, node: str, host: str) -> DeclaredHarbor:
    from dockworthy.harborapi import DeclaredNode  # noqa: PLC0415 - few inventories name one

    nodes = {one.name: one for one in harbor.nodes}
    nodes[node] = replace(nodes.get(node, DeclaredNode(node)), host=host)
    return replace(harbor, nodes=tuple(nodes.values()))
