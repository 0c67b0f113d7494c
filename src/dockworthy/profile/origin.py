"""Where a value of a profile comes from: the layer, its file, the line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass

if TYPE_CHECKING:
    from dockworthy.profile.tree import Node

__all__ = ["DEFAULT", "Layer", "Origin", "Source"]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value is set."""

    layer: str  # the profile's name, ``default`` for the built-in value, or an option's name
    file: str = ""  # its path, or empty
    line: int = 0  # counted from 1, or 0

    def __str__(self) -> str:
        return f"{self.layer} ({self.file}:{self.line})" if self.file else self.layer


DEFAULT = Origin("default")


@dataclass(frozen=True, slots=True)
class Layer:
    """One file of those that make a profile."""

    name: str  # the file's name without its ending
    file: str  # its path
    sha256: str  # of its bytes
    description: str = ""  # what it is for, in its author's words


@dataclass(frozen=True, slots=True)
class Source:
    """One layer's file, read and with known keys only."""

    layer: Layer
    tree: Node
