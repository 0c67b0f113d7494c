"""CIS Docker section 6: images and containers that lie about."""

from __future__ import annotations

from typing import Any

from dockworthy.check import check, cis, expect, not_decided
from dockworthy.facts.api.engine import Engine
from dockworthy.facts.api.images import Images


@check(
    "engine.unused-images",
    severity="low",
    refs=cis("6.1"),
    fix="docker image prune --force\n# and those that no container uses:\ndocker image prune --all --force",
    params=("max_unused_images_percent", "max_dangling_images"),
)
def check_unused_images(images: Images, params: Any) -> None:
    """Few images are unused.

    Old images fill the disk, and one with a known fault can be started by mistake. Images without a name are what
    builds left behind.
    """
    everything = images.all
    if any(image.used is None for image in everything.value):
        not_decided("which images the containers use is not known", "GET /containers")
    unused = sum(not image.used for image in everything.value)
    dangling = sum(not image.is_named for image in everything.value)
    percent = 100 * unused // len(everything.value) if everything.value else 0
    expect({"unused percent": percent, "images": len(everything.value)}, everything.source).satisfies(
        lambda seen: seen["unused percent"] <= params.max_unused_images_percent,
        {"at most percent": params.max_unused_images_percent},
    )
    expect(dangling, f"{everything.source}: without a name").at_most(params.max_dangling_images)


@check(
    "engine.stopped-containers",
    severity="low",
    refs=cis("6.2"),
    fix="docker container prune --force",
    params=("max_stopped_containers",),
)
def check_stopped_containers(engine: Engine, params: Any) -> None:
    """Few stopped containers lie about.

    A stopped container keeps its disk space and its name, and can be started again with the faults that it had.
    """
    expect(engine.info.number("ContainersStopped")).at_most(params.max_stopped_containers)
