"""Archives as the engine hands out images, and what the probe tells of them."""

from __future__ import annotations

import hashlib
import io
import subprocess
import tarfile
from typing import TYPE_CHECKING

from dockworthy.probe import script

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

__all__ = ["archive", "digest", "layer", "printed", "rows"]

_MAIN = "\nmain "


def layer(files: dict[str, bytes | tuple[int, bytes]], others: Sequence[tarfile.TarInfo] = ()) -> bytes:
    """One layer: by path what is in the file, and its mode where that matters."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.PAX_FORMAT, errors="surrogateescape") as tar:
        for path, value in files.items():
            mode, data = value if isinstance(value, tuple) else (0o644, value)
            entry = tarfile.TarInfo(path)
            entry.mode, entry.size = mode, len(data)
            tar.addfile(entry, io.BytesIO(data))
        for entry in others:
            tar.addfile(entry)
    return made.getvalue()


def digest(data: bytes) -> str:
    """By what the engine calls it."""
    return hashlib.sha256(data).hexdigest()


def archive(*layers: bytes, packed: Callable[[bytes], bytes] = bytes, old: bool = False) -> bytes:
    """What ``docker image save`` prints of them; ``old``: as up to release 24."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        for number, data in enumerate([*map(packed, layers), b'{"architecture": "amd64"}']):
            name = f"{number:064x}/layer.tar" if old else f"blobs/sha256/{digest(data)}"
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
        if old:
            entry = tarfile.TarInfo(f"{99:064x}/layer.tar")
            entry.type, entry.linkname = tarfile.SYMTYPE, f"../{0:064x}/layer.tar"
            tar.addfile(entry)
        entry = tarfile.TarInfo("manifest.json")
        tar.addfile(entry)
    return made.getvalue()


def rows(
    data: bytes, folder: Path, shell: Sequence[str] = ("sh",), *, tools: Path | None = None, settings: str = ""
) -> list[str]:
    """The rows about the layers of an archive that a client prints."""
    lines = f'{settings}\nlayers_of x\nprintf "%s" "$LAYER_ROWS"\n'
    return printed(data, folder, lines, shell, tools=tools)


def printed(
    data: bytes, folder: Path, lines: str, shell: Sequence[str] = ("sh",), *, tools: Path | None = None
) -> list[str]:
    """What these lines of a shell print after the probe's own functions, with a client that prints that archive."""
    (folder / "saved.tar").write_bytes(data)
    client = folder / "docker"
    client.write_text(f"#!/bin/sh\nexec cat '{folder}/saved.tar'\n")
    client.chmod(0o755)
    begin = f"start\nDOCKER='{client}' DEADLINE=$((NOW + 60)) LAYER_USERS=app LAYER_ROWS=\nlayer_cutter\n"
    done = subprocess.run(
        [*shell, "-s"],
        input=(script(image_layers=True).rpartition(_MAIN)[0] + f"\n{begin}{lines}").encode(),
        capture_output=True,
        check=False,
        timeout=120,
        env={"PATH": f"{tools}:/usr/bin:/bin" if tools else "/usr/bin:/bin", "DOCKWORTHY_SAME_SHELL": "1"},
    )
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout.decode().splitlines()
