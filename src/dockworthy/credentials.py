"""A password that a run is given by an environment variable or a file, never by a value, and what hides it again."""

from __future__ import annotations

import base64
import json
import os
import re
import stat
from dataclasses import field
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

from dockworthy.dataclass import dataclass
from dockworthy.errors import UsageError
from dockworthy.masking import HIDDEN, masked
from dockworthy.typed import shown_path, shown_word

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["Credentials", "password_from_env", "password_from_file"]

_LONGEST = 65_536  # characters of a password, or of a token in its place
_OTHERS = 0o077
# A JWT, or what is left of one; a header that carries a credential.
_TOKENS = re.compile(r"eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){0,2}|(?<=Basic )[A-Za-z0-9+/=]{4,}|(?<=Bearer )\S{8,}")


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who logs in, or nobody."""

    user: str = ""  # empty for nobody
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)  # an identity token in place of both, which only an engine can use
    source: str = ""  # where they come from, in words

    @property
    def given(self) -> bool:
        """Whether there are any."""
        return bool(self.user or self.token)

    @property
    def basic(self) -> str:
        """The value of an ``Authorization`` header; empty where there is no password."""
        pair = f"{self.user}:{self.password}".encode()
        return f"Basic {base64.b64encode(pair).decode()}" if self.user else ""

    def hide(self, text: str) -> str:
        """A foreign text without them, in whatever form, without other tokens, and without what `masked` hides."""
        secrets = {self.basic.removeprefix("Basic ")}
        for secret in (self.password, self.token):
            secrets |= {secret, json.dumps(secret)[1:-1], quote(secret, safe=""), quote_plus(secret)}
        for secret in sorted(secrets - {""}, key=len, reverse=True):
            text = text.replace(secret, HIDDEN)
        return masked(_TOKENS.sub(HIDDEN, text))


def password_from_env(name: str, where: str, environment: Mapping[str, str] = os.environ) -> str:
    """The password in an environment variable; `UsageError` where there is none."""
    password = environment.get(name, "") if "=" not in name and "\0" not in name else ""
    if not password:
        raise UsageError(f"{where} {shown_word(name)}: there is no such variable in the environment; export it first.")
    return _usable(password, where)


def password_from_file(path: Path, where: str) -> str:
    """The first line of a file that nobody but its owner may read; `UsageError` for any other."""
    shown = f"{where} {shown_path(str(path))}"
    try:
        # A FIFO is refused, not waited for.
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as stream:  # noqa: PTH123
            info = os.fstat(stream.fileno())
            if not stat.S_ISREG(info.st_mode):
                raise UsageError(f"{shown}: is no regular file; name the file that holds the password.")
            if info.st_mode & _OTHERS:
                raise UsageError(f"{shown}: others may read it ({stat.S_IMODE(info.st_mode):04o}); chmod 600 it.")
            data = stream.readline(_LONGEST + 2)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "its name is no path"
        raise UsageError(f"{shown}: cannot be read ({why}); name the file that holds the password.") from None
    try:
        password = data.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise UsageError(f"{shown}: its first line is no UTF-8; write the password alone into it.") from None
    if not password:
        raise UsageError(f"{shown}: its first line is empty; write the password into it.")
    return _usable(password, where)


def _usable(password: str, where: str) -> str:
    if len(password) > _LONGEST or not password.isprintable():
        raise UsageError(f"{where}: what it holds is no password (control characters, or too long).")
    return password
