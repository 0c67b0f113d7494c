"""What every reader of a record shares: the file and its JSON, and a refusal that names file and line.

JSON is read strictly: a key that comes twice and a number that is none are refused, halves of a character are replaced.
"""

from __future__ import annotations

import json
import math
import os
import re
import stat
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

from dockworthy.errors import UsageError
from dockworthy.results.fields import BadRecordError, made, made_left_out, made_policy
from dockworthy.results.model import SCHEMA_VERSION, Certificate, Host, Result, Run
from dockworthy.results.writer import encodable
from dockworthy.typed import shown_word
from dockworthy.writing import kind_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from typing import BinaryIO

__all__ = [
    "DAMAGED",
    "KINDS",
    "MAX_BYTES",
    "OTHER",
    "bytes_of",
    "finished_of",
    "first_run",
    "is_lines",
    "json_at",
    "line_at",
    "made_at",
    "of_version",
    "opened",
    "place_of",
    "refuse",
    "told_as",
]

MAX_BYTES = 1024 * 1024 * 1024
"""What is read at once of a record; what reads it piece by piece has no limit."""
R = TypeVar("R")
DAMAGED = "the file is damaged, run the check again"
OTHER = "is not a results file of dockworthy; name results.json or results.jsonl"
KINDS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "host": partial(made, Host),
    "result": partial(made, Result),
    "certificate": partial(made, Certificate),
    "certificates_left_out": made_left_out,
    "policy": made_policy,
}
"""The kinds of lines beside the run and the summary, and what makes a record of one."""
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"|[{}]|-?Infinity|NaN|-?\d[\d.eE+-]*')


def place_of(path: Path) -> Path:
    """The file of a record that is named by its own name or by its run's folder."""
    if path.is_dir():
        whole = path / "results.json"
        return whole if whole.exists() or not (path / "results.jsonl").exists() else path / "results.jsonl"
    return path


def opened(path: Path) -> BinaryIO:
    """The file, opened; `UsageError` for what is no file but a program's pipe, and for what cannot be read."""
    try:
        status = path.stat()
        kind = kind_of(status.st_mode)
        # A named pipe may never have a writer; one that a shell made for a program has.
        if kind is not None and not (stat.S_ISFIFO(status.st_mode) and not os.path.lexists(os.path.realpath(path))):
            raise UsageError(f"{path}: is {kind}; name a results file.")
        return path.open("rb")
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: OSError | ValueError) -> UsageError:
    reason = getattr(error, "strerror", None) or "its name is no path"
    return UsageError(f"{path}: cannot be read ({reason}); name a results file.")


def bytes_of(path: Path) -> bytes:
    """What is in the file; nothing is read of one that is too large."""
    with opened(path) as stream:
        try:
            size = os.fstat(stream.fileno()).st_size
            data = stream.read(MAX_BYTES + 1) if size <= MAX_BYTES else b""
        except OSError as error:
            raise _unreadable(path, error) from None
    if max(size, len(data)) > MAX_BYTES:
        refuse(path, 1, f"is larger than {MAX_BYTES >> 20} MiB; read the runs one by one")
    return data


def refuse(path: Path, line: int, what: str) -> NoReturn:
    """Say what is wrong with a record, and where."""
    raise UsageError(f"{path}:{line}: {what}.") from None


def is_lines(text: str) -> bool:
    """Whether each line is a record: the first one alone is JSON, and says what it is."""
    try:
        record = json.loads(text.partition("\n")[0])
    except (ValueError, RecursionError):
        return False
    return isinstance(record, dict) and "type" in record


# --- JSON ----------------------------------------------------------------------------------------------------


class _NotJsonError(Exception):
    """What the standard library takes and JSON has not."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _NotJsonError("an object has the same key twice")
    return found


def _number(text: str) -> float:
    found = float(text)
    if not math.isfinite(found):
        raise _NotJsonError(f"{text[:20]} is no number")
    return found


def _constant(text: str) -> NoReturn:
    raise _NotJsonError(f"{text} is no number")


_decode = json.JSONDecoder(object_pairs_hook=_object, parse_float=_number, parse_constant=_constant).decode


def json_at(text: str, path: Path, line: int) -> Any:
    """The JSON value that begins in that line; `UsageError` where it is none."""
    try:
        value = _decode(text)
    except json.JSONDecodeError as error:
        refuse(path, line + error.lineno - 1, f"is not JSON ({error.msg}); {DAMAGED}")
    except _NotJsonError as error:
        refuse(path, line + _newlines_before_fault(text), f"is not JSON ({error}); {DAMAGED}")
    except (ValueError, RecursionError):
        refuse(path, line, f"is not JSON that can be read; {DAMAGED}")
    # Halves of a character of UTF-16 are JSON, and no text: they would end any writer.
    return encodable(value) if _SURROGATE.search(text) else value


def _newlines_before_fault(text: str) -> int:
    """How many lines end before the first object with a key twice, or the first number that is none."""
    opened: list[int] = []
    for token in _TOKENS.finditer(text):
        start = token.start()
        if token[0] == "{":
            opened.append(start)
        elif token[0][0] != '"':
            start = opened.pop() if token[0] == "}" else start
            try:
                _decode(text[start : token.end()])
            except _NotJsonError:
                return text.count("\n", 0, start)
    return 0


def of_version(record: dict[str, Any], path: Path, line: int) -> None:
    """Refuse a record of another version."""
    version = record.get("schema_version")
    if version != SCHEMA_VERSION:
        what = (
            f"has schema_version {shown_word(str(version))!r}"
            if "schema_version" in record
            else "has no schema_version"
        )
        refuse(path, line, f"{what}, and this version reads {SCHEMA_VERSION!r}; use the dockworthy that wrote it")


# --- records ------------------------------------------------------------------------------------------------


def first_run(record: dict[str, Any], path: Path) -> Run:
    """The run with which lines begin, from the first of them."""
    if record["type"] != "run":
        refuse(path, 1, f"does not begin with a run; {DAMAGED}")
    of_version(record, path, 1)
    return made_at(partial(made, Run), record, path, "a run")


def line_at(text: str, path: Path, line: int) -> tuple[str, dict[str, Any]]:
    """The kind of a line, and its record without that; `UsageError` where it is none."""
    record = json_at(text, path, line)
    kind = record.pop("type", None) if isinstance(record, dict) else None
    if not isinstance(kind, str):
        refuse(path, line, f"is no record; {DAMAGED}")
    return kind, record


def told_as(kind: str) -> str:
    """How a refusal calls a line of that kind."""
    return kind if kind == "certificates_left_out" else f"a {kind}"


def finished_of(record: dict[str, Any]) -> str | None:
    """When the run ended, of a summary."""
    return made(Run, {"id": "", "started": "2000-01-01T00:00:00Z", "finished": record.get("finished")}).finished


def made_at(make: Callable[[Any], R], record: Any, path: Path, what: str, line: int = 1) -> R:
    """What is made of a record; `UsageError` with the line where it is not what it must be."""
    try:
        return make(record)
    except BadRecordError as error:
        refuse(path, line, f"{what} {error}; {DAMAGED}")
