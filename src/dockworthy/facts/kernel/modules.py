"""Kernel modules: built in, loaded, on disk for the running kernel, or not there to load.

``modules.builtin`` names what could be a module and is built in; ``modules.dep`` names what lies on disk. A
module's name is its file's without ``.ko`` and compression, with ``-`` for ``_`` (the kernel takes them for the
same).
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Literal

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Evidence, known, unknown
from dockworthy.facts.kernel.bootargs import BootArguments, boot_arguments

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dockworthy.facts.kernel.lookup import Lookup

__all__ = ["ModuleFacts", "ModuleState", "module_name"]

ModuleState = Literal["built in", "loaded", "on disk", "absent"]

_DIRECTORIES = ("etc", "run", "usr/local/lib", "usr/lib", "lib")
_DOES_NOTHING = frozenset({"/bin/true", "/bin/false", "/usr/bin/true", "/usr/bin/false", "true", "false", ":"})


def module_name(path: str) -> str:
    """A module's name from its file's path, or from another spelling of it."""
    name = path.rstrip(":").rpartition("/")[2]
    return name.partition(".ko")[0].replace("-", "_")


def _names(lines: Iterable[str]) -> frozenset[str]:
    return frozenset(module_name(line.split()[0]) for line in lines if line.split())


@dataclass(frozen=True, slots=True)
class Setting:
    """A line of ``modprobe.d`` or ``modules-load.d`` and the file that it stands in."""

    value: str
    file: str


@dataclass(frozen=True, slots=True)
class ModuleFacts:
    """What modules the running kernel has, and which it can get.

    Attributes:
        supported: whether the kernel can have modules at all (``CONFIG_MODULES``).
        locked: why no further module can be loaded until the next boot, or None.
        loaded: as ``/proc/modules`` lists them.
        built_in: those that could be modules, as ``modules.builtin`` lists them.
        on_disk: those below ``/lib/modules`` for the running kernel.
        active: the folders of ``/sys/module``: modules, and what is built in with parameters or a version.
        filesystems: the file system types that the kernel has now.
        blocked: the modules that ``modprobe`` is told not to load, and where.
        at_boot: the modules that are loaded at every boot, and where that is said.
    """

    supported: Evidence[bool]
    locked: Evidence[str | None]
    loaded: Evidence[frozenset[str]]
    built_in: Evidence[frozenset[str]]
    on_disk: Evidence[frozenset[str]]
    active: Evidence[frozenset[str]]
    filesystems: Evidence[frozenset[str]]
    blocked: Evidence[Mapping[str, Setting]]
    at_boot: Evidence[Mapping[str, Setting]]

    @classmethod
    def from_lookup(cls, lookup: Lookup) -> ModuleFacts:
        """The facts from evidence by path."""
        supported = lookup.exists("proc/modules")
        loaded = lookup.lines("proc/modules").map(_names)
        if supported.is_known and not supported.value:
            loaded = known(frozenset[str](), supported.source)
        return cls(
            supported=supported,
            locked=_locked(lookup, supported),
            loaded=loaded,
            built_in=lookup.lines("modules.builtin").map(_names),
            on_disk=_on_disk(lookup, supported),
            active=lookup.lines("list:sys/module").map(_names),
            filesystems=lookup.lines("proc/filesystems").map(_types),
            blocked=_blocked(lookup),
            at_boot=_at_boot(lookup),
        )

    def state(self, name: str) -> Evidence[ModuleState]:
        """Where the module is; unknown where the lists that would tell are not known."""
        name = module_name(name)
        for where, names in (("loaded", self.loaded), ("built in", self.built_in), ("on disk", self.on_disk)):
            if name in names.get(frozenset()):
                return known(where, names.source)  # type: ignore[arg-type]
        if self.supported.is_known and not self.supported.value and name in self.active.get(frozenset()):
            return known("built in", self.active.source)
        for names in (self.built_in, self.on_disk, self.loaded):
            if not names.is_known:
                return unknown(names.unknown or "", names.source)
        return known("absent", f"{self.built_in.source}, {self.on_disk.source}")

    def loadable(self, name: str) -> Evidence[str | None]:
        """Why a module that is on disk and not loaded cannot be loaded, or None; unknown where that is not known."""
        name = module_name(name)
        setting = self.blocked.get({}).get(name)
        if setting:
            return known(f"{setting.file} has modprobe run {setting.value} in its place", setting.file)
        return self.locked

    def first(self, names: Iterable[str]) -> Evidence[ModuleState]:
        """The best state of a module under any of its names."""
        order: tuple[ModuleState, ...] = ("built in", "loaded", "on disk")
        found = [self.state(name) for name in names]
        for state in order:
            for evidence in found:
                if evidence.is_known and evidence.value == state:
                    return evidence
        return next((evidence for evidence in found if not evidence.is_known), found[0])


def _types(lines: list[str]) -> frozenset[str]:
    return frozenset(line.split()[-1] for line in lines)


def _on_disk(lookup: Lookup, supported: Evidence[bool]) -> Evidence[frozenset[str]]:
    directory = lookup.exists("modules-dir")
    if directory.is_known and not directory.value:
        return known(frozenset(), "/lib/modules: nothing for the running kernel")
    listed = lookup.lines("modules-on-disk").map(_names)
    if not listed.is_known and supported.is_known and not supported.value:
        return known(frozenset(), "/proc/modules: the kernel takes no modules")
    return listed


def _locked(lookup: Lookup, supported: Evidence[bool]) -> Evidence[str | None]:
    if supported.is_known and not supported.value:
        return known("the kernel is built without loadable modules", supported.source)
    disabled = lookup.word("proc/sys/kernel/modules_disabled")
    if disabled.is_known and disabled.value == "1":
        return known("kernel.modules_disabled is 1", disabled.source)
    return boot_arguments(lookup).map(_nomodule)


def _nomodule(boot: BootArguments) -> str | None:
    return "the kernel was started with nomodule" if boot.all("nomodule") else None


def _configuration(lookup: Lookup, topic: str) -> Evidence[list[tuple[str, str]]]:
    """Path and text of each file of a ``.d`` folder in force, in order of their names."""
    chosen: dict[str, str] = {}
    for directory in _DIRECTORIES:
        for line in lookup.lines(f"list:{directory}/{topic}").get([]):
            if line.endswith(".conf"):
                chosen.setdefault(line, f"{directory}/{topic}/{line}")
    texts: list[tuple[str, str]] = []
    for _, path in sorted(chosen.items()):
        text = lookup.text(path)
        if not text.is_known:
            return unknown(text.unknown or "", text.source)
        texts.append((f"/{path}", text.value))
    return known(texts, f"/etc/{topic}")


def _words(text: str) -> list[list[str]]:
    lines: list[list[str]] = []
    for line in text.replace("\\\n", " ").splitlines():
        try:
            words = shlex.split(line, comments=True)
        except ValueError:
            words = line.split()
        if words:
            lines.append(words)
    return lines


def _blocked(lookup: Lookup) -> Evidence[Mapping[str, Setting]]:
    """The modules whose ``install`` command does nothing (``modprobe.d(5)``); a blacklist stops aliases alone."""

    def read(files: list[tuple[str, str]]) -> Mapping[str, Setting]:
        return {
            module_name(words[1]): Setting(words[2], path)
            for path, text in files
            for words in _words(text)
            if words[0] == "install" and len(words) > 2 and words[2] in _DOES_NOTHING  # noqa: PLR2004 - install NAME COMMAND
        }

    return _configuration(lookup, "modprobe.d").map(read)


def _at_boot(lookup: Lookup) -> Evidence[Mapping[str, Setting]]:
    """The modules that ``modules-load.d(5)`` and Debian's ``/etc/modules`` name."""
    found = _configuration(lookup, "modules-load.d")
    if not found.is_known:
        return unknown(found.unknown or "", found.source)
    files = list(found.value)
    debian = lookup.text("etc/modules")
    if debian.is_known:
        files.append((debian.source, debian.value))
    names = {
        module_name(line.split()[0]): Setting(line.split()[0], path)
        for path, text in files
        for line in text.splitlines()
        if line.split() and line.strip()[0] not in "#;"
    }
    return known(names, found.source)
