"""How a fact is declared and found: ``@fact`` declares it, `Facts` finds each of a host's when first asked, once.

A fact is a function whose parameters name what it needs: other facts, ``snapshot`` (what was seen), ``now`` (the
moment by which dates are judged), ``rehearsal`` (the release of the engine that the host is judged with in place of
its own, or None), ``before`` (the facts of the host as it is, where it is judged as with other files; else None),
``beside`` (the facts of the run's other hosts, by name), or ``facts`` where what it needs depends on
what it finds. It runs nothing and reads no file. See ``docs/writing-checks.md``.
"""

from __future__ import annotations

import inspect
from datetime import datetime, timezone
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

from dockworthy.check import is_starred, parameters_of
from dockworthy.dataclass import dataclass
from dockworthy.errors import UsageError
from dockworthy.evidence import NotApplicable, NotDecided
from dockworthy.facts.names import NAMES, Names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from dockworthy.releases import Release
    from dockworthy.releases.version import Version
    from dockworthy.snapshot import Snapshot

__all__ = ["Declaration", "FactDefinitionError", "Facts", "check_declared", "declaration", "fact", "import_facts"]

T = TypeVar("T")
F = TypeVar("F", bound="Callable[..., object]")

BASIC = frozenset({"before", "beside", "facts", "now", "rehearsal", "snapshot"})
_NOT_OF_A_HOST = frozenset({"host", "params"})
_TAKEN = BASIC | _NOT_OF_A_HOST | {"call", "declared", "find", "harbor_rehearsal", "has", "rests_on_release"}
_RELEASED = frozenset({"engine_release", "facts", "rehearsal"})
_NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


class FactDefinitionError(UsageError):
    """A fact that breaks the rules of a declaration, needs one that there is not, or needs itself."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """One declared fact."""

    name: str  # the function's, by which checks and other facts ask for it
    needs: tuple[str, ...]  # the function's parameters
    function: Callable[..., object]  # what builds it

    @property
    def where(self) -> str:
        """The file and line of the function."""
        return _where(self.function)


def fact(function: F) -> F:
    """Declare a fact: the function's name is the fact's, its parameters are what it needs.

    Raises:
        FactDefinitionError: if it has no docstring, its name is taken, or it asks for what no fact can have.
    """
    name, where = function.__name__, _where(function)
    needs = parameters_of(function)
    if function.__code__.co_posonlyargcount or is_starred(function):
        for parameter in inspect.signature(function).parameters.values():
            if parameter.kind not in _NAMED:
                told = f"the fact {name!r} takes {parameter}"
                raise FactDefinitionError(f"{where}: {told}; name each fact that it needs.")
    for need in needs:
        if need in _NOT_OF_A_HOST:
            raise FactDefinitionError(
                f"{where}: the fact {name!r} asks for {need!r}, which only a check can have; "
                "let the check ask for both."
            )
    if name in _TAKEN or NAMES.get(name, function.__module__) != function.__module__:
        raise FactDefinitionError(f"{where}: {name!r} is a name of dockworthy's own; give the fact another.")
    if not (function.__doc__ or "").strip():
        raise FactDefinitionError(f"{where}: the fact {name!r} has no docstring, which says what it means.")
    function.__dockworthy_fact__ = Declaration(name, needs, function)  # type: ignore[attr-defined]
    return function


def _where(function: Callable[..., object]) -> str:
    return f"{function.__code__.co_filename}:{function.__code__.co_firstlineno}"


def check_declared(declared: Mapping[str, Declaration]) -> None:
    """Refuse declared facts that cannot be found.

    Raises:
        FactDefinitionError: naming the first that needs an unknown one, or itself by way of others.
    """
    for name in declared:
        _follow(name, declared, ())


def _follow(name: str, declared: Mapping[str, Declaration], above: tuple[str, ...]) -> None:
    if name in above:
        raise _circle(declared[name].where, (*above[above.index(name) :], name))
    for need in declared[name].needs:
        if need in declared:
            _follow(need, declared, (*above, name))
        elif need not in BASIC and need not in NAMES:
            raise _no_such(need, declared, f"{declared[name].where}: the fact {name!r} needs")


def _circle(where: str, names: Iterable[str]) -> FactDefinitionError:
    return FactDefinitionError(f"{where}: a fact needs itself: {' needs '.join(names)}; take one of these needs away.")


def _no_such(name: str, declared: Mapping[str, Declaration], start: str) -> FactDefinitionError:
    names = ", ".join(sorted({*NAMES, *declared}))
    return FactDefinitionError(f"{start} {name!r}, and there is no such fact; the facts are {names}.")


@cache
def declaration(name: str) -> Declaration:
    """The declaration of a fact of dockworthy's own, from the module that holds it, imported when first asked for."""
    found: Declaration = getattr(import_module(NAMES[name]), name).__dockworthy_fact__
    return found


class Facts(Names):
    """The facts of one host, each as an attribute, built when first asked for.

    Attributes:
        snapshot: what was seen.
        before: the facts of the host as it is, where that is what it would be with other files, after the start that
            takes them in; else None.
        declared: a user's own facts, by name.
        asked_release: whether something was asked for that another release may change; of a rehearsal.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        now: datetime | None = None,
        declared: Mapping[str, Declaration] | None = None,
        *,
        rehearsal: Release | None = None,
        harbor_rehearsal: Version | None = None,
        before: Facts | None = None,
        today: Facts | None = None,
        beside: Mapping[str, Facts] | None = None,
    ) -> None:
        """Make the facts of one host.

        Args:
            snapshot: what was seen.
            now: the moment by which dates are judged; this one where none is given.
            declared: a user's own facts, by name.
            rehearsal: the release of the engine that the host is judged with in place of its own.
            harbor_rehearsal: the same of Harbor.
            before: the host as it is, where the snapshot is of what it would be with other files.
            today: the host's facts with its own releases, from which those are taken that no release changes.
            beside: the facts of the run's other hosts, by name.
        """
        self.snapshot = snapshot
        self._rehearsal = rehearsal
        self._harbor_rehearsal = harbor_rehearsal
        self.before = before
        # Of a rehearsal of Harbor's release alone, what the engine's tells is the same.
        self._of_release = _RELEASED if harbor_rehearsal is None or rehearsal is not None else frozenset({"facts"})
        self._today = today
        self._beside: Mapping[str, Facts] = {} if beside is None else beside
        self._released: dict[str, Any] = {}
        self.asked_release = False
        self._now = now or datetime.now(tz=timezone.utc)
        self.declared: Mapping[str, Declaration] = {} if declared is None else declared
        self._ended: dict[str, NotApplicable | NotDecided] = {}
        self._building: list[str] = []

    @property
    def now(self) -> datetime:
        """The moment by which dates are judged, in UTC."""
        return self._now

    @property
    def rehearsal(self) -> Release | None:
        """The release of the engine that the host is judged with in place of its own, or None."""
        self.asked_release = True
        return self._rehearsal

    @property
    def harbor_rehearsal(self) -> Version | None:
        """The release of Harbor that the host's installations are judged as, in place of their own, or None."""
        self.asked_release = True
        return self._harbor_rehearsal

    @property
    def beside(self) -> Mapping[str, Facts]:
        """The facts of the run's other hosts, by name; of a group's nodes, for instance."""
        return self._beside

    def rests_on_release(self, names: Iterable[str]) -> bool:
        """Whether one of these facts, or what it is made from, may be another with the other release.

        Of what is made from ``facts`` as a whole it is not known what it asks for: it may.
        """
        pending, seen = list(names), set(BASIC)
        while pending:
            name = pending.pop()
            if name in self._of_release:
                return True
            if name not in seen:
                seen.add(name)
                pending += self._declaration(name).needs if self.has(name) else ()
        return False

    def has(self, name: str) -> bool:
        """Whether there is a fact of that name, or it is what all facts are made from."""
        return name in BASIC or name in NAMES or name in self.declared

    def find(self, name: str) -> Any:
        """The fact of that name, or what all facts are made from (``snapshot``, ``now``, ``facts``).

        Raises:
            FactDefinitionError: where there is none, or it needs itself.
            NotApplicable: where the fact says that the question does not arise.
            NotDecided: where the fact says that what was seen does not decide.
        """
        if name == "facts":
            return self
        if name in self._released:  # which are no attributes, so that each time they are asked for is seen
            self.asked_release = True
            return self._released[name]
        if name in self.__dict__ and not name.startswith("_"):
            return self.__dict__[name]
        if name in {"before", "beside", "now", "rehearsal"}:
            return getattr(self, name)
        if name in self._ended:
            self.asked_release = True  # of a rehearsal all others end where the host's own facts are built
            raise self._ended[name].with_traceback(None)
        if name in self._building:
            names = (*self._building[self._building.index(name) :], name)
            raise _circle(self._declaration(name).where, names)
        if self._today is None:
            return self._build(self._declaration(name))
        if not self.rests_on_release((name,)):
            found = self.__dict__[name] = self._today.find(name)
            return found
        self.asked_release = True
        found = self._build(self._declaration(name))
        self._released[name] = self.__dict__.pop(name)
        return found

    def call(self, function: Callable[..., T], given: Mapping[str, object]) -> T:
        """What a function says of this host: its parameters are facts by their names, or ``given``.

        A leading underscore, of a parameter that is not read, is no part of the name.

        Raises:
            FactDefinitionError: where a parameter is neither.
        """
        names = [name.lstrip("_") for name in parameters_of(function)]
        for name in names:
            if not (name in given or name in BASIC or self.has(name)):
                raise _no_such(name, self.declared, f"{_where(function)}: it asks for")
        return function(*(given[name] if name in given else self.find(name) for name in names))

    def _declaration(self, name: str) -> Declaration:
        if name in NAMES:
            return declaration(name)
        if name not in self.declared:
            raise _no_such(name, self.declared, "A check asks for")
        return self.declared[name]

    def _build(self, declaration: Declaration) -> object:
        self._building.append(declaration.name)
        try:
            built = declaration.function(**{need: self.find(need) for need in declaration.needs})
        except (NotApplicable, NotDecided) as outcome:
            self._ended[declaration.name] = outcome
            raise
        finally:
            self._building.pop()
        self.__dict__[declaration.name] = built
        return built


def import_facts() -> None:
    """Import the modules of all facts, for whoever has time to spare before they are needed."""
    for module in NAMES.values():
        import_module(module)
