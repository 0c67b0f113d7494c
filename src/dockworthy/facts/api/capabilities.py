"""Linux capabilities as the engine grants them (moby, daemon/pkg/oci/caps/utils.go: TweakCapabilities)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["ALL", "DEFAULT", "KNOWN", "from_mask", "granted", "normal"]

ALL = "ALL"
# In the order of the kernel's numbers (include/uapi/linux/capability.h).
_BY_NUMBER = (
    "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP",
    "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER",
    "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE",
    "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP",
    "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF",
    "CHECKPOINT_RESTORE",
)  # fmt: skip
KNOWN = frozenset(_BY_NUMBER)
# What a container has without any option (moby, daemon/pkg/oci/caps/defaults.go).
DEFAULT = frozenset(
    {
        "CHOWN", "DAC_OVERRIDE", "FSETID", "FOWNER", "MKNOD", "NET_RAW", "SETGID", "SETUID", "SETFCAP", "SETPCAP",
        "NET_BIND_SERVICE", "SYS_CHROOT", "KILL", "AUDIT_WRITE",
    }
)  # fmt: skip


def normal(name: str) -> str:
    """A capability as the engine compares it: upper case, without ``CAP_``."""
    upper = name.strip().upper()
    return upper.removeprefix("CAP_")


def granted(adds: Iterable[str], drops: Iterable[str], *, privileged: bool) -> frozenset[str]:
    """What a container may have, from its options.

    ``ALL`` added wins over ``ALL`` dropped; single capabilities dropped from an added ``ALL`` are gone; a
    capability that is both added and dropped is there.
    """
    if privileged:
        return KNOWN
    added = {normal(name) for name in adds}
    dropped = {normal(name) for name in drops}
    if ALL in added:
        return frozenset(KNOWN - dropped)
    if ALL in dropped:
        return frozenset(added)
    return frozenset((DEFAULT - dropped) | added)


def from_mask(mask: int) -> frozenset[str]:
    """The capabilities of a mask as in /proc/PID/status; bits that are not known here are named by number."""
    names = set()
    for number in range(mask.bit_length()):
        if mask >> number & 1:
            names.add(_BY_NUMBER[number] if number < len(_BY_NUMBER) else f"CAP_{number}")
    return frozenset(names)
