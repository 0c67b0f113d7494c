"""YAML read piece by piece: what an inventory of tens of thousands of hosts needs, in a tenth of the time.

The library's own constructor makes an object with two places in the file of each word; here each becomes a text, and
each key knows its line. Anchors, aliases and ``<<`` are followed; what lies in Ansible's vault is no value.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from dockworthy.errors import UsageError
from dockworthy.target.inventory.groups import KEPT, SECRET
from dockworthy.typed import shown_problem

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Word", "load_yaml"]

DEEPEST = 100
_MERGE = "<<"
_NAMES = {name: name for name in KEPT}  # one text of each, however many hosts have it
_AS_IT_IS = re.compile(r"[1-9][0-9]*|[0-9]+(?:\.[0-9]+){3}", re.ASCII)  # a number, an address
_PERHAPS_NO_TEXT = frozenset("0123456789+-.~nNtTfFyYoO=")


class Word(str):  # noqa: SLOT000 - it has one more field
    """A key that knows its line."""

    line: int


def load_yaml(shown: str, text: str) -> Any:
    """What a document holds: dicts, lists, texts, None, `SECRET`; `UsageError` with file and line where it is none."""
    import yaml  # noqa: PLC0415 - only for inventories in YAML

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return _Tree(shown).built(yaml.parse(text, Loader=loader))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        problem = shown_problem(error.problem or "fix the syntax")
        raise UsageError(f"{shown}:{line}: this is not YAML ({problem}).") from None
    except (yaml.YAMLError, ValueError, UnicodeError):
        raise UsageError(f"{shown}: this is not YAML that can be read; fix it.") from None
    finally:
        _resolved.cache_clear()  # what it has seen may be a password


class _Tree:
    """One document, as its events come."""

    def __init__(self, shown: str) -> None:
        self._shown = shown
        self._anchors: dict[str, Any] = {}
        self._open: list[Any] = []  # the dicts and lists that are not at their end
        self._keys: list[Any] = []  # of each, the key whose value is awaited
        self._merges: list[tuple[dict[Any, Any], Any]] = []
        self._root: Any = None
        self._documents = 0
        self._handlers: dict[str, Callable[[Any], None]] = {
            "ScalarEvent": self._scalar,
            "MappingStartEvent": lambda event: self._begin({}, event),
            "SequenceStartEvent": lambda event: self._begin([], event),
            "MappingEndEvent": self._end,
            "SequenceEndEvent": self._end,
            "AliasEvent": self._alias,
            "DocumentStartEvent": self._begin_document,
        }

    def built(self, events: Any) -> Any:
        """The whole of it."""
        for event in events:
            handler = self._handlers.get(type(event).__name__)
            if handler is not None:
                handler(event)
        # Only now: what is merged may itself have been merged into, and those come first.
        for node, value in self._merges:
            for one in value if isinstance(value, list) else [value]:
                for key, item in one.items() if isinstance(one, dict) else ():
                    node.setdefault(key, item)
        return self._root

    def _begin_document(self, event: Any) -> None:
        self._documents += 1
        if self._documents > 1:
            raise self._wrong(event, "there is a second document")

    def _end(self, _event: Any) -> None:
        self._open.pop()
        self._keys.pop()

    def _wrong(self, event: Any, problem: str) -> UsageError:
        return UsageError(f"{self._shown}:{event.start_mark.line + 1}: this is not YAML ({problem}).")

    def _scalar(self, event: Any) -> None:
        if self._open and self._keys[-1] is None and isinstance(self._open[-1], dict):
            known = _NAMES.get(event.value)
            if known is None:
                known = Word(event.value)
                known.line = event.start_mark.line + 1
            if event.anchor:
                self._anchors[event.anchor] = known
            self._keys[-1] = known
            return
        value: Any = event.value
        if event.tag not in {None, "!", "!unsafe"}:
            value = SECRET if event.tag.startswith("!vault") else None if event.tag[0] == "!" else value
        elif event.implicit[0] and (not value or value[0] in _PERHAPS_NO_TEXT) and not _AS_IT_IS.fullmatch(value):
            value = _resolved(value)
        self._put(value, event)

    def _begin(self, node: Any, event: Any) -> None:
        self._put(node, event)
        self._open.append(node)
        self._keys.append(None)
        if len(self._open) > DEEPEST:
            raise self._wrong(event, f"it is more than {DEEPEST} levels deep")

    def _alias(self, event: Any) -> None:
        if event.anchor not in self._anchors:
            raise self._wrong(event, "an alias has no anchor")
        value = self._anchors[event.anchor]
        if self._open and self._keys[-1] is None and isinstance(self._open[-1], dict):
            if not isinstance(value, str):
                raise self._wrong(event, "a key is no text")
            self._keys[-1] = value
        else:
            self._put(value, event)

    def _put(self, value: Any, event: Any) -> None:
        """Where it belongs: into what is open, under the key that was read."""
        anchor = getattr(event, "anchor", None)
        if anchor and type(event).__name__ != "AliasEvent":
            self._anchors[anchor] = value
        if not self._open:
            self._root = value
            return
        node = self._open[-1]
        if isinstance(node, list):
            node.append(value)
            return
        key, self._keys[-1] = self._keys[-1], None
        if key is None:
            raise self._wrong(event, "a key is no text")
        if key == _MERGE:
            self._merges.append((node, value))
        else:
            node[key] = value


@lru_cache(maxsize=4096)
def _resolved(text: str) -> str | None:
    """What a plain word means: None for none, a number or a truth value as Python writes it, else itself."""
    import yaml  # noqa: PLC0415 - loaded already

    loader: Any = yaml.SafeLoader("")
    tag = loader.resolve(yaml.ScalarNode, text, (True, False))
    try:
        value = loader.construct_object(yaml.ScalarNode(tag, text))
    except (ValueError, OverflowError, yaml.YAMLError, KeyError, TypeError, AttributeError):
        return text
    try:
        return None if value is None else str(value)
    except ValueError:  # a number of more digits than Python writes
        return text
