"""Judge a folder of kernels' evidence, and compare with the recorded answers: ``python -m tests.replay_kernel DIR``.

Prints one JSON line a case (``id``, ``real``, ``ours``) and last ``N of M agree``. A case is a line of
``expected.jsonl`` (the option's value and its finding are compared), then a state of ``runtime/expected.json``
(each fact given there is compared). What is judged comes from the evidence alone.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dockworthy.evidence import Evidence, NotDecided, known
from dockworthy.facts.kernel.catalogue import OPTIONS, option
from dockworthy.facts.kernel.cgroups import CgroupFacts
from dockworthy.facts.kernel.kconfig import Kconfig, read_kconfig
from dockworthy.facts.kernel.lookup import Lookup
from dockworthy.facts.kernel.modules import ModuleFacts
from dockworthy.facts.kernel.namespaces import NamespaceFacts
from dockworthy.facts.kernel.options import OptionVerdict, decide
from dockworthy.facts.kernel.release import KernelRelease, parse_release

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Case = tuple[str, Any, Any]


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        yield from (json.loads(line) for line in file if line.strip())


@dataclass(frozen=True, slots=True)
class ConfigBuild:
    """A build as a configuration file tells it."""

    config: Kconfig
    release: KernelRelease
    cgroup: str
    x86_64: bool

    def value(self, symbol: str) -> str:
        """The symbol's value in the configuration."""
        return self.config.value(symbol).value

    def obstacle(self, symbol: str) -> str | None:  # noqa: ARG002 - a file tells of no host
        """None: what a configuration alone tells."""
        return None


def _build(folder: Path, entry: dict[str, Any], cgroup: str | None = None) -> ConfigBuild:
    config = read_kconfig((folder / entry["file"]).read_bytes(), entry["file"]).value
    release = parse_release(entry["kernel_release"])
    if release is None:
        raise ValueError(f"{entry['name']}: no kernel release")
    x86_64 = (entry.get("arch") or config.arch) == "x86_64"
    return ConfigBuild(config, release, cgroup or entry["cgroup_default"], x86_64)


def _finding(needed: object, ok: object) -> str:
    if ok is not False or needed is False:
        return "none"
    return "fault" if needed is True else "remark"


def option_cases(folder: Path) -> Iterator[Case]:
    """One case per line of ``expected.jsonl``."""
    index = {entry["name"]: entry for entry in json.loads((folder / "index.json").read_text("utf-8"))}
    builds: dict[str, ConfigBuild] = {}
    for line in _lines(folder / "expected.jsonl"):
        name = line["config"]
        if name not in builds:
            builds[name] = _build(folder, index[name])
        real = {"value": line["value"], "finding": _finding(line["needed"], line["ok"])}
        try:
            verdict = decide(option(line["option"]), builds[name])
            ours = {"value": verdict.value, "finding": verdict.finding or "none"}
        except NotDecided as error:
            ours = {"value": "unknown", "finding": error.reason}
        yield f"{name}:{line['option']}", real, ours


@dataclass(frozen=True, slots=True)
class Summary:
    """All verdicts of one build together.

    Attributes:
        required_missing: the options that Docker fails without.
        conditional_missing: the missing options by the feature that needs them.
        via_nf_tables: the legacy tables that nf_tables stands in for.
        storage_drivers: ``overlay`` and ``btrfs``, where all of a driver's options are there.
    """

    required_missing: tuple[str, ...]
    conditional_missing: dict[str, tuple[str, ...]]
    via_nf_tables: tuple[str, ...]
    storage_drivers: tuple[str, ...]

    @property
    def passes(self) -> bool:
        """Whether Docker runs: nothing required is missing, and there is a storage driver."""
        return not self.required_missing and bool(self.storage_drivers)


_STORAGE = {"overlay": ("OVERLAY_FS",), "btrfs": ("BTRFS_FS", "BTRFS_FS_POSIX_ACL")}


def summarise(verdicts: Iterable[OptionVerdict]) -> Summary:
    """Put the verdicts of one build together; those not given count as not provided."""
    given = list(verdicts)
    conditional: dict[str, tuple[str, ...]] = {}
    for verdict in given:
        if verdict.finding == "remark" and verdict.when:
            conditional[verdict.when] = (*conditional.get(verdict.when, ()), verdict.option.name)
    provided = {verdict.option.symbol for verdict in given if verdict.ok}
    return Summary(
        required_missing=tuple(verdict.option.name for verdict in given if verdict.finding == "fault"),
        conditional_missing=conditional,
        via_nf_tables=tuple(verdict.option.name for verdict in given if verdict.via == "nf_tables"),
        storage_drivers=tuple(driver for driver, symbols in _STORAGE.items() if provided.issuperset(symbols)),
    )


def judge_all(build: ConfigBuild) -> tuple[OptionVerdict, ...]:
    """The verdict on each option of the catalogue.

    Raises:
        NotDecided: where a value is not known.
    """
    return tuple(decide(option, build) for option in OPTIONS)


# --- host states ---------------------------------------------------------------------------------------------

# Files of a state's folder that stand for something else than the file of that path.
_RENAMED = {
    "proc/self/ns.txt": "list:proc/self/ns",
    "sys/module.list.txt": "list:sys/module",
    "sys/fs/cgroup.list.txt": "list:sys/fs/cgroup",
    "sys/fs/cgroup.statfs.txt": "statfs:sys/fs/cgroup",
    "uname-r.txt": "uname-r",
}
# Each line of this one lists a directory: `/sys/fs/cgroup/memory/: name name ...`.
_DIRECTORIES = "sys/fs/cgroup.subdirs.txt"
# What was tried on the host, and what the kernel said: answers, or no evidence that a host would give.
_NO_EVIDENCE = frozenset({"attempts.txt", "dmesg-cgroup.txt", "config-sources.txt", "config-gz.ls.txt", "uname-a.txt"})
_MODULES = "lib/modules/"


class _State(dict[str, "bytes | None"]):
    """A state's files; the capture looked for all that the facts ask for, so that what is missing is absent."""

    def get(self, path: str, _default: object = None, /) -> bytes | None:
        return super().get(path)


def state_lookup(folder: Path) -> Lookup:
    """A state's folder as evidence by path."""
    contents = _State()
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if not path.is_file() or name in _NO_EVIDENCE:
            continue
        data = path.read_bytes()
        if name == _DIRECTORIES:
            contents.update(_directories(data))
        elif name.startswith(_MODULES):
            contents["modules-dir"] = b""
            wanted = {"module-files.txt": "modules-on-disk", "modules.builtin": "modules.builtin"}
            contents[wanted.get(path.name, name)] = data
        else:
            contents[_RENAMED.get(name, name)] = data
    return Lookup(contents)


def _directories(data: bytes) -> dict[str, bytes]:
    listings = (line.partition(b":") for line in data.splitlines())
    return {
        f"list:{directory.decode().strip('/')}": b"\n".join(names.split())
        for directory, colon, names in listings
        if colon
    }


def _shown(evidence: Evidence[Any]) -> object:
    return evidence.content if evidence.is_known else f"unknown: {evidence.unknown}"


def overlay(modules: ModuleFacts) -> Evidence[str]:
    """The overlay file system: ``ready``, ``module on disk, not loaded`` or ``not there``."""
    types = modules.filesystems
    if types.is_known and types.value & {"overlay", "overlayfs"}:
        return known("ready", types.source)
    words = {"on disk": "module on disk, not loaded", "absent": "not there"}
    return modules.first(("overlay", "overlayfs")).map(lambda state: words.get(state, "ready"))


def state_facts(lookup: Lookup) -> dict[str, object]:
    """The facts of a host state under the names of ``runtime/expected.json``."""
    cgroups = CgroupFacts.from_lookup(lookup)
    namespaces = NamespaceFacts.from_lookup(lookup)
    modules = ModuleFacts.from_lookup(lookup)
    return {
        "cgroup_mode": _shown(cgroups.mode),
        "v1_controllers": _shown(cgroups.v1.map(sorted)),
        "v2_controllers": _shown(cgroups.v2.map(sorted)),
        "missing_for_docker": _shown(cgroups.missing.map(list)),
        "proc_cgroups_disabled": _shown(cgroups.disabled.map(sorted)),
        "proc_cgroups_lists_memory": _shown(cgroups.listed.map(lambda listed: "memory" in listed)),
        "namespaces": _shown(namespaces.kinds.map(sorted)),
        "userns_root": _shown(namespaces.root["user"].map(lambda user: user.usable)),
        "userns_unprivileged": _shown(namespaces.user_unprivileged.map(lambda user: user.usable)),
        "swap_accounting_v1": _shown(cgroups.swap_accounting),
        "overlay": _shown(overlay(modules)),
        "modules_supported": _shown(modules.supported),
        "br_netfilter_sysctl_present": _shown(lookup.exists("proc/sys/net/bridge/bridge-nf-call-iptables")),
        "ip_forward": _shown(lookup.word("proc/sys/net/ipv4/ip_forward")),
    }


def state_cases(folder: Path) -> Iterator[Case]:
    """One case per state of ``runtime/expected.json``, with the facts that are given there."""
    expected = json.loads((folder / "runtime" / "expected.json").read_text("utf-8"))
    for name, real in expected.items():
        ours = state_facts(state_lookup(folder / "runtime" / name))
        yield f"runtime:{name}", real, {fact: ours.get(fact, "not known here") for fact in real}


def cases(folder: Path) -> Iterator[Case]:
    """Every case of the folder; each of the two parts may be missing."""
    if (folder / "expected.jsonl").exists():
        yield from option_cases(folder)
    if (folder / "runtime" / "expected.json").exists():
        yield from state_cases(folder)


def main(arguments: list[str]) -> int:
    """Print the cases and the count."""
    if len(arguments) != 1:
        print("usage: python -m tests.replay_kernel DIR", file=sys.stderr)  # noqa: T201 - a command's output
        return 4
    agree = total = 0
    for name, real, ours in cases(Path(arguments[0])):
        total += 1
        agree += real == ours
        print(json.dumps({"id": name, "real": real, "ours": ours}))  # noqa: T201 - a command's output
    print(f"{agree} of {total} agree")  # noqa: T201 - a command's output
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
