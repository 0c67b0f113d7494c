"""A group of three nodes with one difference at a time: each is found, and nothing else is said to be wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from dockworthy.facts.harbor.group.own import key_id
from tests.harborapi import AT_HARBOR, HARBOR, URL, api_host, broken, execution, merged, pool, rule, said
from tests.harborhost import FOLDER, harbor_host
from tests.hosts import NOW, checks_in, outcomes
from tests.rows import each_of
from tests.trust.pki import issue

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dockworthy.check import Judgement
    from dockworthy.facts.facts import Facts

CHECKS = checks_in("harbor", "group.py")
HOST = URL.removeprefix("https://")
ROOT, OTHER_ROOT = issue("harbor-token-issuer"), issue("harbor-token-issuer")
SERVED, OTHER_SERVED = issue(HOST, dns=[HOST]), issue("other.test", dns=["other.test"])
YML = f"""hostname: NODE.example.com
external_url: {URL}
http:
  port: 80
https:
  port: 443
  certificate: /data/cert/server.crt
  private_key: /data/cert/server.key
harbor_admin_password: REDACTED
data_volume: /data
database:
  password: REDACTED
  max_idle_conns: 100
  max_open_conns: 900
external_database:
  harbor:
    host: db.example.com
    port: 5432
    db_name: registry
    username: REDACTED
    password: REDACTED
    ssl_mode: require
    max_idle_conns: 100
    max_open_conns: 300
external_redis:
  host: s1.example.com:26379,s2.example.com:26379
  password: REDACTED
  sentinel_master_set: mymaster
  registry_db_index: 1
storage_service:
  s3:
    region: eu-west-1
    bucket: images
    accesskey: REDACTED
    secretkey: REDACTED
    regionendpoint: https://s3.example.com
jobservice:
  max_job_workers: 10
  job_loggers:
    - DB
  logger_sweeper_duration: 1
notification:
  webhook_job_max_retry: 3
  webhook_job_http_client_timeout: 3
log:
  level: info
_version: 2.12.0
"""
COMPOSE = "services:\n" + "".join(
    f"  {name}:\n    image: goharbor/{image}:v2.12.2\n"
    for name, image in (("core", "harbor-core"), ("registry", "registry-photon"), ("jobservice", "harbor-jobservice"))
)
DIGESTS = {
    "key": "a" * 16,
    "secretkey": "b" * 16,
    "private_key.pem": "c" * 16,
    "root.crt": "c" * 16,
    "CSRF_KEY": "d" * 16,
    "external_database.harbor.username": "e" * 16,
    "external_database.harbor.password": "f" * 16,
    "storage_service.s3.accesskey": "1" * 16,
    "storage_service.s3.secretkey": "2" * 16,
}
_MOUNTS = "24 1 8:1 / / rw - ext4 /dev/sda1 rw\n"


@dataclass
class Node:
    """What differs on one node."""

    edits: Mapping[str, str] = field(default_factory=dict)  # of harbor.yml: old text to new
    digests: Mapping[str, str | None] = field(default_factory=dict)
    files: Mapping[str, Any] = field(default_factory=dict)
    sections: Mapping[str, Any] = field(default_factory=dict)
    answers: Mapping[str, Any] = field(default_factory=dict)  # of its own API, by path
    host: bool | None = True  # whether its host is in the run; None where the profile names none
    address: bool | str = True  # whether the profile names its address, or that itself


@cache
def _files() -> dict[str, Any]:
    return {
        "/data/secret/registry/root.crt": ROOT.pem,
        "/data/secret/cert/server.crt": SERVED.pem,
        "/data/cert/server.crt": SERVED.pem,
    }


def host_of(number: int, node: Node) -> Facts:
    """The host of a node."""
    yml = YML.replace("NODE", f"h{number}")
    for old, new in node.edits.items():
        assert old in yml
        yml = yml.replace(old, new)
    hashes = {name: value for name, value in {**DIGESTS, **node.digests}.items() if value is not None}
    sections: dict[str, Any] = {
        f"file:{FOLDER}/docker-compose.yml": COMPOSE,
        f"cmd:harbor-digests{FOLDER}": "".join(f"{name} {value}\n" for name, value in hashes.items()),
        "cmd:harbor-machine": f"{number:016x}\n",
        "file:/proc/self/mountinfo": _MOUNTS,
        **node.sections,
    }
    return harbor_host({**_files(), **node.files}, sections, yml=yml)


def kid_of_root() -> str:
    """The token's key of all nodes that are equal, as their root.crt has it."""
    from dockworthy.trust.x509.certificate import parse_certificate  # noqa: PLC0415 - one need

    return key_id(parse_certificate(ROOT.der).raw_key)


def node_answers(node: Node) -> dict[str, Any]:
    """The answers of a node, by whether they need the login and by path."""
    issued = int(AT_HARBOR.timestamp())
    info = {
        "auth_mode": "db_auth",
        "harbor_version": "v2.12.2-73072d0d",
        "external_url": URL,
        "registry_storage_provider_name": "s3",
        "read_only": False,
        "current_time": AT_HARBOR.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    token = {"header": {"alg": "RS256", "kid": kid_of_root()}, "claims": {"iat": issued, "exp": issued + 1800}}
    counts = {"total_project_count": 2, "total_storage_consumption": 2000}
    pools = [pool(5, f"c{number}") for number in range(3)]
    found: dict[str, Any] = {
        "-/ping": "Pong",
        "-/service/token": token,
        "/systeminfo": info,
        "/statistics": counts,
        "/jobservice/pools": pools,
    }
    answers = {path: said(body) for path, body in found.items()}
    for path, change in node.answers.items():
        answers[path] = (
            change if "answered" in change else said({**found[path], **change} if isinstance(change, dict) else change)
        )
    return answers


def judge(*nodes: Node, **params: Any) -> dict[str, str]:
    """The worst outcome of each check of the group."""
    beside = {f"h{number}": host_of(number, node) for number, node in enumerate(nodes) if node.host}
    declared = [
        {
            "name": f"n{number}",
            "host": f"h{number}" if node.host is not None else None,
            "address": f"192.0.2.{number}:443" if node.address is True else node.address or None,
        }
        for number, node in enumerate(nodes)
    ]
    edits = {}
    for number, node in enumerate(nodes):
        for path, answer in node_answers(node).items() if node.address else ():
            name = f"anonymous:n{number}:{path[1:]}" if path.startswith("-") else f"login:n{number}:{path}"
            edits[name] = json_of(answer)
    facts = api_host(beside=beside, edits=edits, nodes=declared)
    rank = ["fail", "error", "manual", "pass", "skip"]
    found = {}
    for check in CHECKS.values():
        said_of = outcomes(check, facts, **{key: value for key, value in params.items() if key in check.params})
        found[check.id.removeprefix("harbor.group-")] = min((one.outcome for one in said_of.values()), key=rank.index)
    return found


def json_of(answer: Any) -> str:
    """An answer as it is recorded."""
    import json  # noqa: PLC0415 - one need

    return json.dumps(answer)


EQUAL = {
    "complete": "pass",
    "same-version": "pass",
    "same-address": "pass",
    "shared-database": "pass",
    "shared-redis": "pass",
    "shared-storage": "pass",
    "same-secretkey": "pass",
    "same-token-key": "pass",
    "clocks-agree": "pass",
    "same-csrf": "pass",
    "job-logs": "pass",
    "same-cache": "pass",
    "same-certificate": "pass",
    "connection-budget": "pass",
    "jobservices": "pass",
    "same-answers": "pass",
    "replicates-both-ways": "skip",
}
BUDGET = {"harbor_database_max_connections": 1000}
_LATE = int(AT_HARBOR.timestamp()) - 60
_TOKEN = {"claims": {"iat": _LATE, "exp": _LATE + 1800}}
_OTHER_KID = {"header": {"alg": "RS256", "kid": "ABCD:" * 11 + "ABCD"}}
_COMPOSE = f"file:{FOLDER}/docker-compose.yml"
_CACHE = "cache:\n  enabled: true\n  expire_hours: 24\n"


def test_three_equal_nodes_pass_in_all() -> None:
    assert judge(Node(), Node(), Node(), **BUDGET) == EQUAL


# What differs on one node of three, and the checks that say so.
ONE_DIFFERS: dict[str, tuple[Node, set[str]]] = {
    "a patch behind": (
        Node(sections={f"file:{FOLDER}/docker-compose.yml": COMPOSE.replace("2.12.2", "2.12.1")}),
        {"same-version"},
    ),
    "another address": (Node({f"external_url: {URL}": "external_url: https://other.example.com"}), {"same-address"}),
    "another database": (Node({"db.example.com": "db2.example.com"}), {"shared-database"}),
    "another database name": (Node({"db_name: registry": "db_name: harbor"}), {"shared-database"}),
    "localhost for a database": (Node({"db.example.com": "localhost"}), {"shared-database"}),
    "another password of the same user": (
        Node(digests={"external_database.harbor.password": "0" * 16}),
        {"shared-database"},
    ),
    "another sentinel": (Node({"s2.example.com": "s3.example.com"}), {"shared-redis"}),
    "another master": (Node({"mymaster": "othermaster"}), {"shared-redis"}),
    "another index": (Node({"registry_db_index: 1": "registry_db_index: 4"}), {"shared-redis"}),
    "another bucket": (Node({"bucket: images": "bucket: pictures"}), {"shared-storage"}),
    "another key of the same account": (Node(digests={"storage_service.s3.secretkey": "0" * 16}), {"shared-storage"}),
    "another secretkey": (Node(digests={"secretkey": "0" * 16}), {"same-secretkey"}),
    "another pair": (
        Node(
            digests={"private_key.pem": "0" * 16, "root.crt": "0" * 16},
            files={"/data/secret/registry/root.crt": OTHER_ROOT.pem},
        ),
        {"same-token-key"},
    ),
    "another root.crt alone": (
        Node(digests={"root.crt": "0" * 16}, files={"/data/secret/registry/root.crt": OTHER_ROOT.pem}),
        {"same-token-key"},
    ),
    "a core that still signs with another key": (Node(answers={"-/service/token": _OTHER_KID}), {"same-token-key"}),
    "a slow clock": (Node(answers={"-/service/token": _TOKEN}), {"clocks-agree"}),
    "another CSRF key": (Node(digests={"CSRF_KEY": "0" * 16}), {"same-csrf"}),
    "logs in files": (Node({"    - DB\n": "    - STD_OUTPUT\n    - FILE\n"}), {"job-logs"}),
    "a cache": (Node({"_version": _CACHE + "_version"}), {"same-cache"}),
    "a certificate of another name": (
        Node(files={"/data/secret/cert/server.crt": OTHER_SERVED.pem}),
        {"same-certificate"},
    ),
    "a pool too large": (Node({"max_open_conns: 300": "max_open_conns: 900"}), {"connection-budget"}),
    "a pool without end": (Node({"max_open_conns: 300": "max_open_conns: 0"}), {"connection-budget"}),
    "an exporter's pool": (
        Node({"_version": "metric:\n  enabled: true\n  port: 9090\n  path: /metrics\n_version"}),
        {"connection-budget"},
    ),
    "a job service in another Redis": (Node(answers={"/jobservice/pools": [pool(5, "c9")]}), {"jobservices"}),
    "a job service that is gone": (
        Node(answers={"/jobservice/pools": [pool(5, "c0"), pool(5, "c1"), pool(600, "c2")]}),
        {"jobservices"},
    ),
    "read-only by itself": (Node(answers={"/systeminfo": {"read_only": True}}), {"same-answers"}),
    "other counts": (Node(answers={"/statistics": {"total_project_count": 3}}), {"same-answers"}),
}
_OTHER_FILES = {"/data/secret/registry/root.crt": OTHER_ROOT.pem}
# What is written differently and means the same.
SAME: dict[str, Node] = {
    "the sentinels in another order": Node(
        {"s1.example.com:26379,s2.example.com:26379": "s2.example.com:26379,S1.example.com:26379"}
    ),
    "the address with its port and a slash": Node(
        {f"external_url: {URL}": f"external_url: {URL.upper().replace('HTTPS', 'https')}:443/"}
    ),
    "a hostname of its own": Node({"hostname: h1.example.com": "hostname: 192.0.2.77"}),
    "another user of the database": Node(
        digests={"external_database.harbor.username": "9" * 16, "external_database.harbor.password": "0" * 16}
    ),
    "another account of the storage": Node(
        digests={"storage_service.s3.accesskey": "9" * 16, "storage_service.s3.secretkey": "0" * 16}
    ),
    "a certificate of its own for the same name": Node(
        files={"/data/secret/cert/server.crt": issue("node", dns=[HOST, "h1.example.com"]).pem}
    ),
    "a job service too many": Node(answers={"/jobservice/pools": [pool(5, f"c{n}") for n in range(5)]}),
    "a dead job service still listed": Node(
        answers={"/jobservice/pools": [*(pool(5, f"c{n}") for n in range(3)), pool(600, "gone")]}
    ),
    "a clock two seconds late": Node(
        answers={"-/service/token": {"claims": {"iat": int(AT_HARBOR.timestamp()) - 2, "exp": 1}}}
    ),
    "metrics that are off": Node({"_version": "metric:\n  enabled: false\n  port: 9090\n  path: /metrics\n_version"}),
    "a cache that is off": Node({"_version": "cache:\n  enabled: false\n  expire_hours: 48\n_version"}),
}


@each_of("name", ONE_DIFFERS)
def test_one_difference_is_found_and_nothing_else(name: str) -> None:
    node, found = ONE_DIFFERS[name]
    assert judge(Node(), node, Node(), **BUDGET) == {**EQUAL, **dict.fromkeys(found, "fail")}


@each_of("name", SAME)
def test_what_means_the_same_is_no_difference(name: str) -> None:
    assert judge(Node(), SAME[name], Node(), **BUDGET) == EQUAL


def test_localhost_on_every_node_is_as_many_databases() -> None:
    own = Node({"db.example.com": "127.0.0.1"})
    assert judge(own, own, own)["shared-database"] == "fail"


def test_a_node_that_is_not_in_the_run_leaves_undecided_what_only_its_files_tell() -> None:
    gone = Node(host=False)
    found = judge(Node(), gone, Node(), **BUDGET)
    by_api = {"same-answers", "jobservices", "clocks-agree", "replicates-both-ways"}
    assert found == {name: EQUAL[name] if name in by_api else "error" for name in EQUAL}


def test_a_difference_among_those_that_were_seen_is_one_without_the_rest() -> None:
    other = Node({"db.example.com": "db2.example.com"})
    found = judge(Node(), Node(host=False), other, **BUDGET)
    assert found["shared-database"] == "fail"
    assert found["shared-redis"] == "error"


def test_a_node_whose_api_does_not_answer_leaves_undecided_what_only_that_tells() -> None:
    silent = {path: broken("refused") for path in node_answers(Node())}
    found = judge(Node(), Node(answers=silent), Node(), **BUDGET)
    undecided = {name for name, outcome in found.items() if outcome == "error"}
    assert undecided == {"same-answers", "jobservices", "clocks-agree", "same-token-key"}


@pytest.mark.parametrize(("kind", "found"), [("tls-name", "fail"), ("tls", "error")])
def test_a_node_that_shows_a_certificate_of_another_name_does_not_serve_the_groups(kind: str, found: str) -> None:
    silent = {path: broken(kind, "Hostname mismatch") for path in node_answers(Node())}
    judged_so = judge(Node(host=None), Node(host=None, answers=silent))
    assert (judged_so["same-certificate"], judged_so["complete"]) == (found, "error")


def test_the_key_of_a_host_and_that_of_an_address_are_one_or_two() -> None:
    host, address = Node(address=False), Node(host=None)
    assert judge(host, address)["same-token-key"] == "pass"
    assert judge(host, Node(host=None, answers={"-/service/token": _OTHER_KID}))["same-token-key"] == "fail"
    other = Node(address=False, digests={"root.crt": "0" * 16, "private_key.pem": "0" * 16}, files=_OTHER_FILES)
    assert judge(other, address)["same-token-key"] == "fail"
    assert judge(other, Node())["same-token-key"] == "fail"


def test_of_nodes_with_an_address_alone_the_api_tells_what_it_can() -> None:
    nodes = [Node(host=None) for _ in range(3)]
    found = judge(*nodes)
    told = {
        "complete",
        "same-version",
        "same-token-key",
        "clocks-agree",
        "same-certificate",
        "jobservices",
        "same-answers",
    }
    assert {name for name, outcome in found.items() if outcome == "pass"} == told


def test_one_machine_under_two_names_is_no_group() -> None:
    same = {"cmd:harbor-machine": f"{7:016x}\n"}
    assert judge(Node(sections=same), Node(sections=same))["complete"] == "fail"


@pytest.mark.parametrize(("first", "second"), [("192.0.2.7", "192.0.2.7:443"), ("[2001:db8::7]", "[2001:DB8::7]:443")])
def test_one_address_under_two_names_is_no_group(first: str, second: str) -> None:
    for host in (None, True):
        assert judge(Node(host=host, address=first), Node(host=host, address=second))["complete"] == "fail"
    assert judge(Node(host=None, address=first), Node(host=None, address=f"{first}:8443"))["complete"] == "pass"


def clock(ahead: float, began: float, *, proxy: float = 0, seconds: float = 0.01, own: bool = False) -> Node:
    """A node that is asked one thing after the other and whose clock is so far ahead, of its token and of its dates."""
    moment = NOW.timestamp() + began
    answers = {}
    for path in ("-/ping", "-/systeminfo", "-/service/token", "/systeminfo", "/statistics", "/jobservice/pools"):
        said_of = node_answers(Node()).get(path, said({}))
        date = float(int(moment + seconds / 2 + ahead))
        if path == "-/service/token":
            said_of["body"]["claims"]["iat"] = int(date)
        if path == "/systeminfo":
            told = f"{datetime.fromtimestamp(moment + seconds / 2 + ahead, timezone.utc):%Y-%m-%dT%H:%M:%S.%f}"
            said_of["body"]["current_time"] = f"{told[:-3]}Z" if own else ""
        answers[path] = {**said_of, "asked": moment, "answered": moment + seconds, "date": date + proxy}
        moment += seconds
    return Node(host=None, answers=answers)


@each_of("began", [0.0, 0.3, 0.94, 0.97])  # as parts of a second: dates tell whole ones
@each_of(("ahead", "found"), [(0, "pass"), (4, "pass"), (-4, "pass"), (6, "fail"), (-6, "fail")])
def test_clocks_are_compared_more_exactly_than_to_a_second(ahead: float, began: float, found: str) -> None:
    assert judge(clock(0, began), clock(ahead, began))["clocks-agree"] == found
    assert judge(clock(0, began), clock(ahead, began + 0.02))["clocks-agree"] == found


@pytest.mark.parametrize(("ahead", "found"), [(4.9, "pass"), (5.2, "fail")])
def test_the_time_that_those_are_told_who_log_in_is_exact(ahead: float, found: str) -> None:
    assert judge(clock(0, 0.2, own=True), clock(ahead, 0.6, own=True))["clocks-agree"] == found


def test_half_the_way_of_a_slow_answer_is_allowed_for() -> None:
    assert judge(clock(0, 0), clock(6, 0, seconds=3))["clocks-agree"] == "pass"
    assert judge(clock(0, 0), clock(9, 0, seconds=3))["clocks-agree"] == "fail"


def test_dates_of_another_clock_than_the_tokens_do_not_count() -> None:
    assert judge(clock(0, 0), clock(0, 0, proxy=900))["clocks-agree"] == "pass"
    assert judge(clock(0, 0), clock(30, 0, proxy=-30))["clocks-agree"] == "fail"


def test_digests_under_different_keys_are_not_compared() -> None:
    found = judge(Node(), Node(digests={"key": "0" * 16, "secretkey": "9" * 16, "CSRF_KEY": "8" * 16}))
    assert found["same-secretkey"] == found["same-csrf"] == "error"
    assert found["shared-database"] == found["shared-storage"] == "pass"


def test_sticky_sessions_make_another_csrf_key_harmless() -> None:
    other = Node(digests={"CSRF_KEY": "0" * 16})
    assert judge(Node(), other, harbor_sticky_sessions=True)["same-csrf"] == "pass"


def test_one_node_is_no_group() -> None:
    found = judge(Node())
    assert found.pop("complete") == "fail"
    assert set(found.values()) == {"skip"}


_FILES = {
    "  s3:\n    region: eu-west-1\n    bucket: images\n    accesskey: REDACTED\n    secretkey: REDACTED\n"
    "    regionendpoint: https://s3.example.com\n": "  filesystem:\n    maxthreads: 100\n"
}


def _mounted(line: str) -> Node:
    return Node(_FILES, sections={"file:/proc/self/mountinfo": _MOUNTS + line})


@each_of(
    ("first", "second", "found"),
    [
        (
            "30 24 0:50 / /data rw - nfs4 nas.test:/harbor rw\n",
            "30 24 0:50 / /data rw - nfs nas.test:/harbor rw\n",
            "pass",
        ),
        (
            "30 24 0:50 / /data/registry rw - nfs4 nas.test:/harbor/registry rw\n",
            "30 24 0:50 / /data rw - nfs4 nas.test:/harbor rw\n",
            "pass",
        ),
        (
            "30 24 0:50 / /data rw - nfs4 nas.test:/harbor rw\n",
            "30 24 0:50 / /data rw - nfs4 nas.test:/other rw\n",
            "fail",
        ),
        ("30 24 0:50 / /data rw - nfs4 nas.test:/h rw\n", "30 24 0:50 / /data rw - nfs4 nas2.test:/h rw\n", "fail"),
        ("30 24 0:50 / /data rw - nfs4 nas.test:/h rw\n", "30 24 0:50 / /data rw - nfs4 192.0.2.9:/h rw\n", "error"),
        ("30 24 0:50 / /data rw - nfs4 nas.test:/h rw\n", "", "fail"),
        ("30 24 8:2 / /data rw - ext4 /dev/sdb1 rw\n", "30 24 8:2 / /data rw - ext4 /dev/sdb1 rw\n", "fail"),
    ],
)
def test_a_folder_is_shared_where_it_is_mounted_from_one_server(first: str, second: str, found: str) -> None:
    assert judge(_mounted(first), _mounted(second))["shared-storage"] == found


def _replicating(policies: list[Any], other: list[Any], runs: list[Any] | None = None, **params: Any) -> str:
    """The outcome of `_said_of`."""
    return _said_of(policies, other, runs, **params).outcome


def _said_of(policies: list[Any], other: list[Any], runs: list[Any] | None = None, **params: Any) -> Judgement:
    """What is said of a, whose rules lead to b, and b's to a."""
    made = {}
    for name, peer, rules in (("a", "b", policies), ("b", "a", other)):
        registry = {"id": 1, "name": "peer", "type": "harbor", "url": f"https://{peer}.example.com"}
        rows = [merged(one, "dest_registry", to=registry) for one in rules]
        executions = {f"/replication/executions?policy_id={one['id']}": said(runs or [execution()]) for one in rows}
        made[name] = ({"/replication/policies": said(rows), **executions}, f"https://{name}.example.com", peer)
    peers = {
        f"harbor:{name}": api_host(answers, name=name, url=url, mode="replication", peer=peer)
        for name, (answers, url, peer) in made.items()
    }
    answers, url, peer = made["a"]
    facts = api_host(answers, beside=peers, name="a", url=url, mode="replication", peer=peer)
    (judgement,) = outcomes(CHECKS["harbor.group-replicates-both-ways"], facts, **params).values()
    return judgement


@pytest.mark.parametrize("deletes", [True, False])
def test_two_harbors_that_hand_deletions_to_each_other_pass_and_are_told_of_it(deletes: bool) -> None:
    judgement = _said_of([rule(replicate_deletion=True)], [rule(replicate_deletion=deletes)])
    assert judgement.outcome == "pass"
    assert ("deletions" in str(judgement.observed)) is deletes


def test_two_harbors_that_replicate_to_each_other_pass() -> None:
    assert _replicating([rule()], [rule()]) == "pass"


@pytest.mark.parametrize(
    ("other", "runs", "found"),
    [
        ([], None, "fail"),
        ([rule(enabled=False)], None, "fail"),
        ([rule(trigger={"type": "manual"})], None, "fail"),
        ([rule()], [execution("Failed", hours=1)], "fail"),
        ([rule(trigger={"type": "event_based"})], [execution()], "pass"),
    ],
)
def test_what_keeps_one_of_two_harbors_behind_is_found(other: list[Any], runs: Any, found: str) -> None:
    assert _replicating([rule()], other, runs) == found


def test_one_way_is_enough_where_the_profile_says_so() -> None:
    assert _replicating([rule()], [], harbor_replication="one-way") == "pass"


def test_a_difference_is_shown_node_by_node() -> None:
    nodes = [Node(), Node({"db.example.com": "db2.example.com"})]
    facts = api_host(
        beside={f"h{number}": host_of(number, node) for number, node in enumerate(nodes)},
        nodes=[{"name": f"n{number}", "host": f"h{number}", "address": None} for number in range(2)],
    )
    (judgement,) = outcomes(CHECKS["harbor.group-shared-database"], facts).values()
    assert judgement.observed["n0"]["host"] == "db.example.com"  # type: ignore[index] # a table
    assert judgement.observed["n1"]["host"] == "db2.example.com"  # type: ignore[index] # a table
    assert HARBOR in outcomes(CHECKS["harbor.group-shared-database"], facts)
