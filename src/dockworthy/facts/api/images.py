"""The engine's images: their names, their configuration, and how they were built."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, Reason, derived, known, unknown
from dockworthy.facts.api.document import Document, Listing, documents
from dockworthy.facts.api.history import Step, parse_step
from dockworthy.facts.api.layers import ImageFiles, read_layers
from dockworthy.facts.api.users import RunsAs, image_users, numeric_user, user_part
from dockworthy.facts.facts import fact
from dockworthy.snapshot import NOT_HELD
from dockworthy.trust.reference import familiar, normal_tag

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from dockworthy.facts.api.layers import Layers
    from dockworthy.snapshot import Snapshot


__all__ = ["Image", "Images", "images"]

_SOURCE = "GET /images"
_SHORT_ID = 12
_FIRST_DOCKER_YEAR = 2013
_NONE = "<none>"


@dataclass(frozen=True, slots=True)
class Image:
    """One image."""

    name: str  # its first tag, else its first digest, else its short id
    id: str  # the full one; empty where the answer was cut off before it
    answer: Document  # ``GET /images/ID/json``
    # tags, digests: as the engine tells them, without ``<none>``
    tags: tuple[str, ...]
    digests: tuple[str, ...]
    used: bool | None  # whether a container was made from it; None where that is not known
    history: Evidence[tuple[Step, ...]]  # how it was built, the newest step first
    # where its build or its configuration seems to hold a secret; only where and what kind
    secrets: Evidence[tuple[dict[str, str], ...]]
    inherited: int  # how many of the oldest steps are those of another image that is here, too
    users: Evidence[Mapping[tuple[str, str], int]]  # by image id and user name, the number in the image
    files: ImageFiles  # what lies in its layers

    @property
    def is_named(self) -> bool:
        """Whether a tag or a digest leads to it; one without is what a build left behind."""
        return bool(self.tags or self.digests)

    @property
    def config(self) -> Document:
        """What containers made from it start with."""
        return self.answer.at("Config")

    @property
    def created(self) -> Evidence[datetime]:
        """When it was built; unknown for reproducible builds, whose date is a fixed one of long ago."""
        found = self.answer.time("Created")
        if found.is_known and found.value.year < _FIRST_DOCKER_YEAR:
            return unknown("the image carries no date of its build", found.source, Code.NOT_TOLD)
        return found

    @property
    @derived
    def runs_as(self) -> Evidence[RunsAs]:
        """Its user, as a number inside the container."""
        user = self._user
        uid = numeric_user(user.value)
        if uid is None:
            uid = self.users.get({}).get((self.id, user_part(user.value)))
            if uid is None:
                reason = f"which number the user {user_part(user.value)!r} has in the image is not known"
                return unknown(reason, user.source)
            return known(RunsAs(user.value, uid), f"{user.source}; the image's /etc/passwd")
        return known(RunsAs(user.value, uid), user.source)

    @property
    def health_check(self) -> Evidence[str]:
        """The kind of its health check: ``CMD``, ``CMD-SHELL``, ``NONE``; empty where there is none."""
        found = self.answer.text("Config", "Healthcheck", "Test0", default="")
        found = found.by(found.source.removesuffix("0"))  # the probe keeps the first word alone
        if found.is_known and "Config" not in self.answer.content:
            return unknown("the answer does not have it", found.source, Code.NOT_TOLD)
        return found

    @property
    def _user(self) -> Evidence[str]:
        if self.answer.unknown is None and "Config" in self.answer.content and self.answer.content["Config"] is None:
            return known("", f"{self.answer.source}: Config.User")
        return self.config.text("User", default="")

    @property
    def own_steps(self) -> Evidence[tuple[Step, ...]]:
        """The steps of its own build, the newest first: not those of an image below that is here, too."""
        return self.history.map(lambda steps: steps[: len(steps) - self.inherited] if self.inherited else steps)


class Images(Listing[Image]):
    """All images."""

    __slots__ = ()

    def by_id(self, identity: str) -> Image | None:
        """The image of that id."""
        return next((image for image in self.known_ones if image.id == identity), None)

    def by_tag(self, reference: str) -> Image | None:
        """The image to which a tag leads now."""
        wanted = normal_tag(reference)
        for image in self.known_ones:
            if any(normal_tag(tag) == wanted for tag in image.tags):
                return image
        return None


@fact
def images(snapshot: Snapshot) -> Images:
    """The images of the engine, with their history."""
    found, failure = documents(snapshot, "docker:images", _SOURCE)
    used = _used(snapshot)
    histories, history_failure = _histories(snapshot)
    users = image_users(snapshot)
    layers = read_layers(snapshot)
    missing = history_failure or NOT_HELD
    result = [_image(index, item, used, histories, missing, users, layers) for index, item in enumerate(found, 1)]
    return Images(tuple(_with_inherited(result)), failure, _SOURCE)


def _used(snapshot: Snapshot) -> frozenset[str] | None:
    """The ids of the images that containers were made from; None where not all containers are known."""
    found, failure = documents(snapshot, "docker:containers", "GET /containers")
    ids = [item.text("Image") for item in found]
    if failure is not None or not all(item.is_known for item in ids):
        return None
    return frozenset(item.value for item in ids)


def _histories(snapshot: Snapshot) -> tuple[dict[str, Document], Reason | None]:
    found, failure = documents(snapshot, "docker:history", "GET /images/ID/history")
    table: dict[str, Document] = {}
    for item in found:
        identity = item.text("Id")
        if identity.is_known:
            table[identity.value] = item
        else:
            failure = failure or item.unknown or Reason("holds a history that cannot be read", Code.MALFORMED)
    return table, failure


def _texts(document: Document, key: str) -> tuple[str, ...]:
    found: tuple[Any, ...] = document.items(key, default=()).get(())
    return tuple(text for text in found if isinstance(text, str) and _NONE not in text)


@derived
def _steps(answer: Document, item: Document) -> Evidence[tuple[Step, ...]]:
    steps = answer.objects("History").by(answer.source)
    if not steps.value and item.number("Layers", default=0).get(0):
        return unknown(
            "the image has layers and no history, so that nobody can tell how it was built",
            answer.source,
            Code.NOT_TOLD,
        )
    texts = [step.text("CreatedBy", default="") for step in steps.value]
    if not all(text.is_known for text in texts):
        return unknown("holds a step that is no text", answer.source, Code.MALFORMED)
    sizes = [step.number("Size", default=0).get(0) for step in steps.value]
    parsed = [parse_step(text.value, size) for text, size in zip(texts, sizes, strict=True)]
    return known(tuple(parsed), answer.source)


def _secrets(history: Document) -> Evidence[tuple[dict[str, str], ...]]:
    """What the probe found in the history and in the configuration; none is known where it did not search both."""
    searched = [history.objects(key) for key in ("Secrets", "ConfigSecrets")]
    places = tuple(
        {"where": hit.text("Where", default="?").get("?"), "kind": hit.text("Rule", default="?").get("?")}
        for found in searched
        for hit in found.get(())
    )
    missing = next((found for found in searched if not found.is_known), None)
    if missing is not None and not places:
        return missing.map(lambda _none: ())
    return known(places, history.source)


def _image(
    index: int,
    item: Document,
    used: frozenset[str] | None,
    histories: Mapping[str, Document],
    reason: Reason,
    users: Evidence[Mapping[tuple[str, str], int]],
    layers: Layers,
) -> Image:
    identity = item.text("Id").get("")
    tags, digests = _texts(item, "RepoTags"), _texts(item, "RepoDigests")
    short = identity.removeprefix("sha256:")[:_SHORT_ID] or f"image {index} of the list"
    name = familiar(tags[0] if tags else digests[0]) if tags or digests else short
    source = f"GET /images/{name}/history"
    found = histories.get(identity)
    history = Document(source, {}, item.unknown or reason) if found is None else Document(source, found.content)
    return Image(
        name=name,
        id=identity,
        answer=Document(f"GET /images/{name}/json", item.content, item.unknown),
        tags=tags,
        digests=digests,
        used=None if used is None else identity in used,
        history=_steps(history, item),
        secrets=_secrets(history),
        inherited=0,
        users=users,
        files=layers.of(identity, name),
    )


def _with_inherited(found: Sequence[Image]) -> list[Image]:
    """Note of each image how many of its oldest steps are the whole history of another named image that is here."""
    keys = {
        image.id: tuple((step.text, step.size) for step in reversed(image.history.value))
        for image in found
        if image.history.is_known and image.id
    }
    named = {keys[image.id] for image in found if image.id in keys and image.is_named}
    result = []
    for image in found:
        own = keys.get(image.id, ())
        length = next((n for n in range(len(own) - 1, 0, -1) if own[:n] in named), 0)
        result.append(image if not length else replace(image, inherited=length))
    return result
