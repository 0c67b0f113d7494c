"""Where a start depends on a value that the probe does not tell, because it may be a secret."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from dockworthy.facts.engine.flags import BOOL, flags_of
from dockworthy.masking import HIDDEN
from dockworthy.regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dockworthy.releases import Rules

__all__ = ["depends_on_untold", "untold_settings"]

# What the engine takes as it is, or refuses by its name or for having no sign of equality.
_FREE = frozenset(
    [
        *("api-cors-header", "default-network-opts", "exec-opts", "http-proxy", "https-proxy", "log-opts", "no-proxy"),
        *("node-generic-resources", "proxies", "runtimes", "storage-opts"),
    ]
)
_CHECKED_LOG_OPTIONS = regex(
    r"max-|mode|compress|cache-|syslog-(?!tls)|gelf-|fluentd-|awslogs-(?:create|force|max|format)"
)
_NO_ARGUMENTS = "accepts no argument(s)."
_UNKNOWN = regex(rf"unknown (?:shorthand )?flag: .*{HIDDEN}")
_INVALID = regex(r'invalid argument ".*REDACTED.*" for "(?:-\w, )?--([\w-]+)" flag')


def _is_untold(value: Any) -> bool:
    if isinstance(value, list):
        return any(isinstance(item, str) and item.strip() == HIDDEN for item in value)
    return isinstance(value, str) and value.strip() == HIDDEN


def _decides(key: str, value: Any, rules: Rules) -> bool:
    """Whether a setting is one that the engine looks at, and is not known."""
    if key == "labels":
        names = Counter(label.partition("=")[0] for label in value or () if label.endswith(f"={HIDDEN}"))
        return max(names.values(), default=0) > 1  # the engine refuses one name with two values
    if key == "log-opts":
        return any(_is_untold(item) and _CHECKED_LOG_OPTIONS.match(name) for name, item in (value or {}).items())
    is_free = key in _FREE and not (key == "exec-opts" and rules.holds("exec-opts.names"))
    return not is_free and _is_untold(value)


def untold_settings(sources: Iterable[Mapping[str, Any]], rules: Rules) -> list[str]:
    """The settings, by their keys in daemon.json, whose values decide and are not told."""
    return sorted({key for source in sources for key, value in source.items() if _decides(key, value, rules)})


def depends_on_untold(usage: str, arguments: Iterable[str], rules: Rules) -> bool:
    """Whether the command line is refused for something that was not told, and that might have been right.

    A switch's value is told wherever the engine takes it, and of a label that it has a sign of equality. A word that
    is no option may stand for a variable, which may be empty.
    """
    if _UNKNOWN.search(usage):
        return True
    if usage.endswith(_NO_ARGUMENTS):
        return any(word == HIDDEN for word in arguments)
    found = _INVALID.search(usage)
    flag = flags_of(rules).get(found[1]) if found else None
    return flag is not None and flag.kind != BOOL and flag.setting not in _FREE | {"labels"}
