"""What the image is built of: a Dockerfile that needs no other image, and files that nobody has seen before.

Every layer holds random bytes, so that no registry knows it already and each is uploaded for real.
"""

from __future__ import annotations

import io
import os
import tarfile
from typing import TYPE_CHECKING, Final

from dockworthy.roundtrip.program import ARCHITECTURES, program

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["LABEL", "MARK", "SMALL_LAYERS", "archive", "build_context", "line_of"]

LABEL: Final = "dockworthy.roundtrip"
"""The label of everything that a round trip makes on an engine; its value is the run's id."""
MARK: Final = "committed"
"""The file that is put into the container before it is committed."""

SMALL_LAYERS: Final = 3
_SMALL: Final = 4096
_PROGRAM: Final = "say"


def line_of(run: str) -> str:
    """What the image's program prints."""
    return f"dockworthy round trip {run}"


def build_context(run: str, architecture: str, size: int) -> bytes:
    """The archive that ``docker build`` gets: a program, a few small layers and one of ``size`` bytes.

    For an architecture that there is no program for, the image has none, and cannot be run.
    """
    files = {f"layer-{number}": os.urandom(_SMALL) for number in range(1, SMALL_LAYERS + 1)}
    files["layer-large"] = os.urandom(size)
    if architecture in ARCHITECTURES:
        files = {_PROGRAM: program(architecture, line_of(run)), **files}
    # The label comes first: what a build that is cut off leaves behind has it, too.
    steps = ["FROM scratch", f'LABEL {LABEL}="{run}"', *(f"COPY {name} /{name}" for name in files)]
    steps.append(f'CMD ["/{_PROGRAM}"]')
    dockerfile = "\n".join(steps) + "\n"
    return archive({"Dockerfile": dockerfile.encode(), **files})


def archive(files: Mapping[str, bytes]) -> bytes:
    """A tar file of these; whoever it belongs to may run them."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as packed:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), 0o755
            packed.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()
