"""``--limit``: which of the hosts, by Ansible's language of patterns.

``web*`` and ``~regex`` match hosts and groups, ``,`` or ``:`` parts several patterns, ``&`` keeps only what matches,
``!`` takes out what matches, ``group[0]`` and ``group[1:3]`` pick by number, and ``@FILE`` holds a pattern a line.
"""

from __future__ import annotations

import re
from fnmatch import translate
from pathlib import Path
from typing import TYPE_CHECKING

from dockworthy.errors import UsageError
from dockworthy.target.inventory.words import is_host_word
from dockworthy.typed import shown_limit, shown_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from dockworthy.target.inventory.groups import Groups

__all__ = ["selected"]

MAX_BYTES = 16 * 1024 * 1024
_PARTS = re.compile(r"(?:[^\s:\[\]]|\[[^\]]*\])+")
_NUMBERED = re.compile(r"(.+)\[(?:(-?[0-9]{1,9})|([0-9]{1,9})[:-]([0-9]{0,9}))\]")


def selected(
    limit: str, names: Mapping[str, Sequence[str]], groups: Groups | None, warn: Callable[[str], None]
) -> set[str]:
    """The keys of those hosts that a limit leaves.

    Args:
        limit: the pattern.
        names: by what each host is called, in order; the keys are names, too.
        groups: the inventory's; the hosts that it does not have are in `all` and `ungrouped`.
        warn: told of each pattern that matches nobody, where others do.

    Raises:
        UsageError: for what is no pattern, and for one that matches nobody.
    """
    matching = _Matching(names, groups)
    patterns = list(_patterns(limit, matching.names))
    if not patterns:
        raise UsageError("--limit: there is no pattern in it; name hosts, groups or patterns.")
    first = [one for one in patterns if one[0] not in "!&"] or ["all"]
    found: dict[str, None] = {}
    unmatched = []
    for pattern in [*first, *_with("&", patterns), *_with("!", patterns)]:
        those = matching.of(pattern[1:], plain=False) if pattern[0] in "&!" else matching.of(pattern)
        if not those and pattern != "all":
            unmatched.append(pattern)
        if pattern[0] in "&!":
            found = {one: None for one in found if (one in those) == (pattern[0] == "&")}
        else:
            found.update(those)
    if not found:
        raise UsageError(f"--limit {shown_limit(limit)}: matches no host; name one of them, a group or a pattern.")
    for pattern in unmatched:
        warn(f"--limit: {shown_limit(pattern)} matches no host.")
    return set(found)


def _with(sign: str, patterns: Iterable[str]) -> list[str]:
    return [one for one in patterns if one[0] == sign]


def _patterns(limit: str, names: Mapping[str, object]) -> Iterable[str]:
    """The single patterns; a target's own name is one, whatever stands in it."""
    for one in _split(limit, names):
        if not one.startswith("@"):
            yield one
            continue
        path = Path(one[1:])
        try:
            with path.open("rb") as stream:
                lines = stream.read(MAX_BYTES).decode("utf-8-sig").splitlines()
        except UnicodeDecodeError:
            raise UsageError(f"--limit: {shown_path(str(path))} is not UTF-8 text.") from None
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "its name is no path"
            raise UsageError(f"--limit: {shown_path(str(path))} cannot be read: {reason}.") from None
        yield from filter(None, map(str.strip, lines))


def _split(limit: str, names: Mapping[str, object]) -> list[str]:
    if "," in limit:
        return [one.strip() for one in limit.split(",") if one.strip()]
    if limit in names or is_host_word(limit) or (limit.startswith("@") and ":" not in limit):
        return [limit] if limit else []
    return _PARTS.findall(limit)


class _Matching:
    """Patterns held against hosts and groups."""

    def __init__(self, names: Mapping[str, Sequence[str]], groups: Groups | None) -> None:
        self._keys = list(names)
        self._groups = groups
        self.names: dict[str, list[str]] = {}  # the keys of each name
        for key, aliases in names.items():
            for name in dict.fromkeys((key, *aliases)):
                self.names.setdefault(name, []).append(key)

    def of(self, pattern: str, *, plain: bool = True) -> dict[str, None]:
        """The hosts that match one pattern, in order; a plain one means a host rather than a group of that name."""
        if pattern in self.names and (plain or pattern not in self._group_names()):
            return dict.fromkeys(self.names[pattern])
        numbered = None if pattern.startswith("~") else _NUMBERED.fullmatch(pattern)
        hosts = self._matches(numbered[1] if numbered else pattern)
        if not numbered or not hosts:
            return dict.fromkeys(hosts)
        if numbered[2] is not None:
            number = int(numbered[2])
            if not -len(hosts) <= number < len(hosts):
                raise UsageError(f"--limit {shown_limit(pattern)}: there are {len(hosts)} of them, counted from 0.")
            return {hosts[number]: None}
        start, end = int(numbered[3]), int(numbered[4] or -1)
        return dict.fromkeys(hosts[start : end + 1 if end > 0 else None] if end else hosts[start : start + 1])

    def _matches(self, pattern: str) -> list[str]:
        expression = _compiled(pattern)
        groups = [name for name in self._group_names() if expression.match(name)]
        found: dict[str, None] = {}
        for name in groups:
            found.update(dict.fromkeys(self._hosts_of(name)))
        if not groups or pattern[:1] == "~" or any(sign in pattern for sign in ".?*["):
            for name, keys in self.names.items():
                if expression.match(name):
                    found.update(dict.fromkeys(keys))
        return list(found)

    def _group_names(self) -> Iterable[str]:
        return self._groups.members if self._groups is not None else ("all", "ungrouped")

    def _hosts_of(self, group: str) -> list[str]:
        inside = list(self._groups.hosts_of(group)) if self._groups is not None else []
        if group not in {"all", "ungrouped"}:
            return inside
        beside = self._groups.hosts if self._groups is not None else ()
        return [*(key for key in self._keys if key not in beside), *inside]


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern[1:] if pattern.startswith("~") else translate(pattern))
    except (re.error, OverflowError, RecursionError):
        raise UsageError(f"--limit {shown_limit(pattern)}: this is no pattern; correct it.") from None
