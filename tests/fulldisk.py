"""A disk that is full, as far as one process can have it: no file grows beyond a size."""

from __future__ import annotations

import resource
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["full_after", "limit"]


def limit(size: int) -> None:
    """Let no file of this process grow beyond these bytes (setrlimit(2), RLIMIT_FSIZE)."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


@contextmanager
def full_after(size: int) -> Iterator[None]:
    """The same for a while."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
    limit(size)
    try:
        yield
    finally:
        limit(before)
