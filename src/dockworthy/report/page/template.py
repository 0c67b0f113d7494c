"""The page's templates, compiled once and kept beside the code, as Python keeps its own modules."""

from __future__ import annotations

import contextlib
import sys
from base64 import b64encode
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemBytecodeCache, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from dockworthy.report.page.parts import chip, counted, listed, title
from dockworthy.report.page.words import block, count, line, moment, shown
from dockworthy.report.words import quantity

if TYPE_CHECKING:
    from jinja2 import Template
    from jinja2.bccache import Bucket

__all__ = ["Asset", "script", "style", "template"]

_HERE = Path(__file__).resolve().parent


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


@cache
def _environment() -> Environment:
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=FileSystemLoader(_HERE),
        bytecode_cache=_Beside(str(_HERE / "__pycache__"), "%s.jinja"),
    )
    filters: dict[str, Any] = {
        "block": block,
        "count": count,
        "line": line,
        "moment": moment,
        "quantity": quantity,
        "shown": shown,
    }
    environment.filters.update(filters)
    environment.globals.update(chip=chip, counted=counted, listed=listed, title=title)
    return environment


def template(name: str) -> Template:
    """The template of this name, compiled."""
    return _environment().get_template(name)


class Asset:
    """A style sheet or a script as it stands in the page.

    Attributes:
        text: the whole of it, to be put between its tags.
        source: how a content security policy names it, by its digest.
    """

    __slots__ = ("source", "text")

    def __init__(self, name: str) -> None:
        text = (_HERE / name).read_text(encoding="utf-8")
        self.text = Markup(text)  # noqa: S704 - our own
        self.source = f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


@cache
def style() -> Asset:
    """The page's style sheet."""
    return Asset("style.css")


@cache
def script() -> Asset:
    """The page's script."""
    return Asset("script.js")
