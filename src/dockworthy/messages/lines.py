"""A pasted text → the sentences that may be in it: logs, terminals and Compose wrap what a program said.

Each form is undone by its own grammar: colours, journald's and syslog's fronts, logfmt and JSON lines of the engine and
of Harbor, logrus' form for a terminal, Compose's and BuildKit's progress, container logs, and lines that a terminal or
a mail program broke.
"""

from __future__ import annotations

import html
import json
import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from dockworthy.golang.text import unquote

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Sentence", "broken_lines", "plain", "sentences"]

LONGEST_LINE: Final = 8192  # characters; no message is longer, but an output that hangs on it may be
_MOST_LINES: Final = 1000  # the last ones of a text
_MOST_LAYERS: Final = 6
_MOST_BROKEN: Final = 60  # lines of a text in which a broken message is looked for
_MOST_PIECES: Final = 14
_LONGEST_BROKEN: Final = 4096  # characters of a message that was broken

_ESCAPES: Final = re.compile(
    r"(?:\x1b|#033)(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b\n]*(?:\x07|\x1b\\)?|[@-Z\\^_])|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
    r"|[\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
)
_MOMENT: Final = r"\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z| ?[+-]\d\d:?\d\d)?"
_SYSLOG: Final = re.compile(
    r"(?:<\d{1,3}>)?(?:[A-Z][a-z]{2} [ \d]?\d \d\d:\d\d:\d\d(?:\.\d+)?"
    rf"|(?:[A-Z][a-z]{{2}} )?{_MOMENT}(?: [A-Z]{{3,4}})?|\[ *\d+\.\d+\]) "
    r"(?P<host>[\w.:-]+) (?P<program>[\w./@-]+)(?P<pid>\[\d+\])?: (?P<rest>.*)"
)
_SYSLOG_5424: Final = re.compile(
    rf"(?:<\d{{1,3}}>1 )?{_MOMENT} \S+ (?P<program>\S+) (?P<pid>-|\d+) \S+ (?:-|\[.*?\]) (?P<rest>.*)"
)
# Besides a moment: PostgreSQL's time zone and process, GitLab's number of the stream with + for a continued line.
_STAMPED: Final = re.compile(rf"\[?{_MOMENT}\]?(?: [A-Z]{{3,4}})?(?: \[\d+\])?(?: [0-9a-f]{{2}}[OE])?[ +](?P<rest>.*)")
_CLOCK: Final = re.compile(r"\[?\d\d:\d\d:\d\d(?:[.,]\d+)?\]?\s+(?P<rest>.*)")  # Jenkins' timestamps
_BRANCH: Final = re.compile(r"\[[^\]]+\] (?P<rest>.*)")  # a branch of Jenkins' pipeline, a host of a tool for many
_EXPORTED: Final = re.compile(r"MESSAGE=(?P<rest>.*)")  # journalctl -o verbose, -o export
_IDENTIFIER: Final = re.compile(r"^[ \t]*SYSLOG_IDENTIFIER=(\S+)", re.MULTILINE)
_OUTPUT: Final = re.compile(r"std(?:err|out): (?P<rest>.*)")
_TASK: Final = re.compile(r"(?:fatal|failed): \[[^\]]*\].*? => (?P<rest>\{.*\})")
_LOGFMT: Final = re.compile(r"(?:[\w.]+=(?:\"(?:[^\"\\]|\\.)*\"|[^\s\"]*) )*?(?:level|msg)=.*")
_PAIR: Final = re.compile(r"([\w.-]+)=(\"(?:[^\"\\]|\\.)*\"?|[^\s\"]*)(?:\s+|$)")
_TERMINAL: Final = re.compile(
    r"(?P<level>PANI|FATA|ERRO|WARN|INFO|DEBU)\[[^\]]*\]\s(?P<msg>.*?)(?P<more>(?:\s{2,}\S+=.*)?)"
)
_CONTAINER: Final = re.compile(r"[A-Za-z0-9][\w.-]*\s*\|\s?(?P<rest>.*)")
_HARBOR: Final = re.compile(
    rf"{_MOMENT} \[(?P<level>DEBUG|INFO|WARNING|ERROR|FATAL)\](?: ?\[[^\]]*\])*:? ?(?P<rest>.*)"
)
_COMPOSE: Final = re.compile(
    r"\s*(?:(?P<mark>[✘✗✖✔⠿!x⠀-⣿]) +)?(?:(?:Container|Image|Service|Network|Volume) +)?\S+ +"
    r"(?:Error|Interrupted|Warning) +(?P<rest>\S.*?)(?:\s+\d+\.\d+s)?\s*"
)
_COMPOSE_1: Final = re.compile(r"(?:ERROR: )?for \S+  (?P<rest>.*)")
_PROGRESS: Final = re.compile(r"#\d+ (?:\d+\.\d+ )?(?P<rest>ERROR: .*)")
_QUOTES: Final = ("`", "'", '"')
_QUOTES_OF_OTHERS: Final = str.maketrans("\u201c\u201d\u201e\u2018\u2019\xa0", '"""\'\' ')
_ENTITY: Final = re.compile(r"&(?:quot|#34|#39|lt|gt|amp);")
_INLINE: Final = re.compile(r"[^`]*`(?P<rest>[^`]{16,})`[^`]*")  # within a sentence of somebody's
_BULLET: Final = re.compile(r"(?:>|\*|-|•)\s+(?P<rest>.*)")

# Whose lines a journal's are; any other program's are its own, whatever words it shares with Go's library.
_PROGRAMS: Final = frozenset(
    {
        "dockerd",
        "docker",
        "docker.dockerd",
        "dockerd-rootless.sh",
        "containerd",
        "buildkitd",
        "runc",
        "crun",
        "ctr",
        "nerdctl",
        "podman",
    }
    | {"docker-compose", "compose", "chartmuseum", "notary-server", "notary-signer", "log"}
)
_OF_HARBOR_ALONE: Final = frozenset({"core", "jobservice", "registryctl", "portal", "trivy-adapter"})
_OF_HARBOR: Final = _OF_HARBOR_ALONE | {"registry", "postgresql", "redis", "valkey", "proxy", "exporter"}
_LEVELS: Final = {"panic": 3, "pani": 3, "fatal": 3, "fata": 3, "error": 2, "erro": 2, "warning": 1, "warn": 1}
_ERROR, _WARNING, _INFO = 2, 1, 0
_FOREIGN: Final = "foreign"
# What a text tells as a whole: whose a line is that does not say so itself.
_WHOSE: Final = (
    ("prepare", re.compile(r'File "/usr/src/app/(?:main|utils|models|commands|migrations)')),
    ("start", re.compile(r"dockerd --help|Usage:\s+dockerd ")),
    ("docker-command", re.compile(r"(?:Run|See) 'docker(?: compose)? --help'|Usage:\s+docker \[OPTIONS\]")),
)


class Sentence(NamedTuple):
    """A text that may be a message: what is left of a line where nothing is wrapped around it."""

    text: str
    level: int  # how bad the program itself found it
    tags: frozenset[str]  # what the wrappings say of whose it is


def plain(text: str) -> str:
    """The text without colours, cursor movements and other control characters; a carriage return ends a line.

    What a browser or a chat made of quotes is undone.
    """
    text = _ESCAPES.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).translate(_QUOTES_OF_OTHERS)
    return html.unescape(text) if _ENTITY.search(text) else text


def sentences(text: str, tags: frozenset[str] = frozenset()) -> Iterator[Sentence]:
    """What each line holds, as it stands and without what is wrapped around it."""
    tags |= {tag for tag, told in _WHOSE if told.search(text)}
    programs = [_whose(name) for name in _IDENTIFIER.findall(text)]
    if programs and all(_FOREIGN in whose for whose in programs):
        tags |= {_FOREIGN}
    for line in text.split("\n")[-_MOST_LINES:]:
        if line.strip():
            yield from _unwrapped(Sentence(line.rstrip()[:LONGEST_LINE], _ERROR, tags))


def _unwrapped(one: Sentence, layers: int = _MOST_LAYERS) -> Iterator[Sentence]:
    text = one.text.strip()
    yield Sentence(text, one.level, one.tags)
    if not layers:
        return
    for inner in _inner(text, one):
        if inner.text and inner.text != text:
            yield from _unwrapped(inner, layers - 1)


def _inner(text: str, one: Sentence) -> Iterator[Sentence]:
    """What this line may be a wrapping of; a form that leaves no doubt is the only one."""
    fields = _fields(text)
    if fields is not None:
        yield from _of_log(fields, one)
        return
    if found := _SYSLOG.fullmatch(text) or _SYSLOG_5424.fullmatch(text):
        whose = _whose(found["program"])
        # What systemd says of a service comes after, and tells less than, what the service said.
        level = min(one.level, _WARNING) if "systemd" in whose else one.level
        yield Sentence(found["rest"], level, one.tags | whose)
        if found["pid"] or _FOREIGN not in whose:  # else the two words may belong to what was said
            return
    if found := _HARBOR.fullmatch(text):
        yield Sentence(found["rest"], _LEVELS.get(found["level"].lower(), _INFO), one.tags | {"harbor"})
        return
    yield from _perhaps(text, one)


def _perhaps(text: str, one: Sentence) -> Iterator[Sentence]:
    """What forms leave over that other texts may have, too."""
    if text.endswith((".", ",", ";")):
        yield one._replace(text=text[:-1])
    for form in (_STAMPED, _CLOCK, _TASK, _PROGRESS, _COMPOSE_1, _BULLET, _INLINE, _EXPORTED, _OUTPUT):
        if found := form.fullmatch(text):
            yield one._replace(text=found["rest"])
    if found := _COMPOSE.fullmatch(text):
        yield one._replace(text=found["rest"], tags=one.tags | ({"engine"} if found["mark"] else set()))
    if found := _BRANCH.fullmatch(text):  # whose name says nothing of who spoke: what is the engine's alone is known
        yield one._replace(text=found["rest"], tags=one.tags | {_FOREIGN})
    if found := _CONTAINER.fullmatch(text):
        name = re.sub(r"[-_]\d+$", "", text.partition("|")[0].strip())
        tags = {"harbor"} if name.startswith("harbor-") or name in _OF_HARBOR_ALONE else set()
        yield one._replace(text=found["rest"], tags=one.tags | tags)
    if len(text) > 1 and text[0] in _QUOTES and text[0] == text[-1]:
        yield one._replace(text=text[1:-1])


def _whose(program: str) -> set[str]:
    name = program.rpartition("/")[2]
    if name in _OF_HARBOR or name.startswith("harbor-"):
        return {"harbor"}
    return {"systemd"} if name == "systemd" else set() if name in _PROGRAMS else {_FOREIGN}


def _fields(text: str) -> dict[str, str] | None:
    """A line of a log with named fields, or a JSON object; None for any other."""
    if text.startswith("{") and text.endswith("}"):
        return _object(text)
    if found := _TERMINAL.fullmatch(text):
        return {"level": found["level"].lower(), "msg": found["msg"], **_pairs(found["more"].strip())}
    return _pairs(text) if _LOGFMT.fullmatch(text) else None


def _pairs(text: str) -> dict[str, str]:
    return {name: unquote(value) if value.startswith('"') else value for name, value in _PAIR.findall(text)}


def _object(text: str) -> dict[str, str] | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    flat = {name: value for name, value in found.items() if isinstance(value, str)}
    if isinstance(found.get("MESSAGE"), list):  # the journal gives bytes where there are colours
        flat["MESSAGE"] = _of_bytes(found["MESSAGE"])
    if "MESSAGE" in flat:  # journalctl -o json
        return {"journal": f"{flat.get('SYSLOG_IDENTIFIER', flat.get('_COMM', 'dockerd'))}: {plain(flat['MESSAGE'])}"}
    detail = found.get("errorDetail")
    if isinstance(detail, dict) and isinstance(detail.get("message"), str):
        flat["message"] = detail["message"]
    return {**flat, **_of_registry(found.get("errors"))}


def _of_bytes(numbers: list[Any]) -> str:
    try:
        return bytes(numbers).decode("utf-8", "replace")
    except (TypeError, ValueError):
        return ""


def _of_registry(errors: Any) -> dict[str, str]:
    """A registry's answer, as the engine words it: the code in small letters, then the message."""
    first = errors[0] if isinstance(errors, list) and errors else None
    if not isinstance(first, dict) or not all(isinstance(first.get(name), str) for name in ("code", "message")):
        return {}
    code = first["code"].lower().replace("_", " ")
    return {"refusal": f"{code}: {first['message']}"}


def _of_log(fields: dict[str, str], one: Sentence) -> Iterator[Sentence]:
    """What a log line says: the message with its error, the error, the message."""
    level = _LEVELS.get(fields.get("level", "error").lower(), _INFO)
    said = fields.get("msg", "")
    wrong = fields.get("error", fields.get("err", ""))
    if "journal" in fields:
        program, _, rest = fields["journal"].partition(": ")
        yield one._replace(text=rest, tags=one.tags | _whose(program))
    if "refusal" in fields:
        yield Sentence(fields["refusal"], level, one.tags | {"registry"})
    if "err.detail" in fields:  # distribution's, whose errors say what was wrong there alone
        yield Sentence(fields["err.detail"], level, one.tags | {"harbor"})
    if "message" in fields and "msg" not in fields:  # the engine's API
        yield Sentence(plain(fields["message"]), level, one.tags | {"engine"})
    for name in ("log", "stderr", "stdout"):  # a container's log; what Ansible ran
        for line in plain(fields.get(name, "")).split("\n"):
            yield Sentence(line.strip(), one.level, one.tags)
    texts = [f"{said}: {wrong}", said, wrong] if said and wrong else [said or wrong]
    for text in texts:
        for line in plain(text).split("\n") if text else ():
            yield Sentence(line.strip(), level, one.tags)
        if text and "\n" in text:
            yield Sentence(" ".join(plain(text).split()), level, one.tags)


def broken_lines(text: str) -> Iterator[str]:
    """Lines put together that may have been one: a terminal cuts at its width, a mail program between words."""
    lines = [line.rstrip() for line in text.split("\n")]
    if len(lines) > _MOST_BROKEN:
        return
    for first in range(len(lines)):
        for count in range(2, min(_MOST_PIECES, len(lines) - first) + 1):
            pieces = lines[first : first + count]
            if not pieces[-1].strip() or sum(map(len, pieces)) > _LONGEST_BROKEN:
                break
            yield from dict.fromkeys(_together(pieces))


def _together(pieces: list[str]) -> tuple[str, str, str, str]:
    """The ways in which they may have been one: cut anywhere, between words, at a width, at words and hyphens."""
    width = max(map(len, pieces[:-1]))
    cut, words = pieces[0], pieces[0]
    for before, piece in pairwise(pieces):
        cut += piece if len(before) == width else f" {piece}"
        words += piece.strip() if before.endswith("-") else f" {piece.strip()}"
    return "".join(pieces), " ".join(piece.strip() for piece in pieces), cut, words
