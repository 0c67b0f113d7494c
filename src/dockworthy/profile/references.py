"""Whether what a profile names exists: check ids, topics and references, compared with the catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.profile.selectors import matches
from dockworthy.profile.tree import fail
from dockworthy.spelling import meant
from dockworthy.typed import shown_word

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dockworthy.profile.model import Profile
    from dockworthy.profile.origin import Origin
    from dockworthy.profile.selectors import Selectable

__all__ = ["check_references"]


def check_references(profile: Profile, checks: Sequence[Selectable]) -> None:
    """Compare what the profile names with the checks that there are; `UsageError` for the first unknown name."""
    ids = {name for check in checks for name in (check.id, *check.aliases)}
    for step in profile.selection:
        for selector, origin in zip(step.selectors, step.origins, strict=True):
            if not any(matches(selector, check) for check in checks):
                what = "names no check, topic or reference"
                fail(
                    origin.file,
                    origin.line,
                    f"{shown_word(selector)!r} {what}{_close(selector, ids)}; `dockworthy list` has them.",
                )
    for check_id, origin in _named(profile):
        if check_id not in ids:
            fail(
                origin.file,
                origin.line,
                f"there is no check {shown_word(check_id)!r}{_close(check_id, ids)}; correct the id.",
            )


def _named(profile: Profile) -> Iterable[tuple[str, Origin]]:
    """Every check id that stands in the profile, with its place."""
    yield from profile.severity_origins.items()
    for waiver in profile.waivers:
        yield waiver.check, waiver.origin
    for attestation in profile.attestations:
        yield attestation.check, attestation.origin


def _close(name: str, ids: Iterable[str]) -> str:
    hint = meant(name, ids, most=1)
    return f" ({hint})" if hint else ""
