"""How much of a limit is used: a count that may be a least one."""

from __future__ import annotations

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, Reason, known, unknown

__all__ = ["Used"]

_HIDDEN = Reason("more may be used than is seen", Code.NOT_TOLD)


@dataclass(frozen=True, slots=True)
class Used:
    """How much of a limit is used: at least ``least`` and at most ``most``.

    What is not seen may show later that a limit is reached, but not that there is room.
    """

    least: int
    most: int | None  # None where any number may be hidden
    limit: int | None  # None for none
    source: str
    reason: Reason = _HIDDEN  # why both are not equal

    def percent(self, threshold: int) -> Evidence[float]:
        """The used part in percent, rounded down; unknown where what is not seen decides whether it is below this."""
        if not self._reaches(self.least, threshold) and self._reaches(self.most, threshold):
            return unknown(self.reason, self.source)
        if not self.limit:
            return known(0.0 if self.limit is None else 100.0, self.source)
        return known(1000 * self.least // self.limit / 10, self.source)

    def _reaches(self, count: int | None, threshold: int) -> bool:
        if self.limit is None:
            return False
        return count is None or count * 100 >= self.limit * threshold
