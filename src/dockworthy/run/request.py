"""What the user asked a run for, by whatever command line."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dockworthy.typed import shown_argv

if TYPE_CHECKING:
    import pytest

__all__ = ["Options", "report_of"]


@dataclass(frozen=True, slots=True)
class Options:
    """What the user asked for, from ``dockworthy check`` or from pytest's command line; names as there."""

    target: tuple[str, ...] = ()
    inventory: str | None = None
    profile: str | None = None
    registry: tuple[str, ...] = ()
    waivers: str | None = None
    results: str | None = None
    report: tuple[str, ...] = ()
    output_dir: str | None = None
    check: tuple[str, ...] = ()
    skip_check: tuple[str, ...] = ()
    topic: tuple[str, ...] = ()
    severity: str | None = None
    refs: tuple[str, ...] = ()
    baseline: str | None = None
    fail_on: str | None = None
    min_decided: str | None = None
    docker_host: str | None = None
    host_timeout: str | None = None
    forks: str | None = None
    at: str | None = None
    sudo: bool = False
    ask_sudo_password: bool = False
    ssh_config: str | None = None
    ssh_identity_file: str | None = None
    argv: tuple[str, ...] = field(default_factory=lambda: tuple(shown_argv(sys.argv)))

    @classmethod
    def from_pytest(cls, config: pytest.Config) -> Options:
        """The ``--dw-…`` options, and testinfra's own where they are loaded."""
        given = config.option
        values: dict[str, Any] = {}
        for name in cls.__dataclass_fields__:
            value = getattr(given, f"dockworthy_{name}", None)
            if name in {"sudo", "ssh_config", "ssh_identity_file"}:
                value = value or getattr(given, name, None)
            if value is not None:
                values[name] = tuple(value) if isinstance(value, list) else value
        values["argv"] = tuple(shown_argv(("pytest", *map(str, config.invocation_params.args))))
        return cls(**values)


def report_of(text: str) -> tuple[str, Path | None]:
    """The format and the path, if there is one, of a ``--report NAME[=PATH]`` that was found right."""
    name, _, path = text.partition("=")
    return name, Path(path) if path else None
