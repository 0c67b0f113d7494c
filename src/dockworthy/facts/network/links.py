"""The host's network interfaces, in the name space in which the probe ran.

Source: ``ip -o link``, else the files of ``/sys/class/net``; ``linux/if.h`` for the flags.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Reason
from dockworthy.facts.api.document import Listing
from dockworthy.facts.facts import fact
from dockworthy.tables import number, rows

if TYPE_CHECKING:
    from dockworthy.snapshot import Snapshot

__all__ = ["CUT", "Link", "Links", "links"]

CUT = "cut"
"""The line of a table of which the probe did not carry all."""
_COLUMNS = 9


@dataclass(frozen=True, slots=True)
class Link:
    """One interface."""

    name: str
    index: int | None  # the kernel's number of it; None where it is not known, as all that is None here
    mtu: int | None  # bytes
    is_up: bool | None  # whether it was set up (IFF_UP), whatever is plugged into it
    operstate: str  # ``UP``, ``DOWN``, ``UNKNOWN``, …; empty where it is not known
    master: str  # the bridge or bond that it is a port of, or empty
    kind: str  # of its addresses: ``ether``, ``loopback``, ``none``; empty where it is not known
    accept_ra: int | None  # whether router advertisements are accepted: 0, 1 unless it forwards, 2 always
    forwards_ipv6: bool | None  # whether it forwards IPv6


class Links(Listing[Link]):
    """All interfaces."""

    __slots__ = ()

    def find(self, name: str) -> Link | None:
        """The interface of that name, or None."""
        return next((link for link in self.known_ones if link.name == name), None)


@fact
def links(snapshot: Snapshot) -> Links:
    """The network interfaces of the host."""
    text = snapshot.text("cmd:net-links")
    found = tuple(_link(words) for words in rows(text.get(""), _COLUMNS))
    failure = text.unknown
    if failure is None and CUT in text.value.splitlines():
        failure = Reason("the host has more interfaces than the probe reads", Code.TOO_LARGE)
    if failure is None and not found:
        failure = Reason("no interface was seen", Code.MALFORMED)
    return Links(found, failure, "the host's network interfaces")


def _link(words: list[str]) -> Link:
    index, name, mtu, flags, state, master, kind, accept_ra, forwarding = words[:_COLUMNS]
    seen = index != "-"
    forwards = number(forwarding)
    return Link(
        name=name,
        index=number(index),
        mtu=number(mtu),
        is_up="UP" in flags.split(",") if seen else None,
        operstate=state.strip("-"),
        master="" if master == "-" else master,
        kind="" if kind == "-" else kind,
        accept_ra=number(accept_ra),
        forwards_ipv6=None if forwards is None else bool(forwards),
    )
