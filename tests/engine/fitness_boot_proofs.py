"""Proofs for the checks about the next boot, the next reload of a packet filter and the next upgrade."""

from __future__ import annotations

from tests.engine.proof import Proof

__all__ = ["BOOT_PROOFS", "BOOT_UNPROVEN"]

# dpkg's database is the machine's: what changes it changes a copy.
_OWN_DATABASE = (
    "mountpoint -q /var/lib/dpkg || { mkdir -p /run/dpkg/u /run/dpkg/w /run/dpkg/log; "
    "mount -t overlay overlay -o lowerdir=/var/lib/dpkg,upperdir=/run/dpkg/u,workdir=/run/dpkg/w /var/lib/dpkg; "
    "mount --bind /run/dpkg/log /var/log; }; "
)
_STATUS = "/var/lib/dpkg/status"
_NEEDRESTART = (
    _OWN_DATABASE + f"grep -qx 'Package: needrestart' {_STATUS} || printf '%s\\n' 'Package: needrestart' "
    "'Status: install ok installed' 'Version: 3.11-1' 'Architecture: all' 'Maintainer: A <a@example.com>' "
    f"'Description: x' '' >>{_STATUS}; mkdir -p /etc/needrestart; "
    "echo '$nrconf{restart} = '\"'a';\" >/etc/needrestart/needrestart.conf"
)
_AUTOMATIC = (
    _OWN_DATABASE + "grep -qs _dh_action=restart /var/lib/dpkg/info/docker.io.postinst || "
    "echo '# _dh_action=restart' | sed 's/^# //' >>/var/lib/dpkg/info/docker.io.postinst; "
    "printf '%s\\n' 'APT::Periodic::Unattended-Upgrade \"1\";' "
    '\'Unattended-Upgrade::Origins-Pattern { "origin=Debian"; "origin=Ubuntu"; };\' '
    ">/etc/apt/apt.conf.d/20auto-upgrades"
)

BOOT_PROOFS = [
    Proof(
        "boot.data-root-mounted",
        {},
        group="next-boot",
        param="/run/dw-disk",
        before="mkdir -p /run/dw-disk /etc/systemd/system; truncate -s 8M /run/dw-disk.img; "
        "mkfs.ext4 -q /run/dw-disk.img; mount -o loop /run/dw-disk.img /run/dw-disk; "
        "echo '/run/dw-disk.img /run/dw-disk ext4 loop,nofail 0 2' >>/etc/fstab; "
        "docker run -d --name on-disk --restart always -v /run/dw-disk:/data busybox:test sleep 1000",
        named=("RequiresMountsFor=/run/dw-disk",),
    ),
    Proof(
        "boot.containers-return",
        {},
        group="next-boot",
        param="gone-after-boot",
        before="docker run -d --name gone-after-boot -p 127.0.0.1::80 busybox:test sleep 1000",
    ),
    Proof(
        "network.reload-keeps-rules",
        {},
        group="next-boot",
        param="/etc/nftables.conf",
        before="printf '%s\\n' '#!/usr/sbin/nft -f' 'flush ruleset' 'table inet own { chain input { type filter hook '"
        "'input priority 0; }; }' >/etc/nftables.conf",
        first="error",  # without systemd nobody knows whether the file is loaded; what it would remove is seen
    ),
    Proof(
        "network.saved-rules-clean",
        {},
        group="next-boot",
        param="/etc/iptables/rules.v4",
        before="mkdir -p /etc/iptables; iptables-save >/etc/iptables/rules.v4",
    ),
    Proof(
        "packages.not-held",
        {},
        group="packages",
        param="containerd",
        before=_OWN_DATABASE + "apt-mark hold containerd",
    ),
    Proof(
        "packages.installed-whole",
        {},
        group="packages",
        param="runc",
        before=_OWN_DATABASE + f"sed -i '/^Package: runc$/,/^$/s/^Status: .*/Status: install ok unpacked/' {_STATUS}",
    ),
    Proof("packages.needrestart-spares-engine", {}, group="packages", param="containerd.service", before=_NEEDRESTART),
    Proof(
        "packages.upgrades-keep-containers",
        {},
        group="unattended",
        param="docker.io",
        before=_AUTOMATIC,
    ),
]

BOOT_UNPROVEN = {
    "boot.next-kernel-has-modules": "installs a package of a kernel, which the tests do not do to the machine",
    "boot.reboot-not-pending": "reboots",
    "boot.socket-unit-usable": "a service manager carries it out, and the test's host has none",
    "packages.runc-works-nested": "changes the outer host of a container of LXC, which the tests do not have",
}
