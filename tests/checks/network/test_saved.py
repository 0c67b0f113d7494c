"""Saved rules of packet filters: what loading them again removes, and what of the engine's is in them."""

from __future__ import annotations

from typing import Any

from tests.checks.engine.base import good
from tests.hosts import checks_in, host, outcomes
from tests.nexthost import next_host
from tests.rows import each_of

CHECKS = checks_in("network", "saved.py")
RELOAD, CLEAN = CHECKS["network.reload-keeps-rules"], CHECKS["network.saved-rules-clean"]
NFT, V4, V6 = "/etc/nftables.conf", "/etc/iptables/rules.v4", "/etc/iptables/rules.v6"
ON = "Id={0}\nLoadState=loaded\nActiveState=active\nUnitFileState=enabled\n"
OFF = "Id={0}\nLoadState=loaded\nActiveState=inactive\nUnitFileState=disabled\n"


def reload(path: str, told: Any, unit: Any = ON, **more: Any) -> str:
    """The verdict on one file, of which the probe tells this."""
    service = {NFT: "nftables.service", V4: "netfilter-persistent.service", V6: "netfilter-persistent.service"}[path]
    state = unit.format(service) if isinstance(unit, str) else unit
    named = {name.replace("_", ":", 1): value for name, value in more.items()}
    sections = {**good(), f"file:{path}": told, "cmd:filter-services": state, **named}
    return outcomes(RELOAD, host(next_host(sections)))[path].outcome


@each_of(
    ("told", "expected"),
    [
        ("2 flush ruleset\n3 table inet filter\n", "fail"),
        ("2 flush ruleset ip\n", "fail"),
        ("2 flush ruleset inet\n", "pass"),
        ("2 flush table inet filter\n3 table inet filter\n", "pass"),
        ("2 destroy table inet filter\n", "pass"),
        ("2 flush table ip filter\n", "fail"),
        ("2 delete table ip nat\n", "fail"),
        ("2 delete table ip mine\n", "pass"),
        ("2 flush chain ip filter FORWARD\n", "fail"),
        ("2 flush chain ip filter INPUT\n", "pass"),
        ("2 flush chain ip nat DOCKER\n", "fail"),
        ("2 flush chain ip filter DOCKER-USER\n", "pass"),  # which is the administrator's
        ("2 delete table ip docker-bridges\n", "fail"),
        ("", "pass"),
        ((62, ""), "error"),
        ((27, ""), "error"),
    ],
)
def test_nft_removes_the_engines_rules_where_a_statement_reaches_their_tables(told: Any, expected: str) -> None:
    assert reload(NFT, told) == expected


@each_of(
    ("told", "expected"),
    [
        ("1 table filter\n", "fail"),
        ("1 table nat\n", "fail"),
        ("1 table mangle\n2 table raw\n", "pass"),
    ],
)
def test_what_iptables_restore_reads_empties_the_tables_that_it_names(told: str, expected: str) -> None:
    assert reload(V4, told) == expected
    assert reload(V4, told, **{"cmd_netfilter-persistent": "noflush\n"}) == "pass"


@each_of(
    ("unit", "expected"),
    [
        (ON, "fail"),
        (OFF, "pass"),
        (OFF.replace("disabled", "masked"), "pass"),
        (OFF.replace("inactive", "active"), "fail"),
        (OFF.replace("disabled", "enabled"), "fail"),
        (1, "error"),
        (127, "error"),
        ("", "error"),
    ],
)
def test_a_file_does_no_harm_that_no_service_loads(unit: Any, expected: str) -> None:
    assert reload(NFT, "2 flush ruleset\n", unit) == expected


def test_without_systemd_a_file_that_removes_nothing_is_well_all_the_same() -> None:
    assert reload(NFT, "2 flush table inet filter\n", 1) == "pass"


def test_nft_does_not_reach_the_kernels_older_tables() -> None:
    legacy = {"cmd_which": "iptables /usr/sbin/iptables /usr/sbin/xtables-legacy-multi\n"}
    assert reload(NFT, "2 flush ruleset\n", **legacy) == "pass"
    assert reload(V4, "1 table filter\n", **legacy) == "fail"


def test_an_engine_that_makes_no_rules_loses_none() -> None:
    off = good(daemon_json='{"iptables": false}', info={})
    assert reload(
        NFT, "2 flush ruleset\n", **{"file_/etc/docker/daemon.json": off["file:/etc/docker/daemon.json"]}
    ) == ("skip")


def test_where_the_engine_makes_no_rules_for_ipv6_none_are_lost() -> None:
    off = {
        "file_/etc/docker/daemon.json": good(daemon_json='{"ip6tables": false}', info={})[
            "file:/etc/docker/daemon.json"
        ]
    }
    for path, told in ((V6, "1 table filter\n"), (NFT, "2 flush ruleset ip6\n"), (NFT, "2 delete table ip6 nat\n")):
        assert (reload(path, told), reload(path, told, **off)) == ("fail", "pass"), told
    assert reload(NFT, "2 flush ruleset\n", **off) == "fail"


@each_of(
    ("main", "included", "expected"),
    [
        ("1 include /etc/nftables.d/[a-c].nf?\n", "1 flush ruleset\n", "fail"),
        ("1 include /etc/nftables.d/[!a-c].nft\n", "1 flush ruleset\n", "pass"),
        ("1 include /etc/*/*\n", "1 flush ruleset\n", "fail"),
        ("1 include /etc/nftables.d/*.nft\n", "1 flush ruleset\n", "fail"),
        ("1 include nftables.d/a.nft\n", "1 flush ruleset\n", "fail"),
        ("1 include /etc/nftables.d/*.nft\n", "1 table inet own\n", "pass"),
        ("1 include /etc/nftables.d/*.conf\n", "1 flush ruleset\n", "pass"),
        ("1 include /etc/elsewhere.nft\n", "", "error"),
        ("1 include /etc/nftables.d/a.nft\n", (13, ""), "error"),
        ("1 flush ruleset\n2 include /etc/elsewhere.nft\n", "", "fail"),
    ],
)
def test_what_a_file_includes_is_part_of_it(main: str, included: Any, expected: str) -> None:
    assert reload(NFT, main, **{"file_/etc/nftables.d/a.nft": included}) == expected


def test_the_fix_mends_the_file_in_which_the_statement_is() -> None:
    sections = {
        **good(),
        f"file:{NFT}": "1 include /etc/nftables.d/a.nft\n2 table inet own\n",
        "file:/etc/nftables.d/a.nft": "1 flush ruleset\n",
        "cmd:filter-services": ON.format("nftables.service"),
    }
    fix = outcomes(RELOAD, host(next_host(sections)))[NFT].fix or ""
    assert "delete table inet own/' /etc/nftables.d/a.nft\nnft -c -f /etc/nftables.conf" in fix
    sections["file:/etc/nftables.d/a.nft"] = "7 delete table ip nat\n"
    fix = outcomes(RELOAD, host(next_host(sections)))[NFT].fix or ""
    assert "sed" not in fix
    assert "/etc/nftables.d/a.nft, line 7: delete table ip nat" in fix


def test_a_circle_of_includes_has_an_end() -> None:
    assert reload(NFT, "1 include /etc/nftables.conf\n2 flush ruleset\n") == "fail"


def clean(path: str, told: Any) -> str:
    return outcomes(CLEAN, host(next_host({**good(), f"file:{path}": told, "cmd:filter-services": 1})))[path].outcome


@each_of(
    ("path", "told", "expected"),
    [
        (V4, "1 table filter\n2 chain DOCKER\n", "fail"),
        (V4, "1 table filter\n9 chain DOCKER-ISOLATION-STAGE-1\n", "fail"),
        (V4, "1 table nat\n9 jump DOCKER\n", "fail"),
        (V4, "1 table filter\n", "pass"),
        (V4, "1 table filter\n2 chain DOCKER-USER\n3 jump DOCKER-USER\n", "pass"),
        (V4, "1 table nat\n4 masquerade docker0\n", "fail"),
        (V4, "1 table nat\n4 masquerade br-0123456789ab\n", "fail"),
        (V4, "1 table nat\n4 masquerade eth0\n", "pass"),
        (V4, "1 table nat\n4 dnat eth0\n", "pass"),
        (NFT, "1 table ip nat\n2 chain DOCKER\n", "fail"),
        (NFT, "1 table ip docker-bridges\n", "fail"),
        (NFT, "1 flush ruleset\n2 table inet filter\n", "pass"),
        (V4, (27, ""), "error"),
        (V4, "1 table nat\n2 cut\n", "error"),
        (V4, "1 chain DOCKER\n2 cut\n", "fail"),
    ],
)
def test_rules_of_the_engines_in_a_file_come_back_at_boot(path: str, told: Any, expected: str) -> None:
    assert clean(path, told) == expected


def test_where_nothing_is_saved_nothing_is_asked() -> None:
    for check in (RELOAD, CLEAN):
        facts = host(next_host({**good(), f"file:{NFT}": 2, "cmd:filter-services": ""}))
        assert {name: item.outcome for name, item in outcomes(check, facts).items()} == {None: "skip"}


def test_a_snapshot_that_did_not_look_for_them_decides_nothing() -> None:
    for check in (RELOAD, CLEAN):
        assert {name: item.outcome for name, item in outcomes(check, host(good())).items()} == {None: "error"}
