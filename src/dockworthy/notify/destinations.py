"""Where a message goes, as ``--notify`` names it; what is wrong with it is told before anything is probed.

A destination is a secret: whoever knows a chat's webhook can write there. So it may stand in an environment variable
(``env:NAME``), a key or a password stands nowhere else, and what is shown of it is its scheme and its host.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
from dataclasses import field
from hashlib import sha256
from typing import TYPE_CHECKING, Final
from urllib.parse import SplitResult, parse_qs, urlsplit

from dockworthy.credentials import password_from_env
from dockworthy.dataclass import dataclass
from dockworthy.errors import UsageError
from dockworthy.typed import shown_destination

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["DEFAULT_KEY", "Destination", "destination", "destinations"]

DEFAULT_KEY: Final = "DOCKWORTHY_NOTIFY_KEY"
"""The environment variable with the key of a webhook's HMAC, where the destination names no other."""
_SLACK: Final = ("hooks.slack.com", "hooks.slack-gov.com")
_TEAMS: Final = (
    ".logic.azure.com",
    ".logic.azure.us",
    ".powerplatform.com",
    ".powerautomate.com",
    ".webhook.office.com",
)
_LOOPBACK: Final = re.compile(r"localhost|127(?:\.\d{1,3}){3}|::1")
_PORTS: Final = {"smtp": 587, "smtps": 465}
_MAILBOX: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}(?:@[A-Za-z0-9.-]{1,253})?", re.ASCII)
_WAYS: Final = "write https://…, slack+https://…, teams+https://…, smtp://…, smtps://…, exec:COMMAND or env:VARIABLE"
_LONGEST: Final = 4096


@dataclass(frozen=True, slots=True)
class Destination:
    """One reader of messages."""

    typed: str = field(repr=False)  # as it was named: a secret, unless it is ``env:NAME``
    kind: str  # webhook, slack, teams, mail or exec
    shown: str  # what may be told of it
    url: str = field(default="", repr=False)  # of a webhook and of the chats
    command: tuple[str, ...] = field(default=(), repr=False)
    host: str = ""  # of a mail server
    port: int = 0
    has_tls: bool = False  # from the first byte on
    is_local: bool = False  # the host is this one
    user: str = field(default="", repr=False)
    sender: str = ""
    recipients: tuple[str, ...] = ()
    secret: str = field(default="", repr=False)  # the key of an HMAC, or a mail server's password; empty for none

    @property
    def id(self) -> str:
        """Its name in the spool: equal for what was named in the same words."""
        return sha256(self.typed.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def destinations(texts: Iterable[str], environment: Mapping[str, str] = os.environ) -> list[Destination]:
    """Each that was named, once; `UsageError` for the first that cannot be used."""
    return [destination(text, environment) for text in dict.fromkeys(texts)]


def destination(text: str, environment: Mapping[str, str] = os.environ) -> Destination:
    """The destination that this names; `UsageError` if it is none, or if what it needs is not there."""
    where = f"--notify {shown_destination(text)}"
    named, shown = text, shown_destination(text)
    if text.startswith("env:"):
        named = password_from_env(text.removeprefix("env:"), where, environment)
        shown = shown_destination(named)
    if len(named) > _LONGEST or not named.isprintable():
        raise UsageError(f"{where}: is no destination; {_WAYS}.")
    scheme, _, rest = named.partition(":")
    if scheme == "exec":
        return Destination(text, "exec", shown, command=_command(rest, where))
    try:
        url = urlsplit(named)
        host, port = url.hostname or "", url.port
    except ValueError:
        raise UsageError(f"{where}: is no address; {_WAYS}.") from None
    if not host or not rest.startswith("//"):
        raise UsageError(f"{where}: names no host; {_WAYS}.")
    if url.password is not None:
        raise UsageError(f"{where}: has a password in it; put it into an environment variable, #password-env=NAME.")
    local = _LOOPBACK.fullmatch(host) is not None
    if scheme in _PORTS:
        return _mail(text, url, shown, where, environment, (host, port or _PORTS[scheme], local))
    return _web(text, url, shown, where, environment, (host, local))


def _command(text: str, where: str) -> tuple[str, ...]:
    try:
        words = tuple(shlex.split(text))
    except ValueError:
        raise UsageError(f"{where}: a quote in the command is not closed; close it.") from None
    if not words or shutil.which(words[0]) is None:
        raise UsageError(f"{where}: the command is not there, or cannot be run; name one that is.")
    return words


def _web(
    text: str, url: SplitResult, shown: str, where: str, environment: Mapping[str, str], place: tuple[str, bool]
) -> Destination:
    host, local = place
    form, _, scheme = url.scheme.rpartition("+")
    if form not in {"", "slack", "teams"} or scheme not in {"http", "https"}:
        raise UsageError(f"{where}: is no scheme that is known; {_WAYS}.")
    if scheme == "http" and not local:
        raise UsageError(f"{where}: goes over the network without TLS; write https.")
    if "@" in url.path + url.query:
        raise UsageError(f"{where}: has an @ behind its host; write %40, or %2F for a / before it.")
    if url.username is not None:
        raise UsageError(f"{where}: has a user in it, which is not sent; leave it out.")
    if not form and host in _SLACK:
        form = "slack"
    elif not form and host.endswith(_TEAMS):
        form = "teams"
    variable = _variable(url, "key-env", where)
    secret = ""
    if variable:
        secret = password_from_env(variable, where, environment)
    elif not form and environment.get(DEFAULT_KEY):
        secret = password_from_env(DEFAULT_KEY, where, environment)
    plain = url._replace(scheme=scheme, fragment="").geturl()
    return Destination(text, form or "webhook", shown, url=plain, secret=secret)


def _mail(
    text: str,
    url: SplitResult,
    shown: str,
    where: str,
    environment: Mapping[str, str],
    place: tuple[str, int, bool],
) -> Destination:
    host, port, local = place
    query = parse_qs(url.query)
    recipients = tuple(one for named in query.pop("to", []) for one in named.split(","))
    senders = query.pop("from", [])
    if query or url.path not in {"", "/"}:
        raise UsageError(f"{where}: has more than to= and from= after its host; leave it out.")
    if not recipients or len(senders) > 1:
        raise UsageError(f"{where}: has no recipient, or two senders; write ?to=ops@example.com&from=web1@example.com.")
    if not all(_MAILBOX.fullmatch(one) for one in (*recipients, *senders)):
        raise UsageError(f"{where}: names what is no mailbox; write ?to=ops@example.com.")
    variable = _variable(url, "password-env", where)
    user = url.username or ""
    if variable and not user:
        raise UsageError(f"{where}: has a password and no user; write smtp://USER@HOST.")
    secret = password_from_env(variable, where, environment) if variable else ""
    if user and not secret:
        secret = _from_netrc(host, user, where)
    return Destination(
        text,
        "mail",
        shown,
        host=host,
        port=port,
        has_tls=url.scheme == "smtps",
        is_local=local,
        user=user,
        sender=senders[0] if senders else recipients[0],
        recipients=recipients,
        secret=secret,
    )


def _variable(url: SplitResult, name: str, where: str) -> str:
    """The environment variable that the part after the ``#`` names, which is never sent; empty for none."""
    key, equals, variable = url.fragment.partition("=")
    if not url.fragment:
        return ""
    if key != name or not equals or not variable:
        raise UsageError(f"{where}: what follows the # is not known; write #{name}=VARIABLE.")
    return variable


def _from_netrc(host: str, user: str, where: str) -> str:
    from netrc import NetrcParseError, netrc  # noqa: PLC0415 - only where it is looked into

    try:
        found = netrc().authenticators(host)
    except FileNotFoundError:
        found = None
    except (NetrcParseError, OSError, UnicodeError):
        raise UsageError(
            f"{where}: ~/.netrc cannot be read, or is not one; mend it, or write #password-env=NAME."
        ) from None
    if found is None or found[0] != user or not found[2]:
        raise UsageError(f"{where}: there is no password; write #password-env=NAME, or an entry of ~/.netrc.")
    return found[2]
