"""What harbor.yml sets: its address and ports, passwords, stores, proxy, logs and scanner; and who may read it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from dockworthy.check import check, expect, fix_with, instances, not_applicable, not_decided
from dockworthy.facts.facts import Facts
from dockworthy.facts.harbor.installed.config import HarborInstallation, installations
from dockworthy.facts.harbor.settings.blocks import (
    SSL_MODES,
    block,
    database_password,
    elsewhere,
    is_loopback,
    needs_release,
    password,
    private_faults,
    url_faults,
)
from dockworthy.facts.harbor.settings.inside import proxied_inside, proxy_of
from dockworthy.facts.harbor.settings.listening import families, family_faults, has_ipv6, port_holders
from dockworthy.facts.harbor.settings.logs import logs, room_for_logs
from dockworthy.facts.harbor.settings.scanner import scanner_data, skips_updates
from dockworthy.facts.harbor.settings.stores import (
    redis_block_faults,
    redis_host_faults,
    redis_indexes,
    redis_remark,
    same_indexes,
    storage_in_force,
)
from dockworthy.trust.advice.wording import shell
from dockworthy.trust.reference import split_host_port

_NONE = "no Harbor is installed on this host"
_TEMPLATE = "harbor:harbor.yml"
_PREPARE = "harbor:prepare"
_AGAIN = "cd {param} && ./prepare && docker compose down && docker compose up -d"
_YAML_1_8 = (1, 8)
_DATABASE_VERSION = 2


@check(
    "harbor.config-private",
    severity="high",
    refs=(_TEMPLATE,),
    fix="chmod 0600 {param}/harbor.yml",
    each=instances("harbor", installations, none=_NONE),
)
def check_config_private(harbor: HarborInstallation) -> None:
    """harbor.yml cannot be read by everybody.

    It has the passwords of the administrator, the database, Redis and the storage in clear. The path counts: a file
    that others may read, in a folder that they cannot enter, is not read by them. So does the copy that a `prepare`
    which failed leaves in `input`.
    """
    needs_release(harbor, *_YAML_1_8)
    faults = private_faults(harbor)
    if faults:
        fix_with("\n".join(f"chmod 0600 {shell(path)}" for path in faults))
    expect(faults, f"{harbor.config}: mode, and those of the folders above it").equals({})


@check(
    "harbor.external-url-consistent",
    severity="high",
    refs=(_TEMPLATE, "harbor:external-url"),
    fix="# in {param}/harbor.yml: external_url: https://NAME (no path, no slash at the end); then:\n" + _AGAIN,
    each=instances("harbor", installations, none=_NONE),
)
def check_external_url(harbor: HarborInstallation) -> None:
    """external_url is an address that clients can use, by https.

    It is rendered as it stands: a slash at its end makes the registry's name end in one and sends logins to
    `//c/oidc/callback`. `prepare` looks at none of it.
    """
    needs_release(harbor, *_YAML_1_8)
    found = harbor.setting("external_url")
    if not found.value:
        not_applicable(f"{harbor.config} has no external_url: hostname and port are the address")
    if not isinstance(found.value, str):
        not_decided("it is no text", found.source)
    faults = [*url_faults(found.value), *elsewhere(harbor)]
    expect(found, shown=lambda url: f"{url}: {'; '.join(faults)}" if faults else url).satisfies(
        lambda _url: not faults, "https://NAME[:PORT]"
    )


@check(
    "harbor.ports-free",
    severity="high",
    refs=(_TEMPLATE, "harbor:docker-compose"),
    fix="# ss -ltnp shows who listens: move that service away, or Harbor's port in {param}/harbor.yml; then:\n"
    + _AGAIN,
    each=instances("harbor", installations, none=_NONE),
)
def check_ports_free(harbor: HarborInstallation) -> None:
    """The ports that Harbor is to listen on are free, or its own.

    Those of http (80 also where the block is missing), https and metric, and 1514 on the loopback for its log. A
    listener at any one address keeps the engine from taking the port on all of them.
    """
    needs_release(harbor, *_YAML_1_8)
    expect(port_holders(harbor), "the host's listening sockets; the containers' published ports").satisfies(
        lambda found: set(found.values()) <= {"free", "Harbor"}, {"each": "free, or Harbor's own"}
    )


# --- passwords -------------------------------------------------------------------------------------------------


@check(
    "harbor.admin-password-set",
    severity="high",
    refs=(_TEMPLATE,),
    fix="# change the password of admin in Harbor's portal, then in {param}/harbor.yml: harbor_admin_password",
    each=instances("harbor", installations, none=_NONE),
)
def check_admin_password(harbor: HarborInstallation) -> None:
    """The administrator's first password is not the one that Harbor is shipped with.

    It counts at the first start alone, so that the file does not show which is valid now: but whoever left it there
    seldom changed it. It was compared on the host and stayed there.
    """
    needs_release(harbor, *_YAML_1_8)
    expect(password(harbor, "harbor_admin_password")).equals("set")


@check(
    "harbor.database-password-set",
    severity="high",
    refs=(_TEMPLATE,),
    fix="# before the first start, in {param}/harbor.yml: database: {password: …}; later in the database, too:\n"
    "# ALTER ROLE postgres PASSWORD '…'",
    each=instances("harbor", installations, none=_NONE),
)
def check_database_password(harbor: HarborInstallation) -> None:
    """The password of Harbor's database is not the one that it is shipped with.

    Of an external database where there is one: then `database` counts for nothing. It was compared on the host and
    stayed there.
    """
    needs_release(harbor, *_YAML_1_8)
    expect(database_password(harbor)).equals("set")


# --- stores ----------------------------------------------------------------------------------------------------


@check(
    "harbor.storage-driver-effective",
    severity="critical",
    refs=(_PREPARE,),
    fix="# in {param}/harbor.yml: storage_service with one driver (filesystem, s3, …) and its keys; then:\n" + _AGAIN,
    each=instances("harbor", installations, none=_NONE),
)
def check_storage_driver(harbor: HarborInstallation) -> None:
    """The storage driver that harbor.yml names is the one that is in force.

    `prepare` takes the first of filesystem, azure, gcs, s3, swift and oss that has anything in it, whatever else is
    written: with a name that it does not know, or an empty block, images go to the local disk without a word.
    """
    needs_release(harbor, *_YAML_1_8)
    choice = storage_in_force(harbor)
    expect(choice, f"{harbor.config}: storage_service", shown=lambda one: one.faults or one.shown).satisfies(
        lambda one: not one.faults, "one driver, which is in force"
    )


@check(
    "harbor.redis-block-effective",
    severity="high",
    refs=(_PREPARE,),
    fix="# in {param}/harbor.yml: take `redis:` away where external_redis is meant; then:\n" + _AGAIN,
    each=instances("harbor", installations, none=_NONE),
)
def check_redis_block(harbor: HarborInstallation) -> None:
    """The settings of Redis that are written are those in force.

    With `redis` beside `external_redis` the latter counts for nothing, its host included, and yet no Redis of Harbor's
    own is started.
    """
    needs_release(harbor, 2, 3)
    expect(redis_block_faults(harbor), f"{harbor.config}: redis, external_redis").equals([])


@check(
    "harbor.redis-indexes-distinct",
    severity="high",
    refs=(_PREPARE,),
    fix="# in {param}/harbor.yml: an index of its own for each of registry_db_index, jobservice_db_index, "
    "trivy_db_index (0 is core's); then, where no job is wanted that waits in the old one:\n" + _AGAIN,
    each=instances("harbor", installations, none=_NONE),
)
def check_redis_indexes(harbor: HarborInstallation) -> None:
    """Each component of Harbor has a Redis database of its own.

    Two in one overwrite each other's keys. An index of 0 counts as none: `prepare` puts the default in its place.
    """
    needs_release(harbor, *_YAML_1_8)
    expect(redis_indexes(harbor), f"{harbor.config}: the db_index of each").satisfies(
        lambda found: not same_indexes(found), "all different"
    )


@check(
    "harbor.redis-sentinel-set",
    severity="critical",
    refs=(_PREPARE, "harbor:16837"),
    fix="# in {param}/harbor.yml: external_redis: {host: 'ONE:26379,TWO:26379', sentinel_master_set: NAME}; then:\n"
    + _AGAIN,
    each=instances("harbor", installations, none=_NONE),
)
def check_redis_sentinel(harbor: HarborInstallation) -> None:
    """An external Redis is one host with its port, or sentinels with the name of their master.

    Several hosts without `sentinel_master_set` are taken for one. A Redis cluster is not supported.
    """
    needs_release(harbor, 2, 0)
    faults = redis_host_faults(harbor)
    source = f"{harbor.config}: external_redis.host, sentinel_master_set"
    expect(faults, source, shown=lambda found: found or redis_remark(harbor)).satisfies(
        lambda found: not found, "HOST:PORT, or several with sentinel_master_set"
    )


@check(
    "harbor.database-tls",
    severity="medium",
    refs=(_TEMPLATE,),
    fix="# in {param}/harbor.yml: external_database: {harbor: {ssl_mode: verify-full}}; then:\n" + _AGAIN,
    each=instances("harbor", installations, none=_NONE),
    params=("harbor_min_database_ssl",),
)
def check_database_tls(harbor: HarborInstallation, params: Any) -> None:
    """The connection to an external database is encrypted.

    `disable`, which the template suggests, sends the password and all data in clear; `prefer` does so where the server
    offers nothing else. A database on the loopback or at a socket needs none. The least is the profile's
    `harbor_min_database_ssl`.
    """
    needs_release(harbor, *_YAML_1_8)
    if not block(harbor, "external_database"):
        not_applicable(f"{harbor.config} names no external_database")
    settings = block(harbor, "external_database", "harbor")
    wanted = SSL_MODES[SSL_MODES.index(params.harbor_min_database_ssl) :]
    mode = harbor.setting("external_database", "harbor", "ssl_mode")
    if settings.get("ssl_mode") not in wanted:
        host = harbor.text("external_database", "harbor", "host")
        if host.value.startswith("/") or is_loopback(host.value.strip("[]")):
            expect(host).satisfies(lambda _host: True, "the loopback or a socket, or one of " + ", ".join(wanted))
            return
    expect(mode.map(lambda value: "absent" if value is None else str(value))).is_in(wanted)


# --- the host around it ----------------------------------------------------------------------------------------


@check(
    "harbor.proxy-exempts-inside",
    severity="high",
    refs=(_PREPARE, "golang:httpproxy"),
    fix="# in {param}/harbor.yml: proxy: {no_proxy: …} with each of these; then:\n" + _AGAIN,
    each=instances("harbor", installations, none=_NONE),
    params=("harbors",),
)
def check_proxy_exempts(harbor: HarborInstallation, params: Any) -> None:
    """What Harbor itself calls is exempt from its proxy.

    Its own name, its database, Redis and storage: through a proxy they fail, or every layer goes out and in again.
    Entries are compared by Go's rules: `corp` and `.corp` cover names below, a network covers addresses alone.
    """
    needs_release(harbor, *_YAML_1_8)
    proxy = proxy_of(harbor)
    nodes = [
        node.address
        for one in params.harbors.values()
        if split_host_port(one.url.partition("://")[2].rstrip("/"))[0] in harbor.names.value
        for node in one.nodes.values()
        if node.address
    ]
    found = proxied_inside(harbor, proxy, nodes)
    if found:
        hosts = ",".join(dict.fromkeys(host for hosts in found.values() for host in hosts.split(", ")))
        fix_with(
            f"# in {harbor.config}: add {hosts} to proxy.no_proxy; then:\n{_AGAIN.format(param=shell(harbor.folder))}"
        )
    expect(found, f"{harbor.config}: proxy.no_proxy").equals({})


@check(
    "harbor.ip-family-fits",
    severity="high",
    refs=(_PREPARE, "harbor:19932"),
    fix="# in {param}/harbor.yml: ip_family: {ipv4: {enabled: true}, ipv6: {enabled: false}}; then:\n" + _AGAIN,
    each=instances("harbor", installations, none=_NONE),
)
def check_ip_family(harbor: HarborInstallation) -> None:
    """Harbor's proxy listens on families of addresses that the kernel has.

    `listen [::]` keeps it from starting where the kernel has no IPv6; with neither family it serves no TLS. Up to 2.10
    `ip_family` is not read. Only TLS has a listener for IPv6: the redirection at port 80 is for IPv4 alone.
    """
    needs_release(harbor, *_YAML_1_8)
    found, faults = families(harbor), family_faults(harbor)
    expect(faults, f"{harbor.config}: ip_family").equals([])
    if "IPv6" in found.value:
        expect(has_ipv6(harbor), shown=lambda is_on: "on" if is_on else "off, or not in the kernel").equals(True)
    else:
        expect(found, shown=list).equals(("IPv4",))


@check(
    "harbor.logs-fit-disk",
    severity="medium",
    refs=(_TEMPLATE, "logrotate(8)"),
    fix="# in {param}/harbor.yml: log: {local: {rotate_count: 10, rotate_size: 100M}}; then:\n" + _AGAIN,
    each=instances("harbor", installations, none=_NONE),
    params=("harbor_log_share",),
)
def check_logs_fit(harbor: HarborInstallation, params: Any) -> None:
    """All logs that Harbor keeps fit on their disk.

    Every service writes one, and 50 files of 200M of each are kept by default: 90 GB. A count of 0 means the default,
    too. What they take up already counts as room; how much of the room, is the profile's `harbor_log_share`.
    """
    needs_release(harbor, *_YAML_1_8)
    kept, room = logs(harbor), room_for_logs(harbor)
    limit = int(params.harbor_log_share * (room.value.free + room.value.used))
    source = f"{harbor.config}: log.local; {room.source}"
    words = f"{kept.count} files of {kept.size} bytes, of {kept.services} services: {kept.most} bytes"
    expect(kept.most, source, shown=lambda _most: words).satisfies(
        lambda most: most < limit, f"less than the {limit} bytes that {kept.folder} has for them"
    )


@check(
    "harbor.trivy-updates",
    severity="high",
    refs=(_TEMPLATE, "trivy:db"),
    fix="# in {param}/harbor.yml: trivy: {skip_update: false}, or put a new trivy-db where the scanner has it; then:\n"
    + _AGAIN,
    each=instances("harbor", installations, none=_NONE),
    params=("harbor_max_trivy_days",),
)
def check_trivy_updates(harbor: HarborInstallation, facts: Facts, params: Any) -> None:
    """The scanner's database is brought up to date.

    With `skip_update` somebody has to put a new one there: with an old one every image looks better than it is, and
    without one every scan fails. `offline_scan` stops no download. How late the next one may be, is the profile's
    `harbor_max_trivy_days`.
    """
    needs_release(harbor, 2, 0)
    skips = skips_updates(harbor)
    if not skips.value:
        expect(skips).equals(False)
        return
    data = scanner_data(harbor)
    days = params.harbor_max_trivy_days
    oldest = facts.now - timedelta(days=days)
    expect(
        data,
        shown=lambda one: (
            "no database" if one is None else {"version": one.version, "next_update": f"{one.next_update:%F}"}
        ),
    ).satisfies(
        lambda one: one is not None and one.version == _DATABASE_VERSION and one.next_update >= oldest,
        {"version": _DATABASE_VERSION, "next_update": {"at least": f"{oldest:%F}"}},
    )
