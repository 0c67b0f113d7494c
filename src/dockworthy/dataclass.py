"""``@dataclass`` as the standard library has it, at a twentieth of what that costs while a module is imported.

The standard library writes the source of up to seven methods for each class and compiles it. There are more than four
hundred classes here; a run makes instances of half of them, compares those of a few, and prints none. So ``__init__``
is written when the first instance is made, and all other methods are the same functions for all classes. Annotations
are text here, of which a field's type is not asked for. Fields are the standard library's own objects, so that its
`fields`, `replace` and `asdict` know these classes; slots there always are.
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
_OF_NO_SLOTS = frozenset({"__dict__", "__weakref__"})  # what an instance without slots has


@dataclasses.dataclass(init=False, repr=False, eq=False)  # noqa: TID251 - the one that tells what all others share
class _First:
    """Has a docstring, because to make one of the signature takes longer than all else."""

    field: int


_FIELD = _First.__dataclass_fields__["field"]._field_type  # type: ignore[attr-defined] # noqa: SLF001 - a mark of theirs
_PARAMS = _First.__dataclass_params__  # type: ignore[attr-defined] # of methods, none is written by it


def _dataclass(*, frozen: bool = False, **options: bool) -> Callable[[type], type]:
    """The decorator; its options are the standard library's, but for `order` and `unsafe_hash`."""
    shared: dict[str, Any] = {**_FROZEN} if frozen else {}
    if options.pop("repr", True):
        shared["__repr__"] = _repr
    if options.pop("eq", True):
        shared |= {"__eq__": _eq, "__hash__": _hash if frozen else None}
    kw_only = options.get("kw_only", False)

    def wrap(given: type) -> type:
        given.__doc__ = given.__doc__ or given.__name__  # where there is none, the standard library makes a signature
        for name, method in shared.items():
            if given.__dict__.get(name) is None:
                setattr(given, name, method)
        cls: Any = _slotted(given, _fields(given, kw_only=kw_only))
        cls.__init__ = _first_init(cls)
        return cls  # type: ignore[no-any-return] # of the given one's type

    return wrap


def _fields(given: Any, *, kw_only: bool) -> dict[str, Any]:
    """The fields of its bases and its own, by name, each finished as the standard library does."""
    found: dict[str, Any] = {}
    for base in given.__mro__[:0:-1]:
        found |= base.__dict__.get("__dataclass_fields__", {})
    for name, kind in given.__annotations__.items():
        if kind.startswith("ClassVar"):
            continue
        default = given.__dict__.get(name, _MISSING)
        own: Any = default if isinstance(default, dataclasses.Field) else dataclasses.field(default=default)
        own.name, own.type, own._field_type = name, kind, _FIELD  # noqa: SLF001 - as the standard library sets it
        if own.kw_only is _MISSING:
            own.kw_only = kw_only
        found[name] = own
    return found


def _slotted(given: Any, fields: dict[str, Any]) -> Any:
    """The class anew, with a slot for each field in the place of its default; slots cannot be had later."""
    inherited = {slot for base in given.__mro__[1:-1] for slot in base.__dict__.get("__slots__", ())}
    space = {name: value for name, value in given.__dict__.items() if name not in fields and name not in _OF_NO_SLOTS}
    return type(given)(
        given.__name__,
        given.__bases__,
        space
        | {
            "__dataclass_fields__": fields,
            "__dataclass_params__": _PARAMS,
            "__match_args__": tuple(name for name, one in fields.items() if one.init and not one.kw_only),
            "__qualname__": given.__qualname__,
            "__slots__": tuple(name for name in fields if name not in inherited),
        },
    )


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
