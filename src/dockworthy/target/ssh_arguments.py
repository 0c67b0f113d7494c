"""Arguments for the ssh client that an inventory or a target brings: those that are known are passed on.

What is passed on stands in the process list, so that a value which may hold a secret is refused; so is what runs a
command, except the `ssh -W` of a jump host. Options that only change how connections are shared, or what is printed,
are left out: the probe needs one connection and reads what it prints.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from dockworthy.errors import UsageError
from dockworthy.regex import regex
from dockworthy.typed import shown_word, words

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["read_ssh_arguments"]

_VALUE = regex(r"[A-Za-z0-9_.,/~%@+*=:\[\]^-]{1,1024}", re.ASCII)
_PASSED = words(
    "addressfamily bindaddress bindinterface casignaturealgorithms certificatefile checkhostip ciphers compression "
    "connectionattempts connecttimeout globalknownhostsfile gssapiauthentication hashknownhosts hostkeyalgorithms "
    "hostkeyalias hostname identitiesonly identityagent identityfile ipqos kexalgorithms macs port "
    "preferredauthentications proxyjump pubkeyacceptedalgorithms pubkeyacceptedkeytypes pubkeyauthentication "
    "serveralivecountmax serveraliveinterval stricthostkeychecking tcpkeepalive user userknownhostsfile "
    "verifyhostkeydns"
)
_LEFT_OUT = words(
    "batchmode controlmaster controlpath controlpersist escapechar exitonforwardfailure forwardagent forwardx11 "
    "kbdinteractiveauthentication challengeresponseauthentication loglevel passwordauthentication "
    "numberofpasswordprompts requesttty updatehostkeys visualhostkey"
)
_REFUSED = words(
    "dynamicforward include knownhostscommand localcommand localforward match permitlocalcommand pkcs11provider "
    "proxyusefdpass remotecommand remoteforward securitykeyprovider sendenv setenv tunnel"
)
_WITH_VALUE = frozenset("JFiplbcm")
_FLAGS_PASSED, _FLAGS_LEFT_OUT = frozenset("46CkK"), frozenset("AaTtqvxXYN")


def read_ssh_arguments(text: str, where: str) -> str:
    """The arguments to pass on, quoted for a shell; `UsageError`, without the value, for one that is not."""
    try:
        words = shlex.split(text)
    except ValueError:
        raise UsageError(f"{where}: a quote is not closed.") from None
    return shlex.join(_arguments(words, where))


def _arguments(words: list[str], where: str) -> Iterator[str]:
    waiting = iter(words)
    for word in waiting:
        letter, value = word[1:2], word[2:]
        if not word.startswith("-") or not letter or letter == "-":
            raise UsageError(f"{where}: only options of ssh can stand here; put the others into --ssh-config.")
        if letter == "o":
            yield from _option(value or next(waiting, ""), where)
        elif letter in _WITH_VALUE:
            value = value or next(waiting, "")
            _harmless(f"-{letter}", value, where)
            yield from (f"-{letter}", value)
        else:
            yield from _flags(word, where)


def _flags(word: str, where: str) -> Iterator[str]:
    for flag in word[1:]:
        if flag not in _FLAGS_PASSED | _FLAGS_LEFT_OUT:
            raise UsageError(f"{where}: ssh's -{shown_word(flag)} cannot be used here; put it into --ssh-config.")
        if flag in _FLAGS_PASSED:
            yield f"-{flag}"


def _option(text: str, where: str) -> Iterator[str]:
    match = re.fullmatch(r"\s*([A-Za-z0-9]+)\s*(?:=|\s)\s*(.*)", text, re.DOTALL)
    name, value = (match[1], match[2].strip()) if match else ("", "")
    if name.lower() == "proxycommand":
        value = _jump(value, where)
    elif name.lower() in _LEFT_OUT:
        return
    elif name.lower() in _PASSED:
        for one in value.split():
            _harmless(name, one, where)
    if not value or name.lower() not in _PASSED | {"proxycommand"}:
        shown = name if name.lower() in _REFUSED | _PASSED else shown_word(name)
        what = f"ssh's option {shown}" if match else "an option of ssh without a value"
        raise UsageError(f"{where}: {what} cannot be used here; put it into --ssh-config.")
    yield from ("-o", f"{name}={value}")


def _harmless(name: str, value: str, where: str) -> None:
    user_info = any(re.search(r":[^/]*@", part) for part in value.split(","))
    if not _VALUE.fullmatch(value) or user_info or value.startswith("-"):
        raise UsageError(f"{where}: the value of {name} cannot be passed to ssh; put it into --ssh-config.")


def _jump(command: str, where: str) -> str:
    """The command of a jump host, `ssh -W %h:%p [OPTIONS] [USER@]HOST`, written anew from its parts."""
    refusal = f"{where}: ProxyCommand can only be an `ssh -W %h:%p HOST` here; put another one into --ssh-config."
    try:
        words = shlex.split(command)
    except ValueError:
        raise UsageError(refusal) from None
    if len(words) < 3 or words[0] not in {"ssh", "/usr/bin/ssh"}:  # noqa: PLR2004 - ssh, -W and a host
        raise UsageError(refusal)
    options, hosts, forwards = _jump_words(words[1:])
    if len(hosts) != 1 or not forwards:
        raise UsageError(refusal)
    _harmless("ProxyCommand", hosts[0], where)
    passed = list(_arguments(options, where))
    return shlex.join([words[0], "-o", "BatchMode=yes", *passed, "-W", "%h:%p", hosts[0]])


def _jump_words(words: list[str]) -> tuple[list[str], list[str], bool]:
    """The options, the hosts, and whether it forwards to the target, of ssh's own command line."""
    options: list[str] = []
    hosts: list[str] = []
    forwards = False
    waiting = iter(words)
    for word in waiting:
        if word in {"-W", "-W%h:%p"}:
            forwards = word != "-W" or next(waiting, "") == "%h:%p"
        elif word in {"-o", *(f"-{letter}" for letter in sorted(_WITH_VALUE))}:
            options += [word, next(waiting, "")]
        elif word.startswith("-"):
            options.append(word)
        else:
            hosts.append(word)
    return options, hosts, forwards
