"""The kernel's command line, split as the kernel splits it (``lib/cmdline.c``, ``kernel/params.c``).

Double quotes protect white space, and the kernel takes ``-`` and ``_`` in a parameter's name for the same.
What stands behind ``--`` goes to init.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass

if TYPE_CHECKING:
    from dockworthy.evidence import Evidence
    from dockworthy.facts.kernel.lookup import Lookup

__all__ = ["BootArguments", "parse_cmdline"]

_ON = frozenset({"1", "y", "yes", "on", "true"})
_OFF = frozenset({"0", "n", "no", "off", "false"})


@dataclass(frozen=True, slots=True)
class BootArguments:
    """What the kernel was started with, in order; a repeated parameter stands more than once."""

    arguments: tuple[tuple[str, str | None], ...]

    def all(self, name: str) -> list[str]:
        """Each value given for a parameter; one given without a value counts as the empty text."""
        wanted = _canonical(name)
        return [value or "" for key, value in self.arguments if _canonical(key) == wanted]

    def last(self, name: str) -> str | None:
        """The value that is in force for a parameter of which the last one counts, or None."""
        values = self.all(name)
        return values[-1] if values else None

    def items(self, name: str) -> frozenset[str]:
        """The words of a comma-separated parameter that adds up, such as ``cgroup_disable``."""
        return frozenset(word for value in self.all(name) for word in value.split(",") if word)

    def switch(self, name: str) -> bool | None:
        """A parameter that says yes or no; None where it is not given or says neither."""
        value = self.last(name)
        if value is None:
            return None
        word = value.lower()
        return True if word in _ON else False if word in _OFF else None

    def prefixed(self, prefix: str) -> dict[str, str]:
        """The parameters whose names start so, by the rest of their names; the last one counts."""
        wanted = _canonical(prefix)
        return {key[len(wanted) :]: value or "" for key, value in self.arguments if _canonical(key).startswith(wanted)}


def _canonical(name: str) -> str:
    return name.replace("-", "_")


def _words(text: str) -> list[str]:
    words: list[str] = []
    current: list[str] = []
    quoted = False
    for character in text:
        if character == '"':
            quoted = not quoted
        elif character.isspace() and not quoted:
            if current:
                words.append("".join(current))
            current = []
        else:
            current.append(character)
    if current:
        words.append("".join(current))
    return words


def parse_cmdline(text: str) -> BootArguments:
    """Split a kernel command line."""
    arguments: list[tuple[str, str | None]] = []
    for word in _words(text):
        if word == "--":
            break
        name, equals, value = word.partition("=")
        arguments.append((name, value if equals else None))
    return BootArguments(tuple(arguments))


def boot_arguments(lookup: Lookup) -> Evidence[BootArguments]:
    """The running kernel's command line."""
    return lookup.text("proc/cmdline").map(parse_cmdline)
