"""What Harbor's ``prepare`` makes of a harbor.yml: each value with its default, or the words with which it gives up.

It is read as ``prepare`` reads it: a block that is missing, null or empty is the same to it, 0 and "" are often taken
for absent, and no type is asked for anywhere. A value of the wrong type therefore ends in the words of Python itself,
which are those that ``prepare`` prints. What the probe did not tell is a `Hidden`.

Source: goharbor/harbor ``make/photon/prepare/utils/configs.py`` and ``models.py``, at the tags of 1.8.0 to 2.15.2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode

from dockworthy.evidence import Code, NotDecided
from dockworthy.facts.harbor.prepare.hidden import unhidden
from dockworthy.facts.harbor.prepare.rules import rules_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from dockworthy.facts.harbor.prepare.rules import Rules

__all__ = ["DRIVERS", "RAISED", "Refused", "derive", "effective", "words"]

DRIVERS: Final = ("filesystem", "azure", "gcs", "s3", "swift", "oss")
_LEVELS: Final = ("debug", "info", "warning", "error", "fatal")
_HTTPS_PORT, _HTTP_PORT, _DATABASE_PORT, _REDIS_PORT = 443, 80, 5432, 6379
_LEAST_HOURS: Final = 24
_DATABASE: Final = {"host": "host", "port": "port", "name": "db_name", "username": "username", "password": "password"}


class Refused(Exception):  # noqa: N818 - what prepare says, and no fault of ours
    """``prepare`` gives up by itself, with these words."""


# What that, a missing key, a value of the wrong type and a file that is not there raise in prepare's place.
RAISED: Final = (Refused, LookupError, TypeError, AttributeError, ValueError, OSError)


def effective(settings: Mapping[str, Any], release: tuple[int, ...], options: Collection[str] = ()) -> dict[str, Any]:
    """What ``prepare`` of a release makes of harbor.yml's settings: what it passes to its templates.

    A text that stayed on the host is ``REDACTED`` in it, by itself or within another. A name that the release does not
    know is missing; so are those of ``https`` where Harbor does not serve it, of the database where none is
    configured, and ``log_location`` where `prepare` fails for want of it.

    Args:
        settings: harbor.yml, as it was read.
        release: its three numbers.
        options: what is installed besides: ``trivy``, ``notary``, ``clair``, ``chartmuseum``.

    Returns:
        hostname, protocol, http_port, https_port, certificate, private_key, public_url; database_host, _port, _name,
        _username, _password, _ssl_mode, _max_idle_conns, _max_open_conns, _conn_max_lifetime, _conn_max_idle_time,
        external_database; data_volume, admin_password, ca_bundle, storage_driver, storage_settings, redirect_disabled;
        proxies (by component: http_proxy, https_proxy, no_proxy, a set from 1.9.4 on); trivy; max_job_workers,
        max_job_duration_hours, job_loggers, logger_sweeper_duration, webhook_job_max_retry,
        webhook_job_http_client_timeout; log_level, log_location, log_rotate_count, log_rotate_size, log_endpoint;
        external_redis, redis (the keys of external_redis, with their defaults), redis_urls (core, registry,
        jobservice, trivy, chartmuseum, harbor, cache_layer), redis_ca; internal_tls (dir, or None), strong_ssl_ciphers,
        ip_family, metric (None where there is none), trace, upload_purging, cache, quota_update_provider.

    Raises:
        NotDecided: where prepare does not get as far as that.
    """
    try:
        return derive(unhidden(settings), rules_of(release), options)
    except RAISED as error:
        raise NotDecided(f"prepare would refuse it: {words(error)}", "harbor.yml", Code.FAILED) from None


def words(error: Exception) -> str:
    """What Python prints of an exception in its last line."""
    name = "Exception" if isinstance(error, Refused) else type(error).__name__
    return f"{name}: {error}".replace("'Hidden'", "'str'")


def derive(settings: Any, rules: Rules, options: Collection[str]) -> dict[str, Any]:
    """The values by their names, as `effective` tells them.

    Args:
        settings: what harbor.yml says, whatever that is.
        rules: what the release does.
        options: what is installed besides: ``trivy``, ``notary``, ``clair``, ``chartmuseum``.

    Raises:
        Refused: where prepare says itself what is wrong.
        KeyError, TypeError, AttributeError, ValueError: where Python says it, in the same words.
        NotDecided: where it depends on what the probe did not tell.
    """
    values: dict[str, Any] = {}
    for part in _PARTS:
        part(settings, values, rules, options)
    return values


def _address(settings: Any, values: dict[str, Any], rules: Rules, options: Collection[str]) -> None:
    del rules, options
    values.update(hostname=settings["hostname"], protocol="http")
    values["http_port"] = (settings.get("http") or {}).get("port", _HTTP_PORT)
    https = settings.get("https")
    if https:
        values.update(protocol="https", https_port=https.get("port", _HTTPS_PORT))
        values.update(certificate=https["certificate"], private_key=https["private_key"])
    values["public_url"] = settings.get("external_url") or _own_url(values)


def _own_url(values: Mapping[str, Any]) -> str:
    protocol = values["protocol"]
    port = values[f"{protocol}_port"]
    url = f"{protocol}://{values['hostname']}"
    return url if port == (_HTTPS_PORT if protocol == "https" else _HTTP_PORT) else f"{url}:{port}"


def _database(settings: Any, values: dict[str, Any], rules: Rules, options: Collection[str]) -> None:
    del options
    own = settings.get("database")
    if own:
        values.update(database_host="postgresql", database_port=_DATABASE_PORT, database_name="registry")
        values.update(database_username="postgres", database_password=own.get("password") or "")
        values["database_ssl_mode"] = "disable"
        _pool(own, values, rules)


def _pool(block: Any, values: dict[str, Any], rules: Rules) -> None:
    if rules.has("database-pool"):
        values["database_max_idle_conns"] = block.get("max_idle_conns") or 2
        values["database_max_open_conns"] = block.get("max_open_conns") or 0
    if rules.has("database-lifetime"):
        values["database_conn_max_lifetime"] = block.get("conn_max_lifetime") or "5m"
        values["database_conn_max_idle_time"] = block.get("conn_max_idle_time") or "0"


def _storage(settings: Any, values: dict[str, Any], rules: Rules, options: Collection[str]) -> None:
    del options
    values["data_volume"] = settings["data_volume"]
    values["admin_password"] = settings["harbor_admin_password"]
    block = settings.get("storage_service") or {}
    values["ca_bundle"] = block.get("ca_bundle") or ""
    values["storage_driver"] = next((driver for driver in DRIVERS if block.get(driver)), "filesystem")
    values["storage_settings"] = block.get(values["storage_driver"]) or {}
    redirect = block.get("redirect")
    values["redirect_disabled"] = bool(
        redirect and redirect["disabled" if rules.has("redirect-disabled") else "disable"]
    )


def _proxy(settings: Any, values: dict[str, Any], rules: Rules, options: Collection[str]) -> None:
    del options
    values["proxies"] = proxies = {}
    if not rules.has("proxy"):
        return
    block = settings.get("proxy") or {}
    components = block.get("components") or []
    exempt = block.get("no_proxy")
    if rules.has("proxy-adds-inside"):
        exempt = rules.inside | (set(exempt.split(",")) if exempt else set())
    for component in components:
        component + "_http_proxy"
        proxies[component] = {
            "http_proxy": block.get("http_proxy") or "",
            "https_proxy": block.get("https_proxy") or "",
            "no_proxy": exempt or "127.0.0.1,localhost,core,registry",
        }


# What the scanner is told, its default, and the rule by which a release knows it.
_TRIVY: Final[dict[str, tuple[Any, str]]] = {
    "github_token": ("", "trivy"),
    "skip_update": (False, "trivy"),
    "skip_java_db_update": (False, "trivy-java"),
    "db_repository": ("ghcr.io/aquasecurity/trivy-db", "trivy-repositories"),
    "java_db_repository": ("ghcr.io/aquasecurity/trivy-java-db", "trivy-repositories"),
    "offline_scan": (False, "trivy-offline"),
    "security_check": ("vuln", "trivy-security-check"),
    "ignore_unfixed": (False, "trivy"),
    "insecure": (False, "trivy"),
    "timeout": ("5m0s", "trivy-timeout"),
}


def _scanners(settings: Any, values: dict[str, Any], rules: Rules, options: Collection[str]) -> None:
    del options
    if rules.has("clair"):
        (settings.get("clair") or {}).get("updaters_interval")
    if rules.has("trivy"):
        block = settings.get("trivy") or {}
        values["trivy"] = {
            name: block.get(name) or default for name, (default, rule) in _TRIVY.items() if rules.has(rule)
        }
    if rules.has("chartmuseum"):
        values["chart_absolute_url"] = (settings.get("chart") or {}).get("absolute_url")


def _jobs(settings: Any, values: dict[str, Any], rules: Rules, options: Collection[str]) -> None:
    del options
    block = settings.get("jobservice") or {}
    values["max_job_workers"] = block["max_job_workers"]
    if rules.has("job-duration"):
        hours = block.get("max_job_duration_hours") or _LEAST_HOURS
        values["max_job_duration_hours"] = hours if isinstance(hours, int) and hours >= _LEAST_HOURS else _LEAST_HOURS
    if rules.has("job-loggers"):
        values["job_loggers"] = block["job_loggers"]
    if rules.has("logger-sweeper"):
        values["logger_sweeper_duration"] = block["logger_sweeper_duration"]
    if rules.has("notification"):
        block = settings.get("notification") or {}
        values["webhook_job_max_retry"] = block["webhook_job_max_retry"]
        if rules.has("webhook-timeout"):
            values["webhook_job_http_client_timeout"] = block["webhook_job_http_client_timeout"]


def _log(settings: Any, values: dict[str, Any], rules: Rules, options: Collection[str]) -> None:
    del options
    block = settings.get("log") or {}
    if rules.has("log-flat"):
        values.update({f"log_{name}": block[name] for name in ("location", "rotate_count", "rotate_size")})
    if block["level"] not in _LEVELS:
        raise Refused("log level must be one of debug, info, warning, error, fatal")
    values["log_level"] = block["level"]
    values["log_endpoint"] = None
    if not rules.has("log-endpoint"):
        return
    local = block.get("local") or {}
    if local:
        values["log_location"] = local.get("location") or "/var/log/harbor"
        values["log_rotate_count"] = local.get("rotate_count") or 50
        values["log_rotate_size"] = local.get("rotate_size") or "200M"
    endpoint = block.get("external_endpoint")
    if endpoint:
        values["log_endpoint"] = {name: endpoint[name] for name in ("protocol", "host", "port")}


def _external_database(settings: Any, values: dict[str, Any], rules: Rules, options: Collection[str]) -> None:
    block = settings.get("external_database") or {}
    values["external_database"] = bool(block)
    if not block:
        return
    harbor = block["harbor"]
    for name, key in {**_DATABASE, "ssl_mode": "ssl_mode"}.items():
        values[f"database_{name}"] = harbor[key]
    _pool(harbor, values, rules)
    for option, names in (("clair", ("clair",)), ("notary", ("notary_signer", "notary_server"))):
        if rules.has("every-database") or (rules.has(option) and option in options):
            for other in names:
                for key in (*_DATABASE.values(), "ssl_mode"):
                    block[other][key]


# --- Redis -----------------------------------------------------------------------------------------------------


_INDEXES: Final = {"registry": 1, "jobservice": 2, "chartmuseum": 3, "clair": 4, "trivy": 5}


def redis_of(settings: Any, rules: Rules) -> dict[str, Any]:
    """What Harbor is told of its Redis: the values of one of the two blocks over the defaults."""
    outside = settings.get("external_redis")
    redis: dict[str, Any] = {"host": "redis" if rules.has("redis-port") else f"redis:{_REDIS_PORT}", "password": ""}
    if rules.has("redis-port"):
        redis["port"] = _REDIS_PORT
    redis.update({f"{name}_db_index": index for name, index in _INDEXES.items()}, idle_timeout_seconds=30)
    if rules.has("redis-needs-address"):
        if outside:
            redis.update(host=outside["host"], port=outside["port"], password=outside.get("password") or "")
            indexes = ("registry_db_index", "jobservice_db_index", "chartmuseum_db_index")
            redis.update({name: outside.get(name) or redis[name] for name in indexes})
    elif rules.has("redis-keeps-empty"):
        redis.update(outside or {})
    else:
        inside = settings.get("redis") or {} if rules.has("redis-block") else {}
        chosen = inside if len(inside) > 0 else outside or {}
        redis.update({key: value for key, value in chosen.items() if value})
    return redis


def _redis(settings: Any, values: dict[str, Any], rules: Rules, options: Collection[str]) -> None:
    values["external_redis"] = bool(settings.get("external_redis"))
    values["redis"] = redis = redis_of(settings, rules)
    if rules.has("redis-url"):
        values["redis_urls"] = _redis_urls(redis, rules, options)
    if rules.has("redis-tls") and _has_tls(redis):
        values["redis_ca"] = redis["tlsOptions"]["rootCA"]


def _redis_urls(redis: dict[str, Any], rules: Rules, options: Collection[str]) -> dict[str, str]:
    """Who asks Redis by which URL; a password that was not told stands in it as such."""
    wanted = {"core": 0}
    if rules.has("chartmuseum"):
        wanted["chartmuseum"] = redis["chartmuseum_db_index"]
    wanted.update(jobservice=redis["jobservice_db_index"], registry=redis["registry_db_index"])
    if rules.has("redis-block"):
        optional = {"harbor": "harbor_db_index", "cache_layer": "cache_layer_db_index"}
        wanted.update({name: redis[key] for name, key in optional.items() if redis.get(key)})
    if "trivy" in options:
        wanted["trivy"] = redis["trivy_db_index"]
    return {name: _redis_url(index, redis, rules) for name, index in wanted.items()}


def _redis_url(index: Any, redis: dict[str, Any], rules: Rules) -> str:
    master = redis.get("sentinel_master_set")
    scheme = "rediss" if rules.has("redis-tls") and _has_tls(redis) else "redis"
    path = ("/" + master if master else "") + (f"/{index}" if index else "")
    password = redis.get("password")
    if rules.has("redis-quotes-password"):
        password = quote(str(password), safe="")
    login = f":{password}@" if password else ""
    if rules.has("redis-username"):
        login = f"{redis.get('username') or ''}{login}"
    query = "?" + urlencode({"idle_timeout_seconds": redis["idle_timeout_seconds"]})
    return f"{scheme}{'+sentinel' if master else ''}://{login}{redis['host']}{path}{query}"


def _has_tls(redis: dict[str, Any]) -> Any:
    return "tlsOptions" in redis and redis["tlsOptions"].get("enable")


# --- what a release has besides --------------------------------------------------------------------------------


def _tls(settings: Any, values: dict[str, Any], rules: Rules, options: Collection[str]) -> None:
    del options
    block = settings.get("internal_tls") if rules.has("internal-tls") else None
    values["internal_tls"] = {"dir": block["dir"]} if block and block.get("enabled") else None
    if rules.has("strong-ciphers"):
        https = settings.get("https")
        strong = https.get("strong_ssl_ciphers") if https else False
        values["strong_ssl_ciphers"] = bool(strong or (block and block.get("strong_ssl_ciphers")))
    if rules.has("ip-family"):
        default = {"ipv4": {"enabled": True}, "ipv6": {"enabled": False}}
        values["ip_family"] = settings.get("ip_family") or default


_EXPORTERS: Final = {
    "jaeger": ("endpoint", "username", "password", "agent_host", "agent_port"),
    "otel": ("endpoint", "url_path", "compression", "insecure", "timeout"),
}


def _observability(settings: Any, values: dict[str, Any], rules: Rules, options: Collection[str]) -> None:
    del options
    if rules.has("metric"):
        block = settings.get("metric")
        values["metric"] = {name: block[name] for name in ("enabled", "port", "path")} if block else None
    if rules.has("trace"):
        block = settings.get("trace") or {}
        values["trace"] = trace = {"enabled": block.get("enabled") or False, "sample_rate": block.get("sample_rate", 1)}
        trace.update(namespace=block.get("namespace") or "", attributes=block.get("attributes") or {})
        for name, keys in _EXPORTERS.items():
            exporter = block.get(name)
            trace[name] = {key: exporter.get(key) for key in keys} if exporter else None


def _upkeep(settings: Any, values: dict[str, Any], rules: Rules, options: Collection[str]) -> None:
    del options
    if rules.has("upload-purging"):
        block = settings.get("upload_purging") or {}
        values["upload_purging"] = {
            "enabled": block.get("enabled"),
            "age": block.get("age") or "168h",
            "interval": block.get("interval") or "24h",
            "dryrun": block.get("dryrun") or False,
        }
    if rules.has("cache"):
        block = settings.get("cache") or {}
        values["cache"] = {name: block.get(name) for name in ("enabled", "expire_hours")}
    values["uaa"] = settings.get("uaa") or {}
    if rules.has("core"):
        values["quota_update_provider"] = (settings.get("core") or {}).get("quota_update_provider") or "db"


# In the order in which prepare reads them: the first that fails is what it says.
_PARTS: Final[tuple[Callable[[Any, dict[str, Any], Rules, Collection[str]], None], ...]] = (
    _address,
    _database,
    _storage,
    _proxy,
    _scanners,
    _jobs,
    _log,
    _external_database,
    _redis,
    _tls,
    _observability,
    _upkeep,
)
