"""How old the vulnerability database of Harbor's scanner is, and whether it is brought up to date.

Source: goharbor/harbor ``make/photon/prepare/templates/trivy-adapter/env.jinja``; aquasecurity/trivy-db
``pkg/metadata`` (metadata.json).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, NotApplicable, NotDecided, derived, known, unknown
from dockworthy.facts.api.document import parse_time
from dockworthy.facts.harbor.installed.composed import compose_path, has_service
from dockworthy.facts.harbor.settings.blocks import block

if TYPE_CHECKING:
    from datetime import datetime

    from dockworthy.facts.harbor.installed.config import HarborInstallation

__all__ = ["ScannerData", "scanner_data", "skips_updates"]

_METADATA: Final = "trivy-adapter/trivy/db/metadata.json"  # that of java-db is another file
# strconv.ParseBool: what the adapter takes the rendered word for.
_TRUE: Final = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE: Final = frozenset({"0", "f", "F", "FALSE", "false", "False"})


@dataclass(frozen=True, slots=True)
class ScannerData:
    """The scanner's database."""

    version: int  # of its form
    next_update: datetime  # when a newer one is due


def skips_updates(harbor: HarborInstallation) -> Evidence[bool]:
    """Whether the database is never downloaded; raises NotApplicable where no scanner is installed."""
    if not has_service(harbor, "trivy-adapter"):
        raise NotApplicable(f"{compose_path(harbor)} has no trivy-adapter")
    block(harbor, "trivy")
    found = harbor.setting("trivy", "skip_update")
    word = str(found.value or False)
    if word not in _TRUE | _FALSE:
        raise NotDecided("it is neither true nor false", found.source, Code.MALFORMED)
    return known(word in _TRUE, found.source)


@derived
def scanner_data(harbor: HarborInstallation) -> Evidence[ScannerData | None]:
    """The database on the host; None where there is none."""
    path = harbor.in_data(_METADATA)
    snapshot = harbor.facts.snapshot
    if snapshot.is_absent(f"file:{path}"):
        return known(None, path)
    try:
        content: Any = json.loads(snapshot.text(f"file:{path}").by(path).value)
    except (ValueError, RecursionError):
        return unknown("it is no JSON", path, Code.MALFORMED)
    if not isinstance(content, Mapping):
        return unknown("it is no object", path, Code.MALFORMED)
    due = parse_time(str(content.get("NextUpdate") or ""))
    version = content.get("Version")
    if due is None or not isinstance(version, int):
        return unknown("it has no Version and NextUpdate", path, Code.MALFORMED)
    return known(ScannerData(version, due), path)
