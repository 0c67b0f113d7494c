"""The running kernel: its release, its architecture, its build options and what they provide on this host."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Evidence, NotDecided, known, unknown
from dockworthy.facts.kernel.catalogue import OPTIONS, PREFIX
from dockworthy.facts.kernel.catalogue import option as catalogued
from dockworthy.facts.kernel.kconfig import ABSENT, Kconfig, read_kconfig
from dockworthy.facts.kernel.modules import module_name
from dockworthy.facts.kernel.options import OptionVerdict, decide
from dockworthy.facts.kernel.proofs import FILESYSTEMS, MODULES, Host, prove

if TYPE_CHECKING:
    from dockworthy.facts.kernel.cgroups import CgroupFacts
    from dockworthy.facts.kernel.lookup import Lookup
    from dockworthy.facts.kernel.modules import ModuleFacts
    from dockworthy.facts.kernel.namespaces import NamespaceFacts
    from dockworthy.facts.kernel.release import KernelRelease

__all__ = ["KernelFacts"]

# A configuration found here belongs to whatever source tree lies there, not to the running kernel.
_SOURCE_TREES = ("/usr/src/linux/",)


@dataclass(frozen=True, slots=True)
class KernelFacts:
    """The running kernel.

    Attributes:
        release: as ``uname -r`` says it.
        arch: as ``uname -m`` says it.
        config: its build configuration; unknown where none can be read.
        host: what else the host shows.
    """

    release: Evidence[KernelRelease]
    arch: Evidence[str]
    config: Evidence[Kconfig]
    host: Host
    _verdicts: dict[str, Evidence[OptionVerdict]] = field(default_factory=dict)

    @classmethod
    def from_lookup(
        cls, lookup: Lookup, *, modules: ModuleFacts, cgroups: CgroupFacts, namespaces: NamespaceFacts
    ) -> KernelFacts:
        """The facts from evidence by path; the configuration is at ``config``, its path at ``config-source``."""
        release = cgroups.release
        host = Host(lookup, release, modules, cgroups, namespaces)
        return cls(release, lookup.word("uname-m"), _config(lookup, release), host)

    def value(self, symbol: str) -> Evidence[str]:
        """``y``, ``m``, ``n`` or ``absent``: from the configuration, else as the running kernel shows it."""
        name = symbol.removeprefix(PREFIX)
        if self.config.is_known:
            value = self.config.value.value(name)
            if value.is_known:
                return Evidence(f"{self.config.source}: {PREFIX}{name}", value.value)
        proven = prove(self.host, name)
        if proven.is_known:
            return proven
        return unknown(self._why_unknown(name), f"{self.config.source}: {PREFIX}{name}")

    def _why_unknown(self, name: str) -> str:
        why = self.config.unknown
        if why is None:
            return self.config.value.value(name).unknown or ""
        return why.within(f"no kernel configuration was read ({why}), and the running kernel does not show it")

    def option(self, name: str) -> Evidence[OptionVerdict]:
        """What an option of the catalogue means on this host; unknown where its evidence is missing."""
        if name not in self._verdicts:
            self._verdicts[name] = self._decide(name)
        return self._verdicts[name]

    def _decide(self, name: str) -> Evidence[OptionVerdict]:
        if not self.release.is_known:
            return unknown(self.release.unknown or "", self.release.source)
        entry = catalogued(name)
        try:
            verdict = decide(entry, _HostBuild(self, self.release.value))
        except NotDecided as error:
            return unknown(error.reason, error.source)
        return known(verdict, self.value(name).source)

    def options(self) -> dict[str, Evidence[OptionVerdict]]:
        """All of the catalogue, by name."""
        return {entry.name: self.option(entry.name) for entry in OPTIONS}

    @property
    def runs_engine(self) -> Evidence[bool]:
        """Whether an engine's process was seen on it."""
        return self.host.lookup.lines("engines").map(bool)

    @property
    def apparmor(self) -> Evidence[bool]:
        """Whether the kernel has AppArmor and it is switched on."""
        path = "sys/module/apparmor/parameters/enabled"
        there = self.host.lookup.exists(path)
        if there.is_known and not there.value:
            return there
        return self.host.lookup.word(path).map(lambda word: word == "Y")

    def module(self, name: str, symbol: str) -> Evidence[str]:
        """Where a module is, as [ModuleFacts.state][] says it; by its option where the lists do not tell."""
        state = self.host.modules.state(name)
        if state.is_known:
            return state.map(str)
        value = self.value(symbol)
        if value.is_known and value.value != "m":
            return value.map(lambda set_to: "built in" if set_to == "y" else "absent")
        return state.map(str)

    @property
    def swap_accounting(self) -> Evidence[bool]:
        """Whether swap can be limited per group: by the host's files, its boot arguments, else by its build."""
        shown = self.host.cgroups.swap_accounting
        if shown.is_known:
            return shown
        enabled = self.value("MEMCG_SWAP_ENABLED")
        if not enabled.is_known:
            return unknown(shown.unknown or "", shown.source)
        if enabled.value == ABSENT:
            return self.value("MEMCG_SWAP").map(lambda value: value == "y")
        return enabled.map(lambda value: value == "y")


def _config(lookup: Lookup, release: Evidence[KernelRelease]) -> Evidence[Kconfig]:
    source = lookup.word("config-source").get("kernel configuration") or "kernel configuration"
    data = lookup.data("config")
    if not data.is_known:
        return unknown(data.unknown or "", source)
    config = read_kconfig(data.value, source)
    if config.is_known and source.startswith(_SOURCE_TREES):
        return _own(config, release)
    return config


def _own(config: Evidence[Kconfig], release: Evidence[KernelRelease]) -> Evidence[Kconfig]:
    """The configuration where its header names the running kernel's version, else unknown."""
    if not release.is_known:
        return unknown(release.unknown or "", config.source)
    header = config.value.release
    if header is None or header.version != release.value.version:
        name = header.text if header else "no release"
        return unknown(f"names {name}, and {release.value.text} is running", config.source)
    return config


@dataclass(frozen=True, slots=True)
class _HostBuild:
    """The build that the options are judged by: configuration, else proof; and the modules that are there."""

    facts: KernelFacts
    release: KernelRelease

    @property
    def cgroup(self) -> str:
        mode = self.facts.host.cgroups.mode.value
        return "v1" if mode == "none" else mode

    @property
    def x86_64(self) -> bool:
        config = self.facts.config
        if config.is_known and config.value.complete and config.value.arch:
            return config.value.arch == "x86_64"
        return self.facts.arch.value == "x86_64"

    def value(self, symbol: str) -> str:
        return self.facts.value(symbol).value

    def _is_registered(self, symbol: str) -> bool:
        types = self.facts.host.modules.filesystems
        return bool(types.get(frozenset()) & set(FILESYSTEMS.get(symbol, ())))

    def obstacle(self, symbol: str) -> str | None:
        names = MODULES.get(symbol)
        if names is None or self.value(symbol) != "m":
            return None
        modules = self.facts.host.modules
        wanted = {module_name(name) for name in names}
        if wanted & (modules.loaded.value | modules.built_in.get(frozenset())) or self._is_registered(symbol):
            return None
        there = wanted & modules.on_disk.value
        if not there:
            return f"no module {' or '.join(names)} is there for {self.release.text}"
        return modules.loadable(min(there)).value
