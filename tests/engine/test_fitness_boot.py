"""The next boot, the next reload and the next upgrade, on real hosts: disks, rules, packages, containers."""

from __future__ import annotations

import json

import pytest

from dockworthy.facts.facts import Facts
from tests.engine.fitness import state

pytestmark = pytest.mark.engine

ROOT = "boot.data-root-mounted"
DROP_IN = "/etc/systemd/system/docker.service.d/mounts.conf"
STATUS = "/var/lib/dpkg/status"


def test_a_data_root_on_a_disk_is_there_again_only_where_something_mounts_it_first() -> None:
    with state(engine=False) as host:
        root, disk = host.data_root, f"{host.engine.root}/disk.img"
        host.sh(f"truncate -s 300M {disk}; mkfs.ext4 -q {disk}; mkdir {root}; mount -o loop {disk} {root}")
        host.engine.start()
        assert host.engine.api("/info")["DockerRootDir"] == root
        assert host.sh(f"findmnt -no FSTYPE -T {root}") == "ext4"
        told: dict[str, str] = {}

        def judge(name: str) -> None:
            told[name] = host.judged("boot").outcomes((ROOT, root))[ROOT, root]

        host.write("/etc/fstab", f"{disk} {root} ext4 loop 0 2\n")
        judge("in fstab")
        host.write("/etc/fstab", "# here\n/dev/other /mnt ext4 defaults 0 0\n")
        judge("not in fstab")
        host.write("/etc/fstab", f"{disk} {root}/ ext4 loop,nofail 0 2\n")
        judge("nofail")
        host.sh("mkdir -p /etc/systemd/system/docker.service.d")
        host.write(DROP_IN, f"[Unit]\nRequiresMountsFor={root}\n")
        judge("nofail, waited for")
        unit = host.sh(f"systemd-escape --path --suffix=mount {root}")
        host.sh(f"rm {DROP_IN}; echo >/etc/fstab")
        host.write(f"/etc/systemd/system/{unit}", f"[Mount]\nWhat={disk}\nWhere={root}\nType=ext4\n")
        judge("a unit that nothing starts")
        wants = "/etc/systemd/system/local-fs.target.wants"
        host.sh(f"mkdir -p {wants}; ln -s '../{unit}' {wants}/")
        judge("a unit")
        assert told == {
            "in fstab": "pass",
            "not in fstab": "fail",
            "nofail": "fail",
            "nofail, waited for": "pass",
            "a unit that nothing starts": "fail",
            "a unit": "pass",
        }


def test_what_fstab_says_is_what_findmnt_reads() -> None:
    lines = (
        "# /srv/x /a ext4 defaults 0 0\nUUID=0a3407de-014b-458b-b5c1-848e92a327a3 /my\\040disk ext4 noauto,nofail 0 2\n"
        "  /dev/sdb1\t/b/  xfs\nLABEL=data /c btrfs subvol=@docker,x-systemd.automount 0 0\n/swap none swap sw 0 0\n"
        "//nas.example/share /d cifs credentials=/root/.secret,_netdev 0 0\n/e /f none bind\n"
    )
    with state(engine=False) as host:
        host.write("/etc/fstab", lines)
        read = json.loads(host.sh("findmnt --fstab --json --list -o TARGET,FSTYPE"))["filesystems"]
        entries = Facts(host.snapshot()).next_mounts.entries.value
        shown = {one["target"].rstrip("/"): one["fstype"] for one in read if one["target"].startswith("/")}
        assert {one.point: one.kind for one in entries} == shown
        assert {one.point: one.unstarted or one.unordered for one in entries} == {
            "/my disk": "noauto",
            "/b": "",
            "/c": "x-systemd.automount",
            "/d": "_netdev",
            "/f": "",
        }


def test_containers_come_back_where_the_engine_or_a_unit_starts_them() -> None:
    with state() as host:
        for name, options in {
            "always": "--restart always -p 127.0.0.1::80",
            "never": "-p 127.0.0.1::80",
            "perhaps": "--restart on-failure:5 -p 127.0.0.1::80",
            "inside": "",
            "going": "--rm -p 127.0.0.1::80",
            "unit": "-p 127.0.0.1::80",
        }.items():
            host.engine.container(*options.split(), name=name)
        host.write("/etc/systemd/system/own.service", "[Service]\nExecStart=/usr/bin/docker start -a unit\n")
        host.sh(
            "mkdir -p /etc/systemd/system/multi-user.target.wants; "
            "ln -s ../own.service /etc/systemd/system/multi-user.target.wants/"
        )
        said = host.judged("boot")
        assert said.of("boot.containers-return") == {
            "always": "pass",
            "never": "fail",
            "perhaps": "error",
            "inside": "skip",
            "going": "skip",
            "unit": "pass",
        }
        assert (
            host.judged("boot", containers_expected_at_boot=("in*",)).of("boot.containers-return")["inside"] == "fail"
        )


def test_rules_that_nft_and_iptables_load_are_told_by_what_they_would_remove() -> None:
    with state() as host:
        files = {
            "/etc/nftables.conf": "#!/usr/sbin/nft -f\nflush ruleset\n\ntable inet own {\n  chain input {\n"
            "    type filter hook input priority 0; policy accept;\n  }\n}\n",
            "/etc/nftables.d/own.nft": 'table inet second {\n  comment "flush ruleset"\n}\n',
        }
        host.sh("mkdir -p /etc/iptables /etc/nftables.d")
        for path, text in files.items():
            host.write(path, text)
        before = host.sh("iptables -w -t nat -S")
        assert "-A PREROUTING" in before
        host.sh("iptables-save >/etc/iptables/rules.v4; printf '*mangle\\nCOMMIT\\n' >/etc/iptables/rules.v6")
        said = host.judged("network")
        # without systemd nobody knows who loads a file that would take the engine's rules away
        assert said.of("network.reload-keeps-rules") == {
            "/etc/nftables.conf": "error",
            "/etc/iptables/rules.v4": "error",
            "/etc/iptables/rules.v6": "pass",
        }
        assert said.of("network.saved-rules-clean") == {
            "/etc/nftables.conf": "pass",
            "/etc/iptables/rules.v4": "fail",
            "/etc/iptables/rules.v6": "pass",
        }
        own = "#!/usr/sbin/nft -f\n# flush ruleset\ntable inet own {}\ndelete table inet own\n"
        own += 'include "/etc/nftables.d/*.nft"\n'
        host.write("/etc/nftables.conf", own)
        host.sh("nft -f /etc/nftables.conf")
        assert host.sh("iptables -w -t nat -S") == before
        by_hand = "*filter\n:FORWARD ACCEPT\n-A FORWARD -i docker0 -j ACCEPT\nCOMMIT\n"
        host.write("/etc/iptables/rules.v4", by_hand)
        host.sh("iptables-restore --test /etc/iptables/rules.v4")
        said = host.judged("network")
        assert said.of("network.reload-keeps-rules")["/etc/nftables.conf"] == "pass"
        assert said.of("network.saved-rules-clean")["/etc/iptables/rules.v4"] == "pass"
        host.sh("sed -i '1aflush ruleset' /etc/nftables.conf; nft -f /etc/nftables.conf")
        assert "DOCKER" not in host.sh("iptables -w -t nat -S")
        assert host.judged("network").of("network.reload-keeps-rules")["/etc/nftables.conf"] == "error"
        host.sh("nft list ruleset >/dev/null")


def test_dpkgs_own_words_decide_what_is_held_and_what_is_whole() -> None:
    with state() as host:
        host.own_copy("/var/lib/dpkg")
        assert set(host.judged("packages").of("packages.not-held").values()) == {"pass"}
        host.sh(
            "apt-mark hold docker.io; "
            f"sed -i '/^Package: runc$/,/^$/s/^Status: .*/Status: install ok half-configured/' {STATUS}"
        )
        assert "half-configured" in host.sh("dpkg-query -W -f '${Status}' runc")
        host.sh("mkdir -p /etc/apt/preferences.d")
        host.write(
            "/etc/apt/preferences.d/keep",
            "Package: containerd\nPin: version 1.7.24*\nPin-Priority: 1001\n\n"
            "Package: docker-cli\nPin: release *\nPin-Priority: 100\n",
        )
        assert "1001" in host.sh("apt-cache policy containerd")
        said = host.judged("packages")
        held, whole = said.of("packages.not-held"), said.of("packages.installed-whole")
        assert {name for name, outcome in held.items() if outcome == "fail"} == {"docker.io", "containerd"}
        assert {name for name, outcome in whole.items() if outcome == "fail"} == {"runc"}
        accepted = host.judged("packages", held_packages_accepted={"docker.io": "until June"})
        assert accepted.of("packages.not-held")["docker.io"] == "skip"


def test_kernels_and_the_flag_are_what_waits_for_a_reboot() -> None:
    running = "6.18.44-fc-v769"
    with state(engine=False) as host:
        running = host.sh("uname -r")
        host.sh("mkdir -p /opt/modules; mkdir -p /lib/modules 2>/dev/null || true")
        host.own_copy("/usr/lib")
        both = host.judged("boot").of("boot.reboot-not-pending")
        assert both["flag"] in {"pass", "skip"}
        assert both["kernel"] in {"pass", "skip"}
        newer = running.replace(running.split(".", maxsplit=1)[0], "99", 1)
        host.sh(
            f"mkdir -p /lib/modules/{running} /lib/modules/{newer} /lib/modules/99.0.0-other-flavour; "
            f"echo 'kernel/fs/overlayfs/overlay.ko.zst: kernel/x.ko' >/lib/modules/{newer}/modules.dep; "
            f"echo kernel/drivers/net/veth.ko >/lib/modules/{newer}/modules.builtin; "
            "echo '*** System restart required ***' >/run/reboot-required; echo dbus >/run/reboot-required.pkgs"
        )
        said = host.judged("boot")
        assert said.of("boot.reboot-not-pending") == {"flag": "fail", "kernel": "fail"}
        assert said["boot.reboot-not-pending", "kernel"].observed == [newer]
        modules = said.of("boot.next-kernel-has-modules")
        assert modules["99.0.0-other-flavour"] == "fail"  # depmod did not run
        assert modules[newer] in {"fail", "error"}


def test_upgrades_stop_containers_where_apt_takes_a_package_whose_scripts_restart() -> None:
    conf = (
        'APT::Periodic::Unattended-Upgrade "1";\nUnattended-Upgrade::Origins-Pattern {\n'
        '  // "origin=Docker";\n  "origin=Debian,codename=${distro_codename},label=Debian";\n};\n'
    )
    keep = ("packages.upgrades-keep-containers", "docker.io")
    with state() as host:
        host.own_copy("/var/lib/dpkg")
        told: dict[str, str] = {}

        def judge(name: str) -> None:
            told[name] = host.judged("packages").outcomes(keep)[keep]

        judge("nothing")
        host.write("/etc/apt/apt.conf.d/50own", conf)
        assert 'Unattended-Upgrade "1"' in host.sh("apt-config dump APT::Periodic")
        judge("scripts that restart nothing")
        host.sh("echo '_dh_action=restart' >>/var/lib/dpkg/info/docker.io.postinst")
        judge("scripts that restart")
        host.write("/etc/apt/apt.conf.d/60own", 'Unattended-Upgrade::Package-Blacklist { "docker"; };\n')
        judge("blocked")
        host.write("/etc/apt/apt.conf.d/60own", 'APT::Periodic { Unattended-Upgrade "0"; };\n')
        judge("off")
        assert told == {
            "nothing": "pass",
            "scripts that restart nothing": "pass",
            "scripts that restart": "fail",
            "blocked": "pass",
            "off": "pass",
        }
