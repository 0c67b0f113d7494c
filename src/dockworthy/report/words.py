"""How values and names are put into words: on one line, bounded, and without what could drive a terminal.

A person reads sentences and no JSON: `observation` says of a result what was seen and what should be, `value` has any
JSON value in words, `demanded` what checks expect. Names of hosts, containers and images come from those who made them:
control characters, bidirectional marks and line ends are shown as escapes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.printable import printable
from dockworthy.regex import regex

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dockworthy.results.model import Result

__all__ = [
    "ALL",
    "demanded",
    "instance",
    "listed",
    "observation",
    "plain",
    "quantity",
    "seen",
    "should",
    "table",
    "value",
]

LONGEST = 300
MOST = 6  # items of a list; of a longer one the rest is counted
ALL = 1_000_000  # the same for a reader who looks everything up
_NOTHING = "nothing"
_SIMPLE = 60  # characters of a value that can stand behind "is"

# What a check expects, by the key under which it says so (`check.Expectation`); {} is the value.
_DEMANDS = {
    "other than": "anything but {}",
    "one of": "one of {}",
    "none of": "anything but {}",
    "at least": "at least {}",
    "at most": "at most {}",
    "contains": "{} among them",
    "only": "nothing but {}",
    "without": "no {}",
    "beginning with": "{} at its beginning",
    "at least one of": "at least one of {}",
    "each": "each {}",
}
_LIMIT = regex(r"(at (?:least|most)) (\w+)")  # "at most hours"
_QUESTION = regex(r"(?:can|demands|does|has|is|was) ")
_RANGE = "odd number"
_OF_A_FILE = {"owner", "mode", "ACL", "public keys"}  # what a file has, and not what stands in it


def plain(text: str, longest: int = LONGEST) -> str:
    """The text on one line, with what is not printable as escapes, and cut where it is too long."""
    return printable(text, longest)


def value(item: object, longest: int = LONGEST, most: int = MOST) -> str:
    """A JSON value in words: ``a, b and 3 more``, ``nothing``, ``at least 26.0``; ``most`` items of each list."""
    return plain(_words(item, most), longest)


def listed(items: Sequence[str], most: int = MOST, *, comma: str = ", ", last: str | None = None) -> str:
    """The first items, and how many more there are; ``last`` stands before the last one, as in ``a, b or c``."""
    if len(items) > most:
        return f"{comma.join(items[:most])} and {len(items) - most} more"
    if last is not None and len(items) > 1:
        return f"{comma.join(items[:-1])}{last}{items[-1]}"
    return comma.join(items)


def _words(item: object, most: int = MOST, *, within: bool = False) -> str:
    if item is None:
        return _NOTHING
    if isinstance(item, bool):
        return "true" if item else "false"
    if isinstance(item, float) and item.is_integer():
        return str(int(item))
    if isinstance(item, dict):
        told = _demand(item, most) or _pairs(item, most, within=within)
        return told or _NOTHING
    if isinstance(item, (list, tuple)):
        words = [_words(one, most, within=True) for one in item]
        return listed(words, most, comma="; " if any(", " in word for word in words) else ", ") or _NOTHING
    return str(item) or _NOTHING


def _pairs(item: dict[str, object], most: int, *, within: bool) -> str:
    answers = [(str(key), _answer(str(key), one, most)) for key, one in item.items()]
    told = [f"{key} {words}" if words.startswith("(") else f"{key}: {words}" for key, words in answers]
    return f"({', '.join(told)})" if within and told else "; ".join(told)


def _answer(key: str, item: object, most: int = MOST) -> str:
    """A value behind its name: yes or no where the name is a question in words, and not a setting's or a time's."""
    if isinstance(item, bool) and _QUESTION.match(key):
        return "yes" if item else "no"
    return _words(item, most, within=True)


def _demand(item: dict[str, object], most: int) -> str | None:
    """What an object of one of the known shapes demands; None of any other."""
    if len(item) != 1:
        return None
    (key, wanted), *_ = item.items()
    if key == _RANGE and isinstance(wanted, list) and len(wanted) == 2:  # noqa: PLR2004 - the first and the last
        return f"an odd number from {_words(wanted[0])} to {_words(wanted[1])}"
    if (limit := _LIMIT.fullmatch(str(key))) and not isinstance(wanted, (dict, list)):
        return f"{limit[1]} {_words(wanted)} {limit[2]}"
    form = _DEMANDS.get(str(key))
    if form is None:
        return None
    if not isinstance(wanted, list):
        return form.format(_words(wanted, most, within=True))
    # what is empty stands last, where "nothing" reads as one more choice; what is there twice is one choice
    words = list(
        dict.fromkeys(sorted((_words(one, most, within=True) for one in wanted), key=lambda word: word == _NOTHING))
    )
    if len(words) < 2:  # noqa: PLR2004 - one of one thing is that thing
        form = "{}" if key == "one of" else form
    return form.format(listed(words, 2 * most, last=" or ") if words else _NOTHING)


def demanded(expected: object, longest: int = LONGEST) -> str:
    """What a check expects, as a noun: ``one of a or b``, ``at least 26.0``, ``nothing``."""
    return value(expected, longest)


def should(expected: object, observed: object = None, longest: int = LONGEST) -> str:
    """The same as half a sentence, or nothing where the check's title says it better."""
    if expected is None or (isinstance(expected, bool) and not isinstance(observed, bool)):
        return ""  # the title is the question, and what was seen is no answer in one word
    words = demanded(expected, longest)
    if isinstance(expected, (dict, list)) and not expected:
        return "there should be none" if isinstance(observed, list) and not _are_sentences(observed) else ""
    key = next(iter(expected)) if isinstance(expected, dict) and len(expected) == 1 else ""
    if key == "none of" and isinstance(observed, list):
        return words.replace("anything but", "there should be none of", 1)
    if key == "contains":
        return f"it should have {words.removesuffix(' among them')}"
    if key == "beginning with":
        return f"it should begin with {words.removesuffix(' at its beginning')}"
    if isinstance(observed, str) and " " in observed and " " not in words:
        return f"expected {words}"  # a sentence was seen where a word should be: "0B"
    if words.startswith("no "):
        return f"there should be {words}"
    return f"it should {'have' if key == 'at least one of' else 'be'} {words}"


def _are_sentences(items: list[object]) -> bool:
    """Whether the list is one of faults in words, which nobody takes for what is allowed."""
    return any(" " in str(item) for item in items)


def instance(result: Result) -> str:
    """The check with its instance."""
    return result.check if result.param is None else f"{result.check}[{plain(result.param)}]"


def observation(result: Result, longest: int = LONGEST) -> str:
    """What was seen and what should be, or why nothing was seen."""
    if result.reason:
        return plain(result.reason, longest) + _by(result.source, longest)
    found, source = _seen(result, longest)
    told = "; ".join(filter(None, (found, should(result.expected, result.observed, longest))))
    return told + _by(source, longest)


def seen(result: Result, longest: int = LONGEST) -> str:
    """What was seen alone, of a result that is as it should be."""
    told, source = _seen(result, longest)
    return told + _by(source, longest)


def _by(source: str, longest: int) -> str:
    return f" ({plain(source, longest)})" if source else ""


def _seen(result: Result, longest: int) -> tuple[str, str]:
    """What was seen, with the name of what it was seen of, and the source where that has no such name."""
    observed, source = result.observed, result.source
    words = plain(_telling(observed, result.expected), longest)
    subject = _subject(source) or (source if isinstance(observed, bool) and _is_simple(source) else None)
    if subject is None:
        return ("there is nothing" if observed is None else words), source
    subject = plain(subject, longest)
    if observed is None:
        return f"{subject} is not there", ""
    if observed in ("", [], {}):
        return f"{subject} is empty", ""
    simple = isinstance(observed, (bool, int, float)) or (isinstance(observed, str) and _is_simple(observed))
    return (f"{subject} is {words}" if simple else f"{subject}: {words}"), ""


def _is_simple(text: str) -> bool:
    return 0 < len(text) <= _SIMPLE and " " not in text


def _subject(source: str) -> str | None:
    """``icc in /etc/docker/daemon.json`` of ``/etc/docker/daemon.json: icc``; None of a source without such a name."""
    where, _, name = source.rpartition(": ")
    if not where or not name or len(name) > _SIMPLE or ";" in source or "," in name or ")" in name:
        return None
    if where.startswith("default of "):
        return f"{name} ({where})"
    return f"{name} {'of' if name in _OF_A_FILE else 'in'} {where}"


def _telling(observed: object, expected: object) -> str:
    """The value in words; of a list what the demand is about: the items that it refuses, where it names them."""
    if not isinstance(observed, list) or not isinstance(expected, dict) or len(expected) != 1:
        return _words(observed)
    (key, items), *_ = expected.items()
    named = items if isinstance(items, list) else [items]
    if key in {"without", "none of"}:
        told = [one for one in observed if one in named]
    else:
        told = [one for one in observed if one not in named] if key == "only" else []
    among = f" among {len(observed)}" if len(told) < len(observed) > 1 else ""
    return f"{_words(told)}{among}" if told else _words(observed)


def table(item: object, longest: int = LONGEST) -> list[tuple[str, str, str]]:
    """Row, column and cell of a value that has values of its own below names, line by line; nothing of any other."""
    if not isinstance(item, dict) or not any(isinstance(row, dict) for row in item.values()):
        return []
    lines = []
    for name, row in item.items():
        cells = list(row.items()) if isinstance(row, dict) else [("", row)]
        for number, (column, cell) in enumerate(cells or [("", "-")]):
            told = plain(_answer(str(column), cell), longest)
            lines.append((plain(str(name)) if number == 0 else "", plain(str(column)), told))
    return lines


def quantity(number: int, noun: str) -> str:
    """``1 host``, ``2 hosts``; ``2 days``, ``2 entries``."""
    plural = f"{noun[:-1]}ies" if noun.endswith("y") and noun[-2:-1] not in "aeou" else f"{noun}s"
    return f"{number} {noun if number == 1 else plural}"
