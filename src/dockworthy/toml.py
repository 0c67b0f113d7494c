"""TOML as the standard library reads it, or its backport for Python 3.10: one place that knows of the two."""

from __future__ import annotations

import sys

if sys.version_info >= (3, 11):
    from tomllib import loads
else:
    from tomli import loads

__all__ = ["loads"]
