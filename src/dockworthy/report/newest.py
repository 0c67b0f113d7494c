"""Several records as one fleet: of each host the newest record counts. They are read piece by piece."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from dockworthy.moments import known_moment
from dockworthy.results.streamed import streamed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from typing_extensions import Self

    from dockworthy.results.model import Certificate, Result
    from dockworthy.results.streamed import Streamed

__all__ = ["Newest"]

_LONG_AGO = datetime(1970, 1, 1, tzinfo=timezone.utc)


class Newest:
    """Records, open as long as it is entered.

    Attributes:
        now: the moment of the newest.
        complete: whether every run came to its end.
        reached: the hosts that were looked at, in the order of the records.
        not_reached: those that could not be.
        left_out: how many certificates of these hosts are not recorded.
    """

    def __init__(self, paths: Iterable[Path]) -> None:
        """Open them; `UsageError` for what is no record."""
        self._stack = ExitStack()
        self._records: list[tuple[Streamed, set[str]]] = []
        self.reached: dict[str, None] = {}
        self.not_reached: dict[str, None] = {}
        self.left_out = 0
        with ExitStack() as stack:
            records = sorted((stack.enter_context(streamed(path)) for path in paths), key=_moment, reverse=True)
            known: set[str] = set()
            for record in records:
                names = set(record.names) - known
                known |= names
                self._records.append((record, names))
                self.left_out += sum(number for name, number in record.left_out.items() if name in names)
                for host in record.hosts():
                    if host.name in names:
                        (self.reached if host.reachable else self.not_reached)[host.name] = None
            self.now = max(map(_moment, records), default=_LONG_AGO)
            self.complete = all(record.complete for record in records)
            self._stack = stack.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def certificates(self) -> Iterator[Certificate]:
        """The certificates of the hosts."""
        return (one for record, names in self._records for one in record.certificates() if one.host in names)

    def results(self, check: str) -> Iterator[Result]:
        """The results of one check on the hosts."""
        return (one for record, names in self._records for one in record.results(check=check) if one.host in names)


def _moment(record: Streamed) -> datetime:
    return known_moment(record.run.finished) or known_moment(record.run.started) or _LONG_AGO
