"""The running kernel's options: from its configuration, from what it shows, and as far as its modules are there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dockworthy.evidence import NotDecided
from dockworthy.facts.kernel.usage import uses
from tests.facts.kernel.states import Sections, config_text, kconfig, sections
from tests.hosts import host
from tests.rows import each_of

if TYPE_CHECKING:
    from dockworthy.facts.kernel.facts import KernelFacts

TRIXIE = "debian-13-6.12-v2"
LOADED = "debian-13-6.12-v2-modules-loaded"
MICROVM = "microvm-6.18-hybrid"


def kernel(made: Sections) -> KernelFacts:
    facts: KernelFacts = host(made).kernel
    return facts


def without_config(state: str) -> Sections:
    return {**sections(state), "cmd:kernel-config": 2, "cmd:kernel-config-source": 2}


def test_the_configuration_is_the_source_where_it_is_there() -> None:
    value = kernel(sections(TRIXIE, "debian-13-6.12.117-amd64")).value("CONFIG_VETH")
    assert value.value == "m"
    assert value.source == "/boot/config-6.12.117+deb13-cloud-amd64: CONFIG_VETH"


def test_a_module_that_is_on_disk_provides() -> None:
    verdict = kernel(sections(TRIXIE, "debian-13-6.12.117-amd64")).option("CONFIG_VETH").value
    assert (verdict.value, verdict.ok) == ("m", True)


def test_a_module_that_is_not_on_disk_does_not() -> None:
    made = sections(TRIXIE, "debian-13-6.12.117-amd64")
    names = str(made["cmd:modules-on-disk"], "ascii")  # type: ignore[arg-type]
    made["cmd:modules-on-disk"] = "\n".join(line for line in names.splitlines() if "/veth.ko" not in line)
    verdict = kernel(made).option("CONFIG_VETH").value
    assert verdict.finding == "fault"
    assert verdict.why.endswith("set (=m), but no module veth is there for 6.12.117+deb13-cloud-amd64")


def test_a_loaded_module_provides_though_its_file_is_gone() -> None:
    made = sections(LOADED, "debian-13-6.12.117-amd64")
    made.update({"cmd:modules-dir": 2, "cmd:modules-on-disk": 2, "file:modules.builtin": 2})
    facts = kernel(made)
    assert facts.option("CONFIG_VETH").value.ok is True
    assert facts.option("CONFIG_NETFILTER_XT_MARK").value.finding == "fault"


def test_a_module_that_modprobe_must_not_load_does_not_provide() -> None:
    made = sections(TRIXIE, "debian-13-6.12.117-amd64")
    made["list:/etc/modprobe.d"] = "cis.conf\n"
    made["file:/etc/modprobe.d/cis.conf"] = "install overlay /bin/true\n"
    verdict = kernel(made).option("CONFIG_OVERLAY_FS").value
    assert verdict.ok is False
    assert "/etc/modprobe.d/cis.conf" in verdict.why


def test_a_module_whose_whereabouts_are_hidden_is_unknown() -> None:
    made = sections(TRIXIE, "debian-13-6.12.117-amd64")
    del made["cmd:modules-on-disk"]
    assert not kernel(made).option("CONFIG_VETH").is_known


def test_the_hierarchy_must_be_known() -> None:
    made = sections(TRIXIE, "debian-13-6.12.117-amd64")
    del made["file:/proc/self/mountinfo"], made["cmd:cgroup-statfs"]
    assert not kernel(made).option("CONFIG_CGROUP_BPF").is_known
    assert kernel(made).option("CONFIG_KEYS").is_known


@pytest.mark.parametrize(
    ("header", "known"), [("6.12.117", True), ("6.11.1", False)], ids=["of this kernel", "of another kernel"]
)
def test_a_source_trees_configuration_must_be_the_running_kernels(header: str, *, known: bool) -> None:
    made = sections(TRIXIE, "debian-13-6.12.117-amd64")
    made["cmd:kernel-config-source"] = "/usr/src/linux/.config\n"
    made["cmd:kernel-config"] = config_text("debian-13-6.12.117-amd64").replace(
        "Linux/x86 6.12.117", f"Linux/x86 {header}"
    )
    config = kernel(made).config
    assert config.is_known is known
    assert known or config.unknown == "names 6.11.1, and 6.12.117+deb13-cloud-amd64 is running"


# --- without a configuration -----------------------------------------------------------------------------------


@each_of(
    ("state", "symbol", "value"),
    [
        (TRIXIE, "NAMESPACES", "y"),
        (TRIXIE, "PID_NS", "y"),
        (TRIXIE, "CGROUPS", "y"),
        (TRIXIE, "MEMCG", "y"),
        ("debian-7.2-v2", "CPUSETS", "y"),
        (TRIXIE, "KEYS", "y"),
        (TRIXIE, "POSIX_MQUEUE", "y"),
        (TRIXIE, "SECCOMP", "y"),
        (TRIXIE, "SECCOMP_FILTER", "y"),
        (TRIXIE, "VETH", "m"),
        (TRIXIE, "OVERLAY_FS", "m"),
        (TRIXIE, "EXT4_FS", "y"),
        (TRIXIE, "SECURITY_APPARMOR", "y"),
        (TRIXIE, "NF_NAT_NEEDED", "y"),
        (LOADED, "BRIDGE_NETFILTER", "m"),
        (LOADED, "BTRFS_FS", "m"),
        (MICROVM, "OVERLAY_FS", "y"),
        (MICROVM, "BRIDGE_NETFILTER", "y"),
        (MICROVM, "CGROUP_HUGETLB", "y"),
        (MICROVM, "MEMCG_V1", "y"),
        (TRIXIE, "IOSCHED_CFQ", "absent"),
        (TRIXIE, "FAIR_CGROUP_SCHED", "absent"),
        ("microvm-6.18-config-hidden", "SECCOMP", "y"),
    ],
)
def test_what_the_running_kernel_shows(state: str, symbol: str, value: str) -> None:
    assert kernel(without_config(state)).value(symbol).value == value


@each_of(
    ("state", "symbol"),
    [
        (TRIXIE, "CGROUP_BPF"),
        (TRIXIE, "SECURITY_SELINUX"),
        (TRIXIE, "IP_VS_NFCT"),
        (MICROVM, "VXLAN_OF_NO_KERNEL"),
        (MICROVM, "IP_VS"),
        ("debian-11-5.10-v2-memory-disabled", "SECURITY_SELINUX"),
        ("debian-13-6.12-v1-attempt", "MEMCG_V1"),
    ],
)
def test_what_it_does_not_show_is_unknown(state: str, symbol: str) -> None:
    value = kernel(without_config(state)).value(symbol)
    assert "no kernel configuration was read" in (value.unknown or "")


def test_a_hidden_configuration_says_so() -> None:
    made = {
        **sections("microvm-6.18-config-hidden"),
        "cmd:kernel-config-source": "/proc/config.gz\n",
        "cmd:kernel-config": "",
    }
    assert kernel(made).config.unknown == "is empty"
    assert kernel(made).config.source == "/proc/config.gz"


def test_switched_off_at_boot_is_not_taken_for_not_built() -> None:
    made = without_config("debian-11-5.10-v2-memory-disabled")
    made["file:/proc/cgroups"] = "#subsys_name\thierarchy\tnum_cgroups\tenabled\n"
    assert not kernel(made).value("MEMCG").is_known


@pytest.mark.parametrize(
    "section", ["list:/proc/self/ns", "file:/proc/cgroups", "file:/proc/filesystems", "cmd:modules-on-disk"]
)
def test_a_hidden_section_proves_nothing_absent(section: str) -> None:
    made = without_config(TRIXIE)
    seen = {symbol: kernel(made).value(symbol) for symbol in ("PID_NS", "BLK_CGROUP", "POSIX_MQUEUE", "VETH", "IPVLAN")}
    del made[section]
    for symbol, value in seen.items():
        hidden = kernel(made).value(symbol)
        assert not hidden.is_known or hidden.value == value.value, symbol


def test_a_truncated_snapshot_is_the_reason() -> None:
    facts = host({"cmd:uname": "Linux\n6.1.0\nx86_64\n#1\n"}, truncated=True)
    assert facts.kernel.config.unknown == "the snapshot is truncated"
    assert facts.cgroups.mode.unknown == "the snapshot is truncated"
    assert facts.sysctls.now("net.ipv4.ip_forward").unknown == "the snapshot is truncated"


def test_a_file_that_was_denied_is_the_reason() -> None:
    assert host({"file:/proc/cgroups": 13}).cgroups.listed.unknown == "permission denied"


def test_without_a_release_no_option_is_judged() -> None:
    made = sections(TRIXIE, "debian-13-6.12.117-amd64")
    made["cmd:uname"] = "Linux\n???\nx86_64\n"
    del made["file:/proc/sys/kernel/osrelease"]
    assert not kernel(made).option("CONFIG_KEYS").is_known


def test_swap_accounting_falls_back_on_the_build() -> None:
    made = sections("debian-11-5.10-v1", "debian-10-4.19.249-amd64")
    made["cmd:uname"] = "Linux\n4.19.249\nx86_64\n#1\n"
    made["file:/proc/sys/kernel/osrelease"] = "4.19.249\n"
    made["cmd:modules-dir"] = 2
    assert kernel(made).swap_accounting.value is False


def test_a_configuration_of_another_architecture_has_no_vsyscall_page() -> None:
    assert kconfig("raspbian-10-5.10.17-v7l").arch == "arm"


# --- what the host uses ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("feature", "used"),
    [("overlay storage driver", True), ("seccomp profile", True), ("swarm services", False), ("pids limit", False)],
)
def test_without_an_engine_the_host_uses_what_a_new_one_would(feature: str, *, used: bool) -> None:
    assert uses(host({"cmd:engines": ""}), feature).value is used


ENGINE: Sections = {
    "cmd:engines": "100 dockerd /usr/bin/dockerd 0 1 1 -\n",
    "docker:info": '{"Driver":"btrfs","Swarm":{"LocalNodeState":"active"},"SecurityOptions":["name=apparmor",'
    '"name=seccomp,profile=builtin","name=userns"],"FirewallBackend":{"Driver":"nftables"},"DockerRootDir":"/srv/docker"}',
    "docker:networks": '{"Name":"a","Id":"1","Driver":"macvlan","Internal":true,"Options":{}}\n'
    '{"Name":"b","Id":"2","Driver":"overlay","Options":{"encrypted":""}}\n',
    "docker:containers": '{"Id":"1","Name":"/a","HostConfig":{"PidsLimit":100,"NanoCpus":0,"CpuQuota":-1,"Memory":0,'
    '"PortBindings":{"132/sctp":[]}}}\n',
    "file:/proc/self/mountinfo": "1 0 8:1 / / rw - xfs /dev/sda1 rw\n2 1 8:2 / /srv rw - ext4 /dev/sdb1 rw\n",
}


@each_of(
    ("feature", "used"),
    [
        ("btrfs storage driver", True),
        ("overlay storage driver", False),
        ("swarm services", True),
        ("overlay network", True),
        ("encrypted overlay network", True),
        ("macvlan network", True),
        ("internal macvlan network", True),
        ("ipvlan network", False),
        ("userns-remap or rootless", True),
        ("rootless", False),
        ("AppArmor confinement", True),
        ("SELinux confinement", False),
        ("nftables firewall backend", True),
        ("ext4 (or ext3) backing filesystem", True),
        ("ext3 backing filesystem", False),
        ("pids limit", True),
        ("CPU quota", False),
        ("SCTP ports", True),
        ("FTP or TFTP client in a container", False),
    ],
)
def test_an_engine_tells_what_it_uses(feature: str, *, used: bool) -> None:
    assert uses(host(ENGINE), feature).value is used


@pytest.mark.parametrize("feature", ["swarm services", "userns-remap or rootless", "macvlan network", "pids limit"])
def test_an_engine_that_cannot_be_asked_leaves_it_open(feature: str) -> None:
    asked = uses(
        host({"cmd:engines": "100 dockerd /usr/bin/dockerd 0 1 1 -\n", "docker:info": '{"ServerErrors":["x"]}'}),
        feature,
    )
    with pytest.raises(NotDecided):
        asked.value  # noqa: B018 - asking is what raises
