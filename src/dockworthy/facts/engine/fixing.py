"""How a setting can be changed without stopping the engine: in the file, or on the command line where it stands.

dockerd refuses a key that stands both in daemon.json and on its command line
(``findConfigurationConflicts`` in moby's daemon/config/config.go), so a fix must know where the value is.
"""

from __future__ import annotations

import re
import shlex
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.facts.engine.flags import UsageRefusal, flags_of, parse_arguments
from dockworthy.facts.engine.masking import option_told
from dockworthy.golang.values import GoError
from dockworthy.masking import HIDDEN
from dockworthy.releases import known

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from dockworthy.facts.engine.daemon import DaemonConfig
    from dockworthy.releases import Row, Rules

__all__ = ["Generation", "Option", "command_line", "is_seen", "is_whole", "options_of", "removal"]

_SHORT = 2  # a dash and a letter
_DELIMITERS = "|#,~%!"
_NOT_SEEN = (HIDDEN, "xxxxx")  # what the probe and the engine put in the place of a secret


@dataclass(frozen=True, slots=True)
class Generation:
    """What a fix may count on: what all releases know and do that the next start may be of, mostly one."""

    releases: tuple[Rules, ...]

    @classmethod
    def of(cls, daemon: DaemonConfig) -> Generation:
        """That of an engine's next start, which reads what the fix writes; of none told, the newest."""
        table, release = known(), daemon.next_start.release
        if not release.numbers and daemon.running is not None:
            release = daemon.running.release
        return cls(table.stand_ins(release) or (table.rules(table.end),))

    @property
    def rules(self) -> Rules:
        """Those of the release itself, or of the one that comes nearest."""
        return self.releases[0]

    @property
    def can_validate(self) -> bool:
        """Whether ``dockerd --validate`` tries a file."""
        return all("validate" in flags_of(rules) for rules in self.releases)

    def holds(self, name: str) -> bool:
        """Whether a rule of the table certainly holds."""
        return all(rules.holds(name) for rules in self.releases)

    def may_hold(self, name: str) -> bool:
        """Whether it possibly does."""
        return any(rules.holds(name) for rules in self.releases)

    def takes(self, key: str) -> bool:
        """Whether daemon.json may have a key."""
        return all(
            key in rules.accepted or any(row.flag and key in {row.name, row.flag} for row in rules.settings)
            for rules in self.releases
        )

    def successor(self, key: str) -> Row | None:
        """What becomes of a key that is no longer taken, or not yet."""
        return next((row for row in self.rules.of_kind("successor") if row.name == key), None)

    def options(self, arguments: Sequence[str], keys: Collection[str] | None = None) -> list[Option]:
        """The options of its command line that set one of these keys, or all.

        Of a command line that it refuses they are what the newest release reads that takes them all.
        """
        every = _every_option(tuple(arguments), self.rules)
        return [option for option in every if keys is None or option.setting in keys]

    def named(self, text: str) -> tuple[str, ...]:
        """The keys with a successor that a refusal quotes, by themselves or by their option."""
        words = set(re.findall(r"""["']([\w-]+)["']""", text))
        return tuple(row.name for row in self.rules.of_kind("successor") if words & {row.name, row.flag or row.name})


@dataclass(frozen=True, slots=True)
class Option:
    """An option as it stands on dockerd's command line."""

    name: str  # without its dashes
    setting: str  # the key of daemon.json that holds the same
    words: tuple[str, ...]  # the arguments that it is written with, one or two
    value: str  # what was read of a list's entry, or comes of all of a text's, else as given

    @property
    def text(self) -> str:
        """As a person would write it."""
        return " ".join(self.words)

    @property
    def told(self) -> str:
        """The same as a fix may say it: without a value that may be a secret, or a control character."""
        return option_told(self.name, self.text) if self.text.isprintable() else f"--{self.name}"


@lru_cache(maxsize=64)  # each fix of a host asks for them
def _every_option(arguments: tuple[str, ...], rules: Rules) -> tuple[Option, ...]:
    """What [Generation.options][] says of a release."""
    if not arguments:
        return ()
    others = (known().rules(last) for _, last in sorted(known().lines, reverse=True))
    found = (options_of(arguments, rules=each) for each in chain((rules,), others))
    return tuple(next(filter(None, found), ()))


def options_of(
    arguments: Sequence[str], keys: Collection[str] | None = None, rules: Rules | None = None
) -> list[Option]:
    """The options that set one of these keys of daemon.json, or all; none where dockerd refuses the arguments.

    Of no release told the newest one's options are looked for.
    """
    try:
        line = parse_arguments(arguments, rules or known().rules(known().end))
    except (GoError, UsageRefusal):
        return []
    found = []
    for name, texts in line.given.items():
        flag = line.flags[name]
        if keys is not None and flag.setting not in keys:
            continue
        values, read = line.values[name], texts
        if flag.kind == "list" and len(values or ()) == len(texts):
            read = values
        elif flag.kind == "text":
            read = [values] * len(texts)
        found += [Option(name, flag.setting, _words(text), str(value)) for text, value in zip(texts, read, strict=True)]
    return found


def _words(text: str) -> tuple[str, ...]:
    """The arguments of an option that is kept as one text: ``--name value`` is two, ``--name=a b`` is one."""
    option, space, value = text.partition(" ")
    is_two = space and "=" not in option and (option.startswith("--") or len(option) == _SHORT)
    return (option, value) if is_two else (text,)


def is_seen(word: str) -> bool:
    """Whether a word is there as it was written: no part of it stayed on the host, and no character moves a cursor."""
    return word.isprintable() and not any(mark in word for mark in _NOT_SEEN)


def is_whole(arguments: Sequence[str], options: Iterable[Option] | None = None) -> bool:
    """Whether a fix can say the command line: nothing in it is a secret or may be one, and no control character.

    Args:
        arguments: the command line without the program.
        options: the same as it was read; by default as the newest release reads it.
    """
    return all(map(is_seen, arguments)) and all(
        option.told == option.text for option in (options_of(arguments) if options is None else options)
    )


def _quoted(word: str) -> str:
    """One word of a unit's ExecStart (systemd.service(5)): quoted, without specifiers, variables and escapes."""
    return shlex.quote(word).replace("\\", "\\\\").replace("%", "%%").replace("$", "$$")


def command_line(program: str, options: Iterable[Option]) -> str:
    """The command line for a unit's ExecStart."""
    return " ".join(_quoted(word) for word in (program, *(word for option in options for word in option.words)))


def removal(options: Iterable[Option]) -> str:
    """A script for sed that takes these options off a line that `command_line` wrote, and does nothing again."""
    return ";".join(_without(" ".join(_quoted(word) for word in option.words)) for option in options)


def _without(text: str) -> str:
    mark = next((sign for sign in _DELIMITERS if sign not in text), "|")
    pattern = re.sub(r"([.\[\]*^$\\])", r"\\\1", text).replace(mark, ".")
    return f"s{mark} {pattern}${mark}{mark};s{mark} {pattern} {mark} {mark}"
