"""Where a store is: a folder of this machine, or what fsspec reaches by a URL. The one part that writes there.

Whatever is put there is there as a whole or not at all. In a folder that is one rename; elsewhere, where there is none,
the file that `WHOLE` names is written last, and what lacks it is not there.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import uuid
from abc import ABC, abstractmethod
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dockworthy.errors import UsageError
from dockworthy.masking import masked
from dockworthy.printable import printable
from dockworthy.typed import shown_path
from dockworthy.writing import kind_of, written

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb

__all__ = ["WHOLE", "Place", "age_of", "new_name", "place_of"]

WHOLE = "part.json"
"""The file whose being there says that all others of its folder are."""
_PARTIAL = ".partial-"
_GLOB = frozenset("*?[]")  # by which DuckDB would look for files
_A_DAY = timedelta(days=1)


def new_name() -> str:
    """A name that nothing has, and that begins with this moment."""
    return f"{datetime.now(tz=timezone.utc):%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:12]}"


def age_of(name: str) -> timedelta:
    """How old what has such a name is; none where it has another."""
    try:
        made = datetime.strptime(name.partition("-")[0], "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
    except ValueError:
        return timedelta()
    return datetime.now(tz=timezone.utc) - made


class Place(ABC):
    """A tree of files, named by their ways from the store on. What goes wrong is an `OSError`."""

    shown: str  # as messages and records may show it

    @abstractmethod
    def names(self, folder: str = "") -> list[str]:
        """What is in a folder, sorted; nothing where it is not there. Hidden names are left out."""

    @abstractmethod
    def read(self, name: str) -> bytes:
        """A file's bytes; `FileNotFoundError` where it is not there."""

    @abstractmethod
    def write(self, name: str, data: bytes) -> None:
        """Put a file in place, or in that of another."""

    @abstractmethod
    def put(self, name: str) -> contextlib.AbstractContextManager[Path]:
        """A folder to fill, which is put in place at the end; left away where one of that name is there by then."""

    @abstractmethod
    def remove(self, name: str) -> None:
        """Remove a file, or a folder with what is in it."""

    @abstractmethod
    def changed(self, name: str) -> datetime:
        """When a file was last written."""

    @abstractmethod
    def path(self, name: str) -> str:
        """The name by which DuckDB opens a file."""

    def connect(self, database: duckdb.DuckDBPyConnection) -> None:
        """Let DuckDB reach the files."""
        del database  # those of this machine it reaches

    def has(self, folder: str) -> bool:
        """Whether a folder was put in place as a whole."""
        return WHOLE in self.names(folder)

    def tidy(self) -> None:  # noqa: B027 - elsewhere there is nothing to be removed
        """Remove what writers that were killed have left, once it is a day old."""


class _Folder(Place):
    def __init__(self, path: Path) -> None:
        self.root = path.absolute()
        self.shown = printable(str(path))

    def names(self, folder: str = "") -> list[str]:
        try:
            return sorted(path.name for path in (self.root / folder).iterdir() if not path.name.startswith("."))
        except (FileNotFoundError, NotADirectoryError):
            return []

    def read(self, name: str) -> bytes:
        return (self.root / name).read_bytes()

    def write(self, name: str, data: bytes) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with written(path) as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())

    @contextlib.contextmanager
    def put(self, name: str) -> Iterator[Path]:
        target, partial = self.root / name, self.root / f"{_PARTIAL}{new_name()}"
        partial.mkdir(parents=True)
        try:
            yield partial
            for path in (*partial.iterdir(), partial):
                _sync(path)
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                partial.rename(target)
            except OSError:  # another one was there first
                if not self.has(name):
                    raise
            _sync(target.parent)
        finally:
            shutil.rmtree(partial, ignore_errors=True)

    def remove(self, name: str) -> None:
        path = self.root / name
        if path.is_dir() and not path.is_symlink():
            hidden = self.root / f"{_PARTIAL}{new_name()}"  # gone at once for whoever looks from now on
            path.rename(hidden)
            shutil.rmtree(hidden, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)

    def changed(self, name: str) -> datetime:
        return datetime.fromtimestamp((self.root / name).stat().st_mtime, tz=timezone.utc)

    def path(self, name: str) -> str:
        return str(self.root / name)

    def tidy(self) -> None:
        for path in self.root.glob(f"{_PARTIAL}*"):
            if age_of(path.name.removeprefix(_PARTIAL)) > _A_DAY:
                shutil.rmtree(path, ignore_errors=True)


def _sync(path: Path) -> None:
    """Have the system write it down, so that a rename is never there before what it names."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class _Elsewhere(Place):
    def __init__(self, url: str) -> None:
        self.shown = printable(masked(url))
        try:
            from fsspec.core import url_to_fs  # noqa: PLC0415 - only for a URL
        except ImportError:
            raise UsageError(
                f"--store {self.shown}: needs fsspec, which is not installed; run `pip install 'dockworthy[store]'`."
            ) from None
        try:
            found: tuple[Any, str] = url_to_fs(url)
        except Exception as error:  # noqa: BLE001 - whatever a file system of another package does
            raise UsageError(
                f"--store {self.shown}: fsspec cannot use it ({type(error).__name__}); "
                "name a folder, or install what its scheme needs."
            ) from None
        self.files, self.root = found[0], found[1].rstrip("/")

    def _at(self, name: str) -> str:
        return f"{self.root}/{name}" if name else self.root

    def names(self, folder: str = "") -> list[str]:
        with _as_os_errors():
            self.files.invalidate_cache()
            try:
                found = self.files.ls(self._at(folder), detail=False)
            except FileNotFoundError:
                return []
        names = {str(path).rstrip("/").rpartition("/")[2] for path in found}
        return sorted(name for name in names if name and not name.startswith("."))

    def read(self, name: str) -> bytes:
        with _as_os_errors():
            return bytes(self.files.cat_file(self._at(name)))

    def write(self, name: str, data: bytes) -> None:
        with _as_os_errors():
            self.files.makedirs(self._at(name).rpartition("/")[0], exist_ok=True)
            self.files.pipe_file(self._at(name), data)

    @contextlib.contextmanager
    def put(self, name: str) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(prefix="dockworthy-") as folder:
            yield Path(folder)
            if self.has(name):
                return
            with _as_os_errors():
                self.files.makedirs(self._at(name), exist_ok=True)
                for path in sorted(Path(folder).iterdir(), key=lambda path: path.name == WHOLE):
                    self.files.put_file(str(path), self._at(f"{name}/{path.name}"))

    def remove(self, name: str) -> None:
        with _as_os_errors():
            with contextlib.suppress(FileNotFoundError):
                self.files.rm(self._at(f"{name}/{WHOLE}"))
            with contextlib.suppress(FileNotFoundError):
                self.files.rm(self._at(name), recursive=True)

    def changed(self, name: str) -> datetime:
        with _as_os_errors():
            try:
                found: datetime = self.files.modified(self._at(name))
            except NotImplementedError:
                return datetime.now(tz=timezone.utc)  # never old enough to be removed
        return found if found.tzinfo else found.replace(tzinfo=timezone.utc)

    def path(self, name: str) -> str:
        return str(self.files.unstrip_protocol(self._at(name)))

    def connect(self, database: duckdb.DuckDBPyConnection) -> None:
        database.register_filesystem(self.files)


@contextlib.contextmanager
def _as_os_errors() -> Iterator[None]:
    """Whatever another package's file system raises, as what every place raises."""
    try:
        yield
    except OSError:
        raise
    except Exception as error:
        raise OSError(type(error).__name__) from error


def place_of(text: str) -> Place:
    """The place that ``--store`` names; `UsageError` where there is no such thing. Nothing is looked at yet."""
    path = text.removeprefix("file://") if text.startswith("file:///") else text
    if not path:
        raise UsageError("--store names no place; name a folder.")
    if "://" in path:
        return _Elsewhere(path)
    if _GLOB.intersection(str(Path(path).absolute())) or "\0" in path:
        raise UsageError(f"--store {printable(shown_path(path))}: a store's path has none of * ? [ ]; name another.")
    place = _Folder(Path(path))
    with contextlib.suppress(OSError):
        kind = kind_of(place.root.stat().st_mode)
        if kind != "a folder":
            raise UsageError(f"--store {place.shown}: is {kind or 'a file'} and no store; name a folder.")
    return place
