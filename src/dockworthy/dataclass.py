"""``@dataclass`` as the standard library has it, at a tenth of what that costs while a module is imported.

The standard library writes the source of up to seven methods for each class and compiles it. There are more than two
hundred classes here; a run makes instances of half of them, compares those of a few, and prints none. So ``__init__``
is written when the first instance is made, and all other methods are the same functions for all classes. Fields,
slots (which there always are), inheritance and ``__match_args__`` are the standard library's own.
"""

from __future__ import annotations

import dataclasses
from functools import cache
from operator import attrgetter
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable
    from dataclasses import dataclass  # noqa: TID251 - for type checkers, it is that one

__all__ = ["dataclass", "write_init"]

_MISSING = dataclasses.MISSING


def _dataclass(*, frozen: bool = False, **options: bool) -> Callable[[type], type]:
    """The decorator; its options are the standard library's, but for `order` and `unsafe_hash`."""
    shared: dict[str, Any] = {**_FROZEN} if frozen else {}
    if options.pop("repr", True):
        shared["__repr__"] = _repr
    if options.pop("eq", True):
        shared |= {"__eq__": _eq, "__hash__": _hash if frozen else None}
    made: Any = dataclasses.dataclass(**{**options, "init": False, "repr": False, "eq": False, "slots": True})  # noqa: TID251 - nobody else asks it

    def wrap(given: type) -> type:
        given.__doc__ = given.__doc__ or given.__name__  # where there is none, the standard library makes a signature
        for name, method in shared.items():
            if given.__dict__.get(name) is None:
                setattr(given, name, method)
        cls: Any = made(given)
        cls.__init__ = _first_init(cls)
        return cls  # type: ignore[no-any-return] # of the given one's type

    return wrap


def _first_init(cls: Any) -> Callable[..., None]:
    """An ``__init__`` that writes the real one and puts that in its place."""

    def __init__(self: object, *args: object, **kwargs: object) -> None:  # noqa: N807 - it is one
        write_init(cls)
        cls.__init__(self, *args, **kwargs)

    return __init__


def write_init(cls: Any) -> None:
    """Write a class's ``__init__`` now, where it is one of ours and not yet written."""
    if getattr(cls.__dict__.get("__init__"), "__qualname__", "").startswith(_first_init.__qualname__):
        cls.__init__ = _written_init(cls)


def _written_init(cls: Any) -> Callable[..., None]:
    """``__init__`` with a parameter for each field; setting slots directly needs no way around a frozen class."""
    space: dict[str, Any] = {"missing": _MISSING}
    positional, named, body = ["self"], ["*"], []
    for number, field in enumerate(dataclasses.fields(cls)):
        name, value, default = field.name, field.name, ""
        if field.default_factory is not _MISSING:
            space[f"make{number}"] = field.default_factory
            value = f"make{number}() if {name} is missing else {name}" if field.init else f"make{number}()"
            default = "=missing"
        elif field.default is not _MISSING:
            space[f"default{number}"] = field.default
            value, default = name if field.init else f"default{number}", f"=default{number}"
        elif not field.init:
            continue  # `__post_init__` sets it
        space[f"set{number}"] = getattr(cls, name).__set__
        if field.init:
            (named if field.kw_only else positional).append(name + default)
        body.append(f" set{number}(self, {value})")
    if hasattr(cls, "__post_init__"):
        body.append(" self.__post_init__()")
    parameters = ", ".join([*positional, *(named if named[1:] else ())])
    exec(f"def __init__({parameters}):\n" + "\n".join(body or [" pass"]), space)  # noqa: S102 - of our own classes' names
    init: Callable[..., None] = space["__init__"]
    init.__qualname__ = f"{cls.__qualname__}.__init__"
    return init


@recursive_repr()
def _repr(self: Any) -> str:
    shown = (f"{field.name}={getattr(self, field.name)!r}" for field in dataclasses.fields(self) if field.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"


@cache
def _compared(cls: Any) -> Callable[[object], object]:
    """What gets the values by which instances are compared, in one step."""
    names = [field.name for field in dataclasses.fields(cls) if field.compare]
    return attrgetter(*names) if names else lambda _: None


def _eq(self: Any, other: Any) -> Any:
    if other.__class__ is not self.__class__:
        return NotImplemented
    values = _compared(self.__class__)
    return values(self) == values(other)


def _hash(self: Any) -> int:
    return hash(_compared(self.__class__)(self))


def _refuse(self: object, name: str, value: object = None) -> NoReturn:  # noqa: ARG001 - as it is called
    raise dataclasses.FrozenInstanceError(f"cannot set or delete field {name!r}")


def _restore(self: object, state: tuple[None, dict[str, object]]) -> None:
    """Fill a copy, which is made without ``__init__``."""
    for name, value in state[1].items():
        object.__setattr__(self, name, value)


_FROZEN = {"__setattr__": _refuse, "__delattr__": _refuse, "__setstate__": _restore}

if not TYPE_CHECKING:
    dataclass = _dataclass
