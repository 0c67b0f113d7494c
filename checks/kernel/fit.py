"""Whether the running system is what the profile of its release expects: kernel, hierarchy, security module."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dockworthy.check import check, expect, fix_with, not_applicable
from dockworthy.evidence import Evidence, known

if TYPE_CHECKING:
    from dockworthy.facts.kernel.cgroups import CgroupFacts
    from dockworthy.facts.kernel.facts import KernelFacts

_APPARMOR = """\
sed -i 's/apparmor=0//; s/^GRUB_CMDLINE_LINUX="/&apparmor=1 security=apparmor /' /etc/default/grub
update-grub || grub2-mkconfig -o /boot/grub2/grub.cfg
systemctl enable apparmor.service
reboot"""
_SELINUX = """\
sed -i 's/^SELINUX=.*/SELINUX=enforcing/' /etc/selinux/config
# /etc/docker/daemon.json:
{"selinux-enabled": true}
# off until now: touch /.autorelabel, so that all files get their labels, and
reboot"""


@check(
    "kernel.fits-release",
    severity="low",
    refs=("docker:engine-requirements",),
    fix="# boot the kernel that this release's packages bring, and take the older one out of the boot menu",
    params=("min_kernel_version",),
)
def check_fits_release(kernel: KernelFacts, params: Any) -> None:
    """The kernel is at least the one that this release of the system came with.

    An older one was left over from an upgrade or is pinned: it gets no fixes from the release's packages, and may lack
    what they count on. The oldest that fits stands in the profile.
    """
    numbers = tuple(int(number) for number in params.min_kernel_version.split("."))
    expect(kernel.release, shown=lambda release: release.text).satisfies(
        lambda release: release.at_least(*numbers), f"{params.min_kernel_version} or later"
    )


@check(
    "kernel.cgroup-version-supported",
    severity="medium",
    refs=("moby:check-config", "man:cgroups(7)"),
    fix="""\
# boot with cgroup v2, where the profile has it:
sed -i 's/systemd.unified_cgroup_hierarchy=0//; s/^GRUB_CMDLINE_LINUX="/&systemd.unified_cgroup_hierarchy=1 /' \
/etc/default/grub
update-grub || grub2-mkconfig -o /boot/grub2/grub.cfg
reboot""",
    params=("cgroup_versions",),
)
def check_cgroup_version_supported(cgroups: CgroupFacts, params: Any) -> None:
    """The cgroup hierarchy is one that this release of the system supports.

    A release is tested with one hierarchy; the other may still be switched on at boot, and then limits, statistics or
    systemd's delegation do not work as its packages expect.
    """
    expect(cgroups.mode).is_in(tuple(params.cgroup_versions))


def _selinux(kernel: KernelFacts) -> Evidence[str]:
    """``enforcing``, ``permissive`` or ``off``."""
    path = "sys/fs/selinux/enforce"
    there = kernel.host.lookup.exists(path)
    if there.is_known and not there.value:
        return known("off", there.source)
    return kernel.host.lookup.word(path).map(lambda word: "enforcing" if word == "1" else "permissive")


@check(
    "kernel.security-module",
    severity="medium",
    refs=("docker:security", "moby:check-config"),
    fix="# switch on the security module that the release brings: AppArmor or SELinux",
    params=("mandatory_access_control",),
)
def check_security_module(kernel: KernelFacts, params: Any) -> None:
    """The security module that confines containers on this release is on.

    AppArmor and SELinux hold a process that broke out of its namespaces; where the kernel's module is off, the engine
    starts containers without it and says nothing.
    """
    wanted = params.mandatory_access_control
    if wanted == "none":
        not_applicable("this release confines containers with neither AppArmor nor SELinux")
    apparmor, selinux = kernel.apparmor, _selinux(kernel)
    if wanted == "apparmor":
        fix_with(_APPARMOR)
        expect(apparmor).equals(True)
    elif wanted == "selinux":
        fix_with(_SELINUX)
        expect(selinux).equals("enforcing")
    elif not apparmor.get(default=False):
        expect(selinux).satisfies(
            lambda mode: mode == "enforcing" or apparmor.value, "AppArmor on, or SELinux enforcing"
        )
    else:
        expect(apparmor).equals(True)
