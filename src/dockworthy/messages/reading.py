"""From a pasted text to the messages in it.

A sentence is held against the table; where it is none of its own, what wraps it is taken off by its own grammar, and
what was inside is held against the table again, with the knowledge of where it stood.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final, NamedTuple

from dockworthy.dataclass import dataclass
from dockworthy.messages.lines import LONGEST_LINE, Sentence, broken_lines, plain, sentences
from dockworthy.messages.table import messages_for, wrappers_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dockworthy.messages.table import Message, Wrapper

__all__ = ["LONGEST", "Recognised", "cause_code", "classify", "recognise"]

LONGEST: Final = 64 * 1024  # characters of a text that are read, its last ones: what failed is told last
_MOST_WRAPPERS: Final = 12
_FOREIGN: Final = "foreign"


@dataclass(frozen=True, slots=True)
class Recognised:
    """A message that was found."""

    message: Message
    text: str  # the sentence, as it was printed
    fields: dict[str, str]  # what stands where its phrases leave room
    level: int  # how bad the program itself found it
    within: frozenset[str] = frozenset()  # where it stood

    @property
    def registry(self) -> str | None:
        """The registry that it names, as a reference or ``--registry`` would; None where it names none."""
        named = self.fields.get("registry", "").rpartition("@")[2] or _registry_of(self.fields.get("reference", ""))
        return named or self.fields.get("certs", "").partition("/certs.d/")[2].partition("/")[0] or None

    @property
    def checks(self) -> list[tuple[str, str | None]]:
        """The checks that answer for it, the likeliest first, each with the one instance that does, or None for all."""
        told = (one.partition(":") for one in self.message.checks)
        return [(check, self.fields.get(of[1:-1]) if of.startswith("{") else of or None) for check, _, of in told]


def recognise(text: str, within: Iterable[str] = ()) -> list[Recognised]:
    """The messages in a text, each once: what is telling before what is vague, errors before warnings, the last first.

    An empty list is the answer for what none of these programs prints.

    Args:
        text: what was printed, as it was copied from a terminal, a log or an answer.
        within: what is known of where it comes from, by the wrappers' tags, for instance ``engine``.
    """
    text, tags = plain(text[-LONGEST:]), frozenset(within)
    found = _among(sentences(text, tags))
    if "\n" in text.strip() and all(one.message.vague for one in found):
        joined = (one for line in broken_lines(text) for one in sentences(line[:LONGEST_LINE], tags))
        whole = _among(joined)
        telling = [one for one in whole if not one.message.vague]
        found += telling or ([] if found else sorted(whole, key=lambda one: len(one.text)))
    found.reverse()
    found.sort(key=lambda one: (one.message.vague, -one.level))
    each: dict[int, Recognised] = {}
    for one in found:
        each.setdefault(id(one.message), one)
    return list(each.values())


_OF_ENGINE: Final = ("engine", "registry")


def classify(words: str) -> str:
    """The verdict that an engine's words on a registry stand for; ``other`` for what stands for none."""
    return next((one.message.verdict for one in recognise(words, _OF_ENGINE) if one.message.verdict), "other")


def cause_code(words: str) -> str:
    """What an engine's words say that a registry refuses, in the table's word for it; empty where they say none."""
    return next((one.message.cause for one in recognise(words, _OF_ENGINE) if one.message.cause), "")


def _among(candidates: Iterable[Sentence]) -> list[Recognised]:
    read = {sentence: _read(sentence) for sentence in dict.fromkeys(candidates)}
    return [one for one in read.values() if one is not None]


def _read(sentence: Sentence) -> Recognised | None:
    """The message that a sentence is, by itself or within wrappers; None where it is none."""
    found = _Reader().within(sentence.text, sentence.tags, _MOST_WRAPPERS)
    return None if found is None else Recognised(found.message, sentence.text, found.fields, sentence.level, found.tags)


class _Found(NamedTuple):
    message: Message
    fields: dict[str, str]
    tags: frozenset[str]


class _Reader:
    """Reads one sentence; what was found within each part of it is kept, because several wrappers may lead to one."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, frozenset[str]], _Found | None] = {}

    def within(self, text: str, tags: frozenset[str], depth: int) -> _Found | None:
        """What it says as it stands, or else inside its wrapper; a vague message only where there is no better."""
        key = (text, tags)
        if key not in self._known:
            self._known[key] = None
            found = chain(_alone(text, tags), self._inside(text, tags, depth) if depth else ())
            self._known[key] = _best(found)
        return self._known[key]

    def _inside(self, text: str, tags: frozenset[str], depth: int) -> Iterator[_Found]:
        for wrapper in wrappers_for(text):
            fields = _matched(wrapper, text, tags)
            if fields is None:
                continue
            inner = fields.pop("inner").strip()
            around = (tags - {_FOREIGN} if wrapper.own else tags) | wrapper.tags
            told = self.within(inner, around, depth - 1)
            if told is not None:
                yield told._replace(fields={**fields, **told.fields})


def _best(candidates: Iterable[_Found]) -> _Found | None:
    vague = None
    for found in candidates:
        if not found.message.vague:
            return found
        vague = vague or found
    return vague


def _alone(text: str, tags: frozenset[str]) -> Iterator[_Found]:
    if _FOREIGN in tags:
        return
    for message in messages_for(text):
        fields = _matched(message, text, tags)
        if fields is not None:
            yield _Found(message, fields, tags)


def _matched(row: Message | Wrapper, text: str, tags: frozenset[str]) -> dict[str, str] | None:
    """The fields of a text that is this, where it is one in this place."""
    if row.within and tags.isdisjoint(row.within):
        return None
    for phrase in row.phrases:
        found = phrase.match(text)
        if found is not None:
            return found
    return None


def _registry_of(reference: str) -> str:
    """The registry of an image's name: what stands before the first slash, where that is a host."""
    first, slash, _ = reference.removeprefix("docker://").partition("/")
    is_host = "." in first or ":" in first or first == "localhost"
    return first if slash and is_host else ""
