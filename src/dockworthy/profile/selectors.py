"""What ``select``, ``deselect``, ``--check``, ``--topic`` and ``--refs`` may name, and what each means.

``matches(selector, check) -> bool`` for a topic, a check's id (or a former one) or a reference prefix;
``reference_matches(prefix, reference) -> bool`` for references alone.

A reference prefix is whole: ``CIS-Docker-1.6:2.1`` is 2.1 and what lies below it (2.1.3), never 2.10;
``CIS-Docker-1.6:2`` is the section, ``CIS-Docker-1.6`` the benchmark, ``CIS-Docker`` every version of it. In other
standards' numbers, AC-6 has AC-6(1) below it, AC has AC-6, and SRG-APP-000141 has SRG-APP-000141-CTR-000315.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from dockworthy.regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Selectable", "matches", "reference_matches"]

_WHOLE = regex(r"[.(]|-(?=\d)|(?<=\d)-")  # where a number ends and what lies below it begins


class Selectable(Protocol):
    """What a profile needs to know of a check."""

    @property
    def id(self) -> str:
        """Its stable id."""

    @property
    def aliases(self) -> Sequence[str]:
        """The ids that it had before."""

    @property
    def refs(self) -> Sequence[str]:
        """The outside requirements that it answers."""

    @property
    def severity(self) -> str:
        """Its severity, as its author gave it."""

    @property
    def params(self) -> Sequence[str]:
        """The profile's keys that it reads."""


def reference_matches(prefix: str, reference: str) -> bool:
    """Whether the reference is the prefix or lies below it."""
    standard, _, number = prefix.partition(":")
    its_standard, _, its_number = reference.partition(":")
    number = number.strip().rstrip(".")
    if number:
        below = its_number == number or bool(_WHOLE.match(its_number, len(number)))
        return standard == its_standard and below and its_number.startswith(number)
    return bool(standard) and (its_standard == standard or its_standard.startswith(f"{standard}-"))


def named(check: Selectable, check_id: str) -> bool:
    """Whether this is the check's id, or one that it had before."""
    return check.id == check_id or check_id in check.aliases


def matches(selector: str, check: Selectable) -> bool:
    """Whether the selector is the check's topic, one of its ids, or a prefix of one of its references."""
    if selector == check.id.partition(".")[0] or named(check, selector):
        return True
    return any(reference_matches(selector, reference) for reference in check.refs)


def any_matches(selectors: Iterable[str], check: Selectable) -> bool:
    """Whether one of the selectors names the check."""
    return any(matches(selector, check) for selector in selectors)
