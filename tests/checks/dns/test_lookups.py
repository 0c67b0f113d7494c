"""What the resolver said of a name is told apart: an address, that there is none, and that nobody answered."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

from tests.hosts import checks_in, host, outcome, outcomes
from tests.nameshost import lookups, names_host
from tests.rows import each_of

if TYPE_CHECKING:
    from pathlib import Path

CHECKS = checks_in("dns", "lookups.py")
RESOLVES, KNOWN = CHECKS["dns.registry-resolves"], CHECKS["dns.registry-known-to-engine"]
CAPTURES, LOCALHOST, OWN = (
    CHECKS[f"dns.{name}"] for name in ("search-does-not-capture", "localhost-known", "host-name-known")
)
REGISTRY = "reg.test:5000"


def said(check: Any, *lines: str, more: dict[str, Any] | None = None, registry: str = REGISTRY, **changes: Any) -> str:
    """The outcome for a registry, of what was looked up."""
    facts = names_host({"cmd:lookups": lookups(*lines), **(more or {})}, **changes)
    return outcomes(check, facts, registries=(registry,))[registry].outcome


@each_of(
    ("lines", "expected"),
    [
        (["registry reg.test found 192.0.2.80"], "pass"),
        (["registry reg.test found 2001:db8::80 192.0.2.80"], "pass"),
        (["registry reg.test not-found"], "fail"),
        (["registry reg.test no-answer"], "error"),
        (["registry reg.test unsure"], "error"),
        (["registry reg.test refused"], "error"),
        ([], "error"),
    ],
)
def test_a_registrys_name_has_an_address_has_none_or_nobody_answered(lines: list[str], expected: str) -> None:
    assert said(RESOLVES, *lines) == expected


def test_the_reason_tells_that_no_server_answered() -> None:
    facts = names_host({"cmd:lookups": lookups("registry reg.test no-answer")})
    found = outcomes(RESOLVES, facts, registries=(REGISTRY,))[REGISTRY]
    assert (found.reason, found.code, found.source) == (
        "no name server answered in time",
        "timeout",
        "getent for reg.test",
    )
    assert found.fix is not None
    line = "192.0.2.80 reg.test"
    assert f"grep -qxF '{line}' /etc/hosts || echo '{line}' >> /etc/hosts" in found.fix


def test_the_fix_adds_a_line_once_beside_others_that_only_look_like_it(tmp_path: Path) -> None:
    facts = names_host({"cmd:lookups": lookups("registry reg.test not-found")})
    hosts = tmp_path / "hosts"
    hosts.write_text("127.0.0.1 localhost\n# 192.0.2.80 reg.test\n192.0.2.9 my-reg.test reg.test.example\n")
    before = hosts.read_text()
    command = str(outcomes(RESOLVES, facts, registries=(REGISTRY,))[REGISTRY].fix).replace("/etc/hosts", str(hosts))
    subprocess.run(["/bin/sh", "-c", f"{command}\n{command}"], check=True)
    assert hosts.read_text() == f"{before}192.0.2.80 reg.test\n"


def test_an_address_and_what_a_proxy_looks_up_is_not_looked_up() -> None:
    assert said(RESOLVES, registry="192.0.2.80:5000") == "skip"
    assert said(RESOLVES, registry="[2001:db8::80]:5000") == "skip"
    not_found, proxy = "registry reg.test not-found", {"HttpsProxy": "http://192.0.2.3:3128"}
    assert said(RESOLVES, not_found, info=proxy) == "skip"
    assert said(RESOLVES, not_found, info={**proxy, "NoProxy": "reg.test"}) == "fail"


def test_without_getent_nothing_is_decided_and_an_older_snapshot_decides_by_its_addresses() -> None:
    assert said(RESOLVES, more={"cmd:lookups": 127}) == "error"
    before = {"cmd:lookups": None, "cmd:resolve": "reg.test 192.0.2.80\n"}
    assert said(RESOLVES, more=before) == "pass"
    assert said(RESOLVES, more={"cmd:lookups": None, "cmd:resolve": "reg.test\n"}) == "error"


def test_without_an_engine_a_registry_is_looked_up_all_the_same() -> None:
    seen = {"cmd:lookups": lookups("registry reg.test not-found"), "cmd:engines": ""}
    assert outcomes(RESOLVES, host(seen), registries=("reg.test",))["reg.test"].outcome == "fail"


FOUND = "registry reg.test found 192.0.2.80"
STATIC, DYNAMIC = "engine /usr/bin/dockerd static", "engine /usr/bin/dockerd dynamic"


@each_of(
    ("lines", "expected"),
    [
        ([FOUND], "pass"),  # there are no modules but files and dns
        ([FOUND, STATIC, "files reg.test found 192.0.2.80"], "pass"),
        ([FOUND, STATIC, "files reg.test not-found", "dns reg.test found 192.0.2.80"], "pass"),
        ([FOUND, STATIC, "files reg.test not-found", "dns reg.test not-found"], "fail"),
        ([FOUND, DYNAMIC, "files reg.test not-found", "dns reg.test not-found"], "skip"),
        ([FOUND, "engine /usr/bin/dockerd unknown", "files reg.test not-found", "dns reg.test not-found"], "error"),
        ([FOUND, "files reg.test not-found", "dns reg.test not-found"], "error"),
        ([FOUND, STATIC, "files reg.test refused", "dns reg.test refused"], "error"),
        ([FOUND, STATIC, "files reg.test not-found", "dns reg.test no-answer"], "error"),
        (["registry reg.test not-found", STATIC], "skip"),  # nobody knows it: another check's finding
        (["registry reg.test no-answer", STATIC], "error"),
        ([], "error"),
    ],
)
def test_an_engine_that_is_linked_statically_asks_files_and_dns_alone(lines: list[str], expected: str) -> None:
    assert said(KNOWN, *lines) == expected


@each_of(
    ("text", "lines", "lookup", "expected"),
    [
        ("nameserver 192.0.2.53\n", [], True, {None: "skip"}),
        ("search .\n", [], True, {None: "skip"}),
        ("search corp.test\n", ["search corp.test not-found"], True, {"corp.test": "pass"}),
        ("search corp.test\n", ["search corp.test found 192.0.2.66"], True, {"corp.test": "fail"}),
        ("search corp.test.\n", ["search corp.test found 192.0.2.66"], True, {"corp.test": "fail"}),
        ("search corp.test\n", ["search corp.test no-answer"], True, {"corp.test": "error"}),
        ("search corp.test\n", [], True, {"corp.test": "error"}),
        ("search corp.test\n", [], False, {"corp.test": "error"}),
        ("search old.test\nsearch a.test b.test\n", ["search a.test not-found", "search b.test found 192.0.2.6"], True,
         {"a.test": "pass", "b.test": "fail"}),
        ("domain corp.test\n", ["search corp.test not-found"], True, {"corp.test": "pass"}),
        # without such a line the resolver takes the domain of the host's own name
        ("nameserver 192.0.2.53\n", ["search lab.test found 192.0.2.6"], True, {"lab.test": "fail"}),
        (2, [], True, {None: "skip"}),
        (13, [], True, {None: "error"}),
    ],
)  # fmt: skip
def test_a_domain_that_answers_for_a_random_name_captures_others(
    text: Any, lines: list[str], *, lookup: bool, expected: dict[str | None, str]
) -> None:
    facts = names_host({"file:/etc/resolv.conf": text, "cmd:lookups": lookups(*lines)})
    assert {name: item.outcome for name, item in outcomes(CAPTURES, facts, dns_lookups=lookup).items()} == expected


@each_of(
    ("line", "listeners", "expected"),
    [
        # as getent tells one of IPv4 on a host that has none but on loopback
        ("self localhost found ::ffff:127.0.0.1", "tcp 127.0.0.1 25 -\n", "pass"),
        ("self localhost found 127.0.0.1", "", "pass"),
        ("self localhost found ::1 127.0.0.1", "", "pass"),
        ("self localhost not-found", "", "fail"),
        ("self localhost found 127.0.1.1", "tcp 127.0.0.1 1514 1 -\n", "fail"),
        ("self localhost found ::1", "tcp 127.0.0.1 1514 1 -\n", "fail"),
        ("self localhost found ::1", "tcp 0.0.0.0 1514 1 -\n", "pass"),
        (
            "self localhost found ::1",
            "tcp 127.0.0.1 80 1 -\ntcp6 [0000:0000:0000:0000:0000:0000:0000:0001] 80 2 -\n",
            "pass",
        ),
        ("self localhost found ::1", 127, "error"),
        ("self localhost no-answer", "", "error"),
        ("self other found 127.0.0.1", "", "error"),
    ],
)
def test_localhost_is_where_services_listen(line: str, listeners: Any, expected: str) -> None:
    assert (
        outcome(LOCALHOST, names_host({"cmd:lookups": lookups(line), "cmd:listeners": listeners})).outcome == expected
    )


@each_of(
    ("name", "line", "expected"),
    [
        ("fithost", "self fithost found 127.0.1.1", "pass"),
        ("fithost", "self fithost found fe80::1", "pass"),
        ("fithost", "self fithost not-found", "fail"),
        ("fithost", "self fithost no-answer", "error"),
        ("fithost", "self other found 127.0.1.1", "error"),
        ("localhost", "self localhost found 127.0.0.1", "skip"),
        ("a b", "self a%20b found 127.0.1.1", "pass"),
    ],
)
def test_the_hosts_own_name_has_an_address(name: str, line: str, expected: str) -> None:
    facts = names_host({"cmd:lookups": lookups(line), "cmd:hostname": f"{name}\n"})
    assert outcome(OWN, facts).outcome == expected


def test_without_getent_the_hosts_own_names_are_undecided() -> None:
    facts = names_host({"cmd:lookups": 127})
    assert [outcome(check, facts).code for check in (LOCALHOST, OWN)] == ["tool-missing", "tool-missing"]
