"""The kernel's table of tracked connections: how full it is, and what did not fit into it.

Source: ``nf_conntrack_core.c`` (``__nf_conntrack_alloc``): a connection that is met while the table is full takes the
place of one that was never answered (``early_drop``), else its packet is dropped (``drop``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, Reason, known, unknown
from dockworthy.facts.facts import fact
from dockworthy.snapshot import ABSENT
from dockworthy.tables import number, rows

if TYPE_CHECKING:
    from dockworthy.snapshot import Snapshot

__all__ = ["Conntrack", "conntrack"]

_FOLDER = "/proc/sys/net/netfilter/nf_conntrack_"
_STATISTICS = "/proc/net/stat/nf_conntrack"
_NO_NUMBER = Reason("is no number", Code.MALFORMED)


@dataclass(frozen=True, slots=True)
class Conntrack:
    """The table of connections."""

    in_use: Evidence[bool]  # whether the kernel tracks connections at all
    count: Evidence[int]  # connections in this name space's table
    most: Evidence[int]  # how many fit, of all name spaces together; 0 means as many as there are
    # since boot: those that found the table full; None where the kernel does not tell (CONFIG_NF_CONNTRACK_PROCFS)
    lost: Evidence[int | None]


@fact
def conntrack(snapshot: Snapshot) -> Conntrack:
    """The table of tracked connections."""
    absent = snapshot.is_absent(f"file:{_FOLDER}max")
    most = _number(snapshot, "max")
    return Conntrack(
        in_use=known(not absent, f"{_FOLDER}max") if absent else most.map(lambda _: True),
        count=_number(snapshot, "count"),
        most=most,
        lost=_lost(snapshot),
    )


def _number(snapshot: Snapshot, name: str) -> Evidence[int]:
    text = snapshot.text(f"file:{_FOLDER}{name}")
    return text.then(lambda said: _parsed(said.strip(), text.source))


def _parsed(text: str, source: str) -> Evidence[int]:
    value = number(text)
    return unknown(_NO_NUMBER, source) if value is None else known(value, source)


def _lost(snapshot: Snapshot) -> Evidence[int | None]:
    """The sum of ``drop`` and ``early_drop`` of all processors."""
    section = snapshot.get("cmd:conntrack-stat")
    if section is not None and section.status == ABSENT:
        return known(None, _STATISTICS)
    text = snapshot.text("cmd:conntrack-stat").by(_STATISTICS)
    counts = [number(words[1]) for words in rows(text.get(""), 2)]
    if text.is_known and (not counts or None in counts):
        return unknown(_NO_NUMBER, _STATISTICS)
    return text.map(lambda _: sum(count or 0 for count in counts))
