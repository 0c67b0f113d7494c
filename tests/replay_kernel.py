"""Judge a folder of kernels' evidence, and compare with the recorded answers: ``python -m tests.replay_kernel DIR``.

Prints one JSON line a case (``id``, ``real``, ``ours``) and last ``N of M agree``. A case is a line of
``expected.jsonl`` (the option's value and its finding are compared), then a state of ``runtime/expected.json``
(each fact given there is compared). What is judged comes from the evidence alone.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dockworthy.evidence import NotDecided
from dockworthy.facts.kernel.catalogue import option
from dockworthy.facts.kernel.kconfig import read_kconfig
from dockworthy.facts.kernel.options import ConfigBuild, decide
from dockworthy.facts.kernel.release import parse_release

if TYPE_CHECKING:
    from collections.abc import Iterator

Case = tuple[str, Any, Any]


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        yield from (json.loads(line) for line in file if line.strip())


def _build(folder: Path, entry: dict[str, Any], cgroup: str | None = None) -> ConfigBuild:
    config = read_kconfig((folder / entry["file"]).read_bytes(), entry["file"]).value
    release = parse_release(entry["kernel_release"])
    if release is None:
        raise ValueError(f"{entry['name']}: no kernel release")
    x86_64 = (entry.get("arch") or config.arch) == "x86_64"
    return ConfigBuild(config, release, cgroup or entry["cgroup_default"], x86_64)


def _finding(needed: object, ok: object) -> str:
    if ok is not False or needed is False:
        return "none"
    return "fault" if needed is True else "remark"


def option_cases(folder: Path) -> Iterator[Case]:
    """One case per line of ``expected.jsonl``."""
    index = {entry["name"]: entry for entry in json.loads((folder / "index.json").read_text("utf-8"))}
    builds: dict[str, ConfigBuild] = {}
    for line in _lines(folder / "expected.jsonl"):
        name = line["config"]
        if name not in builds:
            builds[name] = _build(folder, index[name])
        real = {"value": line["value"], "finding": _finding(line["needed"], line["ok"])}
        try:
            verdict = decide(option(line["option"]), builds[name])
            ours = {"value": verdict.value, "finding": verdict.finding or "none"}
        except NotDecided as error:
            ours = {"value": "unknown", "finding": error.reason}
        yield f"{name}:{line['option']}", real, ours


def cases(folder: Path) -> Iterator[Case]:
    """Every case of the folder."""
    yield from option_cases(folder)


def main(arguments: list[str]) -> int:
    """Print the cases and the count."""
    if len(arguments) != 1:
        print("usage: python -m tests.replay_kernel DIR", file=sys.stderr)  # noqa: T201 - a command's output
        return 4
    agree = total = 0
    for name, real, ours in cases(Path(arguments[0])):
        total += 1
        agree += real == ours
        print(json.dumps({"id": name, "real": real, "ours": ours}))  # noqa: T201 - a command's output
    print(f"{agree} of {total} agree")  # noqa: T201 - a command's output
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
