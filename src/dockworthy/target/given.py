"""Files of this machine, told as a host would tell them that had them: read by the probe's own functions."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from dockworthy.applied import CA, CERTS_D, DAEMON_JSON
from dockworthy.errors import UsageError
from dockworthy.target._fragments import BUNDLE, DAEMON_FILES, PEM_FILES, Reading

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dockworthy.snapshot import Section

__all__ = ["told"]

_HOW: Final = {DAEMON_JSON: DAEMON_FILES, CERTS_D: PEM_FILES, CA: BUNDLE}


def told(name: str, files: Mapping[str, bytes]) -> list[Section]:
    """What the probe tells of files, by the paths that they would have on a host; what is secret stays in them.

    Args:
        name: what they are to be: one of [NAMES][dockworthy.applied.NAMES].
        files: their bytes.

    Raises:
        UsageError: where there is no shell on this machine, or no room for a copy.
    """
    reading = Reading()
    try:
        with TemporaryDirectory(prefix="dockworthy-") as folder:
            for number, (path, data) in enumerate(files.items()):
                place = Path(folder, str(number))
                place.write_bytes(data)
                reading.add(_HOW[name], path, place)
            return reading.sections()
    except OSError as error:
        raise UsageError(
            f"--apply {name}: cannot be read by a shell of this machine ({error.strerror}); see PATH and TMPDIR."
        ) from None
