"""What a round trip does, step by step, and what became of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from dockworthy.dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["KINDS", "Kind", "Step"]


class Kind(NamedTuple):
    """A kind of step."""

    check: str  # the id of its results
    title: str
    severity: str
    expected: str


KINDS: Final[Mapping[str, Kind]] = {
    "login": Kind(
        "roundtrip.login-works", "The engine can log in to the registry", "high", "the registry takes the credentials"
    ),
    "build": Kind(
        "roundtrip.image-builds",
        "The engine builds an image that stands on no other",
        "high",
        "an image with its layers",
    ),
    "upload": Kind(
        "roundtrip.upload-in-pieces",
        "The registry takes an upload in pieces, and says rightly where it goes on",
        "high",
        "every piece is taken, at the registry's own address",
    ),
    "push": Kind("roundtrip.image-pushes", "The engine pushes the image", "high", "the registry has the image"),
    "manifest": Kind(
        "roundtrip.digest-kept",
        "The registry has what was pushed, byte for byte, under its digest",
        "critical",
        "one digest of the engine, of the registry and of the bytes",
    ),
    "pull": Kind(
        "roundtrip.image-pulls",
        "The engine pulls the image by its digest, and has the layers that were built",
        "high",
        "the same digest, and the same layers",
    ),
    "run": Kind(
        "roundtrip.container-runs", "The image that was pulled runs", "high", "the program's line, and status 0"
    ),
    "commit": Kind(
        "roundtrip.container-commits",
        "The container becomes an image: the same layers, and one more",
        "medium",
        "the layers of the image, and one more",
    ),
    "move": Kind(
        "roundtrip.image-moves",
        "The image is saved on one engine, and loaded and run on another, unchanged",
        "medium",
        "the layers that were saved",
    ),
    "clean": Kind(
        "roundtrip.nothing-left", "Nothing that the round trip made is left", "medium", "nothing of this run is left"
    ),
}
"""The steps in the order in which they are gone; each has results of its own."""


@dataclass(frozen=True, slots=True)
class Step:
    """What became of one step at one place."""

    kind: str  # one of `KINDS`
    place: str  # the engine's label, or the registry's
    outcome: str  # pass, fail, error (undecided) or skip
    seconds: float = 0.0
    observed: str = ""  # what was seen: a digest, a line, the engine's own words
    cause: str = ""  # one sentence: why it failed, was not decided or does not apply
    fix: str = ""  # what to do
    verdict: str = ""  # the verdict of `dockworthy trust`, where it is one
    source: str = ""  # who was asked for it
    code: str = ""  # the cause in a word, where it has one

    @property
    def check(self) -> str:
        """The id of its result."""
        return KINDS[self.kind].check
