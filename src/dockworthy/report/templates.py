"""Templates, compiled once and kept beside the code, as Python keeps its own modules."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemBytecodeCache, FileSystemLoader, StrictUndefined

if TYPE_CHECKING:
    from pathlib import Path

    from jinja2.bccache import Bucket

__all__ = ["environment"]


class _Beside(FileSystemBytecodeCache):
    """Compiled templates in ``__pycache__``; where that cannot be written, or is not wanted, none are kept."""

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep it, where Python would keep a module's."""
        if not sys.dont_write_bytecode:
            with contextlib.suppress(OSError):
                super().dump_bytecode(bucket)

    def load_bytecode(self, bucket: Bucket) -> None:
        """Take what was kept, if that can be read."""
        with contextlib.suppress(OSError):
            super().load_bytecode(bucket)


def environment(folder: Path) -> Environment:
    """Where a folder's templates are made; what they are given is escaped, and a name that is not there is a fault."""
    return Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=FileSystemLoader(folder),
        bytecode_cache=_Beside(str(folder / "__pycache__"), "%s.jinja"),
    )
