"""Proofs for the checks about limits, about what images lie on, and about the clock."""

from __future__ import annotations

from tests.engine.proof import Proof

__all__ = ["FITNESS_LIMITS_PROOFS", "FITNESS_LIMITS_UNPROVEN"]

_LOCAL = "printf '0.0 0 0.0\\n0\\nLOCAL\\n' >/etc/adjtime; ln -sf /usr/share/zoneinfo/Asia/Tokyo /etc/localtime"

FITNESS_LIMITS_PROOFS = [
    Proof(
        "storage.backing-usable",
        {},
        group="read-only",
        before="cd /var/lib/docker && mount --bind overlay2 overlay2 && mount -o remount,bind,ro overlay2",
        param="/var/lib/docker",
    ),
    Proof(
        "time.hardware-clock-utc",
        {},
        group="misc",
        before=_LOCAL,
        named=("timedatectl set-local-rtc 0",),
        person="printf '0.0 0 0.0\\n0\\nUTC\\n' >/etc/adjtime",
    ),
]

_MACHINE = "the limit is that of the whole machine"
_SERVICE = "a service manager carries it out, and the test's host has none"
_FILE_SYSTEM = "needs another file system of its own"
FITNESS_LIMITS_UNPROVEN = {
    "limits.engine-tasks-room": _SERVICE,
    "limits.inotify-room": _MACHINE,
    "limits.map-count-for-images": _MACHINE,
    "limits.open-files-bounded": _SERVICE,
    "limits.open-files-room": _SERVICE,
    "limits.process-room": _MACHINE,
    "storage.image-store-d-type": _FILE_SYSTEM,
    "storage.image-store-follows-data-root": _FILE_SYSTEM,
    "storage.image-store-space": _FILE_SYSTEM,
    "storage.no-leftover-driver": "is about a release that the test's host does not have",
    "time.kept": _SERVICE,
}
