"""``dockworthy check`` of a group of Harbor's nodes made of real parts, with one difference on one node at a time.

What a difference does is shown by the parts themselves where they can: a node's real registry takes the tokens of the
others, or does not.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.checks.harbor.test_group import HOST
from tests.engine.group import GROUP, SAME, Difference, Group
from tests.engine.test_nodes import ask, token
from tests.harborapi import URL, pool
from tests.trust.pki import issue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.engine.nodes import Node

SIZE = 3
KEY, ROOT = (issue("harbor-token-issuer", kind="rsa2048", ca=True) for _ in range(2))
SERVED = issue("other.test", dns=["other.test"])
_CACHE = "cache:\n  enabled: true\n  expire_hours: 24\n"
_CLOCKS = [f"group-clocks-agree:node{number}" for number in range(1, SIZE + 1)]
Told = dict[str, str]


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Group]:
    with Group(SIZE, tmp_path_factory.mktemp("group")) as group:
        yield group


@pytest.fixture
def group(started: Group) -> Iterator[Group]:
    """The nodes, equal again afterwards."""
    yield started
    for machine in started.machines:
        machine.become(SAME)


def told(record: dict[str, Any]) -> Told:
    """The outcomes of the group and its API, by check and, where it is not the group itself, instance."""
    return {
        f"{result['check'].removeprefix('harbor.')}:{result['param'] or GROUP}".removesuffix(f":{GROUP}"): result[
            "outcome"
        ]
        for result in record["results"]
        if result["host"] == f"harbor:{GROUP}"
    }


def differences(before: Told, after: Told) -> Told:
    """What is told otherwise than before."""
    return {key: after.get(key, "nothing") for key in before | after if before.get(key) != after.get(key)}


@dataclass(frozen=True)
class Equal:
    """What is told of equal nodes, and what the balancer and they were asked for meanwhile."""

    told: Told
    balancer: list[str]
    nodes: list[list[str]]
    names: set[str]


def asked_for(node: Node) -> list[str]:
    """The lines of nginx' log."""
    return (node.folder / "access.log").read_text().splitlines()


@pytest.fixture(scope="module")
def equal(started: Group) -> Equal:
    """A group of equal nodes, looked at."""
    before = [len(asked_for(node)) for node in (started.balancer, *(one.node for one in started.machines))]
    for machine in started.machines:
        machine.api.asked.clear()
    found = told(started.check(SIZE))
    names = {one.host for machine in started.machines for one in machine.api.asked}
    logs = [asked_for(node) for node in (started.balancer, *(one.node for one in started.machines))]
    balancer, *nodes = (log[number:] for number, log in zip(before, logs, strict=True))
    return Equal(found, balancer, nodes, names)


def test_of_equal_nodes_everything_passes(equal: Equal) -> None:
    of_group = {key: outcome for key, outcome in equal.told.items() if key.startswith("group-")}
    assert of_group.pop("group-replicates-both-ways") == "skip"
    assert Counter(of_group.values()) == {"pass": 15 + SIZE}
    assert {key for key, outcome in equal.told.items() if outcome not in {"pass", "skip"}} == set()


def test_each_node_is_asked_at_its_own_address_by_the_groups_name_and_each_path_once(equal: Equal) -> None:
    """Behind the balancer there is the first node alone."""
    assert equal.names == {HOST}
    direct = [[line for line in log if line.startswith("10.231.7.2 ")] for log in equal.nodes]
    assert [len(lines) for lines in direct] == [6] * SIZE
    assert [len(log) for log in equal.nodes] == [6 + len(equal.balancer), *[6] * (SIZE - 1)]
    paths = Counter(line.split('"')[1] for line in equal.balancer)
    assert {path for path, times in paths.items() if times > 1} == {"GET /api/v2.0/systeminfo HTTP/1.1"}


# What differs on the second of three nodes, and what is told of that: the checks of the group, and those of the Harbor
# that hold each node's files against its API.
DIFFERENCES: dict[str, tuple[Difference, Told]] = {
    "another pair of keys": (Difference(key=KEY), {"group-same-token-key": "fail"}),
    "a core that still signs with the old key": (
        Difference(signs=KEY), {"group-same-token-key": "fail", "token-pair-in-use": "fail"}
    ),
    "another root.crt alone": (
        Difference(root=ROOT), {"group-same-token-key": "fail", "token-pair-in-use": "fail"}
    ),
    "another secretkey": (Difference(secretkey="canarysecretkey2"), {"group-same-secretkey": "fail"}),
    "another CSRF key": (Difference(csrf="canary-csrf-key-of-32-character2"), {"group-same-csrf": "fail"}),
    "another certificate": (Difference(served=SERVED), {"group-same-certificate": "fail"}),
    "another database": (Difference({"db.example.com": "db2.example.com"}), {"group-shared-database": "fail"}),
    "a database of its own": (
        Difference({"host: db.example.com": "host: localhost"}), {"group-shared-database": "fail"}
    ),
    "another index of Redis": (
        Difference({"registry_db_index: 1": "registry_db_index: 4"}), {"group-shared-redis": "fail"}
    ),
    "another bucket": (Difference({"bucket: images": "bucket: pictures"}), {"group-shared-storage": "fail"}),
    "a patch behind": (Difference(compose={"v2.12.2": "v2.12.1"}), {"group-same-version": "fail"}),
    "another address": (
        Difference({f"external_url: {URL}": "external_url: https://other.example.com"}),
        {"group-same-address": "fail", "external-url-effective": "fail"},
    ),
    "a cache": (Difference({"_version": f"{_CACHE}_version"}), {"group-same-cache": "fail"}),
    "logs in files": (Difference({"    - DB\n": "    - FILE\n"}), {"group-job-logs": "fail"}),
    "too many connections": (
        Difference({"max_open_conns: 300": "max_open_conns: 800"}), {"group-connection-budget": "fail"}
    ),
    "read-only by itself": (Difference(answers={"/systeminfo": {"read_only": True}}), {"group-same-answers": "fail"}),
    "a job service with another Redis": (
        Difference(answers={"/jobservice/pools": [pool(5, "c9")]}), {"group-jobservices": "fail"}
    ),
    "a clock that is fast": (Difference(clock=60), {"group-clocks-agree:node2": "fail"}),
    "its servers are down": (
        Difference(down=True),
        dict.fromkeys(
            ("group-same-token-key", "group-same-answers", "group-jobservices", "token-pair-in-use", *_CLOCKS), "error"
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DIFFERENCES)
def test_a_difference_is_found_and_nothing_else_is_told(group: Group, equal: Equal, name: str) -> None:
    difference, expected = DIFFERENCES[name]
    group.machines[1].become(difference)
    record = group.check(SIZE)
    assert differences(equal.told, told(record)) == expected
    if expected.get("group-same-token-key") == "fail":
        are_refused(group, record)


def are_refused(group: Group, record: dict[str, Any]) -> None:
    """By the real registries: 404 (there is no such repository) where a token is good, 401 where it is not."""
    tokens = {machine.name: token(machine.node, "repository:library/x:pull") for machine in group.machines}
    answers = {
        (name, machine.name): ask(machine.node, "/v2/library/x/tags/list", "-H", f"Authorization: Bearer {one}")[0]
        for name, (one, _, _) in tokens.items()
        for machine in group.machines
    }
    strange = {pair for pair, status in answers.items() if status == 401}
    assert {status for pair, status in answers.items() if pair not in strange} == {404}
    assert {("node1", "node3"), ("node3", "node1")}.isdisjoint(strange)
    assert {("node1", "node2"), ("node3", "node2")} <= strange or {("node2", "node1"), ("node2", "node3")} <= strange
    (observed,) = [
        one["observed"]
        for one in record["results"]
        if (one["check"], one["host"]) == ("harbor.group-same-token-key", f"harbor:{GROUP}")
    ]
    assert observed["node1"] == observed["node3"] != observed["node2"]
    kids = {name: header["kid"] for name, (_, header, _) in tokens.items()}
    assert {name: one["token's kid"] for name, one in observed.items()} == kids


def test_two_of_them_are_a_group_as_well(group: Group) -> None:
    group.machines[1].become(Difference(key=KEY))
    found = told(group.check(2))
    assert [key for key, outcome in found.items() if outcome not in {"pass", "skip"}] == ["group-same-token-key"]


def test_a_node_that_is_not_among_the_targets_leaves_undecided_what_its_files_tell(group: Group, equal: Equal) -> None:
    found = differences(equal.told, told(group.check(SIZE, hosts=2)))
    by_api = {"group-same-answers", "group-jobservices", "group-replicates-both-ways", *_CLOCKS}
    by_files = {key for key in equal.told if key.startswith("group-")} - by_api
    assert found == dict.fromkeys(by_files, "error")


def test_a_node_whose_certificate_is_anothers_gets_no_credential(group: Group) -> None:
    machine = group.machines[1]
    machine.node.served, before = SERVED, machine.node.served
    machine.node.start()
    machine.api.asked.clear()
    try:
        found = told(group.check(SIZE))
        assert found["group-same-answers"] == "error"
        assert machine.api.asked == []
    finally:
        machine.node.served = before
        machine.node.start()


def test_one_machine_under_two_names_is_no_group_of_that_size(group: Group, equal: Equal) -> None:
    first, second = (machine.engine for machine in group.machines[:2])
    own = second.run("cat", "/etc/machine-id").stdout
    second.write("/etc/machine-id", first.run("cat", "/etc/machine-id").stdout)
    try:
        assert differences(equal.told, told(group.check(SIZE))) == {"group-complete": "fail"}
    finally:
        second.write("/etc/machine-id", own)
