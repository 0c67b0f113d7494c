"""Who signed whom: the certificates seen, as trees from the one that signed to those that it signed.

A certificate whose signer was not seen hangs below a node that says so. That is no verdict: the engine may know the
signer from elsewhere; what it makes of a chain is what the checks say.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import field
from datetime import timedelta
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.report.drawn import rendered
from dockworthy.report.drawn.seen import Seen, seen

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from markupsafe import Markup

    from dockworthy.results.model import Certificate

__all__ = ["chains"]

DEEPEST = 12
TREES, NODES = 12, 600  # trees in sight, and nodes in all


@dataclass(slots=True)
class Node:
    """One certificate in a tree, or the place of a signer that was not seen."""

    name: str  # the subject's name
    seen: Seen | None  # None for a signer that was not seen
    hosts: list[str]  # where it was signed so
    state: str = ""  # ``expired``, ``early``, ``self`` (signed by itself), ``missing`` or empty
    children: list[Node] = field(default_factory=list)

    @property
    def size(self) -> int:
        """How many nodes the tree has."""
        return 1 + sum(child.size for child in self.children)


def chains(certificates: Iterable[Certificate], now: datetime) -> Markup:
    """The drawing; empty where no certificate was seen."""
    trees = _trees(seen(certificates), now)
    if not trees:
        return rendered("empty.html.j2")
    kept, room = [], NODES
    for tree in trees:
        room -= tree.size
        if room < 0:
            break
        kept.append(tree)
    return rendered("chains.html.j2", trees=kept, drawn=TREES, left=len(trees) - len(kept))


@dataclass(slots=True)
class _Forest:
    """The trees while they grow; what signs each other in circles or many times over does not grow for ever."""

    children: dict[str, list[Seen]]
    now: datetime
    room: int = 4 * NODES

    def node(self, item: Seen, above: tuple[str, ...] = ()) -> Node:
        """The tree below a certificate."""
        digest = item.certificate.sha256
        hosts = sorted({host for hosts in item.parents.values() for host in hosts})
        node = Node(item.certificate.subject, item, hosts, _state(item, self.now))
        self.room -= 1
        if digest not in above and len(above) < DEEPEST:
            below = (*above, digest)
            node.children = [self.node(child, below) for child in self.children.get(digest, ()) if self.room > 0]
        return node


def _trees(found: list[Seen], now: datetime) -> list[Node]:
    """The trees, those with a fault first, then the largest."""
    digests = {item.certificate.sha256 for item in found}
    forest = _Forest(defaultdict(list), now)
    orphans: dict[str, list[tuple[Seen, list[str]]]] = defaultdict(list)
    tops: list[Seen] = []
    for item in found:
        digest = item.certificate.sha256
        for parent, hosts in item.parents.items():
            if parent == digest:
                tops.append(item)
            elif parent is not None and parent in digests:
                forest.children[parent].append(item)
            else:
                orphans[item.certificate.issuer].append((item, hosts))
    made = [forest.node(item) for item in tops]
    for issuer, items in orphans.items():
        top = Node(issuer, None, sorted({host for _, hosts in items for host in hosts}), "missing")
        top.children = [forest.node(item) for item, _ in items]
        made.append(top)
    return sorted(made, key=lambda node: (not _is_faulty(node), -node.size, node.name))


def _state(item: Seen, now: datetime) -> str:
    if item.ends - now < timedelta(0):
        return "expired"
    if item.begins > now:
        return "early"
    return "self" if item.certificate.sha256 in item.parents else ""


def _is_faulty(node: Node) -> bool:
    return node.state in {"expired", "early", "missing"} or any(map(_is_faulty, node.children))
