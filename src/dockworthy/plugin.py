"""The pytest plugin: options first, and nothing else until a target is named.

Registered as an entry point, so every pytest run in the environment loads this module. It must therefore
stay small, and change nothing in a project that does not use it.
"""

from __future__ import annotations

import pytest

from dockworthy.run.options import add_options, is_active


def pytest_addoption(parser: pytest.Parser) -> None:
    """Define ``--dw-…``."""
    add_options(parser)


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Join the run where it has targets; last, when pytest's own reporter is there."""
    if is_active(config):
        from dockworthy.run.session import join  # noqa: PLC0415 - heavy, and of no use to other projects

        join(config)
