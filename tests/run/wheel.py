"""The wheel in an environment that holds what it declares to need, and nothing else: neither built nor fetched anew.

The packages are those of the surroundings, linked: what the wheel needs and does not declare is missing there.
"""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import Distribution, PathDistribution, distribution
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import Requirement

if TYPE_CHECKING:
    from collections.abc import Iterator

TOP = Path(__file__).parent.parent.parent


def built(folder: Path) -> Path:
    """The wheel of this checkout."""
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder], cwd=TOP, check=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def environment_of(wheel: Path, folder: Path) -> Path:
    """A new virtual environment with the wheel in it; its folder of programs."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    python = folder / "bin" / "python"
    options = ("--no-deps", "--no-index", "--no-compile", "-q", "--disable-pip-version-check")
    subprocess.run([sys.executable, "-m", "pip", "--python", python, "install", *options, wheel], check=True)
    (site,) = folder.glob("lib/python*/site-packages")
    (installed,) = site.glob("dockworthy-*.dist-info")
    for one in _needed(PathDistribution(installed)):
        for path in {file.parts[0] for file in one.files or () if file.parts[0] not in {"..", "__pycache__"}}:
            if not (site / path).exists():
                (site / path).symlink_to(Path(str(one.locate_file(path))))
    return folder / "bin"


def _needed(wanting: Distribution) -> Iterator[Distribution]:
    """What is declared to be needed, by others of these, too."""
    pending, seen = [wanting], set[str]()
    while pending:
        for line in pending.pop().requires or ():
            requirement = Requirement(line)
            if requirement.name in seen or (requirement.marker and not requirement.marker.evaluate({"extra": ""})):
                continue
            seen.add(requirement.name)
            found = distribution(requirement.name)
            assert requirement.specifier.contains(found.version, prereleases=True), (line, found.version)
            pending.append(found)
            yield found
