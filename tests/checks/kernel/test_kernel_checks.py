"""The kernel's checks: each has a host that passes it, one that fails it, and says what it saw and where."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.facts.kernel.states import Sections, config_text, sections
from tests.hosts import checks_in, host, hosts_outcomes, outcomes, passing
from tests.rows import each_of

if TYPE_CHECKING:
    from dockworthy.check import Check, Judgement

FILES = ("release", "namespaces", "cgroups", "options", "sysctls", "modules", "tools")
CHECKS: dict[str, Check] = {}
for _file in FILES:
    CHECKS.update(checks_in("kernel", f"{_file}.py"))

V2 = "debian-13-6.12-v2-modules-loaded"
V1 = "debian-11-5.10-v1"
CONFIG = "debian-13-6.12.117-amd64"
RUNNING = "100 dockerd /usr/bin/dockerd 0 1 1 -\n"
INFO = (
    '{"Driver":"overlay2","CgroupDriver":"systemd","CgroupVersion":"2","DockerRootDir":"/var/lib/docker",'
    '"Swarm":{"LocalNodeState":"inactive"},"SecurityOptions":["name=seccomp"]}'
)
REMAPPED = INFO.replace('"name=seccomp"', '"name=seccomp","name=userns"')
ROOTLESS = INFO.replace('"name=seccomp"', '"name=seccomp","name=rootless"')
UNIT = "Id=docker.service\nLoadState=loaded\nActiveState=active\nDelegate={}\n"


def good() -> Sections:
    """A Debian 13 with an engine that uses nothing special."""
    made = sections(V2, CONFIG)
    made.update(
        {
            "cmd:engines": RUNNING,
            "docker:info": INFO,
            "docker:networks": "",
            "docker:containers": "",
            "cmd:which": "apparmor_parser /usr/sbin/apparmor_parser /usr/sbin/apparmor_parser\n",
            "cmd:systemctl-show": UNIT.format("yes"),
            "file:/proc/sys/net/ipv4/ip_forward": "1\n",
            "file:/proc/sys/net/ipv4/conf/all/forwarding": "1\n",
            "file:/proc/sys/net/bridge/bridge-nf-call-ip6tables": "1\n",
        }
    )
    return made


def judged(check: str, edits: Sections, *, state: Sections | None = None) -> dict[str | None, Judgement]:
    return outcomes(CHECKS[check], host({**(state or good()), **edits}))


def one(check: str, edits: Sections, param: str | None = None) -> Judgement:
    return judged(check, edits)[param]


# --- the host that is fit --------------------------------------------------------------------------------------


@each_of("check", sorted(CHECKS))
def test_a_fit_host_has_no_finding_and_nothing_undecided(check: str) -> None:
    bad = {param: found for param, found in judged(check, {}).items() if found.outcome in {"fail", "error"}}
    assert bad == {}


@each_of("check", sorted(set(CHECKS) - {"kernel.unprivileged-user-namespace", "kernel.zfs"}))
def test_a_fit_host_passes_the_check(check: str) -> None:
    assert "pass" in {found.outcome for found in judged(check, {}).values()}


def test_a_rootless_host_passes_where_users_may_make_user_namespaces() -> None:
    found = one("kernel.unprivileged-user-namespace", {"docker:info": ROOTLESS}, "user")
    assert (found.outcome, found.observed) == ("pass", "usable")


@each_of("check", sorted(CHECKS))
def test_a_fit_host_without_an_engine_has_nothing_undecided(check: str) -> None:
    """Before Docker is installed: the kernel can be judged, and what needs an engine does not apply."""
    edits: Sections = {
        "cmd:engines": "",
        "docker:info": 127,
        "cmd:systemctl-show": "Id=docker.service\nLoadState=not-found\n",
    }
    made = {
        name: content
        for name, content in {**good(), **edits}.items()
        if name not in {"docker:networks", "docker:containers"}
    }
    bad = {
        param: found
        for param, found in outcomes(CHECKS[check], host(made)).items()
        if found.outcome in {"fail", "error"}
    }
    assert bad == {}


def _without(made: Sections, section: str) -> Sections:
    return {name: content for name, content in made.items() if name != section}


def unfit() -> Sections:
    """A host with a finding of each kind."""
    made = good()
    made["file:/proc/sys/net/ipv4/ip_forward"] = "0\n"
    made["file:/proc/sys/user/max_net_namespaces"] = "0\n"
    made["file:/sys/fs/cgroup/cgroup.controllers"] = "cpu io\n"
    made["list:/etc/modprobe.d"] = "a.conf"
    made["file:/etc/modprobe.d/a.conf"] = "install overlay /bin/false"
    made["list:/etc/sysctl.d"] = "a.conf"
    made["file:/etc/sysctl.d/a.conf"] = "kernel.keys.root_maxkeys=200\nuser.max_pid_namespaces=0\n"
    made["docker:info"] = INFO.replace("systemd", "cgroupfs").replace("inactive", "active")
    return made


def test_hiding_a_section_makes_no_result_a_pass() -> None:
    made = unfit()
    whole = hosts_outcomes(CHECKS.values(), host(made))
    wrong = {}
    for section in made:
        after = hosts_outcomes(CHECKS.values(), host(_without(made, section)), whole)
        wrong[section] = {
            (check, param)
            for check, param in passing(after) - passing(whole)
            if param in whole.said[check]  # as of a controller that is not seen any more
        }
    assert {section: found for section, found in wrong.items() if found} == {}


# --- hosts that are not ----------------------------------------------------------------------------------------


def test_an_old_kernel_fails() -> None:
    found = one("kernel.release", {"cmd:uname": "Linux\n2.6.32-754.el6.x86_64\nx86_64\n#1\n"})
    assert (found.outcome, found.observed, found.source) == ("fail", "2.6.32-754.el6.x86_64", "uname -r")


def test_a_namespace_limit_of_zero_fails_with_its_file() -> None:
    found = one("kernel.namespace", {"file:/proc/sys/user/max_pid_namespaces": "0\n"}, "pid")
    assert found.outcome == "fail"
    assert found.observed == ["user.max_pid_namespaces is 0"]
    assert found.source == "/proc/sys/user/max_pid_namespaces"
    assert found.fix is not None
    assert found.fix.startswith("sysctl -w user.max_pid_namespaces=15000")


@pytest.mark.parametrize(("info", "outcome"), [(INFO, "skip"), (REMAPPED, "fail"), ('{"ServerErrors":["x"]}', "error")])
def test_user_namespaces_are_asked_of_hosts_that_remap(info: str, outcome: str) -> None:
    edits: Sections = {"docker:info": info, "file:/proc/sys/user/max_user_namespaces": "0\n"}
    assert one("kernel.namespace", edits, "user").outcome == outcome


@pytest.mark.parametrize(("state", "outcome"), [(V2, "fail"), (V1, "skip")])
def test_cgroup_namespaces_are_asked_of_cgroup_v2(state: str, outcome: str) -> None:
    made = sections(state)
    made["list:/proc/self/ns"] = "ipc\nmnt\nnet\npid\nuser\nuts\n"
    assert judged("kernel.namespace", {}, state=made)["cgroup"].outcome == outcome


def test_time_namespaces_are_asked_of_none() -> None:
    found = one("kernel.namespace", {"list:/proc/self/ns": "cgroup\nipc\nmnt\nnet\npid\nuser\nuts\n"}, "time")
    assert (found.outcome, found.reason) == (
        "skip",
        "Docker needs no time namespace here (the kernel does not have it)",
    )


@pytest.mark.parametrize(
    "section",
    ["file:/proc/sys/kernel/unprivileged_userns_clone", "file:/proc/sys/kernel/apparmor_restrict_unprivileged_userns"],
)
def test_a_rootless_engine_needs_users_to_make_user_namespaces(section: str) -> None:
    value = "0\n" if section.endswith("clone") else "1\n"
    found = one("kernel.unprivileged-user-namespace", {"docker:info": ROOTLESS, section: value}, "user")
    assert found.outcome == "fail"
    assert section.removeprefix("file:") in found.source
    assert one("kernel.unprivileged-user-namespace", {section: value}, "user").outcome == "skip"


def test_a_host_without_a_hierarchy_fails() -> None:
    found = one(
        "kernel.cgroup-version", {"file:/proc/self/mountinfo": "1 0 8:1 / / rw - ext4 a rw\n", "cmd:cgroup-statfs": 2}
    )
    assert (found.outcome, found.observed, found.source) == ("fail", "none", "/proc/self/mountinfo")


def test_a_controller_that_was_switched_off_at_boot_fails_and_the_fix_says_how() -> None:
    made = sections("debian-11-5.10-v2-memory-disabled")
    found = judged("kernel.cgroup-controller", {}, state=made)
    assert found["memory"].outcome == "fail"
    assert found["memory"].observed == "disabled at boot"
    assert found["memory"].source == "/proc/cmdline"
    assert "cgroup_enable=memory" in (found["memory"].fix or "")
    assert judged("kernel.memory-accounting", {}, state=made)[None].outcome == "fail"
    assert judged("kernel.swap-accounting", {}, state=made)[None].outcome == "fail"


def test_controllers_that_the_other_hierarchy_holds_fail() -> None:
    found = judged("kernel.cgroup-controller", {}, state=sections("microvm-6.18-cgroup2-mount-only"))
    failed = {param: judgement.observed for param, judgement in found.items() if judgement.outcome == "fail"}
    assert failed == dict.fromkeys(("cpu", "cpuset", "io", "memory", "pids"), "held by cgroup v1")


def test_controllers_without_v1_code_fail_on_a_v1_host() -> None:
    found = judged("kernel.cgroup-controller", {}, state=sections("debian-13-6.12-v1-attempt"))
    failed = {param: judgement.observed for param, judgement in found.items() if judgement.outcome == "fail"}
    assert failed == {"cpuset": "held by cgroup v2", "memory": "held by cgroup v2"}


def test_what_docker_runs_without_is_no_finding() -> None:
    found = judged("kernel.cgroup-controller", {}, state=sections("microvm-6.18-hybrid"))
    assert found["hugetlb"].outcome == "skip"
    assert found["hugetlb"].reason == "Docker runs without hugetlb, which is here: held by cgroup v2"
    assert found["blkio"].outcome == "pass"
    assert "ns" not in found


def test_ns_is_asked_about_only_where_the_kernel_has_it() -> None:
    made = sections(V1)
    made["file:/proc/cgroups"] = str(made["file:/proc/cgroups"], "ascii") + "ns\t0\t1\t1\n"  # type: ignore[arg-type]
    assert judged("kernel.cgroup-controller", {}, state=made)["ns"].outcome == "skip"


def test_the_hierarchys_own_names_are_used() -> None:
    assert "io" in judged("kernel.cgroup-controller", {})
    assert "blkio" in judged("kernel.cgroup-controller", {}, state=sections(V1))


@pytest.mark.parametrize(
    ("unit", "outcome"), [(UNIT.format("no"), "fail"), ("Id=docker.service\nLoadState=not-found\n", "skip")]
)
def test_systemd_must_leave_the_engines_groups_alone(unit: str, outcome: str) -> None:
    found = one("kernel.cgroup-delegated", {"cmd:systemctl-show": unit})
    assert found.outcome == outcome
    assert outcome == "skip" or (found.observed, found.source) == ("no", "systemctl show docker.service: Delegate")


@pytest.mark.parametrize(
    ("edits", "outcome"),
    [
        ({"docker:info": INFO.replace("systemd", "cgroupfs")}, "fail"),
        ({"docker:info": INFO.replace("systemd", "none")}, "fail"),
        ({"cmd:systemctl-show": 127}, "fail"),
        ({"docker:info": INFO.replace("systemd", "cgroupfs"), "cmd:systemctl-show": 127}, "pass"),
        ({"docker:info": '{"CgroupDriver":"","ServerErrors":["x"]}'}, "error"),
    ],
    ids=["cgroupfs under systemd", "none", "systemd without systemd", "cgroupfs without systemd", "no answer"],
)
def test_the_cgroup_driver_fits_who_manages_the_groups(edits: Sections, outcome: str) -> None:
    assert one("kernel.cgroup-driver", edits).outcome == outcome


def test_a_parent_that_systemd_cannot_make_goes_with_the_other_driver() -> None:
    edits: Sections = {
        "docker:info": INFO.replace("systemd", "cgroupfs"),
        "proc:100/cmdline": "/usr/bin/dockerd\0--cgroup-parent=/elsewhere\0--exec-opt=native.cgroupdriver=cgroupfs\0",
    }
    fix = one("kernel.cgroup-driver", edits).fix
    assert fix is not None
    assert '{"exec-opts": ["native.cgroupdriver=systemd"], "cgroup-parent": ""}' in fix.splitlines()
    assert "# --cgroup-parent=/elsewhere, --exec-opt=native.cgroupdriver=cgroupfs on dockerd's command line" in fix


def test_on_v1_under_systemd_either_driver_fits() -> None:
    made = sections(V1)
    made.update({"docker:info": INFO.replace("systemd", "cgroupfs"), "cmd:engines": RUNNING})
    assert judged("kernel.cgroup-driver", {}, state=made)[None].outcome == "pass"


# --- options ---------------------------------------------------------------------------------------------------


def _config(*edits: tuple[str, str]) -> Sections:
    text = config_text(CONFIG)
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    return {"cmd:kernel-config": text}


def test_a_required_option_that_is_off_fails() -> None:
    found = one(
        "kernel.option",
        _config(("CONFIG_POSIX_MQUEUE=y\n", "# CONFIG_POSIX_MQUEUE is not set\n")),
        "CONFIG_POSIX_MQUEUE",
    )
    assert found.outcome == "fail"
    assert found.observed == "needed on every kernel; not set"
    assert found.expected == "=y or =m (bind mount of /dev/mqueue)"
    assert found.source == "/boot/config-6.12.117+deb13-cloud-amd64: CONFIG_POSIX_MQUEUE"


IPVS_OFF = ("CONFIG_IP_VS=m\n", "# CONFIG_IP_VS is not set\n")


@pytest.mark.parametrize(
    ("edits", "outcome"),
    [
        ({}, "skip"),
        ({"docker:info": INFO.replace("inactive", "active")}, "fail"),
        ({"docker:info": 1}, "error"),
        ({"cmd:engines": ""}, "skip"),
    ],
    ids=["no swarm", "swarm", "no answer", "no engine"],
)
def test_a_features_option_is_asked_for_where_the_host_uses_it(edits: Sections, outcome: str) -> None:
    assert one("kernel.option", {**_config(IPVS_OFF), **edits}, "CONFIG_IP_VS").outcome == outcome


def test_an_option_that_does_not_apply_says_why() -> None:
    found = one("kernel.option", {}, "CONFIG_NF_NAT_IPV4")
    assert (found.outcome, found.reason) == ("skip", "merged into NF_NAT in 5.1")


def test_a_module_that_is_not_installed_fails_and_the_fix_installs_it() -> None:
    made = good()
    names = str(made["cmd:modules-on-disk"], "ascii")  # type: ignore[arg-type]
    edits: Sections = {
        "cmd:modules-on-disk": "\n".join(line for line in names.splitlines() if "xt_mark" not in line),
    }
    found = one("kernel.option", edits, "CONFIG_NETFILTER_XT_MARK")
    assert found.outcome == "fail"
    assert "linux-modules-extra-$(uname -r)" in (found.fix or "")


def test_without_a_configuration_what_is_not_shown_is_undecided() -> None:
    found = judged("kernel.option", {"cmd:kernel-config": 2, "cmd:kernel-config-source": 2})
    assert found["CONFIG_PID_NS"].outcome == "pass"
    assert found["CONFIG_CGROUP_BPF"].outcome == "error"
    assert found["CONFIG_IP_VS_NFCT"].outcome == "skip"


def test_a_limit_that_the_kernel_cannot_enforce_fails() -> None:
    found = one(
        "kernel.resource-limit",
        _config(("CONFIG_CFS_BANDWIDTH=y\n", "# CONFIG_CFS_BANDWIDTH is not set\n")),
        "CPU quota",
    )
    assert (found.outcome, found.observed) == ("fail", ["CONFIG_CFS_BANDWIDTH"])


# --- sysctls and modules ---------------------------------------------------------------------------------------


def test_forwarding_that_is_off_fails_where_an_engine_runs() -> None:
    edits: Sections = {"file:/proc/sys/net/ipv4/ip_forward": "0\n"}
    found = one("kernel.sysctl", edits, "net.ipv4.ip_forward")
    assert (found.outcome, found.observed, found.source) == ("fail", "0", "/proc/sys/net/ipv4/ip_forward")
    assert found.fix is not None
    assert found.fix.startswith("sysctl -w net.ipv4.ip_forward=1")
    assert one("kernel.sysctl", {**edits, "cmd:engines": ""}, "net.ipv4.ip_forward").outcome == "skip"


@pytest.mark.parametrize(
    ("networks", "outcome"),
    [
        ("", "skip"),
        ('{"Name":"a","Id":"1","Driver":"bridge","EnableIPv6":true}\n', "fail"),
        (1, "error"),
    ],
)
def test_ipv6_forwarding_is_asked_of_hosts_with_ipv6_networks(networks: str | int, outcome: str) -> None:
    assert one("kernel.sysctl", {"docker:networks": networks}, "net.ipv6.conf.all.forwarding").outcome == outcome


FILTERED = "net.bridge.bridge-nf-call-"
PODMAN = '{"Server": {"Version": "5.4.2", "Components": [{"Name": "Podman Engine", "Version": "5.4.2"}]}}'
NO_ICC = {"com.docker.network.bridge.enable_icc": "false"}


def bridged(
    value: str | int = "0\n",
    *,
    version: str = "26.1.5",
    arguments: tuple[str, ...] = (),
    options: dict[str, str] | None = None,
    ipv6: bool = False,
    edits: Sections | None = None,
) -> dict[str, str]:
    """What is said of both parameters of a host whose one network has these options."""
    one = {"Name": "bridge", "Id": "1", "Driver": "bridge", "Options": options or {}, "EnableIPv6": ipv6}
    argv = "".join(f"{word}\0" for word in ("/usr/bin/dockerd", *arguments))
    state: Sections = {
        "docker:version": json.dumps({"Server": {"Version": version}}),
        "docker:networks": f"{json.dumps(one)}\n",
        "cmd:engine-target": "pid 812\n",
        "proc:812/cmdline": argv,
        "proc:812/environ": "",
        "file:/etc/docker/daemon.json": 2,
        "cmd:engines": "812 dockerd /usr/bin/dockerd 0 1760000000 1 -\n",
        **{f"file:/proc/sys/net/bridge/bridge-nf-call-{name}": value for name in ("iptables", "ip6tables")},
        **(edits or {}),
    }
    said = judged("kernel.sysctl", state)
    return {name: said[f"{FILTERED}{name}"].outcome for name in ("iptables", "ip6tables")}


@each_of(
    ("given", "four", "six"),
    [
        ({}, "skip", "skip"),
        ({"value": "1\n"}, "pass", "pass"),
        ({"options": NO_ICC}, "fail", "skip"),
        ({"options": NO_ICC, "ipv6": True}, "fail", "fail"),
        ({"options": NO_ICC, "version": "28.5.1"}, "fail", "skip"),
        ({"options": NO_ICC, "value": "1\n"}, "pass", "pass"),
        ({"options": NO_ICC, "arguments": ("--iptables=false",)}, "skip", "skip"),
        ({"options": NO_ICC, "value": 2}, "fail", "skip"),
        ({"value": 2}, "skip", "skip"),
        ({"options": NO_ICC, "value": 13}, "error", "error"),
        ({"arguments": ("--userland-proxy=false",)}, "skip", "skip"),
        ({"arguments": ("--userland-proxy=false",), "version": "27.3.1"}, "skip", "skip"),
        ({"arguments": ("--userland-proxy=false",), "version": "27.4.0"}, "fail", "skip"),
        ({"arguments": ("--userland-proxy=false",), "version": "28.5.1", "ipv6": True}, "fail", "fail"),
        ({"version": "28.5.1"}, "skip", "skip"),
        ({"edits": {"docker:networks": 1}}, "error", "error"),
        ({"edits": {"proc:812/cmdline": 13, "docker:networks": 1}}, "error", "error"),
        ({"edits": {"cmd:engines": ""}}, "skip", "skip"),
        ({"edits": {"docker:version": PODMAN}}, "skip", "skip"),
    ],
)
def test_bridges_are_filtered_only_where_this_engine_needs_it(given: dict[str, Any], four: str, six: str) -> None:
    assert bridged(**given) == {"iptables": four, "ip6tables": six}


@each_of(
    ("edits", "expected"),
    [
        ({}, ("fail", "skip")),
        ({"docker:networks": '{"Name":"a","Id":"1","Driver":"bridge","EnableIPv6":true}\n'}, ("fail", "fail")),
        ({"file:/etc/docker/daemon.json": '{"firewall-backend": "iptables"}'}, ("pass", "pass")),
        ({"file:/etc/docker/daemon.json": '{"firewall-backend": "nftables", "ip-forward": false}'}, ("pass", "pass")),
        (
            {"list:/etc/sysctl.d": "a.conf\n", "file:/etc/sysctl.d/a.conf": "net.ipv4.ip_forward=1\n"},
            ("pass", "skip"),
        ),
    ],
)
def test_with_the_nftables_backend_a_file_must_turn_forwarding_on(edits: Sections, expected: tuple[str, str]) -> None:
    state: Sections = {
        "docker:version": json.dumps({"Server": {"Version": "29.1.0"}}),
        "cmd:engine-target": "pid 812\n",
        "cmd:engines": "812 dockerd /usr/bin/dockerd 0 1760000000 1 -\n",
        "proc:812/cmdline": "/usr/bin/dockerd\0",
        "proc:812/environ": "",
        "file:/etc/docker/daemon.json": '{"firewall-backend": "nftables"}',
        **edits,
    }
    said = judged("kernel.sysctl-after-reboot", state)
    found = tuple(said[name].outcome for name in ("net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding"))
    assert found == expected


def test_a_file_that_turns_forwarding_off_at_boot_fails() -> None:
    edits: Sections = {
        "list:/etc/sysctl.d": "50-cis.conf\n",
        "file:/etc/sysctl.d/50-cis.conf": "net.ipv4.ip_forward = 0\n",
    }
    found = one("kernel.sysctl-after-reboot", edits, "net.ipv4.ip_forward")
    assert (found.outcome, found.observed, found.source) == ("fail", "0", "/etc/sysctl.d/50-cis.conf")
    assert one("kernel.sysctl", edits, "net.ipv4.ip_forward").outcome == "pass"


def test_enterprise_linux_7_forgets_user_namespaces_at_a_reboot() -> None:
    made = good()
    made["cmd:uname"] = "Linux\n3.10.0-1160.el7.x86_64\nx86_64\n#1\n"
    made["docker:info"] = REMAPPED
    found = judged("kernel.sysctl-after-reboot", {}, state=made)["user.max_user_namespaces"]
    assert (found.outcome, found.observed) == ("fail", "not set by any file")
    kept: Sections = {"list:/etc/sysctl.d": "a.conf\n", "file:/etc/sysctl.d/a.conf": "user.max_user_namespaces=15000\n"}
    assert judged("kernel.sysctl-after-reboot", kept, state=made)["user.max_user_namespaces"].outcome == "pass"


@pytest.mark.parametrize(("value", "outcome"), [("9999\n", "fail"), ("10000\n", "pass"), ("many\n", "fail")])
def test_the_keyring_quota(value: str, outcome: str) -> None:
    found = one("kernel.keyring-quota", {"file:/proc/sys/kernel/keys/root_maxkeys": value})
    assert found.outcome == outcome


def test_the_keyring_quota_after_a_reboot() -> None:
    edits: Sections = {"list:/etc/sysctl.d": "a.conf\n", "file:/etc/sysctl.d/a.conf": "kernel.keys.root_maxkeys=200\n"}
    found = one("kernel.keyring-quota", edits)
    assert (found.outcome, found.observed, found.source) == ("fail", "200", "/etc/sysctl.d/a.conf")


def test_a_kernel_without_keyrings_is_the_options_matter() -> None:
    assert one("kernel.keyring-quota", {"file:/proc/sys/kernel/keys/root_maxkeys": 2}).outcome == "skip"


def test_a_module_that_modprobe_must_not_load_fails() -> None:
    made = sections("debian-13-6.12-v2", CONFIG)
    made["list:/etc/modprobe.d"] = "cis.conf\n"
    made["file:/etc/modprobe.d/cis.conf"] = "install overlay /bin/true\n"
    found = judged("kernel.module", {}, state=made)["overlay"]
    assert found.outcome == "fail"
    assert found.observed == "/etc/modprobe.d/cis.conf has modprobe run /bin/true in its place"
    assert found.source == "/etc/modprobe.d/cis.conf"


def test_a_module_that_is_not_there_fails() -> None:
    made = sections("debian-13-6.12-v2", CONFIG)
    made["cmd:modules-dir"] = 2
    found = judged("kernel.module", {}, state=made)
    assert (found["veth"].outcome, found["veth"].observed) == ("fail", "absent")
    assert found["macvlan"].outcome == "skip"


def test_before_3_18_the_bridge_has_its_filter_built_in() -> None:
    made = good()
    made["cmd:uname"] = "Linux\n3.16.0\nx86_64\n#1\n"
    made["file:/proc/modules"] = "bridge 1 0 - Live\n"
    made["cmd:modules-on-disk"] = "kernel/net/bridge/bridge.ko\n"
    assert judged("kernel.module", {}, state=made)["br_netfilter"].outcome == "skip"


# --- tools -----------------------------------------------------------------------------------------------------


def test_a_host_with_apparmor_and_without_its_parser_fails() -> None:
    found = one("kernel.apparmor-parser", {"cmd:which": "docker /usr/bin/docker /usr/bin/docker\n"})
    assert (found.outcome, found.observed) == ("fail", False)
    off: Sections = {"cmd:which": "", "file:/sys/module/apparmor/parameters/enabled": "N\n"}
    assert one("kernel.apparmor-parser", off).outcome == "skip"
    assert one("kernel.apparmor-parser", {"file:/sys/module/apparmor/parameters/enabled": 13}).outcome == "error"


def test_the_zfs_driver_needs_module_and_tools() -> None:
    edits: Sections = {"docker:info": INFO.replace("overlay2", "zfs"), "cmd:which": "zfs /sbin/zfs /sbin/zfs\n"}
    found = judged("kernel.zfs", edits)
    assert {param: judgement.outcome for param, judgement in found.items()} == {
        "module": "fail",
        "zfs": "pass",
        "zpool": "fail",
    }
    assert found["module"].observed == "absent"


def test_each_check_has_a_fix_and_a_rationale() -> None:
    for check in CHECKS.values():
        assert check.fix, check.id
        assert check.refs, check.id
        assert check.rationale or check.id == "kernel.release", check.id
