"""What systemd starts for the engine's service: the arguments, the environment and the sockets.

Source: systemd 257, ``src/core/load-fragment.c`` (``config_parse_exec``, ``config_parse_environ``,
``config_parse_unit_env_file``), ``src/core/service.c`` (``service_verify``), ``src/core/exec-invoke.c`` (the order
of the environment), ``src/shared/specifier.c``, ``src/core/unit-printf.c``.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import field, replace
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.facts.engine.unitfile import UNIT_FOLDERS, Directive, UnitFiles, demand, load_unit, parse_unit_text
from dockworthy.facts.engine.unitwords import Words, expand_argument, is_assignment, parse_environment_file
from dockworthy.facts.engine.users import group_exists
from dockworthy.hosttree.entry import Kind
from dockworthy.hosttree.faults import PathError, UndecidedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dockworthy.hosttree.entry import Entry
    from dockworthy.hosttree.tree import Tree

__all__ = ["ServiceStart", "check_program", "service_start", "socket_addresses"]

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin"
_SERVICE = "Service"
_SPECIFIERS: Mapping[str, str] = {
    "%": "%",
    "C": "/var/cache",
    "E": "/etc",
    "D": "/usr/share",
    "g": "root",
    "G": "0",
    "h": "/root",
    "L": "/var/log",
    "s": "/bin/sh",
    "S": "/var/lib",
    "t": "/run",
    "T": "/tmp",  # noqa: S108 - what the specifier stands for
    "u": "root",
    "U": "0",
    "V": "/var/tmp",  # noqa: S108 - the same
}
# specifiers that stand for something of the host
_HOST_SPECIFIERS = {
    "a": "the architecture",
    "A": "IMAGE_VERSION of /etc/os-release",
    "b": "the boot id",
    "B": "BUILD_ID of /etc/os-release",
    "H": "the host name",
    "l": "the host name",
    "m": "/etc/machine-id",
    "M": "IMAGE_ID of /etc/os-release",
    "o": "ID of /etc/os-release",
    "q": "the pretty host name",
    "v": "the kernel's release",
    "w": "VERSION_ID of /etc/os-release",
    "W": "VARIANT_ID of /etc/os-release",
}
_PREFIXES = {"-": "ignore", "@": "argv0", ":": "literal", "+": "privileged", "!": "unprivileged"}
_MANAGER_FILES = ("/etc", "/run", "/usr/local/lib", "/usr/lib")
BAD_SETTING = "Unit {name} has a bad unit file setting."


@dataclass(frozen=True, slots=True)
class ServiceStart:
    """What a start of a service comes to.

    Attributes:
        arguments: of the program, variables expanded, without its name; None where it is not started.
        program: its path.
        environment: what the service's files make of it, the manager's defaults included.
        refusal: why systemd does not even start the program.
        source: the file and line of ``ExecStart``.
        user: the user that it runs as.
        cwd: its working directory.
        privileged: whether the program runs outside the unit's sandbox and limits (``+``).
        limit_nofile: the limits of open files that the unit sets, soft and hard, as written; "" where none.
        wants: the units that are started along with it.
        before: the programs of ``ExecStartPre`` whose failure stops the start.
    """

    arguments: tuple[str, ...] | None = None
    program: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    refusal: str = ""
    source: str = ""
    user: str = "root"
    cwd: str = "/"
    privileged: bool = False
    limit_nofile: str = ""
    wants: frozenset[str] = frozenset()
    before: tuple[str, ...] = ()


class _Unresolved(Exception):  # noqa: N818 - caught here
    """A value that systemd cannot make sense of, which makes the unit a bad one."""


@dataclass(frozen=True, slots=True)
class _Command:
    path: str
    arguments: list[str]
    flags: frozenset[str]
    source: str


class _Specifiers:
    """``%n`` and its like."""

    def __init__(self, unit: UnitFiles, host: Mapping[str, str]) -> None:
        stem = unit.name.rpartition(".")[0]
        prefix, at, instance = stem.partition("@")
        self.values = {
            **_SPECIFIERS,
            "n": unit.name,
            "N": stem,
            "p": prefix,
            "P": _unescaped(prefix),
            "i": instance,
            "I": _unescaped(instance),
            "j": prefix.rpartition("-")[2],
            "J": _unescaped(prefix.rpartition("-")[2]),
            "f": "/" + _unescaped(instance if at else prefix).lstrip("/"),
            "y": unit.fragment,
            "Y": posixpath.dirname(unit.fragment),
            **host,
        }

    def expand(self, text: str) -> str:
        return re.sub(r"%(.)", self._one, text, flags=re.DOTALL)

    def _one(self, match: re.Match[str]) -> str:
        letter = match[1]
        if letter in self.values:
            return self.values[letter]
        if letter in _HOST_SPECIFIERS:
            raise UndecidedError(_HOST_SPECIFIERS[letter])
        if letter.isascii() and letter.isalnum():
            raise _Unresolved  # letters and digits are kept for specifiers to come
        return match[0]


def _unescaped(name: str) -> str:
    r"""``unit_name_unescape``: a dash stands for a slash, and ``\x2d`` for a character."""
    return re.sub(r"\\x([0-9a-f]{2})", lambda found: chr(int(found[1], 16)), name.replace("-", "/"))


def _commands(directive: Directive, specifiers: _Specifiers) -> Iterator[_Command]:
    """``config_parse_exec``: the commands of one assignment, which a lone semicolon separates."""
    words = Words(directive.value)
    more = True
    while more:
        try:
            first = words.next_kindly()
        except ValueError:
            return
        if first is None:
            return
        if first == ";":
            continue
        command, more = _command(first, words, directive, specifiers)
        if command is not None:
            yield command


def _command(first: str, words: Words, directive: Directive, specifiers: _Specifiers) -> tuple[_Command | None, bool]:
    flags, name = set(), first
    while name and name[0] in _PREFIXES:
        flags.add(_PREFIXES[name[0]])
        name = name[1:]
    try:
        path = specifiers.expand(name)
        arguments, more = _arguments(words, specifiers)
    except (ValueError, _Unresolved):
        arguments, more, path = [], False, ""
    unnamed = "argv0" in flags and not arguments
    if unnamed or not _is_program_name(path):
        if "ignore" in flags:
            return None, False
        raise _Unresolved
    if "argv0" in flags:
        arguments = arguments[1:]
    return _Command(posixpath.normpath(path), arguments, frozenset(flags), directive.source), more


def _is_program_name(path: str) -> bool:
    """Whether systemd takes the text for a program: an absolute path or a bare name, of harmless characters."""
    if not path or path.endswith("/") or re.search(r"[\x00-\x1f\x7f\"'\\]", path):
        return False
    return path.startswith("/") or "/" not in path


def _arguments(words: Words, specifiers: _Specifiers) -> tuple[list[str], bool]:
    arguments: list[str] = []
    while True:
        rest = words.text[words.position :]
        if re.match(r";(?=[ \t\n\r]|$)", rest):
            words.position += 1
            words.skip_space()
            return arguments, True
        if re.match(r"\\;(?=[ \t\n\r]|$)", rest):
            words.position += 2
            words.skip_space()
            arguments.append(";")
            continue
        word = words.next_kindly()
        if word is None:
            return arguments, False
        arguments.append(specifiers.expand(word))


def _assignments(value: str, specifiers: _Specifiers | None) -> dict[str, str]:
    """``config_parse_environ``: the assignments of one line up to the first that cannot be read."""
    found: dict[str, str] = {}
    words = Words(value)
    try:
        for word in words:
            text = _resolved(word, specifiers)
            if is_assignment(text):
                name, _, content = text.partition("=")
                found[name] = content
    except ValueError:
        pass
    return found


def _resolved(word: str, specifiers: _Specifiers | None) -> str:
    """A word with its specifiers expanded; "" where one is unknown, which drops the assignment."""
    if specifiers is None:
        return word.replace("%%", "%")
    try:
        return specifiers.expand(word)
    except _Unresolved:
        return ""


def _manager_settings(files: Tree) -> list[Directive]:
    """The assignments of ``system.conf`` and its drop-ins."""
    paths = next(
        (
            [f"{folder}/systemd/system.conf"]
            for folder in _MANAGER_FILES
            if not files.find(f"{folder}/systemd/system.conf")[1]
        ),
        [],
    )
    chosen: dict[str, str] = {}
    for folder in _MANAGER_FILES:
        demand(f"{folder}/systemd/system.conf.d", files)
        for name in files.children(f"{folder}/systemd/system.conf.d", unknown=True):
            if name.endswith(".conf"):
                chosen.setdefault(name, f"{folder}/systemd/system.conf.d/{name}")
    found: list[Directive] = []
    for path in (*paths, *(chosen[name] for name in sorted(chosen))):
        demand(path, files)
        entry, reason = files.find(path)
        if not reason and entry.data is not None:
            found += parse_unit_text(entry.data.decode("utf-8", "surrogateescape"), path)[0]
    return UnitFiles("system.conf", directives=tuple(found)).values("Manager", "DefaultEnvironment")


def _environment_files(unit: UnitFiles, specifiers: _Specifiers, files: Tree) -> dict[str, str]:
    """``exec_context_load_environment``: later files win."""
    found: dict[str, str] = {}
    for directive in unit.values(_SERVICE, "EnvironmentFile"):
        optional = directive.value.startswith("-")
        pattern = _resolved(directive.value.removeprefix("-"), specifiers)
        if not pattern.startswith("/"):
            continue
        paths = files.glob(pattern)
        if not paths and not optional:
            raise PathError("open", pattern, "no such file or directory")
        for path in paths:
            if not optional or not files.find(path)[1]:
                text = files.read_file(path).decode("utf-8", "surrogateescape")
                found.update(parse_environment_file(text))
    return found


def _environment(unit: UnitFiles, specifiers: _Specifiers, files: Tree) -> dict[str, str]:
    environment = {"LANG": "C.UTF-8", "PATH": DEFAULT_PATH, "USER": "root"}
    for directive in _manager_settings(files):
        environment.update(_assignments(directive.value, None))
    for directive in unit.values(_SERVICE, "Environment"):
        environment.update(_assignments(directive.value, specifiers))
    environment.update(_environment_files(unit, specifiers, files))
    for directive in unit.values(_SERVICE, "UnsetEnvironment"):
        for word in directive.value.split():
            name, equals, value = word.partition("=")
            if not equals or environment.get(name) == value:
                environment.pop(name, None)
    return environment


def _without_bad_commands(unit: UnitFiles, specifiers: _Specifiers) -> UnitFiles:
    """The unit as far as its commands can be read.

    A command that cannot be read makes the unit a bad one where it stands in the unit's own file, even where it
    is taken back later; in a drop-in it is the end of that drop-in.
    """
    kept: list[Directive] = []
    ended: set[str] = set()
    for item in unit.directives:
        if item.file in ended:
            continue
        if item.section == _SERVICE and item.key.startswith("Exec") and not _is_readable(item, specifiers):
            if item.file == unit.fragment:
                raise _Unresolved
            ended.add(item.file)
            continue
        kept.append(item)
    return replace(unit, directives=tuple(kept))


def _is_readable(directive: Directive, specifiers: _Specifiers) -> bool:
    try:
        list(_commands(directive, specifiers))
    except _Unresolved:
        return False
    return True


def _start_command(unit: UnitFiles, specifiers: _Specifiers) -> _Command:
    """The one command of ``ExecStart`` (``service_verify``)."""
    commands = [command for item in unit.values(_SERVICE, "ExecStart") for command in _commands(item, specifiers)]
    kind = unit.last(_SERVICE, "Type")
    oneshot = kind is not None and kind.value == "oneshot"
    if not commands or (len(commands) > 1 and not oneshot):
        raise _Unresolved
    return commands[0]


def _wanted(unit: UnitFiles, files: Tree) -> frozenset[str]:
    names = set()
    for key in ("Wants", "Requires", "BindsTo", "Upholds", "Requisite"):
        for directive in unit.values("Unit", key):
            names.update(directive.value.split())
    for folder in ("wants", "requires"):
        for root in ("/etc", "/run", "/usr/lib"):
            names.update(files.children(f"{root}/systemd/system/{unit.name}.{folder}"))
    return frozenset(names)


def _expand(command: _Command, environment: Mapping[str, str]) -> tuple[str, ...]:
    if "literal" in command.flags:
        return tuple(command.arguments)
    return tuple(word for item in command.arguments for word in expand_argument(item, environment))


def _text(unit: UnitFiles, key: str, default: str) -> str:
    directive = unit.last(_SERVICE, key)
    return directive.value if directive else default


def service_start(
    files: Tree,
    name: str = "docker.service",
    specifiers: Mapping[str, str] | None = None,
    folders: Sequence[str] = UNIT_FOLDERS,
) -> ServiceStart:
    """What systemd would start for a service now.

    Args:
        files: the host's files, the folders of units among them.
        name: the service.
        specifiers: what those specifiers stand for that are the host's own, by letter.
        folders: where units lie.

    Raises:
        UndecidedError: where a file or a name of the host decides that was not looked at.
    """
    unit = load_unit(name, files, folders)
    if unit.masked:
        return ServiceStart(refusal=f"Unit {name} is masked.")
    if not unit.fragment:
        return ServiceStart(refusal=f"Unit {name} not found.")
    if unit.broken:
        return ServiceStart(refusal=unit.broken)
    letters = _Specifiers(unit, specifiers or {})
    try:
        unit = _without_bad_commands(unit, letters)
        command = _start_command(unit, letters)
        before = _before(unit, letters)
    except _Unresolved:
        return ServiceStart(refusal=BAD_SETTING.format(name=name))
    unmet = _unmet_condition(unit, letters, files) or _unmet_requirement(unit, letters, files)
    if unmet:
        return ServiceStart(refusal=unmet)
    for key in ("RootDirectory", "RootImage"):
        if _text(unit, key, "").lstrip("-+") not in {"", "/"}:
            raise UndecidedError(f"the files in {key}={_text(unit, key, '')} of {name}")
    try:
        environment = _environment(unit, letters, files)
    except PathError as error:
        return ServiceStart(refusal=f"Failed to load environment files: {error.why} ({error})", source=command.source)
    program, arguments = _unwrap(command.path, _expand(command, environment), environment)
    return ServiceStart(
        arguments=arguments,
        program=program,
        environment=environment,
        source=command.source,
        user=_text(unit, "User", "root"),
        cwd=_text(unit, "WorkingDirectory", "/").removeprefix("-") or "/",
        privileged="privileged" in command.flags,
        limit_nofile=_text(unit, "LimitNOFILE", ""),
        wants=_wanted(unit, files),
        before=before,
    )


def socket_addresses(files: Tree, name: str = "docker.socket") -> tuple[str, ...]:
    """The addresses that a socket unit listens on: paths, and ``host:port``.

    Raises:
        UndecidedError: where a file of the unit was not read.
    """
    unit = load_unit(name, files)
    letters = _Specifiers(unit, {})
    return tuple(_address(_resolved(item.value, letters)) for item in unit.values("Socket", "ListenStream"))


def _address(text: str) -> str:
    """``socket_address_parse``: a number alone is a port of every address; ``patch_var_run`` before it."""
    if text.startswith("/var/run/"):
        text = text.removeprefix("/var")
    if text.startswith(("/", "@")):
        return posixpath.normpath(text)
    return f"[::]:{text}" if text.isdigit() else text


def check_program(start: ServiceStart, files: Tree) -> str:
    """Why the program cannot be executed, or "".

    Raises:
        UndecidedError: where it was not looked at.
    """
    for program in start.before:
        if posixpath.basename(program) == "false" or _cannot_execute(program, files):
            return f"Control process {program} failed."
    folder = start.cwd
    if folder not in {"/", "~"} and not folder.startswith("-"):
        entry, reason = files.find(folder)
        if reason or entry.kind not in {Kind.DIRECTORY, Kind.UNKNOWN}:
            return f"Failed at step CHDIR spawning {start.program}: {reason or 'not a directory'}"
    reason = _cannot_execute(start.program, files)
    return f"Failed at step EXEC spawning {start.program}: {reason}" if reason else ""


def _cannot_execute(program: str, files: Tree) -> str:
    if program.startswith("/"):
        return files.executable(program)
    found = any(not files.executable(f"{folder}/{program}") for folder in DEFAULT_PATH.split(":"))
    return "" if found else "No such file or directory"


def _before(unit: UnitFiles, specifiers: _Specifiers) -> tuple[str, ...]:
    commands = (command for item in unit.values(_SERVICE, "ExecStartPre") for command in _commands(item, specifiers))
    return tuple(command.path for command in commands if "ignore" not in command.flags)


def _found(path: str, files: Tree) -> Entry:
    """What is there, or an absent entry; raises UndecidedError where nobody looked."""
    entry, _ = files.find(path)
    if entry.kind == Kind.UNKNOWN:
        raise UndecidedError(path, entry.unknown or files.reason)
    return entry


def _path_exists(path: str, files: Tree) -> bool:
    return _found(path, files).kind != Kind.ABSENT


def _any_exists(pattern: str, files: Tree) -> bool:
    paths = files.glob(pattern)
    if not paths and not files.complete:
        raise UndecidedError(pattern)
    return any(_path_exists(path, files) for path in paths)


def _is_folder(path: str, files: Tree) -> bool:
    return _found(path, files).kind == Kind.DIRECTORY


def _is_full_file(path: str, files: Tree) -> bool:
    entry = _found(path, files)
    return entry.kind == Kind.FILE and entry.data != b""


def _is_program(path: str, files: Tree) -> bool:
    return not files.executable(path)


_CONDITIONS = {
    "PathExists": _path_exists,
    "PathExistsGlob": _any_exists,
    "PathIsDirectory": _is_folder,
    "FileNotEmpty": _is_full_file,
    "FileIsExecutable": _is_program,
}


def _unmet_condition(unit: UnitFiles, specifiers: _Specifiers, files: Tree) -> str:
    """Which condition about files keeps the unit from being started, or ""; other conditions are not judged."""
    for prefix in ("Condition", "Assert"):
        alternatives: list[bool] = []
        for name, check in _CONDITIONS.items():
            for directive in unit.values("Unit", prefix + name):
                text = directive.value
                either, text = text.startswith("|"), text.removeprefix("|")
                negated, text = text.startswith("!"), text.removeprefix("!")
                met = check(_resolved(text, specifiers), files) != negated
                if either:
                    alternatives.append(met)
                elif not met:
                    return f"{directive.source}: {prefix}{name}={directive.value} was not met"
        if alternatives and not any(alternatives):
            return f"{unit.name} was skipped because of its unmet {prefix.lower()}s."
    return ""


def _unmet_requirement(unit: UnitFiles, specifiers: _Specifiers, files: Tree) -> str:
    """Which required unit keeps this one from being started, or ""."""
    for key in ("Requires", "BindsTo", "Requisite"):
        for directive in unit.values("Unit", key):
            for name in _resolved(directive.value, specifiers).split():
                reason = _unstartable(name, files) if name.endswith((".service", ".socket")) else ""
                if reason:
                    return reason
    return ""


def _unstartable(name: str, files: Tree) -> str:
    try:
        required = load_unit(name, files)
        group = required.last("Socket", "SocketGroup")
        group_is_known = group is None or group_exists(group.value, files)
    except UndecidedError:
        return ""
    if required.masked:
        return f"Unit {name} is masked."
    if not required.fragment:
        return f"Unit {name} not found."
    listens = any(item.section == "Socket" and item.key.startswith("Listen") for item in required.directives)
    if required.broken or (name.endswith(".socket") and not listens):
        return BAD_SETTING.format(name=name)
    return "" if group_is_known else f"{name}: its SocketGroup does not exist."


def _unwrap(program: str, arguments: tuple[str, ...], environment: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """What ``sh -c`` and ``env`` run, where that is one plain command; else the program as it is."""
    name = posixpath.basename(program)
    if name == "env":
        rest = list(arguments)
        while rest and is_assignment(rest[0]):
            rest.pop(0)
        return (rest[0], tuple(rest[1:])) if rest and not rest[0].startswith("-") else (program, arguments)
    if name not in _SHELLS or len(arguments) != 2 or arguments[0] != "-c":  # noqa: PLR2004 - -c and a script
        return program, arguments
    words = _first_command(arguments[1], environment)
    return (words[0], tuple(words[1:])) if words else (program, arguments)


_SHELLS = frozenset({"sh", "bash", "dash", "ash", "ksh", "zsh"})


def _first_command(script: str, environment: Mapping[str, str]) -> list[str]:
    """The words of a script's first command; none where it is more than words and plain variables."""
    command = re.split(r";|&&|\|\|", script)[0]
    if re.search(r"[`*?<>|&(){}\[\]\\'\"~#]", command):
        return []
    text = re.sub(r"\$([A-Za-z_]\w*)", lambda match: environment.get(match[1], ""), command)
    words = text.split()
    return words[1:] if words[:1] == ["exec"] else words
