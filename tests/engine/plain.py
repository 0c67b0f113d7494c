"""Hosts as they are freshly installed: what each distribution writes by itself where a check looks.

The files hold the settings that the distributions' own packages and installers write, without their comments. The
engine, the kernel and the packet filter are real.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.engine.fitness import state

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.engine.fitness import Said, State

__all__ = ["PLAIN", "TOPICS", "Plain", "judged_plain"]

_PROGRAMS = "/srv/bin"
PATH = f"{_PROGRAMS}:/usr/sbin:/usr/bin:/sbin:/bin"
"""Where these hosts' own programs come before this machine's."""

TOPICS = ("network", "dns", "limits", "storage", "packages", "boot", "client", "rootless", "time")

_NAME_SERVER = "nameserver 192.0.2.53\n"
_STUB = {
    "/run/systemd/resolve/stub-resolv.conf": "nameserver 127.0.0.53\noptions edns0 trust-ad\nsearch .\n",
    "/run/systemd/resolve/resolv.conf": f"{_NAME_SERVER}search .\n",
}
_PERIODIC = 'APT::Periodic::Update-Package-Lists "1";\nAPT::Periodic::Unattended-Upgrade "1";\n'
# unattended-upgrades 2.9: data/50unattended-upgrades.Ubuntu
_UBUNTU_ORIGINS = """// Automatically upgrade packages from these (origin:archive) pairs
Unattended-Upgrade::Allowed-Origins {
        "${distro_id}:${distro_codename}";
\t"${distro_id}:${distro_codename}-security";
\t"${distro_id}ESMApps:${distro_codename}-apps-security";
\t"${distro_id}ESM:${distro_codename}-infra-security";
//\t"${distro_id}:${distro_codename}-updates";
//\t"${distro_id}:${distro_codename}-proposed";
};
Unattended-Upgrade::Package-Blacklist {
    // "linux-";
};
Unattended-Upgrade::DevRelease "auto";
"""
# needrestart 3.6: needrestart.conf
_NEEDRESTART = """#$nrconf{restart} = 'i';
$nrconf{override_rc} = {
    # DBus
    qr(^dbus) => 0,
    qr(^NetworkManager) => 0,
    qr(^docker) => 0,
    qr(^systemd-logind) => 0,
};
$nrconf{override_cont} = {
};
"""
_UFW = {
    "/etc/ufw/ufw.conf": "ENABLED=no\nLOGLEVEL=low\n",
    "/etc/default/ufw": 'IPV6=yes\nDEFAULT_INPUT_POLICY="DROP"\nDEFAULT_OUTPUT_POLICY="ACCEPT"\n'
    'DEFAULT_FORWARD_POLICY="DROP"\n',
    "/etc/ufw/user.rules": "*filter\n:ufw-user-input - [0:0]\n:ufw-user-forward - [0:0]\n### RULES ###\n\n"
    "### END RULES ###\nCOMMIT\n",
}
# nftables: debian/nftables.conf; its service is not enabled by itself
_NFTABLES = """#!/usr/sbin/nft -f

flush ruleset

table inet filter {
\tchain forward {
\t\ttype filter hook forward priority filter;
\t}
}
"""
# What systemd says of the units that it is asked for.
_SYSTEMCTL = r"""#!/bin/sh
for unit; do
    folder=/usr/lib/systemd/system
    case $unit in
    docker.service | docker.socket | containerd.service | systemd-timesyncd.service)
        set -- loaded active running enabled "$folder/$unit"
        ;;
    nftables.service) set -- loaded inactive dead disabled "$folder/$unit" ;;
    *.service | *.timer | *.socket | *.mount) set -- not-found inactive dead '' '' ;;
    *) continue ;;
    esac
    printf 'Id=%s\nLoadState=%s\nActiveState=%s\nSubState=%s\nUnitFileState=%s\nFragmentPath=%s\n' "$unit" "$@"
    printf 'NeedDaemonReload=no\nDropInPaths=\n\n'
done
"""
_TIMEDATECTL = r"""#!/bin/sh
printf 'NTP=yes\nNTPSynchronized=yes\nCanNTP=yes\nLocalRTC=no\n'
"""
# Docker's own packages, in the place of this machine's; what Ubuntu's server has beside them.
_DOCKERS_OWN = (
    "sed -i -e 's/^Package: docker.io$/Package: docker-ce/' -e 's/^Package: containerd$/Package: containerd.io/'"
)
_BESIDE = "".join(
    f"Package: {name}\\nStatus: install ok installed\\nVersion: 3.6\\nArchitecture: all\\n"
    "Maintainer: A <a@example.com>\\nDescription: x\\n\\n"
    for name in ("needrestart", "unattended-upgrades", "ufw")
)
# Since 24.04 needrestart restarts what nobody is asked about, and its own file spares docker alone.
_CONTAINERD = (("packages.needrestart-spares-engine", "containerd.service"),)
_NO_DPKG = "truncate -s 0"
_RPM = r"""#!/bin/sh
case "$*" in *changelog*) exit 0 ;; esac
printf '%s\t%s\t%s\n' docker-ce 3:28.5.2-1.el9 Docker containerd.io 1.7.28-1.el9 Docker
"""
_UUID = "UUID=1b5c2f6e-0000-4000-8000-000000000001"
_UTC = "0.0 0 0.0\n0\nUTC\n"


@dataclass(frozen=True, slots=True)
class Plain:
    """What one distribution writes.

    Attributes:
        files: by their paths.
        links: where paths lead that are links, by the paths.
        gone: what it does not have.
        packages: what is done to dpkg's list of packages.
        beside: what is written behind it.
        programs: its own, by their names.
        really_so: what is above low and true of it all the same, by check and instance.
    """

    files: Mapping[str, str]
    links: Mapping[str, str] = field(default_factory=dict)
    gone: tuple[str, ...] = ()
    packages: str = ":"
    beside: str = ""
    programs: Mapping[str, str] = field(default_factory=dict)
    really_so: tuple[tuple[str, str], ...] = ()

    def put(self, host: State) -> None:
        """Make a host such a one, before its engine starts."""
        for path in (*self.gone, *self.links):
            host.sh(f"rm -rf {path}")
        for path, text in self.files.items():
            host.write(path, text)
        for path, target in self.links.items():
            host.sh(f"ln -s {target} {path}")
        host.own_copy("/var/lib/dpkg")
        status = "/var/lib/dpkg/status"
        host.sh(f"{self.packages} {status}; printf '{self.beside}' >>{status}; mkdir -p /run/systemd/system")
        for name, text in {"systemctl": _SYSTEMCTL, "timedatectl": _TIMEDATECTL, **self.programs}.items():
            host.engine.write(f"{_PROGRAMS}/{name}", text, 0o755)


def _ubuntu(version: str, codename: str, packages: str = _DOCKERS_OWN) -> Plain:
    return Plain(
        {
            "/etc/os-release": f'ID=ubuntu\nID_LIKE=debian\nVERSION_ID="{version}"\nVERSION_CODENAME={codename}\n',
            "/etc/apt/apt.conf.d/20auto-upgrades": _PERIODIC,
            "/etc/apt/apt.conf.d/50unattended-upgrades": _UBUNTU_ORIGINS,
            "/etc/needrestart/needrestart.conf": _NEEDRESTART,
            "/etc/fstab": f"{_UUID} / ext4 defaults 0 1\n/swap.img\tnone\tswap\tsw\t0\t0\n",
            **_STUB,
            **_UFW,
        },
        {"/etc/resolv.conf": "../run/systemd/resolve/stub-resolv.conf"},
        packages=packages,
        beside=_BESIDE,
        really_so=_CONTAINERD if version == "24.04" else (),
    )


def _debian(version: str, codename: str) -> Plain:
    return Plain(
        {
            "/etc/os-release": f'ID=debian\nVERSION_ID="{version}"\nVERSION_CODENAME={codename}\n',
            "/etc/nftables.conf": _NFTABLES,
            "/etc/fstab": f"{_UUID} / ext4 errors=remount-ro 0 1\n",
            "/etc/adjtime": _UTC,
        }
    )


def _rhel(version: str) -> Plain:
    return Plain(
        {
            "/etc/os-release": f'ID="rhel"\nID_LIKE="fedora"\nVERSION_ID="{version}"\n',
            "/etc/resolv.conf": f"# Generated by NetworkManager\n{_NAME_SERVER}",
            "/etc/hosts": "127.0.0.1   localhost localhost.localdomain\n::1   localhost localhost.localdomain\n"
            "127.0.1.1 fithost\n",
            "/etc/fstab": f"{_UUID} / xfs defaults 0 0\n",
            "/etc/adjtime": _UTC,
        },
        gone=("/etc/apt",),
        packages=_NO_DPKG,
        programs={"rpm": _RPM},
    )


PLAIN = {
    "debian-12": _debian("12", "bookworm"),
    "debian-13": _debian("13", "trixie"),
    "ubuntu-22.04": _ubuntu("22.04", "jammy"),
    "ubuntu-24.04": _ubuntu("24.04", "noble"),
    "ubuntu-24.04 with docker.io": _ubuntu("24.04", "noble", packages=":"),
    "rhel-9": _rhel("9.4"),
    "amazon-2023": Plain(
        {
            "/etc/os-release": 'ID="amzn"\nID_LIKE="fedora"\nVERSION_ID="2023"\n',
            "/etc/fstab": f"{_UUID} / xfs defaults,noatime 1 1\n",
            **_STUB,
        },
        {"/etc/resolv.conf": "/run/systemd/resolve/resolv.conf"},
        gone=("/etc/apt",),
        packages=_NO_DPKG,
        programs={"rpm": _RPM},
    ),
    "sles-15": Plain(
        {
            "/etc/os-release": 'ID="sles"\nID_LIKE="suse"\nVERSION_ID="15.6"\n',
            "/run/netconfig/resolv.conf": f"### generated by netconfig\n{_NAME_SERVER}",
            "/etc/nsswitch.conf": "passwd: compat\ngroup: compat\nhosts: files dns\n",
            "/etc/fstab": f"{_UUID} / btrfs defaults 0 0\n{_UUID} /var btrfs subvol=/@/var 0 0\n",
        },
        {"/etc/resolv.conf": "/run/netconfig/resolv.conf"},
        gone=("/etc/apt",),
        packages=_NO_DPKG,
        programs={"rpm": _RPM},
    ),
}
"""By the names of profiles."""


def judged_plain(name: str) -> Said:
    """What is said of it, with a network beside the default one, and a container on that with a published port."""
    with state(engine=False) as host:
        PLAIN[name].put(host)
        host.engine.start()
        host.network("app", "10.210.0.0/24")
        host.engine.container("--network", "app", "--restart", "unless-stopped", "-p", "127.0.0.1:8080:80", name="web")
        return host.judged(*TOPICS, env={"PATH": PATH})
