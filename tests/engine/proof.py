"""How a check is made to fail on a real host, so that its printed fix can be tried."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Proof"]


@dataclass(frozen=True)
class Proof:
    """How a check is made to fail.

    Attributes:
        check: its id.
        config: daemon.json before the fix.
        args: dockerd's arguments before the fix.
        before: commands run first, in the engine's namespaces.
        param: the instance, where the check has several.
        profile: lines of a profile for it.
        prepare: commands run before the engine is started with these arguments.
    """

    check: str
    config: Mapping[str, Any] | None = None
    args: tuple[str, ...] = ()
    before: str = ""
    param: str | None = None
    profile: str = ""
    prepare: str = ""
