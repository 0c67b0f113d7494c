"""Why a step failed, in one sentence, and what to do: of an engine's words, or of what the registry answered here.

What lies in certificates, names and files is the matter of `dockworthy trust`, whose words are used for it; here stands
what a registry, and a proxy before it, refuse.
"""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from dockworthy import toml

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Cause", "cause_of", "code_of"]


class Cause(NamedTuple):
    """A cause, and what to do about it."""

    code: str  # in a word
    sentence: str
    fix: str


# What engines print, the telling first. The registry's own errors stand in Harbor's source (src/lib/errors,
# src/server/middleware) and in distribution's (registry/api/errcode); the rest was printed by 26.1.5 and 28.5.2.
_WORDS: Final = (
    ("too-large", r"413 Request Entity Too Large|status(?: code)?:? 413|413 Payload"),
    ("quota", r"exceed(?:s|ed)? the configured upper limit|[Qq]uota .*exceed|DENIED: adding"),
    ("read-only", r"read[- ]only mode"),
    ("immutable", r"immutable"),
    ("no-project", r"project \S+ not found|project .* does not exist"),
    ("too-many", r"toomanyrequests|429 Too Many Requests"),
    ("gateway", r"\b50[234] (?:Bad Gateway|Service (?:Temporarily )?Unavailable|Gateway Time-?out)"),
    ("no-space", r"no space left on device"),
    ("blob-unknown", r"blob upload (?:unknown|invalid)|BLOB_UPLOAD_(?:UNKNOWN|INVALID)"),
    ("unauthenticated", r"no basic auth credentials"),
    ("token", r"invalid[ _]token|token signature|failed to verify token"),
    ("denied", r"requested access to the resource is denied|insufficient_scope|access denied|unauthorized to access"),
    ("denied", r"unauthorized: authentication required|\bdenied:|403 Forbidden"),
    ("credentials", r"unauthorized|401 Unauthorized|incorrect username or password"),
)


def code_of(words: str) -> str:
    """Which cause an engine's words tell; empty where they tell none that is known."""
    return next((code for code, pattern in _WORDS if re.search(pattern, words)), "")


def cause_of(code: str, facts: Mapping[str, str]) -> Cause | None:
    """A cause in words; None for a code that has none."""
    text = _texts().get(code)
    if text is None:
        return None
    sentence, fix = (text[name].strip().format_map(_Facts(facts)) for name in ("cause", "fix"))
    return Cause(code, sentence, fix)


@lru_cache(maxsize=1)
def _texts() -> dict[str, Any]:
    """The file's tables, by code."""
    return toml.loads(files("dockworthy.roundtrip").joinpath("causes.toml").read_text("utf-8"))


class _Facts(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "somewhere else"
