"""Whether ``prepare`` of a release would accept a harbor.yml, in its own words where not.

First come the values (`effective`, beside this); then, in its order, what ``prepare`` validates, the files that it
copies and what it renders. The first words with which it ends are the answer. None is made up: where it depends on what
stayed on the host or was not looked at, NotDecided is raised.

Source: goharbor/harbor ``make/photon/prepare``, at the tags of 1.8.0 to 2.15.2.
"""

from __future__ import annotations

import json
from copy import copy
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, NotDecided
from dockworthy.facts.harbor.prepare.effective import RAISED, Refused, derive, words
from dockworthy.facts.harbor.prepare.hidden import Hidden, unhidden
from dockworthy.facts.harbor.prepare.rules import rules_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from dockworthy.facts.harbor.prepare.mounts import Mounts
    from dockworthy.facts.harbor.prepare.rules import Rules

__all__ = ["Refusal", "refusal"]

_TEMPLATE_PATH: Final = "/your/certificate/path"  # of the certificate; compared with the key's by mistake, too
_OWNER: Final = 10000  # as whom Harbor's services run
_SECRET_LENGTH: Final = 16
_PORTS: Final = range(1, 65536)
_LEAST_HOURS: Final = 2


@dataclass(frozen=True, slots=True)
class Refusal:
    """With what ``prepare`` ends.

    Attributes:
        words: the last line that it prints of it.
        is_validation: whether its own validation says so, and not a failing program; the status is then 255.
    """

    words: str
    is_validation: bool = False


def refusal(settings: Any, release: tuple[int, ...], options: Collection[str], mounts: Mounts) -> Refusal | None:
    """The words with which ``prepare`` ends; None where it accepts.

    Args:
        settings: harbor.yml, as it was read, whatever it is.
        release: its three numbers.
        options: what is installed besides.
        mounts: the host's files as prepare's container finds them.

    Raises:
        NotDecided: where it depends on what was not seen.
    """
    rules = rules_of(release)
    try:
        values = derive(unhidden(settings), rules, options)
    except RAISED as error:
        return Refusal(words(error))
    try:
        _validate(values, rules, options, mounts)
    except RAISED as error:
        if rules.has("validation-is-caught"):
            return Refusal(words(error).partition(": ")[2], is_validation=True)
        return Refusal(words(error))
    ends = [end for step in _steps(values, rules, options, mounts) if (end := _end(step)) is not None]
    # One that is not decided may be followed by one that is certain to fail: it is refused in either case.
    refused = next((Refusal(words(error)) for error in ends if not isinstance(error, NotDecided)), None)
    if refused is None and ends:
        raise ends[0]
    return refused


def _end(step: Callable[[], object]) -> Exception | None:
    """How a step ends, where not well."""
    try:
        step()
    except (*RAISED, NotDecided) as error:
        return error
    return None


# --- what it validates -----------------------------------------------------------------------------------------


def _validate(values: Mapping[str, Any], rules: Rules, options: Collection[str], mounts: Mounts) -> None:
    if rules.has("validates-hostname"):
        _refuse_if(values["hostname"] == "127.0.0.1", "127.0.0.1 can not be the hostname")
        _refuse_if(values["hostname"] == "reg.mydomain.com", "Please specify hostname")
    _validate_protocol(values, rules, options)
    endpoint = values["log_endpoint"] or {"host": 1, "port": 1, "protocol": "tcp"}
    for name in ("host", "port"):
        _refuse_if(not endpoint[name], f"Error: must set log endpoint {name} to enable external host")
    wrong = endpoint["protocol"] not in ("udp", "tcp")
    _refuse_if(wrong, "Protocol in external log endpoint must be one of 'udp' or 'tcp'")
    if rules.has("validates-ca-bundle"):
        _validate_bundle(values["ca_bundle"], mounts)
    if rules.has("validates-redis"):
        _validate_redis(values["redis"], rules)
    if rules.has("trace") and values["trace"]["enabled"]:
        _validate_trace(values["trace"])
    if rules.has("upload-purging") and values["upload_purging"]["enabled"]:
        _validate_purging(values["upload_purging"])
    if rules.has("cache") and values["cache"]["enabled"]:
        hours = values["cache"]["expire_hours"]
        _refuse_if(not hours or hours <= 0, "cache expire hours should be positive number")
    if rules.has("core"):
        provider = values["quota_update_provider"]
        _refuse_if(provider not in ("db", "redis"), f"invalid quota update provider: {provider}")


def _refuse_if(wrong: bool, words: str) -> None:
    if wrong:
        raise Refused(words)


def _validate_protocol(values: Mapping[str, Any], rules: Rules, options: Collection[str]) -> None:
    if values["protocol"] == "http":
        needed = rules.has("notary") and "notary" in options
        _refuse_if(needed, "Error: the protocol must be https when Harbor is deployed with Notary")
        return
    template = _TEMPLATE_PATH if rules.has("validates-template-paths") else None
    for name, key in (("certificate", "ssl_cert"), ("private_key", "ssl_cert_key")):
        missing = not values[name] or values[name] == template
        _refuse_if(missing, f"Error: The protocol is https but attribute {key} is not set")


def _validate_bundle(path: Any, mounts: Mounts) -> None:
    if not path:
        return
    seen = path if path.startswith("/data/") else "/hostfs/" + path.lstrip("/")
    try:
        uid, mode = mounts.owner(seen)
    except OSError:
        raise Refused("Can not get file info") from None
    wrong = f"Cert File {path} should be owned by user with uid {_OWNER} or readable by others"
    _refuse_if(not mode & (0o400 if uid == _OWNER else 0o004), wrong)


def _validate_redis(redis: Mapping[str, Any], rules: Rules) -> None:
    file = "harbor.cfg" if rules.release < (1, 9) else "harbor.yml"
    host, port = redis["host"], redis["port"]
    wrong = f"Error: redis_host in {file} needs to point to an endpoint of Redis server or cluster."
    _refuse_if(host is None or len(host) < 1, wrong)
    wrong = f"Error: redis_port in {file} needs to point to the port of Redis server or cluster."
    _refuse_if(port < _PORTS.start or port >= _PORTS.stop, wrong)


def _validate_trace(trace: Mapping[str, Any]) -> None:
    jaeger, otel = trace["jaeger"], trace["otel"]
    _refuse_if(jaeger is None and otel is None, "Trace enabled but no trace exporter set")
    _refuse_if(jaeger is not None and otel is not None, "Only can have one trace exporter at a time")
    if jaeger is not None:
        given = [bool(jaeger[name]) for name in ("endpoint", "agent_host")]
        _refuse_if(not any(given), "Jaeger Colector Endpoint or Agent host not set, must set one")
        _refuse_if(all(given), "Jaeger Colector Endpoint and Agent host both set, only can set one")
    else:
        _refuse_if(not otel["endpoint"], "Trace endpoint not set")
        _refuse_if(not otel["url_path"], "Trace url path not set")


def _validate_purging(purging: Mapping[str, Any]) -> None:
    for name, least in (("age", "be less"), ("interval", "beless")):
        value = purging[name]
        wrong = f"purge upload {name} should set with with nh, n is the number of hour"
        _refuse_if(not isinstance(value, str) or not value.endswith("h"), wrong)
        hours = value[:-1]
        _refuse_if(not hours.isnumeric() or int(hours) < _LEAST_HOURS, f"{wrong} and n should not {least} than 2")


# --- what it does ----------------------------------------------------------------------------------------------


def _steps(
    values: dict[str, Any], rules: Rules, options: Collection[str], mounts: Mounts
) -> Iterator[Callable[[], object]]:
    """Each step that may fail, in prepare's order."""
    secure = values["protocol"] == "https"
    yield mounts.volume
    if rules.has("ip-family") and values["internal_tls"]:
        yield lambda: _families(values["ip_family"])
    if secure and rules.has("copies-certificates"):
        yield lambda: _copy_certificates(values, mounts)
    if secure and rules.has("ip-family"):
        yield lambda: _families(values["ip_family"])
    yield lambda: _folder("ca_download", rules, mounts)
    if rules.has("trace") and values["trace"]["enabled"]:
        yield lambda: json.dumps(values["trace"]["attributes"])
    yield lambda: _folder("registry", rules, mounts)
    yield lambda: _storage(values["storage_driver"], values["storage_settings"])
    if rules.has("redis-url"):
        yield lambda: _redis_address(values, "registry", rules, mounts)
    yield lambda: _folder("database", rules, mounts)
    yield lambda: _database_password(values)
    yield lambda: _folder("job_logs", rules, mounts)
    if rules.has("job-loggers"):
        yield lambda: iter(values["job_loggers"])
    yield lambda: _folder("redis", rules, mounts)
    if values["internal_tls"]:
        yield lambda: _internal_tls(values, rules, options, mounts)
    yield lambda: _secret_key(mounts)
    if rules.has("chartmuseum") and rules.has("redis-url") and "chartmuseum" in options:
        yield lambda: _redis_address(values, "chartmuseum", rules, mounts)
    yield lambda: values["log_location"]
    yield lambda: values["uaa"].get("ca_file")


def _folder(name: str, rules: Rules, mounts: Mounts) -> None:
    if rules.has("makes-folders"):
        mounts.folder(f"/data/{name}")


def _families(families: Any) -> None:
    """What the templates ask of it: a family that is missing cannot be asked whether it is enabled."""
    for name in ("ipv4", "ipv6"):
        if not isinstance(families, dict) or name not in families:
            kind = "str" if isinstance(families, Hidden) else type(families).__name__
            raise _UndefinedError(f"'{kind} object' has no attribute '{name}'")


class _UndefinedError(LookupError):
    pass


_UndefinedError.__name__ = "jinja2.exceptions.UndefinedError"


def _copy_certificates(values: Mapping[str, Any], mounts: Mounts) -> None:
    """The old copies are removed first: who names them as the source has none."""
    paths = ["/hostfs/" + values[name].lstrip("/") for name in ("private_key", "certificate")]
    for path in paths:
        mounts.copy(path, gone="/data/secret/cert")


def _storage(driver: str, settings: Any) -> None:
    """The settings are written down as pairs; those of the file system get a folder where they have none."""
    if driver == "filesystem" and not (settings and "rootdirectory" in settings):
        settings = copy(settings)
        settings["rootdirectory"] = "/storage"
    if driver == "gcs":
        settings.get("keyfile")
    settings.items()


def _redis_address(values: Mapping[str, Any], who: str, rules: Rules, mounts: Mounts) -> None:
    """The registry is told the parts of the URL, which are read out of it again."""
    redis = values["redis"]
    written = [redis.get("username")] if rules.has("redis-username") else []
    written += [] if rules.has("redis-quotes-password") else [redis.get("password")]
    is_odd = any(isinstance(one, Hidden) for one in written) and not mounts.is_plain()
    if is_odd or any(isinstance(redis.get(name), Hidden) for name in ("host", "sentinel_master_set")):
        raise NotDecided("a part of Redis' address is not told", "harbor.yml: external_redis", Code.HIDDEN)
    parts = urlsplit(values["redis_urls"][who])
    _check_brackets(parts.netloc)
    if not parts.scheme.endswith("sentinel"):
        int(parts.path[1:] or 0)
        return
    pieces = parts.path.split("/")
    pieces[1]
    if len(pieces) == 3:  # noqa: PLR2004 - with the database
        int(pieces[2] or 0)


def _check_brackets(netloc: str) -> None:
    """What ``urlsplit`` asks of a host in brackets from Python 3.11.4 on, on older ones, too."""
    if "[" not in netloc:
        return
    host = netloc.partition("[")[2].partition("]")[0]
    if not host.startswith("v") and ip_address(host).version == 4:  # noqa: PLR2004 - IPv4
        raise ValueError("An IPv4 address cannot be in brackets")


def _database_password(values: Mapping[str, Any]) -> None:
    if "database_password" not in values:
        raise KeyError("harbor_db_password")


# The services whose certificates it asks for, by file name.
_TLS_ALWAYS: Final = ("proxy", "core", "job_service", "registryctl", "registry", "portal")
_TLS_OPTIONS: Final = {
    "trivy": ("trivy_adapter",),
    "clair": ("clair", "clair_adapter"),
    "notary": ("notary_server", "notary_signer"),
    "chartmuseum": ("chartmuseum",),
}


def _internal_tls(values: Mapping[str, Any], rules: Rules, options: Collection[str], mounts: Mounts) -> None:
    """The folder is copied, so that all modes are right; then each certificate and key is looked at."""
    source = "/hostfs/" + values["internal_tls"]["dir"].lstrip("/")
    mounts.listed(source, gone="/data/secret/tls")
    extra = (name for option, names in _TLS_OPTIONS.items() if _installs(option, options, rules) for name in names)
    own = () if values["external_database"] else ("harbor_db",)
    mounts.copied(source, "harbor_internal_ca.crt", "/data/secret/tls")
    for name in (*_TLS_ALWAYS, *extra, *own):
        for ending in ("crt", "key"):
            mounts.copied(source, f"{name}.{ending}", "/data/secret/tls")
        if rules.has("internal-tls-needs-san"):
            _refuse_if(not mounts.has_names(f"{source}/{name}.crt"), f"cert file {name}.crt should include SAN")


def _installs(option: str, options: Collection[str], rules: Rules) -> bool:
    return option in options and rules.has(option)


def _secret_key(mounts: Mounts) -> None:
    size = mounts.size("/data/secret/keys/secretkey")
    wrong = f"secret key's length has to be {_SECRET_LENGTH} chars, current length: {size}"
    _refuse_if(size is not None and size != _SECRET_LENGTH, wrong)
