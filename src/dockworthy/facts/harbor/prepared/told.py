"""Two texts of which a part may have stayed on the host, held against each other; and what of files differs."""

from __future__ import annotations

from dataclasses import field
from typing import Any, Final

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, NotDecided, Reason
from dockworthy.masking import HIDDEN
from dockworthy.regex import regex

__all__ = ["Differences", "agree", "agree_as_sets", "agree_as_urls", "plain"]

_USER: Final = regex(r"(?<=://).*@")
_HIDDEN: Final = Reason("a part of it stays on the host", Code.HIDDEN)


def plain(value: object) -> str:
    """A value as `prepare` writes it; of truths and of nothing one spelling: ``true``, ``false``, an empty text."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) or value in ("True", "False") else str(value)


def agree(found: str, wanted: str) -> bool | None:
    """Whether two values are one; None where what stayed on the host decides it."""
    if found == wanted and found != HIDDEN and f"/{HIDDEN}" not in found:
        return True
    return None if HIDDEN in found or HIDDEN in wanted else False


def agree_as_urls(found: str, wanted: str) -> bool | None:
    """The same of URLs with a login, of which it is compared whether there is one."""
    if (_USER.search(found) is None) != (_USER.search(wanted) is None):
        return None if HIDDEN in (found, wanted) else False
    return agree(_USER.sub("@", found), _USER.sub("@", wanted))


def agree_as_sets(found: str, wanted: str) -> bool | None:
    """The same of lists with commas, whose order is no difference."""
    first, second = ({part.strip() for part in text.split(",")} for text in (found, wanted))
    if first == second and HIDDEN not in first:
        return True
    return None if HIDDEN in first | second else False


@dataclass(slots=True)
class Differences:
    """What differs between what was prepared and what would be.

    Attributes:
        found: by file and key, what stands there (``prepared``) and what would (``harbor.yml``).
        undecided: by file and key, why it is not known.
    """

    found: dict[str, dict[str, object]] = field(default_factory=dict)
    undecided: dict[str, Reason] = field(default_factory=dict)

    def note(self, place: str, prepared: object, wanted: object, *, same: bool | None) -> None:
        """Keep the outcome of one comparison."""
        if same is None:
            self.undecided[place] = _HIDDEN
        elif not same:
            self.found[place] = {"prepared": prepared, "harbor.yml": wanted}

    def text(self, place: str, prepared: object, wanted: object) -> None:
        """Compare two values as texts."""
        first, second = plain(prepared), plain(wanted)
        self.note(place, first, second, same=agree(first, second))

    def shown(self) -> dict[str, Any]:
        """The differences; raises NotDecided where there is none, and something could not be compared."""
        if not self.found and self.undecided:
            place, reason = next(iter(self.undecided.items()))
            raise NotDecided(reason, place)
        return self.found
