"""The table in which the kernel tracks connections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dockworthy.check import check, expect, fix_with, not_applicable
from dockworthy.evidence import Evidence, known
from dockworthy.facts.network.bridges import end_elsewhere
from dockworthy.fixes import set_sysctl

if TYPE_CHECKING:
    from dockworthy.facts.facts import Facts
    from dockworthy.facts.network.conntrack import Conntrack

_KEY = "net.netfilter.nf_conntrack_max"


def _fix(size: int) -> str:
    return (
        f"{set_sysctl(_KEY, size)}\n# as many chains as connections, now and when the module is loaded:\n"
        f"echo {size} >/sys/module/nf_conntrack/parameters/hashsize\n"
        f"echo options nf_conntrack hashsize={size} >/etc/modprobe.d/conntrack.conf"
    )


@check(
    "network.conntrack-room",
    severity="high",
    refs=("kernel:nf_conntrack-sysctl",),
    fix=_fix(524288),
    params=("max_conntrack_percent",),
)
def check_conntrack_room(conntrack: Conntrack, facts: Facts, params: Any) -> None:
    """The table of tracked connections is not nearly full.

    Each connection to or from a container is tracked, because its address is rewritten. Once the table is full the
    kernel drops the packets that would begin another (``nf_conntrack: table full, dropping packet``), first those of
    connections that were never answered. Where the kernel tells how often that was, it must not have been. The count is
    this host's own, the limit that of all name spaces together.
    """
    end_elsewhere(facts)
    if not conntrack.in_use.value:
        not_applicable("the kernel tracks no connections")
    most = conntrack.most.value
    if most == 0:
        not_applicable(f"{_KEY} is 0: there is no limit")
    fix_with(_fix(2 * most))
    percent = params.max_conntrack_percent
    room: Evidence[int] = known(conntrack.count.value, f"{conntrack.count.source}, {conntrack.most.source}")
    expect(room).satisfies(lambda count: count * 100 < most * percent, f"less than {percent} % of {most}")
    if conntrack.lost.value is not None:
        expect(conntrack.lost).equals(0)
