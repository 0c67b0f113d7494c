"""Files of a root file system that are told in another form: package databases, names."""

from __future__ import annotations

import fnmatch
import os
from typing import TYPE_CHECKING

from dockworthy.target._rootfs_names import PACKAGES

if TYPE_CHECKING:
    from dockworthy.target._root import Seen


def text_of(data: bytes) -> str:
    """Bytes as text that gives the same bytes back."""
    return data.decode("utf-8", "surrogateescape")


def acl(seen: Seen) -> str:
    """Whether there are entries beyond the mode's: ``+``, ``-`` or ``?``."""
    try:
        names = os.listxattr(seen.place, follow_symlinks=False) if seen.place is not None else []
    except OSError:
        return "?"
    return "+" if any(name.startswith("system.posix_acl") for name in names) else "-"


def dpkg(data: bytes) -> str:
    """The status file of dpkg, as ``dpkg-query -W`` prints the packages of interest."""
    lines = []
    for paragraph in text_of(data).split("\n\n"):
        fields: dict[str, str] = {}
        for line in paragraph.splitlines():
            name, colon, value = line.partition(": ")
            if colon and not line.startswith(" "):
                fields[name] = value.strip()
        package = fields.get("Package", "")
        if any(fnmatch.fnmatchcase(package, pattern) for pattern in PACKAGES):
            rest = "\t".join(fields.get(name, "") for name in ("Version", "Status", "Architecture"))
            lines.append(f"{package}\t{rest}\n")
    return "".join(sorted(lines))


def apk(data: bytes) -> str:
    """The database of apk, as ``apk list --installed`` prints it."""
    lines = []
    for paragraph in text_of(data).split("\n\n"):
        fields = {line[0]: line[2:] for line in paragraph.splitlines() if line[1:2] == ":"}
        if "P" in fields and "V" in fields:
            lines.append(
                f"{fields['P']}-{fields['V']} {fields.get('A', '')} {{{fields.get('o', '')}}} () [installed]\n"
            )
    return "".join(sorted(lines))
