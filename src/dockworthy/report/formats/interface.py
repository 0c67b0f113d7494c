"""What every report writer is, and how one is found by the name of its format.

A module of this package is a format, and its name is the format's: `writer(name)` imports that one and no other, so
that a run pays for what it was asked for. What else is installed may add formats through the entry point group
``dockworthy.reports``: each entry point's name is a format, and what it leads to a `Writer` of that name. They are
looked for only where a name is none of ours, and never stand in the place of one that is.
"""

from __future__ import annotations

import pkgutil
from abc import ABC, ABCMeta, abstractmethod
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from dockworthy.errors import DockworthyError, UsageError
from dockworthy.spelling import meant
from dockworthy.typed import shown_word

if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.metadata import EntryPoint
    from typing import BinaryIO

    from dockworthy.results.model import Results

__all__ = ["GROUP", "Needed", "Writer", "names", "own", "writer"]

GROUP = "dockworthy.reports"  # of entry points
_PACKAGE = "dockworthy.report.formats"


class Needed(NamedTuple):
    """A library without which a format cannot be written."""

    module: str  # by which it is imported
    extra: str  # of dockworthy, which installs it


class Writer(ABC):
    """One format; whoever writes one needs no more than ``name``, ``file_name`` and ``write``."""

    name: ClassVar[str]  # as ``--report`` and ``--format`` have it
    file_name: ClassVar[str | None]  # its file's where the user names none; None: it goes to standard output
    needed: ClassVar[Needed | None] = None

    @abstractmethod
    def write(self, results: Results, out: BinaryIO) -> None:
        """Write the report. It may leave out, but never judge: outcomes are taken as they are."""

    def refuse(self) -> None:
        """Raise a `UsageError` for what is known to be in the way, before any host is looked at."""
        from importlib.util import find_spec  # noqa: PLC0415 - only where a library is needed

        if self.needed is not None and find_spec(self.needed.module) is None:
            raise UsageError(
                f"the report format {self.name} needs {self.needed.module}, which is not installed; "
                f"run `pip install 'dockworthy[{self.needed.extra}]'`."
            )


@cache
def own() -> tuple[str, ...]:
    """The formats that come with dockworthy, sorted."""
    package = import_module(_PACKAGE)
    found = (module.name for module in pkgutil.iter_modules(package.__path__))
    return tuple(sorted(name for name in found if name != "interface"))


def _installed() -> dict[str, list[EntryPoint]]:
    """What other packages have registered, by name; what has a name of ours is left out."""
    from importlib.metadata import entry_points  # noqa: PLC0415 - it reads a file of each package that there is

    found: dict[str, list[EntryPoint]] = {}
    for point in entry_points(group=GROUP):
        if point.name not in own():
            found.setdefault(point.name, []).append(point)
    return found


def names() -> list[str]:
    """The formats that there are, sorted: ours and those that other packages have registered."""
    return sorted({*own(), *_installed()})


def writer(name: str) -> Writer:
    """The writer of this format, ready to write; `UsageError` if there is none, or it cannot work here."""
    if name in own():
        made = _of_module(name)()
    else:
        points = _installed().get(name)
        if not points:
            every = names()
            hint = meant(name, every, f"there are {', '.join(every)}.")
            raise UsageError(f"there is no report format {shown_word(name)!r}; {hint}")
        made = _Foreign(points)
    made.refuse()
    return made


def _of_module(name: str) -> type[Writer]:
    found = vars(import_module(f"{_PACKAGE}.{name}")).values()
    return next(one for one in found if isinstance(one, ABCMeta) and issubclass(one, Writer) and _named(one) == name)


def _named(kind: type[Writer]) -> str | None:
    return getattr(kind, "name", None)


class _Foreign(Writer):
    """A writer of another package: what breaks in it is told in one sentence, with whose it is."""

    def __init__(self, points: list[EntryPoint]) -> None:
        self.called = points[0].name
        owners = sorted({point.dist.name if point.dist is not None else point.value for point in points})
        self.owners = " and ".join(owners)
        if len(points) > 1:
            raise UsageError(f"the report format {self.called} is registered twice, by {self.owners}; uninstall one.")
        try:
            kind = points[0].load()
            self.made = kind()
            if not isinstance(self.made, Writer) or _named(kind) != self.called:
                raise TypeError  # noqa: TRY301 - told as whatever else is wrong with it
            self.file_name = kind.file_name  # type: ignore[misc] # of an instance that stands for another class
        except Exception as error:  # noqa: BLE001 - whatever another package does when it is imported
            raise self._broken("cannot be loaded", error) from None

    def _broken(self, how: str, error: Exception) -> UsageError:
        told = f"the report format {shown_word(self.called)} of the package {self.owners} {how}"
        return UsageError(f"{told} ({type(error).__name__}); tell its authors, or uninstall it.")

    def refuse(self) -> None:
        """What it refuses itself."""
        self._guarded(self.made.refuse)

    def write(self, results: Results, out: BinaryIO) -> None:
        """Write what it writes."""
        self._guarded(self.made.write, results, out)

    def _guarded(self, job: Callable[..., None], *arguments: object) -> None:
        try:
            job(*arguments)
        except (DockworthyError, OSError):
            raise
        except Exception as error:  # noqa: BLE001 - whatever another package does
            raise self._broken("broke", error) from None
