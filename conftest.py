"""What a plain ``pytest checks/`` in this checkout needs: the plugin, and this host where no target is named."""

from __future__ import annotations

import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent
CHECKS = ROOT / "checks"
HERE = "local://"

# An installed package brings its plugin by its entry point; else it comes from this checkout.
_INSTALLED = any(point.value == "dockworthy.plugin" for point in entry_points(group="pytest11"))
if not _INSTALLED:
    sys.path.insert(0, str(ROOT / "src"))
pytest_plugins = [] if _INSTALLED else ["dockworthy.plugin"]


def _names_checks(config: pytest.Config) -> bool:
    """Whether the run is about the checks, and not about the tests of this project."""
    paths = (config.invocation_params.dir / argument.partition("::")[0] for argument in config.args)
    return any(path.resolve().is_relative_to(CHECKS) for path in paths)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Judge this host where checks are named and no target is, as ``dockworthy check`` does."""
    from dockworthy.run.options import is_active  # noqa: PLC0415 - the path to it is set above

    asked = config.option.help or hasattr(config, "workerinput") or is_active(config)
    if not asked and _names_checks(config):
        config.option.dockworthy_target = [HERE]


def pytest_report_header(config: pytest.Config) -> str | None:
    """Say which hosts are judged, and how to name others."""
    targets = config.option.dockworthy_target
    return f"dockworthy: judges {', '.join(targets)} (name hosts with --dw-target)" if targets == [HERE] else None
