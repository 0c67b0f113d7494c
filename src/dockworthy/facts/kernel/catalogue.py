"""The build options that Docker asks of a kernel: the rows of ``options.csv``.

The set is that of moby's ``contrib/check-config.sh``; what each one's absence means by version, cgroup hierarchy
and other options is a rule in [dockworthy.facts.kernel.options][]. ``since`` is the mainline version that brought
a symbol where that is 3.0 or later; ``modules`` are the names that it was ever built under; ``instead`` are the
symbols that provide the same (older names, or what a compatibility name stands for).
"""

from __future__ import annotations

import csv
from importlib.resources import files
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["OPTIONS", "RELATED_MODULES", "Option", "option", "table"]

PREFIX = "CONFIG_"


@dataclass(frozen=True, slots=True)
class Option:
    """One build option.

    Attributes:
        symbol: its name without ``CONFIG_``.
        group: what it belongs to: ``necessary``, ``optional``, ``network-driver:…``, ``storage-driver:…``.
        what_for: what Docker uses it for.
        rule: the name of its rule; without one it is needed always, or for the feature in ``when``.
        when: the feature that needs it.
        modules: the kernel module that carries it, by each name that it ever had.
        instead: symbols that provide the same.
        since: the first mainline version that has it.
    """

    symbol: str
    group: str
    what_for: str
    rule: str = ""
    when: str = ""
    modules: tuple[str, ...] = ()
    instead: tuple[str, ...] = ()
    since: tuple[int, int] | None = None

    @property
    def name(self) -> str:
        """Its name as the configuration has it."""
        return PREFIX + self.symbol


def table(name: str) -> list[dict[str, str]]:
    """The rows of a file beside this one, by the names in its first line."""
    text = files(__name__.rpartition(".")[0]).joinpath(name).read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))


def _option(row: Mapping[str, str]) -> Option:
    since = row["since"].split(".")
    return Option(
        symbol=row["symbol"],
        group=row["group"],
        what_for=row["what_for"],
        rule=row["rule"],
        when=row["when"],
        modules=tuple(row["modules"].split()),
        instead=tuple(row["instead"].split()),
        since=(int(since[0]), int(since[1])) if row["since"] else None,
    )


OPTIONS = tuple(map(_option, table("options.csv")))

# Options that a rule asks for besides, and the modules that carry them.
RELATED_MODULES: dict[str, tuple[str, ...]] = {
    "IP_NF_MATCH_ADDRTYPE": ("xt_addrtype", "ipt_addrtype"),
    "NETFILTER_XT_MATCH_MARK": ("xt_mark",),
    "NETFILTER_XT_TARGET_MASQUERADE": ("xt_MASQUERADE",),
    "NETFILTER_XT_TARGET_REDIRECT": ("xt_REDIRECT",),
    "NFT_COMPAT": ("nft_compat",),
    "NF_NAT_IPV6": ("nf_nat_ipv6",),
}

_BY_NAME = {entry.name: entry for entry in OPTIONS}


def option(name: str) -> Option:
    """The catalogue's entry of that name (with ``CONFIG_``); raises KeyError if there is none."""
    return _BY_NAME[name]
