"""Instances and watches of inotify, by the user against whom the kernel counts them.

An instance counts against the user that made it, in all containers together; one that was made in a user name space
counts in that, without a limit unless somebody set one, and against the owner of the name space outside. A process that
inherited a descriptor has no instance of its own. Source: ``fs/notify/inotify/inotify_user.c``, ``kernel/ucount.c``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, Reason, derived, known, unknown
from dockworthy.facts.kernel.used import Used
from dockworthy.tables import number, rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dockworthy.facts.host.users import Users
    from dockworthy.facts.kernel.sysctl import SysctlFacts
    from dockworthy.snapshot import Snapshot

__all__ = ["NOT_SEEN", "InotifyUse", "inotify_use"]

NOT_SEEN = Reason("the descriptors of other users' processes are not seen without root", Code.NOT_PERMITTED)
_CUT = Reason("there are more descriptors than the probe looks at", Code.TOO_LARGE)
_OWNER = Reason("whose a user name space is, against whom its instances count, is not known", Code.AMBIGUOUS)
_COPIES = Reason("whether some are a parent's, which a process inherited, is not known", Code.AMBIGUOUS)
_ALONE = "1"  # the length of a map with one user
_SOURCE = "/proc/PID/fd: anon_inode:inotify"


@dataclass(frozen=True, slots=True)
class InotifyUse:
    """How much each user uses, by its name, else its number."""

    instances: Mapping[str, Used]
    watches: Mapping[str, Used]


@dataclass(slots=True)
class _Count:
    """Instances, or watches, of one user."""

    own: int = 0
    copies: int = 0  # that may be no own ones
    foreign: int = 0  # in user name spaces that may be this user's

    def used(self, limit: Evidence[int], unseen: Reason | None) -> Used:
        """The same as a part of the limit."""
        most = None if unseen else self.own + self.copies + self.foreign
        reason = unseen or (_OWNER if self.foreign else _COPIES)
        return Used(self.own, most, limit.value, f"{_SOURCE}, {limit.source}", reason)


class _Counts(dict[str, _Count]):
    def __missing__(self, uid: str) -> _Count:
        return self.setdefault(uid, _Count())


def _payers(uid: str, own: str, outer: str) -> tuple[str, ...]:
    """Against whom the host may count what a process has: its user; in a name space of its own who made that.

    A user without rights can map itself alone (``user_namespaces(7)``): a first entry of one number names who made the
    name space, unless the user outside did, whose process is above.
    """
    if own == "-":
        return (uid,)
    _, outside, length = own.split(":")
    made = {outer} if length != _ALONE else {outside, outer}
    return tuple(sorted(made - {"-"})) or ("0",)


def _count(text: str) -> tuple[_Counts, _Counts]:
    instances, watches = _Counts(), _Counts()
    for uid, own, outer, *numbers in rows(text, 6):
        if own != "-" and own.count(":") != 2:  # noqa: PLR2004 - a map's three numbers
            continue
        number_of, watched, copied = (number(word) or 0 for word in numbers[:3])
        payers = _payers(uid, own, outer)
        for payer in payers:
            if len(payers) > 1:
                instances[payer].foreign += number_of + copied
                watches[payer].foreign += watched
            else:
                instances[payer].own += number_of
                instances[payer].copies += copied
                watches[payer].own += watched
    return instances, watches


@derived
def inotify_use(snapshot: Snapshot, users: Users, sysctls: SysctlFacts, hidden: Reason | None) -> Evidence[InotifyUse]:
    """What the probe counted; ``hidden`` is why there may be more of any user, or None."""
    text = snapshot.text("cmd:inotify-use").by(_SOURCE).value
    everyone = hidden or (_CUT if "cut" in text.split("\n") else None)
    unseen = {words[1] for words in rows(text, 3) if words[0] == "unseen" and words[1] != "-"}
    found = []
    for kind, counts in zip(("instances", "watches"), _count(text), strict=True):
        limit = sysctls.number(f"fs.inotify.max_user_{kind}")
        for uid in unseen:
            _ = counts[uid]
        shown = {
            uid: one for uid, one in sorted(counts.items()) if one.own or one.copies or one.foreign or uid in unseen
        }
        if everyone is not None and not shown:
            return unknown(everyone, _SOURCE)
        found.append(
            {
                _name(users, uid): one.used(limit, everyone or (NOT_SEEN if uid in unseen else None))
                for uid, one in shown.items()
            }
        )
    return known(InotifyUse(*found), _SOURCE)


def _name(users: Users, uid: str) -> str:
    account = users.of_uid(int(uid)) if number(uid) is not None else None
    return account.name if account is not None else uid
