"""``--apply NAME=PATH``: what is taken to be put on every host, read once and told as the probe would tell it."""

from __future__ import annotations

import hashlib
import os
import stat
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dockworthy.applied import CA, CERTS_D, NAMES, PLACES, Applied
from dockworthy.errors import UsageError
from dockworthy.profile.tree import read_file
from dockworthy.snapshot import Section
from dockworthy.tables import encode
from dockworthy.target.given import told
from dockworthy.trust.reference import BadReference, parse_engine
from dockworthy.trust.x509.certificate import certificates_of
from dockworthy.typed import shown_path, shown_word

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["applied_of", "registries_of"]

_DEPTH: Final = 3  # certs.d, a registry's folder, and what no program reads: as the probe lists it
_MOST_FILES: Final = 2000
_BUNDLE: Final = "/etc/ssl/certs/ca-certificates.crt"
_FORMS: Final = ", ".join(f"{name}={'DIR' if name == CERTS_D else 'FILE'}" for name in NAMES)


def applied_of(given: tuple[str, ...]) -> tuple[Applied, ...]:
    """What ``--apply`` names, in the order of `NAMES`; `UsageError` for what is none of it or cannot be read."""
    return _read_once(given, Path.cwd())


@lru_cache(maxsize=1)
def _read_once(given: tuple[str, ...], _here: Path) -> tuple[Applied, ...]:
    found: dict[str, Applied] = {}
    for text in given:
        name, equals, path = text.partition("=")
        if name not in NAMES or not equals or not path:
            raise UsageError(f"--apply {shown_word(name)}: is none of {_FORMS}.")
        if name in found:
            raise UsageError(f"--apply {name}: is given twice; name the one that is to be judged.")
        found[name] = _read(name, path)
    return tuple(found[name] for name in NAMES if name in found)


def _read(name: str, path: str) -> Applied:
    return _folder(path) if name == CERTS_D else _file(name, path)


def _file(name: str, path: str) -> Applied:
    place = f"--apply {name}={shown_path(path)}"
    data = _bytes(Path(path), place)
    if name == CA and not certificates_of(data):
        raise UsageError(f"{place}: there is no certificate in PEM in it; convert it with: openssl x509 -inform der")
    where = PLACES.get(name, _BUNDLE)
    return Applied(name, shown_path(path), hashlib.sha256(data).hexdigest(), _by_name(told(name, {where: data})))


def _bytes(path: Path, place: str) -> bytes:
    try:
        return read_file(path, advice="name a file that is there", too_large="no host has such a file")
    except UsageError as error:
        problem = str(error).partition(": ")[2]
        raise UsageError(f"{place}: {problem}") from None


def _by_name(sections: Iterable[Section]) -> dict[str, Section]:
    return {section.name: section for section in sections}


# --- a folder ------------------------------------------------------------------------------------------------------


def _folder(path: str) -> Applied:
    place = f"--apply {CERTS_D}={shown_path(path)}"
    root = PLACES[CERTS_D]
    lists: dict[str, list[str]] = {}
    files: dict[str, bytes] = {}
    for relative, names in _walk(Path(path), place):
        folder = f"{root}/{relative}" if relative else root
        lists[folder] = sorted([*names.folders, *names.files], key=os.fsencode)
        for name in names.files:
            files[f"{folder}/{name}"] = _bytes(Path(path, relative, name), f"{place}: {_shown(relative, name)}")
            if len(files) > _MOST_FILES:
                raise UsageError(f"{place}: there are more than {_MOST_FILES} files in it; no engine has so many.")
    lines = [
        f"{hashlib.sha256(data).hexdigest()}  .{name.removeprefix(root)}\n"
        for name, data in sorted(files.items(), key=lambda item: os.fsencode(item[0]))
    ]
    digest = hashlib.sha256(os.fsencode("".join(lines))).hexdigest()
    listed = [_list(folder, names) for folder, names in lists.items()]
    return Applied(CERTS_D, shown_path(path), digest, _by_name([*listed, *told(CERTS_D, files)]))


class _Names:
    """What is in a folder."""

    def __init__(self) -> None:
        self.folders: list[str] = []
        self.files: list[str] = []


def _walk(top: Path, place: str) -> Iterator[tuple[str, _Names]]:
    """The folders, each by its path below the top, with what is in it; links are followed, as a copy would."""
    pending = [("", 1)]
    while pending:
        relative, level = pending.pop(0)
        names = _Names()
        try:
            entries = sorted((top / relative).iterdir(), key=os.fsencode)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "its name is no path"
            raise UsageError(f"{place}: cannot be read ({reason}); name a folder that is there.") from None
        for entry in entries:
            kind = _kind(entry, place, _shown(relative, entry.name))
            if kind == stat.S_IFREG:
                names.files.append(entry.name)
                continue
            names.folders.append(entry.name)
            if level < _DEPTH:
                pending.append((f"{relative}/{entry.name}".lstrip("/"), level + 1))
        yield relative, names


def _kind(entry: Path, place: str, shown: str) -> int:
    """What an entry leads to; `UsageError` for what cannot be copied to a host."""
    try:
        kind = stat.S_IFMT(entry.stat().st_mode)
    except OSError as error:
        raise UsageError(f"{place}: {shown} cannot be read ({error.strerror}); take it out of the folder.") from None
    if kind not in {stat.S_IFREG, stat.S_IFDIR}:
        raise UsageError(f"{place}: {shown} is neither a file nor a folder; take it out.")
    return kind


def _shown(relative: str, name: str) -> str:
    return shown_path(f"{relative}/{name}".lstrip("/"))


def _list(folder: str, names: Iterable[str]) -> Section:
    return Section(f"list:{folder}", 0, "".join(f"{encode(name)}\n" for name in names).encode())


# --- what is to be looked at ---------------------------------------------------------------------------------------


def registries_of(applied: Iterable[Applied]) -> tuple[str, ...]:
    """The registries that a folder is for: a host that can be asked looks at them, too."""
    found = (one.sections.get(f"list:{PLACES[CERTS_D]}") for one in applied if one.name == CERTS_D)
    names = [line for section in found if section is not None for line in section.text.splitlines()]
    return tuple(name for name in map(_registry, names) if name is not None)


def _registry(name: str) -> str | None:
    if name.endswith("_") and (parts := name[:-1].rpartition("_"))[2].isdecimal():
        name = f"{parts[0]}:{parts[2]}"  # as containerd spells it
    try:
        return name if parse_engine(f"{name}/image").domain == name else None
    except BadReference:
        return None
