"""What ``prepare`` rendered, held against what it would render from today's harbor.yml, value by value.

Comments, order and what is made anew in each run (CORE_SECRET, CSRF_KEY …) are no difference. A value of which a part
stayed on the host is compared as far as it is told; passwords by their digests, where there are some.

Source: goharbor/harbor ``make/photon/prepare/templates`` at the tags of 1.8.0 to 2.15.2.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, NotDecided, Reason
from dockworthy.facts.harbor.installed.composed import FILE, composed_services
from dockworthy.facts.harbor.installed.release import harbor_release
from dockworthy.facts.harbor.prepare.accepting import candidates
from dockworthy.facts.harbor.prepare.effective import effective
from dockworthy.facts.harbor.prepare.rules import rules_of
from dockworthy.facts.harbor.prepared.composing import compare_ports, compare_services, compare_volumes, composed_values
from dockworthy.facts.harbor.prepared.keys import digests
from dockworthy.facts.harbor.prepared.rendered import CORE, demand_prepared, is_rendered, lines, settings, variables
from dockworthy.facts.harbor.prepared.told import Differences, agree, agree_as_sets, agree_as_urls, plain
from dockworthy.masking import HIDDEN
from dockworthy.regex import regex

if TYPE_CHECKING:
    from collections.abc import Callable

    from dockworthy.facts.harbor.installed.config import HarborInstallation
    from dockworthy.facts.harbor.prepare.rules import Rules

__all__ = ["compose_differences", "prepared_differences", "release_source"]

_SECRETS: Final = frozenset(
    (
        *("accesskey", "secretkey", "keyid", "keydata", "accountname", "accountkey", "username", "password"),
        *("accesskeyid", "accesskeysecret"),
    )
)
_SCANNER: Final = "trivy-adapter/env"
_LOGGERS: Final = ("STD_OUTPUT", "FILE", "DB")
_STRONG: Final = "ECDHE+AESGCM:DHE+AESGCM:ECDHE+RSA+SHA256:DHE+RSA+SHA256:!AES128"
_REDIRECT: Final = regex(r"return 30\d https?://\$\w+?(?::(\d+))?\$request_uri;")


@dataclass(slots=True)
class _Case:
    """One installation, and what a release's `prepare` makes of its harbor.yml."""

    harbor: HarborInstallation
    values: Mapping[str, Any]
    rules: Rules
    differences: Differences

    def read(self, name: str, evidence: Evidence[Any], *, always: bool = False) -> Any:
        """What a file says; None where it is not there or not known, which is noted."""
        if evidence.is_known:
            return evidence.value
        reason = evidence.unknown or Reason("")
        if reason.code is not Code.ABSENT:
            self.differences.undecided[name] = reason
        elif always:
            self.differences.note(name, None, "a file", same=False)
        return None

    def variables(self, name: str, *, always: bool = False) -> _Variables | None:
        """A rendered environment file."""
        found = self.read(name, variables(self.harbor, name), always=always)
        return None if found is None else _Variables(name, found, self.differences)

    def is_on(self, name: str) -> bool:
        """Whether a block of harbor.yml is there and enabled."""
        block = self.values.get(name)
        return bool(block and block["enabled"])


@dataclass(frozen=True, slots=True)
class _Variables:
    """A rendered environment file under comparison."""

    name: str
    found: Mapping[str, str]
    differences: Differences

    def compare(self, wanted: Mapping[str, Any], *, optional: bool = False) -> None:
        """Compare these variables; optional ones only where they are there."""
        for key, value in wanted.items():
            self._compare(key, plain(value), agree, optional=optional)

    def urls(self, wanted: Mapping[str, str], *, optional: bool = False) -> None:
        """The same of URLs with a login."""
        for key, value in wanted.items():
            self._compare(key, value, agree_as_urls, optional=optional)

    def sets(self, wanted: Mapping[str, str], *, optional: bool = False) -> None:
        """The same of lists."""
        for key, value in wanted.items():
            self._compare(key, value, agree_as_sets, optional=optional)

    def _compare(self, key: str, wanted: str, same: Callable[[str, str], bool | None], *, optional: bool) -> None:
        found = self.found.get(key)
        place = f"{self.name}: {key}"
        if found is not None:
            self.differences.note(place, found, wanted, same=same(plain(found), wanted))
        elif not optional:
            self.differences.note(place, None, wanted, same=False)

    def switch(self, key: str, *, on: bool) -> bool:
        """Compare whether a variable is there; whether it is, and should be."""
        if (key in self.found) != on:
            place = f"{self.name}: {key}"
            self.differences.note(place, self.found.get(key), "true" if on else None, same=False)
        return on and key in self.found


def release_source(harbor: HarborInstallation) -> str:
    """By which release it is judged, and where that is told."""
    release = harbor_release(harbor).installed
    return f"{harbor.config}, by prepare of {release.value} ({release.source})" if release.is_known else harbor.config


def prepared_differences(harbor: HarborInstallation) -> Mapping[str, object]:
    """What differs; raises NotApplicable where `prepare` never ran, NotDecided where it is not known."""
    demand_prepared(harbor)
    options = ("trivy",) if is_rendered(harbor, _SCANNER) else ()
    return _judged(harbor, _PARTS, lambda one: effective(harbor.settings.value, one, options))


def compose_differences(harbor: HarborInstallation) -> Mapping[str, object]:
    """What of docker-compose.yml differs; raises NotDecided where it is not known."""
    return _judged(harbor, (_services, _volumes), lambda one: composed_values(harbor, rules_of(one)))


def _judged(
    harbor: HarborInstallation,
    parts: tuple[Callable[[_Case], None], ...],
    values: Callable[[tuple[int, ...]], Mapping[str, Any]],
) -> Mapping[str, object]:
    """The differences under the release that is installed; of which the patch is not known, under each."""
    release = harbor_release(harbor).installed
    found = []
    for one in candidates(release, harbor.config):
        case = _Case(harbor, values(one), rules_of(one), Differences())
        for part in parts:
            part(case)
        found.append(case.differences)
    if any(one.found for one in found) and not all(one.found for one in found):
        raise NotDecided("the releases that it may be would render it differently", release.source, Code.RELEASE)
    return found[-1].shown()


# --- core ------------------------------------------------------------------------------------------------------


def _core(case: _Case) -> None:
    env = case.variables(CORE, always=True)
    if env is None:
        return
    values, rules = case.values, case.rules
    env.compare({"EXT_ENDPOINT": values["public_url"], "LOG_LEVEL": values["log_level"]})
    env.compare({"MAX_JOB_WORKERS": values["max_job_workers"]}, optional=True)
    env.compare({"REGISTRY_STORAGE_PROVIDER_NAME": values["storage_driver"]}, optional=not rules.has("redis-url"))
    _database(case, env, "POSTGRESQL_", "DATABASE")
    _proxies(case, env, "core")
    if rules.has("redis-url"):
        urls = _redis_urls(case)
        env.urls({"_REDIS_URL_CORE": urls["core"], "_REDIS_URL_REG": urls["registry"]})
        if env.switch("_REDIS_URL_HARBOR", on="harbor" in urls):
            env.urls({"_REDIS_URL_HARBOR": urls["harbor"]})
        if env.switch("_REDIS_URL_CACHE_LAYER", on=case.is_on("cache") and "cache_layer" in urls):
            env.urls({"_REDIS_URL_CACHE_LAYER": urls["cache_layer"]})
    _switches(case, env)
    _password(case)


def _database(case: _Case, env: _Variables, prefix: str, name: str) -> None:
    names = {"HOST": "host", "PORT": "port", name: "name", "SSLMODE": "ssl_mode"}
    env.compare(_known(case.values, prefix, names))
    env.compare(_known(case.values, prefix, {"MAX_IDLE_CONNS": "max_idle_conns", "MAX_OPEN_CONNS": "max_open_conns"}))
    rest = {"CONN_MAX_LIFETIME": "conn_max_lifetime", "CONN_MAX_IDLE_TIME": "conn_max_idle_time"}
    env.compare(_known(case.values, prefix, rest), optional=True)


def _known(values: Mapping[str, Any], prefix: str, names: Mapping[str, str]) -> dict[str, Any]:
    """Those of the database's variables that the release has a value for."""
    return {
        prefix + variable: values[f"database_{name}"]
        for variable, name in names.items()
        if f"database_{name}" in values
    }


def _proxies(case: _Case, env: _Variables, component: str) -> None:
    if not case.rules.has("proxy"):
        return
    block = case.values["proxies"].get(component) or {}
    env.urls({"HTTP_PROXY": str(block.get("http_proxy") or ""), "HTTPS_PROXY": str(block.get("https_proxy") or "")})
    exempt = block.get("no_proxy") or ""
    env.sets({"NO_PROXY": exempt if isinstance(exempt, str) else ",".join(map(str, exempt))})


def _redis_urls(case: _Case) -> Mapping[str, str]:
    """The URLs; a password that is a number stays on the host, and looks like none."""
    urls: Mapping[str, str] = case.values["redis_urls"]
    blocks = (_at(case.harbor.settings.value, name, "password") for name in ("redis", "external_redis"))
    if not any(isinstance(password, (int, float)) for password in blocks):
        return urls
    return {who: url if "@" in url else url.replace("://", f"://{HIDDEN}@", 1) for who, url in urls.items()}


def _switches(case: _Case, env: _Variables) -> None:
    """What is there only where it is enabled."""
    values, rules = case.values, case.rules
    if rules.has("internal-tls"):
        env.switch("INTERNAL_TLS_ENABLED", on=bool(values["internal_tls"]))
    if rules.has("metric") and env.switch("METRIC_ENABLE", on=case.is_on("metric")):
        metric = values["metric"]
        env.compare({"METRIC_PATH": metric["path"], "METRIC_PORT": metric["port"]})
    if rules.has("trace"):
        env.switch("TRACE_ENABLED", on=case.is_on("trace"))
    if rules.has("cache") and env.switch("CACHE_ENABLED", on=case.is_on("cache")):
        env.compare({"CACHE_EXPIRE_HOURS": values["cache"]["expire_hours"]})
    if rules.has("core"):
        env.compare({"QUOTA_UPDATE_PROVIDER": values["quota_update_provider"]}, optional=True)


def _password(case: _Case) -> None:
    """The database's password, where both were digested under one key."""
    found = digests(case.harbor).get({})
    key = "external_database.harbor.password" if case.values["external_database"] else "database.password"
    if key in found and "POSTGRESQL_PASSWORD" in found:
        same = found[key] == found["POSTGRESQL_PASSWORD"]
        case.differences.note(f"{CORE}: POSTGRESQL_PASSWORD", "another password", "its password", same=same)


# --- the job service -------------------------------------------------------------------------------------------


def _jobservice(case: _Case) -> None:
    env = case.variables("jobservice/env", always=True)
    if env is None:
        return
    values = case.values
    _proxies(case, env, "jobservice")
    names = {
        "JOBSERVICE_WEBHOOK_JOB_MAX_RETRY": "webhook_job_max_retry",
        "JOBSERVICE_WEBHOOK_JOB_HTTP_CLIENT_TIMEOUT": "webhook_job_http_client_timeout",
        "LOG_LEVEL": "log_level",
    }
    env.compare({variable: values[name] for variable, name in names.items() if name in values}, optional=True)


def _jobservice_config(case: _Case) -> None:
    name = "jobservice/config.yml"
    found = case.read(name, settings(case.harbor, name), always=True)
    if found is None:
        return
    values, rules, differences = case.values, case.rules, case.differences
    differences.text(f"{name}: worker_pool.workers", _at(found, "worker_pool", "workers"), values["max_job_workers"])
    if rules.has("redis-url"):
        url, wanted = plain(_at(found, "worker_pool", "redis_pool", "redis_url")), _redis_urls(case)["jobservice"]
        differences.note(f"{name}: worker_pool.redis_pool.redis_url", url, wanted, same=agree_as_urls(url, wanted))
    loggers = [one for one in _items(_at(found, "job_loggers")) if isinstance(one, Mapping)]
    if rules.has("job-loggers"):
        wanted_names = [one for one in _items(values["job_loggers"]) if one in _LOGGERS]
        differences.text(f"{name}: job_loggers", _joined(one.get("name") for one in loggers), _joined(wanted_names))
    level = str(values["log_level"]).upper()
    for one in loggers:
        differences.text(f"{name}: job_loggers.{one.get('name')}.level", one.get("level"), level)
        duration = _at(one, "sweeper", "duration")
        if duration is not None and "logger_sweeper_duration" in values:
            wanted_days = values["logger_sweeper_duration"]
            differences.text(f"{name}: job_loggers.{one.get('name')}.sweeper.duration", duration, wanted_days)
    hours = _at(found, "reaper", "max_update_hours")
    if hours is not None and "max_job_duration_hours" in values:
        differences.text(f"{name}: reaper.max_update_hours", hours, values["max_job_duration_hours"])


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _joined(names: Any) -> str:
    return ", ".join(str(name) for name in names)


def _at(tree: Any, *path: str) -> Any:
    """A value by its keys; None where there is none."""
    for key in path:
        tree = tree.get(key) if isinstance(tree, Mapping) else None
    return tree


# --- the registry ----------------------------------------------------------------------------------------------


def _registry(case: _Case) -> None:
    name = "registry/config.yml"
    found = case.read(name, settings(case.harbor, name), always=True)
    if found is None:
        return
    values, differences = case.values, case.differences
    level = plain(_at(found, "log", "level")).replace("warning", "warn")
    differences.text(f"{name}: log.level", level, str(values["log_level"]).replace("warning", "warn"))
    _storage(case, name, _at(found, "storage"))
    redirect = _at(found, "storage", "redirect", "disable")
    differences.text(f"{name}: storage.redirect.disable", bool(redirect), values["redirect_disabled"])
    _purging(case, name, _at(found, "storage", "maintenance", "uploadpurging"))
    _registry_redis(case, name, _at(found, "redis"))
    _metrics(case, name, found)


def _registry_redis(case: _Case, name: str, found: Any) -> None:
    """Which Redis the registry asks: `prepare` reads it out of the URL, where an unquoted password may end too soon."""
    wanted = case.values["redis"]
    if not case.rules.has("redis-url"):
        case.differences.text(f"{name}: redis.db", _at(found, "db") or 0, wanted["registry_db_index"])
        return
    unsure = bool(wanted.get("password")) and not case.rules.has("redis-quotes-password")
    parts = {"addr": wanted["host"], "sentinelMasterSet": wanted.get("sentinel_master_set")}
    for key, value in {**parts, "db": wanted["registry_db_index"]}.items():
        first, second = plain(_at(found, key)) or ("0" if key == "db" else ""), plain(value)
        same = agree(first, second)
        case.differences.note(f"{name}: redis.{key}", first, second, same=None if unsure and not same else same)


def _storage(case: _Case, name: str, found: Any) -> None:
    """The driver's settings, as `prepare` writes them down one by one."""
    driver = case.values["storage_driver"]
    blocks = (
        {key: value for key, value in found.items() if key not in _NO_DRIVERS} if isinstance(found, Mapping) else {}
    )
    case.differences.text(f"{name}: storage", _joined(blocks), driver)
    wanted = dict(case.values["storage_settings"]) if isinstance(case.values["storage_settings"], Mapping) else {}
    if driver == "filesystem":
        wanted.setdefault("rootdirectory", "/storage")
    block = blocks.get(driver) or {}
    if driver not in blocks or not isinstance(block, Mapping):
        return
    for key in sorted({*map(str, wanted), *map(str, block)}):
        first, second = block.get(key), wanted.get(key)
        if key == "keyfile" and driver == "gcs":  # always the same path in the container
            first, second = bool(first), bool(second)
        if key in _SECRETS or isinstance(first, (list, Mapping)) or isinstance(second, (list, Mapping)):
            continue
        case.differences.text(f"{name}: storage.{driver}.{key}", first, _written(second))


_NO_DRIVERS: Final = frozenset(("cache", "maintenance", "delete", "redirect"))


def _written(value: Any) -> Any:
    """A setting of the storage as it is rendered: a 1 is taken for true."""
    return "true" if value == True else value  # noqa: E712 - as prepare compares it


def _purging(case: _Case, name: str, found: Any) -> None:
    if not case.rules.has("upload-purging") or not _at(case.harbor.settings.value, "upload_purging"):
        return
    wanted = case.values["upload_purging"]
    keys = ("age", "interval", "dryrun") if wanted["enabled"] else ()
    case.differences.text(f"{name}: uploadpurging.enabled", _at(found, "enabled"), bool(wanted["enabled"]))
    for key in keys:
        case.differences.text(f"{name}: uploadpurging.{key}", _at(found, key), wanted[key])


def _metrics(case: _Case, name: str, found: Any) -> None:
    """Where the registry tells its figures: compared where it is told to."""
    if not case.rules.has("metric"):
        return
    path = _at(found, "http", "debug", "prometheus", "path")
    if path is not None and not case.is_on("metric"):
        case.differences.text(f"{name}: http.debug.prometheus.path", path, None)
    elif path is not None:
        metric = case.values["metric"]
        case.differences.text(f"{name}: http.debug.prometheus.path", path, metric["path"])
        case.differences.text(f"{name}: http.debug.addr", _at(found, "http", "debug", "addr"), f":{metric['port']}")


# --- the proxy, logs, options ----------------------------------------------------------------------------------


def _nginx(case: _Case) -> None:
    name = "nginx/nginx.conf"
    found = case.read(name, lines(case.harbor, name), always=True)
    if found is None:
        return
    values, differences = case.values, case.differences
    secure = values["protocol"] == "https"
    listens = {line.removeprefix("listen ").removesuffix(";") for line in found if line.startswith("listen ")}
    differences.text(f"{name}: ssl", any(" ssl" in one for one in listens), secure)
    if secure and case.rules.has("ip-family"):
        wanted = {"8443 ssl"} if _family(values, "ipv4") else set()
        wanted |= {"[::]:8443 ssl"} if _family(values, "ipv6") else set()
        differences.text(
            f"{name}: listen", _joined(sorted(one for one in listens if " ssl" in one)), _joined(sorted(wanted))
        )
    redirects = [match for line in found if (match := _REDIRECT.fullmatch(line))]
    if secure and redirects and case.rules.has("internal-tls"):
        differences.text(f"{name}: redirect", redirects[0][1] or "", values["https_port"])
    elif redirects and not secure:
        differences.text(f"{name}: redirect", redirects[0][0], None)
    if case.rules.has("metric"):
        differences.text(f"{name}: metrics", "9090" in listens, case.is_on("metric"))
        places = [line.split()[2] for line in found if line.startswith("location = ")]
        if secure and case.is_on("metric") and places:
            differences.text(f"{name}: metrics' path", places[-1], values["metric"]["path"])
    ciphers = [line for line in found if line.startswith("ssl_ciphers ")]
    if secure and ciphers and case.rules.has("strong-ciphers"):
        strong = bool(values["strong_ssl_ciphers"])
        differences.text(f"{name}: strong_ssl_ciphers", _STRONG in ciphers[0], strong)


def _family(values: Mapping[str, Any], name: str) -> bool:
    return bool(_at(values["ip_family"], name, "enabled"))


def _logs(case: _Case) -> None:
    values, differences = case.values, case.differences
    name = "log/logrotate.conf"
    found = case.read(name, lines(case.harbor, name))
    if found is not None and "log_rotate_count" in values:
        told = dict(line.split(" ", 1) for line in found)
        differences.text(f"{name}: rotate", told.get("rotate"), values["log_rotate_count"])
        differences.text(f"{name}: size", told.get("size"), values["log_rotate_size"])
    name = "log/rsyslog_docker.conf"
    found = case.read(name, lines(case.harbor, name))
    if found is not None and case.rules.has("log-endpoint"):
        endpoint = values["log_endpoint"]
        given = dict(re.findall(r'(\w+)="([^"]*)"', " ".join(found)))
        for key, part in (("Target", "host"), ("Port", "port"), ("Protocol", "protocol")):
            differences.text(f"{name}: {key}", given.get(key), endpoint[part] if endpoint else None)


_TRIVY: Final = {
    "SCANNER_TRIVY_IGNORE_UNFIXED": "ignore_unfixed",
    "SCANNER_TRIVY_SKIP_UPDATE": "skip_update",
    "SCANNER_TRIVY_SKIP_JAVA_DB_UPDATE": "skip_java_db_update",
    "SCANNER_TRIVY_DB_REPOSITORY": "db_repository",
    "SCANNER_TRIVY_JAVA_DB_REPOSITORY": "java_db_repository",
    "SCANNER_TRIVY_OFFLINE_SCAN": "offline_scan",
    "SCANNER_TRIVY_SECURITY_CHECKS": "security_check",
    "SCANNER_TRIVY_INSECURE": "insecure",
    "SCANNER_TRIVY_TIMEOUT": "timeout",
}


def _trivy(case: _Case) -> None:
    env = case.variables(_SCANNER) if case.rules.has("trivy") else None
    if env is None:
        return
    wanted = case.values["trivy"]
    env.compare({variable: wanted[name] for variable, name in _TRIVY.items() if name in wanted}, optional=True)
    env.compare({"SCANNER_LOG_LEVEL": case.values["log_level"]}, optional=True)
    _proxies(case, env, "trivy")
    if case.rules.has("redis-url"):
        url = _redis_urls(case).get("trivy", HIDDEN)
        names = ("SCANNER_REDIS_URL", "SCANNER_STORE_REDIS_URL", "SCANNER_JOB_QUEUE_REDIS_URL")
        env.urls(dict.fromkeys(names, url), optional=True)


def _exporter(case: _Case) -> None:
    if not case.rules.has("metric") or not case.is_on("metric"):
        return
    env = case.variables("exporter/env", always=True)
    if env is None:
        return
    env.compare({"LOG_LEVEL": case.values["log_level"]}, optional=True)
    names = {"HOST": "host", "PORT": "port", "DBNAME": "name", "SSLMODE": "ssl_mode"}
    names |= {"MAX_IDLE_CONNS": "max_idle_conns", "MAX_OPEN_CONNS": "max_open_conns"}
    env.compare(_known(case.values, "HARBOR_DATABASE_", names), optional=True)
    env.urls({"HARBOR_REDIS_URL": _redis_urls(case)["jobservice"]}, optional=True)


# --- docker-compose.yml ----------------------------------------------------------------------------------------


def _compose(case: _Case) -> None:
    """All of it, where it is there: harbor.compose-current says what that it is not means."""
    if case.read(FILE, composed_services(case.harbor)) is None:
        return
    _services(case)
    _volumes(case)
    compare_ports(case.harbor, case.values, case.rules, case.differences)


def _services(case: _Case) -> None:
    compare_services(case.harbor, case.values, case.rules, case.differences)


def _volumes(case: _Case) -> None:
    compare_volumes(case.harbor, case.values, case.differences)


_PARTS: Final[tuple[Callable[[_Case], None], ...]] = (
    *(_core, _jobservice, _jobservice_config, _registry, _nginx),
    *(_logs, _trivy, _exporter, _compose),
)
