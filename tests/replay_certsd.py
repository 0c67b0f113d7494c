"""Judge recorded registries and compare with the real engine: ``python -m tests.replay_certsd FILE``.

Reads a file or folder of cases in the format of ``certsd`` and ``chains``; prints one JSON line a case (``id``,
``real``, ``ours``) and last ``N of M agree``. A case without a class under the chosen verdict does not count.
"""

from __future__ import annotations

import argparse
import base64
import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dockworthy.trust.chain import verify_server_chain
from dockworthy.trust.handshake import refuse_leaf
from dockworthy.trust.pem import decode
from dockworthy.trust.pool import CertPool

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def read_cases(path: Path) -> Iterator[dict[str, Any]]:
    """Every case of a file, or of the ``.jsonl`` files of a folder."""
    files = sorted(path.glob("*.jsonl")) if path.is_dir() else [path]
    for file in files:
        with file.open(encoding="utf-8") as lines:
            yield from (json.loads(line) for line in lines if line.strip())


def _content(entry: dict[str, Any]) -> bytes:
    text: str | None = entry.get("text")
    return text.encode() if text is not None else base64.b64decode(entry.get("base64", ""))


def _pool(case: dict[str, Any]) -> CertPool:
    system = CertPool()
    system.append_pem(case["system_root_pem"].encode(), "the system's roots")
    pool = CertPool(system)
    folder = case["ref"].partition("/")[0] + "/"
    for entry in sorted(case["layout"], key=lambda entry: str(entry["path"])):
        path: str = entry["path"]
        if entry["where"] == "certs.d" and path.startswith(folder) and path.endswith(".crt"):
            pool.append_pem(_content(entry), path)
    return pool


def judge(case: dict[str, Any]) -> tuple[str, str]:
    """The verdict's class and the words, from the evidence of a case alone."""
    chain = [block.octets for block in decode(case["server"]["chain_pem"].encode())]
    verdict = verify_server_chain(chain, case["host"], _pool(case), datetime.fromisoformat(case["now"]))
    failure = (refuse_leaf(chain[0]) if chain else None) or verdict.failure
    return (failure.cls, failure.tls_message) if failure else ("ok", "")


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the cases and the count."""
    parser = argparse.ArgumentParser(prog="python -m tests.replay_certsd", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--verdict", default="pull", choices=("pull", "pull-ctrd", "ctr"))
    options = parser.parse_args(arguments)
    agree = total = 0
    for case in read_cases(options.file):
        real = case["verdicts"].get(options.verdict) or {}
        if real.get("class") is None:
            continue
        ours, message = judge(case)
        total += 1
        agree += ours == real["class"]
        print(json.dumps({"id": case["id"], "real": real["class"], "ours": ours, "message": message}))  # noqa: T201 - a command's output
    print(f"{agree} of {total} agree")  # noqa: T201 - a command's output
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
