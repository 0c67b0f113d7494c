"""Which containers and images the checks are asked of, by the profile's demands: what stands behind ``each=``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from dockworthy.evidence import NotDecided, Reason, unknown
from dockworthy.facts.api.container import Container
from dockworthy.facts.api.document import Document
from dockworthy.facts.api.images import Image
from dockworthy.facts.api.layers import ImageFiles

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dockworthy.facts.facts import Facts

__all__ = ["SCOPE", "all_containers", "containers_in_scope", "images_in_scope", "named_images", "services_in_scope"]

T = TypeVar("T", Container, Image)

SCOPE = ("container_states",)  # the profile's key that `containers_in_scope` reads
_OTHERS = "(others)"
_GOING = frozenset({"removing"})


def _by_name(found: Iterable[T]) -> dict[str, T]:
    """By their names; a second one of a name, which no engine makes, is told apart by its id."""
    table: dict[str, T] = {}
    for one in found:
        table[one.name if one.name not in table else f"{one.name} {one.id}"] = one
    return table


def _with_missing(facts: Facts, table: Mapping[str, Container]) -> Mapping[str, Container]:
    failure = facts.containers.failure
    if failure is None:
        return table
    if not table:
        _ = facts.daemon  # raises NotApplicable where no engine is installed
        raise NotDecided(failure, "GET /containers")
    some: Container = next(iter(table.values()))
    source = "GET /containers"
    others = Container(
        name=_OTHERS,
        id="",
        answer=Document(source, {}, failure.within(f"the list of containers is not whole: {failure}")),
        surroundings=some.surroundings,
        process=unknown(failure, source),
        tasks=unknown(failure, source),
        listeners=unknown(failure, source),
        execs=unknown(failure, source),
    )
    return {**table, _OTHERS: others}


def containers_in_scope(facts: Facts, params: Any) -> Mapping[str, Container]:
    """Containers that run, or all of them where ``params.container_states`` is ``all``.

    One whose state cannot be read is in scope; one that is being removed is not.

    Raises:
        NotDecided: where the engine lists none because it did not answer.
    """
    everything = params.container_states == "all"
    found = facts.containers.in_scope
    if everything not in found:
        found[everything] = _by_name(
            container
            for container in facts.containers.known_ones
            if container.state.get("") not in _GOING and (everything or container.is_up.get(True))
        )
    return _with_missing(facts, found[everything])


def all_containers(facts: Facts, _params: Any) -> Mapping[str, Container]:
    """All containers, whatever their state."""
    return _with_missing(facts, _by_name(facts.containers.known_ones))


def images_in_scope(facts: Facts, _params: Any) -> Mapping[str, Image]:
    """Images that have a name, or that a container was made from; raises NotDecided where the engine lists none."""
    images = facts.images
    if images.failure is not None and not images.known_ones:
        _ = facts.daemon  # raises NotApplicable where no engine is installed
        raise NotDecided(images.failure, "GET /images")
    table = _by_name(
        image
        for image in images.known_ones
        if image.is_named or image.answer.unknown is not None or image.used is not False
    )
    if images.failure is not None:
        table[_OTHERS] = _missing_image(images.failure)
    return table


def _missing_image(failure: Reason) -> Image:
    source = "GET /images"
    reason = failure.within(f"the list of images is not whole: {failure}")
    return Image(
        name=_OTHERS,
        id="",
        answer=Document(source, {}, reason),
        tags=(),
        digests=(),
        used=None,
        history=unknown(reason, source),
        secrets=unknown(reason, source),
        inherited=0,
        users=unknown(reason, source),
        files=ImageFiles(source, (), reason),
    )


def named_images(facts: Facts, params: Any) -> Mapping[str, Image]:
    """Images that have a name."""
    return {name: image for name, image in images_in_scope(facts, params).items() if image.is_named or not image.id}


def services_in_scope(facts: Facts, _params: Any) -> Mapping[str, object]:
    """The swarm's services; raises NotDecided where this node should know them and does not."""
    swarm = facts.swarm
    if swarm.state.value != "active" or not swarm.is_manager.get(False):
        return {}
    return {service.name: service for service in swarm.all_services.value}
