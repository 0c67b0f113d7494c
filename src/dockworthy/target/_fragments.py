"""Files that are read here by the probe's own functions, so that what is told of them is told by one rule."""

from __future__ import annotations

import os
import subprocess
from dataclasses import field
from pathlib import Path
from shlex import quote
from tempfile import TemporaryDirectory

from dockworthy.dataclass import dataclass
from dockworthy.probe import script
from dockworthy.snapshot import FORMAT, Section, parse_snapshot

__all__ = ["BUNDLE", "DAEMON_FILES", "PEM_FILES", "Reading"]

# How the probe reads files of a kind.
DAEMON_FILES = 'FILTER=filter_json; files "$@"; FILTER='
PEM_FILES = "pem_files"
BUNDLE = 'grab certificates_only "$@"; emit64 cmd:system-roots-pem "$STATUS"'

_LIMIT = 120
_ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent"}


@dataclass(slots=True)
class Reading:
    """Which of the probe's functions reads which files; one shell reads them all.

    The files are linked from a folder of our own under the paths that they have on the host, since what a file is
    told as depends on its name.
    """

    _files: dict[str, Path] = field(default_factory=dict)
    _calls: list[tuple[str, list[str]]] = field(default_factory=list)

    def add(self, how: str, path: str, place: Path) -> None:
        """Have a file read.

        Args:
            how: the shell's words; ``"$@"`` in them stands for the files, else they follow.
            path: where it lies on the host.
            place: where it lies here.
        """
        if path in self._files:
            return
        self._files[path] = place
        if self._calls and self._calls[-1][0] == how:
            self._calls[-1][1].append(path)
        else:
            self._calls.append((how, [path]))

    def sections(self) -> list[Section]:
        """What the probe's functions print of the files, in order.

        Raises:
            OSError: where there is no shell here, or no room for a folder of links.
        """
        if not self._calls:
            return []
        with TemporaryDirectory(prefix="dockworthy-") as folder:
            for path, place in self._files.items():
                link = Path(folder, path.lstrip("/"))
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to(place.absolute())
            done = subprocess.run(
                ["sh", "-s"],
                input=os.fsencode(self._script(folder)),
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                check=False,
                timeout=_LIMIT,
                env=_ENVIRONMENT,
            )
        printed = f"dockworthy-snapshot {FORMAT} fragments\n".encode() + done.stdout
        own = os.fsencode(folder)
        return [
            Section(section.name.replace(folder, "", 1), section.status, section.data.replace(own, b""))
            for section in parse_snapshot(printed, "fragments").sections.values()
        ]

    def _script(self, folder: str) -> str:
        text = script().rpartition("\nmain ")[0]
        lines = ["start"]
        for how, paths in self._calls:
            lines.append("set -- " + " ".join(quote(folder + path) for path in paths))
            lines.append(how if '"$@"' in how else f'{how} "$@"')
        return "\n".join((text, *lines, ""))
