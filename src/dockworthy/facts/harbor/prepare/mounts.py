"""The host's files as ``prepare`` finds them from within its container, and with what it ends where they do not fit.

``prepare`` runs as root in a container that sees the host below ``/hostfs``, the data volume as ``/data``. A link with
an absolute target therefore leads it into the container, where the target is as good as never there.

Source: goharbor/harbor ``make/prepare`` (docker run), ``make/photon/prepare/g.py``, ``utils/misc.py``.
"""

from __future__ import annotations

import posixpath
from errno import EISDIR, ELOOP, ENOENT, ENOTDIR
from os import strerror
from typing import TYPE_CHECKING, Final

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, NotDecided
from dockworthy.facts.harbor.prepare.effective import Refused
from dockworthy.hosttree.places import is_under

if TYPE_CHECKING:
    from dockworthy.facts.harbor.installed.config import HarborInstallation
    from dockworthy.hosttree.looked import FileFacts

__all__ = ["Mounts"]

HOST, DATA = "/hostfs", "/data"
_MAX_LINKS: Final = 40
# Where the image itself has files, so that a link that leads there may find one.
_OF_THE_IMAGE: Final = ("/etc", "/usr", "/bin", "/lib", "/root", "/tmp", "/var")  # noqa: S108 - compared, never used
_HAS_NONE: Final = ("/etc/letsencrypt", "/etc/harbor", "/etc/docker", "/etc/nginx", "/usr/local/share")


@dataclass(frozen=True, slots=True)
class Mounts:
    """The container's view of one host.

    Attributes:
        harbor: the installation that ``prepare`` is of.
    """

    harbor: HarborInstallation

    def volume(self) -> None:
        """Mount the data volume; Refused where the engine cannot."""
        place = self._host(DATA)
        if self.harbor.facts.files[place].kind == "link":
            raise Refused(f"{place} is a link that leads nowhere: the engine cannot mount it for prepare")

    def owner(self, path: str) -> tuple[int, int]:
        """The owner's number and the mode of what a path leads to; OSError as ``os.stat``."""
        seen = self._existing(path)
        if seen.target is None or seen.bits is None:
            raise NotDecided(seen.mode.unknown or "", seen.path)
        return seen.target.uid, seen.bits

    def copy(self, path: str, *, gone: str) -> None:
        """Copy a file after a folder was removed; OSError where it is none, or lay in there."""
        if is_under(posixpath.normpath(self._host(path)), self._host(gone)):
            raise _error(ENOENT, path)
        if self._existing(path).kind == "dir":
            raise _error(EISDIR, path)

    def folder(self, path: str) -> None:
        """Make a folder, or take it as it is; Refused where a file is in its place."""
        if self._looked(path).kind == "file":
            raise Refused("Path exists and the type is regular file")

    def listed(self, path: str, *, gone: str) -> None:
        """Copy what is in a folder after another was removed; OSError where it is none, or was that."""
        if is_under(posixpath.normpath(self._host(path)), self._host(gone)):
            raise _error(ENOENT, path)
        if self._existing(path).kind != "dir":
            raise _error(ENOTDIR, path)

    def copied(self, folder: str, name: str, into: str) -> None:
        """Look at a file of a folder that was copied with its links; OSError where nothing is there."""
        seen = self._looked(f"{folder}/{name}")
        if not seen.exists.value:
            raise _error(ENOENT, f"{into}/{name}")
        if seen.resolved and posixpath.basename(seen.resolved) != name:
            raise NotDecided("it is a link, which is copied as one", seen.path, Code.NOT_TOLD)

    def has_names(self, path: str) -> bool:
        """Whether the first certificate of a file has a subjectAltName; False where OpenSSL reads none."""
        found = self.harbor.file(self._host(path)).certificates
        return bool(found) and found[0].has_san

    def size(self, path: str) -> int | None:
        """How long a file is; None where there is none, so that it is made anew."""
        seen = self._looked(path)
        return seen.size if seen.exists.value and seen.kind == "file" else None

    def is_plain(self) -> bool:
        """Whether what is not told of Redis' logins has nothing in it that would end a part of a URL."""
        return not self.harbor.facts.snapshot.text(f"cmd:harbor-odd{self.harbor.folder}").value

    # -- where a path of the container leads on the host ------------------------------------------------------------

    def _host(self, path: str) -> str:
        """The host's name for a path of the container; raises NotDecided for one within the container alone."""
        if is_under(path, HOST):
            return path.removeprefix(HOST) or "/"
        if is_under(path, DATA):
            return self.harbor.in_data(path.removeprefix(DATA).lstrip("/")).rstrip("/") or "/"
        raise NotDecided("it leads into prepare's own container", path, Code.NOT_TOLD)

    def _looked(self, path: str) -> FileFacts:
        return self.harbor.facts.files[self._host(path)]

    def _existing(self, path: str) -> FileFacts:
        """What a path leads to; OSError where to nothing, raises NotDecided where nobody looked."""
        seen = self._looked(path)
        if not seen.exists.value:
            raise _error(ENOENT, path)
        if not seen.resolved or seen.resolved == posixpath.normpath(seen.path):
            return seen
        there = self._follow(path)
        if self._host(there) != seen.resolved and not self._looked(there).exists.value:
            raise _error(ENOENT, path)
        return seen

    def _follow(self, path: str) -> str:
        """Follow the links of a path as the container's kernel does; OSError where one leads nowhere."""
        here, pending, links = "/", path.strip("/").split("/")[::-1], 0
        while pending:
            here = posixpath.normpath(posixpath.join(here, pending.pop()))
            if here == HOST or not (is_under(here, HOST) or is_under(here, DATA)):
                self._refuse_outside(here, path, last=not pending)
                continue
            target = self._link(self._host(here))
            if target is None:
                continue
            links += 1
            if links > _MAX_LINKS:
                raise _error(ELOOP, path)
            here = "/" if target.startswith("/") else posixpath.dirname(here)
            pending.extend(target.strip("/").split("/")[::-1])
        if not links:
            raise NotDecided("a link on the way to it was not read", self._host(path), Code.NOT_PROBED)
        return here

    @staticmethod
    def _refuse_outside(here: str, path: str, *, last: bool) -> None:
        if here in {"/", HOST} and not last:
            return
        if any(is_under(here, known) for known in _OF_THE_IMAGE) and not any(is_under(here, one) for one in _HAS_NONE):
            if not last:
                return
            raise NotDecided("a link leads to it within prepare's own container", here, Code.NOT_TOLD)
        raise _error(ENOENT, path)

    def _link(self, path: str) -> str | None:
        """Where a link points; None for what is none."""
        section = f"link:{path}"
        if section not in self.harbor.facts.snapshot:
            return None
        return self.harbor.facts.snapshot.text(section).value.removesuffix("\n")


def _error(number: int, path: str) -> OSError:
    return OSError(number, strerror(number), path)
