"""What harbor.yml sets, check by check: what passes, what fails, and each trap beside its twin."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from dockworthy.profile.demands.harbor import Harbor
from tests.harborhost import FOLDER, YML, harbor_host
from tests.hosts import checks_in, outcome, outcomes, row, table
from tests.registryhost import registry_host
from tests.rows import each_of
from tests.trust.host import NOW

if TYPE_CHECKING:
    from dockworthy.check import Judgement

CHECKS = checks_in("harbor", "settings.py")
DEFAULTS = f"cmd:harbor-defaults{FOLDER}"
SERVICES = ("log", "registry", "registryctl", "core", "portal", "jobservice", "proxy", "postgresql", "redis")
MIB = 1 << 20


def compose(*services: str, release: str = "v2.12.2") -> dict[str, str]:
    """A docker-compose.yml with these services."""
    lines = "".join(f"  {name}:\n    image: goharbor/{name}:{release}\n" for name in services)
    return {f"file:{FOLDER}/docker-compose.yml": f"services:\n{lines}"}


def files(*rows: str) -> dict[str, str]:
    """The table of harbor.yml and the folders above it."""
    return {f"stat:harbor{FOLDER}": "", f"stat:harbor-above{FOLDER}": table(*rows)}


PREPARED = compose(*SERVICES)
SWITCH = "file:/proc/sys/net/ipv6/conf/all/disable_ipv6"
PREPARED_ENV = f"file:{FOLDER}/common/config/core/env"
REGISTRY = f"file:{FOLDER}/common/config/registry/config.yml"
UNPREPARED: dict[str, Any] = {PREPARED_ENV: 2}
NGINX = f"file:{FOLDER}/common/config/nginx/nginx.conf"
OPEN = (row("/", "dir", "0755"), row("/opt", "dir", "0755"), row(FOLDER, "dir", "0755"))
PROPER = {
    **PREPARED,
    **files(*OPEN, row(f"{FOLDER}/harbor.yml", mode="0600")),
    DEFAULTS: "harbor_admin_password set >=12\ndatabase.password set 8-11\n",
    "cmd:listeners": "tcp 0.0.0.0 22 1 -\n",
    "docker:containers": "",
    SWITCH: "0\n",
    PREPARED_ENV: "",
    NGINX: "server {\nlisten 8443 ssl;\nlisten 8080;\n",
    f"cmd:harbor-logs{FOLDER}": "Filesystem 1024-blocks Used Available Capacity Mounted on\n"
    "/dev/sda1 200000000 1 199000000 1% /var\nused 0\n",
}
PASSWORDS = "harbor_admin_password: REDACTED\ndatabase:\n  password: REDACTED\n"


def judged(check: str, yml: str = "", *parts: dict[str, Any], base: str = YML, **params: Any) -> Judgement:
    """What a check says of the proper installation with these lines more in its harbor.yml."""
    evidence: dict[str, Any] = dict(PROPER)
    for part in parts:
        evidence.update(part)
    facts = harbor_host({}, evidence, yml=base + yml)
    return outcomes(CHECKS[f"harbor.{check}"], facts, **params)[FOLDER]


def said(check: str, cases: dict[str, str], *parts: dict[str, Any], **params: Any) -> None:
    """Hold a check to the outcome of each case, by the lines that harbor.yml has more."""
    found = {yml: judged(check, yml, *parts, **params).outcome for yml in cases}
    assert found == cases


# --- all of them -----------------------------------------------------------------------------------------------


def test_a_proper_installation_fails_nowhere() -> None:
    found = {name: judged(name.partition(".")[2], PASSWORDS).outcome for name in CHECKS}
    absent = ("external-url-consistent", "storage-driver-effective", "redis-block-effective", "redis-sentinel-set")
    skipped = {f"harbor.{name}" for name in (*absent, "database-tls", "proxy-exempts-inside", "trivy-updates")}
    assert found == {name: "skip" if name in skipped else "pass" for name in CHECKS}


@each_of("check", CHECKS)
def test_without_a_harbor_or_with_one_of_1_7_nothing_applies(check: str) -> None:
    assert outcome(CHECKS[check], registry_host()).outcome == "skip"
    old = harbor_host({}, {f"file:{FOLDER}/harbor.cfg": "hostname = h\n"}, yml=2)
    assert outcomes(CHECKS[check], old)[FOLDER].outcome == "skip"


@each_of("check", sorted(set(CHECKS) - {"harbor.config-private"}))
def test_a_harbor_yml_that_cannot_be_read_passes_nothing(check: str) -> None:
    evidence = {**PROPER, **compose(*SERVICES, "trivy-adapter"), DEFAULTS: ""}
    for yml in (13, 27, 62, 63, "a: [", "- list\n"):
        found = outcomes(CHECKS[check], harbor_host({}, evidence, yml=yml))[FOLDER]
        assert (yml, found.outcome) == (yml, "error")
    for yml in (
        "hostname: [1]\nhttps: 7\n_version: x\nlog: 3\nproxy: x\n",
        "redis: 1\nexternal_redis: [a]\ntrivy: 2\n",
    ):
        assert "broke" not in (outcomes(CHECKS[check], harbor_host({}, evidence, yml=yml))[FOLDER].reason or "")


FAILING: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "config-private": ("", [files(*OPEN, row(f"{FOLDER}/harbor.yml", mode="0644"))]),
    "external-url-consistent": ("external_url: http://hub.test\n", []),
    "ports-free": ("", [{"cmd:listeners": "tcp 0.0.0.0 443 1 -\n"}]),
    "admin-password-set": ("", [{DEFAULTS: "harbor_admin_password default\n"}]),
    "database-password-set": ("database: {password: REDACTED}\n", [{DEFAULTS: "database.password default\n"}]),
    "storage-driver-effective": ("storage_service: {s3: {a: b}}\n", [{REGISTRY: "storage: {filesystem: {a: b}}\n"}]),
    "redis-block-effective": ("redis: {a: b}\nexternal_redis: {host: 'a:1'}\n", []),
    "redis-indexes-distinct": ("redis: {trivy_db_index: 1}\n", [compose(*SERVICES, "trivy-adapter")]),
    "redis-sentinel-set": ("external_redis: {host: a}\n", []),
    "database-tls": ("external_database: {harbor: {ssl_mode: disable}}\n", []),
    "proxy-exempts-inside": ("proxy: {https_proxy: 'http://p.test', components: [core]}\n", []),
    "ip-family-fits": (
        "",
        [
            {NGINX: "listen [::]:8443 ssl;\n"},
            {SWITCH: "1\n"},
        ],
    ),
    "logs-fit-disk": ("log: {local: {rotate_size: 900G}}\n", []),
    "trivy-updates": (
        "trivy: {skip_update: true}\n",
        [compose(*SERVICES, "trivy-adapter"), {"file:/data/trivy-adapter/trivy/db/metadata.json": 2}],
    ),
}


@pytest.mark.parametrize("check", FAILING)
def test_what_fails_does_not_pass_where_something_of_it_cannot_be_seen(check: str) -> None:
    yml, parts = FAILING[check]
    own = {**PROPER, f"file:{FOLDER}/harbor.yml": YML + yml}
    for part in parts:
        own.update(part)
    assert judged(check, yml, *parts).outcome == "fail"
    passing = {
        (name, status)
        for name in (*own, "cmd:harbor-found")
        for status in (None, 13)
        for one in outcomes(
            CHECKS[f"harbor.{check}"], harbor_host({}, own, {name: status}, yml=own[f"file:{FOLDER}/harbor.yml"])
        ).values()
        if one.outcome == "pass"
    }
    assert passing == set()


# --- who may read it -------------------------------------------------------------------------------------------


@each_of(
    ("rows", "found"),
    [
        (("0600", "0755", "0755"), "pass"),
        (("0640", "0755", "0755"), "pass"),
        (("0644", "0755", "0755"), "fail"),
        (("0604", "0755", "0755"), "fail"),
        (("0602", "0755", "0755"), "fail"),
        (("0644", "0700", "0755"), "pass"),
        (("0644", "0750", "0755"), "pass"),
        (("0644", "0755", "0700"), "pass"),
        (("0644", "0701", "0711"), "fail"),
    ],
)
def test_harbor_yml_is_private_by_its_mode_or_a_folder_above_it(rows: tuple[str, str, str], found: str) -> None:
    mode, folder, above = rows
    there = files(
        *(row("/", "dir", "0755"), row("/opt", "dir", above), row(FOLDER, "dir", folder)),
        row(f"{FOLDER}/harbor.yml", mode=mode, owner="root:docker"),
    )
    assert judged("config-private", "", there).outcome == found


def test_what_was_left_in_input_is_a_copy_and_a_folder_that_nobody_looked_at_decides_nothing() -> None:
    own, copy = row(f"{FOLDER}/harbor.yml", mode="0600"), row(f"{FOLDER}/input/harbor.yml", mode="0644")
    inside = row(f"{FOLDER}/input", "dir", "0755")
    found = judged("config-private", "", files(*OPEN, own, copy, inside))
    assert (found.outcome, found.observed) == ("fail", {f"{FOLDER}/input/harbor.yml": "0644"})
    assert found.fix == f"chmod 0600 {FOLDER}/input/harbor.yml"
    assert judged("config-private", "", files(*OPEN, own, copy)).outcome == "error"
    closed = row(FOLDER, "dir", "0700")
    assert judged("config-private", "", files(*OPEN[:2], closed, own, copy)).outcome == "pass"


def test_a_link_to_it_is_judged_where_it_leads() -> None:
    linked = row(f"{FOLDER}/harbor.yml", mode="0644", resolved="/root/h/harbor.yml")
    above = (row("/root", "dir", "0700"), row("/root/h", "dir", "0755"))
    assert judged("config-private", "", files(*OPEN, *above, linked)).outcome == "pass"
    above = (row("/root", "dir", "0755"), row("/root/h", "dir", "0755"))
    assert judged("config-private", "", files(*OPEN, *above, linked)).outcome == "fail"


# --- its address -----------------------------------------------------------------------------------------------


def test_external_url_is_https_a_name_and_a_port_and_nothing_more() -> None:
    said(
        "external-url-consistent",
        {
            "external_url: https://hub.test\n": "pass",
            "external_url: https://hub.test:8443\n": "pass",
            "external_url: HTTPS://hub.test\n": "pass",
            "external_url: 'https://[2001:db8::1]:8443'\n": "pass",
            "# external_url: https://hub.test/\n": "skip",
            "external_url:\n": "skip",
            "external_url: http://hub.test\n": "fail",
            "external_url: hub.test\n": "fail",
            "external_url: hub.test:8443\n": "fail",
            "external_url: https:/hub.test\n": "fail",
            "external_url: https://hub.test/\n": "fail",
            "external_url: https://hub.test/harbor\n": "fail",
            "external_url: https://hub.test?x\n": "fail",
            "external_url: https://REDACTED@hub.test\n": "fail",
            "external_url: https://localhost\n": "fail",
            "external_url: https://127.0.0.1:8443\n": "fail",
            "external_url: 'https://[::1]'\n": "fail",
            "external_url: https://reg.mydomain.com:8433\n": "fail",
            "external_url: https://hub.test:99999\n": "fail",
            "external_url: 'https://hub.test '\n": "fail",
            "external_url: 8443\n": "error",
            "external_url: [https://hub.test]\n": "error",
            "external_url: REDACTED\n": "error",
        },
    )


def test_external_url_names_the_port_at_which_that_harbor_answers() -> None:
    head = 'HTTP/1.1 401 Unauthorized\nWww-Authenticate: Bearer realm="x",service="harbor-registry"\n'
    for name, found in (("hub.test:8443", "pass"), ("hub.test", "fail"), ("other.test", "pass")):
        seen = {f"registry:{name}/http": head, f"registry:{name}/tls": 1}
        told = judged("external-url-consistent", "external_url: https://hub.test:8443\n", seen)
        assert (name, told.outcome) == (name, found)


# --- ports -----------------------------------------------------------------------------------------------------


HTTP = "hostname: h\n"
ALL = "0000:0000:0000:0000:0000:0000:0000:0000"
LOOP = "0000:0000:0000:0000:0000:0000:0000:0001"


def listeners(*rows: str) -> dict[str, Any]:
    return {"cmd:listeners": "".join(f"{words} 1 -\n" for words in rows)}


def container(name: str, ports: dict[str, Any], folder: str = FOLDER) -> dict[str, Any]:
    """A running container that compose made from that folder, with these ports in force."""
    return {
        "Id": name.ljust(64, "0"),
        "Name": f"/{name}",
        "State": {"Status": "running", "Running": True, "Pid": 7},
        "NetworkSettings": {"Ports": ports},
        "HostConfig": {},
        "Config": {
            "Image": "goharbor/nginx-photon:v2.12.2",
            "Labels": {
                "com.docker.compose.project": "harbor",
                "com.docker.compose.service": "proxy",
                "com.docker.compose.project.working_dir": folder,
            },
        },
    }


def running(*found: dict[str, Any]) -> dict[str, Any]:
    return {"docker:containers": "".join(json.dumps(one) + "\n" for one in found)}


def bound(*addresses: str, port: str = "443") -> list[dict[str, str]]:
    return [{"HostIp": address, "HostPort": port} for address in addresses]


@each_of(
    ("yml", "rows", "found"),
    [
        (YML, ("tcp 0.0.0.0 443",), "fail"),
        (YML, ("tcp6 [" + ALL + "] 443",), "fail"),
        (YML, ("tcp 10.0.0.5 443",), "fail"),  # at one address alone it still keeps all from being bound
        (YML, ("udp 0.0.0.0 443",), "pass"),
        (YML, ("tcp 0.0.0.0 8443",), "pass"),
        (YML.replace("port: 443", "port: 8443"), ("tcp 0.0.0.0 8443",), "fail"),
        (YML.replace("port: 443", "port: 8443"), ("tcp 0.0.0.0 443",), "pass"),
        (HTTP, ("tcp 0.0.0.0 443",), "pass"),  # without https nobody wants it
        (HTTP, ("tcp 0.0.0.0 80",), "fail"),  # 80 also without a block
        (HTTP + "http: {port: 8080}\n", ("tcp 0.0.0.0 80",), "pass"),
        (HTTP + "http: {port: 8080}\n", ("tcp 0.0.0.0 8080",), "fail"),
        (HTTP, ("tcp 127.0.0.1 1514",), "fail"),
        (HTTP, ("tcp 0.0.0.0 1514",), "fail"),
        (HTTP, ("tcp6 [" + ALL + "] 1514",), "fail"),
        (HTTP, ("tcp6 [" + LOOP + "] 1514",), "pass"),
        (HTTP, ("tcp 10.0.0.5 1514",), "pass"),
        (HTTP, ("tcp 0.0.0.0 9090",), "pass"),
        (HTTP + "metric: {enabled: false, port: 9090}\n", ("tcp 0.0.0.0 9090",), "pass"),
        (HTTP + "metric: {enabled: true, port: 9090}\n", ("tcp 0.0.0.0 9090",), "fail"),
        (HTTP + "metric: {enabled: true, port: 9100}\n", ("tcp 0.0.0.0 9090",), "pass"),
        (HTTP + "http: {port: many}\n", (), "error"),
        (HTTP + "http: {port: 70000}\n", (), "error"),
        (HTTP + "http: {port: '8080'}\n", ("tcp 0.0.0.0 8080",), "fail"),
    ],
)
def test_a_port_is_free_where_no_listener_keeps_it_from_being_bound(
    yml: str, rows: tuple[str, ...], found: str
) -> None:
    assert judged("ports-free", "", listeners(*rows), base=yml).outcome == found


def test_harbors_own_containers_hold_its_ports_and_others_do_not() -> None:
    taken = listeners("tcp 0.0.0.0 443", "tcp6 [" + ALL + "] 443", "tcp 127.0.0.1 1514")
    own = container("nginx", {"8443/tcp": bound("0.0.0.0", "::")})  # noqa: S104 - what the engine says
    log = container("harbor-log", {"10514/tcp": bound("127.0.0.1", port="1514")})
    found = judged("ports-free", "", taken, running(own, log))
    assert found.observed == {"80 (http.port)": "free", "443 (https.port)": "Harbor", "1514 (the log's)": "Harbor"}
    assert found.outcome == "pass"
    other = container("nginx", {"8443/tcp": bound("0.0.0.0")}, folder="/srv/harbor")  # noqa: S104 - as above
    found = judged("ports-free", "", taken, running(other, log))
    assert found.outcome == "fail"
    assert "the container nginx" in str(found.observed)
    # Without userland-proxy nothing listens: the engine's rules lead there.
    assert judged("ports-free", "", listeners(), running(other, log)).outcome == "fail"
    assert judged("ports-free", "", listeners(), running(own, log)).outcome == "pass"
    udp = container("dns", {"443/udp": bound("0.0.0.0")}, folder="/srv/dns")  # noqa: S104 - as above
    assert judged("ports-free", "", listeners(), running(udp)).outcome == "pass"


def test_whose_a_port_is_must_be_known() -> None:
    hidden = {"docker:containers": 13, "docker:info": 13}
    assert judged("ports-free", "", hidden).outcome == "error"
    assert judged("ports-free", "", {"cmd:listeners": 13}).outcome == "error"
    none = {**hidden, "cmd:engines": "700 containerd /usr/bin/containerd 0 1 1 -\n"}
    assert judged("ports-free", "", none).outcome == "pass"
    assert judged("ports-free", "", none, listeners("tcp 0.0.0.0 443")).outcome == "fail"


# --- passwords -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "found"), [("set <8", "pass"), ("set >=12", "pass"), ("default", "fail"), ("empty", "fail"), ("", "error")]
)
def test_the_administrators_password_is_judged_by_what_the_host_says_of_it(told: str, found: str) -> None:
    assert judged("admin-password-set", "", {DEFAULTS: f"harbor_admin_password {told}\n"}).outcome == found
    without = YML.replace("harbor_admin_password: REDACTED\n", "")
    assert judged("admin-password-set", "", {DEFAULTS: ""}, base=without).observed == "absent"
    assert judged("admin-password-set", "", {DEFAULTS: 62}).outcome == "error"


def test_the_password_of_the_database_in_force_is_judged_and_that_alone() -> None:
    own = "database:\n  password: REDACTED\n"
    outside = "external_database:\n  harbor:\n    host: db\n    password: REDACTED\n"
    shipped, set_here = "database.password default\n", "database.password set 8-11\n"
    other, other_set = "external_database.harbor.password default\n", "external_database.harbor.password set 8-11\n"
    for yml, told, found in (
        (own, shipped, "fail"),
        (own, "database.password empty\n", "fail"),
        (own, set_here, "pass"),
        ("", "", "fail"),
        ("database:\n", "", "fail"),
        (own + "external_database:\n", set_here, "pass"),
        (own + "external_database: {}\n", shipped, "fail"),
        (own + outside, shipped + other_set, "pass"),
        (own + outside, set_here + other, "fail"),
        (own + outside.replace("    password: REDACTED\n", ""), set_here, "fail"),
        ("database:\n  password: [REDACTED]\n", "", "error"),
    ):
        assert (yml, told, judged("database-password-set", yml, {DEFAULTS: told}).outcome) == (yml, told, found)


# --- stores ----------------------------------------------------------------------------------------------------


def storage(*drivers: str) -> str:
    return "storage_service:\n" + "".join(f"  {one}\n" for one in drivers)


def test_the_storage_driver_that_is_written_is_in_force() -> None:
    said(
        "storage-driver-effective",
        {
            storage("s3: {bucket: images}"): "pass",
            storage("filesystem: {maxthreads: 100}"): "pass",
            storage("filesystem:"): "pass",
            storage("filesystem: {}", "s3: {bucket: images}"): "pass",
            storage("s3: {bucket: images}", "filesystem:"): "pass",
            storage("s3x: {bucket: images}"): "fail",
            storage("REDACTED: {bucket: images}"): "fail",
            storage("S3: {bucket: images}"): "fail",
            storage("s3:"): "fail",
            storage("s3: {}"): "fail",
            storage("s3: {bucket: a}", "gcs: {bucket: b}"): "fail",
            storage("s3: {bucket: a}", "filesystem: {maxthreads: 1}"): "fail",
            storage("s3: {bucket: a}", "s4: {bucket: b}"): "fail",
            storage("s3: REDACTED"): "error",
            storage("redirect: {disable: true}", "ca_bundle: /x.crt"): "skip",
            "storage_service:\n": "skip",
            "storage_service: REDACTED\n": "error",
            "# storage_service:\n#   s3x: {bucket: images}\n": "skip",
        },
        UNPREPARED,
    )


def test_the_order_in_the_file_does_not_decide_which_driver_wins() -> None:
    for lines in (("s3: {bucket: a}", "gcs: {bucket: b}"), ("gcs: {bucket: b}", "s3: {bucket: a}")):
        assert judged("storage-driver-effective", storage(*lines), UNPREPARED).observed == ["s3 gives way to gcs"]
    found = judged("storage-driver-effective", storage("filesystem: {}", "s3: {bucket: a}"), UNPREPARED)
    assert found.observed == "s3 (filesystem is empty and counts for nothing)"


def test_a_driver_that_was_not_prepared_is_not_in_force() -> None:
    written = storage("s3: {bucket: a}")
    for rendered, found in (("filesystem: {a: b}", "fail"), ("s3: {a: b}", "pass")):
        now = {REGISTRY: f"storage:\n  cache: {{layerinfo: redis}}\n  {rendered}\n"}
        assert judged("storage-driver-effective", written, now).outcome == found
    for part, found in (({REGISTRY: 13}, "error"), ({REGISTRY: None}, "error"), ({PREPARED_ENV: 2}, "pass")):
        assert judged("storage-driver-effective", written, part).outcome == found


INSIDE, OUTSIDE = "redis:\n  harbor_db_index: 6\n", "external_redis:\n  host: cache.test:6379\n"


def test_of_two_blocks_about_redis_one_counts_for_nothing() -> None:
    said(
        "redis-block-effective",
        {
            INSIDE: "pass",
            OUTSIDE: "pass",
            INSIDE + OUTSIDE: "fail",
            "redis:\n" + OUTSIDE: "pass",
            "redis: {}\n" + OUTSIDE: "pass",
            "# redis:\n#   registry_db_index: 1\n" + OUTSIDE: "pass",
            "redis:\n  registry_db_index: 0\n" + OUTSIDE: "fail",
            "": "skip",
            "redis:\nexternal_redis:\n": "skip",
            "redis: REDACTED\n" + OUTSIDE: "error",
        },
    )
    # Up to 2.7.2 prepare reads external_redis alone.
    for release, outcomes_of in {"v2.5.0": ("fail", "pass"), "v2.2.2": ("skip", "skip")}.items():
        old = compose(*SERVICES, release=release)
        found = tuple(judged("redis-block-effective", yml, old).outcome for yml in (INSIDE, OUTSIDE))
        assert (release, found) == (release, outcomes_of)


def test_each_component_has_its_own_index() -> None:
    trivy = compose(*SERVICES, "trivy-adapter")
    cases = {
        "": "pass",
        "redis:\n  registry_db_index: 0\n": "pass",  # 0 is silently 1
        "redis:\n  registry_db_index: 0\n  jobservice_db_index: 1\n": "fail",
        "redis:\n  registry_db_index: '0'\n": "fail",  # as a text it is no 0, and core has that
        "redis:\n  registry_db_index: 2\n": "fail",
        "redis:\n  registry_db_index: '2'\n": "fail",
        "redis:\n  registry_db_index: 7\n  jobservice_db_index: 8\n": "pass",
        "redis:\n  harbor_db_index: 0\n  cache_layer_db_index: 0\n": "pass",
        "redis:\n  harbor_db_index: 6\n  cache_layer_db_index: 6\n": "pass",
        "redis:\n  harbor_db_index: 1\n": "fail",
        "redis:\n  registry_db_index:\n": "pass",
        "external_redis:\n  host: a:1\n  registry_db_index: 2\n": "fail",
        "external_redis:\n  host: a:1\n  registry_db_index: 2\nredis:\n  jobservice_db_index: 3\n": "pass",
        "redis:\n  registry_db_index: REDACTED\n": "error",
    }
    said("redis-indexes-distinct", cases)
    said("redis-indexes-distinct", cases, trivy)


def test_the_scanners_index_counts_where_it_is_installed() -> None:
    yml = "redis:\n  trivy_db_index: 1\n"
    path = f"file:{FOLDER}/docker-compose.yml"
    for part, found in ((PREPARED, "pass"), (compose(*SERVICES, "trivy-adapter"), "fail"), ({path: 2}, "pass")):
        assert judged("redis-indexes-distinct", yml, part).outcome == found
    assert judged("redis-indexes-distinct", yml, {path: 13}).outcome == "error"
    assert judged("redis-indexes-distinct", "", {path: 13}).outcome == "pass"
    charts = "external_redis:\n  host: a:1\n  chartmuseum_db_index: 1\n"
    for release, found in (("v2.7.0", "fail"), ("v2.9.0", "pass")):
        part = compose(*SERVICES, "chartmuseum", release=release)
        assert judged("redis-indexes-distinct", charts, part).outcome == found


def redis(host: str, *more: str) -> str:
    return f"external_redis:\n  host: {host}\n" + "".join(f"  {line}\n" for line in more)


def test_several_hosts_of_redis_are_sentinels_with_a_master() -> None:
    master = "sentinel_master_set: mymaster"
    said(
        "redis-sentinel-set",
        {
            redis("cache.test:6379"): "pass",
            redis("cache.test:6379", master): "pass",
            redis("'[2001:db8::1]:6379'"): "pass",
            redis("'2001:db8::1'"): "fail",
            redis("a:26379,b:26379,c:26379", master): "pass",
            redis("a:26379,b:26379,c:26379"): "fail",
            redis("a:26379,b:26379", "sentinel_master_set:"): "fail",
            redis("a:26379, b:26379", master): "fail",
            redis("a:26379,b", master): "fail",
            redis("a:26379,", master): "fail",
            redis("cache.test"): "fail",
            redis(""): "fail",
            redis("REDACTED"): "error",
            redis("a:26379,REDACTED", master): "error",
            redis("[a]"): "error",
            "": "skip",
            "external_redis:\n": "skip",
        },
    )
    assert (
        judged("redis-sentinel-set", redis("a:1", master)).observed
        == "a:1, asked as one sentinel for the master mymaster"
    )
    assert "no cluster" in str(judged("redis-sentinel-set", redis("a:1,b:1")).observed)
    # Until 2.1 the port is a key of its own.
    old = compose(*SERVICES, release="v2.0.3")
    assert judged("redis-sentinel-set", redis("cache.test", "port: 6379"), old).outcome == "pass"


def database(mode: str, host: str = "db.test") -> str:
    line = f"    ssl_mode: {mode}\n" if mode else ""
    return f"external_database:\n  harbor:\n    host: '{host}'\n    port: 5432\n{line}"


def test_an_external_database_is_asked_by_tls() -> None:
    said(
        "database-tls",
        {
            **{database(mode): "pass" for mode in ("require", "verify-ca", "verify-full")},
            **{database(mode): "fail" for mode in ("disable", "allow", "prefer", "'on'", "Require", "false", "")},
            database("disable", "127.0.0.1"): "pass",
            database("disable", "localhost"): "pass",
            database("disable", "::1"): "pass",
            database("disable", "/var/run/postgresql"): "pass",
            database("disable", "10.0.0.5"): "fail",
            database("REDACTED"): "error",
            "": "skip",
            "external_database:\n": "skip",
            "# external_database:\n#   harbor: {ssl_mode: disable}\n": "skip",
        },
    )
    assert judged("database-tls", database("")).observed == "absent"
    said(
        "database-tls",
        {database("require"): "fail", database("verify-ca"): "fail", database("verify-full"): "pass"},
        harbor_min_database_ssl="verify-full",
    )


# --- its proxy -------------------------------------------------------------------------------------------------


def proxied(exempt: str, *, components: str = "[core, jobservice, trivy]", own: str = "http://proxy.test:3128") -> str:
    return f"proxy:\n  http_proxy: {own}\n  https_proxy: {own}\n  no_proxy: {exempt}\n  components: {components}\n"


NAMED = "hostname: hub.corp.example\nhttps: {port: 443}\n"
CALLED = (
    "external_url: https://hub.corp.example\n"
    "external_database: {harbor: {host: db.corp.example, port: 5432}}\n"
    "external_redis: {host: 'r1.corp.example:26379,r2.corp.example:26379'}\n"
    "storage_service: {s3: {bucket: b, regionendpoint: 'https://s3.corp.example:9000'}}\n"
)


@each_of(
    ("exempt", "found"),
    [
        ("", "fail"),
        (".corp.example", "pass"),
        ("corp.example", "pass"),
        ("example", "pass"),
        ("'*.corp.example'", "pass"),  # httpproxy takes the star away
        ("'*corp.example'", "fail"),
        ("'*'", "pass"),
        ("orp.example", "fail"),
        ("10.0.0.0/8", "fail"),
        ("'hub.corp.example, db.corp.example , r1.corp.example,r2.corp.example, s3.corp.example'", "pass"),
        ("'hub.corp.example,db.corp.example,r1.corp.example,s3.corp.example'", "fail"),
        ("'hub.corp.example:443,db.corp.example:5432,r1.corp.example,r2.corp.example,s3.corp.example:9000'", "pass"),
        ("'hub.corp.example:8443,db.corp.example,r1.corp.example,r2.corp.example,s3.corp.example'", "fail"),
        ("[corp.example]", "error"),
        ("REDACTED", "error"),
    ],
)
def test_what_harbor_calls_is_exempt_by_the_rules_of_go(exempt: str, found: str) -> None:
    assert judged("proxy-exempts-inside", CALLED + proxied(exempt), base=NAMED).outcome == found


def test_what_would_go_through_the_proxy_is_listed() -> None:
    found = judged("proxy-exempts-inside", CALLED + proxied("hub.corp.example"), base=NAMED)
    assert found.observed == {
        "external_database.harbor.host": "db.corp.example",
        "external_redis.host": "r1.corp.example, r2.corp.example",
        "storage_service.s3.regionendpoint": "s3.corp.example",
    }
    assert found.fix is not None
    assert "add db.corp.example,r1.corp.example,r2.corp.example,s3.corp.example to proxy.no_proxy" in found.fix


def test_a_proxy_that_nobody_asks_needs_no_exemption() -> None:
    for yml, found in (
        ("", "skip"),
        (proxied("", own=""), "skip"),
        (proxied("", components="[]"), "skip"),
        (proxied("", components=""), "skip"),
        (proxied("", components="[registry]"), "skip"),
        (proxied("", components="[trivy]"), "fail"),
        (proxied("", components="core"), "error"),
        # Only plain requests go through it, and Harbor's own address is https.
        ("proxy: {http_proxy: 'http://p.test:1', components: [core]}\n", "pass"),
        ("proxy: {https_proxy: 'http://p.test:1', components: [core]}\n", "fail"),
    ):
        assert (yml, judged("proxy-exempts-inside", yml, base=NAMED).outcome) == (yml, found)


def test_an_address_is_exempt_by_its_network_and_a_name_by_what_prepare_adds() -> None:
    for host, exempt, found in (
        ("10.1.2.3", "10.0.0.0/8", "pass"),
        ("10.1.2.3", "10.1.2.3", "pass"),
        ("11.1.2.3", "10.0.0.0/8", "fail"),
        ("hub.local", "", "pass"),
        ("hub.internal", "", "pass"),
        ("hub.test", "", "fail"),
        ("127.0.0.1", "", "pass"),
    ):
        yml = f"hostname: {host}\n{proxied(exempt)}"
        assert (host, judged("proxy-exempts-inside", yml, base="").outcome) == (host, found)


def test_the_names_that_prepare_adds_depend_on_the_release() -> None:
    yml = "hostname: hub.notary-server\n" + proxied("")
    for release, found in (("v2.8.6", "pass"), ("v2.9.0", "fail"), ("v2.12.2", "fail")):
        part = compose(*SERVICES, release=release)
        assert (release, judged("proxy-exempts-inside", yml, part, base="").outcome) == (release, found)


def test_the_nodes_of_its_group_are_called_too() -> None:
    nodes = {"one": {"address": "10.9.0.1:443"}, "two": {"address": "10.9.0.2:443"}, "three": {"host": "h3"}}
    group = {"prod": Harbor.model_validate({"url": "https://hub.corp.example", "nodes": nodes})}
    for exempt, found in (("corp.example", "fail"), ("'corp.example,10.9.0.0/24'", "pass")):
        assert judged("proxy-exempts-inside", proxied(exempt), base=NAMED, harbors=group).outcome == found
    other = {"prod": Harbor.model_validate({"url": "https://other.example:8443", "nodes": nodes})}
    assert judged("proxy-exempts-inside", proxied("corp.example"), base=NAMED, harbors=other).outcome == "pass"


# --- families of addresses -------------------------------------------------------------------------------------


BOTH = "ip_family: {ipv4: {enabled: true}, ipv6: {enabled: true}}\n"


def test_the_proxy_listens_where_the_kernel_has_addresses() -> None:
    cases = {
        "": "pass",
        BOTH: "pass",
        "ip_family: {ipv4: {enabled: true}, ipv6: {enabled: false}}\n": "pass",
        "ip_family: {ipv4: {enabled: false}, ipv6: {enabled: true}}\n": "pass",
        "ip_family: {ipv4: {enabled: false}, ipv6: {enabled: false}}\n": "fail",
        "ip_family: {ipv4: {enabled: true}, ipv6: {}}\n": "pass",
        "ip_family: {ipv6: {enabled: true}}\n": "fail",  # prepare ends with an error
        "ip_family: {ipv4: {enabled: true}}\n": "fail",
        "ip_family: both\n": "fail",
        "ip_family: {}\n": "pass",
        "# ip_family: {ipv6: {enabled: true}}\n": "pass",
        "ip_family: {ipv4: {enabled: true}, ipv6: {enabled: REDACTED}}\n": "error",
    }
    said("ip-family-fits", cases)
    for value, found in ((2, "fail"), ("1\n", "fail"), ("0\n", "pass"), (13, "error"), ("x\n", "error")):
        assert (value, judged("ip-family-fits", BOTH, {SWITCH: value}).outcome) == (value, found)
        assert judged("ip-family-fits", "", {SWITCH: value}).outcome == "pass"


def test_ip_family_counts_from_2_11_on_and_for_tls_alone() -> None:
    off = {SWITCH: 2}
    for release, found in (("v2.10.0", "pass"), ("v2.11.0", "fail")):
        part = compose(*SERVICES, release=release)
        assert (release, judged("ip-family-fits", BOTH, off, part).outcome) == (release, found)
    neither = "ip_family: {ipv4: {enabled: false}, ipv6: {enabled: false}}\n"
    assert judged("ip-family-fits", BOTH, off, base=HTTP).outcome == "pass"
    assert judged("ip-family-fits", neither, base=HTTP).outcome == "pass"


def test_what_was_rendered_counts_beside_what_is_written() -> None:
    six = {NGINX: "server {\nlisten 8443 ssl;\nlisten [::]:8443 ssl;\nlisten 8080;\n"}
    for value, found in (("0\n", "pass"), (2, "fail")):
        assert judged("ip-family-fits", "", six, {SWITCH: value}).outcome == found
    for status, value, found in ((13, 2, "error"), (13, "0\n", "pass"), (2, 2, "error"), (None, 2, "error")):
        told = judged("ip-family-fits", "", {NGINX: status, SWITCH: value})
        assert (status, value, told.outcome) == (status, value, found)
    nothing = {f"file:{FOLDER}/docker-compose.yml": 2, NGINX: None, PREPARED_ENV: 2}
    assert judged("ip-family-fits", "", nothing).outcome == "skip"
    assert judged("ip-family-fits", BOTH, nothing).outcome == "pass"
    assert judged("ip-family-fits", BOTH, nothing, {SWITCH: 2}).outcome == "fail"


# --- logs ------------------------------------------------------------------------------------------------------


def room(free: int, used: int | str = 0) -> dict[str, Any]:
    """What df and the sizes of the logs say, in MiB."""
    kib = used if isinstance(used, str) else used * 1024
    return {
        f"cmd:harbor-logs{FOLDER}": "Filesystem 1024-blocks Used Available Capacity Mounted on\n"
        f"/dev/sda1 {(free + 1) * 1024} 1 {free * 1024} 1% /\nused {kib}\n"
    }


def rotation(count: object, size: object) -> str:
    return f"log:\n  level: info\n  local:\n    rotate_count: {count}\n    rotate_size: {size}\n    location: /l\n"


def test_all_logs_that_are_kept_must_fit() -> None:
    # Eight services write a log: 50 of 200M each are 80,000 MiB, 2 of 10M are 160.
    for yml, part, found in (
        ("", room(80_001), "pass"),
        ("", room(80_000), "fail"),
        (rotation(50, "200M"), room(512), "fail"),
        (rotation(2, "10M"), room(512), "pass"),
        (rotation(2, "10M"), room(160), "fail"),
        (rotation(2, "10M"), room(100, 61), "pass"),  # what they take up already is room for them
        (rotation(2, "10M"), room(100, 60), "fail"),
        (rotation(0, "10M"), room(4001), "pass"),  # 0 is the default of 50
        (rotation(0, "10M"), room(512), "fail"),
        (rotation("", ""), room(80_001), "pass"),
        (rotation(2, ""), room(3201), "pass"),
        (rotation(2, 10 * MIB), room(161), "pass"),  # without a unit it is bytes
        (rotation(2, 10 * MIB), room(159), "fail"),
        (rotation(2, "10240k"), room(161), "pass"),
        (rotation(2, "1G"), room(16_385), "pass"),
        (rotation(2, "1G"), room(16_384), "fail"),
        (rotation("'2'", "10M"), room(161), "pass"),
        (rotation(2, "10MB"), room(512), "error"),
        (rotation("many", "10M"), room(512), "error"),
        (rotation(2, "10M"), room(512, "-"), "error"),
        (rotation(2, "10M"), {f"cmd:harbor-logs{FOLDER}": 124}, "error"),
        (rotation(2, "10M"), {f"file:{FOLDER}/docker-compose.yml": 13}, "error"),
        ("log:\n  local: REDACTED\n", room(512), "error"),
        ("log:\n  external_endpoint: {protocol: tcp, host: h, port: 1}\n", room(1), "skip"),
        ("log:\n  external_endpoint:\n", room(1), "fail"),
    ):
        told = judged("logs-fit-disk", yml, part)
        assert (yml, part, told.outcome) == (yml, part, found)


def test_a_service_more_writes_a_log_more_and_a_share_may_be_demanded() -> None:
    yml, more = rotation(2, "10M"), compose(*SERVICES, "trivy-adapter", "exporter")
    assert judged("logs-fit-disk", yml, room(170)).outcome == "pass"
    assert judged("logs-fit-disk", yml, room(170), more).outcome == "fail"
    assert judged("logs-fit-disk", yml, room(170), harbor_log_share=0.5).outcome == "fail"
    assert judged("logs-fit-disk", yml, room(330), harbor_log_share=0.5).outcome == "pass"
    flat = "log:\n  rotate_count: 2\n  rotate_size: 10M\n  location: /l\n"
    assert judged("logs-fit-disk", flat, room(170), compose(*SERVICES, release="v1.8.6")).outcome == "pass"


# --- the scanner -----------------------------------------------------------------------------------------------


METADATA = "file:/data/trivy-adapter/trivy/db/metadata.json"
SCANNER = compose(*SERVICES, "trivy-adapter")
SKIPS = "trivy: {skip_update: true}\n"


def metadata(days: float, **changes: Any) -> dict[str, Any]:
    """The scanner's database, whose next update is due in so many days."""
    moment = NOW + timedelta(days=days)
    return {METADATA: json.dumps({"Version": 2, "NextUpdate": f"{moment:%Y-%m-%dT%H:%M:%S}.123456789Z", **changes})}


def test_a_database_that_nobody_downloads_must_be_there_and_new() -> None:
    for yml, parts, found in (
        ("trivy: {skip_update: false}\n", [SCANNER, {METADATA: 2}], "pass"),
        ("trivy:\n", [SCANNER, {METADATA: 2}], "pass"),
        ("", [SCANNER, {METADATA: 2}], "pass"),
        ("trivy: {offline_scan: true}\n", [SCANNER, {METADATA: 2}], "pass"),
        (SKIPS, [SCANNER, {METADATA: 2}], "fail"),
        (SKIPS, [SCANNER, metadata(0.2)], "pass"),
        (SKIPS, [SCANNER, metadata(-6.9)], "pass"),
        (SKIPS, [SCANNER, metadata(-7.1)], "fail"),
        (SKIPS, [SCANNER, metadata(1, Version=1)], "fail"),
        (SKIPS, [SCANNER, metadata(1, NextUpdate="REDACTED")], "error"),
        (SKIPS, [SCANNER, {METADATA: "["}], "error"),
        (SKIPS, [SCANNER, {METADATA: "[]"}], "error"),
        (SKIPS, [SCANNER, {METADATA: 13}], "error"),
        (SKIPS, [SCANNER, {METADATA.replace("/db/", "/java-db/"): metadata(1)[METADATA], METADATA: 2}], "fail"),
        (SKIPS, [{METADATA: 2}], "skip"),  # the block is there without the scanner, too
        (SKIPS, [{f"file:{FOLDER}/docker-compose.yml": 2}], "skip"),
        (SKIPS, [{f"file:{FOLDER}/docker-compose.yml": 13}], "error"),
        ("trivy: {skip_update: 'False'}\n", [SCANNER, {METADATA: 2}], "pass"),
        ("trivy: {skip_update: REDACTED}\n", [SCANNER, {METADATA: 2}], "error"),
        ("trivy: {skip_update: maybe}\n", [SCANNER, {METADATA: 2}], "error"),
    ):
        told = judged("trivy-updates", yml, *parts)
        assert (yml, parts, told.outcome) == (yml, parts, found)


def test_how_late_an_update_may_be_is_the_profiles_and_where_it_lies_the_data_volumes() -> None:
    assert judged("trivy-updates", SKIPS, SCANNER, metadata(-20), harbor_max_trivy_days=30).outcome == "pass"
    elsewhere = {METADATA.replace("/data/", "/srv/h/"): metadata(1)[METADATA]}
    yml = YML.replace("data_volume: /data", "data_volume: /srv/h")
    assert judged("trivy-updates", SKIPS, SCANNER, elsewhere, base=yml).outcome == "pass"
    assert judged("trivy-updates", SKIPS, SCANNER, elsewhere).outcome == "error"
