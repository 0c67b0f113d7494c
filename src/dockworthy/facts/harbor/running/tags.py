"""Which release each of Harbor's containers is of, by the tags of their images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.evidence import Code, Evidence, derived, known, unknown
from dockworthy.facts.harbor.installed.release import image_version, is_harbors
from dockworthy.facts.harbor.running.projects import image_of
from dockworthy.masking import HIDDEN
from dockworthy.trust.reference import normal_name, split_reference

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dockworthy.facts.harbor.running.projects import HarborProject

__all__ = ["image_differences", "moved_tags", "service_tags"]


@derived
def service_tags(project: HarborProject) -> Evidence[Mapping[str, str]]:
    """The tag of each of Harbor's images, by service; of one named by its digest alone, what its compose file says."""
    found = {}
    source = "GET /containers: Config.Image"
    for name, container in project.containers.items():
        image = container.answer.text("Config", "Image").value
        if not is_harbors(image):
            composed = _composed_image(project, name)
            if "/" in image or not is_harbors(composed):
                continue  # of somebody's own, beside Harbor
            image = composed
        tag = _tag(image) or _tag(_composed_image(project, name))
        if not tag:
            return unknown(f"the image of {name} is named without a tag", source, Code.AMBIGUOUS)
        found[name] = tag
    return known(found, source)


def _tag(image: str) -> str:
    version = image_version(image)
    return (str(version) if version is not None else split_reference(image)[1]).removeprefix("v")


def _composed_image(project: HarborProject, service: str) -> str:
    image = project.defined.get({}).get(service, {}).get("image")
    return image if isinstance(image, str) else ""


@derived
def image_differences(project: HarborProject) -> Evidence[Mapping[str, str]]:
    """The services whose container is of another image than the compose files in force name: ``OLD, not NEW``."""
    defined, found = project.defined, {}
    both = {name: one["image"] for name, one in defined.value.items() if name in project.containers and "image" in one}
    if not both:
        return unknown("none of the services that it defines has a container", defined.source, Code.ABSENT)
    for name, wanted in both.items():
        if not isinstance(wanted, str) or "$" in wanted or HIDDEN in wanted:
            return unknown(f"which image {name} should be of depends on what is not seen", defined.source, Code.HIDDEN)
        image = project.containers[name].answer.text("Config", "Image").value
        if _normal(image) != _normal(wanted):
            found[name] = f"{image}, not {wanted}"
    return known(found, f"GET /containers: Config.Image, compared with {defined.source}")


def _normal(image: str) -> tuple[str, str, str]:
    name, tag, digest = split_reference(image)
    return normal_name(name), tag or ("" if digest else "latest"), digest


def moved_tags(project: HarborProject) -> tuple[str, ...]:
    """The services whose image is no longer the one that its name stands for."""
    names = {tag: image.id for image in project.facts.images.known_ones for tag in image.tags}
    return tuple(
        name
        for name, container in project.containers.items()
        if (now := names.get(image_of(container))) is not None
        and now != container.answer.text("Image", default=now).get(now)
    )
