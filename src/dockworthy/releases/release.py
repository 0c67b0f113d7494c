"""A release of Docker Engine, as an engine or its package names it."""

from __future__ import annotations

from dataclasses import dataclass, field  # noqa: TID251 - it orders them

from dockworthy.releases.version import parse_version

__all__ = ["Release"]

_PARTS = 3
_OF_PODMAN = "podman"
_NEVER = range(2, 17)  # after 1.13 came 17.03


@dataclass(frozen=True, slots=True, order=True)
class Release:
    """A release; two are compared by their numbers, and a pre-release comes before its release.

    What a distribution adds (``+dfsg1``, ``-0ubuntu3``, the epoch ``5:``) says nothing about the release.
    """

    numbers: tuple[int, ...]  # three; none where the text has none: ``dev``, ``library-import``
    is_final: bool = True  # no pre-release of these numbers
    text: str = field(default="", compare=False)  # as it was found
    is_engine: bool = True  # a Docker Engine, and not podman answering in its name

    @classmethod
    def parse(cls, text: str, component: str = "") -> Release:
        """Read what ``GET /version`` or a package says.

        Args:
            text: the version.
            component: the name of what answers by ``Components[].Name``, where it is told.
        """
        version = parse_version(text.strip().removeprefix("docker-"))
        numbers = (*version.numbers, 0, 0)[:_PARTS] if version is not None and any(version.numbers) else ()
        is_engine = not component.lower().startswith(_OF_PODMAN) and not (numbers and numbers[0] in _NEVER)
        return cls(numbers, version is None or version.is_release, text, is_engine)

    def __str__(self) -> str:
        if not self.numbers or not self.is_final:
            return self.text or "of no known release"
        major, minor, patch = self.numbers
        return f"{major}.{minor:02}.{patch}" if self.is_engine and major < 20 else f"{major}.{minor}.{patch}"  # noqa: PLR2004 - 18.09, 19.03

    @property
    def build(self) -> str:
        """Whose build it is, as far as that changes what the engine says: ``debian``, or empty."""
        return "debian" if "dfsg" in self.text else ""

    @property
    def line(self) -> str:
        """The release without its last number: ``26.1``."""
        return str(self).rpartition(".")[0] if self.numbers and self.is_final else str(self)
