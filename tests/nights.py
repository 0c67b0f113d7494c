"""Six nights of three recorded hosts: one is mended, one is not reached any more."""

from __future__ import annotations

import lzma
from dataclasses import replace
from pathlib import Path

from dockworthy.results.model import Certificate, Host, Result, Results, summarise
from dockworthy.results.reader import read_results
from dockworthy.results.writer import dumps
from dockworthy.run.record import unreachable_result
from tests import warm

__all__ = ["nights"]

DATA = Path(__file__).parent / "data"
MENDED, LOST = 4, 2  # the first night on which web1 is mended, and on which db1 is not reached


def nights(folder: Path) -> list[Path]:
    """Their records, written to this folder: what differs from night to night is which recorded host each is."""
    kinds = {kind: _judged(folder, kind) for kind in ("debian-13", "hardened")}
    packed = folder / "certificates.json"
    packed.write_bytes(lzma.decompress((DATA / "report" / "certificates.json.xz").read_bytes()))
    kinds["certificates"] = read_results(packed)
    return [_night(folder, night, kinds) for night in range(6)]


def _judged(folder: Path, kind: str) -> Results:
    path = folder / f"{kind}.json"
    words = (
        "check",
        f"snapshot:{DATA / 'snapshots' / kind}.snapshot",
        "--at",
        "snapshot",
        "--results",
        str(path),
        "-q",
    )
    warm.run(*words, cwd=folder, env={"PATH": "/usr/bin:/bin"})
    return read_results(path)


def _night(folder: Path, night: int, kinds: dict[str, Results]) -> Path:
    named = {"web1": "debian-13" if night < MENDED else "hardened", "web2": "hardened", "db1": "certificates"}
    results: list[Result] = []
    hosts: list[Host] = []
    certificates: list[Certificate] = []
    for name, kind in named.items():
        seen = kinds[kind].hosts[0]
        host = replace(seen, name=name, target=f"ssh://ops@{name}")
        if name == "db1" and night >= LOST:
            error = "the host could not be reached: connection timed out"
            hosts.append(replace(host, reachable=False, error=error))
            results.append(unreachable_result(name, host.target, error))
            continue
        hosts.append(host)
        results += [replace(one, host=name) for one in kinds[kind].results if one.host == seen.name]
        certificates += [replace(one, host=name) for one in kinds[kind].certificates if one.host == seen.name]
    started = f"2026-11-{20 + night}T01:00:00Z"
    run = replace(kinds["hardened"].run, id=f"night{night}", started=started, finished=started)
    whole = Results(run, tuple(hosts), tuple(results), summarise(results), certificates=tuple(certificates))
    path = folder / f"night{night}.json"
    path.write_bytes(dumps(whole.as_json()))
    return path
