"""What every report writer is: a class with a name, registered by being defined.

A writer's module lies in this package and is found by being there: `writer(name)` looks into the module of that
name first, so that a run imports no other. `names()` lists all of them.
"""

from __future__ import annotations

import pkgutil
from abc import ABC, abstractmethod
from importlib import import_module
from typing import TYPE_CHECKING, ClassVar

from dockworthy.errors import UsageError
from dockworthy.spelling import meant
from dockworthy.typed import shown_word

if TYPE_CHECKING:
    from typing import BinaryIO

    from dockworthy.results.model import Results

__all__ = ["Writer", "names", "writer"]

_known: dict[str, type[Writer]] = {}
_PACKAGE = "dockworthy.report.formats"


class Writer(ABC):
    """One format.

    A subclass names itself and is known from then on; a second one of the same name is refused.
    """

    name: ClassVar[str]  # as ``--report`` and ``--format`` have it
    file_name: ClassVar[str]  # what its file is called where the user does not say

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        known = _known.setdefault(cls.name, cls)
        if known.__qualname__ != cls.__qualname__ or known.__module__ != cls.__module__:
            raise TypeError(f"the report format {cls.name!r} is written by {known.__module__} already")

    @abstractmethod
    def write(self, results: Results, out: BinaryIO) -> None:
        """Write the report. It may leave out, but never judge: outcomes are taken as they are."""


def _modules() -> list[str]:
    package = import_module(_PACKAGE)
    return sorted(module.name for module in pkgutil.iter_modules(package.__path__) if module.name != "__main__")


def names() -> list[str]:
    """The formats that there are, sorted."""
    for module in _modules():
        import_module(f"{_PACKAGE}.{module}")
    return sorted(_known)


def writer(name: str) -> Writer:
    """The writer of this format; `UsageError` if there is none."""
    if name not in _known and name in _modules():
        import_module(f"{_PACKAGE}.{name}")
    if name not in _known and name not in names():
        hint = meant(name, names(), f"there are {', '.join(names())}.")
        raise UsageError(f"there is no report format {shown_word(name)!r}; {hint}")
    return _known[name]()
