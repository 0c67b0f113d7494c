"""Profiles from their files: found, read, checked and merged, before anything is probed.

`load_profile` is the whole of it. Each mistake is a `UsageError` whose text is ``FILE:LINE: what; what to do.``

A profile without ``extends`` extends ``base``; ``extends: []`` extends nothing. Parents come first, each once,
in the order in which they are named; what is named later wins. Of ``params``, mappings are merged key by key and
everything else is replaced. ``select`` begins the selection anew, ``deselect`` takes away from it. Waivers and
attestations add up.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from dockworthy.errors import UsageError
from dockworthy.masking import masked
from dockworthy.printable import printable
from dockworthy.profile.entries import texts
from dockworthy.profile.layers import merge
from dockworthy.profile.locate import profile_names, profiles_folder
from dockworthy.profile.origin import Layer, Origin, Source
from dockworthy.profile.references import check_references
from dockworthy.profile.system import KEY, read_system
from dockworthy.profile.tree import Node, fail, read_file, read_tree
from dockworthy.profile.waivers import load_waivers
from dockworthy.spelling import meant
from dockworthy.typed import shown_path, shown_registry, shown_word

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dockworthy.profile.model import Profile
    from dockworthy.profile.selectors import Selectable

__all__ = ["KEYS", "load_profile", "with_registries"]

KEYS = ("description", "extends", "select", "deselect", "severity", "params", "waivers", "attestations")
BASE = "base"
MAX_LAYERS = 64


def load_profile(
    named: str | Path = BASE,
    *,
    catalogue: Iterable[Selectable] | None = None,
    waiver_files: Sequence[Path] = (),
    registries: Sequence[str] = (),
    folder: Path | None = None,
) -> Profile:
    """Read a profile and everything that it extends; `UsageError` if a file cannot be used.

    Args:
        named: a name in ``profiles/``, or a file's path.
        catalogue: the checks that there are; what the profile names must be among them.
        waiver_files: further files of waivers.
        registries: registries to add to the profile's, as ``--registry`` does.
        folder: where names are looked up; default: the product's own ``profiles/``.
    """
    reader = _Reader(folder or profiles_folder())
    reader.add(reader.find(str(named), None, 0), ())
    profile = merge(reader.sources)
    for path in waiver_files:
        waivers = load_waivers(path)
        digest = hashlib.sha256(profile.sha256.encode() + read_file(path)).hexdigest()
        profile = replace(profile, waivers=(*profile.waivers, *waivers), sha256=digest)
    if registries:
        profile = with_registries(profile, registries)
    if catalogue is not None:
        check_references(profile, list(catalogue))
    return profile


def with_registries(profile: Profile, registries: Sequence[str]) -> Profile:
    """The profile with these registries added to its own; `UsageError` if one is not ``HOST`` or ``HOST:PORT``."""
    from pydantic import ValidationError  # noqa: PLC0415 - only where a profile is made

    from dockworthy.profile.params import Params  # noqa: PLC0415 - see above

    merged = tuple(dict.fromkeys((*profile.params.registries, *registries)))
    try:
        Params(registries=merged)
    except ValidationError as error:
        index = error.errors()[0]["loc"][-1]
        wrong = merged[index] if isinstance(index, int) else ""
        raise UsageError(f"--registry {shown_registry(wrong)}: is no registry; write HOST or HOST:PORT.") from None
    params = profile.params.model_copy(update={"registries": merged})
    return replace(profile, params=params, origins={**profile.origins, "registries": Origin("--registry")})


def _is_path(named: str) -> bool:
    return "/" in named or named.endswith((".yaml", ".yml"))


def _shown(named: str) -> str:
    return shown_path(named) if _is_path(named) else shown_word(named)


class _Reader:
    """Reads a profile's layers, parents first, each once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sources: list[Source] = []
        self.done: set[Path] = set()

    def find(self, named: str, child: Path | None, line: int) -> Path:
        """The file of a name or path; a path is relative to the file that extends it."""
        if not _is_path(named):
            path = self.folder / f"{named}.yaml"
            if path.is_file():
                return path
        base = child.parent if child else Path()
        path = base / named
        if path.is_file() or path.is_fifo():
            return path
        names = profile_names(self.folder)
        hint = meant(named, names) or f"name a file, or one of {', '.join(names)}."
        sentence = f"there is no profile {_shown(named)!r}; {hint}"
        if child:
            fail(str(child), line, sentence)
        raise UsageError(printable(sentence, None))

    def add(self, path: Path, children: tuple[Path, ...]) -> None:
        """Read the file, its parents before it."""
        real = path.resolve()
        if real in self.done:
            return
        tree = _checked(path, is_own=path.parent.resolve() == self.folder.resolve())
        chain = (*children, real)
        for parent, line in self.parents(path, tree):
            found = self.find(parent, path, line)
            if found.resolve() in chain:
                fail(
                    str(path),
                    line,
                    f"extends {_shown(parent)!r}, which extends this file in turn; break the cycle.",
                )
            if len(chain) > MAX_LAYERS:
                fail(str(path), line, f"is the end of more than {MAX_LAYERS} profiles; extend fewer.")
            self.add(found, chain)
        self.done.add(real)
        description = tree.content.get("description")
        text = masked(description.content) if description else ""
        layer = Layer(path.stem, str(path), hashlib.sha256(read_file(path)).hexdigest(), text)
        self.sources.append(Source(layer, tree))

    def parents(self, path: Path, tree: Node) -> list[tuple[str, int]]:
        """What the file extends, each with its line."""
        if "extends" in tree.content:
            return texts(tree.content["extends"], str(path), "extends")
        base = self.folder / f"{BASE}.yaml"
        return [] if path.resolve() == base.resolve() or not base.is_file() else [(BASE, 1)]


def _checked(path: Path, *, is_own: bool) -> Node:
    """The file's tree: a mapping with known keys; only a profile of the product's own says for which system it is."""
    tree, file = read_tree(path), str(path)
    if tree.content is None:
        tree = Node({}, tree.line)
    if not isinstance(tree.content, dict):
        fail(file, tree.line, f"is {tree.kind} where a mapping is wanted; begin with `extends: base`.")
    for key, line in tree.key_lines.items():
        if key == KEY and is_own:
            read_system(tree.content[key], file, path.stem)
        elif key not in KEYS:
            fail(file, line, f"the key {shown_word(key)!r} is not known; a profile has {', '.join(KEYS)}.")
    description = tree.content.get("description")
    if description is not None and not isinstance(description.content, str):
        fail(file, tree.line_of(("description",)), f"`description` is {description.kind}; write a text.")
    return tree
