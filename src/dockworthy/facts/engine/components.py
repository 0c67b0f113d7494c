"""The versions of the engine and its parts: by the API, else by the packages that brought them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.facts.versions import version_evidence

if TYPE_CHECKING:
    from dockworthy.evidence import Evidence
    from dockworthy.facts.facts import Facts
    from dockworthy.facts.versions import Version

__all__ = ["Component", "components", "engine_components"]

_PACKAGES = {"containerd": ("containerd.io", "containerd"), "runc": ("runc",)}


@dataclass(frozen=True, slots=True)
class Component:
    """The engine or a part of it: ``engine``, ``containerd`` or ``runc``."""

    name: str
    version: Evidence[Version]


def _engine(facts: Facts) -> Component:
    version: Evidence[Version] = facts.engine_release.version
    installed = facts.packages.engine.get(None)
    silent = facts.engine.version_answer.unknown is not None
    if silent and installed is not None and installed.package is not None:
        version = facts.packages.version_of(installed.package.name)
    return Component("engine", version)


def engine_components(facts: Facts, _params: object) -> dict[str, Component]:
    """The engine alone; none where no engine is installed and none answers."""
    if facts.engine_release.rehearsed is not None:
        facts.find("daemon")  # which is not applicable where no engine is installed
        return {"engine": Component("engine", facts.engine_release.version)}
    engine = _engine(facts)
    installed = facts.packages.engine
    silent = not facts.engine.version.is_known and not engine.version.is_known
    if silent and installed.is_known and installed.value is None:
        return {}
    return {"engine": engine}


def components(facts: Facts, _params: object) -> dict[str, Component]:
    """The engine, containerd and runc; of a release that is rehearsed nobody knows the parts that will be beside it."""
    engine = engine_components(facts, _params)
    if facts.engine_release.rehearsed is not None:
        return engine
    return engine and {**engine, **{name: Component(name, _part(facts, name)) for name in _PACKAGES}}


def _part(facts: Facts, name: str) -> Evidence[Version]:
    text = facts.engine.component(name)
    said: Evidence[Version] = version_evidence(text)
    if text.is_known:
        return said
    for package in _PACKAGES[name]:
        found: Evidence[Version] = facts.packages.version_of(package)
        if found.is_known:
            return found
    return said
