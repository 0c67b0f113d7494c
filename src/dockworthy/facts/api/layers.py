"""What lies in an image's layers: of each layer what the probe found in it, put together as the engine stacks them.

A layer is known by the digest of all that was read of it, which is the engine's own name for it: what was cut off or
damaged on the way has another one. What a layer above deletes or replaces is not in the image any more, but whoever
pulls it has it all the same: that matters for files with setuid bits in one way and for secrets in the other.
"""

from __future__ import annotations

from dataclasses import field, replace
from typing import TYPE_CHECKING, TypeVar

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, Reason, known, unknown
from dockworthy.tables import decode, number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from dockworthy.snapshot import Snapshot

__all__ = ["ImageFiles", "Layers", "PackageRecord", "read_layers"]

T = TypeVar("T")

SECTION = "docker:layers"
_TIMED_OUT = 124
_NOT_ASKED = Reason(
    "the layers of images were not looked into; record it with a profile that has image_depth: layers", Code.NOT_PROBED
)
_SKIPPED = {
    "bytes": Reason("the images are larger together than the probe reads", Code.TOO_LARGE),
    "room": Reason("the engine has not the room for the archive of it that it would make", Code.TOO_LARGE),
}
_NOT_ALL = {
    "bad": Reason("is no archive that can be read to its end", Code.MALFORMED),
    "many": Reason("has more files than the probe keeps in mind", Code.TOO_LARGE),
    "cut": Reason("was not read to its end", Code.UNREADABLE),
}


@dataclass(frozen=True, slots=True)
class PackageRecord:
    """What a package manager has written down in an image."""

    kind: str  # ``dpkg``, ``apk``, ``rpm``, …
    path: str  # the file
    names: frozenset[str] | None  # of the packages; None where the probe does not read that manager's files


@dataclass(slots=True)
class _Layer:
    """One layer, as one reading found it."""

    state: str  # ``ok``, ``bad``, ``many``, ``cut``
    setuid: list[tuple[str, str]] = field(default_factory=list)  # mode and path
    secrets: list[tuple[str, str]] = field(default_factory=list)  # kind and path
    packages: list[PackageRecord] = field(default_factory=list)
    users: dict[str, int] | None = None  # of its etc/passwd, those that images name; None where it has none
    replaced: set[str] = field(default_factory=set)  # paths at which something lies here that is no folder
    folders: set[str] = field(default_factory=set)  # paths at which a folder lies here
    deleted: set[str] = field(default_factory=set)
    emptied: set[str] = field(default_factory=set)  # folders of which nothing below is seen any more

    def hides(self, path: str) -> bool:
        """Whether a file of a layer below cannot be seen any more because of this one."""
        if path in self.replaced or path in self.folders or path in self.deleted or "" in self.emptied:
            return True
        above = path
        while "/" in above:
            above = above.rpartition("/")[0]
            if above in self.deleted or above in self.emptied or above in self.replaced:
                return True
        return False


@dataclass(frozen=True, slots=True)
class _Reading:
    """What one archive of the engine held."""

    layers: Mapping[str, _Layer]  # by their digests
    cut_off: Mapping[str, _Layer]  # those that were not read whole, by the digests by which the archive names them
    timed_out: bool
    missing: tuple[str, ...]  # programs that unpack some of them, and are not there

    def find(self, digest: str) -> _Layer | None:
        """The layer, or what is known of it."""
        return self.layers.get(digest) or self.cut_off.get(digest)


@dataclass(frozen=True, slots=True)
class Layers:
    """What was read of all images."""

    stacks: Mapping[str, Sequence[str]]  # by image id the digests of its layers, the lowest first
    readings: Sequence[_Reading]
    skipped: Mapping[str, str]  # by image id, why it was not read
    failure: Reason | None  # why nothing was

    def of(self, identity: str, name: str) -> ImageFiles:
        """The files of one image."""
        source = f"docker image save {name}"
        stack = self.stacks.get(identity)
        if self.failure is not None or stack is None or identity in self.skipped:
            reason = _SKIPPED.get(self.skipped.get(identity, ""), Reason("the engine did not hand it out", Code.FAILED))
            return ImageFiles(source, (), self.failure or reason)
        found = [tuple(reading.find(digest) for digest in stack) for reading in self.readings]
        nothing: tuple[_Layer | None, ...] = (None,) * len(stack)
        best = max(found, key=_known, default=nothing)
        return ImageFiles(source, best, _gap(best, self._cut_off))

    @property
    def _cut_off(self) -> Reason | None:
        """Why a layer may not be there, where that is known."""
        missing = sorted({tool for reading in self.readings for tool in reading.missing})
        if missing:
            return Reason(f"layers are compressed and {', '.join(missing)} is not installed", Code.TOOL_MISSING)
        if any(reading.timed_out for reading in self.readings):
            return Reason("the time ran out; --host-timeout gives more", Code.TIMEOUT)
        return None

    def users(self) -> Iterator[tuple[tuple[str, str], int]]:
        """By image id and user name, the numbers that the images' own files of users have."""
        for identity in self.stacks:
            for user, uid in self.of(identity, identity).users.items():
                yield (identity, user), uid


def _known(layers: Sequence[_Layer | None]) -> tuple[int, int]:
    """How many of them are known whole, and how many at all."""
    there = [layer for layer in layers if layer is not None]
    return sum(layer.state == "ok" for layer in there), len(there)


def _gap(layers: Sequence[_Layer | None], cut_off: Reason | None) -> Reason | None:
    """Why not all of these layers are known whole; None where they are."""
    for index, layer in enumerate(layers, 1):
        state = "cut" if layer is None else layer.state
        here = f"layer {index} of {len(layers)}"
        if state == "cut" and cut_off is not None:
            return cut_off.within(f"{here} {_NOT_ALL['cut']}: {cut_off}")
        if state != "ok":
            why = _NOT_ALL.get(state, _NOT_ALL["cut"])
            return why.within(f"{here} {why}")
    return None


@dataclass(frozen=True, slots=True)
class ImageFiles:
    """What lies in one image."""

    source: str
    layers: tuple[_Layer | None, ...]  # the lowest first; None where nothing of it was read
    gap: Reason | None  # why some of them are not known, or not whole

    @property
    def setuid(self) -> Evidence[tuple[dict[str, str], ...]]:
        """The regular files with a setuid or setgid bit that a container sees, each with ``path`` and ``mode``."""
        seen = {path: mode for _, (mode, path) in self._visible(lambda layer: layer.setuid, _second)}
        return self._told(tuple({"path": f"/{path}", "mode": mode} for path, mode in sorted(seen.items())))

    @property
    def secrets(self) -> Evidence[tuple[dict[str, str], ...]]:
        """Files that hold a secret, in whichever layer: ``where`` and ``kind``, and whether it is deleted later."""
        places = [
            (index, kind, path)
            for index, layer in enumerate(self.layers)
            if layer is not None
            for kind, path in layer.secrets
        ]
        return self._told(tuple({"where": self._where(index, path), "kind": kind} for index, kind, path in places))

    @property
    def packages(self) -> Evidence[tuple[PackageRecord, ...]]:
        """What package managers have written down in it; none where no manager is known to have been there."""
        if self.gap is not None:
            return unknown(self.gap, self.source)
        newest: dict[str, PackageRecord] = {}
        for _, record in self._visible(lambda layer: layer.packages, lambda record: record.path):
            newest[record.path] = record
        return known(tuple(newest.values()), self.source)

    @property
    def users(self) -> Mapping[str, int]:
        """The numbers of the users whose names images or containers have, by the image's own ``/etc/passwd``."""
        passwd = self._visible(lambda layer: () if layer.users is None else (layer.users,), lambda _: "etc/passwd")
        tables = [users for _, users in passwd]
        return tables[-1] if tables else {}

    def _told(self, found: tuple[dict[str, str], ...]) -> Evidence[tuple[dict[str, str], ...]]:
        return unknown(self.gap, self.source) if self.gap is not None and not found else known(found, self.source)

    def _where(self, index: int, path: str) -> str:
        above = [layer for layer in self.layers[index + 1 :] if layer is not None]
        deleted = ", which a later layer deletes or replaces" if any(layer.hides(path) for layer in above) else ""
        return f"layer {index + 1} of {len(self.layers)}: /{path}{deleted}"

    def _visible(self, items: Callable[[_Layer], Iterable[T]], path: Callable[[T], str]) -> Iterator[tuple[int, T]]:
        """What a container certainly sees of it, the lowest layer's first: all above are known."""
        certain = len(self.layers)
        while certain and (layer := self.layers[certain - 1]) is not None:
            certain -= 1
            if layer.state != "ok":
                break
        for index in range(certain, len(self.layers)):
            layer = self.layers[index]
            above = [over for over in self.layers[index + 1 :] if over is not None]
            for item in items(layer) if layer is not None else ():
                if not any(over.hides(path(item)) for over in above):
                    yield index, item


def _second(pair: tuple[str, str]) -> str:
    return pair[1]


def read_layers(snapshot: Snapshot) -> Layers:
    """What the probe found in the layers of the images."""
    text = snapshot.text(SECTION)
    if text.unknown is not None:
        return Layers({}, (), {}, _why_not(snapshot, text.unknown))
    stacks: dict[str, Sequence[str]] = {}
    skipped: dict[str, str] = {}
    parts: list[list[list[str]]] = [[]]
    for line in text.value.splitlines():
        words = line.split(" ")
        if words[0] == "image" and len(words) > 1:
            stacks[words[1]] = tuple(digest.removeprefix("sha256:") for digest in words[2:])
        elif words[0] == "skipped" and len(words) > 2:  # noqa: PLR2004 - id and why
            skipped[words[1]] = words[2]
        elif words[0] == "read":
            parts.append([])
        else:
            parts[-1].append(words)
    return Layers(stacks, [_reading(part) for part in parts[1:]], skipped, None)


def _why_not(snapshot: Snapshot, reason: Reason) -> Reason:
    """Why there is nothing about layers, in a sentence that says what to do."""
    if reason.code is Code.NOT_PROBED:
        return _NOT_ASKED
    if reason.code is Code.TOOL_MISSING:
        return reason.within(f"{snapshot[SECTION].text.strip().removeprefix('missing ')} is not installed there")
    return reason


def _reading(rows: Iterable[list[str]]) -> _Reading:
    by_number: dict[str, _Layer] = {}
    layers: dict[str, _Layer] = {}
    cut_off: dict[str, _Layer] = {}
    timed_out = False
    missing: list[str] = []
    others: list[list[str]] = []
    for words in rows:
        if words[0] == "layer" and len(words) > 4:  # noqa: PLR2004 - number, digest, claimed digest, state
            layer = by_number[words[1]] = _Layer(words[4])
            layers.setdefault(words[2], layer)
            # Of one that is compressed it is the digest of something else, which no image has as a layer.
            cut_off.setdefault(words[3], layer)
        elif words[0] == "saved":
            timed_out = words[-1] == str(_TIMED_OUT)
        elif words[0] == "missing":
            missing += words[1:]
        elif len(words) > 2:  # noqa: PLR2004 - what, the layer's number, and more
            others.append(words)
    for words in others:
        if words[1] in by_number:
            _add(by_number[words[1]], words[0], words[2:])
    cut_off = {digest: replace(layer, state="cut") for digest, layer in cut_off.items()}
    return _Reading(layers, cut_off, timed_out, tuple(missing))


def _add(layer: _Layer, what: str, words: Sequence[str]) -> None:
    """One row about a layer."""
    if what in _PATHS:
        _PATHS[what](layer).add("" if words[0] == "-" else decode(words[0]))
    elif what == "s" and len(words) > 1:
        layer.setuid.append((words[0], decode(words[1])))
    elif what == "k" and len(words) > 1:
        layer.secrets.append((words[0], decode(words[1])))
    elif what == "p" and len(words) > 1:
        names = None if words[0] not in _READ else frozenset(words[2:]) - {"-"}
        layer.packages.append(PackageRecord(words[0], decode(words[1]), names))
    elif what == "u" and len(words) > 1:
        layer.users = layer.users or {}
        uid = number(words[1])
        if uid is not None:
            layer.users.setdefault(words[0], uid)


_READ = frozenset({"dpkg", "apk"})
_PATHS: Mapping[str, Callable[[_Layer], set[str]]] = {
    "t": lambda layer: layer.replaced,
    "d": lambda layer: layer.folders,
    "w": lambda layer: layer.deleted,
    "o": lambda layer: layer.emptied,
}
