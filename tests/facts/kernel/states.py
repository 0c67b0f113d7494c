"""The recorded host states as snapshots' sections, to be changed by named edits."""

from __future__ import annotations

import gzip
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from dockworthy.facts.kernel.kconfig import Kconfig, read_kconfig
from dockworthy.facts.kernel.lookup import Lookup

if TYPE_CHECKING:
    from dockworthy.evidence import Evidence

__all__ = ["DATA", "config_bytes", "config_text", "kconfig", "lookup_of", "sections"]

DATA = Path(__file__).parent.parent.parent / "data" / "kernel"

_NAMES = {
    "proc/self/ns.txt": "list:/proc/self/ns",
    "sys/module.list.txt": "list:/sys/module",
    "sys/fs/cgroup.list.txt": "list:/sys/fs/cgroup",
    "sys/fs/cgroup.statfs.txt": "cmd:cgroup-statfs",
}
# What the probe looks for besides, and does not find on these hosts.
_NOT_THERE = (
    "file:/proc/modules",
    "cmd:modules-on-disk",
    "file:modules.builtin",
    "cmd:modules-dir",
    "file:/proc/sys/kernel/unprivileged_userns_clone",
    "file:/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
    "file:/proc/sys/kernel/modules_disabled",
    "file:/proc/sys/fs/may_detach_mounts",
    "file:/proc/sys/net/bridge/bridge-nf-call-iptables",
    "file:/proc/sys/net/bridge/bridge-nf-call-ip6tables",
    "file:/proc/sys/net/ipv4/conf/all/forwarding",
    "file:/sys/fs/cgroup/unified/cgroup.controllers",
    "file:/sys/fs/cgroup/cgroup.controllers",
    *(
        f"list:/{directory}/{topic}"
        for directory in ("run", "usr/local/lib", "lib")
        for topic in ("sysctl.d", "modprobe.d")
    ),
    *(f"list:/{directory}/modules-load.d" for directory in ("etc", "run", "usr/local/lib", "usr/lib", "lib")),
    "file:/etc/modules",
    "file:/etc/sysctl.conf",
)

Sections = dict[str, "str | bytes | int | tuple[int, str]"]


def config_bytes(name: str) -> bytes:
    """A build configuration as recorded."""
    return (DATA / "configs" / f"{name}.config.gz").read_bytes()


def config_text(name: str) -> str:
    """A build configuration as text."""
    return gzip.decompress(config_bytes(name)).decode()


def kconfig(name: str) -> Kconfig:
    """A build configuration, read."""
    evidence: Evidence[Kconfig] = read_kconfig(config_bytes(name), name)
    return evidence.value


def lookup_of(contents: dict[str, str | None]) -> Lookup:
    """Evidence by path from texts."""
    made: dict[str, bytes | None] = {path: None if text is None else text.encode() for path, text in contents.items()}
    return Lookup(made)


def sections(state: str, config: str | None = None) -> Sections:
    """A recorded state as the probe would tell it: no engine runs, systemd does, no file sets a sysctl."""
    return dict(_sections(state, config))


@lru_cache
def _sections(state: str, config: str | None) -> Sections:
    made: Sections = dict.fromkeys(_NOT_THERE, 2)
    folder = DATA / "runtime" / state
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if not path.is_file() or name.startswith(("attempts", "dmesg", "config-", "uname", "sys/fs/cgroup.subdirs")):
            continue
        if name.startswith("lib/modules/"):
            made["cmd:modules-dir"] = "/lib/modules\n"
            name = "cmd:modules-on-disk" if path.name == "module-files.txt" else "file:modules.builtin"
        else:
            name = _NAMES.get(name, f"file:/{name}")
        made[name] = path.read_bytes()
    release = (folder / "uname-r.txt").read_text().strip()
    made["cmd:uname"] = f"Linux\n{release}\nx86_64\n#1 SMP\n"
    made["cmd:engines"] = ""
    made["cmd:systemctl-show"] = ""
    for directory in ("etc", "usr/lib"):
        made[f"list:/{directory}/sysctl.d"] = ""
        made[f"list:/{directory}/modprobe.d"] = ""
    if config is not None:
        made["cmd:kernel-config-source"] = f"/boot/config-{release}\n"
        made["cmd:kernel-config"] = config_bytes(config)
    return made
