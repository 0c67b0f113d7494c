"""The probe: one POSIX `sh` script, put together from one fragment per topic."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

from dockworthy import __version__
from dockworthy.snapshot import FORMAT

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["fragments", "script"]

DEFAULT_LIMIT = 90
"""Seconds after which the probe asks nothing new and ends."""


@lru_cache(maxsize=1)
def fragments() -> dict[str, str]:
    """The fragments' texts by their names, in the order in which they are joined."""
    folder = files(__package__).joinpath("fragments")
    found = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".sh")), key=lambda e: e.name)
    return {entry.name: entry.read_text(encoding="utf-8") for entry in found}


def script(
    registries: Sequence[str] = (),
    docker_host: str | None = None,
    *,
    limit: int = DEFAULT_LIMIT,
) -> str:
    """The script that a target's shell reads on its standard input.

    Everything is inside functions, and the last line calls the first of them: a script that arrives cut off
    does nothing, and no command in it can eat the rest of the script.

    Args:
        registries: ``host[:port]`` of the registries to look at; without them the probe opens no connection
            but the engine's socket.
        docker_host: which engine on the target to ask, as ``DOCKER_HOST`` spells it; by default the one that
            the target's user would reach.
        limit: seconds for the whole probe.
    """
    settings = [
        f"VERSION={_quote(__version__)}",
        f"FORMAT={FORMAT}",
        f"LIMIT_ALL={int(limit)}",
        f"REGISTRIES={_quote(' '.join(registries))}",
        f"ENGINE_HOST={_quote(docker_host or '')}",
    ]
    head = "#!/bin/sh\n# dockworthy's probe: reads, prints what it saw, writes nothing. `sh probe.sh > host.snapshot`\n"
    body = "\n".join(text.rstrip("\n") + "\n" for text in fragments().values())
    return f"{head}\n" + "\n".join(settings) + f"\n\n{body}\nmain </dev/null 8>&1 2>/dev/null\n"


def _quote(text: str) -> str:
    """The text as one word of `sh`."""
    return "'" + text.replace("'", "'\\''") + "'"
