"""A group of Harbor's nodes, held side by side: one database, one Redis, one storage, one key, one clock.

A difference among the nodes that were seen is a finding; a node that was not seen leaves the rest undecided, and is
named. Nothing passes on fewer nodes than are declared.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from dockworthy.check import check, expect, instances, not_applicable, not_decided
from dockworthy.evidence import Evidence, known
from dockworthy.facts.harbor.api.jobs import pools
from dockworthy.facts.harbor.group import asked, files
from dockworthy.facts.harbor.group.files import Seen
from dockworthy.facts.harbor.group.members import GroupNode, HarborGroup, declared, nodes_of, replicating, the_group
from dockworthy.facts.harbor.group.own import comparable
from dockworthy.facts.harbor.prepared.keys import digests

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_NONE = "the profile declares no group"
_GROUP = instances("group", the_group, none=_NONE)
_REFS = ("harbor:ha",)
_PREPARE = "./prepare && docker compose down && docker compose up -d"
_MIRROR = "# make harbor.yml of the node that differs say the same as the others'; then, in its folder:\n" + _PREPARE
_COPY = (
    "# copy {what} from the node that is right to the others, owner and mode kept (10000:10000, 0600); then, on each:\n"
    "docker compose restart core registry registryctl jobservice"
)
_SAME = "the same on every node"
_LEAST = 2


def _together(
    seen: Mapping[str, Evidence[Seen]], expected: str = _SAME, *others: Callable[[Mapping[str, Seen]], bool]
) -> None:
    """Judge what was seen of the nodes: no fault on any, and no field that two of them have with two values."""
    found = {node: one.value for node, one in seen.items() if one.is_known}
    missing = {node: f"{one.unknown} ({one.source})" for node, one in seen.items() if not one.is_known}
    shown = {
        **{node: one.as_json() for node, one in found.items()},
        **{node: f"not known: {why}" for node, why in missing.items()},
    }
    source = "; ".join(dict.fromkeys(f"{node}: {one.source}" for node, one in seen.items()))

    def agree(those: Mapping[str, Seen]) -> bool:
        names = dict.fromkeys(name for one in those.values() for name in one.fields)
        values = ([one.fields[name] for one in those.values() if name in one.fields] for name in names)
        same = all(value == each[0] for each in values for value in each)
        return same and not any(one.faults for one in those.values()) and all(other(those) for other in others)

    if missing and agree(found):
        words = "; ".join(f"{node}: {why}" for node, why in missing.items())
        not_decided(f"not every node was seen: {words}", source)
    expect(found, source, shown=lambda _: shown).satisfies(agree, expected)


def _keys_agree(group: HarborGroup) -> bool:
    """Whether digests of the nodes were made with one key, so that they can be compared."""
    keys = {found.get({}).get("key") for found in group.by_files(digests).values()}
    return len(keys) == 1 and None not in keys


def _digests(group: HarborGroup, one: Any) -> Mapping[str, str]:
    """A node's digests where all were made with one key; else none."""
    return digests(one).get({}) if _keys_agree(group) else {}


def _need_common_key(group: HarborGroup) -> None:
    """Make sure that the digests of those nodes that have some can be compared."""
    keys = {node: found.get({}).get("key") for node, found in group.by_files(digests).items()}
    if len({key for key in keys.values() if key is not None}) > 1:
        not_decided(
            "no common key: their snapshots were taken with different ones; give all the same (DW_HARBOR_KEY)",
            "; ".join(f"keyed digests of {node}" for node in keys),
        )


@check(
    "harbor.group-complete",
    severity="high",
    refs=_REFS,
    fix="# in the profile, below harbors: {param}: nodes:, name each node by its host in the run or its own address",
    each=instances("group", declared, none=_NONE),
)
def check_group_complete(group: HarborGroup) -> None:
    """Every node of the group that the profile declares was seen, and there are two or more.

    A node is seen by its host's files, or, where the profile gives its address alone, by its API. One that is not
    reached leaves the group undecided; one machine under two names is one node.
    """
    seen = {}
    machines = []
    for node in group.nodes:
        seen[node.name] = _presence(group, node)
        machine = node.facts.snapshot.text("cmd:harbor-machine").get("").strip() if node.facts is not None else ""
        machines.append((node.name, machine or node.host or node.place or node.name))
    machines += [(node.name, node.place) for node in group.nodes if node.place is not None]
    for names in files.same_machine(machines).values():
        fault = f"one machine: {', '.join(names)}"
        seen.update({name: _with_fault(seen[name], fault) for name in names})
    _together(seen, "two or more nodes, each a machine of its own", lambda _: len(group.nodes) > 1)


def _with_fault(seen: Evidence[Seen], fault: str) -> Evidence[Seen]:
    return seen.map(lambda one: Seen(one.fields, (*one.faults, fault), one.noted))


def _presence(group: HarborGroup, node: GroupNode) -> Evidence[Seen]:
    if node.host is None:
        return asked.reached(group.api, node.name)
    return group.installation(node).map(lambda one: Seen({}, noted={"host": node.host, "folder": one.folder}))


@check(
    "harbor.group-same-version",
    severity="high",
    refs=_REFS,
    fix="# upgrade the nodes that are behind to the release of the others, patch included",
    each=_GROUP,
)
def check_group_same_version(group: HarborGroup) -> None:
    """All nodes run the same release of Harbor, patch included.

    They share one database, whose schema the newest of them has changed already. During a rolling upgrade: a waiver.
    """
    _together(group.by_files_or_api(files.release_of, partial(asked.version_of, group.api)))


@check("harbor.group-same-address", severity="high", refs=_REFS, fix=_MIRROR, each=_GROUP)
def check_group_same_address(group: HarborGroup) -> None:
    """All nodes tell clients the same address: the group's.

    Each may have a hostname of its own where external_url is the group's. Tokens of a node with another send clients
    elsewhere. Case, a default port and a slash at the end are no difference.
    """
    seen = group.by_files(files.address_of)
    own = known(Seen({"address": comparable(group.api.url)}), "the profile")
    _together({**seen, "profile": own})


@check("harbor.group-shared-database", severity="critical", refs=_REFS, fix=_MIRROR, each=_GROUP)
def check_group_shared_database(group: HarborGroup) -> None:
    """All nodes have one database, which none of them holds alone.

    `localhost` is the same text on every node and another database on each. Names are compared as they are written.
    """
    _together(group.by_files(lambda one: files.database_of(one, _digests(group, one))))


@check("harbor.group-shared-redis", severity="critical", refs=_REFS, fix=_MIRROR, each=_GROUP)
def check_group_shared_redis(group: HarborGroup) -> None:
    """All nodes have one Redis, with the same indexes: sessions, queues and locks lie in it.

    Sentinels may be named in any order.
    """
    _together(group.by_files(lambda one: files.redis_of(one, _digests(group, one))))


@check("harbor.group-shared-storage", severity="critical", refs=_REFS, fix=_MIRROR, each=_GROUP)
def check_group_shared_storage(group: HarborGroup) -> None:
    """All nodes keep their images in one place: the same bucket, or a folder that is mounted from the same server.

    An image that was pushed to one node is not found on another that has a storage of its own. A server that is named
    here and given by its address there is not known to be another.
    """
    seen = group.by_files(lambda one: files.storage_of(one, _digests(group, one)))
    servers = {one.value.fields["server"] for one in seen.values() if one.is_known and "server" in one.value.fields}
    if len(servers) > 1 and files.may_be_one(servers):
        not_decided(
            f"whether {' and '.join(sorted(servers))} are one server is not known: name it alike on every node",
            "; ".join(f"{node}: {one.source}" for node, one in seen.items()),
        )
    _together(seen)


@check(
    "harbor.group-same-secretkey",
    severity="critical",
    refs=_REFS,
    fix=_COPY.format(what="secret/keys/secretkey of the data volume"),
    each=_GROUP,
)
def check_group_same_secretkey(group: HarborGroup) -> None:
    """All nodes decrypt the secrets in the database with the same key.

    With another, replication, registry endpoints and LDAP fail on that node alone. The keys were compared by digests
    under a key that was given for the run (HMAC-SHA256, made on each host); none of them left its host.
    """
    _need_common_key(group)
    _together(group.by_files(lambda one: files.secret_of(one, "secretkey")))


@check(
    "harbor.group-same-token-key",
    severity="critical",
    refs=_REFS,
    fix=_COPY.format(what="secret/core/private_key.pem and secret/registry/root.crt of the data volume"),
    each=_GROUP,
)
def check_group_same_token_key(group: HarborGroup) -> None:
    """A token that one node issues is taken by every other: one signing key, and one root.crt that belongs to it.

    With another key on one of n nodes, (n-1)/n of all pulls through a balancer fail. By the key that signed an
    anonymous token of each node (its `kid`), and by what lies on their disks.
    """
    seen: dict[str, Evidence[Seen]] = {}
    common = _keys_agree(group)
    for node in group.nodes:
        of_files = group.installation(node).then(partial(files.token_key_of, with_digests=common))
        of_api = asked.token_key(group.api, node.name)
        if node.address is None:
            seen[node.name] = of_files
        elif node.host is None:
            seen[node.name] = of_api
        else:
            seen[node.name] = _both(of_files, of_api)
    _together(seen, _SAME, lambda found: len({asked.key_in_use(one) for one in found.values()}) < _LEAST)


def _both(one: Evidence[Seen], other: Evidence[Seen]) -> Evidence[Seen]:
    """What two readings of one node say together."""
    return one.then(
        lambda first: other.map(lambda second: Seen({**first.fields, **second.fields}, first.faults + second.faults))
    )


@check(
    "harbor.group-clocks-agree",
    severity="high",
    refs=_REFS,
    fix="# on the node: let chrony or systemd-timesyncd keep its time, then: chronyc makestep",
    each=instances("node", nodes_of, none=_NONE),
    params=("harbor_max_skew_seconds",),
)
def check_group_clocks_agree(node: tuple[HarborGroup, GroupNode], params: Any) -> None:
    """The clocks of the nodes agree, so that a token of one is valid on another.

    A token is not valid before its issuer's time. The nodes' clocks are held against each other, not against that of
    who asks; half the way of question and answer is allowed for.
    """
    group, own = node
    seen = group.by_api(partial(asked.clock_of, group.api))
    if not seen[own.name].is_known:
        not_decided(str(seen[own.name].unknown), seen[own.name].source)
    readings = {name: one.value for name, one in seen.items() if one.is_known}
    missing = [name for name in seen if name not in readings]
    source = "; ".join(dict.fromkeys(one.source for one in seen.values()))
    apart = asked.apart(readings, own.name) if len(readings) > 1 else 0.0
    if missing and apart <= params.harbor_max_skew_seconds:
        not_decided(f"the clock of {', '.join(missing)} is not known: {seen[missing[0]].unknown}", source)
    shown = {name: f"{reading.ahead:+.1f} s" for name, reading in readings.items()}
    expect(apart, source, shown=lambda value: {"apart": round(value, 1), "against who asked": shown}).at_most(
        float(params.harbor_max_skew_seconds)
    )


@check(
    "harbor.group-same-csrf",
    severity="low",
    refs=_REFS,
    fix="# give CSRF_KEY of common/config/core/env the same value on every node (each prepare makes a new one);\n"
    "# or let the balancer keep a browser with one node, and say so: harbor_sticky_sessions: true",
    each=_GROUP,
    params=("harbor_sticky_sessions",),
)
def check_group_same_csrf(group: HarborGroup, params: Any) -> None:
    """The web page's forms work on whichever node they are sent to.

    Each `prepare` makes a new CSRF key; where they differ, a form of one node is refused by another with 403, unless
    the balancer keeps a browser with one node. Compared by keyed digests.
    """
    if params.harbor_sticky_sessions:
        expect(True, "the profile: harbor_sticky_sessions").equals(True)
        return
    _need_common_key(group)
    _together(group.by_files(lambda one: files.secret_of(one, "CSRF_KEY")))


@check(
    "harbor.group-job-logs",
    severity="medium",
    refs=_REFS,
    fix="# in harbor.yml of every node, jobservice: job_loggers: [DB]; then, in its folder:\n" + _PREPARE,
    each=_GROUP,
)
def check_group_job_logs(group: HarborGroup) -> None:
    """The log of a job can be read on every node: it lies in the database, or on storage that they share.

    The template's STD_OUTPUT and FILE keep it on the node where the job ran.
    """
    _together(group.by_files(files.job_logs_of), "in the database, or on storage that all nodes share")


@check("harbor.group-same-cache", severity="high", refs=_REFS, fix=_MIRROR, each=_GROUP)
def check_group_same_cache(group: HarborGroup) -> None:
    """Caching is on for all nodes or for none: with it on some alone, others serve what is no longer there."""
    _together(group.by_files(files.cache_of))


@check(
    "harbor.group-same-certificate",
    severity="high",
    refs=_REFS,
    fix="# issue the certificates of the nodes with the group's name in subjectAltName; then, in each folder:\n"
    + _PREPARE,
    each=_GROUP,
)
def check_group_same_certificate(group: HarborGroup) -> None:
    """The certificate of every node that serves TLS is good for the name that clients use.

    The nodes may have different ones. Where TLS ends at the balancer there is none to judge.
    """
    read = partial(files.certificate_of, host=group.host)
    seen = group.by_files_or_api(read, partial(asked.covered, group.api))
    if all(one.is_known and (one.value.noted or {}).get("https") for one in seen.values()):
        not_applicable("no node serves TLS: it ends before them")
    _together(seen, f"each is good for {group.host}")


@check(
    "harbor.group-connection-budget",
    severity="high",
    refs=_REFS,
    fix="# in harbor.yml of every node, lower external_database: harbor: max_open_conns, or raise max_connections of\n"
    "# the database; then, in each folder:\n" + _PREPARE,
    each=_GROUP,
    params=("harbor_database_max_connections",),
)
def check_group_connection_budget(group: HarborGroup, params: Any) -> None:
    """All nodes together open no more connections than the database allows.

    Each has a pool of max_open_conns, and its exporter another of the same size; 0 is no limit.
    """
    most = params.harbor_database_max_connections
    if most is None:
        not_applicable("the profile does not say how many connections the database allows")
    outside = group.by_files(lambda one: known(files.is_external(one), one.config))
    if outside and all(one.is_known and not one.value for one in outside.values()):
        not_applicable("each node has Harbor's own database, which allows 1024")
    seen = group.by_files(files.connections_of)
    found = {node: one.value for node, one in seen.items() if one.is_known}
    shown: dict[str, Any] = {node: {"max_open_conns": limit, "pools": pools} for node, (limit, pools) in found.items()}
    total = sum(limit * pools for limit, pools in found.values())
    endless = [node for node, (limit, _) in found.items() if limit == 0]
    source = "; ".join(one.source for one in seen.values())
    missing = [f"{node}: {one.unknown}" for node, one in seen.items() if not one.is_known]
    if missing and total <= most and not endless:
        not_decided(f"not every node was seen: {'; '.join(missing)}", source)
    expect(total, source, shown=lambda value: {"together": "no limit" if endless else value, **shown}).satisfies(
        lambda value: value <= most and not endless, {"at most": most}
    )


@check(
    "harbor.group-jobservices",
    severity="high",
    refs=_REFS,
    fix="# on the node that is missing, in its folder: docker compose logs --tail 100 jobservice\n"
    "# its Redis must be the others' (external_redis), with the same index",
    each=_GROUP,
    params=("harbor_max_heartbeat_seconds",),
)
def check_group_jobservices(group: HarborGroup, params: Any) -> None:
    """The job service of every node takes part: as many have just given a sign of life as there are nodes.

    One that has another Redis, or is down, is missing in the list. Came with Harbor 2.7.
    """
    asked_ones = [node.name for node in group.nodes if node.address is not None] or [""]

    limit = params.harbor_max_heartbeat_seconds

    def alive(node: str) -> Evidence[Seen]:
        listed = pools(group.api, node)
        return listed.map(
            lambda found: Seen({}, noted={"alive": sum(one.age.total_seconds() <= limit for one in found)})
        )

    seen = {node or group.api.name: alive(node) for node in asked_ones}
    _together(
        seen,
        f"{len(group.nodes)} or more job services that are alive",
        lambda found: all((one.noted or {})["alive"] >= len(group.nodes) for one in found.values()),
    )


@check(
    "harbor.group-same-answers",
    severity="high",
    refs=_REFS,
    fix="# compare external_database and external_redis of the nodes' harbor.yml: these are not one database",
    each=_GROUP,
)
def check_group_same_answers(group: HarborGroup) -> None:
    """The API of every node says the same of the whole: its release, address, logins, storage, and what it holds.

    That it is read-only and how many projects there are stands in the database: where these differ there are two. The
    counts were asked for once more where they differed at first.
    """
    _together(group.by_api(partial(asked.answers_of, group.api)))


@check(
    "harbor.group-replicates-both-ways",
    severity="medium",
    refs=("harbor:replication",),
    fix="# in the Harbor that lacks it: Administration > Replications > New Replication Rule, to the other, scheduled",
    each=instances("group", replicating, none="the profile declares no Harbors that replicate to each other"),
    params=("harbor_replication",),
)
def check_group_replicates_both_ways(group: HarborGroup, params: Any) -> None:
    """Two Harbors that stand in for each other have each what the other has.

    An enabled rule in each direction (pushed by the one or pulled by the other) whose last run succeeded; or in one
    direction where the profile says so. An event-based rule for which nothing has happened yet runs. Where both also
    replicate deletions, what is deleted here is deleted there, too.
    """
    if group.api.peer is None:
        not_applicable("the profile names no peer of it")
    peer = group.peers.get(group.api.peer)
    if peer is None:
        not_decided(f"{group.api.peer} is not in this run", f"harbor:{group.api.peer}")
    found = asked.directions(group.api, peer)
    demanded = 1 if params.harbor_replication == "one-way" else len(found)
    running = {way: one for way, one in found.items() if one.is_known and "runs" in one.value.values()}
    missing = {way: one for way, one in found.items() if not one.is_known}
    shown = {
        way: (one.value or "no rule") if one.is_known else f"not known: {one.unknown}" for way, one in found.items()
    }
    if asked.delete_each_others(group.api, peer).get(default=False):
        shown["deletions"] = "what is deleted in one is deleted in the other"
    source = "; ".join(dict.fromkeys(one.source for one in found.values()))
    if missing and len(running) + len(missing) >= demanded > len(running):
        not_decided("; ".join(f"{way}: {one.unknown}" for way, one in missing.items()), source)
    expect(len(running), source, shown=lambda _: shown).at_least(demanded)
