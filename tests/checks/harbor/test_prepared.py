"""What prepare made of harbor.yml, check by check: what the real one renders passes, and each trap has its twin."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from dockworthy.facts.facts import Facts
from dockworthy.snapshot import Section
from tests.harborhost import FOLDER
from tests.harborprepared import CONFIG, line, prepared_host, recorded
from tests.hosts import checks_in, outcomes
from tests.registryhost import registry_host
from tests.rows import each_of
from tests.trust.host import NOW
from tests.trust.pki import issue

if TYPE_CHECKING:
    from dockworthy.check import Judgement

CHECKS = checks_in("harbor", "prepared.py")
OF_FILES = ("prepare-current", "compose-current")
NEWEST = "v2.15.2"
CORE = "core/env"
# What a release does not know is without effect.
UNKNOWN_TO = {
    "redis-block": ("v1.", "v2.2", "v2.5"),
    "metric": ("v1.",),
    "trace": ("v1.", "v2.2"),
    "cache": ("v1.", "v2.2", "v2.5"),
    "purging": ("v1.", "v2.2"),
    "no-purging": ("v1.", "v2.2"),
    "two-families": ("v1.", "v2.2", "v2.5", "v2.8", "v2.10"),
    "strong-ciphers": ("v1.", "v2.2", "v2.5", "v2.8"),
}


def files(case: str = "plain", release: str = NEWEST, **changes: Any) -> dict[str, Any]:
    """What is told of a case; changes by names with underscores for the other signs, None leaves a file out."""
    found: dict[str, Any] = {**recorded()[release][case]}
    return found | changes


def judged(check: str, told: dict[str, Any], *parts: dict[str, Any], **changes: Any) -> Judgement:
    return outcomes(CHECKS[f"harbor.{check}"], prepared_host(told, *parts, **changes))[FOLDER]


def edited(name: str, old: str, new: str, **changes: Any) -> dict[str, Any]:
    """The newest release's files, one of them with a text replaced."""
    told = files(**changes)
    assert old in told[name]
    return {**told, name: told[name].replace(old, new)}


# --- what the real prepare rendered ----------------------------------------------------------------------------


@pytest.mark.parametrize("release", recorded())
def test_what_prepare_rendered_is_what_it_would_render_again(release: str) -> None:
    found = {
        (case, check): judged(check, told).observed for case, told in recorded()[release].items() for check in OF_FILES
    }
    assert {key: differences for key, differences in found.items() if differences != {}} == {}


@pytest.mark.parametrize("release", recorded())
def test_what_was_edited_and_not_prepared_is_found(release: str) -> None:
    """The file of each case over what was rendered of the plain one."""
    plain = recorded()[release]["plain"]
    for case, told in recorded()[release].items():
        if told["harbor.yml"] == plain["harbor.yml"]:
            continue
        found = judged("prepare-current", {**plain, "harbor.yml": told["harbor.yml"]})
        without_effect = release.startswith(UNKNOWN_TO.get(case, "-"))
        assert (case, found.outcome) == (case, "pass" if without_effect else "fail")


def test_a_difference_is_shown_with_both_values() -> None:
    told = {**files(), "harbor.yml": files("hostname")["harbor.yml"]}
    place = judged("prepare-current", told).observed
    assert place == {
        "core/env: EXT_ENDPOINT": {"prepared": "https://harbor.example.com", "harbor.yml": "https://other.example.com"}
    }


# --- prepare-current: the traps ----------------------------------------------------------------------------------


def test_order_comments_and_what_is_made_anew_are_no_difference() -> None:
    inside = next(row for row in files()[CORE].split("\n") if row.startswith("NO_PROXY="))
    names = inside.removeprefix("NO_PROXY=").split(",")
    for old, new in (
        (inside, "NO_PROXY=" + ",".join(sorted(names))),
        ("LOG_LEVEL=info\n", "# by hand\n\nLOG_LEVEL=info\n"),
        ("CSRF_KEY=REDACTED\n", "CSRF_KEY=\n"),
        ("CORE_SECRET=REDACTED\n", ""),
        ("RELOAD_KEY=\n", "RELOAD_KEY=REDACTED\n"),
    ):
        assert (old, judged("prepare-current", edited(CORE, old, new)).observed) == (old, {})
    yml = files()["harbor.yml"]
    assert judged("prepare-current", files() | {"harbor.yml": f"{yml}remark: REDACTED\n"}).outcome == "pass"
    lines = "".join(f"{one}\n" for one in reversed(files()[CORE].splitlines()))
    assert judged("prepare-current", files() | {CORE: lines}).outcome == "pass"


@each_of(
    ("name", "old", "new"),
    [
        (CORE, "EXT_ENDPOINT=https://harbor.example.com", "EXT_ENDPOINT=https://harbor.example.com:443"),
        (CORE, "NO_PROXY=", "NO_PROXY=.example.com,"),
        (CORE, ",redis", ""),
        (CORE, "POSTGRESQL_HOST=postgresql\n", ""),
        (CORE, "POSTGRESQL_MAX_OPEN_CONNS=900", "POSTGRESQL_MAX_OPEN_CONNS=90"),
        (CORE, "LOG_LEVEL=info", "LOG_LEVEL=debug"),
        (CORE, "PROVIDER_NAME=filesystem", "PROVIDER_NAME=s3"),
        (CORE, "redis://redis:6379/1", "redis://redis:6379/7"),
        (CORE, "redis://redis:6379/1", "redis://REDACTED@redis:6379/1"),
        (CORE, "HTTP_PROXY=\n", "HTTP_PROXY=http://p.example:1\n"),
        ("nginx/nginx.conf", "$host:443$request_uri", "$host$request_uri"),
        ("nginx/nginx.conf", "$host:443$request_uri", "$host:8443$request_uri"),
        ("nginx/nginx.conf", "listen 8443 ssl;", "listen 8443;"),
        ("registry/config.yml", "rootdirectory: /storage", "rootdirectory: /other"),
        ("registry/config.yml", "rootdirectory: /storage", "rootdirectory: /storage\n    maxthreads: 5"),
        ("registry/config.yml", "addr: redis:6379", "addr: other:6379"),
        ("registry/config.yml", "db: 1", "db: 2"),
        ("jobservice/config.yml", "workers: 10", "workers: 11"),
        ("jobservice/config.yml", "level: INFO", "level: DEBUG"),
        ("log/logrotate.conf", "rotate 50", "rotate 5"),
        ("log/logrotate.conf", "size 200M", "size 20M"),
        ("trivy-adapter/env", "SKIP_UPDATE=False", "SKIP_UPDATE=True"),
        ("docker-compose.yml", '"443:8443"', '"8443:8443"'),
        ("docker-compose.yml", "/data/registry:", "/srv/registry:"),
    ],
)
def test_a_rendered_file_that_was_edited_by_hand_is_no_longer_current(name: str, old: str, new: str) -> None:
    assert judged("prepare-current", edited(name, old, new)).outcome == "fail"


def test_a_file_that_is_missing_is_found_and_what_was_never_prepared_is_no_question() -> None:
    for name in ("jobservice/env", "jobservice/config.yml", "registry/config.yml", "nginx/nginx.conf"):
        found = judged("prepare-current", files() | {name: 2})
        assert found.observed == {name: {"prepared": None, "harbor.yml": "a file"}}
    assert judged("prepare-current", files() | {CORE: 2}, rows={f"{CONFIG}/{CORE}": ""}).outcome == "skip"


@each_of("status", [13, 27, 62, 63, 124])
@each_of("name", [CORE, "jobservice/config.yml", "registry/config.yml", "nginx/nginx.conf", "docker-compose.yml"])
def test_a_file_that_could_not_be_read_passes_nothing(name: str, status: int) -> None:
    assert judged("prepare-current", files() | {name: status}).outcome == "error"
    told = files("hostname") | {"harbor.yml": files()["harbor.yml"]}
    found = judged("prepare-current", told | {name: status}).outcome
    assert found == ("error" if name == CORE else "fail")


def test_what_the_probe_hid_is_not_decided() -> None:
    for old, new in (
        ("EXT_ENDPOINT=https://harbor.example.com", "EXT_ENDPOINT=REDACTED"),
        ("POSTGRESQL_HOST=postgresql", "POSTGRESQL_HOST=REDACTED"),
        ("redis://redis:6379/1?idle_timeout_seconds=30", "REDACTED"),
    ):
        assert (old, judged("prepare-current", edited(CORE, old, new)).outcome) == (old, "error")
    hidden = files()["harbor.yml"].replace("hostname: harbor.example.com", "hostname: REDACTED")
    assert judged("prepare-current", files() | {"harbor.yml": hidden}).outcome == "error"


def test_a_file_that_prepare_would_refuse_is_not_decided_here() -> None:
    yml = files()["harbor.yml"].replace("level: info", "level: loud")
    found = judged("prepare-current", files() | {"harbor.yml": yml})
    assert (found.outcome, "prepare would refuse it" in str(found.reason)) == ("error", True)


def test_services_are_compared_though_prepare_would_refuse_the_file() -> None:
    yml = files()["harbor.yml"].replace("level: info", "level: loud")
    assert judged("compose-current", files() | {"harbor.yml": yml}).outcome == "pass"
    assert judged("compose-current", composed(drop=("redis",)) | {"harbor.yml": yml}).outcome == "fail"


def test_of_a_release_that_nothing_tells_all_must_agree() -> None:
    """Only harbor.yml's _version is left: the patches of a minor release may render otherwise."""
    told = files(release="v2.8.6") | {"docker-compose.yml": 2}
    assert judged("prepare-current", told).outcome == "pass"
    assert judged("prepare-current", told | {"harbor.yml": files("hostname", "v2.8.6")["harbor.yml"]}).outcome == "fail"
    block = files("redis-block", "v2.8.6") | {"docker-compose.yml": 2}
    assert judged("prepare-current", block).outcome == "error"  # from 2.8.4 on


def test_passwords_are_compared_where_they_were_digested_under_one_key() -> None:
    section = f"cmd:harbor-digests{FOLDER}"
    for password, found in (("a" * 16, "pass"), ("b" * 16, "fail")):
        told = f"key {'0' * 16}\ndatabase.password {'a' * 16}\nPOSTGRESQL_PASSWORD {password}\n"
        assert judged("prepare-current", files(), {section: told}).outcome == found


# --- compose-current ---------------------------------------------------------------------------------------------


def composed(*, drop: tuple[str, ...] = (), add: dict[str, str] | None = None, case: str = "plain") -> dict[str, Any]:
    told = files(case)
    content = json.loads(told["docker-compose.yml"])
    services = {name: one for name, one in content["services"].items() if name not in drop}
    services |= {name: {"image": image} for name, image in (add or {}).items()}
    return told | {"docker-compose.yml": json.dumps({"services": services})}


@pytest.mark.parametrize("name", ["redis", "postgresql", "core", "log", "trivy-adapter"])
def test_a_missing_service_is_found(name: str) -> None:
    found = judged("compose-current", composed(drop=(name,)))
    assert found.observed == {f"docker-compose.yml: {name}": {"prepared": None, "harbor.yml": "a service"}}


def test_a_service_too_many_is_found() -> None:
    for name in ("exporter", "notary-server", "chartmuseum", "cache"):
        assert (name, judged("compose-current", composed(add={name: "x:v2.15.2"})).outcome) == (name, "fail")
    for case, name in (("external-database", "postgresql"), ("external-redis", "redis")):
        assert judged("compose-current", composed(add={name: "goharbor/x:v2.15.2"}, case=case)).outcome == "fail"
    assert judged("compose-current", composed(drop=("exporter",), case="metric")).outcome == "fail"


def test_the_scanner_goes_by_what_was_rendered_for_it() -> None:
    """It is asked for by a flag of install.sh, of which harbor.yml knows nothing."""
    without = files("hostname")
    assert "trivy-adapter/env" not in without
    assert judged("compose-current", without).outcome == "pass"
    assert judged("compose-current", composed(add={"trivy-adapter": "x:v2.15.2"}, case="hostname")).outcome == "fail"
    denied = composed(add={"trivy-adapter": "x:v2.15.2"}, case="hostname") | {"trivy-adapter/env": 13}
    assert judged("compose-current", denied).outcome == "pass"


def test_notary_and_charts_are_options_of_the_releases_that_have_them() -> None:
    for release, found in (("v2.2.4", "pass"), ("v2.8.6", "fail"), ("v2.12.4", "fail")):
        content = json.loads(files(release=release)["docker-compose.yml"])
        content["services"]["chartmuseum"] = {"image": f"goharbor/chartmuseum-photon:{release}"}
        told = files(release=release) | {"docker-compose.yml": json.dumps(content)}
        assert (release, judged("compose-current", told).outcome) == (release, found)


def test_the_data_volume_and_the_logs_are_where_harbor_yml_says() -> None:
    for old, new, found in (
        ("data_volume: /data", "data_volume: /data/", "pass"),
        ("data_volume: /data", "data_volume: /srv/harbor", "fail"),
        ("location: /var/log/harbor", "location: /var/log/harbor/", "pass"),
        ("location: /var/log/harbor", "location: /srv/log", "fail"),
    ):
        told = files() | {"harbor.yml": files()["harbor.yml"].replace(old, new)}
        rows = {"/srv/harbor": line("/srv/harbor", "0755", kind="dir")}
        assert (new, judged("compose-current", told, rows=rows).outcome) == (new, found)


def test_a_slash_at_the_end_of_a_folder_is_rendered_before_what_follows() -> None:
    told = files() | {
        "harbor.yml": files()["harbor.yml"].replace("data_volume: /data", "data_volume: /data/"),
        "docker-compose.yml": files()["docker-compose.yml"].replace("/data/", "/data//"),
    }
    assert told["docker-compose.yml"].count("/data//registry:/storage")
    assert judged("compose-current", told, rows={"/data/": line("/data/", "0755", kind="dir")}).outcome == "pass"


def test_what_an_override_adds_is_not_judged_and_no_compose_file_is_no_question() -> None:
    override = {f"file:{FOLDER}/docker-compose.override.yml": "services:\n  more:\n    image: x\n"}
    assert judged("compose-current", files(), override).outcome == "pass"
    assert judged("compose-current", files() | {"docker-compose.yml": 2}).outcome == "skip"
    for status in (13, 27, 62, 63, 124):
        assert judged("compose-current", files() | {"docker-compose.yml": status}).outcome == "error"
    assert judged("compose-current", files() | {"docker-compose.yml": "- a\n"}).outcome == "error"


# --- owners and modes ----------------------------------------------------------------------------------------------


def owned(check: str, *rows: str, yml: str | None = None, **changes: Any) -> dict[str | None, str]:
    told = {name: text for name, text in files().items() if name in {"harbor.yml", CORE}}
    if yml is not None:
        told["harbor.yml"] = yml
    by_path = {row.split(" ", 1)[0]: row for row in rows}
    facts = prepared_host(told, rows=by_path, **changes)
    return {name: found.outcome for name, found in outcomes(CHECKS[f"harbor.{check}"], facts).items()}


@each_of(
    ("name", "mode", "found"),
    [
        ("db/env", "0640", "pass"),
        ("db/env", "0600", "pass"),
        ("db/env", "0660", "pass"),
        ("db/env", "0644", "fail"),
        ("db/env", "0641", "fail"),
        ("registry/config.yml", "0644", "fail"),
        ("registry/passwd", "0644", "pass"),
        ("registry/passwd", "0646", "fail"),
    ],
)
def test_rendered_files_with_secrets_are_not_for_others(name: str, mode: str, found: str) -> None:
    path = f"{CONFIG}/{name}"
    assert owned("rendered-modes", line(path, mode)) == {f"{CONFIG}/{CORE}": "pass", path: found}


def test_rendered_files_without_a_secret_have_no_result() -> None:
    rows = (line(f"{CONFIG}/log/logrotate.conf", "0644"), line(f"{FOLDER}/docker-compose.yml", "0644"))
    assert owned("rendered-modes", *rows) == {f"{CONFIG}/{CORE}": "pass"}
    assert owned("rendered-modes", line(f"{CONFIG}/{CORE}", kind="absent")) == {None: "skip"}
    assert owned("rendered-modes", line(f"{CONFIG}/{CORE}", kind="denied")) == {None: "error"}


SECRETS = "/data/secret"
KEY, ROOT = f"{SECRETS}/core/private_key.pem", f"{SECRETS}/registry/root.crt"
SECRET_KEY = f"{SECRETS}/keys/secretkey"


def test_secrets_have_the_owner_and_mode_that_prepare_gives() -> None:
    for name, mode, uid, found in (
        ("keys/secretkey", "0600", 10000, "pass"),
        ("keys/secretkey", "0400", 10000, "pass"),
        ("keys/secretkey", "0640", 10000, "fail"),
        ("keys/secretkey", "0200", 10000, "fail"),
        ("keys/secretkey", "0600", 0, "fail"),
        ("registry/root.crt", "0644", 10000, "pass"),
        ("registry/root.crt", "0600", 10000, "pass"),
        ("registry/root.crt", "0664", 10000, "fail"),
        ("cert/server.key", "0604", 10000, "fail"),
        ("tls/core.crt", "0644", 10000, "pass"),
        ("tls/core.key", "0644", 10000, "fail"),
        ("tls/harbor_db.key", "0600", 999, "pass"),
        ("tls/harbor_db.key", "0600", 10000, "fail"),
        ("tls/core.key", "0600", 999, "fail"),
    ):
        path = f"{SECRETS}/{name}"
        told = owned("secret-modes", line(SECRET_KEY, "0600", 10000), line(path, mode, uid))
        assert (name, mode, uid, told[path]) == (name, mode, uid, found)


def test_the_numbers_are_those_of_remapped_users_where_the_engine_remaps() -> None:
    info = {"SecurityOptions": ["name=userns"], "DockerRootDir": "/var/lib/docker/100000.100000"}
    for uid, found in ((110000, "pass"), (10000, "fail")):
        rows = {SECRET_KEY: line(SECRET_KEY, "0600", uid)}
        host = prepared_host({"harbor.yml": files()["harbor.yml"]}, {"docker:info": json.dumps(info)}, rows=rows)
        assert outcomes(CHECKS["harbor.secret-modes"], host)[SECRET_KEY].outcome == found


def test_data_folders_belong_to_who_uses_them() -> None:
    for name, mode, uid, found in (
        ("registry", "0755", 10000, "pass"),
        ("registry", "0755", 0, "fail"),
        ("job_logs", "0777", 10000, "pass"),
        ("ca_download", "0755", 999, "fail"),
        ("redis", "0755", 999, "pass"),
        ("redis", "0755", 10000, "fail"),
        ("trivy-adapter/trivy", "0755", 10000, "pass"),
        ("trivy-adapter/reports", "0755", 0, "fail"),
        ("database", "0700", 999, "pass"),
        ("database", "0750", 999, "fail"),
        ("database", "0701", 999, "fail"),
        ("database", "0700", 10000, "fail"),
        ("database/pg15", "0700", 999, "pass"),
        ("database/pg15", "0755", 999, "fail"),
    ):
        path = f"/data/{name}"
        assert owned("data-modes", line(path, mode, uid, kind="dir"))[path] == found, (name, mode, uid)


def test_a_slash_at_the_end_of_the_data_volume_changes_nothing() -> None:
    yml = files()["harbor.yml"].replace("data_volume: /data", "data_volume: /data/")
    assert owned("data-modes", line("/data/registry", "0755", 0, kind="dir"), yml=yml) == {"/data/registry": "fail"}
    assert secret_key(f"{SECRET_KEY} 16 letters-digits\n", yml=yml).outcome == "pass"


def test_folders_of_external_services_and_those_above_have_no_result() -> None:
    rows = [line(f"/data/{name}", "0755", 0, kind="dir") for name in ("database", "redis", "trivy-adapter")]
    for case, left in (("external-database", {"/data/redis"}), ("external-redis", {"/data/database"})):
        assert set(owned("data-modes", *rows, yml=files(case)["harbor.yml"])) == left
    assert owned("data-modes") == {None: "skip"}


@pytest.mark.parametrize("check", ["secret-modes", "data-modes"])
def test_a_data_volume_that_could_not_be_looked_at_is_not_decided(check: str) -> None:
    for kind in ("link", "denied", "unknown"):
        assert owned(check, line("/data", kind=kind)) == {None: "error"}
    hidden = files()["harbor.yml"].replace("data_volume: /data", "data_volume: REDACTED")
    assert owned(check, yml=hidden) == {None: "error"}


# --- keys ----------------------------------------------------------------------------------------------------------


def secret_key(told: str, *rows: str, yml: str | None = None, **parts: Any) -> Judgement:
    there = {SECRET_KEY: line(SECRET_KEY, "0600", 10000)}
    there |= {row.split(" ", 1)[0]: row for row in rows}
    case = files() if yml is None else files() | {"harbor.yml": yml}
    return judged("secretkey-valid", case, {f"cmd:harbor-secretkey{FOLDER}": told, **parts}, rows=there)


GONE = line(SECRET_KEY, kind="absent")
DATABASE = line("/data/database/pg15/PG_VERSION", "0600", 999)


def test_a_secret_key_has_sixteen_characters() -> None:
    for told, found, shown in (
        ("16 letters-digits", "pass", "16 characters"),
        ("16 other", "pass", "16 characters"),
        ("15 letters-digits", "fail", "15 characters"),
        ("17 letters-digits-newline", "fail", "17 characters, the last of them a line's end"),
        ("0 letters-digits", "fail", "0 characters"),
        ("more other", "fail", "more than 100 characters"),
    ):
        judgement = secret_key(f"{SECRET_KEY} {told}\n")
        assert (told, judgement.outcome, judgement.observed) == (told, found, shown)


def test_a_secret_key_that_is_gone_is_a_finding_where_there_is_a_database() -> None:
    assert secret_key("", GONE).outcome == "skip"
    assert secret_key("", GONE, DATABASE).outcome == "fail"
    assert secret_key("", GONE, line("/data/database/PG_VERSION", "0600", 999)).outcome == "fail"
    assert secret_key("", GONE, line("/data/database/pg15/PG_VERSION", "0600", 999, size=0)).outcome == "skip"
    outside = files("external-database")["harbor.yml"]
    assert secret_key("", GONE, yml=outside).outcome == "fail"
    folder = line("/data/database", "0700", 999, kind="dir")
    assert secret_key("", GONE, folder).outcome == "skip"
    assert secret_key("", GONE, folder, **{"cmd:id": "1000 1000 user no\n"}).outcome == "error"


def test_an_older_secret_key_is_moved_from_data_and_from_nowhere_else() -> None:
    assert secret_key("/data/secretkey 16 letters-digits\n", GONE, DATABASE).outcome == "pass"
    assert secret_key("/data/secretkey 12 letters-digits\n", GONE, DATABASE).outcome == "fail"
    elsewhere = files()["harbor.yml"].replace("data_volume: /data", "data_volume: /srv/h")
    rows = [line(f"/srv/h/{name}", kind="absent") for name in ("secret/keys/secretkey",)]
    rows += [line("/srv/h/database/pg15/PG_VERSION", "0600", 999), line("/srv/h", "0755", kind="dir")]
    told = secret_key("/srv/h/secretkey 16 letters-digits\n", *rows, yml=elsewhere)
    assert told.outcome == "fail"


def test_a_secret_key_that_nobody_could_read_is_not_decided() -> None:
    assert secret_key(f"{SECRET_KEY} denied other\n").outcome == "error"
    assert secret_key("", line(SECRET_KEY, kind="denied")).outcome == "error"
    assert secret_key("", GONE, line("/data", kind="link")).outcome == "error"
    assert secret_key("").outcome == "error"


def pair(key: Any, root: Any, **changes: Any) -> Judgement:
    return judged("token-pair-matches", files(), more={KEY: key, ROOT: root}, **changes)


def test_the_key_that_signs_tokens_belongs_to_the_certificate_that_knows_them() -> None:
    one, other = (issue(name, ca=True, now=NOW, start=start) for name, start in (("one", -1), ("other", -4000)))
    assert pair(one.key_pem(), one.pem).outcome == "pass"
    assert pair(one.key_pem(traditional=True), one.pem).outcome == "pass"
    assert pair(other.key_pem(), other.pem).outcome == "pass"  # nobody asks for its dates
    assert (pair(one.key_pem(), other.pem).outcome, pair(one.key_pem(), other.pem).observed) == ("fail", "no pair")
    assert pair(one.key_pem(), 2).observed == f"{ROOT} is not there"
    assert pair(2, one.pem).observed == f"{KEY} is not there"
    assert pair(2, 2).outcome == "skip"
    assert pair(one.key_pem(), 13).outcome == "error"
    assert pair(13, one.pem).outcome == "error"
    assert pair(one.key_pem(), "no certificate\n").observed == f"{ROOT}: there is no PEM certificate in it"
    assert pair(b"no key\n", one.pem).observed == f"{KEY}: there is no PEM private key in it"
    assert pair(one.key_pem(password=b"x"), one.pem).outcome == "fail"
    assert pair(2, 2, rows={"/data": line("/data", kind="link")}).outcome == "error"


# --- all of them -----------------------------------------------------------------------------------------------------


@each_of("check", CHECKS)
def test_without_a_harbor_or_with_one_of_1_7_nothing_applies(check: str) -> None:
    assert {found.outcome for found in outcomes(CHECKS[check], registry_host()).values()} == {"skip"}


RUBBISH = (
    "hostname: [1]\nhttps: 7\nexternal_database: x\nexternal_redis: [a]\nmetric: y\ndata_volume: {a: 1}\n",
    "metric: {enabled: [x]}\nlog: {level: info, local: 5}\nproxy: {components: x}\n",
    "jobservice: {max_job_workers: {a: 1}, job_loggers: 7, logger_sweeper_duration: x}\n",
    "storage_service: {s3: 5}\nip_family: x\ncache: 3\ntrace: [1]\nupload_purging: y\ncore: z\n",
)


@pytest.mark.parametrize("check", CHECKS)
def test_rubbish_ends_in_outcomes(check: str) -> None:
    yml = files()["harbor.yml"]
    for more in RUBBISH:
        names = {line.partition(":")[0] for line in more.splitlines()}
        kept = "".join(one for one in _blocks(yml) if one.partition(":")[0] not in names)
        for found in outcomes(CHECKS[check], prepared_host(files() | {"harbor.yml": kept + more})).values():
            assert "broke" not in str(found.reason)
    for name in files():
        for text in (
            "- 1\n",
            "storage: 5\njob_loggers: 7\nredis: x\nservices: [1]\n",
            "services: {core: {volumes: 3}}\n",
        ):
            for found in outcomes(CHECKS[check], prepared_host(files() | {name: text})).values():
                assert "broke" not in str(found.reason)


def _blocks(yml: str) -> list[str]:
    """The blocks of a file, each with its key."""
    found: list[str] = []
    for one in yml.splitlines(keepends=True):
        if one[0] in " -":
            found[-1] += one
        else:
            found.append(one)
    return found


def test_each_section_that_is_hidden_makes_nothing_pass() -> None:
    one = issue("one", ca=True, now=NOW)
    rows = {SECRET_KEY: line(SECRET_KEY, "0600", 0), "/data/registry": line("/data/registry", "0755", 0, kind="dir")}
    told = files() | {"harbor.yml": files("hostname")["harbor.yml"]}
    whole = prepared_host(told, rows=rows, more={KEY: one.key_pem(), ROOT: one.pem})
    before = passing(whole)
    sections = whole.snapshot.sections
    for name in sections:
        hidden: list[dict[str, Section]] = [{**sections, name: Section(name, status, b"")} for status in (13, 62, 124)]
        hidden.append({other: section for other, section in sections.items() if other != name})
        for change in hidden:
            after = passing(Facts(replace(whole.snapshot, sections=change), whole.now))
            assert (name, after - before) == (name, set())


def passing(facts: Facts) -> set[tuple[str, str | None]]:
    return {
        (check.id, param)
        for check in CHECKS.values()
        for param, found in outcomes(check, facts).items()
        if found.outcome == "pass"
    }
