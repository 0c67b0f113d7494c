"""What an image's build steps did with package managers and downloads."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from dockworthy.data import table
from dockworthy.facts.api.shell import Command, commands

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dockworthy.facts.api.history import Step

__all__ = ["insecure_installs", "lone_refreshes", "step_commands"]

# By family, its column: the programs, the subcommands of two sorts, and the options that ask for no verification.
_FAMILIES = {
    row["family"]: {column: frozenset(words.split()) for column, words in row.items()}
    for row in table("dockworthy.facts.api", "managers.csv")
}
_VALUE_OPTIONS = frozenset(
    {"-o", "--option", "-c", "--config-file", "-t", "--target-release", "-q=", "--repository", "-X", "--root", "-p"}
)
_DOWNLOADS = frozenset({"curl", "wget", "fetch"})
_INTERPRETERS = frozenset(
    {"sh", "bash", "dash", "ash", "zsh", "ksh", "python", "python3", "python2", "perl", "ruby", "node", "php"}
)
_APT_OPTIONS = (
    "apt::get::allowunauthenticated",
    "acquire::allowinsecurerepositories",
    "acquire::allowweakrepositories",
    "acquire::https::verify-peer",
)
_OFF = frozenset({"false", "0", "no", "off"})
_RPM_OPTIONS = frozenset({"--nosignature", "--nodigest", "--nogpg", "--nogpgcheck"})


def step_commands(step: Step) -> list[Command]:
    """The commands of a RUN step, whether a script or an exec form."""
    return commands(step.arguments) if step.instruction == "RUN" else []


def _subcommand(words: Iterable[str]) -> str:
    """The first word that is no option, nor an option's value."""
    skip = False
    for word in words:
        if skip:
            skip = False
        elif word.startswith("-"):
            skip = word in _VALUE_OPTIONS
        else:
            return word
    return ""


def _family(command: Command) -> str:
    return next((name for name, columns in _FAMILIES.items() if command.program in columns["programs"]), "")


def _pacman(command: Command) -> tuple[bool, bool]:
    """Whether a pacman command only refreshes, and whether it installs: ``-Sy`` does the one, ``-Syu`` both."""
    flags = next((word for word in command.words if word.startswith("-S")), "")
    installs = "u" in flags or any(not word.startswith("-") for word in command.words)
    return bool(flags) and "y" in flags and not installs, bool(flags) and installs


def lone_refreshes(step: Step) -> list[str]:
    """The index refreshes of a step that installs nothing of the same kind; empty where there are none."""
    refreshed: dict[str, str] = {}
    installed: set[str] = set()
    for command in step_commands(step):
        if command.program == "pacman":
            only, both = _pacman(command)
            if only:
                refreshed["pacman"] = " ".join(("pacman", *command.words))[:200]
            if both:
                installed.add("pacman")
            continue
        family = _family(command)
        if not family:
            continue
        subcommand = _subcommand(command.words)
        if subcommand in _FAMILIES[family]["refreshes"]:
            refreshed[family] = " ".join((command.program, *command.words))[:200]
        elif subcommand in _FAMILIES[family]["installs"]:
            installed.add(family)
    return [text for family, text in refreshed.items() if family not in installed]


def insecure_installs(step: Step) -> list[str]:
    """What a step does that takes software from unproven sources, each as a short text."""
    return [reason for command in step_commands(step) if (reason := _insecure(command))]


def _insecure(command: Command) -> str:
    words = command.words
    family = _family(command)
    flags = _FAMILIES[family]["unverified"] if family else ()
    flag = next((word for word in words if word.partition("=")[0] in flags and word.partition("=")[2] not in _OFF), "")
    if flag:
        return f"{command.program} {flag}"
    if family == "apt" and _apt_option(words):
        return f"{command.program} {_apt_option(words)}"
    if command.program == "rpm" and any(word in _RPM_OPTIONS for word in words):
        return f"rpm {next(word for word in words if word in _RPM_OPTIONS)}"
    if command.program in _DOWNLOADS and command.pipe_to in _INTERPRETERS:
        return f"{command.program} | {command.pipe_to}"
    return _unverified_download(command) or _other_manager(command)


def _apt_option(words: tuple[str, ...]) -> str:
    texts = [*words, *(f"-o{word}" for previous, word in pairwise(words) if previous == "-o")]
    for word in texts:
        if not word.startswith("-o"):
            continue
        key, _, value = word.removeprefix("-o").removeprefix("ption=").lstrip("=").partition("=")
        wanted_off = key.lower().endswith("verify-peer")
        if key.lower() in _APT_OPTIONS and (value.strip("\"'").lower() in _OFF) == wanted_off:
            return f"-o {key}={value}"
    return ""


def _unverified_download(command: Command) -> str:
    insecure = {"curl": {"-k", "--insecure"}, "wget": {"--no-check-certificate"}}.get(command.program, set())
    for word in command.words:
        short = command.program == "curl" and word.startswith("-") and not word.startswith("--") and "k" in word
        if word in insecure or (short and word[1:].isalpha()):
            return f"{command.program} {word}"
    return ""


def _other_manager(command: Command) -> str:
    words = command.words
    if command.program in {"pip", "pip3"} and any(word.partition("=")[0] == "--trusted-host" for word in words):
        return f"{command.program} --trusted-host"
    joined = " ".join(words).lower()
    if command.program in {"npm", "yarn", "pnpm"} and ("strict-ssl false" in joined or "strict-ssl=false" in joined):
        return f"{command.program} strict-ssl false"
    if command.program in {"echo", "printf"} and "trusted=yes" in joined.replace(" ", "") and "deb" in joined:
        return "sources.list entry with trusted=yes"
    return ""
