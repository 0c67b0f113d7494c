"""What the kernel is told: at boot, by files for the next boot, and of mounts."""

from __future__ import annotations

from tests.probe.spellings.table import Spelling

__all__ = ["SPELLINGS"]


def _boot(name: str, text: str, *keeps: str) -> Spelling:
    return Spelling(f"cmdline/{name}", "/proc/cmdline", f"BOOT_IMAGE=/vmlinuz root=/dev/sda1 {text}\n", keeps)


def _mount(name: str, kind: str, source: str, options: str, *keeps: str) -> Spelling:
    line = f"36 25 0:32 / /mnt/x rw,noatime shared:1 - {kind} {source} {options}\n"
    return Spelling(
        f"mountinfo/{name}", "/proc/self/mountinfo", line, ("36 25 0:32 / /mnt/x rw,noatime shared:1 - ", *keeps)
    )


def _file(folder: str, name: str, text: str, *keeps: str) -> Spelling:
    return Spelling(f"{folder}/{name}", f"/etc/{folder}/{name}.conf", text, keeps)


SPELLINGS: list[Spelling] = [
    _boot("named", "ipa.pw=«1» luks.pass=«2»", "ipa.pw=REDACTED"),
    _boot("url", "inst.ks=http://u:«1»@h/ks ftp=http://«2»@h"),
    _boot("harmless-name", "note=«1» x=«2»"),
    _boot("word", "«1» rd.note.«2»"),
    _boot("quoted", 'note="two «1» words" "pw=«2» x"'),
    _boot("quoted-in-the-middle", 'no"te=a «1»" x'),
    _boot("comma", "note=a,«1»,b cgroup_enable=memory,«2»"),
    _boot("init-arguments", "-- --token=«1» «2»", " -- "),
    _boot("known-name-odd-value", "cgroup_enable=u:«1»@h systemd.unified_cgroup_hierarchy=«2»"),
    _boot("capital-letters", "PASSWORD=«1» Token=«2»"),
    _boot("sysctl", "sysctl.kernel.note=«1» sysctl.«2»=1 sysctl.net.ipv4.ip_forward=1", "sysctl.net.ipv4.ip_forward=1"),
    _boot("colon", "ip=dhcp:«1» nfsroot=1.2.3.4:/x,password=«2»"),
    _boot("root", "root=https://u:«1»@h root=LABEL=«2»"),
    _boot("no-value", "token= «1»=", "token="),
    Spelling("cmdline/no-line-end", "/proc/cmdline", "quiet pw=«1»", ("quiet",)),
    _boot(
        "twin",
        "ro quiet cgroup_enable=memory swapaccount=1 systemd.unified_cgroup_hierarchy=0 namespace.unpriv_enable=1"
        " cgroup_no_v1=all nomodule apparmor=1 security=apparmor sysctl.vm.overcommit_memory=1",
        *("root=/dev/sda1", "cgroup_enable=memory", "swapaccount=1", "systemd.unified_cgroup_hierarchy=0"),
        *("namespace.unpriv_enable=1", "cgroup_no_v1=all", "nomodule", "sysctl.vm.overcommit_memory=1"),
    ),
    _mount(
        "cifs", "cifs", "//server/share", "rw,vers=3.0,username=u,password=«1»,domain=«2»", "//server/share", "vers=3.0"
    ),
    _mount("cifs-pass", "cifs", "//server/share", "rw,pass=«1»,password2=«2»,credentials=/root/x"),
    _mount("first-option", "cifs", "//server/share", "password=«1»,rw"),
    _mount("url", "fuse.davfs", "https://u:«1»@host/dav", "rw,user_id=0", "@host/dav", "user_id=0"),
    _mount("sshfs", "fuse.sshfs", "u:«1»@host:/x", "rw"),
    _mount("unknown-option", "fuse.x", "x", "rw,token=«1»,«2»,secret=AAA\\054«3»"),
    _mount("source", "fuse.s3fs", "bucket:«1»", "rw"),
    _mount("more-fields", "fuse.x", "x", "rw «1»"),
    _mount("overlay-option", "overlay", "overlay", "rw,lowerdir=/a:/b,upperdir=/u?«1»"),
    _mount("key-file", "ceph", "1.2.3.4:6789:/", "rw,name=admin,secret=«1»,key=«2»", "name=admin"),
    _mount("path-of-a-url", "fuse.x", "https://host/«1»", "rw", "https://host/"),
    _mount("address", "nfs4", "filer:/x", "rw,sec=«1»@x,clientaddr=«2»", "filer:/x"),
    _mount(
        "twin-overlay",
        "overlay",
        "overlay",
        "rw,lowerdir=/l/A:/l/B,upperdir=/u,workdir=/w,index=off,xino=off",
        "lowerdir=/l/A:/l/B",
    ),
    _mount(
        "twin-xfs",
        "xfs",
        "/dev/mapper/vg-data",
        "rw,attr2,inode64,logbufs=8,prjquota",
        "- xfs /dev/mapper/vg-data rw,attr2,inode64,logbufs=8,prjquota",
    ),
    _mount(
        "twin-nfs",
        "nfs4",
        "filer:/export/data",
        "rw,vers=4.2,addr=10.0.0.9",
        "- nfs4 filer:/export/data rw,vers=4.2,addr=10.0.0.9",
    ),
    _mount("twin-btrfs", "btrfs", "/dev/sda2", "rw,subvolid=257,subvol=/@docker", "rw,subvolid=257,subvol=/@docker"),
    _mount(
        "twin-ceph",
        "ceph",
        "mon1.example:6789,mon2.example:6789:/vol",
        "rw",
        "mon1.example:6789,mon2.example:6789:/vol",
    ),
    _mount("subvolume", "btrfs", "/dev/sda2", "rw,subvol=u:«1»@h", "subvol=REDACTED"),
    _mount("twin-cgroup", "cgroup", "cgroup", "rw,cpu,cpuacct", "- cgroup cgroup rw,cpu,cpuacct"),
    _file("modprobe.d", "options", "options wl psk=«1» key=«2»\n", "options wl"),
    _file("modprobe.d", "comment", "# «1»\nblacklist nouveau # «2»\n", "blacklist nouveau"),
    _file("modprobe.d", "continued", "options wl \\\n psk=«1» \\\n  key=«2»\n", "options wl"),
    _file("modprobe.d", "install-command", "install wl /sbin/modprobe -i wl && curl -u u:«1» h\n", "install wl"),
    _file("modprobe.d", "install-quoted", 'install wl "/bin/sh" -c "«1»"\nremove wl logger «2»\n'),
    _file("modprobe.d", "no-directive", "password «1»\nsecret=«2»\n"),
    _file("modprobe.d", "continued-comment", "# one \\\n«1»\n"),
    _file("modprobe.d", "no-line-end", "options wl psk=«1»"),
    _file("modprobe.d", "continued-to-the-end", "options wl \\\n psk=«1» \\"),
    _file("modprobe.d", "indented", "\toptions\twl\tpsk=«1»\n"),
    _file(
        "modprobe.d",
        "twin",
        "install overlay /bin/false\nblacklist br_netfilter\nalias net-pf-10 off\nsoftdep a pre: b\n",
        *("install overlay /bin/false", "blacklist br_netfilter", "alias net-pf-10 off"),
    ),
    _file("modules-load.d", "comment", "# «1»\n; «2»\noverlay\n", "overlay"),
    _file("modules-load.d", "parameters", "overlay token=«1»\n«2»\n", "overlay"),
    _file("modules-load.d", "twin", "overlay\nbr_netfilter\nip_vs_rr\n", "overlay\nbr_netfilter\nip_vs_rr\n"),
    Spelling("modules/parameters", "/etc/modules", "loop max_loop=«1»\n#«2»\n", ("loop",)),
    _file("sysctl.d", "comment", "# «1»\n; «2»\nnet.ipv4.ip_forward=1\n", "net.ipv4.ip_forward = 1"),
    _file(
        "sysctl.d",
        "text",
        "kernel.core_pattern=|/x --token «1»\nkernel.domainname = «2»\n",
        "kernel.core_pattern = REDACTED",
    ),
    _file("sysctl.d", "name", "«1» = 1\nkernel.«2».x = 1\npassword=«3»\n"),
    _file("sysctl.d", "no-assignment", "password «1»\n«2»\n-«3»\n"),
    _file("sysctl.d", "number-then-text", "net.ipv4.ip_forward = 1 # «1»\nvm.swappiness=1«2»\n"),
    _file("sysctl.d", "url", "net.note = https://u:«1»@h\n"),
    _file(
        "sysctl.d",
        "twin",
        "-net.ipv4.conf.*.forwarding = 1\nnet/ipv4/ip_forward=1\nnet.ipv4.conf.enp0s31f6.rp_filter = 2\n"
        "net.core.default_qdisc = fq\n"
        "-net.ipv4.conf.all.accept_redirects\nnet.ipv4.tcp_rmem = 4096 87380 6291456\n",
        *(
            "-net.ipv4.conf.*.forwarding = 1",
            "net/ipv4/ip_forward = 1",
            "enp0s31f6.rp_filter = 2",
            "default_qdisc = fq",
        ),
        *("-net.ipv4.conf.all.accept_redirects\n", "4096 87380 6291456"),
    ),
]
