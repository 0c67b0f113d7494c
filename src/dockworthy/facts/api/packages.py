"""What an image's build steps did with package managers and downloads."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from dockworthy.facts.api.shell import Command, commands

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dockworthy.facts.api.history import Step

__all__ = ["insecure_installs", "lone_refreshes", "step_commands"]

# By family: the programs, the subcommands that only refresh the index, and those that install from it.
_FAMILIES: dict[str, tuple[frozenset[str], frozenset[str], frozenset[str]]] = {
    "apt": (
        frozenset({"apt", "apt-get", "aptitude"}),
        frozenset({"update"}),
        frozenset(
            [
                "install",
                "reinstall",
                "upgrade",
                "dist-upgrade",
                "full-upgrade",
                "safe-upgrade",
                "build-dep",
                "download",
                "source",
                "satisfy",
            ]
        ),
    ),
    "apk": (frozenset({"apk"}), frozenset({"update"}), frozenset({"add", "upgrade", "fix", "fetch"})),
    "rpm": (
        frozenset({"yum", "dnf", "dnf5", "microdnf", "tdnf"}),
        frozenset({"makecache", "check-update", "check-upgrade"}),
        frozenset(
            [
                "install",
                "reinstall",
                "upgrade",
                "update",
                "localinstall",
                "groupinstall",
                "builddep",
                "distro-sync",
                "upgrade-minimal",
                "update-minimal",
                "module",
                "group",
                "swap",
            ]
        ),
    ),
    "zypper": (
        frozenset({"zypper"}),
        frozenset({"ref", "refresh"}),
        frozenset(["in", "install", "up", "update", "dup", "dist-upgrade", "patch", "si", "source-install", "inr"]),
    ),
}
_VALUE_OPTIONS = frozenset(
    {"-o", "--option", "-c", "--config-file", "-t", "--target-release", "-q=", "--repository", "-X", "--root", "-p"}
)
_DOWNLOADS = frozenset({"curl", "wget", "fetch"})
_INTERPRETERS = frozenset(
    {"sh", "bash", "dash", "ash", "zsh", "ksh", "python", "python3", "python2", "perl", "ruby", "node", "php"}
)
_FLAGS: dict[str, frozenset[str]] = {
    "apt": frozenset(
        {"--allow-unauthenticated", "--force-yes", "--allow-insecure-repositories", "--no-allow-authenticated"}
    ),
    "apk": frozenset({"--allow-untrusted"}),
    "rpm": frozenset({"--nogpgcheck", "--no-gpgcheck", "--no-gpg-checks"}),
    "zypper": frozenset({"--no-gpg-checks", "--no-gpgchecks", "--allow-unsigned-rpm"}),
}
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
    return next((name for name, (programs, _, _) in _FAMILIES.items() if command.program in programs), "")


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
        _, refreshes, installs = _FAMILIES[family]
        subcommand = _subcommand(command.words)
        if subcommand in refreshes:
            refreshed[family] = " ".join((command.program, *command.words))[:200]
        elif subcommand in installs:
            installed.add(family)
    return [text for family, text in refreshed.items() if family not in installed]


def insecure_installs(step: Step) -> list[str]:
    """What a step does that takes software from unproven sources, each as a short text."""
    found = []
    for command in step_commands(step):
        reason = _insecure(command)
        if reason:
            found.append(reason)
    return found


def _insecure(command: Command) -> str:
    words = command.words
    family = _family(command)
    flags = _FLAGS.get(family, frozenset())
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
