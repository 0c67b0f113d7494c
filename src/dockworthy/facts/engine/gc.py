"""The builder's limits: what ``builder.gc`` is refused for, when the builder starts after all else.

Source: ``getGCPolicy`` and ``toBuildkitPruneInfo`` (``builder/builder-next``) of moby.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dockworthy.facts.engine.units import ram_in_bytes
from dockworthy.golang.values import prefixed

if TYPE_CHECKING:
    from dockworthy.facts.engine.inputs import EngineInputs
    from dockworthy.releases import Rules

__all__ = ["check_gc"]

_SPACES = ("ReservedSpace", "MaxUsedSpace", "MinFreeSpace")


def check_gc(config: dict[str, Any], inputs: EngineInputs) -> None:
    """Refuse sizes that are none, where the builder looks at them."""
    limits, rules = config["builder"]["GC"], inputs.rules
    on = limits["Enabled"]
    if rules.holds("gc.on"):
        on = on is not False
    if not on:
        return
    with prefixed("could not get builder GC policy: "):
        if rules.holds("gc.spaces"):
            _check_spaces(limits)
        else:
            _check_sizes(limits, rules)


def _check_spaces(limits: dict[str, Any]) -> None:
    rules = limits["Policy"]
    if rules is None:
        rules = [{name: limits[f"Default{name}"] for name in (*_SPACES, "KeepStorage") if f"Default{name}" in limits}]
    about = "default{}" if limits["Policy"] is None else "{}"
    for rule in rules:
        for name in _SPACES:
            key = name[0].lower() + name[1:]
            # the key's name after another word is written in capitals there
            shown = about.format(key.upper() if limits["Policy"] is None else key)
            size = rule[name] or (rule["KeepStorage"] if name == "ReservedSpace" else "")
            if size:
                with prefixed(f"failed to parse {shown}: "):
                    ram_in_bytes(size)


def _check_sizes(limits: dict[str, Any], rules: Rules) -> None:
    strict = rules.holds("gc.needs-size")
    keep = limits["DefaultKeepStorage"]
    if keep:
        about = f"could not parse '{keep}' as Builder.GC.DefaultKeepStorage config" if strict else _PARSE_DEFAULT
        with prefixed(f"{about}: "):
            ram_in_bytes(keep)
    for rule in limits["Policy"] or ():
        size = rule["KeepStorage"]
        if size or strict:
            with prefixed("" if strict else "failed to parse keepStorage: "):
                ram_in_bytes(size)


_PARSE_DEFAULT = "failed to parse defaultKeepStorage"
