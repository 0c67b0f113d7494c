"""Records in files, for what reads them piece by piece."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from dockworthy.results.model import Certificate, Host, Result, summarise
from tests.results_factory import RUN

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["keep"]


def keep(
    path: Path,
    *others: Host,
    certificates: Sequence[Certificate] = (),
    results: Sequence[Result] = (),
    **run: Any,
) -> Path:
    """A record of these; the hosts that they name were reached, others are as they are given."""
    names = dict.fromkeys([*(one.host for one in certificates), *(one.host for one in results)])
    hosts = [*(Host(host, f"ssh://{host}", reachable=True) for host in names), *others]
    content = {
        "schema_version": "1",
        "run": asdict(replace(RUN, **run)),
        "hosts": [asdict(host) for host in hosts],
        "results": [asdict(one) for one in results],
        "certificates": [asdict(one) for one in certificates],
        "policy": {"waivers": [], "attestations": []},
        "summary": asdict(summarise(results)),
    }
    path.write_text(json.dumps(content), "utf-8", "surrogatepass")
    return path
