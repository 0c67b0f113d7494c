"""Limits of the host that containers of certain images ask for themselves."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from dockworthy.check import check, expect, fix_with, instances
from dockworthy.dataclass import dataclass
from dockworthy.evidence import Evidence, known, unknown
from dockworthy.facts.api.scope import all_containers
from dockworthy.facts.kernel.sysctl import SysctlFacts
from dockworthy.fixes import set_sysctl

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dockworthy.facts.api.container import Container
    from dockworthy.facts.facts import Facts

_NAME = "vm.max_map_count"
# Elasticsearch's own bound (BootstrapChecks.MaxMapCountCheck), which OpenSearch and SonarQube's index have as well.
_BOUND = 262_144
_BOUNDED = re.compile(r"(elasticsearch|opensearch|sonarqube)(-oss|-wolfi|-ubi[0-9]*|-full)?", re.ASCII)
# The settings by which they skip the check; the probe tells these and no others with their values.
_SKIPPED = frozenset(
    {
        "discovery.type=single-node",
        "ES_SETTING_DISCOVERY_TYPE=single-node",
        "node.store.allow_mmap=false",
        "SONAR_ES_BOOTSTRAP_CHECKS_DISABLE=true",
    }
)
_TITLES = ("org.opencontainers.image.title", "org.label-schema.name")


@dataclass(frozen=True, slots=True)
class _Asking:
    """What a container asks for."""

    bound: int
    by: str  # the name by which the image is known for it
    skips: str  # the setting by which it does not ask; empty for none


def _repository(reference: str) -> str:
    """A reference without its tag and digest."""
    name = reference.partition("@")[0]
    head, colon, tag = name.rpartition(":")
    return head if colon and "/" not in tag else name


def _names(facts: Facts, container: Container) -> Iterable[str]:
    """The names of a container's image: as it was asked for, those that lead to it now, and its title."""
    answer = container.answer
    asked = answer.text("Config", "Image", default="").get("")
    image = facts.images.by_id(answer.text("Image", default="").get(""))
    titles = (answer.text("Config", "Labels", title, default="").get("").lower() for title in _TITLES)
    return (name for name in (asked, *(image.tags + image.digests if image is not None else ()), *titles) if name)


def _asking(names: Iterable[str], demanded: Mapping[str, int], skips: str) -> _Asking | None:
    """What an image of these names asks for: by the profile, else by what it is; None for nothing."""
    repositories = {name: _repository(name) for name in names}
    for name, repository in repositories.items():
        forms = {name, repository, repository.rpartition("/")[2]}
        found = [count for glob, count in demanded.items() if any(fnmatchcase(form, glob) for form in forms)]
        if found:
            return _Asking(max(found), name, "")
    matching = [name for name, repository in repositories.items() if _BOUNDED.fullmatch(repository.rpartition("/")[2])]
    return _Asking(_BOUND, matching[0], skips) if matching else None


def _askers(facts: Facts, params: Any) -> dict[str, Evidence[_Asking]]:
    """The containers whose images refuse to start below a bound, whether they run or not."""
    found: dict[str, Evidence[_Asking]] = {}
    for name, container in all_containers(facts, params).items():
        if container.answer.unknown is not None:
            found[name] = unknown(container.answer.unknown, container.answer.source)
            continue
        given = container.answer.texts("Config", "EnvNames", default=()).get(())
        skips = next((word for word in given if word in _SKIPPED), "")
        asking = _asking(_names(facts, container), params.map_count_images, skips)
        if asking is not None:
            found[name] = known(asking, f"{container.answer.source}: Config")
    return found


@check(
    "limits.map-count-for-images",
    severity="medium",
    refs=("elasticsearch:bootstrap-checks", "opensearch:2874"),
    fix=set_sysctl(_NAME, _BOUND),
    each=instances("asked", _askers, none="no container of an image that asks for it is here"),
    params=("map_count_images",),
)
def check_map_count_for_images(asked: Evidence[_Asking], sysctls: SysctlFacts) -> None:
    """vm.max_map_count is enough for what runs here.

    Elasticsearch, OpenSearch and SonarQube refuse to start below 262144 maps for each process, unless a setting of
    theirs (discovery.type=single-node) skips their checks. The bound is theirs; the profile can name other images.
    """
    asking = asked.value
    fix_with(set_sysctl(_NAME, asking.bound))
    count = sysctls.number(_NAME)
    if asking.skips:
        expect(count).satisfies(lambda _count: True, f"any: {asking.skips} skips the check of {asking.by}")
        return
    expect(count).at_least(asking.bound)
