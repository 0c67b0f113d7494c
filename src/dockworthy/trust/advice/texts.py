"""The causes and fixes of ``texts.toml``, with their slots filled: what comes from the host is made harmless."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from dockworthy import toml
from dockworthy.golang.ip import is_address
from dockworthy.printable import printable
from dockworthy.regex import regex
from dockworthy.trust.advice.wording import plain, shell
from dockworthy.trust.reference import split_host_port

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Mapping

    from dockworthy.trust.pulls import Outcome

__all__ = ["Advice", "advise", "asked", "commands"]

_SLOT: Final = regex(r"\{(\w+)(?::([^{}]+))?\}")
_FORMS: Final[Mapping[str, Callable[[str], str]]] = {
    "name": plain,
    "shown": printable,
    "words": lambda text: printable(text, None),
    "commands": str,
}


class Advice(NamedTuple):
    """What is to be said to a verdict; empty where nothing is.

    Attributes:
        cause: one sentence: what is wrong on this host or with this certificate.
        fix: commands and configuration to paste.
    """

    cause: str
    fix: str


@lru_cache(maxsize=1)
def texts() -> dict[str, Any]:
    """The file's tables by name; ``shared`` holds what several of them say."""
    return toml.loads(files(__name__.rpartition(".")[0]).joinpath("texts.toml").read_text("utf-8"))


def _fill(text: str, values: Mapping[str, object], escape: Callable[[str], str]) -> str:
    def slot(match: re.Match[str]) -> str:
        name, form = match[1], match[2] or ""
        if name not in values:
            return _fill(texts()["shared"][name], values, escape)
        value = str(values[name])
        return _FORMS[form](value) if form in _FORMS else escape(value + form)

    return _SLOT.sub(slot, text.rstrip("\n"))


def commands(name: str, /, **values: object) -> str:
    """The shared commands of that name."""
    return _fill(texts()["shared"][name], values, shell)


def asked(outcome: Outcome) -> str:
    """The ``host[:port]`` that answered last, or nothing where none was asked."""
    return outcome.reply.authority if outcome.reply is not None else ""


def advise(name: str, outcome: Outcome, /, **values: object) -> Advice:
    """The cause and the fix of that name; of the outcome come ``folder``, ``authority``, ``host`` and ``san``."""
    authority = asked(outcome)
    host = split_host_port(authority)[0]
    san = f"IP:{host}" if is_address(host) else f"DNS:{host}"
    values = {"folder": outcome.directory, "authority": authority, "host": host, "san": san, **values}
    text = texts()[name]
    return Advice(_fill(text["cause"], values, printable), _fill(text["fix"], values, shell))
