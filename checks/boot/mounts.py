"""Whether the engine's data is there again after a boot, before the engine looks for it."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from dockworthy.check import check, expect, fix_with, instances, not_applicable
from dockworthy.facts.boot.remounts import Remount, Store, remount, stores

if TYPE_CHECKING:
    from dockworthy.facts.facts import Facts

DROP_IN = "/etc/systemd/system/docker.service.d/mounts.conf"


def _wait(point: str) -> str:
    """The fix that has the engine wait for a mount."""
    line = shlex.quote(f"RequiresMountsFor={point}")
    return (
        f"mkdir -p {DROP_IN.rpartition('/')[0]}\n"
        f"grep -qsxF {line} {DROP_IN} || printf '%s\\n' '[Unit]' {line} >>{DROP_IN}\n"
        "systemctl daemon-reload"
    )


def _shown(found: tuple[Remount, ...]) -> object:
    if not found:
        return "on the root file system"
    return [
        {"mount": one.point, "by": one.by or "nothing", **({"but": one.loose} if one.loose else {})} for one in found
    ]


@check(
    "boot.data-root-mounted",
    severity="critical",
    refs=("moby:#47153", "man:fstab(5)", "man:systemd.mount(5)"),
    fix="# add what holds {param} to /etc/fstab, or make a mount unit of it; then:\nsystemctl daemon-reload\n"
    "findmnt --verify",
    each=instances("store", stores, none="the engine has no place of its own here"),
)
def check_data_root_mounted(store: Store, facts: Facts) -> None:
    """The engine's stores are mounted again before it starts.

    Where the data root is on a disk of its own that nothing mounts at the next boot, or that systemd does not wait for
    (`nofail`, `noauto`, a disk of the network), the engine starts on the empty folder below: without images, and
    containers with `restart: always` are gone. The same holds for the host's folders that containers use.
    """
    if store.like:
        not_applicable(f"it lies on the same mount as {store.like}, of which this is told")
    found = remount(facts, store.path)
    loose = next((one for one in found.get(()) if one.loose and one.by), None)
    if loose is not None and all(one.by for one in found.value):
        fix_with(f"# {loose.by}: {loose.loose}; let the engine wait for it:\n{_wait(loose.point)}")
    else:
        gone = next((one for one in found.get(()) if not one.by), None)
        if gone is not None:
            point = shlex.quote(gone.point)
            fix_with(
                f"findmnt -no SOURCE,TARGET,FSTYPE {point}  # a device is named by its UUID: blkid; then one line:\n"
                f"echo 'UUID=UUID_OF_THE_DISK {gone.point} FSTYPE defaults 0 2' >>/etc/fstab\n"
                "systemctl daemon-reload\nfindmnt --verify"
            )
    expect(found, shown=_shown).satisfies(
        lambda mounts: all(one.by and not one.loose for one in mounts),
        "mounted at boot before docker.service starts",
    )
