"""Each check of the engine's configuration: a recorded host that passes it, and the same host changed so that it fails.

The recording is of a real Docker 26.1.5 on Debian 13; a case names the command line, the file, and what the API says.
"""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from dockworthy.facts.facts import Facts
from dockworthy.releases import known
from tests.hosts import checks_in, outcome
from tests.recorded import edited
from tests.rows import each_of

if TYPE_CHECKING:
    from dockworthy.check import Judgement

CHECKS = checks_in("engine", "daemon.py")
FILE = "/etc/docker/daemon.json"
SECCOMP = "name=seccomp,profile=builtin"
DEFAULT = "default of Docker Engine 26.1"
SOCKETS = "unix /var/run/docker.sock\n"


@dataclass(frozen=True)
class Host:
    """What is changed of the recorded host.

    Attributes:
        args: dockerd's arguments.
        config: daemon.json; a text as it stands.
        info: merged into the API's answer.
        bridge: merged into the default bridge.
        listen: sockets of the engine.
        more: other sections.
        rehearsal: the release of the engine with which it is judged in place of its own.
    """

    args: tuple[str, ...] = ()
    config: dict[str, Any] | str = field(default_factory=dict)
    info: dict[str, Any] = field(default_factory=dict)
    bridge: dict[str, Any] = field(default_factory=dict)
    listen: str = SOCKETS
    more: dict[str, Any] = field(default_factory=dict)
    rehearsal: str = ""

    @property
    def facts(self) -> Facts:
        """The facts of the host."""
        sections = {
            "proc:19/cmdline": "".join(f"{word}\0" for word in ("/usr/sbin/dockerd", *self.args)),
            "proc:19/listen": self.listen,
            f"file:{FILE}": self.config if isinstance(self.config, str) else json.dumps(self.config),
            **self.more,
        }
        info = {"LiveRestoreEnabled": False, **self.info}
        bridge = {"Options": {"com.docker.network.bridge.enable_icc": "true"}, **self.bridge}
        today = edited("debian-13", info=info, bridge=bridge, sections=sections)
        if not self.rehearsal:
            return today
        return Facts(today.snapshot, today.now, rehearsal=known().resolve(self.rehearsal), today=today)


@dataclass(frozen=True)
class Case:
    """A check, the host that passes it and the one that fails it, and what is seen of the latter."""

    check: str
    good: Host
    bad: Host
    observed: object
    source: str
    params: dict[str, Any] = field(default_factory=dict)

    def judged(self, host: Host) -> Judgement:
        """What the check says of the host."""
        return outcome(CHECKS[self.check], host.facts, **self.params)


NO_ICC = {"Options": {"com.docker.network.bridge.enable_icc": "false"}}
SYSLOG = {"log-driver": "syslog", "log-opts": {"syslog-address": "tcp://192.0.2.1:514"}}
LOCAL_SYSLOG = {"log-driver": "syslog", "log-opts": {"syslog-address": "tcp://127.0.0.1:514"}}
INSECURE = {"InsecureRegistryCIDRs": ["127.0.0.0/8", "10.0.0.0/8"]}
TLS = ("--tlsverify", "--tlscacert=/ca.pem", "--tlscert=/cert.pem", "--tlskey=/key.pem")
NOFILE = {"nofile": {"Name": "nofile", "Soft": 1024, "Hard": 4096}}

CASES = [
    Case(
        "daemon.rootless",
        Host(info={"SecurityOptions": [SECCOMP, "name=rootless"]}),
        Host(),
        observed=False,
        source="GET /info: SecurityOptions",
        params={"rootless_required": True},
    ),
    Case(
        "daemon.icc-disabled",
        Host(config={"icc": False}, bridge=NO_ICC),
        Host(config={"icc": True}),
        observed=True,
        source="GET /networks/bridge: com.docker.network.bridge.enable_icc",
    ),
    Case(
        "daemon.log-level-info",
        Host(args=("--log-level", "info")),
        Host(args=("-l", "warn")),
        observed="warn",
        source="dockerd -l warn",
    ),
    Case(
        "daemon.iptables-managed",
        Host(config={"iptables": True}),
        Host(config={"iptables": False}),
        observed=False,
        source=f"{FILE}: iptables",
    ),
    Case(
        "daemon.ip6tables-managed",
        Host(config={"ipv6": True, "fixed-cidr-v6": "fd00::/64", "ip6tables": True, "experimental": True}),
        Host(config={"ipv6": True, "fixed-cidr-v6": "fd00::/64"}),
        observed=False,
        source=f"{DEFAULT}: ip6tables",
    ),
    Case(
        "daemon.no-insecure-registries",
        Host(),
        Host(args=("--insecure-registry=10.0.0.0/8",), info={"RegistryConfig": INSECURE}),
        observed=["10.0.0.0/8", "127.0.0.0/8"],
        source="GET /info: RegistryConfig",
    ),
    Case("daemon.no-aufs", Host(), Host(info={"Driver": "aufs"}), observed="aufs", source="GET /info: Driver"),
    Case(
        "daemon.no-devicemapper",
        Host(),
        Host(info={"Driver": "devicemapper"}),
        observed="devicemapper",
        source="GET /info: Driver",
    ),
    Case(
        "daemon.api-on-tcp-demands-certificates",
        Host(args=("-H", "unix:///var/run/docker.sock", "-H", "tcp://0.0.0.0:2376", *TLS)),
        Host(args=("-H", "unix:///var/run/docker.sock", "-H", "tcp://0.0.0.0:2375")),
        observed={"listens on": ["tcp://0.0.0.0:2375"], "demands a client certificate": False},
        source=f"dockerd -H unix:///var/run/docker.sock -H tcp://0.0.0.0:2375; {DEFAULT}: tlsverify",
    ),
    Case(
        "daemon.default-ulimits",
        Host(config={"default-ulimits": NOFILE}),
        Host(config={"default-ulimits": {"nofile": {"Name": "nofile", "Soft": 1, "Hard": -1}}}),
        observed={"nofile": {"Name": "nofile", "Soft": 1, "Hard": -1}},
        source=f"{FILE}: default-ulimits",
        params={"daemon_required_ulimits": ("nofile",), "daemon_max_ulimits": {"nofile": 65536}},
    ),
    Case(
        "daemon.userns-remap",
        Host(info={"SecurityOptions": [SECCOMP, "name=userns"]}),
        Host(),
        observed=[],
        source="GET /info: SecurityOptions",
    ),
    Case(
        "daemon.default-cgroup-parent",
        Host(),
        Host(config={"cgroup-parent": "/elsewhere"}),
        observed="/elsewhere",
        source=f"{FILE}: cgroup-parent",
    ),
    Case(
        "daemon.default-base-size",
        Host(info={"Driver": "devicemapper"}),
        Host(info={"Driver": "devicemapper"}, config={"storage-opts": ["dm.fs=xfs", "dm.basesize=50G"]}),
        observed=["dm.basesize=50G"],
        source=f"{FILE}: storage-opts",
    ),
    Case(
        "daemon.authorization-plugin",
        Host(info={"Plugins": {"Authorization": ["opa"]}}),
        Host(),
        observed=[],
        source="GET /info: Plugins.Authorization",
    ),
    Case(
        "daemon.remote-logging",
        Host(config=SYSLOG, info={"LoggingDriver": "syslog"}),
        Host(config=LOCAL_SYSLOG, info={"LoggingDriver": "syslog"}),
        observed={"log-driver": "syslog", "syslog-address": "local"},
        source=f"GET /info: LoggingDriver; {FILE}: log-opts",
    ),
    Case(
        "daemon.no-new-privileges",
        Host(info={"SecurityOptions": [SECCOMP, "name=no-new-privileges"]}),
        Host(),
        observed=False,
        source="GET /info: SecurityOptions",
    ),
    Case(
        "daemon.live-restore",
        Host(info={"LiveRestoreEnabled": True}),
        Host(info={"LiveRestoreEnabled": False}),
        observed=False,
        source="GET /info: LiveRestoreEnabled",
    ),
    Case(
        "daemon.userland-proxy-disabled",
        Host(args=("--userland-proxy=false",)),
        Host(),
        observed=True,
        source=f"{DEFAULT}: userland-proxy",
    ),
    Case(
        "daemon.seccomp-profile",
        Host(),
        Host(config={"seccomp-profile": "unconfined"}, info={"SecurityOptions": ["name=seccomp,profile=unconfined"]}),
        observed="unconfined",
        source="GET /info: SecurityOptions",
    ),
    Case(
        "daemon.no-experimental",
        Host(),
        Host(config={"experimental": True}, info={"ExperimentalBuild": True}),
        observed=True,
        source="GET /info: ExperimentalBuild",
    ),
    Case(
        "daemon.starts-again",
        Host(config={"icc": False}),
        Host(args=("--icc=true",), config={"icc": False}),
        observed=f"unable to configure the Docker daemon with file {FILE}: the following directives are specified both "
        "as a flag and in the configuration file: icc: (from flag: true, from file: false)",
        source=FILE,
    ),
    Case(
        "daemon.upgrade-keeps-settings",
        Host(rehearsal="26.1.4"),
        Host(rehearsal="27.5"),
        observed={"ip6tables": {"today": False, "after": True}},
        source="default of Docker Engine 27.5: ip6tables",
    ),
    Case(
        "daemon.no-drift",
        Host(config={"live-restore": True}, info={"LiveRestoreEnabled": True}),
        Host(config={"live-restore": True}),
        observed={"live-restore": {"in force": False, "after the next start": True}},
        source=f"GET /info: LiveRestoreEnabled, next {FILE}: live-restore",
    ),
]


@each_of("case", CASES, ids=lambda case: case.check)
def test_a_compliant_engine_passes(case: Case) -> None:
    found = case.judged(case.good)
    assert found.outcome == "pass", found
    assert found.source


@each_of("case", CASES, ids=lambda case: case.check)
def test_what_is_wrong_fails_and_is_shown_with_its_origin(case: Case) -> None:
    found = case.judged(case.bad)
    assert (found.outcome, found.observed, found.source) == ("fail", case.observed, case.source), found
    assert found.fix


def test_each_check_has_its_case() -> None:
    assert {case.check for case in CASES} == set(CHECKS)


UNKNOWN = ("daemon.iptables-managed", "daemon.default-ulimits", "daemon.userland-proxy-disabled")


@pytest.mark.parametrize("check", UNKNOWN)
def test_a_file_that_could_not_be_read_is_no_pass(check: str) -> None:
    found = outcome(CHECKS[check], Host(more={f"file:{FILE}": 13}).facts)
    assert found.outcome == "error", found
    assert found.reason


@pytest.mark.parametrize("check", UNKNOWN)
def test_a_file_that_is_newer_than_the_engine_is_no_pass(check: str) -> None:
    facts = Host(config={"iptables": True, "userland-proxy": False, "default-ulimits": NOFILE}).facts
    table = facts.snapshot.sections["stat:engine"].text
    row = next(line for line in table.splitlines() if line.startswith(f"{FILE} "))
    words = row.split()
    words[9] = str(int(words[9]) + 3600)
    host = Host(config=json.loads(facts.snapshot.sections[f"file:{FILE}"].text))
    newer = Host(config=host.config, more={"stat:engine": table.replace(row, " ".join(words))})
    assert outcome(CHECKS[check], newer.facts).outcome == "error"


# --- the fixes ----------------------------------------------------------------------------------------------------

DROP_IN = "/etc/systemd/system/docker.service.d/zz-dockworthy.conf"


def fix(check: str, host: Host, **params: Any) -> str:
    """The fix of a check that fails."""
    found = outcome(CHECKS[check], host.facts, **params)
    assert found.outcome == "fail", found
    assert found.fix
    return found.fix


def merged(text: str) -> tuple[str, Any]:
    """The file and the keys that a fix merges into it."""
    lines = text.splitlines()
    number = next(number for number, line in enumerate(lines) if line.startswith("# merge into "))
    return lines[number].removeprefix("# merge into ").rstrip(":"), json.loads(lines[number + 1])


def test_a_setting_of_the_file_is_set_in_the_file() -> None:
    text = fix("daemon.userland-proxy-disabled", Host())
    assert merged(text) == (FILE, {"userland-proxy": False})
    assert DROP_IN not in text


def test_a_setting_of_the_command_line_goes_from_there_and_comes_into_the_file() -> None:
    text = fix("daemon.userland-proxy-disabled", Host(args=("--userland-proxy", "-H", "fd://", "--data-root", "/it's")))
    assert merged(text) == (FILE, {"userland-proxy": False})
    written = next(shlex.split(line) for line in text.splitlines() if line.startswith("grep -qs"))
    assert written[-2] == "ExecStart=/usr/sbin/dockerd --userland-proxy -H fd:// --data-root '/it'\"'\"'s'"
    assert written[-1] == f">{DROP_IN}"
    assert "s| --userland-proxy$||;s| --userland-proxy | |" in text
    assert "systemctl daemon-reload && systemctl restart docker" in text


def test_the_file_that_the_engine_was_started_with_is_the_one_that_is_changed() -> None:
    other = "/etc/docker/other.json"
    host = Host(args=(f"--config-file={other}",), more={f"file:{other}": "{}"})
    text = fix("daemon.userland-proxy-disabled", host)
    assert merged(text) == (other, {"userland-proxy": False})
    assert f"dockerd --validate --config-file {other}" in text


def test_a_rootless_engine_is_its_user_s_service() -> None:
    text = fix("daemon.userland-proxy-disabled", Host(args=("--rootless", "--userland-proxy")))
    assert "systemctl --user restart docker" in text
    assert DROP_IN not in text


def test_a_command_line_with_something_masked_is_not_written_again() -> None:
    host = Host(args=("--userland-proxy=true", "--log-opt=splunk-token=REDACTED"))
    text = fix("daemon.userland-proxy-disabled", host)
    assert DROP_IN not in text
    assert text.startswith("# take --userland-proxy=true off dockerd's command line")


def test_addresses_that_are_no_tcp_stay() -> None:
    host = Host(args=("-H", "unix://", "-H", "0.0.0.0:2375", "--host=unix:///run/other.sock"))
    text = fix("daemon.api-on-tcp-demands-certificates", host)
    assert "sed -i 's| -H 0\\.0\\.0\\.0:2375$||;s| -H 0\\.0\\.0\\.0:2375 | |'" in text
    assert "# merge into" not in text


def test_an_engine_on_tcp_alone_gets_its_socket_back() -> None:
    host = Host(config={"hosts": ["tcp://0.0.0.0:2375"]})
    text = fix("daemon.api-on-tcp-demands-certificates", host)
    assert merged(text) == (FILE, {"hosts": ["unix:///var/run/docker.sock"]})


def test_accepted_registries_stay_insecure() -> None:
    hosts = {
        "InsecureRegistryCIDRs": ["127.0.0.0/8"],
        "IndexConfigs": {"a.test": {"Secure": False}, "b.test": {"Secure": False}},
    }
    host = Host(config={"insecure-registries": ["a.test", "b.test"]}, info={"RegistryConfig": hosts})
    text = fix("daemon.no-insecure-registries", host, insecure_registries_accepted=("b.test",))
    assert merged(text) == (FILE, {"insecure-registries": ["b.test"]})


def test_limits_are_lowered_and_added_and_the_others_stay() -> None:
    high = {"nofile": {"Name": "nofile", "Soft": 9, "Hard": -1}, "core": {"Name": "core", "Soft": 0, "Hard": 0}}
    text = fix(
        "daemon.default-ulimits",
        Host(config={"default-ulimits": high}),
        daemon_required_ulimits=("nproc",),
        daemon_max_ulimits={"nofile": 1024, "nproc": 512},
    )
    assert merged(text)[1] == {
        "default-ulimits": {
            "nproc": {"Name": "nproc", "Soft": 512, "Hard": 512},
            "nofile": {"Name": "nofile", "Soft": 1024, "Hard": 1024},
            "core": {"Name": "core", "Soft": 0, "Hard": 0},
        }
    }


def test_icc_brings_the_packet_filter_with_it_without_which_the_engine_would_not_start() -> None:
    text = fix("daemon.icc-disabled", Host(config={"iptables": False}))
    assert merged(text)[1] == {"icc": False, "iptables": True}


def test_an_engine_that_refuses_the_rules_for_ipv6_does_without_ipv6() -> None:
    config = {"ipv6": True, "fixed-cidr-v6": "fd00::/64"}
    assert merged(fix("daemon.ip6tables-managed", Host(config=config)))[1] == {"ipv6": False}
    experimental = Host(config={**config, "experimental": True}, info={"ExperimentalBuild": True})
    assert merged(fix("daemon.ip6tables-managed", experimental))[1] == {"ipv6": False}


def test_what_stands_twice_goes_from_the_command_line() -> None:
    host = Host(args=("--icc=true", "-H", "fd://"), config={"icc": False})
    text = fix("daemon.starts-again", host)
    assert "sed -i 's| --icc=true$||;s| --icc=true | |'" in text
    assert "# merge into" not in text


def test_what_no_engine_knows_goes_from_the_file() -> None:
    text = fix("daemon.starts-again", Host(config={"iccc": False, "debug": True}))
    assert """jq 'del(.. | objects | .["iccc"])' /etc/docker/daemon.json""" in text


@pytest.mark.parametrize("config", ['{"icc": tru}', '{"log-level": "loud"}', '{"a\\u000arm -rf /": 1}'])
def test_what_only_a_person_can_fix_is_told_in_one_comment(config: str) -> None:
    text = fix("daemon.starts-again", Host(config=config))
    assert [line for line in text.splitlines() if not line.startswith("#")] == ["dockerd --validate"]


def test_what_does_not_go_together_is_shown_with_each_place() -> None:
    text = fix("daemon.starts-again", Host(args=("--icc=false",), config={"iptables": False}))
    assert "# icc stands here: dockerd --icc=false" in text.splitlines()
    assert f"# iptables stands here: {FILE}: iptables" in text.splitlines()


def test_denied_features_are_switched_off_and_the_others_stay() -> None:
    host = Host(config={"features": {"cdi": True, "containerd-snapshotter": True}})
    text = fix("daemon.no-experimental", host, denied_features=("cdi",))
    assert merged(text)[1] == {"experimental": False, "features": {"cdi": False, "containerd-snapshotter": True}}


@each_of(
    ("pidfiles", "expected"),
    [
        # the running engine's own, and one of a process that is gone
        ("/var/run/docker.pid 19 lives\n/run/other.pid 4711 gone\n", "pass"),
        ("/run/other.pid - absent\n", "pass"),
        ("/run/other.pid - none\n", "pass"),
        ("/run/other.pid 4711 lives\n", "fail"),
        ("/run/other.pid - odd\n", "error"),
        ("/run/other.pid - unknown\n", "error"),
    ],
)
def test_a_pid_file_of_another_process_stops_the_next_start(pidfiles: str, expected: str) -> None:
    host = Host(config={"pidfile": "/run/other.pid"}, more={"cmd:pidfiles": pidfiles})
    found = outcome(CHECKS["daemon.starts-again"], host.facts)
    assert found.outcome == expected, found
    if "lives" in pidfiles and expected == "fail":
        assert "process with PID 4711 is still running" in str(found.observed)


def test_a_variable_debug_is_no_drift_and_no_debug_log() -> None:
    environment = {"proc:19/environ": "PATH=/usr/sbin:/usr/bin\0DEBUG=1\0"}
    host = Host(info={"Debug": True}, more=environment).facts
    assert outcome(CHECKS["daemon.no-drift"], host).outcome == "pass"
    assert outcome(CHECKS["daemon.log-level-info"], host).outcome == "pass"
    assert (host.daemon.debug.value, host.daemon.debug.source) == (True, "environment: DEBUG")
    # without the variable, or where a reload has switched it off again, the two differ
    assert outcome(CHECKS["daemon.no-drift"], Host(info={"Debug": True}).facts).outcome == "fail"
    assert outcome(CHECKS["daemon.no-drift"], Host(info={"Debug": False}, more=environment).facts).outcome == "fail"
    assert outcome(CHECKS["daemon.log-level-info"], Host(info={"Debug": True}).facts).outcome == "fail"


def test_an_upgrade_changes_nothing_that_is_written_down() -> None:
    kept = Host(config={"ip6tables": True, "experimental": True}, info={"ExperimentalBuild": True}, rehearsal="27.5")
    assert outcome(CHECKS["daemon.upgrade-keeps-settings"], kept.facts).outcome == "pass"


def test_without_a_rehearsal_or_a_start_nothing_changes() -> None:
    check = CHECKS["daemon.upgrade-keeps-settings"]
    assert outcome(check, Host().facts).outcome == "skip"
    assert outcome(check, Host(config={"graph": "/x"}, rehearsal="27.5").facts).outcome == "skip"


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"ipv6": True}, "IPv6 is enabled for the default bridge, but no subnet is configured"),
        ({"cgroup-parent": "x", "exec-opts": ["native.cgroupdriver=systemd"]}, "should be a valid slice named"),
    ],
)
def test_what_nobody_looked_for_hides_no_refusal_that_comes_after_it(config: dict[str, Any], words: str) -> None:
    """The recorded engine's path has folders in which its programs were not looked for."""
    found = outcome(CHECKS["daemon.starts-again"], Host(config=config).facts)
    assert (found.outcome, words in str(found.observed)) == ("fail", True)


def test_the_version_of_control_groups_is_seen() -> None:
    """So that a parent for containers is judged, and the mode of their name spaces is known."""
    facts = Host(config={"cgroup-parent": "/ours"}).facts
    assert outcome(CHECKS["daemon.starts-again"], facts).outcome == "pass"
    assert facts.daemon.next_start.default_cgroupns_mode.value in {"host", "private"}
