"""How harbor.yml says what it says: which key stands twice, and of which type each value is as YAML 1.1 reads it.

``prepare`` asks for the type of nothing but ``max_job_duration_hours``: a word in a port's place is rendered as it is,
and the text "false" is true to it.

Source: goharbor/harbor ``make/photon/prepare/utils/configs.py``; PyYAML's resolver.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, derived, known, unknown
from dockworthy.masking import HIDDEN
from dockworthy.regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dockworthy.facts.harbor.installed.config import HarborInstallation

__all__ = ["Scalar", "Written", "type_faults", "written"]

_TAG: Final = "tag:yaml.org,2002:"
_DEEPEST: Final = 60
_PORTS: Final = range(1, 65536)
# A plain number that YAML 1.1 reads in another base than its writer meant.
_SEXAGESIMAL: Final = regex(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?")
_OCTAL: Final = regex(r"[-+]?0[0-7_]+")

# The type of each key that prepare knows, by patterns of their dotted names: `*` is within one of them, `**` goes over
# several. The first that fits holds.
_TYPES: Final = {
    "port": (
        *("http.port", "https.port", "metric.port", "log.external_endpoint.port", "external_database.*.port"),
        *("external_redis.port", "trace.jaeger.agent_port"),
    ),
    "boolean": (
        *(
            "**.enabled",
            "https.strong_ssl_ciphers",
            "internal_tls.strong_ssl_ciphers",
            "internal_tls.verify_client_cert",
        ),
        *("trivy.ignore_unfixed", "trivy.skip_update", "trivy.skip_java_db_update", "trivy.offline_scan"),
        *("trivy.insecure", "storage_service.redirect.disable*", "upload_purging.dryrun", "*redis.tlsOptions.enable"),
        *("trace.otel.compression", "trace.otel.insecure"),
    ),
    "needed count": (
        *("jobservice.max_job_workers", "jobservice.logger_sweeper_duration"),
        *("notification.webhook_job_max_retry", "notification.webhook_job_http_client_timeout"),
    ),
    "count": (
        *("**.max_idle_conns", "**.max_open_conns", "jobservice.max_job_duration_hours", "**.rotate_count"),
        *("*redis.*_db_index", "*redis.idle_timeout_seconds", "cache.expire_hours", "clair.updaters_interval"),
    ),
    "password": (
        *("harbor_admin_password", "database.password", "external_database.*.password", "external_redis.password"),
        *(
            "redis.password",
            "storage_service.*.secretkey",
            "storage_service.*.accountkey",
            "storage_service.*.password",
        ),
    ),
    "list": ("proxy.components",),
    "needed list": ("jobservice.job_loggers",),
    "text": (
        *("log.external_endpoint.host", "log.external_endpoint.protocol"),
        *("hostname", "external_url", "data_volume", "https.certificate", "https.private_key", "internal_tls.dir"),
        *("log.level", "**.location", "storage_service.ca_bundle", "external_database.*.host", "external_redis.host"),
        *("external_database.*.ssl_mode", "external_redis.sentinel_master_set", "upload_purging.age"),
        *("upload_purging.interval", "core.quota_update_provider", "metric.path", "proxy.*_proxy"),
    ),
}
_BLOCKS: Final = (
    *("http", "https", "database", "storage_service", "storage_service.redirect", "trivy", "clair", "chart"),
    *("jobservice", "notification", "log", "log.local", "log.external_endpoint", "external_database", "proxy"),
    *("external_database.*", "external_redis", "redis", "uaa", "internal_tls", "ip_family", "ip_family.*", "metric"),
    *("trace", "trace.jaeger", "trace.otel", "upload_purging", "cache", "core"),
    *(f"storage_service.{driver}" for driver in ("filesystem", "azure", "gcs", "s3", "swift", "oss")),
)
# What each type may be written as, and what it is called where it is not.
_MEANT: Final = {
    "port": (("int",), "a number from 1 to 65535"),
    "boolean": (("bool", "null"), "true or false, without quotes"),
    "needed count": (("int",), "a whole number"),
    "count": (("int", "null"), "a whole number"),
    "password": (("str", "int", "float", "null"), "a text"),
    "list": (("seq", "null"), "a list"),
    "needed list": (("seq",), "a list"),
    "text": (("str", "null"), "a text"),
}


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value that is neither a list nor a table.

    Attributes:
        path: its dotted name; of an element of a list, the list's with ``[]``.
        kind: its type: ``str``, ``int``, ``float``, ``bool``, ``null``, …; ``map`` and ``seq`` of what is none.
        text: as it is written; hidden where it may be a secret.
        plain: whether it stands there without quotes.
    """

    path: str
    kind: str
    text: str = ""
    plain: bool = True


@dataclass(frozen=True, slots=True)
class Written:
    """A harbor.yml as it is written.

    Attributes:
        values: everything in it, tables and lists as well as what is in them.
        repeated: the dotted names of the keys that stand more than once in one table.
    """

    values: tuple[Scalar, ...]
    repeated: tuple[str, ...]

    def text(self, path: str) -> str:
        """What stands last at a dotted name, as it is written; empty where nothing does."""
        return next((one.text for one in reversed(self.values) if one.path == path), "")


@derived
def written(harbor: HarborInstallation) -> Evidence[Written]:
    """How harbor.yml is written; unknown where it was not read or is no YAML."""
    import yaml  # noqa: PLC0415 - few hosts have a Harbor

    text = harbor.facts.snapshot.text(f"file:{harbor.config}").by(harbor.config).value
    harbor.settings.value  # noqa: B018 - what is no table of settings has none
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError):
        return unknown("it is no YAML", harbor.config, Code.MALFORMED)
    repeated: dict[str, None] = {}
    values = tuple(_walked(root, "", repeated, 0))
    return known(Written(values, tuple(repeated)), harbor.config)


def _walked(node: Any, path: str, repeated: dict[str, None], depth: int) -> Iterator[Scalar]:
    kind = node.tag.removeprefix(_TAG)
    if path:
        text = node.value if isinstance(node.value, str) else ""
        yield Scalar(path, kind, text, getattr(node, "style", None) is None)
    if depth > _DEEPEST:
        return
    if node.id == "sequence":
        for item in node.value:
            yield from _walked(item, f"{path}[]", repeated, depth + 1)
    elif node.id == "mapping":
        yield from _pairs(node, path, repeated, depth)


def _pairs(node: Any, path: str, repeated: dict[str, None], depth: int) -> Iterator[Scalar]:
    seen = set()
    for key, value in node.value:
        if key.tag == f"{_TAG}merge":
            continue  # what is merged gives way without a word
        name = key.value if isinstance(key.value, str) else key.tag
        dotted = f"{path}.{name}" if path else name
        if (key.tag, name) in seen:
            repeated[dotted] = None
        seen.add((key.tag, name))
        yield from _walked(value, dotted, repeated, depth + 1)


def type_faults(file: Written) -> list[str]:
    """What is of another type than its key has, or a number in another base than it seems to be, in words."""
    free = ("trace.attributes.",)
    return list(dict.fromkeys(words for one in file.values if not one.path.startswith(free) and (words := _fault(one))))


@lru_cache(maxsize=256)
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(re.escape(text).replace(r"\*\*", ".+").replace(r"\*", "[^.]*"))


def _fits(path: str, patterns: tuple[str, ...]) -> bool:
    return any(_pattern(one).fullmatch(path) for one in patterns)


def _fault(one: Scalar) -> str:
    if one.plain and one.kind in {"int", "float"}:
        base = 60 if _SEXAGESIMAL.fullmatch(one.text) else 8 if _OCTAL.fullmatch(one.text) else 0
        if base:
            return f"{one.path}: {one.text} is read as a number to the base {base}"
    if _fits(one.path, _BLOCKS):
        return "" if one.kind in {"map", "null"} else f"{one.path}: is no table of settings"
    for name, patterns in _TYPES.items():
        if _fits(one.path, patterns):
            return _type_fault(one, name)
    return ""


def _type_fault(one: Scalar, name: str) -> str:
    kinds, meant = _MEANT[name]
    if one.kind not in kinds:
        shown = (
            "nothing" if one.kind == "null" else "a value that is not told" if HIDDEN in one.text else repr(one.text)
        )
        return f"{one.path}: is {'a list or table' if one.kind in {'map', 'seq'} else shown}, and not {meant}"
    if name == "port" and not _is_port(one.text):
        return f"{one.path}: {one.text} is no port"
    return ""


def _is_port(text: str) -> bool:
    try:
        return int(text.replace("_", ""), 0) in _PORTS
    except ValueError:
        return False
