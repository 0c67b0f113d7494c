"""What was seen, and where: a value with its origin, or the reason why there is none.

Evidence is the only thing that a check judges. Asking for a value that is not known raises
[NotDecided][dockworthy.evidence.NotDecided], so that a check cannot pass by ignorance and none has to
remember to ask.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Evidence", "NotApplicable", "NotDecided", "known", "unknown"]

T = TypeVar("T")
U = TypeVar("U")


class NotDecided(Exception):  # noqa: N818 - an outcome, not a fault of the program
    """The evidence could not be read: the result is ``error``, never ``pass`` and never ``fail``."""

    def __init__(self, reason: str, source: str, code: str | None = None) -> None:
        super().__init__(f"{source}: {reason}" if source else reason)
        self.reason = reason
        self.source = source
        self.code = code


class NotApplicable(Exception):  # noqa: N818 - an outcome, not a fault of the program
    """The question does not arise on this host: the result is ``skip``, with the reason."""

    def __init__(self, reason: str, code: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code


@dataclass(frozen=True, slots=True)
class Evidence(Generic[T]):
    """A value and its source, or the reason why the value is not known.

    Attributes:
        source: where it comes from, as a person would look it up: ``/etc/docker/daemon.json: icc``,
            ``GET /info: LiveRestoreEnabled``, ``dockerd --icc=false``.
        unknown: why the value is not known, or None where it is.
    """

    source: str
    content: T | None = None
    unknown: str | None = None

    @property
    def is_known(self) -> bool:
        """Whether there is a value."""
        return self.unknown is None

    @property
    def value(self) -> T:
        """The value.

        Raises:
            NotDecided: where it is not known.
        """
        if self.unknown is not None:
            raise NotDecided(self.unknown, self.source)
        return cast("T", self.content)

    def get(self, default: T) -> T:
        """The value, or ``default`` where it is not known: for descriptions, never for a verdict."""
        return default if self.unknown is not None else cast("T", self.content)

    def map(self, function: Callable[[T], U]) -> Evidence[U]:
        """The evidence for a value derived from this one; what is not known stays so, for the same reason."""
        if self.unknown is not None:
            return Evidence(self.source, None, self.unknown)
        return Evidence(self.source, function(cast("T", self.content)))


def known(value: T, source: str) -> Evidence[T]:
    """Evidence that was read."""
    return Evidence(source, value)


def unknown(reason: str, source: str) -> Evidence[T]:
    """Evidence that could not be read, and why."""
    return Evidence(source, None, reason)
