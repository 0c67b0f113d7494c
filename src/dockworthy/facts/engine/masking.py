"""What an engine's configuration may hold that no output may: passwords in URLs, tokens of log drivers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dockworthy.masking import masked
from dockworthy.regex import regex

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ITS_VALUE", "MASK", "mask_options", "mask_text", "option_told", "setting_told"]

MASK = "xxxxx"  # as the engine itself masks
MAX_LENGTH = 8192  # of a message: the engine's own has no limit, a finding's needs one
ITS_VALUE = "<its value>"  # what a fix says where a value may be a secret: the person has it, we need not
# Options whose values are free text, any of which may be a secret; of these only known forms are told.
_FREE = frozenset(
    ("api-cors-header", "default-network-opt", "exec-opt", "label", "log-opt", "node-generic-resource", "storage-opt")
)
_HARMLESS = regex(
    r"\d{1,9}(?:\.\d{1,3})?(?:[kKmMgGtT]i?[bB]?|%|s|ms)?|true|false|blocking|non-blocking|systemd|cgroupfs|/[\w./-]{1,200}"
)
_NAME = regex(r"(?:overlay2\.|com\.docker\.)?[a-z][a-z_.-]{0,39}")
# no repetition runs over what another search begins with, so that a hostile text costs no more than its length
_PASSWORD = regex(r"(://[^/\s\"'@:]*):(?!xxxxx@)[^/\s\"'@]*@")
_SECRET_NAME = regex(r"token|secret|passw|credential", re.IGNORECASE)
# an option in a message or on a command line: splunk-token=…, or splunk-token:… where Go shows a map
_SECRET_OPTION = regex(r"((?:token|secret|passw)[\w.-]{0,63}[=:])[^\s\]\"',]+", re.IGNORECASE)
# what a server's answer or a header holds, as it is or in Go's map of headers
_SECRET_MEMBER = regex(
    r"(\\?\"[\w.-]{0,63}(?:token|secret|passw|auth)[\w.-]{0,63}\\?\"\s{0,3}:\s{0,3}\\?\")[^\"\\]+", re.IGNORECASE
)
_HEADER = regex(
    r"(\b(?:(?:proxy-)?authorization|x-registry-auth|x-registry-config|(?:set-)?cookie|private-token):"
    r"[ \[\"']{0,3}(?:(?:bearer|basic|digest) )?)(?!bearer |basic |digest )[^\s\"'\]]+",
    re.IGNORECASE,
)
_BEARER = regex(r"(\bbearer )[\w.~+/=-]{8,}", re.IGNORECASE)
_WEB_TOKEN = regex(r"\beyJ[\w-]{5,2048}\.[\w-]{5,2048}(?:\.[\w-]{0,2048})?")


def mask_text(text: str) -> str:
    """A message or a command line without passwords and tokens, and of a bounded length."""
    masked = _PASSWORD.sub(rf"\g<1>:{MASK}@", text)
    for named in (_SECRET_MEMBER, _HEADER, _BEARER, _SECRET_OPTION):
        masked = named.sub(rf"\g<1>{MASK}", masked)
    masked = _WEB_TOKEN.sub(MASK, masked)
    return masked if len(masked) <= MAX_LENGTH else masked[:MAX_LENGTH] + "…"


def mask_options(options: Mapping[str, str]) -> dict[str, str]:
    """Options of a log driver, the values of secret ones masked."""
    return {name: MASK if value and _SECRET_NAME.search(name) else value for name, value in options.items()}


def setting_told(text: str) -> str:
    """``NAME=VALUE`` as a fix may say it: a value that is a number, a switch or a path, else that there is one."""
    name, equals, value = text.partition("=")
    if not equals or not _NAME.fullmatch(name):
        return ITS_VALUE
    return text if _HARMLESS.fullmatch(value) else f"{name}={ITS_VALUE}"


def option_told(name: str, text: str) -> str:
    """One of dockerd's options with its value, as it was written, as a fix or a source may say it.

    Args:
        name: without its dashes.
        text: ``--name=value``, ``--name value`` or a letter's form.
    """
    if name not in _FREE:
        return masked(text)
    written, sign, value = text.partition("=") if text.startswith(f"--{name}=") else text.partition(" ")
    return f"{written}{sign}{setting_told(value)}"
