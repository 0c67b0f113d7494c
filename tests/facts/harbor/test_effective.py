"""What prepare makes of a harbor.yml: defaults, derived values, and what a release does not know."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from dockworthy.evidence import NotDecided
from dockworthy.facts.harbor.prepare.effective import effective
from dockworthy.facts.harbor.prepare.rules import known_releases, rules_of
from tests.rows import each_of

NEWEST, OLDER = (2, 15, 2), (2, 2, 2)
LEAST = """
hostname: harbor.test
harbor_admin_password: REDACTED
data_volume: /srv/harbor
database: {password: REDACTED}
jobservice: {max_job_workers: 10, job_loggers: [FILE], logger_sweeper_duration: 1}
notification: {webhook_job_max_retry: 3, webhook_job_http_client_timeout: 3}
log: {level: info, local: {location: ''}}
"""


def made(more: str = "", release: tuple[int, ...] = NEWEST, **options: Any) -> dict[str, Any]:
    return effective(yaml.safe_load(LEAST + more), release, **options)


def test_what_is_not_written_has_its_default() -> None:
    found = made()
    assert {name: found[name] for name in ("http_port", "public_url", "storage_driver", "log_location")} == {
        "http_port": 80,
        "public_url": "http://harbor.test",
        "storage_driver": "filesystem",
        "log_location": "/var/log/harbor",
    }
    assert (found["database_host"], found["database_max_open_conns"]) == ("postgresql", 0)
    assert found["redis"]["registry_db_index"] == 1
    assert "https_port" not in found


@each_of(
    ("more", "url"),
    [
        ("https: {certificate: /c, private_key: /k}", "https://harbor.test"),
        ("https: {certificate: /c, private_key: /k, port: 8443}", "https://harbor.test:8443"),
        ("https:", "http://harbor.test"),
        ("http: {port: 8080}", "http://harbor.test:8080"),
        ("external_url: https://outside.test/", "https://outside.test/"),
        ("external_url: ''", "http://harbor.test"),
    ],
)
def test_the_address_is_worked_out(more: str, url: str) -> None:
    assert made(more)["public_url"] == url


def test_the_block_of_an_external_database_replaces_the_own_one() -> None:
    block = "{host: db, port: 5433, db_name: r, username: REDACTED, password: REDACTED, ssl_mode: require}"
    found = made(f"external_database: {{harbor: {block}}}")
    assert (found["external_database"], found["database_host"], found["database_ssl_mode"]) == (True, "db", "require")
    assert found["database_max_idle_conns"] == 2


def test_a_zero_is_taken_for_absent() -> None:
    found = made("external_redis: {host: 'r:6379', registry_db_index: 0, trivy_db_index: 7}", options={"trivy"})
    assert found["redis_urls"]["registry"] == "redis://r:6379/1?idle_timeout_seconds=30"
    assert found["redis_urls"]["trivy"] == "redis://r:6379/7?idle_timeout_seconds=30"


def test_the_block_of_the_own_redis_replaces_the_external_one_from_2_8_4_on() -> None:
    both = "external_redis: {host: 'r:6379'}\nredis: {registry_db_index: 4}"
    assert made(both, (2, 8, 4))["redis"]["host"] == "redis:6379"
    assert made(both, (2, 8, 3))["redis"]["host"] == "r:6379"
    assert made(both, (2, 7, 3))["redis"]["host"] == "redis:6379"


def test_the_first_driver_with_settings_is_in_force() -> None:
    found = made("storage_service: {oss: {bucket: b}, s3: {bucket: a}, filesystem: {}}")
    assert (found["storage_driver"], found["storage_settings"]) == ("s3", {"bucket": "a"})
    assert made("storage_service: {s3x: {bucket: a}}")["storage_driver"] == "filesystem"


def test_the_names_that_no_proxy_is_asked_for_are_the_releases_and_ones_own() -> None:
    more = "proxy: {http_proxy: 'http://p:3128', no_proxy: '.corp,10.0.0.0/8', components: [core]}"
    new, old = made(more)["proxies"]["core"], made(more, OLDER)["proxies"]["core"]
    assert {".corp", "10.0.0.0/8", "core", "trivy-adapter"} <= new["no_proxy"]
    assert old["no_proxy"] - new["no_proxy"] == {"chartmuseum", "notary-server", "notary-signer"}


def test_a_release_has_what_it_knows() -> None:
    more = "ip_family: {ipv6: {enabled: true}}\nmetric: {enabled: true, port: 9090, path: /metrics}"
    assert "ip_family" not in made(more, (2, 10, 3))
    assert made(more, (2, 11, 0))["ip_family"] == {"ipv6": {"enabled": True}}
    assert made(more)["metric"]["port"] == 9090
    assert rules_of((2, 10, 0)).has("strong-ciphers") is False
    assert rules_of((2, 9, 3)).has("strong-ciphers") is True


def test_a_value_that_stayed_on_the_host_stays_marked() -> None:
    found = made("external_redis: {host: 'r:6379', password: REDACTED}\nexternal_url: REDACTED")
    assert found["redis_urls"]["core"] == "redis://:REDACTED@r:6379?idle_timeout_seconds=30"
    assert found["public_url"] == "REDACTED"


def test_what_prepare_refuses_has_no_values() -> None:
    with pytest.raises(NotDecided, match="KeyError: 'data_volume'"):
        effective({"hostname": "a"}, NEWEST)


def test_of_a_release_without_its_patch_all_patches_are_candidates() -> None:
    assert known_releases((2, 14)) == tuple((2, 14, patch) for patch in range(5))
    assert known_releases((2, 14, 1)) == ((2, 14, 1),)
