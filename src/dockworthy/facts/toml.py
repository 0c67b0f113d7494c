"""TOML as far as facts need it: a table, or nothing where the text is none."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["parse_toml"]


@lru_cache(maxsize=8)  # several facts ask for the same file
def parse_toml(text: str) -> Mapping[str, Any]:
    """Read TOML; a text that is none (or redacted beyond reading) gives an empty table."""
    if not text.strip():
        return {}
    from dockworthy import toml  # noqa: PLC0415 - few hosts have such a file

    try:
        return toml.loads(text)
    except (ValueError, RecursionError):
        return {}
