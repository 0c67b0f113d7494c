"""The steps of an image's build, out of the texts that builders leave in its history.

The classic builder writes ``/bin/sh -c #(nop)  ADD file:… in /`` and, for RUN, the command line; BuildKit writes the
instruction itself and ``# buildkit`` behind it; with build arguments the command begins ``|2 A=1 B=2``.
"""

from __future__ import annotations

import re

from dockworthy.dataclass import dataclass
from dockworthy.regex import regex

__all__ = ["Step", "parse_step"]

_NOP = regex(r"^\S{1,4096}(?:\s{1,8}(?:[-/]\S{1,64}|pipefail|errexit|nounset|xtrace)){0,16}\s{1,8}#\(nop\)\s{1,8}")
_BUILDKIT = regex(r"\s#\sbuildkit\s*$")
_INSTRUCTION = regex(r"([A-Z]{2,12})(?:\s+|$)", re.ASCII)
_ARGUMENTS = regex(r"\|(\d{1,3})\s", re.ASCII)
_SHELL = regex(
    r"(?:(?:/usr)?(?:/local)?(?:/bin/)?(?:busybox\s+)?(?:ba|da|a|z|k)?sh)((?:\s+-\S+|\s+pipefail|\s+errexit|\s+nounset)*?)"
    r"\s+(-[a-z]*c)\s+",
    re.ASCII,
)
_KNOWN = frozenset(
    [
        *("ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "MAINTAINER"),
        *("ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"),
    ]
)
_MAX_TEXT = 64 * 1024


@dataclass(frozen=True, slots=True)
class Step:
    """One step."""

    text: str  # as the history has it
    size: int  # bytes that it added
    instruction: str  # ADD, COPY, RUN, …; empty where the step is no instruction (an import, a commit)
    arguments: str  # what follows; of a RUN the shell's script, or the words of its exec form

    @property
    def shown(self) -> str:
        """The step, short enough for a report."""
        text = f"{self.instruction} {self.arguments}".strip() or self.text
        return text if len(text) <= 160 else text[:157] + "…"  # noqa: PLR2004 - a line of a report


def parse_step(text: str, size: int = 0) -> Step:
    """Read one ``CreatedBy``; never fails."""
    body = text[:_MAX_TEXT].strip()
    nop = _NOP.match(body)
    if nop:
        instruction, arguments = _instruction(body[nop.end() :])
        return Step(text, size, instruction, arguments)
    by_buildkit = bool(_BUILDKIT.search(body))
    body = _BUILDKIT.sub("", body)
    instruction, arguments = _instruction(body)
    if instruction == "RUN":
        return _run(text, size, arguments)
    if instruction in _KNOWN and (by_buildkit or instruction != "ADD" or " " in arguments):
        return Step(text, size, instruction, arguments)
    if not body or body.startswith("#"):
        return Step(text, size, "", body)
    return _run(text, size, body)


def _instruction(body: str) -> tuple[str, str]:
    found = _INSTRUCTION.match(body)
    if not found or found[1] not in _KNOWN:
        return "", body
    return found[1], body[found.end() :].strip()


def _run(text: str, size: int, body: str) -> Step:
    body = _without_build_arguments(_without_options(body))
    shell = _SHELL.match(body)
    return Step(text, size, "RUN", body[shell.end() :] if shell else body)


def _without_options(body: str) -> str:
    """The body without RUN's own options (``--mount=…``)."""
    while body.startswith("--"):
        _, _, body = body.partition(" ")
        body = body.lstrip()
    return body


def _without_build_arguments(body: str) -> str:
    """The command behind ``|N A=… B=…``: values may have spaces, so the shell's name is looked for behind them."""
    count = _ARGUMENTS.match(body)
    if not count:
        return body
    rest = body[count.end() :]
    for found in _SHELL.finditer(rest):
        if found.start() == 0 or rest[found.start() - 1].isspace():
            return rest[found.start() :]
    return " ".join(rest.split(" ")[int(count[1]) :])
