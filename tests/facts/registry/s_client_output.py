"""What real versions of ``openssl s_client`` printed, from ``tests/data/s_client``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from dockworthy.facts.registry.s_client import Served, parse_served

__all__ = ["CASES", "VERSIONS", "Printed", "printed", "read_whole"]

VERSIONS = ("1.1.1", "3.0", "3.5")
CASES = ("ok", "tls12", "client", "client12", "nocipher", "old", "group", "http", "refused", "noname")
_FOLDER = Path(__file__).parents[2] / "data" / "s_client"
_COMPLAINT = re.compile(r":error:[0-9A-F]{8}:|\w:errno=")
_CASE = re.compile(r"^=== (\w+) (\d+)\n(.*?)^=== stderr\n(.*?)(?=^=== |\Z)", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Printed:
    """One run."""

    status: int
    stdout: str
    stderr: str


def printed(version: str) -> dict[str, Printed]:
    """By case.

    ``ok`` speaks TLS 1.3, ``client`` and ``client12`` ask for a client certificate, ``nocipher``, ``old`` and ``group``
    have no suite, version or group in common with the engine, ``http`` speaks no TLS; nobody listens at ``refused``,
    and ``noname`` is no host.
    """
    text = (_FOLDER / f"openssl-{version}.txt").read_text()
    return {case[1]: Printed(int(case[2]), case[3], case[4]) for case in _CASE.finditer(text)}


def read_whole(run: Printed) -> Served:
    """What is read of all that was printed; the chain has its place at the end, as the probe puts it."""
    lines = run.stdout.splitlines()
    start = next((at for at, line in enumerate(lines) if line.startswith("-----BEGIN")), 0)
    end = next((at for at, line in enumerate(lines) if line.startswith("-----END")), -1)
    text = [f"stderr: {line}" for line in run.stderr.splitlines() if _COMPLAINT.search(line)]
    text += lines[:start] + lines[end + 1 :] + lines[start : end + 1]
    return parse_served("".join(f"{line}\n" for line in text).encode())
