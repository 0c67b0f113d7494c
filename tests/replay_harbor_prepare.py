"""Say what Harbor's prepare does with each configuration, and compare: ``python -m tests.replay_harbor_prepare FILE``.

Reads a file or folder of cases in the format of ``harbor-prepare``; prints one JSON line a case (``id``, ``version``,
``prepare``, ``predicted``) and last ``N of M agree``. A case agrees when both accept, or both refuse and, where the
validation does, with the same message. Each harbor.yml goes through the probe's reader first.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.harbor_prepare_case import carried, predicted, to_host

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_LOGGED = "ERROR:root:"


def read_cases(path: Path) -> Iterator[dict[str, Any]]:
    """Every case of a file, or of the ``.jsonl`` files of a folder."""
    for file in sorted(path.glob("*.jsonl")) if path.is_dir() else [path]:
        with file.open(encoding="utf-8") as lines:
            yield from (json.loads(line) for line in lines if line.strip())


def recorded(case: Mapping[str, Any]) -> dict[str, Any]:
    """What prepare did: whether it accepted, and its validation's message."""
    message = case["last_stderr"].removeprefix(_LOGGED).strip() if case["validation_error"] else None
    return {"accepted": case["accepted"], "message": message}


def agrees(case: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    """Whether a prediction is what prepare did."""
    return all(found[name] == value for name, value in recorded(case).items())


def judged(cases: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Mapping[str, Any], dict[str, Any]]]:
    """Each case and what is predicted of it."""
    texts = carried([case["harbor_yml"] for case in cases])
    for case, text in zip(cases, texts, strict=True):
        yield case, predicted(to_host(case, text))


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the cases and the count."""
    parser = argparse.ArgumentParser(prog="python -m tests.replay_harbor_prepare", description=__doc__)
    parser.add_argument("file", type=Path)
    cases = list(read_cases(parser.parse_args(arguments).file))
    agree = 0
    for case, found in judged(cases):
        agree += agrees(case, found)
        line = {"id": case["id"], "version": case["version"], "prepare": recorded(case), "predicted": found}
        print(json.dumps(line))  # noqa: T201 - a command's output
    print(f"{agree} of {len(cases)} agree")  # noqa: T201 - a command's output
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
