"""What lies about on the engine and takes space: reported, and no finding."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dockworthy.check import check, expect, instances
from dockworthy.evidence import Evidence
from dockworthy.facts.api.containers import Containers
from dockworthy.facts.api.document import Document
from dockworthy.facts.api.images import Images

if TYPE_CHECKING:
    from collections.abc import Mapping

_NOTHING = re.compile(r"0(?:\.0+)?\s*B?(?:\s|$)")
_ENDED = frozenset({"exited", "dead"})


@check(
    "housekeeping.dangling-images",
    severity="info",
    refs=("docker:prune",),
    fix="docker image prune -f",
)
def check_dangling_images(images: Images) -> None:
    """No image is without a tag and without a container that uses it."""
    dangling = images.all.map(lambda found: [one.id for one in found if not one.tags and one.used is False])
    expect(dangling).is_empty()


@check(
    "housekeeping.exited-containers",
    severity="info",
    refs=("docker:prune",),
    fix="docker container prune -f",
)
def check_exited_containers(containers: Containers) -> None:
    """No container that has ended is kept."""
    ended = containers.all.map(lambda found: [one.name for one in found if one.state.value in _ENDED])
    expect(ended).is_empty()


def each_kind(disk_usage: Evidence[Mapping[str, Document]]) -> dict[str, Document]:
    """Images, containers, volumes and build cache, with the engine's figures."""
    return dict(disk_usage.value)


@check(
    "housekeeping.reclaimable-space",
    severity="info",
    refs=("docker:prune",),
    fix="docker system df -v\n# and what is not needed: docker image prune -a; docker container prune; "
    "docker volume prune; docker builder prune",
    each=instances("usage", each_kind, none="the engine stores nothing"),
)
def check_reclaimable_space(usage: Document) -> None:
    """Nothing that the engine stores could be removed without loss to what runs.

    The figures are those of `docker system df`.
    """
    expect(usage.text("Reclaimable"), shown=lambda text: f"{text} of {usage.text('Size').get('?')}").satisfies(
        lambda text: _NOTHING.match(text) is not None, "0B"
    )
