"""Does a kernel's build provide what Docker needs of it? One verdict for each option of the catalogue.

The version is that of the kernel that the configuration belongs to, and does not decide alone: vendors carry
later code, so a symbol that was removed upstream shows its removal by its absence while its successor, or what
depended on it, is set. The versions in the rules are those of the commits that brought or removed a symbol.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

from dockworthy.dataclass import dataclass
from dockworthy.facts.kernel.catalogue import PREFIX, Option, table
from dockworthy.facts.kernel.kconfig import ABSENT

if TYPE_CHECKING:
    from collections.abc import Callable

    from dockworthy.facts.kernel.release import KernelRelease

__all__ = ["Build", "OptionVerdict", "decide"]

Needed = Literal[True, False, "condition"]
V1 = frozenset({"v1", "hybrid"})

_REMOVALS = {row["rule"]: row for row in table("removals.csv")}
_NOT_SET = {"n": "not set", ABSENT: "no line in a complete config: dependency off or no such symbol"}


class Build(Protocol):
    """What is known of how a kernel was built and of the host that it serves."""

    @property
    def release(self) -> KernelRelease:
        """The kernel's release."""

    @property
    def cgroup(self) -> str:
        """The hierarchy in use: ``v1``, ``hybrid``, ``v2``, or ``unknown``."""

    @property
    def x86_64(self) -> bool:
        """Whether it is a 64-bit x86 kernel."""

    def value(self, symbol: str) -> str:
        """``y``, ``m``, ``n`` or ``absent``; raises NotDecided where that is not known."""

    def obstacle(self, symbol: str) -> str | None:
        """Why a symbol that is set does not help on this host (its module is not there to load), or None."""


@dataclass(frozen=True, slots=True)
class OptionVerdict:
    """What one option means on one kernel.

    Attributes:
        option: its entry in the catalogue.
        value: ``y``, ``m``, ``n`` (``is not set``) or ``absent`` (no line).
        needed: True where Docker fails without it, False where it does not apply, ``condition`` where only the
            feature in ``when`` needs it.
        ok: whether the kernel provides the function; None where it is not needed.
        why: the reason in words.
        when: the feature that needs it, where it is conditional.
        via: the symbol that provides the function in its place.
    """

    option: Option
    value: str
    needed: Needed
    ok: bool | None
    why: str
    when: str | None = None
    via: str | None = None

    @property
    def finding(self) -> Literal["fault", "remark"] | None:
        """``fault`` where it is needed and missing, ``remark`` where a feature is missing, else None."""
        if self.ok is not False or self.needed is False:
            return None
        return "fault" if self.needed is True else "remark"


def _is_set(build: Build, symbol: str) -> bool:
    return build.value(symbol) in {"y", "m"}


def _provides(build: Build, *symbols: str) -> bool:
    """Whether one of the symbols is set, and its module there where it is one."""
    return any(_is_set(build, symbol) and build.obstacle(symbol) is None for symbol in symbols)


def _all_provided(build: Build, *symbols: str) -> bool:
    return all(_provides(build, symbol) for symbol in symbols)


def _gone(build: Build, symbol: str, *, while_set: str) -> bool:
    """Whether a symbol has no line while its successor or dependant is set: its removal was carried back."""
    return build.value(symbol) == ABSENT and _is_set(build, while_set)


def _provided(
    option: Option, value: str, why: str, *, needed: Needed = True, when: str | None = None, via: str | None = None
) -> OptionVerdict:
    return OptionVerdict(option, value, needed, ok=True, why=why, when=when, via=via)


def _lacking(option: Option, value: str, why: str, *, needed: Needed = True, when: str | None = None) -> OptionVerdict:
    return OptionVerdict(option, value, needed, ok=False, why=why, when=when)


def _text(value: str) -> str:
    return _NOT_SET.get(value, f"set (={value})")


def _not_needed(option: Option, build: Build, why: str, *, ok: bool | None = None) -> OptionVerdict:
    return OptionVerdict(option, build.value(option.symbol), needed=False, ok=ok, why=why)


def _via(option: Option, build: Build) -> str | None:
    return next((symbol for symbol in option.instead if _provides(build, symbol)), None)


def _missing(option: Option, build: Build, value: str) -> str:
    if value in {"y", "m"}:
        return f"{_text(value)}, but {build.obstacle(option.symbol)}"
    if value == ABSENT and option.since is not None and build.release.before(*option.since):
        return f"absent: not yet in {build.release.short} (mainline {option.since[0]}.{option.since[1]})"
    return _text(value)


def _required(option: Option, build: Build, because: str = "needed on every kernel") -> OptionVerdict:
    value = build.value(option.symbol)
    if _provides(build, option.symbol):
        return _provided(option, value, f"{because}; {_text(value)}")
    via = _via(option, build)
    if via:
        return _provided(option, value, f"{because}; {PREFIX}{via} provides it", via=via)
    return _lacking(option, value, f"{because}; {_missing(option, build, value)}")


def _conditional(option: Option, build: Build, *, when: str = "", note: str = "") -> OptionVerdict:
    value = build.value(option.symbol)
    when = when or option.when
    if _provides(build, option.symbol):
        return _provided(option, value, _text(value), needed="condition", when=when)
    via = _via(option, build)
    if via:
        why = f"compatibility name of {via}, which is set; {_text(value)}"
        return _provided(option, value, why, needed="condition", when=when, via=via)
    why = _missing(option, build, value)
    return _lacking(option, value, f"{note}; {why}" if note else why, needed="condition", when=when)


def _removed(option: Option, build: Build) -> OptionVerdict:
    """By the row of ``removals.csv``: needed until a release, and where a vendor carried the removal back no more.

    That shows by a symbol (the option itself where none is named) without a line, while ``while_set`` is set.
    """
    row = _REMOVALS[option.rule]
    major, minor = map(int, row["release"].split("."))
    if build.release.at_least(major, minor):
        return _not_needed(option, build, row["why"])
    if _gone(build, row["symbol"] or option.symbol, while_set=row["while_set"]):
        return _not_needed(option, build, row["carried_back"])
    if row["before"] == "condition":
        return _conditional(option, build)
    return _required(option, build, f"kernel < {row['release']}")


# --- cgroups -------------------------------------------------------------------------------------------------

_V2_COUNTERPART = {
    "CGROUP_CPUACCT": "the cpu controller",
    "CGROUP_DEVICE": "CGROUP_BPF",
    "CGROUP_FREEZER": "the built-in freezer of 5.2",
}


def _v1_controller(option: Option, build: Build) -> OptionVerdict:
    if build.cgroup == "v2":
        counterpart = _V2_COUNTERPART[option.symbol]
        return _not_needed(option, build, f"cgroup v1 controller; host boots cgroup v2, which uses {counterpart}")
    if build.cgroup in V1:
        return _required(option, build, "cgroup v1 host")
    return _conditional(option, build, when="cgroup v1 host")


# The switches that 6.11 and 6.12 put before the v1 side of two controllers.
_V1_SWITCH = {"MEMCG": ("MEMCG_V1", (6, 11)), "CPUSETS": ("CPUSETS_V1", (6, 12))}


def _controller_of_both(option: Option, build: Build) -> OptionVerdict:
    verdict = _required(option, build)
    if build.cgroup not in V1 or not verdict.ok:
        return verdict
    switch, since = _V1_SWITCH[option.symbol]
    value = build.value(switch)
    if value == ABSENT and build.release.before(*since):
        return verdict
    if value == "y":
        return _provided(option, verdict.value, f"{verdict.why} with {switch}")
    why = f"set, but {switch} is off: no v1 controller on this v1 host"
    return _lacking(option, verdict.value, why)


def _v1_feature(option: Option, build: Build) -> OptionVerdict:
    if option.symbol == "CGROUP_NET_PRIO" and build.release.before(3, 14) and not _is_set(build, option.symbol):
        return _not_needed(option, build, "named NETPRIO_CGROUP before 3.14")
    if build.cgroup == "v2":
        kind = "classifier" if option.symbol == "NET_CLS_CGROUP" else "controller"
        return _not_needed(option, build, f"cgroup v1 {kind}; host boots cgroup v2")
    if build.cgroup not in V1:
        return _conditional(option, build, when="cgroup v1 host")
    if option.symbol == "NET_CLS_CGROUP" and not _is_set(build, option.symbol):
        return _conditional(option, build, note=_classifier_note(build))
    return _conditional(option, build)


def _classifier_note(build: Build) -> str:
    if not _is_set(build, "CGROUP_NET_CLASSID"):
        return ""
    return "controller net_cls exists through CGROUP_NET_CLASSID, the tc classifier does not"


def _cgroup_bpf(option: Option, build: Build) -> OptionVerdict:
    if build.release.before(4, 15):
        return _not_needed(option, build, "device programs for cgroup v2 exist from 4.15")
    if build.cgroup in V1:
        return _not_needed(option, build, "only cgroup v2 needs it; host boots cgroup v1")
    if build.cgroup == "v2":
        return _required(option, build, "cgroup v2 host, kernel >= 4.15")
    return _conditional(option, build, when="cgroup v2 host")


def _swaps(build: Build) -> bool:
    return _is_set(build, "MEMCG") and _is_set(build, "SWAP")


def _memcg_swap(option: Option, build: Build) -> OptionVerdict:
    if build.release.at_least(5, 8):
        return _not_needed(option, build, "automatic (MEMCG and SWAP) from 5.8, symbol gone in 6.1")
    if build.value(option.symbol) == ABSENT and not _via(option, build) and _swaps(build):
        return _not_needed(option, build, "vendor backport of the 5.8 change: MEMCG and SWAP are set without it")
    return _conditional(option, build)


def _memcg_swap_enabled(option: Option, build: Build) -> OptionVerdict:
    if build.release.at_least(5, 8):
        return _not_needed(option, build, "removed in 5.8: always on unless swapaccount=0")
    value = build.value(option.symbol)
    if value == ABSENT and not _via(option, build):
        if _is_set(build, "MEMCG_SWAP"):
            why = "vendor backport of the 5.8 removal: MEMCG_SWAP is set and this symbol has no line"
            return _not_needed(option, build, why)
        if _swaps(build):
            return _not_needed(option, build, "vendor backport of the 5.8 removal: MEMCG and SWAP are set without it")
    return _conditional(option, build, note="boot with swapaccount=1 to get it")


def _memcg_kmem(option: Option, build: Build) -> OptionVerdict:
    if build.release.at_least(4, 5):
        why = "not selectable from 4.5 (always on with MEMCG), symbol gone in 6.11"
        return _not_needed(option, build, why)
    # Before, it needs an allocator other than SLOB; "n" there is a choice, no line the change.
    exists = option.since is not None and build.release.at_least(*option.since)
    if exists and _gone(build, option.symbol, while_set="MEMCG") and not _is_set(build, "SLOB"):
        return _not_needed(option, build, "vendor backport of the 4.5 change: MEMCG is set without it")
    return _conditional(option, build)


# --- name spaces, block devices, memory ----------------------------------------------------------------------


def _vsyscall(option: Option, build: Build) -> OptionVerdict | None:
    """What holds for each of the three choices where there is no choice to make."""
    if not build.x86_64:
        return _not_needed(option, build, "x86-64 only")
    if build.release.before(4, 4) and build.value(option.symbol) == ABSENT:
        return _not_needed(option, build, "symbol appears in 4.4")
    return None


def _vsyscall_native(option: Option, build: Build) -> OptionVerdict:
    verdict = _vsyscall(option, build)
    if verdict:
        return verdict
    value = build.value(option.symbol)
    if value == ABSENT:
        gone = build.release.at_least(4, 17)
        return _not_needed(option, build, "removed in 4.17" if gone else _text(value))
    return _not_needed(option, build, f"must not be set; {_text(value)}", ok=value == "n")


def _vsyscall_emulate(option: Option, build: Build) -> OptionVerdict:
    verdict = _vsyscall(option, build)
    if verdict:
        return verdict
    value = build.value(option.symbol)
    if value == ABSENT and build.release.at_least(5, 19):
        return _not_needed(option, build, "removed in 5.19; XONLY is the compatible choice")
    for choice in ("LEGACY_VSYSCALL_XONLY", "LEGACY_VSYSCALL_NATIVE"):
        if value != "y" and _is_set(build, choice):
            why = f"{choice.rpartition('_')[2]} still executes old vsyscalls; {_text(value)}"
            return _provided(option, value, why, needed="condition", when=option.when, via=choice)
    return _conditional(option, build, note="vsyscall page absent")


def _vsyscall_none(option: Option, build: Build) -> OptionVerdict:
    verdict = _vsyscall(option, build)
    if verdict:
        return verdict
    value = build.value(option.symbol)
    if value == "y":
        why = f"hardened choice, not a fault: only containers with glibc < 2.14 break; {_text(value)}"
        return _not_needed(option, build, why)
    return _not_needed(option, build, f"not chosen; {_text(value)}", ok=True if value == "n" else None)


# --- networking ----------------------------------------------------------------------------------------------

_OLD_NAT_TABLE = {"IP_NF_NAT": "NF_NAT_IPV4", "IP6_NF_NAT": "NF_NAT_IPV6"}  # 3.7 to 3.16


def _by_nf_tables(option: Option, build: Build) -> bool:
    """Whether ``iptables-nft`` or the nftables backend has all that it needs in place of a legacy table."""
    family = "NF_TABLES_IPV6" if option.symbol.startswith("IP6") else "NF_TABLES_IPV4"
    if not _all_provided(build, "NF_TABLES", family, "NFT_COMPAT"):
        return False
    if option.symbol.endswith("_NF_NAT"):
        return _provides(build, "NFT_NAT")
    if option.symbol.endswith("_MASQUERADE"):
        return _provides(build, "NFT_MASQ", "NETFILTER_XT_TARGET_MASQUERADE")
    return True


def _legacy_instead(option: Option, build: Build) -> tuple[str, str] | None:
    """What serves in place of the symbol without nf_tables: the symbol and why."""
    old = _OLD_NAT_TABLE.get(option.symbol)
    if old and build.release.before(3, 17) and _provides(build, old):
        return old, f"{old} builds the nat table before 3.17"
    merged = "NETFILTER_XT_TARGET_MASQUERADE"
    if option.symbol.endswith("_MASQUERADE") and _provides(build, merged):
        return merged, "compatibility name; the merged target (5.2) serves IPv4 and IPv6 and is set"
    return None


def _legacy_table(option: Option, build: Build) -> OptionVerdict:
    value = build.value(option.symbol)
    if _provides(build, option.symbol):
        return _provided(option, value, f"legacy table present; {_text(value)}")
    if _by_nf_tables(option, build):
        why = "legacy tables off, nf_tables with NFT_COMPAT on: iptables-nft or the nftables backend provides it"
        why, when = f"{why}; {_text(value)}", "iptables-legacy user space"
        return _provided(option, value, why, needed="condition", when=when, via="nf_tables")
    instead = _legacy_instead(option, build)
    if instead:
        via, why = instead
        return _provided(option, value, f"{why}; {_text(value)}", via=via)
    why = f"neither the legacy table nor a complete nf_tables path; {_missing(option, build, value)}"
    return _lacking(option, value, why)


def _nf_nat_ipv4(option: Option, build: Build) -> OptionVerdict:
    if build.release.before(3, 7):
        return _not_needed(option, build, "symbol appears in 3.7")
    return _removed(option, build)


# --- file systems --------------------------------------------------------------------------------------------


def _gate(option: Option, build: Build) -> OptionVerdict:
    renamed = "; named EXT4_USE_FOR_EXT23 before 4.3" if build.release.before(4, 3) else ""
    return _not_needed(option, build, f"gate only, not a requirement{renamed}")


def _ext3(option: Option, build: Build) -> OptionVerdict:
    if build.release.at_least(4, 3):
        why = "ext3 driver removed in 4.3; EXT4_FS serves ext3 whatever EXT4_USE_FOR_EXT2 says"
        if option.symbol == "EXT3_FS_XATTR":
            why += "; EXT3_FS_XATTR no longer exists"
        if build.release.at_least(6, 18):
            why += "; EXT3_FS symbols gone in 6.18"
        return _not_needed(option, build, why)
    for gate in ("EXT4_USE_FOR_EXT23", "EXT4_USE_FOR_EXT2"):
        if _is_set(build, gate):
            return _not_needed(option, build, f"{gate} is set: ext4 serves ext3")
    return _conditional(option, build, when="ext3 backing filesystem")


_RULES: dict[str, Callable[[Option, Build], OptionVerdict]] = {
    **dict.fromkeys(_REMOVALS, _removed),
    "cgroup_bpf": _cgroup_bpf,
    "controller_of_both": _controller_of_both,
    "ext3": _ext3,
    "gate": _gate,
    "legacy_table": _legacy_table,
    "legacy_vsyscall_emulate": _vsyscall_emulate,
    "legacy_vsyscall_native": _vsyscall_native,
    "legacy_vsyscall_none": _vsyscall_none,
    "memcg_kmem": _memcg_kmem,
    "memcg_swap": _memcg_swap,
    "memcg_swap_enabled": _memcg_swap_enabled,
    "nf_nat_ipv4": _nf_nat_ipv4,
    "v1_controller": _v1_controller,
    "v1_feature": _v1_feature,
}


def decide(option: Option, build: Build) -> OptionVerdict:
    """What the option means on that build; raises NotDecided where a value that it depends on is not known."""
    if option.rule:
        return _RULES[option.rule](option, build)
    return _conditional(option, build) if option.when else _required(option, build)
