"""A Harbor's answers as a snapshot: the format of a host's, so that it can be kept, sent and judged again.

The sections are described in ``docs/snapshot.md``.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from dockworthy import __version__
from dockworthy.snapshot import FORMAT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dockworthy.harborapi.answer import Answer

__all__ = ["recorded"]


def recorded(declared: Mapping[str, Any], answers: Mapping[str, Answer], begun: float) -> bytes:
    """The snapshot's bytes, of what was declared and of the answers by their sections' names; begun in Unix seconds."""
    date = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(begun))
    sections = {
        "cmd:target-kind": b"harbor\n",
        "cmd:hostname": f"harbor:{declared['name']}\n".encode(),
        "cmd:date": f"{int(begun)} {date}\n".encode(),
        "harbor:declared": _json(declared),
        **{name: _json(answer.as_json()) for name, answer in answers.items()},
    }
    frames = [f"dockworthy-snapshot {FORMAT} {__version__}\n".encode()]
    for name, data in sections.items():
        frames += [f"@ {quote(name, safe=':/@+,=~-._')} 0 raw {len(data)}\n".encode(), data, b"\n"]
    frames.append(f"@end {len(sections)}\n".encode())
    return b"".join(frames)


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
