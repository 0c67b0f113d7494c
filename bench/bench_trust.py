"""How many chains are judged a second on one core: ``python bench/bench_trust.py``.

``first`` judges each chain once, with nothing known; ``again`` has parsed the certificates and checked their
signatures before, as a run over many hosts with the same registries has.
"""

from __future__ import annotations

import json
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from dockworthy.trust.x509 import certificate, chain
from dockworthy.trust.x509.chain import verify_server_chain
from dockworthy.trust.x509.pem import decode
from dockworthy.trust.x509.pool import CertPool

if TYPE_CHECKING:
    from collections.abc import Callable

CASES = Path(__file__).parent.parent / "tests" / "data" / "trust" / "chains.jsonl"
SECONDS = 2.0

Judgement = tuple[list[bytes], str, bytes, bytes, datetime]


def load() -> list[Judgement]:
    """The served certificates, the host, the two PEM texts and the time of each case."""
    loaded = []
    for line in CASES.read_text("utf-8").splitlines():
        case = json.loads(line)
        served = [block.octets for block in decode(case["server"]["chain_pem"].encode())]
        crt = [entry.get("text", "") for entry in case["layout"] if entry["path"].endswith(".crt")]
        now = datetime.fromisoformat(case["now"])
        files = "".join(crt).encode(), case["system_root_pem"].encode()
        loaded.append((served, case["host"], *files, now))
    return loaded


def judge(case: Judgement) -> None:
    """One verdict, from PEM texts to the message."""
    served, host, crt, system_pem, now = case
    system = CertPool()
    system.append_pem(system_pem)
    roots = CertPool(system)
    roots.append_pem(crt)
    verify_server_chain(served, host, roots, now)


def rate(cases: list[Judgement], forget: Callable[[], None]) -> float:
    """Verdicts a second."""
    done, start = 0, time.perf_counter()
    while time.perf_counter() - start < SECONDS:
        for case in cases:
            forget()
            judge(case)
        done += len(cases)
    return done / (time.perf_counter() - start)


def _forget() -> None:
    certificate._parse_cached.cache_clear()  # noqa: SLF001 - measured without it
    chain._check_signature_from.cache_clear()  # noqa: SLF001 - measured without it


def main() -> None:
    """Prints the two rates."""
    cases = load()
    for case in cases:
        judge(case)
    print(f"first: {rate(cases, _forget):.0f} verdicts/s")
    print(f"again: {rate(cases, lambda: None):.0f} verdicts/s")


if __name__ == "__main__":
    main()
