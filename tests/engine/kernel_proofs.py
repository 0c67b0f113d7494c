"""Proofs for the checks about the kernel: what belongs to the engine's own namespaces, and files for the next boot.

Of ``sysctl`` only what is about the network is let through; the rest would change the whole machine.
"""

from __future__ import annotations

from tests.engine.proof import Proof

__all__ = ["KERNEL_PROOFS", "KERNEL_UNPROVEN"]

_FORWARD = "net.ipv4.ip_forward"

KERNEL_PROOFS = [
    Proof("kernel.sysctl", {}, group="misc", before=f"/usr/sbin/sysctl -qw {_FORWARD}=0", param=_FORWARD),
    Proof(
        "kernel.sysctl-after-reboot",
        {},
        group="misc",
        before=f"echo {_FORWARD}=0 >/etc/sysctl.d/99-hardening.conf",
        param=_FORWARD,
    ),
    Proof(
        "kernel.keyring-quota",
        {},
        group="misc",
        before="echo kernel.keys.root_maxkeys=200 >/etc/sysctl.d/99-keys.conf",
    ),
    # The engine takes the folder for a running systemd; without it nobody makes the groups.
    Proof(
        "kernel.cgroup-driver",
        {"exec-opts": ["native.cgroupdriver=systemd"]},
        prepare="mkdir -p /run/systemd/system",
        before="rmdir /run/systemd/system",
    ),
]

_KERNEL = "needs another kernel, or other options of the one that runs"
_BOOT = "takes effect at the next boot"
_HIERARCHY = "the control groups are those of the whole machine"
KERNEL_UNPROVEN = {
    "kernel.apparmor-parser": "the kernel of the test's machine has no AppArmor",
    "kernel.cgroup-controller": _HIERARCHY,
    "kernel.cgroup-delegated": "a service manager carries it out, and the test's host has none",
    "kernel.cgroup-version": _BOOT,
    "kernel.cgroup-version-supported": _BOOT,
    "kernel.fits-release": _KERNEL,
    "kernel.memory-accounting": _BOOT,
    "kernel.module": "loads code into the kernel of the machine that the tests run on",
    "kernel.namespace": _KERNEL,
    "kernel.option": _KERNEL,
    "kernel.release": _KERNEL,
    "kernel.resource-limit": _KERNEL,
    "kernel.security-module": _BOOT,
    "kernel.swap-accounting": _BOOT,
    "kernel.unprivileged-user-namespace": "is about engines of a user's own; its limits are those of the whole machine",
    "kernel.zfs": "the kernel of the test's machine has no ZFS",
}
