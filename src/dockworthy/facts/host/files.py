"""The files of the host: owners, modes and kinds by path, and the tree that they make."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.facts.facts import fact
from dockworthy.hosttree.seen import host_tree

if TYPE_CHECKING:
    from dockworthy.hosttree.tree import Tree
    from dockworthy.snapshot import Snapshot

__all__ = ["files"]


@fact
def files(snapshot: Snapshot) -> Tree:
    """Every path that the probe looked at."""
    return host_tree(snapshot)
