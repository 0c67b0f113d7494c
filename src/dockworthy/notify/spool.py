"""What is to be told and was not yet taken, on disk: a folder for each destination, a file for each message.

Each folder has ``told.jsonl``, what its reader was told of, with the number of the last message that this came to. A
message is written first and that file after it, both by rename: a message whose number ``told.jsonl`` does not have was
left by a process that was killed between the two, is not sent, and its content is told by the next run. A message is
removed when it was taken; a process that is killed between the two sends it again under the same key. So nothing is
lost, and whatever comes twice is known to be the same.

Only its owner may enter the spool: it holds destinations, which are secrets, and commands, which are run.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import random
import stat
import time
import uuid
from dataclasses import field
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from dockworthy.dataclass import dataclass
from dockworthy.errors import UsageError
from dockworthy.notify.changes import Told
from dockworthy.notify.message import Message
from dockworthy.writing import make_folder, written

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from dockworthy.notify.destinations import Destination

__all__ = ["Box", "Waiting", "boxes", "open_box"]

FORMAT: Final = 1
STATE: Final = "told.jsonl"
MOST: Final = 100  # messages that wait for one destination; what is new then waits in the difference to `told.jsonl`
MOST_GIVEN_UP: Final = 100
MAX_AGE: Final = 7 * 86_400.0  # seconds after which a message is put aside
_FIRST_PAUSE: Final = 30.0
_LONGEST_PAUSE: Final = 3_600.0
_OTHERS: Final = 0o077
_MOST_BYTES: Final = 1024 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Waiting:
    """One message that waits."""

    path: Path
    key: str  # by which its reader knows it again
    made: float  # in Unix seconds
    message: Message


@dataclass(slots=True)
class Box:
    """The folder of one destination."""

    folder: Path
    typed: str = field(default="", repr=False)  # the destination, as it was named
    told: Told = field(default_factory=Told)
    serial: int = 0  # of the last message
    origin: str = ""  # makes the keys of this folder's messages its own

    # --- what was told ------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def locked(self, name: str = "lock", *, wait: bool = True) -> Iterator[bool]:
        """While nobody else does the same; gives False where another does, and there is to be no waiting."""
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        with open(os.open(self.folder / name, flags, 0o600), "rb") as stream:  # noqa: PTH123 - a descriptor
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError:
                yield False
                return
            yield True

    def read(self) -> None:
        """Read ``told.jsonl``, if there is one; `UsageError` if it is none."""
        path = self.folder / STATE
        try:
            first, *lines = _bytes_of(path).splitlines()
            known = json.loads(first)
            if known["format"] > FORMAT:
                raise UsageError(f"{path}: was written by a newer dockworthy; use that, or another --spool.")
            self.typed, self.origin, self.serial = str(known["destination"]), str(known["origin"]), int(known["serial"])
            endings = {str(name): [str(end), int(step)] for name, (end, step) in known["endings"].items()}
            self.told = Told(dict(map(_of_line, lines)), endings, str(known["baseline"]))
            if len(self.told.hosts) != known["hosts"]:
                raise _damaged(path)
        except FileNotFoundError:
            self.origin = self.origin or uuid.uuid4().hex
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
            raise _damaged(path) from None

    def commit(self, told: Told, message: Message | None) -> bool:
        """Have this told from now on, and the message wait; False where too many wait, and nothing is changed.

        Call it while the box is locked.
        """
        serial = self.serial + 1
        if message is not None:
            if sum(1 for _ in self._numbered()) >= MOST:
                return False
            key = f"{self.origin}-{serial}"
            _put(self._path(serial), [_line({"key": key, "made": time.time(), "body": message.body})])
            self.serial = serial
        self.told = told
        head = {
            "format": FORMAT,
            "destination": self.typed,
            "origin": self.origin,
            "serial": self.serial,
            "baseline": told.baseline,
            "endings": told.endings,
            "hosts": len(told.hosts),
        }
        _put(self.folder / STATE, chain([_line(head)], map(_as_line, told.hosts, told.hosts.values())))
        return True

    # --- what waits ---------------------------------------------------------------------------------------------

    def _path(self, serial: int) -> Path:
        return self.folder / f"{serial:012}.json"

    def _numbered(self) -> Iterator[tuple[int, Path]]:
        for path in sorted(self.folder.glob("[0-9]*.json")):
            if path.stem.isdecimal():
                yield int(path.stem), path

    def waiting(self) -> list[Waiting]:
        """The messages that wait, the oldest first; what a killed process left is cleared away."""
        found = []
        with self.locked():
            self.read()
            for partial in self.folder.glob(".dockworthy.*.partial"):
                partial.unlink(missing_ok=True)
            for serial, path in self._numbered():
                if serial > self.serial:
                    path.unlink(missing_ok=True)
                    continue
                try:
                    known = _json_of(path)
                    found.append(Waiting(path, str(known["key"]), float(known["made"]), Message(dict(known["body"]))))
                except FileNotFoundError:
                    continue
                except (KeyError, TypeError, ValueError):
                    raise _damaged(path) from None
        return found

    def done(self, one: Waiting) -> None:
        """It was taken."""
        one.path.unlink(missing_ok=True)
        (self.folder / "retry.json").unlink(missing_ok=True)

    def give_up(self, one: Waiting) -> None:
        """Put it aside, where a person finds it; of many the newest are kept."""
        aside = self.folder / "given-up"
        aside.mkdir(mode=0o700, exist_ok=True)
        one.path.replace(aside / one.path.name)
        for path in sorted(aside.glob("*.json"))[:-MOST_GIVEN_UP]:
            path.unlink(missing_ok=True)

    def pause(self) -> float:
        """How many seconds are left until it is tried again; 0 for none."""
        try:
            until = float(_json_of(self.folder / "retry.json")["not_before"])
        except (FileNotFoundError, UsageError, KeyError, TypeError, ValueError):
            return 0.0
        left = until - time.time()
        return left if 0 < left <= _LONGEST_PAUSE else 0.0  # a clock that was set back holds nothing up

    def failed(self, asked: float = 0.0) -> None:
        """Wait longer each time, and never as long as another does; at least what the server asked for."""
        path = self.folder / "retry.json"
        try:
            tried = int(_json_of(path)["tried"]) + 1
        except (FileNotFoundError, UsageError, KeyError, TypeError, ValueError):
            tried = 1
        longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** min(tried - 1, 20))
        pause = min(_LONGEST_PAUSE, max(asked, longest * random.uniform(0.5, 1.0)))  # noqa: S311 - no secret
        with self.locked():
            _put(path, [_line({"tried": tried, "not_before": time.time() + pause})])


def _damaged(path: Path) -> UsageError:
    return UsageError(f"{path}: is damaged; remove it, and what it held is told anew.")


def _bytes_of(path: Path) -> bytes:
    """What is in the file; `FileNotFoundError` if there is none, `UsageError` if it cannot be read."""
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as stream:  # noqa: PTH123
            return stream.read(_MOST_BYTES)
    except FileNotFoundError:
        raise
    except OSError:
        raise _damaged(path) from None


def _json_of(path: Path) -> dict[str, Any]:
    """The object in a file of one."""
    try:
        found = json.loads(_bytes_of(path))
    except (ValueError, RecursionError):
        raise _damaged(path) from None
    if not isinstance(found, dict):
        raise _damaged(path)
    return found


def _line(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"


def _as_line(host: str, known: tuple[str, bytes]) -> bytes:
    """A host's line: its name, the day, and its findings as they are kept."""
    day, findings = known
    return b"[%b,%b,%b]\n" % (json.dumps(host).encode(), json.dumps(day).encode(), findings)


def _of_line(line: bytes) -> tuple[str, tuple[str, bytes]]:
    """What is in a host's line."""
    host, day, findings = json.loads(line)
    if not all(isinstance(params, list) for params in findings.values()):
        raise TypeError
    return str(host), (str(day), _line(findings)[:-1])


def _put(path: Path, lines: Iterable[bytes]) -> None:
    """Write a file for its owner alone: on the disk as a whole before it has its name."""
    with written(path, "--spool ", mode=0o600) as stream:
        stream.writelines(lines)
        stream.flush()
        os.fsync(stream.fileno())
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _refuse(folder: Path) -> None:
    """Refuse a folder that somebody else could have filled: what waits there names secrets and commands."""
    info = folder.lstat()
    if not stat.S_ISDIR(info.st_mode):
        raise UsageError(f"--spool {folder}: is no folder; name one.")
    if info.st_uid != os.geteuid():
        raise UsageError(f"--spool {folder}: is another user's; name a folder of your own.")
    if info.st_mode & _OTHERS:
        raise UsageError(f"--spool {folder}: is open to others ({stat.S_IMODE(info.st_mode):04o}); chmod 700 it.")


def _made(folder: Path) -> None:
    make_folder(folder.parent, "--spool ")
    with contextlib.suppress(FileExistsError):
        try:
            folder.mkdir(mode=0o700)
        except OSError as error:
            if isinstance(error, FileExistsError):
                raise
            raise UsageError(f"--spool {folder}: cannot be made ({error.strerror}); name another place.") from None
    _refuse(folder)


def open_box(spool: Path, destination: Destination) -> Box:
    """The folder of this destination, made where there is none."""
    _made(spool)
    folder = spool / destination.id
    _made(folder)
    return Box(folder, destination.typed)


def boxes(spool: Path) -> list[Box]:
    """Every folder of the spool, read; `UsageError` if it is none, or one that others could have filled."""
    if not os.path.lexists(spool):
        raise UsageError(f"--spool {spool}: is not there; name the spool of `check --notify`.")
    _refuse(spool)
    found = []
    for folder in sorted(spool.iterdir()):
        if (folder / STATE).exists():
            _refuse(folder)
            box = Box(folder)
            box.read()
            found.append(box)
    return found
