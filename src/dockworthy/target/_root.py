"""A folder that holds a root file system: its paths are followed as if it were `/`, and never out of it."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from dockworthy.dataclass import dataclass

__all__ = ["Root", "Seen"]

MAX_LINKS = 40  # of the kernel, in one path
_NULL = "/dev/null"


@dataclass(frozen=True, slots=True)
class Seen:
    """What a path leads to."""

    status: int  # errno: 0, 2 absent, 13 denied, 5 other
    path: str = ""  # without links, as seen from inside; empty where it leads nowhere
    place: Path | None = None  # where that lies here
    info: os.stat_result | None = None  # of the target
    link: os.stat_result | None = None  # of the path itself, where something is there


class Root:
    """One root file system, by the folder where it lies."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._top = str(folder)  # a path is built for each step of each look: as text, that costs a third

    def look(self, path: str) -> Seen:
        """Follow a path from the root."""
        here: list[str] = []
        left = [part for part in reversed(path.split("/")) if part not in {"", "."}]
        links = 0
        own: os.stat_result | None = None
        while left:
            part = left.pop()
            if part == "..":
                here = here[:-1]
                continue
            place = "/".join((self._top, *here, part))
            try:
                info = os.lstat(place)
            except (OSError, ValueError) as error:
                return Seen(_status(error), link=own)
            own = info if not left and own is None else own
            if stat.S_ISLNK(info.st_mode):
                links += 1
                if links > MAX_LINKS:
                    return Seen(errno.ENOENT, link=own)
                target = str(Path(place).readlink())
                if target == _NULL and not left:
                    # The device is there on every host that boots from it, and not in its files.
                    return Seen(0, _NULL, Path(_NULL), Path(_NULL).stat(), own)
                here = [] if target.startswith("/") else here
                left += [step for step in reversed(target.split("/")) if step not in {"", "."}]
                continue
            if left and not stat.S_ISDIR(info.st_mode):
                return Seen(errno.ENOENT, link=own)
            here.append(part)
        return self._found(here, own)

    def _found(self, here: list[str], own: os.stat_result | None) -> Seen:
        place = "/".join((self._top, *here))
        try:
            info = os.lstat(place)
        except OSError as error:
            return Seen(_status(error), link=own)
        return Seen(0, "/" + "/".join(here), Path(place), info, own or info)

    def read(self, path: str, limit: int) -> tuple[int, bytes]:
        """A file's status and bytes, as the probe tells them."""
        seen = self.look(path)
        if seen.place is None or seen.info is None:
            return seen.status, b""
        if stat.S_ISDIR(seen.info.st_mode):
            return errno.EISDIR, b""
        if not stat.S_ISREG(seen.info.st_mode):
            return errno.EIO, b""
        if seen.info.st_size > limit:
            return errno.EFBIG, b""
        try:
            with seen.place.open("rb") as stream:
                return 0, stream.read(limit)
        except OSError as error:
            return _status(error), b""

    def names(self, path: str) -> tuple[int, list[str]]:
        """The names in a directory, sorted, hidden ones last; and the status."""
        seen = self.look(path)
        if seen.place is None or seen.info is None:
            return seen.status, []
        if not stat.S_ISDIR(seen.info.st_mode):
            return errno.ENOTDIR, []
        try:
            found = [entry.name for entry in seen.place.iterdir()]
        except OSError as error:
            return _status(error), []
        return 0, sorted(found, key=lambda name: (name.startswith("."), os.fsencode(name)))


def _status(error: Exception) -> int:
    code = getattr(error, "errno", None)
    if code in {errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, None}:
        return errno.ENOENT
    return errno.EACCES if code in {errno.EACCES, errno.EPERM} else errno.EIO
