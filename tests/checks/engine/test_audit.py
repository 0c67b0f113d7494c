"""CIS 1.1.3 to 1.1.18: the right paths are asked for, and the first rule in force decides."""

from __future__ import annotations

from typing import Any

import pytest

from tests.checks.engine.base import INFO, RULES, ubuntu
from tests.hosts import checks_in, outcome, outcomes, row
from tests.rows import each_of

CHECKS = checks_in("engine", "audit.py")
PATHS = {
    "audit.dockerd": "/usr/bin/dockerd",
    "audit.containerd-state": "/run/containerd",
    "audit.data-root": "/var/lib/docker",
    "audit.config-folder": "/etc/docker",
    "audit.docker-service": "/usr/lib/systemd/system/docker.service",
    "audit.containerd-socket": "/run/containerd/containerd.sock",
    "audit.docker-socket-unit": "/usr/lib/systemd/system/docker.socket",
    "audit.api-socket": "/run/docker.sock",
    "audit.default-docker": "/etc/default/docker",
    "audit.daemon-json": "/etc/docker/daemon.json",
    "audit.containerd-config": "/etc/containerd/config.toml",
    "audit.sysconfig-docker": "/etc/sysconfig/docker",
    "audit.containerd": "/usr/bin/containerd",
    "audit.containerd-shim": "/usr/bin/containerd-shim",
    "audit.containerd-shim-runc-v1": "/usr/bin/containerd-shim-runc-v1",
    "audit.containerd-shim-runc-v2": "/usr/bin/containerd-shim-runc-v2",
    "audit.runc": "/usr/bin/runc",
}
PRESENT = {"/etc/sysconfig/docker": row("/etc/sysconfig/docker")}
PROGRAMS = {check for check, path in PATHS.items() if path.startswith("/usr/bin/")}
FOLDERS = {"audit.containerd-state", "audit.data-root", "audit.config-folder"}


def rules(text: str, **changes: Any) -> Any:
    """The host with these rules loaded, and in its file."""
    files = {**PRESENT, **changes.pop("files", {})}
    edits = {"cmd:auditctl-l": text, "file:/etc/audit/rules.d/docker.rules": text, "file:/etc/audit/audit.rules": 2}
    return ubuntu({**edits, **changes.pop("edits", {})}, files=files, **changes)


def test_every_recommendation_has_its_check() -> None:
    assert set(CHECKS) == set(PATHS)
    numbers = {
        ref.rpartition(":")[2] for check in CHECKS.values() for ref in check.refs if ref.startswith("CIS-Docker-1.7:")
    }
    assert numbers == {f"1.1.{number}" for number in range(3, 19)}


@each_of(("check", "path"), PATHS.items())
def test_a_watch_passes_and_is_shown(check: str, path: str) -> None:
    found = outcomes(CHECKS[check], rules(RULES))[path]
    assert found.outcome == "pass"
    assert str(found.observed).startswith("-w ")
    assert found.source == "auditctl -l"


@each_of(("check", "path"), PATHS.items())
def test_no_rule_fails_and_the_fix_adds_it_once(check: str, path: str) -> None:
    found = outcomes(CHECKS[check], rules("No rules\n"))[path]
    assert (found.outcome, found.observed) == (
        "fail",
        f"no rule ({'awx' if check in PROGRAMS else 'aw'} is not recorded)",
    )
    assert found.fix is not None
    assert f"-w {path} -p rwxa -k docker" in found.fix
    assert "grep -qsxF" in found.fix


@each_of(("check", "path"), PATHS.items())
@each_of(
    "rule",
    [
        "-w {path}-other -p rwxa -k docker",
        "-w {path}/below -p rwxa -k docker",
        "-a never,exit -S all -F path={path}",
        "-w {path} -p r -k docker",
        "-a always,exit -S all -F path={path} -F uid=33",
        "-a always,exclude -F msgtype=PATH",
    ],
)
def test_a_rule_about_something_else_fails(check: str, path: str, rule: str) -> None:
    assert outcomes(CHECKS[check], rules(rule.format(path=path) + "\n"))[path].outcome == "fail"


@each_of(("check", "path"), PATHS.items())
def test_a_watch_on_a_folder_above_passes(check: str, path: str) -> None:
    above = "/" + path.split("/")[1]
    assert outcomes(CHECKS[check], rules(f"-w {above} -p wax -k all\n"))[path].outcome == "pass"


@pytest.mark.parametrize("check", sorted(FOLDERS))
def test_a_folder_needs_a_recursive_rule(check: str) -> None:
    path = PATHS[check]
    assert outcomes(CHECKS[check], rules(f"-a always,exit -S all -F path={path}\n"))[path].outcome == "fail"
    assert outcomes(CHECKS[check], rules(f"-a always,exit -S all -F dir={path}\n"))[path].outcome == "pass"


@each_of("check", sorted(PROGRAMS))
def test_a_program_needs_execution_to_be_recorded_too(check: str) -> None:
    path = PATHS[check]
    found = outcomes(CHECKS[check], rules(f"-w {path} -p wa\n"))[path]
    assert (found.outcome, found.observed) == ("fail", f"-w {path} -p wa (x is not recorded)")


@each_of("check", sorted(PATHS))
def test_a_missing_target_is_not_applicable_and_one_that_cannot_be_seen_an_error(check: str) -> None:
    path = PATHS[check]
    edits = {"cmd:systemctl-show": 127} if "/systemd/" in path else {}
    assert outcome(CHECKS[check], rules(RULES, edits=edits, files={path: row(path, "absent")})).outcome == "skip"
    found = outcomes(CHECKS[check], rules(RULES, edits=edits, files={path: row(path, "denied")}))[path]
    assert (found.outcome, found.reason) == ("error", "permission denied")


def test_rules_that_cannot_be_read_are_an_error() -> None:
    edits = {
        "cmd:auditctl-l": 4,
        "cmd:auditctl-l:err": "You must be root to run this program.\n",
        "list:/etc/audit/rules.d": 13,
        "file:/etc/audit/audit.rules": 13,
    }
    found = outcome(CHECKS["audit.config-folder"], ubuntu(edits))
    assert (found.outcome, found.reason) == ("error", "permission denied")


def test_the_fix_installs_audit_where_it_is_missing() -> None:
    edits = {"cmd:auditctl-l": 127, "list:/etc/audit/rules.d": 2, "file:/etc/audit/audit.rules": 2}
    found = outcome(CHECKS["audit.config-folder"], ubuntu(edits))
    assert found.outcome == "fail"
    assert (found.fix or "").startswith("apt-get install -y auditd\n")


def test_the_running_daemon_is_watched_where_it_really_is() -> None:
    edits = {
        "cmd:engines": "812 dockerd /usr/sbin/dockerd 0 1760000000 1 -\n",
        "cmd:auditctl-l": "-w /usr/bin/dockerd -p rwxa\n",
    }
    facts = ubuntu(edits, files={"/usr/sbin/dockerd": row("/usr/sbin/dockerd", mode="0755")})
    assert {path: item.outcome for path, item in outcomes(CHECKS["audit.dockerd"], facts).items()} == {
        "/usr/sbin/dockerd": "fail"
    }


def test_the_data_root_is_the_engines_without_the_remapping() -> None:
    info = {"DockerRootDir": "/srv/docker/100000.100000", "SecurityOptions": ["name=userns"]}
    facts = rules("-w /srv/docker -p wa\n", info=info, files={"/srv/docker": row("/srv/docker", "dir", "0710")})
    assert outcomes(CHECKS["audit.data-root"], facts)["/srv/docker"].outcome == "pass"
    info = {"DockerRootDir": "/srv/docker/100000.100000", "Labels": ["team=userns"]}
    facts = rules("", info=info, files={"/srv/docker/100000.100000": row("/srv/docker/100000.100000", "dir")})
    assert list(outcomes(CHECKS["audit.data-root"], facts)) == ["/srv/docker/100000.100000"]


def test_other_runtimes_are_watched_like_runc() -> None:
    runtimes = {**INFO["Runtimes"], "crun": {"path": "/usr/local/bin/crun"}}
    path = "/usr/local/bin/crun"
    facts = rules(RULES, info={"Runtimes": runtimes}, files={path: row(path, mode="0755")})
    found = outcomes(CHECKS["audit.runc"], facts)
    assert {name: item.outcome for name, item in found.items()} == {"/usr/bin/runc": "pass", path: "fail"}


def test_a_rule_on_what_a_link_leads_to_passes() -> None:
    files = {"/usr/bin/runc": row("/usr/bin/runc", mode="0755", resolved="/usr/sbin/runc")}
    found = outcomes(CHECKS["audit.runc"], rules("-w /usr/sbin/runc -p rwxa\n", files=files))
    assert found["/usr/bin/runc"].outcome == "pass"


def test_drop_ins_are_watched_as_well() -> None:
    path = "/etc/systemd/system/docker.service.d/x.conf"
    found = outcomes(CHECKS["audit.docker-service"], rules(RULES, files={path: row(path)}))
    assert found[path].outcome == "fail"


def test_the_state_of_the_containerd_that_the_engine_supervises_is_asked_for_too() -> None:
    state = "/run/docker/containerd"
    edits = {"proc:700/cmdline": b"containerd\0--config\0/run/docker/containerd/containerd.toml\0"}
    facts = rules(RULES, edits=edits, info={"Containerd": None}, files={state: row(state, "dir", "0711")})
    found = outcomes(CHECKS["audit.containerd-state"], facts)
    assert {name: item.outcome for name, item in found.items()} == {"/run/containerd": "pass", state: "fail"}


def test_a_rule_about_the_socket_by_way_of_var_run_passes() -> None:
    assert (
        outcomes(CHECKS["audit.api-socket"], rules("-w /var/run/docker.sock -p wa\n"))["/run/docker.sock"].outcome
        == "pass"
    )


def test_audit_that_is_switched_off_fails_everywhere() -> None:
    facts = rules(RULES, edits={"cmd:auditctl-s": "enabled 0\n"})
    for check, path in PATHS.items():
        found = outcomes(CHECKS[check], facts)[path]
        assert (found.outcome, found.observed) == ("fail", "no rule (the kernel's audit is switched off (enabled 0))")
