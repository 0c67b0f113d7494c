"""Who a container's first process is, as runc finds it out (moby/sys/user: GetExecUser)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.evidence import known
from dockworthy.facts.api.layers import read_layers
from dockworthy.regex import regex
from dockworthy.tables import decode, number, rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dockworthy.evidence import Evidence
    from dockworthy.snapshot import Snapshot

__all__ = ["RunsAs", "image_users", "numeric_user", "user_part"]

# Go's strconv.Atoi: a sign, then digits; no underscores, no white space.
_ATOI = regex(r"[+-]?[0-9]{1,19}", re.ASCII)


@dataclass(frozen=True, slots=True)
class RunsAs:
    """A user as it is configured, and the number behind the name."""

    user: str  # the text of ``User``: ``app``, ``1000:1000``, or nothing
    uid: int  # the number inside the container

    @property
    def is_root(self) -> bool:
        """Whether it is the user 0 of the container's user namespace."""
        return self.uid == 0

    @property
    def shown(self) -> dict[str, object]:
        """What a result shows."""
        return {"user": self.user, "uid": self.uid}


def user_part(user: str) -> str:
    """The user of ``user:group``."""
    return user.partition(":")[0]


def numeric_user(user: str) -> int | None:
    """The number that ``User`` says by itself: 0 for none at all and for ``root``; None for another name."""
    part = user_part(user)
    if part in {"", "root"}:
        return 0
    return int(part) if _ATOI.fullmatch(part) else None


def image_users(snapshot: Snapshot) -> Evidence[Mapping[tuple[str, str], int]]:
    """By image id and user name, the number in the image's own ``/etc/passwd``.

    It is read by the folder of the topmost layer that has one (section ``cmd:image-users``), and where layers were
    looked into, in these.
    """
    in_layers = dict(read_layers(snapshot).users())

    def read(text: str) -> Mapping[tuple[str, str], int]:
        found = dict(in_layers)
        for words in rows(text, 3):
            uid = number(words[2])
            if uid is not None:
                found[words[0], decode(words[1])] = uid
        return found

    told = snapshot.text("cmd:image-users")
    return known(in_layers, told.source) if in_layers and not told.is_known else told.map(read)
