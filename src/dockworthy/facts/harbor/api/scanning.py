"""The scanner that Harbor asks by itself: the default one.

Source: goharbor/harbor ``src/controller/scanner/base_controller.go``: a list does not always tell the scanners' health;
``metadata`` is what the scanner itself answered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from dockworthy.evidence import Evidence, derived, known, unknown
from dockworthy.facts.harbor.api.harbor import text

if TYPE_CHECKING:
    from dockworthy.facts.api.document import Document
    from dockworthy.facts.harbor.api.harbor import HarborAPI

__all__ = ["scanner"]


@derived
def scanner(api: HarborAPI) -> Evidence[str]:
    """What the default scanner is: ``healthy``, or what is wrong with it."""
    listing = api.listing("/scanners")
    if not listing.known_ones and listing.failure is not None:
        return unknown(listing.failure, listing.source)
    default = next((row for row in listing.known_ones if row.flag("is_default").value), None)
    if default is None:
        if listing.failure is not None:
            return unknown(listing.failure, listing.source)
        return known("there is no default scanner", listing.source)
    source = f"{listing.source}: {text(default, 'name', default='').get('')}"
    if default.flag("disabled").value:
        return known("the default scanner is disabled", source)
    if default.has("health"):
        return text(default, "health").by(source)
    if default.has("capabilities"):  # which Harbor asked the scanner for to make the list
        return known("healthy", f"{source}: capabilities")
    return _answers(api, default)


def _answers(api: HarborAPI, default: Document) -> Evidence[str]:
    path = f"/scanners/{quote(text(default, 'uuid').value, safe='')}/metadata"
    metadata = api.answers.document(path, login=True)
    return metadata.table("scanner").map(lambda _: "healthy")
