"""Who pulls images on this host, and by whose rules: the engine, podman, or containerd alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from dockworthy.evidence import Code, NotApplicable, NotDecided
from dockworthy.facts.engine.components import engine_components
from dockworthy.trust.generations import Generation, Loader, Store, generation, parse_version, store_after_upgrade, tool

if TYPE_CHECKING:
    from dockworthy.evidence import Evidence
    from dockworthy.facts.facts import Facts

__all__ = ["generation_as_of", "generation_of", "store_of"]

_DEFAULT_GO: Final = (1, 24)
_CONTAINERD_BY_DEFAULT: Final = (29,)
_UPSTREAMS: Final = frozenset({"docker-ce", "docker-ee"})


def generation_of(facts: Facts) -> Generation:
    """Whose rules apply here; raises NotApplicable where nothing pulls images, NotDecided where it is not known."""
    found = engine_components(facts, None)
    if found and facts.engine_release.rehearsed is not None:
        return generation_as_of(facts, str(facts.engine_release.rehearsed.value))
    if found:
        version = found["engine"].version.value
        return generation(
            version.numbers,
            store_of(facts),
            go=facts.engine_release.go,
            build=version.text,
            is_upstreams=_is_upstreams(facts),
        )
    return _without_engine(facts)


def _is_upstreams(facts: Facts) -> bool:
    """Whether the engine is of upstream's own build; taken to be so where no package tells."""
    installed = facts.packages.engine.get(None)
    package = installed.package if installed is not None else None
    return package is None or package.name in _UPSTREAMS


def store_of(facts: Facts) -> Store:
    """Where the engine keeps its images; raises NotApplicable where there is none, NotDecided where it is not known."""
    seen: Evidence[bool] = facts.storage.image_store
    if seen.is_known:
        return Store.CONTAINERD if seen.value else Store.GRAPH
    wanted = _wanted(facts)
    if wanted is not None:
        return Store.CONTAINERD if wanted else Store.GRAPH
    engine = engine_components(facts, None).get("engine")
    if engine is None:
        raise NotApplicable("no Docker Engine is installed on this host")
    if engine.version.value.numbers < _CONTAINERD_BY_DEFAULT and facts.daemon.features.is_known:
        return Store.GRAPH
    raise NotDecided("the engine does not say where it keeps its images", seen.source, Code.NOT_TOLD)


def _wanted(facts: Facts) -> bool | None:
    """``features.containerd-snapshotter``, where the configuration has it."""
    try:
        wanted = facts.daemon.features.get({}).get("containerd-snapshotter")
    except (NotDecided, NotApplicable):
        return None
    return wanted if isinstance(wanted, bool) else None


def _without_engine(facts: Facts) -> Generation:
    """Podman or containerd, where one of them is what is installed."""
    tools = facts.packages.tools.value
    for program, loader in (("podman", Loader.PODMAN), ("containerd", Loader.CTR)):
        if program in tools:
            version = _tool_version(facts, program)
            return tool(loader, version, _DEFAULT_GO)
    raise NotApplicable("nothing that pulls images is installed on this host")


def _tool_version(facts: Facts, program: str) -> tuple[int, ...]:
    lines = facts.snapshot.text("cmd:cli-versions").get("").splitlines()
    said = next((line.partition("\t")[2] for line in lines if line.partition("\t")[0] == program), "")
    found = re.search(r"v?(\d{1,6}\.\d{1,6}(?:\.\d{1,6})?)", said)
    if found is not None:
        return parse_version(found[1])
    for package in ("podman",) if program == "podman" else ("containerd.io", "containerd"):
        version = facts.packages.version_of(package)
        if version.is_known:
            numbers: tuple[int, ...] = version.value.numbers
            return numbers
    raise NotDecided("its version is not known", program)


def generation_as_of(facts: Facts, version: str) -> Generation:
    """The rules of another engine on this same host; raises ValueError for a text that is no version."""
    numbers = parse_version(version)
    try:
        store = store_of(facts)
    except (NotDecided, NotApplicable):
        store = Store.CONTAINERD if numbers >= _CONTAINERD_BY_DEFAULT else Store.GRAPH
    return generation(numbers, store_after_upgrade(store, numbers, configured=_wanted(facts)))
