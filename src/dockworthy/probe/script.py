"""The probe: one POSIX `sh` script, put together from one fragment per topic."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

from dockworthy import __version__
from dockworthy.errors import UsageError
from dockworthy.snapshot import FORMAT
from dockworthy.typed import check_docker_host, shown_registry, shown_word

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["fragments", "script", "templates"]

DEFAULT_LIMIT = 90
"""Seconds after which the probe asks nothing new and ends."""

DEFAULT_ENGINE_LIMIT = 8
"""Seconds after which an engine that has not said its version is taken for hung."""

DEFAULT_IMAGE_LIMIT = 80
"""Seconds after its start until which the probe reads the layers of images, where it looks into them."""

_ONLY_FOR_LAYERS = "69-layers.sh"

_OTHER_SHELL = """
# ksh keeps what `$(…)` prints in a temporary file, and this script writes nothing: where there is another shell,
# that one reads the rest.
if [ -n "${KSH_VERSION-}${ZSH_VERSION-}" ] && [ -z "${DOCKWORTHY_SAME_SHELL-}" ]; then
    for OTHER in dash bash "busybox ash" sh; do
        APPLET=${OTHER#"${OTHER%% *}"}
        OTHER=${OTHER%% *}
        command -v "$OTHER" >/dev/null 2>&1 || continue
        "$OTHER" $APPLET -c '[ -z "${KSH_VERSION-}${ZSH_VERSION-}" ]' </dev/null 2>/dev/null || continue
        case $- in
        *s*) exec "$OTHER" $APPLET -s ;;
        *) exec "$OTHER" $APPLET "$0" ;;
        esac
    done
fi
"""

# What a reference's domain can be, and the bare address of an IPv6 host in brackets.
_REGISTRY = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9._-]{0,252})|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?", re.ASCII)


@lru_cache(maxsize=1)
def templates() -> dict[str, str]:
    """The Go templates for the docker CLI, each as one line, by the shell variable that holds it.

    In their files they are written over many lines, and a line ``@NAME`` stands for another file; white space
    between the lines is no part of what they print.
    """
    folder = files(__package__).joinpath("templates")
    lines = {
        entry.name.removesuffix(".tmpl"): [line.strip() for line in entry.read_text("utf-8").splitlines()]
        for entry in sorted(folder.iterdir(), key=lambda e: e.name)
        if entry.name.endswith(".tmpl")
    }

    def joined(name: str) -> str:
        return "".join(_included(line, joined) for line in lines[name])

    return {f"{name.upper()}_TEMPLATE": joined(name) for name in lines if not name.startswith("_")}


def _included(line: str, read: Callable[[str], str]) -> str:
    if not line.startswith("@"):
        return line
    name = line[1:].rstrip(",")
    return read(name) + line[1 + len(name) :]


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
    harbor_folders: Sequence[str] = (),
    harbor_key: str | None = None,
    dns_lookups: bool = True,
    image_layers: bool = False,
    limit: int = DEFAULT_LIMIT,
    engine_limit: int = DEFAULT_ENGINE_LIMIT,
    image_limit: int = DEFAULT_IMAGE_LIMIT,
) -> str:
    """The script that a target's shell reads on its standard input.

    Everything is inside functions, and the last line calls the first of them: a script that arrives cut off
    does nothing, and no command in it can eat the rest of the script.

    Args:
        registries: ``host[:port]`` of the registries to look at; without them the probe opens no connection
            but the engine's socket.
        docker_host: which engine on the target to ask, as ``DOCKER_HOST`` spells it; by default the one that
            the target's user would reach.
        harbor_folders: where Harbor may be installed, beside the usual places.
        harbor_key: the key under which Harbor's secrets are digested; without one the script takes that of the
            variable ``DW_HARBOR_KEY`` where it runs.
        dns_lookups: whether a random name may be looked up in each search domain.
        image_layers: whether to look into the layers of images, too; without it the script has nothing that could.
        limit: seconds for the whole probe, but for the layers of images.
        engine_limit: seconds for the first answer of the engine; one that hangs is not asked again.
        image_limit: seconds after its start until which it reads the layers of images.

    Raises:
        UsageError: for a registry that is no ``host[:port]``, a folder that is no absolute path, or what is no
            address of an engine.
    """
    for registry in registries:
        if not _REGISTRY.fullmatch(registry):
            raise UsageError(f"--registry {shown_registry(registry)}: is no registry; write HOST or HOST:PORT.")
    for folder in harbor_folders:
        if not folder.startswith("/") or not folder.isprintable():
            raise UsageError(f"harbor_folders: {shown_word(folder)} is no absolute path.")
    settings = [
        f"VERSION={_quote(__version__)}",
        f"FORMAT={FORMAT}",
        f"LIMIT_ALL={int(limit)}",
        f"ENGINE_LIMIT={int(engine_limit)}",
        f"IMAGE_LIMIT={int(image_limit) if image_layers else ''}",
        f"REGISTRIES={_quote(' '.join(registries))}",
        f"DNS_LOOKUPS={'1' if dns_lookups else ''}",
        f"ENGINE_HOST={_quote(check_docker_host(docker_host) if docker_host else '')}",
        f"HARBOR_FOLDERS={_quote(chr(10).join(harbor_folders))}",
        f"HARBOR_KEY={_quote(harbor_key)}" if harbor_key else "HARBOR_KEY=${DW_HARBOR_KEY-}",
        "unset DW_HARBOR_KEY",
        *(f"{name}={_quote(text)}" for name, text in templates().items()),
    ]
    head = "#!/bin/sh\n# dockworthy's probe: reads, prints what it saw, writes nothing. `sh probe.sh > host.snapshot`\n"
    chosen = [text for name, text in fragments().items() if image_layers or name != _ONLY_FOR_LAYERS]
    body = "\n".join(text.rstrip("\n") + "\n" for text in chosen)
    return f"{head}{_OTHER_SHELL}\n" + "\n".join(settings) + f"\n\n{body}\nmain </dev/null 8>&1 2>/dev/null\n"


def _quote(text: str) -> str:
    """The text as one word of `sh`."""
    return "'" + text.replace("'", "'\\''") + "'"
