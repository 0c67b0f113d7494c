"""The kernels that are installed beside the running one, and what waits for a reboot.

A release is compared as versions are, number by number, and only with others of its flavour: the words in it that name
neither a version nor a distribution (``amd64``, ``cloud-amd64``, ``generic``, ``rt``). A boot loader takes the highest
of a flavour; another flavour is a choice of the administrator's.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, known, unknown
from dockworthy.facts.facts import fact
from dockworthy.regex import regex
from dockworthy.tables import number, rows

if TYPE_CHECKING:
    from dockworthy.facts.host.packages import Packages
    from dockworthy.snapshot import Snapshot

__all__ = ["InstalledKernel", "InstalledKernels", "flavour", "installed_kernels", "version_key"]

_SOURCE = "/lib/modules"
_FLAG = "/run/reboot-required"
_COLUMNS = 4  # of a line about a kernel
_TOKEN = regex(r"[-.+~]")
# What a distribution puts into the release of each of its kernels, with or without a number of its own.
_DISTRIBUTION = regex(
    r"(?:el|fc|amzn|deb|arch|mga|azl|cm|git|ubuntu|rpt|bpo|ky)\d*(?:_\d+)?|oe\d+(?:sp\d+)?|v\d{4}", re.ASCII
)
# What counts the releases of one version: Arch's and Gentoo's.
_REVISION = regex(r"(?:arch|zen|hardened|r)(\d{1,9})", re.ASCII)
_CANDIDATE = regex(r"rc(\d{0,6})", re.ASCII)
_NUMBER = regex(r"\d{1,18}", re.ASCII)
# dnf's needs-restarting: a reboot is due where one of these was installed since the boot.
_REBOOT_PACKAGES = frozenset(
    [
        "kernel",
        "kernel-core",
        "kernel-rt",
        "kernel-rt-core",
        "glibc",
        "linux-firmware",
        "systemd",
        "dbus",
        "dbus-broker",
        "dbus-daemon",
        "microcode_ctl",
    ]
)


def _words(release: str) -> list[str]:
    return [word for word in _TOKEN.split(release) if word]


def flavour(release: str) -> tuple[str, ...]:
    """The words of a release that say what kind of kernel it is."""
    found = []
    for word in _words(release):
        enterprise = re.match(r"el\d+(?:_\d+)?(?=[a-z])", word)  # el9uek
        rest = word[enterprise.end() :] if enterprise else word
        if not any(form.fullmatch(rest) for form in (_NUMBER, _DISTRIBUTION, _CANDIDATE, _REVISION)):
            found.append(rest)
    return tuple(found)


def version_key(release: str) -> tuple[int, ...]:
    """What orders the releases of one flavour: their numbers; a candidate comes before its release."""
    key: list[int] = []
    for word in _words(release):
        candidate, revision = _CANDIDATE.fullmatch(word), _REVISION.fullmatch(word)
        if candidate:
            key += [-1, int(candidate[1] or 0)]
        elif revision:
            key.append(int(revision[1]))
        elif _NUMBER.fullmatch(word):
            key.append(int(word))
    return (*key, 0)


@dataclass(frozen=True, slots=True)
class InstalledKernel:
    """A kernel below ``/lib/modules`` that does not run."""

    release: str
    has_image: bool  # whether the kernel itself was seen, in /boot or beside its modules
    index: str  # of its modules: ``dep`` (modules.dep is there), ``kernel`` (modules without it), ``-`` (nothing)
    lists_built_in: bool  # whether modules.builtin is there
    modules: frozenset[str]  # those of the fixed set that it has, loadable or built in


@dataclass(frozen=True, slots=True)
class InstalledKernels:
    """The kernels of this host."""

    running: Evidence[str]
    others: Evidence[tuple[InstalledKernel, ...]]  # those that may boot the next time
    left: tuple[str, ...]  # releases of which only a folder is left, so that they cannot boot
    has_own_folder: bool  # whether the running one has modules on disk
    cut: bool  # whether there are more than were looked at
    flag: Evidence[tuple[str, ...] | None]  # packages that ask for a reboot; None where there is no such flag
    mechanism: str  # what would set the flag on this host, or empty

    @property
    def successors(self) -> Evidence[tuple[str, ...]]:
        """Newer releases of the running one's flavour."""

        def newer(others: tuple[InstalledKernel, ...]) -> tuple[str, ...]:
            mine = self.running.value
            found = [one.release for one in others if flavour(one.release) == flavour(mine)]
            return tuple(one for one in found if version_key(one) > version_key(mine))

        if not self.running.is_known:
            return unknown(self.running.unknown or "", self.running.source)
        return self.others.map(newer)


@fact
def installed_kernels(snapshot: Snapshot, packages: Packages) -> InstalledKernels:
    """The kernels that are installed, and what asks for a reboot."""
    text = snapshot.text("cmd:next-kernels").by(_SOURCE)
    found: list[InstalledKernel] = []
    running, images, own, cut = "", 0, False, False
    for words in rows(text.get(""), 1):
        if words[0] == "running":
            running = words[1] if len(words) > 1 else ""
        elif words[0] == "images":
            images = number(words[-1]) or 0
        elif words[0] == "folder":
            own = True
        elif len(words) < _COLUMNS:
            # One that was cut off may have been any; `more` is told of others.
            cut = True
        else:
            release, image, index, built_in, *names = words
            found.append(
                InstalledKernel(release, image == "image", index, built_in == "builtin", frozenset(_modern(names)))
            )
    # Where kernels are kept in places that were seen, one without a kernel of its own is what a removal left.
    left = [one for one in found if images and not one.has_image]
    others = tuple(one for one in found if one not in left)
    flag, mechanism = _flag(snapshot, packages)
    return InstalledKernels(
        running=_running(text, running),
        others=text.map(lambda _: others),
        left=tuple(one.release for one in left),
        has_own_folder=own,
        cut=cut,
        flag=flag,
        mechanism=mechanism,
    )


def _running(text: Evidence[str], release: str) -> Evidence[str]:
    if text.is_known and not release:
        return unknown("uname did not tell it", "uname -r", Code.NOT_TOLD)
    return text.map(lambda _: release).by("uname -r")


_OLDER_NAMES = {
    "ipt_MASQUERADE": "xt_MASQUERADE",
    "nf_conntrack_ipv4": "nf_conntrack",
    "nf_nat_ipv4": "nf_nat",
}


def _modern(names: list[str]) -> list[str]:
    return [_OLDER_NAMES.get(name, name) for name in names]


def _flag(snapshot: Snapshot, packages: Packages) -> tuple[Evidence[tuple[str, ...] | None], str]:
    text = snapshot.text("cmd:reboot").by(_FLAG)
    words = list(rows(text.get(""), 1))
    names = tuple(word[-1] for word in words if word[0] == "package")
    mechanism = next((word[-1] for word in words if word[0] == "mechanism"), "")
    if text.is_known and ["flag"] in words:
        return known(names, f"{_FLAG}, {_FLAG}.pkgs" if names else _FLAG), mechanism
    by_rpm = {one.name: one for one in packages.installed.get({}).values() if one.manager == "rpm"}
    of_interest = [one for name, one in by_rpm.items() if name in _REBOOT_PACKAGES]
    if not text.is_known or not by_rpm:
        return text.map(lambda _: None), mechanism
    source = "rpm: when it was installed, against the time of the boot"
    boot = _boot_time(snapshot)
    if boot is None or not of_interest or any(one.installed is None for one in of_interest):
        return unknown("when the packages were installed is not known", source, Code.NOT_TOLD), source
    since = tuple(sorted(one.name for one in of_interest if (one.installed or 0) > boot))
    return known(since or None, source), source


def _boot_time(snapshot: Snapshot) -> float | None:
    """When the host was booted, in epoch seconds."""
    up = snapshot.text("file:/proc/uptime").get("").split()
    recorded = snapshot.recorded
    try:
        return recorded.value.timestamp() - float(up[0]) if recorded.is_known and up else None
    except ValueError:
        return None
