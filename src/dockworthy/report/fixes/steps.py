"""What a fix asks for, step by step, so that a script can do each once and only where it is not done yet.

``steps_of(fix, param) -> list[Step]``. A text is read as it is meant to be pasted: lines that begin with ``#`` are
for people, JSON belongs into the engine's configuration file, everything else is a command. What names a
placeholder, or what only a person can do, is a `Note`.
"""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import field
from typing import TYPE_CHECKING, Any

from dockworthy.dataclass import dataclass
from dockworthy.printable import printable
from dockworthy.report.fixes.lexer import Part, parts, pieces, uncommented

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["After", "Boot", "Command", "Content", "Line", "Note", "Settings", "Step", "steps_of"]

DAEMON_JSON = "/etc/docker/daemon.json"


@dataclass(frozen=True, slots=True)
class Note:
    """What a person must read or do."""

    text: str  # one line
    by_hand: bool = False  # whether nothing else of the fix can be carried out


@dataclass(frozen=True, slots=True)
class Settings:
    """Keys that belong into an engine's configuration file, merged into what is there."""

    values: Mapping[str, Any]
    file: str = DAEMON_JSON


@dataclass(frozen=True, slots=True)
class Line:
    """A line that belongs into a file, once."""

    file: str
    text: str


@dataclass(frozen=True, slots=True)
class Content:
    """What a file is to hold."""

    file: str
    text: str


@dataclass(frozen=True, slots=True)
class Boot:
    """A word that belongs on the kernel's command line."""

    word: str  # the word
    command: str  # what puts it there; to be run only where it is not there yet


@dataclass(frozen=True, slots=True)
class Command:
    """A command that may be repeated: done once, it changes nothing more."""

    text: str  # as it stands in the fix
    words: Sequence[str] = field(default=())  # split, where it is a simple command


@dataclass(frozen=True, slots=True)
class After:
    """A command that takes changes into use: done once, at the end, and only where something changed."""

    text: str


Step = Note | Settings | Line | Content | Boot | Command | After

_AFTER = (
    "systemctl daemon-reload",
    "systemctl restart",
    "systemctl reload",
    "systemctl try-restart",
    "service docker restart",
    "sysctl --system",
    "sysctl -p",
    "augenrules",
    "auditctl -e",
    "update-grub",
    "grub2-mkconfig",
    "reboot",
    "apparmor_parser -r",
)
# What may be carried out by a script and repeated: done once, it changes nothing more.
_REPEATABLE = re.compile(
    r"(?:chmod|chown|chgrp|setfacl -b|mkdir -p|modprobe|sed -i|sysctl -w|rm -f|ln -sf|touch|groupadd -f|usermod|gpasswd"
    r"|auditctl -w|apt-get update|apt-get (?:-y (?:install|remove)|(?:install|remove) -y)"
    r"|(?:dnf|yum) (?:install|upgrade|update|remove) -y|zypper (?:-n|--non-interactive) install"
    r"|systemctl (?:enable|disable|start|stop|mask|unmask)|docker update"
    r"|docker network (?:create|connect|disconnect)|docker swarm update"
    r"|docker (?:container|image|volume) prune --force|grep -q\S* [^|]* \|\| )(?:\s|$|(?<=\s))"
)
# A placeholder: <NAME>, an ellipsis, or a word of capitals as an argument of its own or as a path's last part.
_PLACEHOLDER = re.compile(r"<[A-Za-z][A-Za-z _-]*>|…|\.\.\.|(?:^|[\s=/:'\"@])[A-Z][A-Z_-]{2,}(?=$|[\s/:'\"@])")
_CAPITALS = frozenset({"ALL", "DROP", "ACCEPT", "INPUT", "FORWARD", "OUTPUT", "PREROUTING", "POSTROUTING", "EOF"})
_SETTING = re.compile(r'"([a-z][a-z0-9-]*)"\s*:\s*')
_MERGE_INTO = "merge into "
_CONFIG_FILE = re.compile(r"/[^\s,:;'\"]*daemon\.json")
_GRUB = re.compile(r"""s/\^GRUB_CMDLINE_LINUX(?:_DEFAULT)?="/&([^"/'\n]+) /""")
# grep asks whether the line is there, and only where it is not it is written.
_UNLESS_THERE = re.compile(r"grep -q\S*x\S* (?:[^|]*) \|\| ((?:echo|printf) [^|&;]*>>[^|&;]*)")
_WORD = re.compile(r"[a-z_][A-Za-z0-9_.+-]*|/[^\s]+|\[|[A-Za-z_]+=.*")
_LINES_FILE = re.compile(r"/(?:sysctl|modules-load|modprobe)\.d/[^/]+\.conf$")
# Settings that need files, units or data to be put in place with them: a restart with the setting alone may fail.
_NEEDS_MORE = frozenset({"tls", "tlsverify", "tlscacert", "tlscert", "tlskey", "data-root"})
_FILL_IN = "fill in and run: "
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def steps_of(fix: str, param: str | None = None) -> list[Step]:
    """The steps of a fix.

    Args:
        fix: its text, the instance's name put in and quoted.
        param: the instance. Where its name holds a line end or another control character, nothing of the fix is
            carried out: in a comment such a name would begin a command.
    """
    if _CONTROL.search(fix) or (param is not None and not param.isprintable()):
        return [Note(f"left to you, because of the name that it is about: {printable(fix, None)}", by_hand=True)]
    found: list[Step] = []
    file = DAEMON_JSON
    for part in parts(fix):
        file = _file_named(part) or file
        found += _of_part(part, file)
    if not any(isinstance(step, (Settings, Line, Content, Boot, Command, After)) for step in found) or any(
        isinstance(step, Note) and step.text.startswith(_FILL_IN) for step in found
    ):
        lines = [line.removeprefix("# ") for line in fix.splitlines() if line.strip()]
        return [Note(printable(line, None), by_hand=True) for line in lines]
    return [made for step in _joined(found) for made in _of_lines(step)]


def _file_named(part: Part) -> str:
    """The engine's configuration file that a comment names, or nothing."""
    if part.kind != "comment":
        return ""
    if part.text.startswith(_MERGE_INTO):
        return part.text.removeprefix(_MERGE_INTO).rstrip(":")
    named = _CONFIG_FILE.search(part.text)
    return named[0] if named else ""


def _of_lines(step: Step) -> list[Step]:
    """Files of settings that many fixes share are given their lines, and keep what others put there."""
    if isinstance(step, Content) and _LINES_FILE.search(step.file):
        return [Line(step.file, line) for line in step.text.splitlines() if line.strip()]
    return [step]


def _joined(steps: Sequence[Step]) -> list[Step]:
    """A line that is added to a file which the same fix has just written is part of what the file is to hold."""
    found: list[Step] = []
    for step in steps:
        last = next((item for item in found if isinstance(item, Content) and isinstance(step, Line)), None)
        if isinstance(step, Line) and last is not None and last.file == step.file:
            found[found.index(last)] = Content(last.file, f"{last.text}{step.text}\n")
        else:
            found.append(step)
    return found


def _of_part(part: Part, file: str) -> list[Step]:
    if part.kind == "comment":
        return [Note(printable(part.text, None))]
    if part.kind == "json":
        open_ended = _PLACEHOLDER.search(json.dumps(part.value)) or _NEEDS_MORE & set(part.value) or _opens(part.value)
        return [Note(f"{_FILL_IN}{printable(part.text, None)}")] if open_ended else [Settings(part.value, file)]
    settings = _prose_settings(part.text)
    if settings:
        return settings
    text = uncommented(part.text)
    first = text.split(maxsplit=1)[0]
    if not _WORD.fullmatch(first):
        return [Note(printable(part.text, None))]
    if _is_placeholder(text):
        return [Note(f"{_FILL_IN}{printable(part.text, None)}")]
    return [_of_command(piece) for piece in pieces(text)]


def _opens(values: Mapping[str, Any]) -> bool:
    """Whether the engine is to listen on more than sockets of this host, which needs certificates."""
    hosts = values.get("hosts", [])
    return not isinstance(hosts, list) or not all(str(host).startswith(("unix://", "fd://")) for host in hosts)


def _is_placeholder(text: str) -> bool:
    """Whether something must be filled in before the command can run; here-documents and sed scripts may shout."""
    if "<<" in text or text.startswith("sed "):
        return False
    for match in _PLACEHOLDER.finditer(text):
        word = match[0].strip(" \t=/:'\"@")
        if word not in _CAPITALS and not word.startswith("DOCKER") and f"${word}" not in text:
            return True
    return False


def _prose_settings(text: str) -> list[Step]:
    """``Set "icc": false in /etc/docker/daemon.json, then: systemctl restart docker``."""
    named = _CONFIG_FILE.search(text)
    if not text[:1].isupper() or "daemon.json" not in text:
        return []
    try:
        values = _settings(text)
    except ValueError:
        return []
    if not values:
        return []
    found: list[Step] = [Settings(values, named[0] if named else DAEMON_JSON)]
    then = text.rpartition("then:")[2].strip() if "then:" in text else ""
    if then.startswith(_AFTER):
        found.append(After(then.rstrip(".")))
    elif "restart" in text:
        found.append(After("systemctl restart docker"))
    return found


def _settings(text: str) -> dict[str, Any]:
    """Every ``"key": value`` of the text; the value must be JSON."""
    values: dict[str, Any] = {}
    position = 0
    while match := _SETTING.search(text, position):
        values[match[1]], position = json.JSONDecoder().raw_decode(text, match.end())
    return values


def _of_command(text: str) -> Step:
    if text.startswith(_AFTER):
        return After(text)
    try:
        words = tuple(shlex.split(text)) if "\n" not in text else ()
        redirected = _unless_there(text) or _redirected(text)
    except ValueError:
        return Note(f"not a whole command: {printable(text, None)}")
    if redirected is not None:
        return redirected
    if not _REPEATABLE.match(text) or not _is_whole(words):
        return Note(f"to run by hand: {printable(text, None)}")
    grub = _GRUB.search(text)
    if grub and words[:1] == ("sed",):
        return Boot(grub[1], text)
    return Command(text, words if _is_simple(text) else ())


# How many words the commands have at least, and sed at most, that the script knows by their words.
_LEAST = {"chmod": 3, "chown": 3, "chgrp": 3, "setfacl": 3, "gpasswd": 4, "systemctl": 3, "auditctl": 3, "docker": 3}
_SED = 4


def _is_whole(words: Sequence[str]) -> bool:
    """Whether a command has what its program needs; of sed only ``sed -i SCRIPT FILE``."""
    if not words:
        return True
    if words[0] == "sed":
        return len(words) == _SED and words[1] == "-i"
    if words[0] == "sysctl":
        return all("=" in word for word in words[2:])
    return len(words) >= _LEAST.get(words[0], 1)


def _unless_there(text: str) -> Step | None:
    asked = _UNLESS_THERE.fullmatch(text)
    return _redirected(asked[1]) if asked else None


def _is_simple(text: str) -> bool:
    """Whether the words alone are the command: no pipe, redirection, expansion or assignment."""
    bare = re.sub(r"'[^']*'|\\.", "", text)
    return not re.search(r"[|&;<>()$`*?\[\]{}~\n]|^[A-Za-z_]+=", bare)


def _redirected(text: str) -> Step | None:
    """``echo TEXT >> FILE`` and ``printf TEXT > FILE`` as what they are to bring about."""
    match = re.fullmatch(r"(?:echo|printf)\s(.*[^>\s])\s*(>>?)\s*(\S+|'[^']*')", text, re.DOTALL)
    if match is None or re.search(r"[$`|<>]", re.sub(r"'[^']*'", "", match[1])):
        return None
    said, target = shlex.split(match[1]), shlex.split(match[3])
    if len(target) != 1 or not target[0].startswith("/"):
        return None
    content = _printed(text.split(maxsplit=1)[0], said) if said else None
    if content is None:
        return None
    if match[2] == ">":
        return Content(target[0], content)
    lines = content.removesuffix("\n")
    return Line(target[0], lines) if "\n" not in lines else None


def _printed(tool: str, said: Sequence[str]) -> str | None:
    """What echo or printf prints, for the simple cases."""
    if tool == "echo":
        return None if said[0] in {"-n", "-e"} else " ".join(said) + "\n"
    if said[0] in {"%s\\n", "%s"}:
        return "".join(word + ("\n" if said[0].endswith("n") else "") for word in said[1:])
    if len(said) != 1 or "%" in said[0]:
        return None
    plain = said[0].replace("\\n", "\n").replace("\\t", "\t")
    return None if "\\" in plain else plain
