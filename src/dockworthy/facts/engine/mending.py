"""How a setting can be changed without stopping the engine: in the file, or on the command line where it stands.

dockerd refuses a key that stands both in daemon.json and on its command line
(``findConfigurationConflicts`` in moby's daemon/config/config.go), so a fix must know where the value is.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from dockworthy.facts.engine.flags import FLAGS, UsageRefusal, parse_arguments
from dockworthy.facts.engine.golang import GoError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

__all__ = ["flags_of", "without_settings"]


def flags_of(arguments: Sequence[str], keys: Collection[str]) -> list[str]:
    """The arguments, as given, that set one of these keys of daemon.json."""
    try:
        given = parse_arguments(arguments).given
    except (GoError, UsageRefusal):
        return []
    return [text for name, texts in given.items() if FLAGS[name].setting in keys for text in texts]


def without_settings(program: str, arguments: Sequence[str], keys: Collection[str]) -> str:
    """The command line without the options that set these keys, quoted for a unit's ExecStart."""
    given = parse_arguments(arguments).given
    words = [program]
    for name, texts in given.items():
        if FLAGS[name].setting in keys:
            continue
        for text in texts:
            option, space, value = text.partition(" ")
            words += [option, value] if space and "=" not in option else [text]
    return " ".join(shlex.quote(word).replace("%", "%%").replace("$", "$$") for word in words)
