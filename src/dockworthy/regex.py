"""Regular expressions that are compiled when one is first used.

Compiling one takes as long as loading a small module. There are some three hundred at module level here, and a run
uses few of them.
"""

from __future__ import annotations

import re
from typing import Any, AnyStr, cast

__all__ = ["regex"]


class _Late:
    """Is a compiled expression to whoever calls its methods; each is looked up once."""

    def __init__(self, text: str | bytes, flags: int) -> None:
        self._given: tuple[Any, int] = (text, flags)

    def __getattr__(self, name: str) -> Any:
        found = getattr(re.compile(*self._given), name)
        setattr(self, name, found)
        return found


def regex(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """As ``re.compile``, when it is first needed; what is given to functions of `re` has to be compiled by that."""
    return cast("re.Pattern[AnyStr]", _Late(text, flags))
