"""What an option means on a kernel, measured on published kernels, and rule by rule on made ones."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest

from dockworthy.evidence import NotDecided
from dockworthy.facts.kernel.catalogue import OPTIONS, option, table
from dockworthy.facts.kernel.options import _RULES as RULES
from dockworthy.facts.kernel.options import OptionVerdict, decide
from dockworthy.facts.kernel.release import KernelRelease, parse_release
from tests.facts.kernel.states import DATA, kconfig
from tests.replay_kernel import ConfigBuild, _build, judge_all, summarise
from tests.rows import each_of

INDEX = {entry["name"]: entry for entry in json.loads((DATA / "index.json").read_text())}


def _lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / name).read_text().splitlines()]


@cache
def build(name: str, cgroup: str | None = None) -> ConfigBuild:
    return _build(DATA, INDEX[name], cgroup)


def as_line(verdict: OptionVerdict) -> dict[str, Any]:
    return {
        "value": verdict.value,
        "needed": verdict.needed,
        "ok": verdict.ok,
        "when": verdict.when,
        "via": verdict.via,
        "why": verdict.why,
    }


@each_of("name", sorted(INDEX))
def test_each_option_of_a_published_kernel_is_judged_in_every_field(name: str) -> None:
    for line in _lines("expected.jsonl"):
        if line["config"] == name:
            verdict = as_line(decide(option(line["option"]), build(name)))
            assert verdict == {key: line.get(key) for key in verdict}, line["option"]


@pytest.mark.parametrize("cgroup", ["v1", "v2"])
def test_the_options_of_cgroups_are_judged_by_the_hierarchy(cgroup: str) -> None:
    for line in _lines("expected-cgroup-modes.jsonl"):
        if line["cgroup"] == cgroup:
            verdict = as_line(decide(option(line["option"]), build(line["config"], cgroup)))
            assert verdict == {key: line.get(key) for key in verdict}, (line["config"], line["option"])


@each_of("line", _lines("expected-verdict.jsonl"), ids=lambda line: line["config"])
def test_the_verdict_on_a_whole_kernel(line: dict[str, Any]) -> None:
    summary = summarise(judge_all(build(line["config"])))
    assert list(summary.required_missing) == line["required_missing"]
    assert {when: list(names) for when, names in summary.conditional_missing.items()} == line["conditional_missing"]
    assert list(summary.via_nf_tables) == line["via_nf_tables"]
    assert list(summary.storage_drivers) == line["storage_drivers"]
    assert summary.passes == (line["verdict"] == "pass")


# --- made kernels ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Made:
    """A kernel of that version with these symbols on; the others have no line."""

    values: dict[str, str]
    release: KernelRelease
    cgroup: str = "v2"
    x86_64: bool = True
    gone: frozenset[str] = frozenset()

    def value(self, symbol: str) -> str:
        return self.values.get(symbol, "absent")

    def obstacle(self, symbol: str) -> str | None:
        return "its module is gone" if symbol in self.gone else None


def made(version: str, symbols: str, **fields: Any) -> Made:
    release = parse_release(version)
    assert release is not None
    words = (word.partition("=") for word in symbols.split())
    return Made({symbol: value or "y" for symbol, _, value in words}, release, **fields)


@each_of(
    ("name", "version", "symbols", "cgroup", "finding"),
    [
        # the nat table by its other names
        ("IP_NF_NAT", "3.13.3", "NF_NAT_IPV4=m", "v1", None),
        ("IP6_NF_NAT", "3.16.0", "NF_NAT_IPV6=m", "v1", None),
        ("IP_NF_NAT", "3.17.0", "NF_NAT_IPV4=m", "v1", "fault"),
        # nf_tables in place of the legacy tables: all of it, or none
        ("IP_NF_RAW", "6.18.0", "NF_TABLES NF_TABLES_IPV4 NFT_COMPAT", "v2", None),
        ("IP6_NF_RAW", "6.18.0", "NF_TABLES NF_TABLES_IPV4 NFT_COMPAT", "v2", "fault"),
        ("IP_NF_RAW", "6.18.0", "NF_TABLES NF_TABLES_IPV4", "v2", "fault"),
        ("IP_NF_NAT", "6.18.0", "NF_TABLES NF_TABLES_IPV4 NFT_COMPAT", "v2", "fault"),
        ("IP_NF_NAT", "6.18.0", "NF_TABLES NF_TABLES_IPV4 NFT_COMPAT NFT_NAT", "v2", None),
        ("IP_NF_TARGET_MASQUERADE", "6.18.0", "NF_TABLES NF_TABLES_IPV4 NFT_COMPAT", "v2", "fault"),
        ("IP_NF_TARGET_MASQUERADE", "6.18.0", "NF_TABLES NF_TABLES_IPV4 NFT_COMPAT NFT_MASQ", "v2", None),
        # a removal that a vendor carried back shows by what is there without it
        ("NF_NAT_IPV4", "4.18.0-305.el8", "IP_NF_NAT=m NF_NAT=m", "v1", None),
        ("NF_NAT_IPV4", "4.18.0", "NF_NAT_IPV4=n IP_NF_NAT=n", "v1", "fault"),
        ("NF_NAT_IPV4", "5.1.0", "", "v1", None),
        ("NF_NAT_NEEDED", "5.1.0", "NF_NAT=m", "v1", None),
        ("NF_NAT_NEEDED", "5.1.0", "", "v1", "fault"),
        ("DEVPTS_MULTIPLE_INSTANCES", "4.6.0", "DEVPTS_MULTIPLE_INSTANCES=n UNIX98_PTYS", "v1", "fault"),
        ("DEVPTS_MULTIPLE_INSTANCES", "4.6.0", "UNIX98_PTYS", "v1", None),
        ("DEVPTS_MULTIPLE_INSTANCES", "4.7.0", "", "v1", None),
        ("RESOURCE_COUNTERS", "3.18.0", "RESOURCE_COUNTERS=n", "v1", "remark"),
        ("MEMCG_KMEM", "4.4.0", "MEMCG SLUB", "v1", None),
        ("MEMCG_KMEM", "4.4.0", "MEMCG SLOB", "v1", "remark"),
        ("MEMCG_KMEM", "4.5.0", "MEMCG", "v1", None),
        ("MEMCG_SWAP", "5.7.0", "MEMCG SWAP", "v1", None),
        ("MEMCG_SWAP", "5.7.0", "MEMCG SWAP=n", "v1", "remark"),
        ("MEMCG_SWAP_ENABLED", "5.7.0", "MEMCG SWAP MEMCG_SWAP_ENABLED=n MEMCG_SWAP", "v1", "remark"),
        ("IOSCHED_CFQ", "4.18.0", "BLOCK", "v1", None),
        ("IOSCHED_CFQ", "4.18.0", "BLOCK IOSCHED_CFQ=n", "v1", "remark"),
        ("CFQ_GROUP_IOSCHED", "4.18.0", "BLOCK IOSCHED_CFQ", "v1", "remark"),
        ("CRYPTO_GHASH", "7.0.0", "CRYPTO_GCM", "v2", None),
        ("CRYPTO_GHASH", "7.0.0", "CRYPTO_GCM=n CRYPTO_GHASH=n", "v2", "remark"),
        ("CRYPTO_GHASH", "7.1.0", "", "v2", None),
        ("INET_XFRM_MODE_TRANSPORT", "5.1.0", "XFRM INET_XFRM_MODE_TRANSPORT=n", "v1", "remark"),
        ("INET_XFRM_MODE_TRANSPORT", "5.1.0", "XFRM", "v1", None),
        ("NETPRIO_CGROUP", "3.13.0", "NETPRIO_CGROUP=n", "v1", "remark"),
        ("NETPRIO_CGROUP", "3.13.0", "CGROUP_NET_PRIO", "v1", None),
        # v1's side of two controllers
        ("MEMCG", "6.10.0", "MEMCG", "v1", None),
        ("MEMCG", "6.11.0", "MEMCG", "v1", "fault"),
        ("MEMCG", "6.8.0", "MEMCG MEMCG_V1=n", "hybrid", "fault"),
        ("MEMCG", "6.12.0", "MEMCG", "v2", None),
        ("CPUSETS", "6.11.0", "CPUSETS", "v1", None),
        ("CPUSETS", "6.12.0", "CPUSETS CPUSETS_V1", "v1", None),
        ("MEMCG", "2.6.32-754.el6", "CGROUP_MEM_RES_CTLR", "v1", None),
        # by hierarchy
        ("CGROUP_DEVICE", "6.1.0", "CGROUP_DEVICE=n", "v1", "fault"),
        ("CGROUP_DEVICE", "6.1.0", "CGROUP_DEVICE=n", "v2", None),
        ("CGROUP_DEVICE", "6.1.0", "CGROUP_DEVICE=n", "unknown", "remark"),
        ("CGROUP_BPF", "6.1.0", "", "v2", "fault"),
        ("CGROUP_BPF", "4.14.0", "", "v2", None),
        ("CGROUP_BPF", "6.1.0", "", "hybrid", None),
        ("CGROUP_BPF", "6.1.0", "CGROUP_BPF=n", "unknown", "remark"),
        # file systems
        ("EXT3_FS", "4.2.0", "EXT4_USE_FOR_EXT23=n EXT3_FS=n", "v1", "remark"),
        ("EXT3_FS", "4.2.0", "EXT4_USE_FOR_EXT23", "v1", None),
        ("EXT3_FS_XATTR", "4.3.0", "EXT4_USE_FOR_EXT2=n", "v1", None),
        # the vsyscall page
        ("LEGACY_VSYSCALL_EMULATE", "4.9.0", "LEGACY_VSYSCALL_EMULATE=n LEGACY_VSYSCALL_NATIVE", "v1", None),
        ("LEGACY_VSYSCALL_EMULATE", "4.9.0", "LEGACY_VSYSCALL_EMULATE=n LEGACY_VSYSCALL_NONE", "v1", "remark"),
        ("LEGACY_VSYSCALL_NATIVE", "4.9.0", "LEGACY_VSYSCALL_NATIVE", "v1", None),
    ],
)
def test_a_rule(name: str, version: str, symbols: str, cgroup: str, finding: str | None) -> None:
    assert decide(option(f"CONFIG_{name}"), made(version, symbols, cgroup=cgroup)).finding == finding


def test_a_native_vsyscall_page_is_told_though_docker_needs_nothing_of_it() -> None:
    verdict = decide(option("CONFIG_LEGACY_VSYSCALL_NATIVE"), made("4.9.0", "LEGACY_VSYSCALL_NATIVE"))
    assert (verdict.needed, verdict.ok) == (False, False)


def test_a_vsyscall_choice_is_no_matter_on_other_architectures() -> None:
    verdict = decide(option("CONFIG_LEGACY_VSYSCALL_EMULATE"), made("5.10.0", "", x86_64=False))
    assert (verdict.needed, verdict.why) == (False, "x86-64 only")


def test_a_module_that_is_not_there_does_not_provide() -> None:
    verdict = decide(option("CONFIG_VETH"), made("6.1.0", "VETH=m", gone=frozenset({"VETH"})))
    assert (verdict.value, verdict.finding) == ("m", "fault")
    assert verdict.why == "needed on every kernel; set (=m), but its module is gone"


def test_a_legacy_table_whose_module_is_gone_is_served_by_nf_tables() -> None:
    kernel = made("6.12.0", "IP_NF_RAW=m NF_TABLES NF_TABLES_IPV4 NFT_COMPAT", gone=frozenset({"IP_NF_RAW"}))
    assert decide(option("CONFIG_IP_NF_RAW"), kernel).via == "nf_tables"


def test_a_partial_configuration_decides_what_it_names_and_nothing_else() -> None:
    config = kconfig("wsl2-6.1.21.1")
    release = config.release
    assert release is not None
    partial = ConfigBuild(type(config)({"MEMCG": "y"}, None, "made for this test"), release, "v2", x86_64=True)
    assert decide(option("CONFIG_MEMCG"), partial).ok is True
    with pytest.raises(NotDecided, match="made for this test"):
        decide(option("CONFIG_VETH"), partial)


def test_a_kernel_without_a_storage_driver_fails() -> None:
    """Where the peer believes that there is one."""
    verdicts = [
        verdict for verdict in judge_all(build("debian-12-6.1.176-amd64")) if "storage" not in verdict.option.group
    ]
    assert not summarise(verdicts).passes


def test_the_catalogue_has_each_option_once() -> None:
    names = [entry.name for entry in OPTIONS]
    assert len(names) == len(set(names)) == 105


def test_each_row_of_the_catalogue_is_whole() -> None:
    for entry in OPTIONS:
        assert entry.symbol.isupper()
        assert entry.what_for
        assert re.fullmatch(r"necessary|optional(:\S+)?|(network|storage)-driver:\S+", entry.group), entry.symbol
        assert not entry.rule or entry.rule in RULES, entry.symbol
        assert all(name.replace("_", "").isalnum() for name in (*entry.modules, *entry.instead)), entry.symbol
        assert entry.group == "necessary" or entry.rule or entry.when, entry.symbol
    for row in table("removals.csv"):
        assert row["before"] in {"condition", "needed"}
        assert re.fullmatch(r"\d+\.\d+", row["release"])
        assert row["why"]
        assert row["carried_back"]
        assert row["while_set"].isupper()
