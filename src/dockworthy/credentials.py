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
        raise UsageError(f"{where}: the environment variable {shown_word(name)} is not set; set it.")
    return _usable(password, where)


def password_from_file(path: Path, where: str) -> str:
    """The first line of a file that nobody but its owner may read; `UsageError` for any other."""
    shown = f"{where}: {shown_path(str(path))}"
    try:
        # A FIFO is refused, not waited for.
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as stream:  # noqa: PTH123
            info = os.fstat(stream.fileno())
            if not stat.S_ISREG(info.st_mode):
                raise UsageError(f"{shown} is no regular file; name the file with the password.")
            if info.st_mode & _OTHERS:
                raise UsageError(f"{shown} can be read by others ({stat.S_IMODE(info.st_mode):04o}); chmod 600 it.")
            data = stream.readline(_LONGEST + 2)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "its name is no path"
        raise UsageError(f"{shown} cannot be read ({why}); name the file with the password.") from None
    password = data.decode("utf-8", "surrogateescape").rstrip("\r\n")
    if not password:
        raise UsageError(f"{where}: the first line of {shown_path(str(path))} is no password; write it there.")
    return _usable(password, where)


def _usable(password: str, where: str) -> str:
    if len(password) > _LONGEST or not password.isprintable():
        raise UsageError(f"{where}: the password holds what cannot be typed; give its text on one line.")
    return password
