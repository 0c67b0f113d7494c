"""Judge recorded registries and compare with the real engine: ``python -m tests.replay_certsd FILE``.

Reads a file or folder of cases in the format of ``certsd`` and ``chains``; prints one JSON line a case (``id``,
``real``, ``ours``, ``message`` and whether the words are the real program's) and last ``N of M agree``. A case
without a class under the chosen verdict does not count.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dockworthy.evidence import NotDecided
from dockworthy.trust.generations import Store
from dockworthy.trust.verdict import judge
from tests.certsd_case import to_case

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_STORES = {"pull": Store.GRAPH, "pull-ctrd": Store.CONTAINERD, "ctr": None}
_PREFIX = re.compile(r"^(?:Error response from daemon: |ctr: )")
# What Go's transport says in front, or not, by which of its two ends saw the fault first (net/http, transport.go).
_RACE = re.compile(r"readLoopPeekFailLocked: ")
_MOMENT = re.compile(r"current time \S+ is")


def read_cases(path: Path) -> Iterator[dict[str, Any]]:
    """Every case of a file, or of the ``.jsonl`` files of a folder."""
    files = sorted(path.glob("*.jsonl")) if path.is_dir() else [path]
    for file in files:
        with file.open(encoding="utf-8") as lines:
            yield from (json.loads(line) for line in lines if line.strip())


def judge_case(case: dict[str, Any], verdict: str) -> tuple[str, str]:
    """The verdict's class and the words, from the evidence of a case alone."""
    try:
        found = judge(to_case(case, _STORES[verdict]))
    except NotDecided as undecided:
        return "undecided", str(undecided)
    return found.verdict, found.message


def recorded_class(cls: str, verdict: str) -> str:
    """How the recordings name a class: those of the engine have one less than those of ``ctr``."""
    return "other" if cls == "ca-unloadable" and verdict != "ctr" else cls


def same_words(real: str, ours: str) -> bool:
    """Whether both say the same but for the command line's own prefix and the current time."""
    return _MOMENT.sub("", _RACE.sub("", _PREFIX.sub("", real))).strip() == _MOMENT.sub("", ours)


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the cases and the count."""
    parser = argparse.ArgumentParser(prog="python -m tests.replay_certsd", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--verdict", default="pull", choices=tuple(_STORES))
    options = parser.parse_args(arguments)
    agree = total = 0
    for case in read_cases(options.file):
        real = case["verdicts"].get(options.verdict) or {}
        if real.get("class") is None:
            continue
        found, message = judge_case(case, options.verdict)
        ours = recorded_class(found, options.verdict)
        total += 1
        agree += ours == real["class"]
        words = same_words(real.get("error", ""), message)
        line = {"id": case["id"], "real": real["class"], "ours": ours, "message": message, "same_words": words}
        print(json.dumps(line))  # noqa: T201 - a command's output
    print(f"{agree} of {total} agree")  # noqa: T201 - a command's output
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
