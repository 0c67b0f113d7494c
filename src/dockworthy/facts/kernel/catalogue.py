"""The build options that Docker asks of a kernel, as data.

The set is that of moby's ``contrib/check-config.sh``; what each one's absence means by version, cgroup hierarchy
and other options is a rule in [dockworthy.facts.kernel.options][]. ``since`` is the mainline version that brought
a symbol where that is 3.0 or later; ``modules`` are the names that it was ever built under; ``instead`` are the
symbols that provide the same (older names, or what a compatibility name stands for).
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["OPTIONS", "RELATED_MODULES", "Option", "option"]

PREFIX = "CONFIG_"


@dataclass(frozen=True, slots=True)
class Option:
    """One build option.

    Attributes:
        symbol: its name without ``CONFIG_``.
        group: what it belongs to: ``necessary``, ``optional``, ``network-driver:…``, ``storage-driver:…``.
        what_for: what Docker uses it for.
        rule: the name of its rule; without one it is needed always, or for the feature in ``when``.
        when: the feature that needs it.
        modules: the kernel module that carries it, by each name that it ever had.
        instead: symbols that provide the same.
        since: the first mainline version that has it.
    """

    symbol: str
    group: str
    what_for: str
    rule: str = ""
    when: str = ""
    modules: tuple[str, ...] = ()
    instead: tuple[str, ...] = ()
    since: tuple[int, int] | None = None

    @property
    def name(self) -> str:
        """Its name as the configuration has it."""
        return PREFIX + self.symbol


OPTIONS: tuple[Option, ...] = (
    Option("NAMESPACES", "necessary", "namespace support umbrella"),
    Option("NET_NS", "necessary", "separate network stacks"),
    Option("PID_NS", "necessary", "separate process id spaces"),
    Option("IPC_NS", "necessary", "separate SysV/POSIX IPC"),
    Option("UTS_NS", "necessary", "separate host names"),
    Option("CGROUPS", "necessary", "control group core"),
    Option("CGROUP_CPUACCT", "necessary", "CPU time accounting controller (v1)", rule="v1_controller"),
    Option("CGROUP_DEVICE", "necessary", "device access controller (v1)", rule="v1_controller"),
    Option("CGROUP_FREEZER", "necessary", "pause/unpause via freezer (v1)", rule="v1_controller"),
    Option("CGROUP_SCHED", "necessary", "CPU weight per group", instead=("FAIR_CGROUP_SCHED",)),
    Option("CPUSETS", "necessary", "pin groups to CPUs and memory nodes", rule="controller_of_both"),
    Option(
        "MEMCG",
        "necessary",
        "memory accounting and limits",
        rule="controller_of_both",
        instead=("CGROUP_MEM_RES_CTLR",),
        since=(3, 6),
    ),
    Option("KEYS", "necessary", "kernel keyring used by the runtime"),
    Option("VETH", "necessary", "virtual ethernet pairs for containers", modules=("veth",)),
    Option("BRIDGE", "necessary", "software bridge (docker0 and user bridges)", modules=("bridge",)),
    Option("BRIDGE_NETFILTER", "necessary", "packet filter sees bridged traffic", modules=("br_netfilter",)),
    Option(
        "IP_NF_FILTER", "necessary", "IPv4 filter table (iptables)", rule="legacy_table", modules=("iptable_filter",)
    ),
    Option("IP_NF_MANGLE", "necessary", "IPv4 mangle table", rule="legacy_table", modules=("iptable_mangle",)),
    Option(
        "IP_NF_TARGET_MASQUERADE",
        "necessary",
        "IPv4 outbound source NAT",
        rule="legacy_table",
        modules=("xt_MASQUERADE", "ipt_MASQUERADE"),
    ),
    Option("IP6_NF_FILTER", "necessary", "IPv6 filter table", rule="legacy_table", modules=("ip6table_filter",)),
    Option("IP6_NF_MANGLE", "necessary", "IPv6 mangle table", rule="legacy_table", modules=("ip6table_mangle",)),
    Option(
        "IP6_NF_TARGET_MASQUERADE",
        "necessary",
        "IPv6 outbound source NAT",
        rule="legacy_table",
        modules=("xt_MASQUERADE", "ip6t_MASQUERADE"),
        since=(3, 7),
    ),
    Option(
        "NETFILTER_XT_MATCH_ADDRTYPE",
        "necessary",
        "match local destination addresses",
        modules=("xt_addrtype",),
        instead=("IP_NF_MATCH_ADDRTYPE",),
    ),
    Option("NETFILTER_XT_MATCH_CONNTRACK", "necessary", "match connection state", modules=("xt_conntrack",)),
    Option(
        "NETFILTER_XT_MATCH_IPVS",
        "necessary",
        "match IPVS traffic (swarm load balancing)",
        when="swarm services",
        modules=("xt_ipvs",),
    ),
    Option(
        "NETFILTER_XT_MARK",
        "necessary",
        "set/match packet marks (swarm ingress)",
        modules=("xt_mark",),
        instead=("NETFILTER_XT_MATCH_MARK",),
    ),
    Option(
        "IP_NF_RAW",
        "necessary",
        "IPv4 raw table (direct-access drop rules)",
        rule="legacy_table",
        modules=("iptable_raw",),
    ),
    Option(
        "IP_NF_NAT",
        "necessary",
        "IPv4 nat table (published ports)",
        rule="legacy_table",
        modules=("iptable_nat",),
        since=(3, 17),
    ),
    Option("NF_NAT", "necessary", "NAT core", modules=("nf_nat",)),
    Option("IP6_NF_RAW", "necessary", "IPv6 raw table", rule="legacy_table", modules=("ip6table_raw",)),
    Option("IP6_NF_NAT", "necessary", "IPv6 nat table", rule="legacy_table", modules=("ip6table_nat",), since=(3, 17)),
    Option("POSIX_MQUEUE", "necessary", "bind mount of /dev/mqueue"),
    Option(
        "DEVPTS_MULTIPLE_INSTANCES",
        "necessary",
        "private devpts per container (implicit later)",
        rule="devpts_multiple_instances",
    ),
    Option(
        "NF_NAT_IPV4",
        "necessary",
        "IPv4 NAT helper, merged into NF_NAT later",
        rule="nf_nat_ipv4",
        modules=("nf_nat_ipv4",),
        since=(3, 7),
    ),
    Option("NF_NAT_NEEDED", "necessary", "NAT selector symbol, dropped later", rule="nf_nat_needed"),
    Option("CGROUP_BPF", "necessary", "device rules on cgroup v2 through eBPF", rule="cgroup_bpf", since=(4, 10)),
    Option("USER_NS", "optional", "user namespace remapping and rootless", when="userns-remap or rootless"),
    Option("SECCOMP", "optional", "system call filtering core", when="seccomp profile"),
    Option(
        "SECCOMP_FILTER",
        "optional",
        "BPF system call filters used by default profile",
        when="seccomp profile",
        since=(3, 5),
    ),
    Option("CGROUP_PIDS", "optional", "process count limits (--pids-limit)", when="pids limit", since=(4, 3)),
    Option(
        "MEMCG_SWAP",
        "optional",
        "swap accounting per group",
        rule="memcg_swap",
        when="swap limits",
        instead=("CGROUP_MEM_RES_CTLR_SWAP",),
        since=(3, 6),
    ),
    Option(
        "MEMCG_SWAP_ENABLED",
        "optional",
        "swap accounting on by default",
        rule="memcg_swap_enabled",
        when="swap limits without a boot argument",
        instead=("CGROUP_MEM_RES_CTLR_SWAP_ENABLED",),
        since=(3, 6),
    ),
    Option(
        "LEGACY_VSYSCALL_NATIVE",
        "optional:vsyscall",
        "fixed-address vsyscall page weakens ASLR",
        rule="legacy_vsyscall_native",
        since=(4, 4),
    ),
    Option(
        "LEGACY_VSYSCALL_EMULATE",
        "optional:vsyscall",
        "safe emulation for very old C libraries",
        rule="legacy_vsyscall_emulate",
        when="containers with glibc < 2.14",
        since=(4, 4),
    ),
    Option(
        "LEGACY_VSYSCALL_NONE",
        "optional:vsyscall",
        "no vsyscall page at all",
        rule="legacy_vsyscall_none",
        since=(4, 4),
    ),
    Option(
        "MEMCG_KMEM",
        "optional",
        "kernel memory accounting switch",
        rule="memcg_kmem",
        when="kernel memory limits",
        since=(3, 8),
    ),
    Option(
        "RESOURCE_COUNTERS", "optional", "old memory counter back end", rule="resource_counters", when="memory limits"
    ),
    Option(
        "NETPRIO_CGROUP",
        "optional",
        "network priority per group",
        rule="netprio_cgroup",
        when="network priority per group",
        since=(3, 3),
    ),
    Option(
        "CGROUP_NET_PRIO",
        "optional",
        "network priority per group",
        rule="v1_feature",
        when="network priority per group",
        since=(3, 14),
    ),
    Option(
        "IOSCHED_CFQ",
        "optional",
        "CFQ disk scheduler for blkio weights",
        rule="iosched_cfq",
        when="block I/O weight",
        modules=("cfq_iosched",),
    ),
    Option("CFQ_GROUP_IOSCHED", "optional", "per-group CFQ weights", rule="cfq_group_iosched", when="block I/O weight"),
    Option("BLK_CGROUP", "optional", "block I/O controller", when="block I/O limits"),
    Option("BLK_DEV_THROTTLING", "optional", "block I/O rate limits", when="block I/O rate limits"),
    Option("CGROUP_PERF", "optional", "perf events per group", when="perf per group"),
    Option(
        "CGROUP_HUGETLB",
        "optional",
        "huge page limits",
        when="huge page limits",
        instead=("CGROUP_HUGETLB_RES_CTLR",),
        since=(3, 6),
    ),
    Option(
        "NET_CLS_CGROUP",
        "optional",
        "traffic class per group (v1)",
        rule="v1_feature",
        when="traffic class per group",
        modules=("cls_cgroup",),
    ),
    Option("CFS_BANDWIDTH", "optional", "CPU quota (--cpus)", when="CPU quota", since=(3, 2)),
    Option("FAIR_GROUP_SCHED", "optional", "fair scheduling between groups", when="CPU weight"),
    Option(
        "IP_NF_TARGET_REDIRECT",
        "optional",
        "redirect target (swarm, embedded DNS)",
        when="swarm services",
        modules=("xt_REDIRECT", "ipt_REDIRECT"),
        instead=("NETFILTER_XT_TARGET_REDIRECT",),
    ),
    Option("IP_SCTP", "optional", "SCTP ports", when="SCTP ports", modules=("sctp",)),
    Option("IP_VS", "optional", "IPVS core for swarm services", when="swarm services", modules=("ip_vs",)),
    Option("IP_VS_NFCT", "optional", "IPVS with connection tracking", when="swarm services"),
    Option("IP_VS_PROTO_TCP", "optional", "IPVS TCP balancing", when="swarm services"),
    Option("IP_VS_PROTO_UDP", "optional", "IPVS UDP balancing", when="swarm services"),
    Option("IP_VS_RR", "optional", "IPVS round-robin scheduler", when="swarm services", modules=("ip_vs_rr",)),
    Option("SECURITY_SELINUX", "optional", "SELinux confinement", when="SELinux confinement"),
    Option("SECURITY_APPARMOR", "optional", "AppArmor confinement", when="AppArmor confinement"),
    Option(
        "NFT_CT",
        "optional",
        "nftables connection tracking",
        when="nftables firewall backend",
        modules=("nft_ct",),
        since=(3, 13),
    ),
    Option(
        "NFT_FIB_IPV4",
        "optional",
        "nftables IPv4 route lookup",
        when="nftables firewall backend",
        modules=("nft_fib_ipv4",),
        since=(4, 10),
    ),
    Option(
        "NFT_FIB_IPV6",
        "optional",
        "nftables IPv6 route lookup",
        when="nftables firewall backend",
        modules=("nft_fib_ipv6",),
        since=(4, 10),
    ),
    Option(
        "NFT_FIB",
        "optional",
        "nftables route lookup core",
        when="nftables firewall backend",
        modules=("nft_fib",),
        since=(4, 10),
    ),
    Option(
        "NFT_MASQ",
        "optional",
        "nftables masquerade",
        when="nftables firewall backend",
        modules=("nft_masq",),
        since=(3, 18),
    ),
    Option(
        "NFT_NAT", "optional", "nftables NAT", when="nftables firewall backend", modules=("nft_nat",), since=(3, 13)
    ),
    Option(
        "NF_TABLES",
        "optional",
        "nftables core",
        when="nftables firewall backend",
        modules=("nf_tables",),
        since=(3, 13),
    ),
    Option("EXT4_USE_FOR_EXT2", "optional:backing-fs", "ext4 driver also serves ext2/ext3", rule="gate", since=(4, 3)),
    Option("EXT3_FS", "optional:backing-fs", "ext3 as backing filesystem", rule="ext3", modules=("ext3",)),
    Option("EXT3_FS_XATTR", "optional:backing-fs", "ext3 extended attributes", rule="ext3"),
    Option("EXT3_FS_POSIX_ACL", "optional:backing-fs", "ext3 access control lists", rule="ext3"),
    Option("EXT3_FS_SECURITY", "optional:backing-fs", "ext3 security labels", rule="ext3"),
    Option(
        "EXT4_FS",
        "optional:backing-fs",
        "ext4 as backing filesystem",
        when="ext4 (or ext3) backing filesystem",
        modules=("ext4",),
    ),
    Option(
        "EXT4_FS_POSIX_ACL",
        "optional:backing-fs",
        "ext4 access control lists",
        when="ext4 (or ext3) backing filesystem",
    ),
    Option("EXT4_FS_SECURITY", "optional:backing-fs", "ext4 security labels", when="ext4 (or ext3) backing filesystem"),
    Option(
        "VXLAN",
        "network-driver:overlay",
        "overlay tunnel device",
        when="overlay network",
        modules=("vxlan",),
        since=(3, 7),
    ),
    Option(
        "BRIDGE_VLAN_FILTERING",
        "network-driver:overlay",
        "VLAN-aware bridge used by overlay",
        when="overlay network",
        since=(3, 9),
    ),
    Option("CRYPTO", "network-driver:overlay-encrypted", "crypto API", when="encrypted overlay network"),
    Option(
        "CRYPTO_AEAD",
        "network-driver:overlay-encrypted",
        "authenticated encryption API",
        when="encrypted overlay network",
    ),
    Option(
        "CRYPTO_GCM", "network-driver:overlay-encrypted", "GCM mode", when="encrypted overlay network", modules=("gcm",)
    ),
    Option(
        "CRYPTO_SEQIV",
        "network-driver:overlay-encrypted",
        "sequence IV generator",
        when="encrypted overlay network",
        modules=("seqiv",),
    ),
    Option(
        "CRYPTO_GHASH",
        "network-driver:overlay-encrypted",
        "GHASH for GCM",
        rule="crypto_ghash",
        when="encrypted overlay network",
        modules=("ghash_generic",),
    ),
    Option("XFRM", "network-driver:overlay-encrypted", "IPsec framework", when="encrypted overlay network"),
    Option(
        "XFRM_USER",
        "network-driver:overlay-encrypted",
        "IPsec configuration netlink",
        when="encrypted overlay network",
        modules=("xfrm_user",),
    ),
    Option(
        "XFRM_ALGO",
        "network-driver:overlay-encrypted",
        "IPsec algorithm glue",
        when="encrypted overlay network",
        modules=("xfrm_algo",),
        since=(3, 5),
    ),
    Option(
        "INET_ESP", "network-driver:overlay-encrypted", "IPv4 ESP", when="encrypted overlay network", modules=("esp4",)
    ),
    Option(
        "NETFILTER_XT_MATCH_BPF",
        "network-driver:overlay-encrypted",
        "BPF packet match for VXLAN ids",
        when="encrypted overlay network",
        modules=("xt_bpf",),
        since=(3, 9),
    ),
    Option(
        "INET_XFRM_MODE_TRANSPORT",
        "network-driver:overlay-encrypted",
        "IPsec transport mode (built in later)",
        rule="inet_xfrm_mode_transport",
        when="encrypted overlay network",
        modules=("xfrm4_mode_transport",),
    ),
    Option(
        "IPVLAN",
        "network-driver:ipvlan",
        "ipvlan interfaces",
        when="ipvlan network",
        modules=("ipvlan",),
        since=(3, 19),
    ),
    Option("MACVLAN", "network-driver:macvlan", "macvlan interfaces", when="macvlan network", modules=("macvlan",)),
    Option(
        "DUMMY",
        "network-driver:macvlan",
        "dummy parent for internal macvlan",
        when="internal macvlan network",
        modules=("dummy",),
    ),
    Option(
        "NF_NAT_FTP",
        "network-driver:ftp-client",
        "FTP through NAT",
        when="FTP or TFTP client in a container",
        modules=("nf_nat_ftp",),
    ),
    Option(
        "NF_CONNTRACK_FTP",
        "network-driver:ftp-client",
        "FTP connection tracking",
        when="FTP or TFTP client in a container",
        modules=("nf_conntrack_ftp",),
    ),
    Option(
        "NF_NAT_TFTP",
        "network-driver:ftp-client",
        "TFTP through NAT",
        when="FTP or TFTP client in a container",
        modules=("nf_nat_tftp",),
    ),
    Option(
        "NF_CONNTRACK_TFTP",
        "network-driver:ftp-client",
        "TFTP connection tracking",
        when="FTP or TFTP client in a container",
        modules=("nf_conntrack_tftp",),
    ),
    Option(
        "BTRFS_FS",
        "storage-driver:btrfs",
        "btrfs graph driver/snapshotter",
        when="btrfs storage driver",
        modules=("btrfs",),
    ),
    Option("BTRFS_FS_POSIX_ACL", "storage-driver:btrfs", "btrfs access control lists", when="btrfs storage driver"),
    Option(
        "OVERLAY_FS",
        "storage-driver:overlay",
        "overlay2 driver and overlayfs snapshotter",
        when="overlay storage driver",
        modules=("overlay", "overlayfs"),
        since=(3, 18),
    ),
)

# Options that a rule asks for besides, and the modules that carry them.
RELATED_MODULES: dict[str, tuple[str, ...]] = {
    "IP_NF_MATCH_ADDRTYPE": ("xt_addrtype", "ipt_addrtype"),
    "NETFILTER_XT_MATCH_MARK": ("xt_mark",),
    "NETFILTER_XT_TARGET_MASQUERADE": ("xt_MASQUERADE",),
    "NETFILTER_XT_TARGET_REDIRECT": ("xt_REDIRECT",),
    "NFT_COMPAT": ("nft_compat",),
    "NF_NAT_IPV6": ("nf_nat_ipv6",),
}

_BY_NAME = {entry.name: entry for entry in OPTIONS}


def option(name: str) -> Option:
    """The catalogue's entry of that name (with ``CONFIG_``).

    Raises:
        KeyError: if there is none.
    """
    return _BY_NAME[name]
