"""The words and operators of a shell's text, by POSIX's quoting (Shell Command Language, 2.2 and 2.3).

This reads quoting, comments, line continuations, operators, redirections and here-documents; it expands nothing. What
cannot be told apart is left as words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Lexer", "Token"]

_OPERATORS = ("&&", "||", ";;", "|&", ";", "|", "&", "\n", "(", ")", "`")
_REDIRECTIONS = ("<<<", ">>", ">|", ">&", "<>", "<&", ">", "<")
_CONTINUATIONS = ("\\\n", "\\\r\n")


@dataclass(frozen=True, slots=True)
class Token:
    """One token; redirections and here-documents are none.

    Attributes:
        kind: ``word``, ``operator`` or ``comment``.
        text: of a word without its quotes; ``$(…)`` is ``$()``.
        start, end: where it stands in the script.
    """

    kind: str
    text: str
    start: int
    end: int


class Lexer:
    """The tokens of a script, once.

    Attributes:
        inner: the scripts inside of it that were passed: those of ``$(…)``, and a here-document that is a whole step.
        missing: what the text ends without: a quote, ``)``, the mark of a here-document, or the line after a backslash.
    """

    def __init__(self, script: str) -> None:
        self.script = script
        self.inner: list[str] = []
        self.missing = ""
        self._at = 0
        self._marks: list[str] = []

    def __iter__(self) -> Iterator[Token]:
        while not self._done:
            self._skip(" \t\r")
            start = self._at
            if self._done:
                break
            character = self.script[start]
            if character == "#":
                end = self.script.find("\n", start)
                self._at = end if end >= 0 else len(self.script)
                yield Token("comment", self.script[start : self._at], start, self._at)
            elif self._starts("<<") and not self._starts("<<<"):
                self._heredoc()
            elif character in "<>" or (character.isdigit() and self.script[start + 1 : start + 2] in {"<", ">"}):
                self._redirection()
            elif operator := next((text for text in _OPERATORS if self._starts(text)), ""):
                self._at += len(operator)
                yield Token("operator", operator, start, self._at)
                if operator == "\n" and self._marks:
                    self._bodies()
            else:
                yield Token("word", self._word(), start, self._at)
        self.missing = self.missing or next(iter(self._marks), "")

    # -- the cursor ---------------------------------------------------------------------------------------------

    @property
    def _done(self) -> bool:
        return self._at >= len(self.script)

    def _starts(self, prefix: str) -> bool:
        return self.script.startswith(prefix, self._at)

    def _continues(self) -> bool:
        """Pass over a backslash that joins two lines."""
        joint = next((text for text in _CONTINUATIONS if self._starts(text)), "")
        self._at += len(joint)
        if joint and self._done:
            self.missing = "\n"
        return bool(joint)

    def _skip(self, characters: str) -> None:
        while not self._done:
            if self.script[self._at] in characters:
                self._at += 1
            elif not self._continues():
                break

    def _take_until(self, end: str) -> str:
        """The text up to ``end``, which is passed over; all of the rest where it does not come."""
        stop = self.script.find(end, self._at)
        if stop < 0:
            stop = len(self.script)
            self.missing = end
        taken = self.script[self._at : stop]
        self._at = stop + len(end)
        return taken

    # -- what stands there --------------------------------------------------------------------------------------

    def _heredoc(self) -> None:
        self._at += 2
        if self._starts("-"):
            self._at += 1
        self._skip(" \t")
        inner = self.inner
        self.inner = []
        self._marks.append(self._word())
        self.inner = inner

    def _bodies(self) -> None:
        """Pass over the bodies of here-documents; one that is the whole step (``RUN <<EOF``) is the script itself."""
        whole = self.script.lstrip().startswith("<<")
        while self._marks and not self._done:
            lines = []
            while not self._done:
                end = self.script.find("\n", self._at)
                end = len(self.script) if end < 0 else end
                line = self.script[self._at : end]
                self._at = end + 1
                if line.strip("\t ") == self._marks[0]:
                    del self._marks[0]
                    break
                lines.append(line)
            if whole:
                self.inner.append("\n".join(lines))

    def _redirection(self) -> None:
        while self.script[self._at].isdigit():
            self._at += 1
        self._at += len(next(text for text in _REDIRECTIONS if self._starts(text)))
        self._skip(" \t")
        if not self._done and self.script[self._at] not in "\n;|&()":
            self._word()

    def _word(self) -> str:
        parts: list[str] = []
        start = self._at
        while not self._done:
            if self._continues():
                continue
            character = self.script[self._at]
            if character in " \t\r\n;|&()<>`":
                break
            self._at += 1
            parts.append(self._piece(character))
        if self._at == start:
            self._at += 1
        return "".join(parts)

    def _piece(self, character: str) -> str:
        if character == "'":
            return self._take_until("'")
        if character == '"':
            return self._double()
        if character == "\\":
            self._at += 1
            return self.script[self._at - 1 : self._at]
        if character == "$" and self._starts("("):
            return self._substitution()
        return character

    def _double(self) -> str:
        parts: list[str] = []
        while not self._done:
            if self._continues():
                continue
            character = self.script[self._at]
            self._at += 1
            if character == '"':
                return "".join(parts)
            if character == "\\":
                parts.append(self.script[self._at : self._at + 1])
                self._at += 1
            elif character == "$" and self._starts("("):
                parts.append(self._substitution())
            else:
                parts.append(character)
        self.missing = '"'
        return "".join(parts)

    def _substitution(self) -> str:
        """``$(…)``: its script is noted, and stands as one word."""
        depth, start = 0, self._at + 1
        while not self._done:
            character = self.script[self._at]
            self._at += 1
            depth += (character == "(") - (character == ")")
            if depth == 0:
                break
        if depth:
            self.missing = ")"
        text = self.script[start : self._at - 1]
        if not text.startswith("("):
            self.inner.append(text)
        return "$()"
