"""Many small cases in one test: what pytest itself spends on a case is more than most of them take."""

from __future__ import annotations

from functools import wraps
from inspect import Signature
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

__all__ = ["each_of"]

_Param = type(pytest.param())
_ROWS = "__rows__"


def each_of(
    names: str | Sequence[str], table: Iterable[Any], ids: Callable[[Any], object] | Iterable[object] | None = None
) -> Callable[[Callable[..., None]], Callable[[], None]]:
    """As ``pytest.mark.parametrize``, but one test judges all rows, and names each that fails with what it says.

    For tests that ask for nothing but what stands in their tables. A row that is skipped has failed.
    """
    columns = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
    here = [_row(columns, row, number) for number, row in enumerate(table)]
    if ids is not None and not callable(ids):
        here = [(str(told), given) for told, (_, given) in zip(ids, here, strict=True)]
    elif ids is not None:
        here = [("-".join(str(ids(value)) for value in given.values()), given) for _, given in here]

    def decorate(test: Callable[..., None]) -> Callable[[], None]:
        function, below = getattr(test, _ROWS, (test, [("", {})]))
        judged = [(f"{one}-{other}".strip("-"), {**first, **more}) for other, more in below for one, first in here]
        assert judged

        @wraps(function)
        def all_rows() -> None:
            failed = [text for told, given in judged if (text := _failure(function, told, given)) is not None]
            if failed:
                pytest.fail(f"{len(failed)} of {len(judged)} rows:\n" + "\n".join(failed), pytrace=False)

        setattr(all_rows, _ROWS, (function, judged))
        all_rows.__dict__["__signature__"] = Signature()  # the function's parameters are none of pytest's
        return all_rows

    return decorate


def _row(columns: list[str], row: Any, number: int) -> tuple[str, dict[str, Any]]:
    """What a row is called, and what stands in it."""
    told = None
    if isinstance(row, _Param):
        told, row = row.id, row.values if len(columns) > 1 else row.values[0]
    values = tuple(row) if len(columns) > 1 else (row,)
    given = dict(zip(columns, values, strict=True))
    names = (str(value) if _is_short(value) else f"{name}{number}" for name, value in given.items())
    return (str(told) if told else "-".join(names)), given


def _is_short(value: object) -> bool:
    if isinstance(value, (str, bytes)):
        return len(value) < 100
    return value is None or isinstance(value, float) or (isinstance(value, int) and value.bit_length() < 100)


def _failure(function: Callable[..., None], told: str, given: dict[str, Any]) -> str | None:
    try:
        function(**given)
    except (Exception, pytest.fail.Exception, pytest.skip.Exception) as error:  # noqa: BLE001 - the other rows, too
        seen = pytest.ExceptionInfo.from_exception(error)
        return f"[{told}]\n{seen.getrepr(style='short')}\n"
    return None
