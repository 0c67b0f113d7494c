"""What a user types or keeps (targets, options, inventories, profiles), and what of it may be shown.

One rule for messages, records and process lists: what certainly is harmless is shown as it was written, everything
else as ``REDACTED``. Nothing here knows how a secret looks; each function knows what harmless text of its kind looks
like, and where it is not sure it shows nothing. For prose, in which an address may stand anywhere, there is
`dockworthy.masking`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dockworthy.errors import UsageError
from dockworthy.masking import HIDDEN as REDACTED
from dockworthy.masking import SETTINGS as HARMLESS
from dockworthy.masking import masked
from dockworthy.regex import regex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

__all__ = [
    "REDACTED",
    "SETTINGS",
    "check_docker_host",
    "refuse_addresses",
    "shown_argv",
    "shown_destination",
    "shown_limit",
    "shown_path",
    "shown_problem",
    "shown_registry",
    "shown_target",
    "shown_word",
    "words",
]

_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?"
_ADDRESS = rf"(?:{_NAME}|\[[0-9A-Fa-f:.]{{2,45}}(?:%[A-Za-z0-9._-]{{1,15}})?\])"
_USER = r"[A-Za-z_][A-Za-z0-9._-]{0,63}\$?"
_PLACE = regex(rf"(?:(?P<user>{_USER})@)?(?P<host>{_ADDRESS})(?P<port>:[0-9]{{1,5}})?(?P<slash>/?)", re.ASCII)
_PATTERN = regex(r"[A-Za-z0-9._*,!&-]+", re.ASCII)  # what Ansible and Salt take for several hosts
_LIMIT = regex(r"[A-Za-z0-9._*?,!&:~\[\]^$|()+@/ -]{1,400}", re.ASCII)  # the same, with groups and expressions
_FOLDER = regex(r"/?[A-Za-z0-9._/+=~,-]*", re.ASCII)
# A word, a number of a few digits, a version, or several of them: what ids, levels, references and mistyped names are.
_PART = r"(?:[a-z]{1,20}[0-9]{0,4}|[A-Z][a-z]{0,19}|[A-Z]{2,10}|[0-9]{1,6})"
_WORD = regex(rf"[-_.]{{0,2}}{_PART}(?:[-_.:/ ]{_PART})*", re.ASCII)
_INSIDE_PATH = regex(r"://|:[^/]*@|%40|%3a", re.IGNORECASE)
_MOMENT = regex(r"snapshot|[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9:.]{5,18}(?:Z|[+-][0-9:]{4,6})?)?", re.ASCII)
_QUOTED = regex(r"'[^']{2,}'|\"[^\"]{2,}\"|!\S+|<\S+>")


def words(text: str) -> frozenset[str]:
    """The words of a text, for tables of names."""
    return frozenset(text.split())


_DESTINATIONS = words("env exec http https slack+http slack+https smtp smtps teams+http teams+https")
_VARIABLE = regex(r"[A-Z][A-Z0-9_]{0,63}", re.ASCII)
_HIDDEN_SETTINGS = frozenset({"ssh_extra_args"})
SETTINGS = _HIDDEN_SETTINGS.union(HARMLESS)
"""What may stand after the ``?`` of a target."""


# --- single texts ----------------------------------------------------------------------------------------------


def shown_word(text: str) -> str:
    """An id, a level, a key or another name: as it is where it is made of plain words and small numbers."""
    return text if len(text) <= 80 and _WORD.fullmatch(text) else REDACTED  # noqa: PLR2004 - no id is longer


def shown_path(text: str) -> str:
    """A path as it is; what is an address with a user in it is none."""
    if not _INSIDE_PATH.search(text):
        return text
    shown = masked(text)
    return shown if shown != text else REDACTED


def shown_problem(text: str) -> str:
    """What a parser complains of, without what it quotes of the file."""
    return _QUOTED.sub("…", text)


def refuse_addresses(values: Mapping[str, object]) -> None:
    """Refuse options, by their names, that name a file and hold an address with a user; `UsageError` with its place."""
    for name, value in values.items():
        option = name.replace("_", "-")
        if option not in _PATHS | {"file", "old", "new"}:
            continue
        for text in value if isinstance(value, (list, tuple)) else [value]:
            if isinstance(text, str) and _INSIDE_PATH.search(text):
                raise UsageError(f"--{option} {shown_path(text)}: is an address and no path; name a file.")


# --- targets ---------------------------------------------------------------------------------------------------


def shown_target(spec: str) -> str:
    """A target as results and messages may show it: scheme, user, host, port and the settings that are known."""
    for prefix in ("snapshot:", "rootfs:"):
        if spec.startswith(prefix):
            return prefix + shown_path(spec[len(prefix) :])
    scheme, separator, rest = spec.partition("://")
    if not separator or not _WORD.fullmatch(scheme):
        return shown_word(spec) if not separator and "@" not in spec else REDACTED
    place, question, query = rest.partition("?")
    shown = _shown_place(scheme, place)
    if shown is None:
        # A password may hold whatever an address is cut at: only what stands behind its last @ can be the host.
        before, at, place = rest.rpartition("@")
        user = before.partition(":")[0]
        shown = _shown_place(scheme, place.partition("?")[0]) if at and "?" not in place else None
        known = re.fullmatch(_USER, user, re.ASCII) and ":" in before
        hidden = f"{user}:{REDACTED}" if known else REDACTED
        return f"{scheme}://{hidden}@{shown}" if shown is not None else f"{scheme}://{REDACTED}"
    return f"{scheme}://{shown}{question}{'&'.join(_shown_setting(item) for item in query.split('&')) if query else ''}"


def _shown_place(scheme: str, place: str) -> str | None:
    """What stands between the scheme and the settings, where it certainly holds no secret."""
    if scheme == "chroot" and _FOLDER.fullmatch(place):
        return place
    if scheme in {"ansible", "salt"} and _PATTERN.fullmatch(place):
        return place
    return place if not place or _PLACE.fullmatch(place) else None


def _shown_setting(item: str) -> str:
    name, equals, value = item.partition("=")
    if name not in SETTINGS:
        return REDACTED
    if name in _HIDDEN_SETTINGS or _INSIDE_PATH.search(value) or re.search(r"[#;=]", value):
        value = REDACTED
    return f"{name}{equals}{value}"


def _shown_engine(text: str) -> str:
    return text if _is_engine(text) else REDACTED


def _is_engine(text: str) -> bool:
    scheme, separator, rest = text.partition("://")
    if not separator:
        return False
    if scheme == "unix":
        return rest.startswith("/") and rest.isprintable() and not re.search(f"{_INSIDE_PATH.pattern}|[?#;=&]", rest)
    if scheme not in {"tcp", "ssh"}:
        return False
    place, slash, path = rest.partition("/")
    match = _PLACE.fullmatch(place)
    known = match is not None and (scheme == "ssh" or match["user"] is None)
    return known and bool(_FOLDER.fullmatch(slash + path))


def check_docker_host(text: str, where: str = "--docker-host") -> str:
    """The engine's address: a socket, or a host without a user and password; `UsageError` for anything else."""
    if not _is_engine(text):
        if "@" in text or "%40" in text:
            raise UsageError(
                f"{where} {_address_of(text)}: a user and password cannot be used here; write tcp://HOST:PORT "
                "or ssh://USER@HOST."
            )
        raise UsageError(
            f"{where} {_address_of(text)}: is no address of an engine; write unix:///PATH, tcp://HOST:PORT or "
            "ssh://USER@HOST."
        )
    return text


def shown_registry(text: str) -> str:
    """A registry as messages may show it."""
    return text if re.fullmatch(rf"{_ADDRESS}(:[0-9]{{1,5}})?", text, re.ASCII) else _address_of(text)


def shown_destination(text: str) -> str:
    """Where messages go, as messages may show it: scheme and host, because the rest of a chat's webhook is its key."""
    scheme, _, rest = text.partition(":")
    if scheme not in _DESTINATIONS:
        return REDACTED
    if scheme == "env":
        return f"env:{rest if _VARIABLE.fullmatch(rest) else REDACTED}"
    if scheme == "exec":
        name = rest.strip().partition(" ")[0].rpartition("/")[2]
        return f"exec:{shown_word(name)}"
    authority, path = re.fullmatch(r"(?s)(?://)?([^/?#\\]*)(.*)", rest).groups()  # type: ignore[union-attr] # it always fits
    place = authority.rpartition("@")[2]
    is_certain = "@" not in path.partition("?")[0] and re.fullmatch(rf"{_ADDRESS}(:[0-9]{{1,5}})?", place, re.ASCII)
    return f"{scheme}://{place if is_certain else REDACTED}"


def _address_of(text: str) -> str:
    """An address that is not accepted: its place where that is certain."""
    scheme, separator, rest = text.rpartition("://")
    if separator and not _WORD.fullmatch(scheme):
        return REDACTED
    place = re.split(r"[/?#]", rest[rest.rfind("@") + 1 :], maxsplit=1)[0]
    shown = REDACTED if "%" in rest or not _PLACE.fullmatch(place) else shown_word(place)
    return f"{scheme}{separator}{f'{REDACTED}@' if '@' in rest and shown != REDACTED else ''}{shown}"


def shown_limit(text: str) -> str:
    """A pattern of hosts and groups as messages may show it."""
    return text if _LIMIT.fullmatch(text) and not _INSIDE_PATH.search(text) else REDACTED


# --- a command line --------------------------------------------------------------------------------------------


def _shown_report(text: str) -> str:
    name, equals, path = text.partition("=")
    return f"{shown_word(name)}{equals}{shown_path(path)}"


def _shown_moment(text: str) -> str:
    return text if _MOMENT.fullmatch(text) else shown_word(text)


# What each option's value may look like; the value of an option that is not named here is never shown.
_WORDS = words(
    "check engine fail-on forks harbor host-timeout jobs min-decided refs severity skip-check topic until "
    "password-env size timeout "
    "color dist durations import-mode maxfail numprocesses tb"  # pytest's own
)
_PATHS = words(
    "baseline ca-file checks inventory json output output-dir password-file profile results sign "
    "spool ssh-config ssh-identity-file waivers "
    "confcutdir html junit-xml junitxml rootdir"  # pytest's own
)


def _shown_store(text: str) -> str:
    return masked(text) if "://" in text else shown_path(text)


_OPTIONS: dict[str, Callable[[str], str]] = {
    **dict.fromkeys(_WORDS, shown_word),
    **dict.fromkeys(_PATHS, shown_path),
    **dict.fromkeys(("apply", "format", "report"), _shown_report),
    "at": _shown_moment,
    "docker-host": _shown_engine,
    "limit": shown_limit,
    "engine-host": lambda text: _shown_engine(text) if text.startswith(("unix://", "tcp://")) else shown_target(text),
    "listen": shown_registry,
    "notify": shown_destination,
    "registry": shown_registry,
    "store": _shown_store,
    "target": shown_target,
}
_SHORT: dict[str, Callable[[str], str]] = dict.fromkeys("kmnp", shown_word)
_FLAGS = words(
    "ask-sudo-password clean collect-only exitfirst failed-first help last-failed no-header no-summary quiet "
    "self-contained-html sudo verbose version"
)


def shown_argv(argv: Sequence[str]) -> list[str]:
    """A command line as it may be kept: of each option and argument what is certainly harmless."""
    return list(_shown_words(argv))


def _shown_words(argv: Sequence[str]) -> Iterator[str]:
    waiting: Callable[[str], str] | None = None
    short = {**_SHORT, "o": shown_path} if argv[1:2] == ["collect"] else _SHORT
    for number, word in enumerate(argv):
        if number == 0:
            yield shown_path(word)
        elif waiting is not None and (word == "--" or not word.startswith("-") or waiting is not _hidden):
            yield word if word == "--" else waiting(word)
            waiting = None
        elif word.startswith("--") and word != "--":
            shown, waiting = _shown_option(word)
            yield shown
        elif word.startswith("-") and word not in {"-", "--"}:
            shown, waiting = _shown_short(word, short)
            yield shown
        else:
            yield word if word in {"-", "--"} else _shown_argument(word)


def _hidden(text: str) -> str:
    del text
    return REDACTED


def _shown_option(word: str) -> tuple[str, Callable[[str], str] | None]:
    option, equals, value = word.partition("=")
    name = option[2:].removeprefix("dw-")
    if name in _FLAGS:
        return (f"{option}={REDACTED}" if equals else option), None
    rule = _OPTIONS.get(name, _hidden)
    shown = f"--{shown_word(option[2:])}"
    return (f"{shown}={rule(value)}", None) if equals else (shown, rule)


def _shown_short(word: str, known: dict[str, Callable[[str], str]]) -> tuple[str, Callable[[str], str] | None]:
    letter, value = word[1], word[2:]
    if letter in known:
        rule = known[letter]
        return (f"-{letter}{rule(value)}", None) if value else (word, rule)
    if re.fullmatch(r"-[hqsvVxl]{1,6}|-r[a-zA-Z]{1,6}", word, re.ASCII):
        return word, None
    return (f"-{letter}{REDACTED}" if value else word), _hidden


def _shown_argument(word: str) -> str:
    """A target, a command, a check's id, an image or a file."""
    if "://" in word or word.startswith(("snapshot:", "rootfs:")):
        return shown_target(word)
    if "/" in word or "@" in word or word.endswith((".json", ".jsonl", ".py", ".yaml", ".yml")):
        return word if "@" not in word and _PLAIN_PATH.fullmatch(word) else shown_word(word)
    return shown_word(word)


_PLAIN_PATH = regex(r"[A-Za-z0-9._/+,~:=\[\] -]+", re.ASCII)
