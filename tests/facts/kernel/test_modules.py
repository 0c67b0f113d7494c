"""Modules, boot arguments and releases."""

from __future__ import annotations

import pytest

from dockworthy.facts.kernel.bootargs import parse_cmdline
from dockworthy.facts.kernel.modules import ModuleFacts, module_name
from dockworthy.facts.kernel.release import parse_release
from tests.facts.kernel.states import lookup_of
from tests.replay_kernel import overlay
from tests.rows import each_of


def facts(**more: str | None) -> ModuleFacts:
    contents: dict[str, str | None] = {
        "proc/modules": "overlay 217088 0 - Live\nnf_nat 65536 1 - Live\n",
        "modules.builtin": "kernel/net/bridge/bridge.ko\n",
        "modules-dir": "",
        "modules-on-disk": "kernel/drivers/net/veth.ko.xz\nkernel/crypto/ghash-generic.ko:\n",
        "list:sys/module": "overlay\ntcp_cubic\n",
        "proc/filesystems": "nodev\tproc\n\text4\n",
        "proc/sys/kernel/modules_disabled": "0",
        "proc/cmdline": "quiet",
    }
    contents.update(more)
    return ModuleFacts.from_lookup(lookup_of({k: v for k, v in contents.items() if v != "unknown"}))


@each_of(
    ("name", "state"),
    [
        ("overlay", "loaded"),
        ("bridge", "built in"),
        ("veth", "on disk"),
        ("ghash-generic", "on disk"),
        ("ghash_generic", "on disk"),
        ("vxlan", "absent"),
    ],
)
def test_where_a_module_is(name: str, state: str) -> None:
    assert facts().state(name).value == state


@pytest.mark.parametrize("hidden", ["modules.builtin", "modules-on-disk", "proc/modules"])
def test_a_module_that_no_list_names_is_unknown_while_a_list_is(hidden: str) -> None:
    assert not facts(**{hidden: "unknown"}).state("vxlan").is_known


def test_after_an_update_of_the_kernel_the_running_ones_modules_are_gone() -> None:
    modules = facts(**{"modules-dir": None, "modules-on-disk": None})
    assert modules.on_disk.value == frozenset()
    assert modules.state("veth").value == "absent"
    assert modules.state("overlay").value == "loaded"


def test_a_kernel_without_modules_has_what_is_built_in() -> None:
    modules = facts(**{"proc/modules": None, "modules.builtin": None, "modules-on-disk": None, "modules-dir": None})
    assert modules.supported.value is False
    assert modules.state("overlay").value == "built in"
    assert not modules.state("veth").is_known
    assert modules.locked.value == "the kernel is built without loadable modules"


@pytest.mark.parametrize(
    ("types", "state"), [("nodev overlay\n", "ready"), ("nodev overlayfs\n", "ready"), ("nodev proc\n", "ready")]
)
def test_overlay_is_ready_where_the_kernel_has_the_file_system_or_the_module(types: str, state: str) -> None:
    assert overlay(facts(**{"proc/filesystems": types})).value == state


def test_overlay_on_disk_and_not_there() -> None:
    assert overlay(facts(**{"proc/modules": "", "modules-on-disk": "kernel/fs/overlayfs/overlay.ko"})).value == (
        "module on disk, not loaded"
    )
    assert overlay(facts(**{"proc/modules": ""})).value == "not there"


@each_of(
    ("more", "reason"),
    [
        ({"proc/sys/kernel/modules_disabled": "1"}, "kernel.modules_disabled is 1"),
        ({"proc/cmdline": "nomodule"}, "the kernel was started with nomodule"),
        (
            {"list:etc/modprobe.d": "cis.conf", "etc/modprobe.d/cis.conf": "install veth /bin/true\n"},
            "/etc/modprobe.d/cis.conf has modprobe run /bin/true in its place",
        ),
        ({"list:etc/modprobe.d": "a.conf", "etc/modprobe.d/a.conf": "blacklist veth\n#install veth /bin/true\n"}, None),
        ({"list:etc/modprobe.d": "a.conf", "etc/modprobe.d/a.conf": "install veth /sbin/modprobe -i veth\n"}, None),
        ({}, None),
    ],
    ids=["disabled", "nomodule", "install", "blacklist", "install that does", "free"],
)
def test_why_a_module_cannot_be_loaded(more: dict[str, str | None], reason: str | None) -> None:
    assert facts(**more).loadable("veth").value == reason


def test_a_file_in_etc_hides_its_namesake() -> None:
    modules = facts(
        **{
            "list:etc/modprobe.d": "a.conf",
            "etc/modprobe.d/a.conf": "",
            "list:usr/lib/modprobe.d": "a.conf",
            "usr/lib/modprobe.d/a.conf": "install veth /bin/false",
        }
    )
    assert modules.loadable("veth").value is None


def test_the_modules_of_every_boot_are_known() -> None:
    modules = facts(
        **{
            "list:etc/modules-load.d": "k8s.conf\nREADME",
            "etc/modules-load.d/k8s.conf": "# for bridges\nbr_netfilter\n; no\noverlay\n",
            "etc/modules": "loop\n",
        }
    )
    assert {name: setting.file for name, setting in modules.at_boot.value.items()} == {
        "br_netfilter": "/etc/modules-load.d/k8s.conf",
        "overlay": "/etc/modules-load.d/k8s.conf",
        "loop": "/etc/modules",
    }


@pytest.mark.parametrize(
    ("path", "name"),
    [("kernel/net/xt_nat.ko.zst", "xt_nat"), ("/lib/modules/6/a-b.ko:", "a_b"), ("overlay", "overlay")],
)
def test_a_modules_name(path: str, name: str) -> None:
    assert module_name(path) == name


# --- boot arguments --------------------------------------------------------------------------------------------


def test_boot_arguments_are_split_as_the_kernel_does() -> None:
    boot = parse_cmdline(
        'root=/dev/sda1 quiet dyndbg="file a +p" cgroup_disable=memory cgroup-disable=pids,io -- swapaccount=0'
    )
    assert boot.last("root") == "/dev/sda1"
    assert boot.all("quiet") == [""]
    assert boot.last("dyndbg") == "file a +p"
    assert boot.items("cgroup_disable") == {"memory", "pids", "io"}
    assert boot.switch("swapaccount") is None


@pytest.mark.parametrize(("word", "value"), [("1", True), ("off", False), ("N", False), ("maybe", None)])
def test_a_switch(word: str, value: object) -> None:
    assert parse_cmdline(f"swapaccount=1 swapaccount={word}").switch("swapaccount") is value


def test_a_quote_that_is_not_closed_ends_with_the_line() -> None:
    assert parse_cmdline('a="b c').last("a") == "b c"


# --- releases --------------------------------------------------------------------------------------------------


@each_of(
    ("text", "version", "enterprise", "build"),
    [
        ("3.10.0-1160.102.1.el7.x86_64", (3, 10, 0), 7, 1160),
        ("4.18.0-553.el8_10.x86_64", (4, 18, 0), 8, 553),
        ("6.12.0-55.40.1.el10_0.x86_64", (6, 12, 0), 10, 55),
        ("6.8.0-52-generic", (6, 8, 0), None, 52),
        ("6.18.0-rc3", (6, 18, 0), None, None),
        ("5.10.17-v7l+", (5, 10, 17), None, None),
        ("6.1\n", (6, 1, 0), None, None),
        ("6.1.21.1-microsoft-standard-WSL2", (6, 1, 21), None, None),
    ],
)
def test_a_release(text: str, version: tuple[int, int, int], enterprise: int | None, build: int | None) -> None:
    release = parse_release(text)
    assert release is not None
    assert (release.version, release.enterprise, release.build) == (version, enterprise, build)


def test_releases_are_ordered_by_numbers() -> None:
    release = parse_release("4.9.1")
    assert release is not None
    assert release.before(4, 15)
    assert release.at_least(4, 9)
    assert release.short == "4.9"


@each_of("text", ["", "linux", "6", "v6.1", "6.x", "²6.1"])
def test_what_is_no_release(text: str) -> None:
    assert parse_release(text) is None
