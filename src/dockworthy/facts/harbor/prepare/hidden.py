"""A text of harbor.yml that stayed on the host, in the place where it stands."""

from __future__ import annotations

from typing import Any, NoReturn

from dockworthy.evidence import Code, NotDecided
from dockworthy.masking import HIDDEN

__all__ = ["Hidden", "unhidden"]


class Hidden(str):
    """A text that was not told: not empty, and none of those that the probe would have told at its place.

    So it is true, and equal to no word that something is compared with; what else depends on it is not decided.
    """

    __slots__ = ()

    def __new__(cls) -> Hidden:  # noqa: PYI034 - Self is of 3.11
        """Make one."""
        return super().__new__(cls, HIDDEN)

    def _not_told(self, *_: object) -> NoReturn:
        raise NotDecided("the probe does not tell a value that this depends on", "harbor.yml", Code.HIDDEN)

    __lt__ = __le__ = __gt__ = __ge__ = endswith = startswith = isnumeric = lstrip = _not_told

    def __copy__(self) -> Hidden:
        return self

    def split(self, *_: object) -> list[str]:
        """Its parts, of which none is told."""
        return [self]


def unhidden(value: Any) -> Any:
    """A value as it was read, with each text that was not told marked as such."""
    if isinstance(value, str):
        return Hidden() if value.strip("\n") == HIDDEN else value
    if isinstance(value, dict):
        return {key: unhidden(item) for key, item in value.items()}
    if isinstance(value, list):
        return [unhidden(item) for item in value]
    return value
