"""The kernels that are installed beside the running one, and what waits for a reboot."""

from __future__ import annotations

from typing import Any

from dockworthy.facts.boot.kernels import flavour, version_key
from tests.checks.engine.base import good
from tests.hosts import checks_in, host, outcome, outcomes
from tests.rows import each_of

CHECKS = checks_in("boot", "kernels.py")
MODULES, PENDING = CHECKS["boot.next-kernel-has-modules"], CHECKS["boot.reboot-not-pending"]
LOADED: tuple[str, ...] = (
    "overlay",
    "bridge",
    "br_netfilter",
    "veth",
    "nf_nat",
    "nf_conntrack",
    "xt_MASQUERADE",
    "xt_conntrack",
)
LOADED += ("xt_addrtype", "nf_tables", "nft_compat")
ALL = " ".join(LOADED)
RUNNING = "6.8.0-40-generic"


def sections(kernels: str, *, loaded: tuple[str, ...] = LOADED, more: dict[str, Any] | None = None) -> dict[str, Any]:
    """A host with these other kernels, whose running one has these modules loaded."""
    return {
        **good(),
        "cmd:uname": f"Linux\n{RUNNING}\nx86_64\n#1\n",
        "cmd:next-kernels": f"running {RUNNING}\nfolder\n{kernels}",
        "cmd:which": "iptables /usr/sbin/iptables /usr/sbin/xtables-nft-multi\ndockerd /x/dockerd /x/dockerd\n",
        "file:/proc/modules": "".join(f"{name} 16384 0 - Live\n" for name in loaded),
        "file:modules.builtin": "",
        "cmd:modules-dir": f"/lib/modules/{RUNNING}\n",
        "cmd:modules-on-disk": "kernel/net/iptable_nat.ko\nkernel/net/vxlan.ko\n",
        "file:/proc/cmdline": "quiet\n",
        "cmd:kernel-config-source": 2,
        "docker:containers": "",
        **(more or {}),
    }


def said(kernels: str, **how: Any) -> dict[str | None, str]:
    return {name: item.outcome for name, item in outcomes(MODULES, host(sections(kernels, **how))).items()}


NEXT = "6.8.0-45-generic"


@each_of(
    ("kernel", "expected"),
    [
        (f"images 2\n{NEXT} image dep builtin {ALL}\n", "pass"),
        (f"images 2\n{NEXT} image dep builtin {ALL.replace('veth', '')}\n", "fail"),
        (f"images 2\n{NEXT} image dep builtin {ALL.replace('xt_MASQUERADE', 'ipt_MASQUERADE')}\n", "pass"),
        (f"images 2\n{NEXT} image dep - {ALL}\n", "pass"),
        (f"images 2\n{NEXT} image dep - {ALL.replace('veth', '')}\n", "error"),
        # depmod did not run
        (f"images 2\n{NEXT} image kernel builtin\n", "fail"),
        (f"images 0\n{NEXT} - - -\n", "fail"),
    ],
)
def test_another_kernel_has_to_have_what_the_running_one_uses(kernel: str, expected: str) -> None:
    assert said(kernel) == {NEXT: expected}


def test_a_folder_that_a_removed_kernel_left_is_none_that_boots() -> None:
    assert said(f"images 1\n{NEXT} - - -\n") == {None: "skip"}


def test_several_kernels_are_judged_each() -> None:
    both = f"images 3\n6.8.0-45-aws image dep builtin overlay\n{NEXT} image dep builtin {ALL}\n"
    assert said(both) == {"6.8.0-45-aws": "fail", NEXT: "pass"}


def test_modules_of_the_older_tables_are_asked_only_of_hosts_that_use_these() -> None:
    loaded = (*LOADED, "iptable_nat")
    kernel = f"images 2\n{NEXT} image dep builtin {ALL}\n"
    assert said(kernel, loaded=loaded) == {NEXT: "pass"}
    legacy = {
        "cmd:which": "iptables /usr/sbin/iptables /usr/sbin/xtables-legacy-multi\ndockerd /x/dockerd /x/dockerd\n"
    }
    assert said(kernel, loaded=loaded, more=legacy) == {NEXT: "fail"}


def test_what_lies_on_disk_and_is_not_loaded_while_an_engine_runs_is_not_used() -> None:
    loaded = tuple(name for name in LOADED if name != "br_netfilter")
    more = {"cmd:modules-on-disk": "kernel/net/bridge/br_netfilter.ko.zst\n"}
    assert said(
        f"images 2\n{NEXT} image dep builtin {ALL.replace('br_netfilter ', '')}\n", loaded=loaded, more=more
    ) == {NEXT: "pass"}


def test_tunnels_between_nodes_are_asked_of_a_swarm_alone() -> None:
    loaded = (*LOADED, "vxlan")
    kernel = f"images 2\n{NEXT} image dep builtin {ALL}\n"
    assert said(kernel, loaded=loaded) == {NEXT: "pass"}
    swarm = {"docker:info": '{"Swarm": {"LocalNodeState": "active"}}'}
    assert said(kernel, loaded=loaded, more=swarm) == {NEXT: "fail"}


def test_a_kernel_without_modules_has_nothing_to_be_compared_with() -> None:
    assert said("images 0\n") == {None: "skip"}
    assert outcome(MODULES, host(sections("images 0\n", more={"cmd:container": "lxc\n"}))).outcome == "skip"


@each_of(
    ("older", "newer"),
    [
        ("6.1.0-9-amd64", "6.1.0-22-amd64"),
        ("6.1.0-22-amd64", "6.12.38+deb13-amd64"),
        ("6.1.0-22-cloud-amd64", "6.9.7+bpo-cloud-amd64"),
        ("5.15.0-91-generic", "5.15.0-101-generic"),
        ("6.8.0-1015-aws", "6.8.0-1016-aws"),
        ("5.14.0-427.el9.x86_64", "5.14.0-427.13.1.el9_4.x86_64"),
        ("6.5.6-300.fc39.x86_64", "6.8.9-300.fc40.x86_64"),
        ("5.15.0-205.149.5.1.el9uek.x86_64", "5.15.0-206.153.7.el9uek.x86_64"),
        ("6.1.90-99.173.amzn2023.x86_64", "6.1.91-99.172.amzn2023.x86_64"),
        ("6.9.1-arch1-1", "6.9.1-arch1-2"),
        ("6.9.1-arch1-1", "6.9.1-arch2-1"),
        ("6.11.5-zen1-1-zen", "6.11.6-zen2-1-zen"),
        ("6.6.54-gentoo", "6.6.54-gentoo-r1"),
        ("5.10.0-136.oe2203sp1.x86_64", "5.10.0-216.oe2203sp4.x86_64"),
        ("6.6.30-0-lts", "6.6.31-0-lts"),
        ("6.10-rc3-amd64", "6.10-amd64"),
        ("6.6.20+rpt-rpi-v8", "6.6.31+rpt-rpi-v8"),
        ("6.4.0-150600.21-default", "6.4.0-150600.23.7-default"),
    ],
)
def test_releases_of_one_flavour_are_ordered_as_versions(older: str, newer: str) -> None:
    assert flavour(older) == flavour(newer)
    assert version_key(older) < version_key(newer)


@each_of(
    ("one", "other"),
    [
        ("6.1.0-22-amd64", "6.1.0-23-cloud-amd64"),
        ("6.1.0-22-amd64", "6.1.0-23-rt-amd64"),
        ("6.8.0-40-generic", "6.8.0-41-lowlatency"),
        ("6.8.0-40-generic", "6.8.0-1016-aws"),
        ("5.14.0-427.el9.x86_64", "5.15.0-205.149.5.1.el9uek.x86_64"),
        ("6.6.30-0-lts", "6.6.31-0-virt"),
        ("6.6.31+rpt-rpi-v8", "6.6.31+rpt-rpi-2712"),
        ("5.14.0-427.el9.x86_64", "5.14.0-427.el9.x86_64+rt"),
    ],
)
def test_another_flavour_is_no_successor(one: str, other: str) -> None:
    assert flavour(one) != flavour(other)


def pending(kernels: str = "images 1\n", **more: Any) -> dict[str | None, str]:
    named = {name.replace("_", ":", 1): value for name, value in more.items()}
    facts = host(sections(kernels, more={"cmd:reboot": "", **named}))
    return {name: item.outcome for name, item in outcomes(PENDING, facts).items()}


@each_of(
    ("kernels", "expected"),
    [
        ("images 1\n", "pass"),
        (f"images 2\n{NEXT} image dep builtin\n", "fail"),
        ("images 2\n6.8.0-39-generic image dep builtin\n", "pass"),
        ("images 2\n6.8.0-9-generic image dep builtin\n", "pass"),
        ("images 2\n6.8.0-45-aws image dep builtin\n", "pass"),
        # a folder that is left of a removed kernel
        (f"images 1\n{NEXT} - - -\n", "pass"),
    ],
)
def test_a_newer_kernel_of_the_same_flavour_waits_for_a_reboot(kernels: str, expected: str) -> None:
    assert pending(kernels)["kernel"] == expected


@each_of(
    ("told", "expected"),
    [
        ("flag\npackage linux-image-amd64\n", "fail"),
        ("flag\npackage dbus\n", "fail"),
        ("flag\n", "fail"),
        ("mechanism /usr/share/update-notifier/notify-reboot-required\n", "pass"),
        ("", "skip"),
        ((95, ""), "error"),
    ],
)
def test_the_flag_of_debian_and_ubuntu_is_what_packages_ask_for(told: Any, expected: str) -> None:
    assert pending(cmd_reboot=told)["flag"] == expected


@each_of(
    ("installed", "expected"),
    [
        ("glibc\t2.34-1.el9\tRed Hat\t1000\nsystemd\t252\tRed Hat\t1500\n", "pass"),
        ("glibc\t2.34-1.el9\tRed Hat\t999999\n", "fail"),
        ("bash\t5.1\tRed Hat\t999999\nglibc\t2.34-1.el9\tRed Hat\t1000\n", "pass"),
        ("glibc\t2.34-1.el9\tRed Hat\n", "error"),
        ("bash\t5.1\tRed Hat\t999999\n", "error"),
    ],
)
def test_on_red_hats_systems_a_package_that_is_newer_than_the_boot_asks_for_one(installed: str, expected: str) -> None:
    more: dict[str, Any] = {
        "cmd_rpm": installed,
        "cmd_dpkg-query": 127,
        "cmd_date": "100000 1970-01-02T03:46:40Z\n",
        "file_/proc/uptime": "50000.00 1\n",
    }
    assert pending(**more)["flag"] == expected


def test_nothing_waits_inside_a_container() -> None:
    assert pending(cmd_container="lxc\n") == {None: "skip"}
