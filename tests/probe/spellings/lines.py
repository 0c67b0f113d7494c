"""Files of lines: hosts, persisted settings, package sources."""

from __future__ import annotations

from tests.probe.spellings.table import Spelling

__all__ = ["SPELLINGS"]

SPELLINGS: list[Spelling] = [
    Spelling(
        "apt/user-and-password", "/etc/apt/sources.list", "deb https://u:«1»@repo.example/x s main\n", ("repo.example",)
    ),
]
