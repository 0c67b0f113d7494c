r"""What was seen: the probe's framed text, read back without interpretation.

The format (version 1) is a sequence of frames::

    dockworthy-snapshot 1 <tool version>\n
    @ <name> <status> <encoding> <length>\n
    <length bytes>\n
    …
    @end <number of frames>\n

``name`` has no white space: bytes outside ``[A-Za-z0-9._:/@+,=~%-]`` are percent-encoded. ``status`` is the
exit status of what made the section; for a file it is an errno (0 read, 2 absent, 13 not permitted,
21 a directory, 27 larger than the limit; 62 not sent because what is secret in it could not be told, 63
because there is no awk to take it out). 124: the time limit ended it; 127: the tool is missing.
``encoding`` is ``raw`` or ``base64`` (of what may hold bytes that a shell cannot carry, white space ignored);
``length`` counts the encoded bytes. A snapshot without its closing line, or with another number of frames,
is truncated: what is missing is unknown, never absent.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import zlib
from dataclasses import field
from datetime import datetime, timezone
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from dockworthy.dataclass import dataclass
from dockworthy.errors import SnapshotError
from dockworthy.evidence import Code, Evidence, Reason, known, unknown
from dockworthy.noted import names_between
from dockworthy.printable import printable
from dockworthy.regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["FORMAT", "Section", "Snapshot", "read_bytes", "read_snapshot", "with_name"]

FORMAT = 1
TARGET_NAME = "cmd:target-name"
"""The section with the name by which an inventory calls the host."""
MAX_BYTES = 256 * 1024 * 1024  # a host with 1,000 containers makes about 10 MB

_GZIP = b"\x1f\x8b"
ABSENT, DENIED, DIRECTORY, TOO_LARGE, TIMED_OUT, NO_TOOL = 2, 13, 21, 27, 124, 127
NOT_APPLICABLE, NO_PEM, INPUT_OUTPUT, NOT_CERTAIN, NO_READER, NO_SUCH_TEXT = 95, 61, 5, 62, 63, 64

# What each status says of a section that has no content; every other is a failure.
_STATUSES = {
    ABSENT: (Code.ABSENT, "does not exist"),
    DENIED: (Code.NOT_PERMITTED, "permission denied"),
    DIRECTORY: (Code.MALFORMED, "is a directory"),
    TOO_LARGE: (Code.TOO_LARGE, "larger than the probe reads"),
    TIMED_OUT: (Code.TIMEOUT, "did not answer within its time limit"),
    NO_TOOL: (Code.TOOL_MISSING, "the tool is not installed"),
    NOT_APPLICABLE: (Code.NO_RUNTIME, "a root file system is not a running host"),
    NO_PEM: (Code.HIDDEN, "it holds no PEM block and is not sent"),
    NOT_CERTAIN: (Code.HIDDEN, "it is not sent, because it could not be told what in it is secret"),
    NO_READER: (Code.HIDDEN, "it is not sent, because awk, which would take out what is secret, is not installed"),
    NO_SUCH_TEXT: (Code.MALFORMED, "it is no YAML"),
    INPUT_OUTPUT: (Code.UNREADABLE, f"ended with status {INPUT_OUTPUT}"),
}
UNREADABLE = frozenset(
    code.value
    for code in (
        *(Code.NOT_PERMITTED, Code.TOO_LARGE, Code.TIMEOUT, Code.UNREADABLE),
        *(Code.HIDDEN, Code.MALFORMED, Code.TOOL_MISSING),
    )
)
"""The codes of a file that is there and was not read: such a reason stays undecided on a root file system, too."""
DOES_NOT_EXIST, NOT_PERMITTED = (Reason(sentence, code) for code, sentence in (_STATUSES[ABSENT], _STATUSES[DENIED]))
NO_ANSWER = Reason("its file system does not answer", Code.TIMEOUT)
NOT_HELD = Reason("the snapshot does not hold it", Code.NOT_PROBED)
CUT_OFF = Reason("the snapshot is truncated", Code.TRUNCATED)
NOT_LOOKED_AT = Reason("the probe did not look at it", Code.NOT_PROBED)
_HEADER = regex(rb"dockworthy-snapshot (\d+) (\S+)\n")
_FRAME = regex(rb"@ (\S{1,8192}) (\d{1,3}) (raw|base64) (\d{1,10})\n")
_SECONDS = regex(r"[0-9]{1,11}", re.ASCII)  # up to the year 5138
_END = regex(rb"@end (\d+)\n?")


@dataclass(frozen=True, slots=True)
class Section:
    """One frame: what one question to the host gave.

    Attributes:
        name: ``kind:what``, for instance ``file:/etc/os-release`` or ``cmd:uname``.
        status: see the module's text.
        data: the bytes, decoded from the frame's encoding.
    """

    name: str
    status: int
    data: bytes

    @property
    def absent(self) -> bool:
        """Whether the probe looked and nothing is there (files only)."""
        return self.status == ABSENT and self.name.startswith(("file:", "list:", "stat:", "link:"))

    @property
    def failure(self) -> Reason | None:
        """Why there is no content, or None."""
        if self.status == 0:
            return None
        failed = (Code.FAILED, f"ended with status {self.status}")
        is_plain = self.status == ABSENT and not self.absent  # a command's own status
        code, sentence = failed if is_plain else _STATUSES.get(self.status, failed)
        if self.status == NO_SUCH_TEXT and (words := printable(self.text.strip())):
            sentence = f"{sentence}: {words}"
        return Reason(sentence, code)

    @property
    def text(self) -> str:
        """The content as UTF-8; what is not UTF-8 becomes a replacement character."""
        return self.data.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What one probe of one host saw.

    Attributes:
        tool_version: of the probe.
        sections: by name.
        truncated: whether the closing line is missing or counts other frames.
        sha256: of the file's bytes.
    """

    tool_version: str
    sections: Mapping[str, Section]
    truncated: bool
    sha256: str
    size: int = 0
    name: str = field(default="snapshot")

    def __getitem__(self, name: str) -> Section:
        return self.sections[name]

    def __contains__(self, name: object) -> bool:
        return name in self.sections

    def get(self, name: str) -> Section | None:
        """The section of that name, or None where the snapshot has none."""
        return self.sections.get(name)

    def starting(self, prefix: str) -> Iterator[Section]:
        """The sections whose names start so, in the probe's order."""
        return (self.sections[name] for name in self.names(prefix))

    def names(self, start: str, end: str = "") -> Iterator[str]:
        """The names of the sections with this start and this end, in the probe's order."""
        return names_between(self.sections, start, end)

    def data(self, name: str) -> Evidence[bytes]:
        """The content of a section, or why there is none."""
        section = self.sections.get(name)
        source = name.split(":", 1)[-1] if name.startswith("file:") else name
        if section is None:
            return unknown(CUT_OFF if self.truncated else NOT_HELD, source)
        failure = section.failure
        return unknown(failure, source) if failure else known(section.data, source)

    def text(self, name: str) -> Evidence[str]:
        """The content of a section as text, or why there is none."""
        return self.data(name).map(lambda data: data.decode("utf-8", "replace"))

    @property
    def broken_off(self) -> str | None:
        """A sentence where it is truncated, or None."""
        if not self.truncated:
            return None
        number = len(self.sections)
        return f"the snapshot breaks off after {number} section{'s'[: number != 1]}: what is missing is undecided."

    def is_absent(self, name: str) -> bool:
        """Whether the probe looked for that file and nothing is there; False where it is not known."""
        section = self.sections.get(name)
        return section is not None and section.absent

    @property
    def is_rootfs(self) -> bool:
        """Whether it was made of a folder with a root file system, and not of a running host."""
        return "cmd:target-kind" in self.sections and self.sections["cmd:target-kind"].data == b"rootfs\n"

    @property
    def is_harbor(self) -> bool:
        """Whether it was made of the answers of a Harbor's API, and not of a host."""
        return "cmd:target-kind" in self.sections and self.sections["cmd:target-kind"].data == b"harbor\n"

    @property
    def recorded(self) -> Evidence[datetime]:
        """When the probe ran, in UTC by the host's own clock."""
        text = self.text("cmd:date")
        seconds = text.get("").split(maxsplit=1)[:1]
        if text.is_known and not (seconds and _SECONDS.fullmatch(seconds[0])):
            return unknown("is no number of seconds", "cmd:date")
        return text.map(_timestamp)


def _timestamp(text: str) -> datetime:
    return datetime.fromtimestamp(int(text.split(maxsplit=1)[0]), tz=timezone.utc)


def _frames(data: bytes, position: int, sections: dict[str, Section]) -> bool:
    """Read frames into ``sections``; return whether the closing line was met and agrees.

    Two of one name, such as a certificate that the engine and a Harbor both name, are two frames; the later one counts.
    """
    count = 0
    while True:
        end = _END.match(data, position)
        if end:
            return int(end[1]) == count
        frame = _FRAME.match(data, position)
        if not frame:
            return False
        start, length = frame.end(), int(frame[4])
        body = data[start : start + length]
        if len(body) < length:
            return False
        if frame[3] == b"base64":
            try:
                body = base64.b64decode(b"".join(body.split()), validate=True)
            except binascii.Error:
                return False
        name = unquote_to_bytes(frame[1]).decode("utf-8", "surrogateescape")
        sections[name] = Section(name, int(frame[2]), body)
        count += 1
        position = start + length
        if data[position : position + 1] == b"\n":
            position += 1


def parse_snapshot(data: bytes, name: str) -> Snapshot:
    """Read a snapshot's bytes; raises SnapshotError if they are none of a format that is known here."""
    header = _HEADER.match(data)
    if not header:
        raise SnapshotError(
            f"{name} is not a dockworthy snapshot: its first line does not say so; make one with `dockworthy collect`."
        )
    if int(header[1]) > FORMAT:
        raise SnapshotError(
            f"{name} has snapshot format {int(header[1])}, and this version reads up to {FORMAT}: upgrade dockworthy."
        )
    sections: dict[str, Section] = {}
    complete = _frames(data, header.end(), sections)
    if not sections:
        raise SnapshotError(f"{name} holds nothing after its first line; make it anew with `dockworthy collect`.")
    return Snapshot(
        tool_version=header[2].decode("ascii", "replace"),
        sections=sections,
        truncated=not complete,
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        name=name,
    )


def read_bytes(path: Path) -> bytes:
    """A snapshot file's bytes, also of a pipe or a device that has no end, and of one that gzip made smaller.

    Raises SnapshotError if they are too many, OSError if they cannot be read.
    """
    with path.open("rb") as stream:
        data = stream.read(MAX_BYTES + 1)
    if data.startswith(_GZIP):
        data = _unpacked(data)
    if len(data) > MAX_BYTES:
        raise SnapshotError(f"{path} is larger than {MAX_BYTES >> 20} MiB and is not read as a snapshot.")
    return data


def _unpacked(data: bytes) -> bytes:
    """What was compressed; one byte more than may be where it is more, and as it is where it is no gzip after all."""
    reader = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        return reader.decompress(data, MAX_BYTES + 1)
    except zlib.error:
        return data


def with_name(data: bytes, name: str) -> bytes:
    """A whole snapshot, to be kept under a name that the host does not know: its inventory's."""
    position = data.rfind(b"@end ")
    end = _END.match(data, position)
    if end is None:  # what follows on its closing line is none of the probe's
        return data
    told = f"{name}\n".encode()
    frame = b"@ %s 0 raw %d\n%s\n@end %d\n" % (TARGET_NAME.encode(), len(told), told, int(end[1]) + 1)
    return data[:position] + frame


def read_snapshot(path: Path) -> Snapshot:
    """Read a snapshot file; raises SnapshotError if it cannot be read or is no snapshot."""
    try:
        data = read_bytes(path)
    except OSError as error:
        raise SnapshotError(f"{path} cannot be read: {error.strerror}.") from None
    return parse_snapshot(data, str(path))
