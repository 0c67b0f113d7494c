"""What an engine's configuration may hold that no output may: passwords in URLs, tokens of log drivers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["MASK", "mask_options", "mask_text"]

MASK = "xxxxx"  # as the engine itself masks
MAX_LENGTH = 8192  # of a message: the engine's own has no limit, a finding's needs one
# no repetition runs over what another search begins with, so that a hostile text costs no more than its length
_PASSWORD = re.compile(r"(://[^/\s\"'@:]*):(?!xxxxx@)[^/\s\"'@]*@")
_SECRET_NAME = re.compile(r"token|secret|passw|credential", re.IGNORECASE)
# an option in a message or on a command line: splunk-token=…, or splunk-token:… where Go shows a map
_SECRET_OPTION = re.compile(r"((?:token|secret|passw)[\w.-]{0,63}[=:])[^\s\]\"',]+", re.IGNORECASE)


def mask_text(text: str) -> str:
    """A message or a command line without passwords and tokens, and of a bounded length."""
    masked = _SECRET_OPTION.sub(rf"\g<1>{MASK}", _PASSWORD.sub(rf"\g<1>:{MASK}@", text))
    return masked if len(masked) <= MAX_LENGTH else masked[:MAX_LENGTH] + "…"


def mask_options(options: Mapping[str, str]) -> dict[str, str]:
    """Options of a log driver, the values of secret ones masked."""
    return {name: MASK if value and _SECRET_NAME.search(name) else value for name, value in options.items()}
