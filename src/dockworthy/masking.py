"""What no output may hold: the user information and the queries of URLs, wherever in a text they stand.

``masked(text) -> str`` and, for a JSON value as a whole, ``masked_value(value)``. This is the one rule for whatever a
person typed or a host told; what a file on a host says is masked by the probe before it gets here. Where it is not
certain whether a text is a URL with a password it is taken for one, because a name hidden in vain costs less.
"""

from __future__ import annotations

from typing import Any

from dockworthy.regex import regex

__all__ = ["HIDDEN", "LOGINS", "SETTINGS", "masked", "masked_value"]

HIDDEN = "REDACTED"

# Schemes whose user is the account to log in as, which a report has to name; elsewhere it may be a token.
LOGINS = ("ssh", "safe-ssh", "paramiko", "ansible", "salt", "docker", "podman", "kubectl", "openshift", "lxc")
# What stands in the query of a target and tells nothing: testinfra's settings (testinfra.readthedocs.io, backends).
SETTINGS = (
    *("sudo", "sudo_user", "ssh_config", "ssh_identity_file", "timeout", "controlpath", "controlpersist"),
    *("container", "namespace", "context", "kubeconfig", "ansible_inventory", "force_ansible", "connection"),
)
_SCHEME = regex(r"([A-Za-z][A-Za-z0-9+.-]{0,31}):((?:\\*/|\\+u002[fF]){2})")
# A quote ends a URL only where what follows it ends a value, because a password may hold one.
_END = regex(r"[\"'`>](?=[,;:)\]}>\"'`]|$)")
_DIGEST = regex(r"sha\d{3}:")
_WORD = regex(r"\S+")
_PAIR = regex(r"([?&;])([^=&;]*)=?[^&;]*")
_HIDDEN_ALREADY = regex(r"(?:xxxxx|REDACTED|\*+)(?::(?:xxxxx|REDACTED|\*+))?")
# ``user:`` of a ``user:password@host`` without a scheme: not after a path, and no path after it.
_USER = regex(r"(?:(?<![\w./@:-])|(?<=:))([^\s:/@\"'`=,;(){}\[\]<>]{1,256})(?::|%3[aA])(?!\\*/)")
# A password with white space in it: what follows the colon is no port, and an ``@`` comes on the same line.
_SPACED = regex(
    r"([A-Za-z][A-Za-z0-9+.-]{0,31}:(?:\\*/){2})[^\s/:@\[]{0,256}:(?!\d*(?:[/?#\s]|$))[^\s@]{0,256}[ \t][^@\n]{0,512}@"
)
_NO_USERS = ("mailto", "email", "rfc822")


def masked(text: str) -> str:
    """The text with each URL's password, query and, but for logins, user replaced; idempotent."""
    if "@" not in text and "?" not in text:
        return text
    return _WORD.sub(lambda found: _word(found[0]), _SPACED.sub(rf"\g<1>{HIDDEN}@", text))


def masked_value(value: Any) -> Any:
    """A JSON value, every text in it masked."""
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, dict):
        return {masked(key) if isinstance(key, str) else key: masked_value(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [masked_value(item) for item in value]
    return value


def _word(word: str) -> str:
    """A run of characters without white space: what stands before, and after, each ``scheme://``."""
    before, *urls = _SCHEME.split(word)
    out = [_without_scheme(before)]
    for scheme, slashes, rest in zip(urls[::3], urls[1::3], urls[2::3], strict=True):
        end = _END.search(rest)
        cut = end.start() if end else len(rest)
        out += [scheme, ":", slashes, _url(scheme, rest[:cut]), _without_scheme(rest[cut:])]
    return "".join(out)


def _url(scheme: str, rest: str) -> str:
    """What follows the slashes: user information up to the last ``@``, because a password may hold any character."""
    at = _last_at(rest)
    if at < 0:
        return _query(rest)
    shown, user = HIDDEN, rest[:at].partition(":")[0]
    if scheme.lower() in LOGINS and "/" not in user:
        shown = f"{user}:{HIDDEN}" if ":" in rest[:at] else user
    elif _HIDDEN_ALREADY.fullmatch(rest[:at]):
        shown = rest[:at]
    return f"{shown}@{_query(rest[at + 1 :])}"


def _last_at(text: str) -> int:
    """The last ``@`` that does not begin an image's digest, or -1."""
    at = text.rfind("@")
    while at >= 0 and _DIGEST.match(text, at + 1):
        at = text.rfind("@", 0, at)
    return at


def _query(rest: str) -> str:
    """The rest of a URL, the values of its query hidden unless they are settings of a target."""
    path, mark, query = rest.partition("?")
    if not mark:
        return rest
    return path + _PAIR.sub(
        lambda pair: pair[0] if pair[2] in SETTINGS else f"{pair[1]}{pair[2] if '=' in pair[0] else ''}={HIDDEN}",
        f"?{query}",
    )


def _without_scheme(text: str) -> str:
    """``user:password@host`` as the engine takes it for a proxy, a mirror or a registry."""
    at = _last_at(text)
    if at < 0:
        return text
    for user in _USER.finditer(text, 0, at):
        if user[1].lower() not in _NO_USERS:
            return f"{text[: user.start()]}{HIDDEN}{text[at:]}"
    return text
