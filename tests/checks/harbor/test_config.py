"""harbor.yml as `prepare` and as its owner reads it: what passes, what fails, each trap and its twin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.harborhost import CERTIFICATE, FOLDER, KEY, harbor_host
from tests.hosts import checks_in, outcome, outcomes, row, table
from tests.registryhost import pem, registry_host
from tests.rows import each_of

if TYPE_CHECKING:
    from dockworthy.check import Judgement

CHECKS = checks_in("harbor", "config.py")
A_PORT, A_COUNT, A_TRUTH = "a number from 1 to 65535", "a whole number", "true or false, without quotes"
GOOD = f"""_version: 2.12.0
hostname: harbor.test
http:
  port: 80
https:
  port: 443
  certificate: {CERTIFICATE}
  private_key: {KEY}
harbor_admin_password: REDACTED
database:
  password: REDACTED
  max_idle_conns: 100
data_volume: /data
trivy:
  skip_update: false
jobservice:
  max_job_workers: 10
  job_loggers: [STD_OUTPUT, FILE]
  logger_sweeper_duration: 1
notification:
  webhook_job_max_retry: 3
  webhook_job_http_client_timeout: 3
log:
  level: info
  local:
    rotate_count: 50
    rotate_size: 200M
    location: /var/log/harbor
metric:
  enabled: false
  port: 9090
  path: /metrics
"""


def tag(tag: str, image: str = "goharbor/harbor-core") -> dict[str, Any]:
    """What was installed, by the tag of the image of its core."""
    return {f"file:{FOLDER}/docker-compose.yml": f"services:\n  core:\n    image: {image}:{tag}\n"}


def script(release: str) -> dict[str, Any]:
    """The installer's own release."""
    return {f"cmd:harbor-prepare{FOLDER}": f"{release}\n"}


NOTHING = {f"file:{FOLDER}/docker-compose.yml": 2, f"cmd:harbor-prepare{FOLDER}": 2}


def judged(check: str, *parts: dict[str, Any], yml: Any = GOOD, files: dict[str, Any] | None = None) -> Judgement:
    """What a check says of the good installation, with these changes."""
    evidence = tag("v2.12.2")
    for part in parts:
        evidence.update(part)
    data = [f"/data/{name}" for name in ("ca_download", "registry", "database", "job_logs", "redis")]
    more = dict.fromkeys((*data, "/data/secret/keys/secretkey"), 2)
    certificates = {CERTIFICATE: pem("leaf"), KEY: "key\n"}
    return outcomes(
        CHECKS[f"harbor.{check}"], harbor_host({**certificates, **more, **(files or {})}, evidence, yml=yml)
    )[FOLDER]


def changed(old: str, new: str) -> str:
    assert old in GOOD, old
    return GOOD.replace(old, new)


# --- all of them -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("check", CHECKS)
def test_a_proper_harbor_yml_passes(check: str) -> None:
    found = judged(check.partition(".")[2])
    assert (found.outcome, found.observed) == ("pass", found.observed)


@pytest.mark.parametrize("check", CHECKS)
def test_without_a_harbor_or_with_one_of_1_7_nothing_applies(check: str) -> None:
    assert outcome(CHECKS[check], registry_host()).outcome == "skip"
    old = harbor_host({}, {f"file:{FOLDER}/harbor.cfg": "hostname = h\n"}, yml=2)
    assert outcomes(CHECKS[check], old)[FOLDER].outcome == "skip"


@each_of("check", CHECKS)
@each_of("status", [13, 27, 62, 63, 124])
def test_what_was_not_read_is_undecided(check: str, status: int) -> None:
    assert judged(check.partition(".")[2], yml=status).outcome == "error"


@each_of("check", ["config-unambiguous", "config-version", "config-keys-known"])
@each_of("yml", ["- a\n", "word\n", "", "a: [\n", (64, "mapping values are not allowed here, line 2")])
def test_what_is_no_table_of_settings_is_undecided_but_for_prepare(check: str, yml: Any) -> None:
    assert judged(check, yml=yml).outcome == "error"
    assert judged("prepare-accepts", yml=yml).outcome == "fail"


# --- prepare-accepts -------------------------------------------------------------------------------------------


@each_of(
    ("yml", "words"),
    [
        (
            changed("level: info", "level: INFO"),
            "Exception: log level must be one of debug, info, warning, error, fatal",
        ),
        (changed("  job_loggers: [STD_OUTPUT, FILE]\n", ""), "KeyError: 'job_loggers'"),
        (changed("  logger_sweeper_duration: 1\n", ""), "KeyError: 'logger_sweeper_duration'"),
        (changed("  webhook_job_http_client_timeout: 3\n", ""), "KeyError: 'webhook_job_http_client_timeout'"),
        (changed("hostname: harbor.test", "hostname: reg.mydomain.com"), "Please specify hostname"),
        (changed(GOOD[GOOD.index("  local:") : GOOD.index("metric:")], ""), "KeyError: 'log_location'"),
        (f"{GOOD}proxy: {{no_proxy: [a, b]}}\n", "AttributeError: 'list' object has no attribute 'split'"),
        (f"{GOOD}storage_service: {{redirect: {{disabled: true}}}}\n", "KeyError: 'disable'"),
        (f"{GOOD}cache: {{enabled: true, expire_hours: 0}}\n", "cache expire hours should be positive number"),
        (f"{GOOD}ip_family: {{ipv6: {{enabled: true}}}}\n", "'dict object' has no attribute 'ipv4'"),
        (changed("https:\n", "https: true\nother:\n"), "AttributeError: 'bool' object has no attribute 'get'"),
        (changed("database:\n", "other:\n"), "KeyError: 'harbor_db_password'"),
        ((64, "found character '\\t' that cannot start any token, line 2, column 1\n"), "found character '\\t'"),
        ("# nothing\n", "TypeError: 'NoneType' object is not subscriptable"),
    ],
)
def test_what_prepare_refuses_is_said_in_its_own_words(yml: Any, words: str) -> None:
    found = judged("prepare-accepts", yml=yml)
    assert (found.outcome, words in str(found.observed)) == ("fail", True), found.observed


@each_of(
    "yml",
    [
        changed("  level: info", "  # level: INFO\n  level: warning"),
        changed(GOOD[GOOD.index("https:") : GOOD.index("harbor_admin")], "https:\n"),
        f"{GOOD}storage_service: {{redirect: {{disable: true}}}}\n",
        f"{GOOD}proxy: {{no_proxy: 'a,b', components: [core]}}\n",
        f"{GOOD}cache: {{enabled: false, expire_hours: 0}}\n",
        f"{GOOD}storage_service: {{s3x: {{bucket: b}}}}\n",
        changed("port: 443", "port: word"),
        f"{GOOD}external_redis: {{host: 'r:6379', password: REDACTED}}\n",
    ],
)
def test_what_prepare_takes_is_accepted_however_wrong_it_is(yml: str) -> None:
    found = judged("prepare-accepts", yml=yml)
    assert (found.outcome, found.observed) == ("pass", "accepted")


@each_of(
    ("release", "more", "found"),
    [
        ("v2.7.4", "storage_service: {redirect: {disabled: true}}\n", "pass"),
        ("v2.7.4", "storage_service: {redirect: {disable: true}}\n", "fail"),
        ("v2.8.0", "storage_service: {redirect: {disable: true}}\n", "pass"),
        ("v2.4.3", "upload_purging: {enabled: true, age: 7d}\n", "pass"),
        ("v2.5.0", "upload_purging: {enabled: true, age: 7d}\n", "fail"),
        ("v2.5.6", "cache: {enabled: true, expire_hours: 0}\n", "pass"),
        ("v2.8.6", "core: {quota_update_provider: mysql}\n", "pass"),
        ("v2.9.0", "core: {quota_update_provider: mysql}\n", "fail"),
        ("v2.10.3", "ip_family: {ipv6: {enabled: true}}\n", "pass"),
        ("v2.3.5", "trace: {enabled: true}\n", "pass"),
        ("v2.4.0", "trace: {enabled: true}\n", "fail"),
    ],
)
def test_each_release_has_its_own_rules(release: str, more: str, found: str) -> None:
    assert judged("prepare-accepts", tag(release), yml=GOOD + more).outcome == found


def test_without_an_installed_release_the_patches_of_version_are_asked() -> None:
    of_2_8 = GOOD.replace("_version: 2.12.0", "_version: 2.8.0").replace("  job_loggers: [STD_OUTPUT, FILE]\n", "")
    assert judged("prepare-accepts", NOTHING, yml=of_2_8).outcome == "pass"
    assert judged("prepare-accepts", NOTHING, yml=of_2_8.replace("2.8.0", "2.9.0")).outcome == "fail"
    # The block of the own Redis is read from 2.8.4 on.
    assert judged("prepare-accepts", NOTHING, yml=f"{of_2_8}redis: 6\n").outcome == "error"
    assert judged("prepare-accepts", NOTHING, yml=f"{GOOD}redis: 6\n").outcome == "fail"


def test_without_any_release_what_all_agree_on_is_decided() -> None:
    plain = GOOD.replace("_version: 2.12.0\n", "")
    assert judged("prepare-accepts", NOTHING, yml=plain.replace("hostname:", "name:")).outcome == "fail"
    assert judged("prepare-accepts", NOTHING, yml=plain.replace("  job_loggers: [STD_OUTPUT, FILE]\n", "")).outcome == (
        "error"
    )
    assert judged("prepare-accepts", tag("v2.99.0")).outcome == "error"


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({CERTIFICATE: 2}, f"FileNotFoundError: [Errno 2] No such file or directory: '/hostfs{CERTIFICATE}'"),
        ({KEY: 2}, f"FileNotFoundError: [Errno 2] No such file or directory: '/hostfs{KEY}'"),
    ],
)
def test_a_certificate_that_is_not_there_is_found_as_prepare_finds_it(files: dict[str, Any], words: str) -> None:
    found = judged("prepare-accepts", files=files)
    assert (found.outcome, found.observed) == ("fail", words)
    assert judged("prepare-accepts", tag("v1.8.6"), files=files, yml=_of_1_8()).outcome == "pass"


def _of_1_8() -> str:
    local = GOOD[GOOD.index("  local:") : GOOD.index("metric:")]
    return GOOD.replace(local, "  rotate_count: 50\n  rotate_size: 200M\n  location: /var/log/harbor\n")


def test_a_certificate_where_prepare_puts_its_copy_is_removed_before_it_is_copied() -> None:
    copy = "/data/secret/cert/server.crt"
    found = judged("prepare-accepts", yml=changed(CERTIFICATE, copy), files={copy: pem("leaf")})
    assert (found.outcome, copy in str(found.observed)) == ("fail", True)


def linked(target: str) -> dict[str, Any]:
    """The certificate is a link."""
    rows = [row(CERTIFICATE, resolved="/etc/letsencrypt/live/h/fullchain.pem"), row(KEY, mode="0600")]
    absent = [row(f"/data/{name}", "absent") for name in ("ca_download", "registry", "database", "job_logs", "redis")]
    rows += [*absent, row("/data/secret/keys/secretkey", "absent"), row("/data", "dir", "0755")]
    return {f"stat:harbor{FOLDER}": table(*rows), f"link:{CERTIFICATE}": f"{target}\n"}


def test_a_link_is_followed_as_from_within_the_container() -> None:
    """A link with an absolute target leads out of /hostfs, into the container; a relative one stays on the host."""
    absolute = judged("prepare-accepts", linked("/etc/letsencrypt/live/h/fullchain.pem"))
    assert (absolute.outcome, "No such file or directory" in str(absolute.observed)) == ("fail", True)
    relative = judged("prepare-accepts", linked("../../etc/letsencrypt/live/h/fullchain.pem"))
    assert relative.outcome == "pass"
    unread = linked("")
    del unread[f"link:{CERTIFICATE}"]
    assert judged("prepare-accepts", unread).outcome == "error"


def test_a_path_without_a_slash_before_it_begins_at_the_root_all_the_same() -> None:
    yml = changed(CERTIFICATE, CERTIFICATE[1:])
    assert judged("prepare-accepts", yml=yml).outcome == "pass"
    assert judged("prepare-accepts", yml=yml, files={CERTIFICATE: 2}).outcome == "fail"


def test_a_data_volume_that_leads_nowhere_cannot_be_mounted() -> None:
    rows = linked("../../etc/letsencrypt/live/h/fullchain.pem")[f"stat:harbor{FOLDER}"]
    dead = rows.replace(row("/data", "dir", "0755"), "/data - link - - - - - - - - - 0 0")
    found = judged("prepare-accepts", {f"stat:harbor{FOLDER}": dead, f"link:{CERTIFICATE}": "x\n"})
    assert (found.outcome, "/data is a link that leads nowhere" in str(found.observed)) == ("fail", True)


@each_of(
    ("release", "odd", "outcome"),
    [
        ("v2.2.2", "", "pass"),
        ("v2.2.2", "external_redis.password\n", "error"),
        ("v2.7.1", "external_redis.password\n", "error"),
        ("v2.7.2", "external_redis.password\n", "pass"),
        ("v2.8.0", "external_redis.password\n", "error"),
        ("v2.8.1", "external_redis.password\n", "pass"),
    ],
)
def test_a_password_of_redis_is_read_out_of_a_url_again_unless_it_is_quoted(
    release: str, odd: str, outcome: str
) -> None:
    yml = f"{GOOD}external_redis: {{host: 'r:6379', password: REDACTED}}\n"
    assert judged("prepare-accepts", tag(release), {f"cmd:harbor-odd{FOLDER}": odd}, yml=yml).outcome == outcome
    assert judged("prepare-accepts", tag(release), {f"cmd:harbor-odd{FOLDER}": odd}).outcome == "pass"


# --- config-unambiguous ----------------------------------------------------------------------------------------


@each_of(
    ("yml", "fault"),
    [
        (f"{GOOD}hostname: other.test\n", "hostname: stands twice"),
        (changed("  port: 443\n", "  port: 443\n  port: 8443\n"), "https.port: stands twice"),
        (changed("port: 443", "port: 0"), "https.port: 0 is no port"),
        (changed("port: 443", "port: 65536"), "https.port: 65536 is no port"),
        (changed("port: 443", "port: word"), f"https.port: is 'word', and not {A_PORT}"),
        (changed("port: 443", "port: '443'"), f"https.port: is '443', and not {A_PORT}"),
        (changed("port: 443", "port:"), f"https.port: is nothing, and not {A_PORT}"),
        (changed("port: 443", "port: 0755"), "https.port: 0755 is read as a number to the base 8"),
        (changed("port: 443", "port: 1:30"), "https.port: 1:30 is read as a number to the base 60"),
        (
            changed("rotate_count: 50", "rotate_count: 010"),
            "log.local.rotate_count: 010 is read as a number to the base 8",
        ),
        (
            changed("enabled: false", "enabled: 'false'"),
            "metric.enabled: is 'false', and not true or false, without quotes",
        ),
        (
            changed("skip_update: false", "skip_update: 0"),
            "trivy.skip_update: is '0', and not true or false, without quotes",
        ),
        (
            changed("max_job_workers: 10", "max_job_workers: many"),
            "jobservice.max_job_workers: is 'many', and not a whole number",
        ),
        (
            changed("max_job_workers: 10", "max_job_workers:"),
            "jobservice.max_job_workers: is nothing, and not a whole number",
        ),
        (
            changed("max_idle_conns: 100", "max_idle_conns: 1.5"),
            "database.max_idle_conns: is '1.5', and not a whole number",
        ),
        (
            changed("harbor_admin_password: REDACTED", "harbor_admin_password: no"),
            "harbor_admin_password: is 'no', and not a text",
        ),
        (changed("hostname: harbor.test", "hostname: [a]"), "hostname: is a list or table, and not a text"),
        (f"{GOOD}cache: on\n", "cache: is no table of settings"),
        (changed("[STD_OUTPUT, FILE]", "FILE"), "jobservice.job_loggers: is 'FILE', and not a list"),
        (changed("[STD_OUTPUT, FILE]", ""), "jobservice.job_loggers: is nothing, and not a list"),
        (f"{GOOD}proxy: {{components: core}}\n", "proxy.components: is 'core', and not a list"),
        (f"{GOOD}log2: [0755]\n", "log2[]: 0755 is read as a number to the base 8"),
        (f"{GOOD}external_database: {{harbor: {{port: 70000}}}}\n", "external_database.harbor.port: 70000 is no port"),
    ],
)
def test_what_is_said_twice_or_of_the_wrong_type_is_found(yml: str, fault: str) -> None:
    found = judged("config-unambiguous", yml=yml)
    assert (found.outcome, found.observed) == ("fail", [fault])


@each_of(
    "yml",
    [
        changed("skip_update: false", "skip_update: no"),
        changed("enabled: false", "enabled: off"),
        changed("enabled: false", "enabled:"),
        changed("max_idle_conns: 100", "max_idle_conns:"),
        changed("port: 443", "port: 0x1bb"),
        changed("port: 443", "port: 65535"),
        f"{GOOD}# hostname: other.test\n",
        f"{GOOD}cache: {{enabled: false, expire_hours: 24}}\n",
        f"{GOOD}core:\n",
        f"{GOOD}proxy: {{components: [core, 1]}}\n",
        f"{GOOD}proxy: {{components: }}\n",
        f"{GOOD}trace: {{enabled: false, sample_rate: 0.5, attributes: {{enabled: 'false', port: word}}}}\n",
        f"{GOOD}x: &base {{a: 1}}\ny: {{<<: *base, a: 2}}\nz: {{a: 3}}\n",
        changed("rotate_size: 200M", "rotate_size: 209715200"),
        changed("harbor_admin_password: REDACTED", "harbor_admin_password: 1"),
        f"{GOOD}storage_service: {{s3: {{secure: 'false', bucket: '0755'}}}}\n",
    ],
)
def test_what_yaml_means_by_a_value_is_no_fault(yml: str) -> None:
    found = judged("config-unambiguous", yml=yml)
    assert (found.outcome, found.observed) == ("pass", [])


# --- config-version --------------------------------------------------------------------------------------------


@each_of(
    ("parts", "version", "found"),
    [
        ((tag("v2.12.2"),), "2.12.0", "pass"),
        ((tag("v2.12.2"),), "2.11.0", "fail"),
        ((tag("v2.1.2"),), "2.12.0", "fail"),
        ((tag("v2.10.1"),), "2.10", "pass"),
        ((tag("v2.12.2", "reg.example.com:5000/goharbor/harbor-core"),), "2.12.0", "pass"),
        ((tag("v2.12.2-build.7"),), "2.12.0", "pass"),
        ((tag("v2.12.2-photon"),), "2.12.0", "pass"),
        ((tag("dev"),), "2.12.0", "error"),
        ((tag("latest"),), "2.12.0", "error"),
        ((tag(f"v2.12.2@sha256:{'0' * 64}"),), "2.12.0", "pass"),
        (
            (tag("0" * 64, "goharbor/harbor-core@sha256"),),
            "2.12.0",
            "error",
        ),
        ((tag("v2.12.2"), script("v2.13.0")), "2.12.0", "pass"),
        ((NOTHING, script("v2.12.4")), "2.12.0", "pass"),
        ((NOTHING, script("v2.13.0")), "2.12.0", "fail"),
        ((NOTHING,), "2.12.0", "skip"),
        ((tag("v2.12.2"),), "", "error"),
        ((tag("v2.12.2"),), "new", "error"),
    ],
)
def test_the_version_is_that_of_the_installed_minor_release(parts: tuple[Any, ...], version: str, found: str) -> None:
    yml = changed("_version: 2.12.0\n", f"_version: {version}\n" if version else "")
    assert judged("config-version", *parts, yml=yml).outcome == found


# --- config-keys-known -----------------------------------------------------------------------------------------


@each_of(
    ("release", "more", "observed"),
    [
        ("v2.12.2", "htts: {port: 443}\n", ["htts (https?)"]),
        ("v2.12.2", "chart: {absolute_url: disabled}\n", ["chart"]),
        ("v2.8.6", "chart: {absolute_url: disabled}\n", ["chart"]),
        ("v2.2.2", "clair: {updaters_interval: 12}\n", ["clair"]),
        ("v2.9.0", "external_database: {notary_signer: {host: h}}\n", ["external_database.notary_signer"]),
        ("v2.12.2", "jobservices: {}\n", ["jobservices (jobservice?)"]),
        ("v2.12.2", "cache: {expire_hour: 1}\n", ["cache.expire_hour (expire_hours?)"]),
        ("v2.2.2", "upload_purging: {age: 168h}\n", ["upload_purging"]),
        ("v2.8.3", "redis: {registry_db_index: 1}\n", ["redis"]),
        ("v2.12.2", "storage_service: {s3x: {bucket: b}}\n", ["storage_service.s3x (s3?)"]),
        ("v2.12.2", "REDACTED: a\nREDACTED-2: b\n", ["… (a name that is not told)", "… (a name that is not told)"]),
    ],
)
def test_a_key_that_the_release_does_not_read_is_found(release: str, more: str, observed: list[str]) -> None:
    found = judged("config-keys-known", tag(release), yml=_of(release) + more)
    assert (found.outcome, found.observed) == ("fail", observed)


def _of(release: str) -> str:
    """The good file with no key that an older release does not read."""
    new = ["  job_loggers: [STD_OUTPUT, FILE]\n"] if release < "v2.9" and not release.startswith("v2.1") else []
    new += (
        ["  logger_sweeper_duration: 1\n", "  webhook_job_http_client_timeout: 3\n"] if release < "v2.8" and new else []
    )
    text = GOOD
    for line in new:
        text = text.replace(line, "")
    return text


@each_of(
    ("release", "more"),
    [
        ("v2.7.4", "chart: {absolute_url: disabled}\n"),
        ("v2.8.6", "external_database: {notary_signer: {host: h}, notary_server: {host: h}}\n"),
        ("v2.8.4", "redis: {registry_db_index: 1}\n"),
        (
            "v2.12.2",
            "redis: {harbor_db_index: 6}\nexternal_redis: {host: 'r:6379', sentinel_master_set: m, username: u}\n",
        ),
        ("v2.12.2", "storage_service: {s3: {anything: 1}, ca_bundle: /x, redirect: {anything: 1}}\n"),
        ("v2.12.2", "trace: {attributes: {anything: 1}, jaeger: {anything: 1}}\n"),
        (
            "v2.12.2",
            "external_url: https://h\nuaa: {ca_file: /x}\ninternal_tls: {enabled: false, strong_ssl_ciphers: true}\n",
        ),
        ("v2.12.2", "# htts: {}\n"),
    ],
)
def test_a_key_that_the_release_reads_is_none_even_if_the_template_has_it_only_in_a_comment(
    release: str, more: str
) -> None:
    found = judged("config-keys-known", tag(release), yml=_of(release) + more)
    assert (found.outcome, found.observed) == ("pass", [])


def test_without_a_release_no_key_is_judged() -> None:
    assert judged("config-keys-known", NOTHING, yml=GOOD.replace("_version: 2.12.0\n", "")).outcome == "error"
    assert judged("config-keys-known", NOTHING, yml=f"{GOOD}htts: 1\n").outcome == "fail"
    between = GOOD.replace("2.12.0", "2.9.0") + "redis: {}\n"
    assert judged("config-keys-known", NOTHING, yml=between).outcome == "pass"
    assert (
        judged("config-keys-known", NOTHING, yml=between.replace("skip_update", "skip_java_db_update")).outcome
        == "error"
    )


def test_of_a_file_that_is_something_else_no_more_is_told_than_can_be_read() -> None:
    many = GOOD + "".join(f"port{number}: 0755\n" for number in range(3000))
    for check, first in (("config-keys-known", "port0"), ("config-unambiguous", "port0: 0755")):
        found = judged(check, yml=many)
        assert isinstance(found.observed, list)
        assert (found.outcome, len(found.observed), found.observed[-1]) == ("fail", 51, "and 2950 more")
        assert found.observed[0].startswith(first)
