"""The files that Harbor's ``prepare`` rendered below ``common/config``, as far as they are told, and its secret key.

Source: goharbor/harbor ``make/photon/prepare/templates`` and ``utils/cert.py``.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Final

from dockworthy.dataclass import dataclass
from dockworthy.evidence import NotApplicable
from dockworthy.facts.harbor.installed.config import read_yaml
from dockworthy.snapshot import DENIED
from dockworthy.tables import decode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dockworthy.evidence import Evidence
    from dockworthy.facts.harbor.installed.config import HarborInstallation

__all__ = [
    "CORE",
    "SecretKey",
    "demand_prepared",
    "is_prepared",
    "is_rendered",
    "lines",
    "rendered_path",
    "secret_keys",
    "settings",
    "variables",
]

CORE: Final = "core/env"  # every release has it, and nothing runs without it
_FOLDER: Final = "common/config"
_DENIED: Final = "denied"


def rendered_path(harbor: HarborInstallation, name: str) -> str:
    """The path of a rendered file, by its name below ``common/config``."""
    return posixpath.join(harbor.folder, _FOLDER, name)


def _text(harbor: HarborInstallation, name: str) -> Evidence[str]:
    path = rendered_path(harbor, name)
    return harbor.facts.snapshot.text(f"file:{path}").by(path)


def is_prepared(harbor: HarborInstallation) -> bool:
    """Whether ``prepare`` ever ran; raises NotDecided where that was not seen."""
    path = rendered_path(harbor, CORE)
    if harbor.is_absent(path):
        return False
    return is_rendered(harbor, CORE) or harbor.facts.files[path].exists.value


def is_rendered(harbor: HarborInstallation, name: str) -> bool:
    """Whether a rendered file was seen."""
    section = harbor.facts.snapshot.get(f"file:{rendered_path(harbor, name)}")
    return section is not None and not section.absent and section.status != DENIED


def demand_prepared(harbor: HarborInstallation) -> None:
    """Make sure that ``prepare`` ran; raises NotApplicable where it never did."""
    if not is_prepared(harbor):
        raise NotApplicable(f"prepare has not run: {rendered_path(harbor, CORE)} is not there")


def variables(harbor: HarborInstallation, name: str) -> Evidence[Mapping[str, str]]:
    """The variables of a rendered environment file; a value that stayed on the host is ``REDACTED``."""
    return _text(harbor, name).map(
        lambda text: {key: value for key, equals, value in (line.partition("=") for line in text.split("\n")) if equals}
    )


def settings(harbor: HarborInstallation, name: str) -> Evidence[Mapping[str, object]]:
    """What a rendered YAML file says."""
    return read_yaml(harbor.facts.snapshot, rendered_path(harbor, name))


def lines(harbor: HarborInstallation, name: str) -> Evidence[tuple[str, ...]]:
    """Those lines of another rendered file that are told."""
    return _text(harbor, name).map(lambda text: tuple(line for line in text.split("\n") if line))


@dataclass(frozen=True, slots=True)
class SecretKey:
    """A file with the key that Harbor encrypts secrets in its database by.

    Attributes:
        path: where it lies.
        characters: how many it has, a line's end among them; None where they are more than anybody counts.
        is_readable: whether the probe could read it.
        ends_line: whether letters and digits are followed by a line's end.
    """

    path: str
    characters: int | None
    is_readable: bool
    ends_line: bool


def secret_keys(harbor: HarborInstallation) -> Evidence[Mapping[str, SecretKey]]:
    """The files by their paths: that in the data volume, and older ones beside it."""
    source = f"{harbor.folder}: secretkey"
    text = harbor.facts.snapshot.text(f"cmd:harbor-secretkey{harbor.folder}").by(source)
    return text.map(lambda found: {one.path: one for line in found.splitlines() if (one := _secret_key(line))})


def _secret_key(line: str) -> SecretKey | None:
    path, _, rest = line.partition(" ")
    characters, _, kind = rest.partition(" ")
    number = int(characters) if characters.isdecimal() else None
    return SecretKey(decode(path), number, characters != _DENIED, kind.endswith("newline"))
