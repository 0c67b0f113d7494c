"""JSON as Go's ``encoding/json`` reads it: what it refuses, in its words, and what it takes differently.

Python's ``json`` decides other cases (it takes ``NaN``, big integers and lone surrogates; its messages are its
own), so the document is taken apart here by the state machine of ``encoding/json/scanner.go``, and decoded by
the rules of ``decode.go``, Go 1.24: the first type error is remembered while decoding goes on, an error of a
type's own decoder ends it at once, names match exactly before they match without case, ``null`` empties maps,
lists and pointers and leaves everything else as it is.
"""

from __future__ import annotations

import json
import re
from dataclasses import field
from typing import Any, ClassVar, NamedTuple, Protocol

from dockworthy.dataclass import dataclass
from dockworthy.golang.text import quote
from dockworthy.golang.values import GoError, parse_float
from dockworthy.regex import regex

__all__ = [
    "Any_",
    "Bool",
    "Decoder",
    "Field",
    "GoType",
    "Integer",
    "Map",
    "MismatchError",
    "Node",
    "Pointer",
    "Slice",
    "String",
    "Struct",
    "decode",
    "parse",
    "parse_first",
    "to_any",
]

GO_1_24, GO_1_27 = (1, 24), (1, 27)  # where messages change
MAX_DEPTH = 10000  # encoding/json's own limit

_SPACE = regex(rb"[ \t\r\n]*")
_STRING_RUN = regex(rb'[^"\\\x00-\x1f]*')
_LITERALS = {ord("t"): b"true", ord("f"): b"false", ord("n"): b"null"}
_WORDS = {b"true": True, b"false": False, b"null": None}
_HEX = frozenset(b"0123456789abcdefABCDEF")
_DIGITS = frozenset(b"0123456789")


class EndOfInputError(GoError):
    """The text ends inside a value."""


class Node(NamedTuple):
    """A value of the document.

    Attributes:
        kind: ``object``, ``array``, ``string``, ``number``, ``bool`` or ``null``, as Go names them.
        value: members as (name, node) in order, items, the text of a string or of a number, or the constant.
        raw: the value as it was written.
    """

    kind: str
    value: Any
    raw: bytes


def _quote_char(byte: int) -> str:
    # string(c) of a byte makes a rune of it, so that a byte above 0x7f is shown as Latin-1
    if byte == ord('"'):
        return "'\"'"
    return quote(chr(byte), "'")


class _Scanner:
    """The text and a position in it; every method leaves the position behind what it read."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0

    def skip_space(self) -> None:
        match = _SPACE.match(self.data, self.position)
        if match:
            self.position = match.end()

    def peek(self) -> int:
        """The byte at the position; raises GoError at the end of the text."""
        if self.position >= len(self.data):
            raise EndOfInputError("unexpected end of JSON input")
        return self.data[self.position]

    def fail(self, context: str) -> GoError:
        """The error about the byte at the position."""
        return GoError(f"invalid character {_quote_char(self.peek())} {context}")

    def _escape(self) -> None:
        self.position += 1
        byte = self.peek()
        if byte == ord("u"):
            for _ in range(4):
                self.position += 1
                if self.peek() not in _HEX:
                    raise self.fail("in \\u hexadecimal character escape")
        elif byte not in b'bfnrt\\/"':
            raise self.fail("in string escape code")
        self.position += 1

    def string(self) -> Node:
        start = self.position
        self.position += 1
        while True:
            match = _STRING_RUN.match(self.data, self.position)
            if match:
                self.position = match.end()
            byte = self.peek()
            if byte == ord("\\"):
                self._escape()
            elif byte == ord('"'):
                self.position += 1
                break
            else:
                raise self.fail("in string literal")
        raw = self.data[start : self.position]
        return Node("string", _unquote(raw), raw)

    def _run_of_digits(self, context: str) -> None:
        if self.peek() not in _DIGITS:
            raise self.fail(context)
        while self.position < len(self.data) and self.data[self.position] in _DIGITS:
            self.position += 1

    def _at(self, characters: bytes) -> bool:
        return self.position < len(self.data) and self.data[self.position] in characters

    def number(self) -> Node:
        start = self.position
        if self._at(b"-"):
            self.position += 1
        if self.peek() == ord("0"):
            self.position += 1
        else:
            self._run_of_digits("in numeric literal")
        if self._at(b"."):
            self.position += 1
            self._run_of_digits("after decimal point in numeric literal")
        if self._at(b"eE"):
            self.position += 1
            if self.peek() in b"+-":
                self.position += 1
            self._run_of_digits("in exponent of numeric literal")
        raw = self.data[start : self.position]
        return Node("number", raw.decode("ascii"), raw)

    def word(self, expected: bytes) -> Node:
        for byte in expected:
            if self.peek() != byte:
                raise self.fail(f"in literal {expected.decode()} (expecting {quote(chr(byte), chr(39))})")
            self.position += 1
        value = _WORDS[expected]
        return Node("null" if value is None else "bool", value, expected)

    def literal(self) -> Node:
        byte = self.peek()
        if byte == ord('"'):
            return self.string()
        if byte == ord("-") or byte in _DIGITS:
            return self.number()
        if byte in _LITERALS:
            return self.word(_LITERALS[byte])
        raise self.fail("looking for beginning of value")


def _unquote(raw: bytes) -> str:
    if b"\\" not in raw:
        return raw[1:-1].decode("utf-8", "replace")
    text: str = json.loads(raw.decode("utf-8", "replace"))
    # half of a surrogate pair becomes U+FFFD, as in Go
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


class _Builder:
    """The parser: a stack instead of recursion, so that a hostile nesting is an error and no overflow."""

    def __init__(self, data: bytes) -> None:
        self.scan = _Scanner(data)
        self.stack: list[tuple[str, list[Any], str | None, int]] = []

    def document(self, *, whole: bool) -> Node:
        node = self._value()
        while True:
            self.scan.skip_space()
            if node is None:
                node = self._value()
                continue
            if not self.stack:
                break
            node = self._close(node)
        if whole and self.scan.position < len(self.scan.data):
            raise self.scan.fail("after top-level value")
        return node

    def _value(self) -> Node | None:
        """A finished value, or None where a container was opened and its first element is next."""
        self.scan.skip_space()
        byte = self.scan.peek()
        if byte not in b"{[":
            return self.scan.literal()
        if len(self.stack) >= MAX_DEPTH:
            raise self.scan.fail("exceeded max depth")
        start = self.scan.position
        kind, end = ("array", b"]") if byte == ord("[") else ("object", b"}")
        self.scan.position += 1
        self.scan.skip_space()
        if self.scan.peek() in end:
            self.scan.position += 1
            return self._container(kind, [], start)
        self.stack.append((kind, [], self._name() if kind == "object" else None, start))
        return None

    def _container(self, kind: str, items: list[Any], start: int) -> Node:
        return Node(kind, items, self.scan.data[start : self.scan.position])

    def _name(self) -> str:
        self.scan.skip_space()
        if self.scan.peek() != ord('"'):
            raise self.scan.fail("looking for beginning of object key string")
        name: str = self.scan.string().value
        self.scan.skip_space()
        if self.scan.peek() != ord(":"):
            raise self.scan.fail("after object key")
        self.scan.position += 1
        return name

    def _close(self, node: Node) -> Node | None:
        """Put a finished value into its container; the container where it ends here, else None."""
        kind, items, name, start = self.stack.pop()
        byte = self.scan.peek()
        if kind == "array":
            items.append(node)
            end, context = ord("]"), "after array element"
        else:
            items.append((name, node))
            end, context = ord("}"), "after object key:value pair"
        if byte == end:
            self.scan.position += 1
            return self._container(kind, items, start)
        if byte != ord(","):
            raise self.scan.fail(context)
        self.scan.position += 1
        self.stack.append((kind, items, self._name() if kind == "object" else None, start))
        return None


def parse(data: bytes) -> Node:
    """Take a document apart; raises GoError with the text of Go's ``json.SyntaxError``."""
    return _Builder(data).document(whole=True)


def parse_first(data: bytes) -> Node:
    """The first value of a text, as ``json.NewDecoder(…).Decode`` takes it; what follows it is not looked at.

    Raises GoError with the decoder's words: ``EOF`` where there is none.
    """
    if not data.strip(b" \t\r\n"):
        raise GoError("EOF")
    try:
        return _Builder(data).document(whole=False)
    except EndOfInputError:
        raise GoError("unexpected EOF") from None


def to_any(node: Node, depth: int = 0) -> Any:
    """The value as Go decodes it into an empty interface (``nil``, bool, float64, string, list, map).

    Raises GoError for a number that no float64 holds.
    """
    if node.kind == "number":
        return _to_float(node)
    if depth > 200:  # noqa: PLR2004 - nothing in the engine's configuration looks so deep
        return None
    if node.kind == "object":
        return {name: to_any(item, depth + 1) for name, item in node.value}
    if node.kind == "array":
        return [to_any(item, depth + 1) for item in node.value]
    return node.value


def _to_float(node: Node) -> float:
    try:
        return parse_float(node.value)
    except GoError:
        raise GoError(f"json: cannot unmarshal number {node.value} into Go value of type float64") from None


class GoType(Protocol):
    """How a Go type takes a JSON value.

    Attributes:
        name: the type as ``reflect.Type.String`` writes it.
    """

    @property
    def name(self) -> str:
        """The type's name in messages."""

    def zero(self) -> Any:
        """The value of a variable that was never set."""

    def decode(self, node: Node, current: Any, decoder: Decoder) -> Any:
        """The value after decoding ``node`` over ``current``."""


class MismatchError(GoError):
    """A JSON value that does not fit the Go type (``UnmarshalTypeError``).

    Attributes:
        value: what the value is: ``string``, ``number -5``.
        type_name: the type that it should be.
        path: the fields that lead there.
    """

    def __init__(self, value: str, type_name: str, struct: str, path: str, *, told: str = "") -> None:
        place = f"Go struct field {struct}.{path}" if struct or path else "Go value"
        if told and path.rpartition(".")[2].isdigit():
            place = f"{struct}.{path}"  # of a list's item the newer decoder says no more
        super().__init__(f"json: cannot unmarshal {value} into {place} of type {type_name}{told}")
        self.value = value
        self.type_name = type_name
        self.path = path


@dataclass(slots=True)
class Decoder:
    """What a decoding knows: where it is, and the first type error.

    Attributes:
        go: the release of Go, whose messages differ.
        struct: the name of the innermost struct type.
        path: the fields that lead here.
        saved: the first type error, which does not end the decoding.
    """

    go: tuple[int, ...] = GO_1_24
    struct: str = ""
    path: list[str] = field(default_factory=list)
    saved: GoError | None = None

    @property
    def names_embedded(self) -> bool:
        """Whether messages name the embedded structs that lead to a field."""
        return GO_1_24 <= self.go < GO_1_27

    @property
    def names_keys(self) -> bool:
        """Whether messages lead to a value from the outermost struct on, by the keys of maps and places in lists."""
        return self.go >= GO_1_27

    def steps(self, target: Field, name: str) -> list[str]:
        """How messages lead to a field, whose name the document writes so."""
        if self.names_keys:
            return [name]
        return [*target.embedded, target.name] if self.names_embedded else [target.name]

    def enter(self, key: str) -> None:
        """Go on to the value of a map's key, or at a place in a list."""
        if self.names_keys:
            self.path.append(key)

    def mismatch(self, value: str, type_name: str, *, of_text: bool = False) -> None:
        """Remember that a JSON value does not fit a type, or one that reads texts itself."""
        if self.saved is None:
            told = ": JSON value must be string type" if of_text and self.names_keys else ""
            self.saved = MismatchError(value, type_name, self.struct, ".".join(self.path), told=told)

    def wrap(self, error: MismatchError) -> MismatchError:
        """The error of a decoding of its own inside this one: the path in front of it is this one's.

        Up to Go 1.23 that takes the place of its own, and since 1.27 nothing is put in front of it.
        """
        if self.names_keys:
            return error
        path = [*self.path, error.path] if error.path and self.names_embedded else self.path
        return MismatchError(error.value, error.type_name, self.struct, ".".join(path))


def decode(node: Node, target: GoType, current: Any = None, go: tuple[int, ...] = GO_1_24) -> Any:
    """Decode a whole document; raises GoError with the text of Go's error."""
    decoder = Decoder(go)
    value = target.decode(node, target.zero() if current is None else current, decoder)
    if decoder.saved:
        raise decoder.saved
    return value


@dataclass(frozen=True, slots=True)
class _Scalar:
    """A value that is there from the start: one of its kind takes its place, and null changes nothing.

    Attributes:
        kind: what JSON calls it.
        nought: what it is before it is set.
    """

    kind: ClassVar[str]
    nought: ClassVar[Any]
    name: str

    def zero(self) -> Any:
        """False, nought or the empty text."""
        return self.nought

    def decode(self, node: Node, current: Any, decoder: Decoder) -> Any:
        """Take a value of the kind."""
        if node.kind == self.kind:
            return node.value
        if node.kind != "null":
            decoder.mismatch(node.kind, self.name)
        return current


@dataclass(frozen=True, slots=True)
class Bool(_Scalar):
    """``bool``."""

    kind, nought = "bool", False
    name: str = "bool"


@dataclass(frozen=True, slots=True)
class String(_Scalar):
    """``string`` and the types made of it."""

    kind, nought = "string", ""
    name: str = "string"


@dataclass(frozen=True, slots=True)
class Integer(_Scalar):
    """``int``, ``int64``, ``uint32``: whole numbers without point and exponent, within the type's range."""

    kind, nought = "number", 0
    name: str = "int"
    lowest: int = -(2**63)
    highest: int = 2**63 - 1

    def decode(self, node: Node, current: Any, decoder: Decoder) -> Any:
        """Take a whole number."""
        if node.kind != self.kind:
            return _Scalar.decode(self, node, current, decoder)
        if re.fullmatch(r"-?\d{1,30}", node.value) and self.lowest <= int(node.value) <= self.highest:
            return int(node.value)
        decoder.mismatch(f"number {node.value}", self.name)
        return current


class _Nillable:
    """A type whose values are nil until they are set."""

    __slots__ = ()

    def zero(self) -> None:
        """Nil."""


@dataclass(frozen=True, slots=True)
class _OfElements(_Nillable):
    """A type that is made of another; ``prefix`` is what its name has before the other's."""

    prefix: ClassVar[str]
    element: GoType

    @property
    def name(self) -> str:
        """As Go writes it."""
        return self.prefix + self.element.name


class Pointer(_OfElements):
    """A pointer, which null takes away."""

    __slots__ = ()
    prefix = "*"

    def decode(self, node: Node, current: Any, decoder: Decoder) -> Any:
        """Take what the element takes."""
        if node.kind == "null":
            return None
        return self.element.decode(node, self.element.zero() if current is None else current, decoder)


class Slice(_OfElements):
    """A list; null is nil, and each decoding replaces what was there."""

    __slots__ = ()
    prefix = "[]"

    def decode(self, node: Node, current: Any, decoder: Decoder) -> Any:
        """Take an array, element by element."""
        if node.kind == "null":
            return None
        if node.kind != "array":
            decoder.mismatch(node.kind, self.name)
            return current
        # an element of a repeated key is decoded over the one that was there before
        before = current or []
        depth = len(decoder.path)
        items = []
        for index, item in enumerate(node.value):
            decoder.enter(str(index))
            old = before[index] if index < len(before) else self.element.zero()
            items.append(self.element.decode(item, old, decoder))
            del decoder.path[depth:]
        return items


class Map(_OfElements):
    """A map from strings; entries of a repeated key are added to those that are there."""

    __slots__ = ()
    prefix = "map[string]"

    def decode(self, node: Node, current: Any, decoder: Decoder) -> Any:
        """Take an object, entry by entry."""
        if node.kind == "null":
            return None
        if node.kind != "object":
            decoder.mismatch(node.kind, self.name)
            return current
        depth = len(decoder.path)
        added = {}
        for name, item in node.value:
            decoder.enter(name)
            added[name] = self.element.decode(item, self.element.zero(), decoder)
            del decoder.path[depth:]
        return {**(current or {}), **added}


@dataclass(frozen=True, slots=True)
class Any_(_Nillable):  # noqa: N801 - ``any`` is taken
    """``interface {}``: any value at all."""

    name: str = "interface {}"

    def decode(self, node: Node, current: Any, decoder: Decoder) -> Any:
        """Take the value as it is."""
        try:
            return to_any(node)
        except GoError as error:
            decoder.saved = decoder.saved or error
            return current


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a struct.

    Attributes:
        name: as JSON names it.
        type: what it takes.
        embedded: the embedded structs that lead to it, which messages name.
    """

    name: str
    type: GoType
    embedded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Struct:
    """A struct, as a dictionary by the fields' names."""

    name: str
    fields: tuple[Field, ...]
    strict: bool = False  # whether a key without a field is refused (DisallowUnknownFields)

    def zero(self) -> dict[str, Any]:
        """Every field zero."""
        return {item.name: item.type.zero() for item in self.fields}

    def find(self, name: str) -> Field | None:
        """The field for a key: the exact name, or else the same name in another case."""
        folded = _fold(name)
        loose = None
        for item in self.fields:
            if item.name == name:
                return item
            if loose is None and _fold(item.name) == folded:
                loose = item
        return loose

    def decode(self, node: Node, current: Any, decoder: Decoder) -> Any:
        """Take an object; keys without a field are passed over."""
        if node.kind != "object":
            if node.kind != "null":
                decoder.mismatch(node.kind, self.name)
            return current
        struct, depth = decoder.struct, len(decoder.path)
        values = dict(current)
        for name, item in node.value:
            target = self.find(name)
            if target is None:
                if self.strict and decoder.saved is None:
                    decoder.saved = GoError(f"json: unknown field {quote(name)}")
                continue
            if not (decoder.names_keys and (struct or depth)):
                decoder.struct = self.name.rpartition(".")[2]
            decoder.path += decoder.steps(target, name)
            values[target.name] = target.type.decode(item, values[target.name], decoder)
            decoder.struct = struct
            del decoder.path[depth:]
        return values


_FOLDS = str.maketrans({"\u017f": "s", "\u212a": "k"})  # the long s and the Kelvin sign fold to ASCII letters


def _fold(name: str) -> str:
    return name.translate(_FOLDS).lower()
