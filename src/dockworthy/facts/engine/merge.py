"""Flags and defaults under a configuration file, as ``mergo`` merges them.

The file's value stands where it is not Go's zero value; else the flag's value does, which is the option's
default where it was not given. So 0, "" and [] in the file mean the default, and only booleans can be switched
off there, because the engine sets their options first.

Source: ``dario.cat/mergo`` 1.0 (``deepMerge`` without options).
"""

from __future__ import annotations

from typing import Any

from dockworthy.facts.engine.schema import Config

__all__ = ["is_empty", "merge"]


def is_empty(value: Any) -> bool:
    """Whether ``mergo`` takes the value for one that was not set."""
    return value is None or value is False or value == 0 or value in ("", [], {})


def merge(file: dict[str, Any], flags: dict[str, Any]) -> Config:
    """The configuration after the merge, key by key."""
    return Config({name: _merge_value(value, flags.get(name)) for name, value in file.items()})


def _merge_value(file: Any, flag: Any) -> Any:
    if isinstance(file, dict) and isinstance(flag, dict):
        return {**flag, **{name: _merge_value(value, flag.get(name)) for name, value in file.items()}}
    return flag if is_empty(file) and not is_empty(flag) else file
