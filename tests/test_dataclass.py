"""Our data classes do what the standard library's do."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from dataclasses import field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import pytest

from dockworthy import dataclass as ours
from tests.rows import each_of

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Plain:
    """What it means."""

    first: int
    second: str = "two"
    third: list[int] = field(default_factory=list)

    def doubled(self) -> int:
        return 2 * self.first


class Undocumented:
    only: str


class Empty:
    """Nothing in it."""


class Finished:
    """Fields that are no parameters, or not shown, or not compared."""

    name: str
    secret: str = field(default="hush", repr=False)
    note: str = field(default="", compare=False)
    length: int = field(init=False)
    kept: dict[str, int] = field(init=False, default_factory=dict)
    level: int = field(init=False, default=3)

    def __post_init__(self) -> None:
        object.__setattr__(self, "length", len(self.name))


class Own:
    """With a method of its own in the place of one that would be made."""

    value: int

    def __repr__(self) -> str:
        return "own"


class Of(Generic[T]):
    """Of any type."""

    content: T


def extended(decorate: Callable[..., Any], options: dict[str, bool]) -> Any:
    """A data class made of another."""

    @decorate(**options, slots=True)
    class Base:
        """The other."""

        first: int
        second: str = "two"

    @decorate(**options, slots=True)
    class Extended(Base):
        """One with more in it."""

        second: str = "more"
        content: int = 0

    return Extended


OPTIONS: list[dict[str, bool]] = [
    {},
    {"frozen": True},
    {"frozen": True, "kw_only": True},
    {"frozen": True, "eq": False},
    {"frozen": True, "repr": False},
]
CALLS: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    ((), {}),
    ((1,), {}),
    (("abc",), {}),
    ((1, "b"), {}),
    ((1, "b", [3]), {}),
    ((1, "b", [3], 4), {}),
    *(((), {name: 1}) for name in ("first", "only", "value", "content", "unknown")),
    ((), {"name": "abc"}),
    ((), {"name": "abc", "secret": "x", "note": "y"}),
]


def told(value: Callable[[], Any]) -> object:
    """What comes of it, with nothing in it of the class' identity."""
    try:
        return value()
    except Exception as error:  # noqa: BLE001 - whatever the standard library raises
        return type(error), str(error) if isinstance(error, TypeError) else ""


def slots_of_bases(cls: Any) -> set[str]:
    return {name for base in cls.__mro__[1:] for name in vars(base).get("__slots__", ())}


def seen(cls: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[object]:
    """All that can be seen of an instance and of others beside it."""
    made = told(lambda: cls(*args, **kwargs))
    if not isinstance(made, cls):
        return [made]
    same, names = cls(*args, **kwargs), [one.name for one in dataclasses.fields(cls)]
    other: Any = object.__new__(cls)
    for name in names:
        object.__setattr__(other, name, "other")
    shown = [getattr(made, name) for name in names]
    return [
        shown,
        repr(made).partition(" at 0x")[0],
        made == same,
        made == other,
        made == "else",
        made != same,
        told(lambda: hash(made) == hash(same)),
        told(lambda: dataclasses.asdict(made)),
        [told(lambda name=name: setattr(same, name, 5)) for name in names],  # type: ignore[misc]
        [told(lambda name=name: delattr(same, name)) for name in names],  # type: ignore[misc]
        told(lambda: [getattr(copy.copy(made), name) for name in names] == shown),
        told(lambda: [getattr(dataclasses.replace(made, **kwargs), name) for name in names] == shown),
        cls.__match_args__,
        cls.__doc__,
        [name for name in cls.__slots__ if name not in slots_of_bases(cls)],  # Python 3.10 has those once more
        hasattr(made, "__dict__"),
    ]


@each_of("given", [Plain, Empty, Finished, Own, Of])
@each_of("options", OPTIONS, ids=str)
def test_an_instance_is_as_the_standard_library_makes_it(given: Any, options: dict[str, bool]) -> None:
    def copied() -> Any:
        return type(given.__name__, given.__bases__, {**vars(given), "__qualname__": given.__qualname__})

    mine, theirs = (decorate(**options, slots=True)(copied()) for decorate in (ours.dataclass, dataclasses.dataclass))
    for args, kwargs in CALLS:
        assert seen(mine, args, kwargs) == seen(theirs, args, kwargs), (args, kwargs)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_one_that_extends_another_is_as_the_standard_library_makes_it(options: dict[str, bool]) -> None:
    mine, theirs = (extended(decorate, options) for decorate in (ours.dataclass, dataclasses.dataclass))
    for args, kwargs in CALLS:
        assert seen(mine, args, kwargs) == seen(theirs, args, kwargs), (args, kwargs)


def test_what_is_written_before_the_first_instance_is_what_that_would_write() -> None:
    @ours.dataclass(frozen=True, slots=True)
    class Early:
        """One field."""

        number: int

    class Further(Early):
        """No data class itself."""

    for cls in (Early, Early, Further, Plain, int):
        ours.write_init(cls)
    assert "write_init" not in Early.__init__.__code__.co_names
    assert (Early(1).number, Further(number=2).number) == (1, 2)


def test_an_instance_that_holds_itself_can_be_shown() -> None:
    @ours.dataclass(slots=True)
    class Node:
        """One that names another."""

        other: Any = None

    node = Node()
    node.other = node
    assert repr(node).endswith("Node(other=...)")


@ours.dataclass(frozen=True, slots=True)
class Kept:
    """One that is written and read."""

    name: str


def test_a_frozen_instance_can_be_pickled() -> None:
    assert pickle.loads(pickle.dumps(Kept("a"))) == Kept("a")  # noqa: S301 - our own
