"""CIS sections 1 and 3 on a real host: each trap that fools other tools, and its compliant twin.

A trap and its twin lie on the same kind of host, made by the same commands, so that nothing else differs.
"""

from __future__ import annotations

from contextlib import contextmanager
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest

from dockworthy.facts.facts import Facts
from tests.engine.harness import Engine
from tests.hosts import checks_in, outcomes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dockworthy.check import Judgement

CHECKS = {
    **checks_in("engine", "files.py"),
    **checks_in("engine", "audit.py"),
    **checks_in("engine", "host.py"),
}
SHIM = "/run/shims/auditctl"
# What setfacl -m u:nobody:rw writes: version 2, then tag, permissions and id of each entry (posix_acl_xattr.h).
ACL = """
import os, struct, sys
entries = [(1, 6, -1), (2, int(sys.argv[2]), 65534), (4, 6, -1), (16, int(sys.argv[3]), -1), (32, 0, -1)]
data = struct.pack("<I", 2) + b"".join(struct.pack("<HHi", *entry) for entry in entries)
os.setxattr(sys.argv[1], "system.posix_acl_access", data)
"""


class Host:
    """The engine's host, and what the checks say of it as it is now."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def sh(self, script: str) -> None:
        """Run commands where the engine runs."""
        self.engine.run("sh", "-e", "-c", script)

    def judged(self, **params: Any) -> dict[str, dict[str | None, Judgement]]:
        """Every check on one snapshot."""
        facts = Facts(self.engine.snapshot(), datetime.now(tz=timezone.utc))
        return {name: outcomes(check, facts, **params) for name, check in CHECKS.items()}

    def verdicts(self, check: str, **params: Any) -> dict[str | None, str]:
        """One check's outcomes by instance."""
        return {param: item.outcome for param, item in self.judged(**params)[check].items()}


@contextmanager
def fresh(*args: str, config: dict[str, Any] | None = None, before: str = "") -> Iterator[Host]:
    """A host of its own; ``before`` is run before the engine starts."""
    with Engine(isolated=True, args=args, config=config, start=False) as engine:
        host = Host(engine)
        if before:
            host.sh(before)
        engine.start()
        yield host


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    """One host for what commands can put right again."""
    with fresh() as made:
        yield made


# --- section 3 -------------------------------------------------------------------------------------------------

TRAPS = """
mkdir -p /etc/systemd/system/docker.service.d /etc/docker/certs.d/registry.test:5000 /etc/sysconfig
echo '{}' >/etc/docker/daemon.json; chmod 0622 /etc/docker/daemon.json
printf '[Service]\\n' >/etc/systemd/system/docker.service.d/override.conf
chmod 0606 /etc/systemd/system/docker.service.d/override.conf
chmod 0577 /etc/docker
chmod 0646 /run/docker.sock; chown root:users /run/docker.sock
echo x >/etc/docker/certs.d/registry.test:5000/ca.crt; chmod 0422 /etc/docker/certs.d/registry.test:5000/ca.crt
cd /etc/docker/certs.d/registry.test:5000
echo x >client.cert; chown nobody client.cert; chmod 0444 client.cert
echo x >client.key; chmod 0606 client.key
chgrp users ca.crt
chgrp nogroup /etc/default/docker; chmod 4644 /etc/default/docker
echo x >/etc/srv.conf; chmod 0644 /etc/srv.conf
ln -sfn /etc/srv.conf /etc/sysconfig/docker; chown -h nobody /etc/sysconfig/docker
chmod 0606 /run/docker/containerd/containerd.sock
"""
TWINS = """
chmod 0640 /etc/docker/daemon.json
chmod 0600 /etc/systemd/system/docker.service.d/override.conf
chmod 0750 /etc/docker
chmod 0600 /run/docker.sock; chown root:root /run/docker.sock
chmod 0400 /etc/docker/certs.d/registry.test:5000/*; chown root:root /etc/docker/certs.d/registry.test:5000/*
chmod 0600 /etc/default/docker; chgrp root /etc/default/docker
chown -h root /etc/sysconfig/docker
chmod 0660 /run/docker/containerd/containerd.sock
"""
CERTS = "/etc/docker/certs.d/registry.test:5000"
EXPECTED = {
    "file.daemon-json-mode": {"/etc/docker/daemon.json": "0622"},
    "file.docker-service-mode": {"/etc/systemd/system/docker.service.d/override.conf": "0606"},
    "file.config-folder-mode": {"/etc/docker": "0577"},
    "file.api-socket-mode": {"/var/run/docker.sock": "0646"},
    "file.api-socket-owner": {"/var/run/docker.sock": "root:users"},
    "file.registry-certificates-mode": {f"{CERTS}/ca.crt": "0422", f"{CERTS}/client.key": "0606"},
    "file.registry-certificates-owner": {f"{CERTS}/ca.crt": "root:users", f"{CERTS}/client.cert": "nobody:root"},
    "file.default-docker-mode": {"/etc/default/docker": "4644"},
    "file.default-docker-owner": {"/etc/default/docker": "root:nogroup"},
    "file.sysconfig-docker-owner": {"/etc/sysconfig/docker": "root:root, link 65534:0"},
    "file.containerd-socket-mode": {"/var/run/docker/containerd/containerd.sock": "0606"},
}


def test_modes_are_judged_as_bits_and_every_file_by_itself(host: Host) -> None:
    host.sh(TRAPS)
    try:
        trapped = host.judged()
        host.sh(TWINS)
        fixed = host.judged()
    finally:
        host.sh(
            "chmod 0755 /etc/docker; rm -rf /etc/docker/certs.d /etc/docker/daemon.json /etc/sysconfig /etc/srv.conf "
            "/etc/systemd/system/docker.service.d; chmod 0644 /etc/default/docker; chmod 0660 /run/docker.sock"
        )
    failed = {
        check: {param: item.observed for param, item in found.items() if item.outcome == "fail"}
        for check, found in trapped.items()
        if check.startswith("file.") and any(item.outcome == "fail" for item in found.values())
    }
    undecided = {
        check: [item.reason for item in trapped[check].values() if item.outcome == "error"] for check in EXPECTED
    }
    assert {check: reasons for check, reasons in undecided.items() if reasons} == {}
    assert failed == EXPECTED
    for check, found in fixed.items():
        if check.startswith("file."):
            assert {item.outcome for item in found.values()} <= {"pass", "skip"}, (check, found)
    assert "fail" not in {item.outcome for item in fixed["file.api-socket-owner"].values()}, "root:root is stricter"


@pytest.mark.parametrize(
    ("mode", "permissions", "mask", "verdict"),
    [("0660", 6, 6, "fail"), ("0600", 6, 0, "pass")],
    ids=["an entry that grants", "an entry that the mask stops"],
)
def test_an_access_control_list_opens_a_socket_that_its_mode_closes(
    host: Host, mode: str, permissions: int, mask: int, verdict: str
) -> None:
    socket = "/run/docker/containerd/containerd.sock"
    try:
        host.engine.run("python3", "-c", ACL, socket, str(permissions), str(mask))
        host.sh(f"stat -c %a {socket} | grep -qx {mode[1:]}")
        assert set(host.verdicts("file.containerd-socket-mode").values()) == {verdict}
    finally:
        host.engine.run("python3", "-c", f"import os; os.removexattr({socket!r}, 'system.posix_acl_access')")
        host.sh(f"chmod 0660 {socket}")


def test_files_that_flags_name_with_a_blank_are_found() -> None:
    make = (
        "mkdir -p /etc/tls; cd /etc/tls; openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 "
        "-subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout key.pem -out cert.pem 2>/dev/null; "
        "cp cert.pem ca.pem; chmod 0666 key.pem; chmod 0422 ca.pem; chown nobody cert.pem; chmod 0444 cert.pem"
    )
    flags = (
        "--tlsverify",
        "--tlscacert",
        "/etc/tls/ca.pem",
        "--tlscert=/etc/tls/cert.pem",
        "--tlskey",
        "/etc/tls/key.pem",
    )
    hosts = ("-H", "unix:///run/docker.sock", "-H", "tcp://127.0.0.1:2376")
    with fresh(*flags, *hosts, before=make) as host:
        found = host.judged()
        assert {param: item.observed for param, item in found["file.tls-key-mode"].items()} == {
            "/etc/tls/key.pem": "0666"
        }
        assert [item.outcome for item in found["file.tls-ca-mode"].values()] == ["fail"]
        assert [item.outcome for item in found["file.tls-certificate-owner"].values()] == ["fail"]
        assert [item.outcome for item in found["file.tls-certificate-mode"].values()] == ["pass"]
        host.sh("chmod 0400 /etc/tls/key.pem; chmod 0444 /etc/tls/ca.pem; chown root /etc/tls/cert.pem")
        found = host.judged()
        for check in CHECKS:
            if check.startswith("file.tls-"):
                assert [item.outcome for item in found[check].values()] == ["pass"], check


def test_a_second_socket_and_another_configuration_file_are_judged() -> None:
    config = "/etc/other/daemon.json"
    before = f"mkdir -p /etc/other /run/api; echo '{{}}' >{config}; chmod 0666 {config}"
    flags = ("--config-file", config, "-H", "unix:///run/docker.sock", "-H", "unix:///run/api/engine.sock")
    with fresh(*flags, before=before) as host:
        host.sh("chmod 0666 /run/api/engine.sock")
        assert host.verdicts("file.daemon-json-mode") == {config: "fail"}
        sockets = host.verdicts("file.api-socket-mode")
        assert sockets == {"/run/docker.sock": "pass", "/run/api/engine.sock": "fail"}
        host.sh(f"chmod 0600 {config}; chmod 0600 /run/api/engine.sock")
        assert host.verdicts("file.daemon-json-mode") == {config: "pass"}
        assert set(host.verdicts("file.api-socket-mode").values()) == {"pass"}


# --- 1.1.1 and 1.1.2 -------------------------------------------------------------------------------------------


def test_a_bind_mount_is_no_file_system_of_its_own_and_a_tmpfs_is() -> None:
    labels = {"labels": ["team=userns"]}
    root = ("--data-root", "/run/srv-data")
    made = "mkdir /run/srv-data; "
    for before, verdict in (
        (made, "fail"),
        (f"{made}mount --bind /run/srv-data /run/srv-data", "fail"),
        (f"{made}mount -t tmpfs tmpfs /run/srv-data", "pass"),
    ):
        with fresh(*root, config=labels, before=before) as host:
            assert host.verdicts("host.data-root-separate") == {"/run/srv-data": verdict}


def test_containerds_image_store_must_be_separate_too() -> None:
    own = "mkdir -p /run/srv-data; mount -t tmpfs tmpfs /run/srv-data"
    config = {"features": {"containerd-snapshotter": True}}
    with fresh("--data-root", "/run/srv-data", config=config, before=own) as host:
        # The engine's own containerd keeps its images below the data root.
        assert host.verdicts("host.data-root-separate") == {"/run/srv-data": "pass"}


def test_members_by_primary_group_are_seen_and_names_are_compared_whole(host: Host) -> None:
    host.sh("groupadd -f docker; useradd -M -g docker eve; useradd -M -G docker ad; useradd -M -G users ann")
    try:
        host.sh("chown root:docker /run/docker.sock; chmod 0660 /run/docker.sock")
        manual = host.judged()["host.docker-socket-users"]["/var/run/docker.sock"]
        assert manual.outcome == "manual"
        assert (manual.reason or "").startswith("ad, eve can reach")
        found = host.judged(docker_trusted_users=("administrator",))["host.docker-socket-users"]
        assert found["/var/run/docker.sock"].observed == ["ad", "eve"]
        assert host.verdicts("host.docker-socket-users", docker_trusted_users=("ad", "eve")) == {
            "/var/run/docker.sock": "pass"
        }
        host.sh("chown root:root /run/docker.sock")
        assert host.verdicts("host.docker-socket-users", docker_trusted_users=()) == {"/var/run/docker.sock": "pass"}
    finally:
        host.sh("userdel eve; userdel ad; userdel ann; chown root:docker /run/docker.sock")


# --- audit -----------------------------------------------------------------------------------------------------


def with_rules(host: Host, rules: str, *, name: str = "rules.d/docker.rules", listing: str | None = None) -> Any:
    """What the checks say with these rules in a file, and this listing from auditctl (None: it is missing)."""
    host.sh("rm -rf /etc/audit; mkdir -p /etc/audit/rules.d /run/shims")
    host.engine.write(f"/etc/audit/{name}", rules, 0o640)
    shown = f"cat <<'EOF'\n{listing}EOF" if listing is not None else "exit 127"
    script = f"#!/bin/sh\ncase $1 in -s) echo 'enabled 1' ;; -l) {shown}\n;; esac\n"
    host.engine.write(SHIM, script, 0o755)
    path = f"/run/shims:{host.engine.run('sh', '-c', 'echo $PATH').stdout.strip()}"
    facts = Facts(host.engine.snapshot(env={"PATH": path}), datetime.now(tz=timezone.utc))
    return {
        name: {param: item.outcome for param, item in outcomes(check, facts).items()}
        for name, check in CHECKS.items()
        if name.startswith("audit.")
    }


def only(found: dict[str, dict[str | None, str]], outcome: str) -> set[str]:
    """The instances that have an outcome."""
    return {str(param) for instances in found.values() for param, one in instances.items() if one == outcome}


def test_a_rule_for_a_longer_path_a_comment_and_a_never_rule_watch_nothing(host: Host) -> None:
    rules = (
        "-w /usr/bin/containerd-shim-runc-v2 -p rwxa -k docker\n"
        "   # -w /usr/sbin/runc -p rwxa -k docker\n"
        "-a never,exit -F path=/usr/sbin/dockerd\n"
        "-w /etc/docker/daemon.json -p wa\n"
        "-w /run/docker/containerd/containerd.sock -p wa\n"
        "-a always,exit -F path=/var/lib/docker -F perm=wa\n"
    )
    found = with_rules(host, rules)
    assert only(found, "pass") == {"/usr/bin/containerd-shim-runc-v2", "/var/run/docker/containerd/containerd.sock"}
    assert found["audit.dockerd"] == {"/usr/sbin/dockerd": "fail"}
    assert found["audit.containerd"] == {"/usr/bin/containerd": "fail"}
    assert found["audit.containerd-shim"] == {"/usr/bin/containerd-shim": "fail"}
    assert found["audit.runc"] == {"/usr/sbin/runc": "fail"}
    assert found["audit.config-folder"] == {"/etc/docker": "fail"}
    assert found["audit.data-root"] == {"/var/lib/docker": "fail"}


def test_ancestors_any_key_any_order_and_syscall_syntax_watch(host: Host) -> None:
    rules = (
        "-w /etc -p aw -k everything\n"
        "-w /usr -p xaw\n"
        "-a exit,always -F dir=/var/lib/docker -F perm=wa -F key=data\n"
        "-a always,exit -F arch=b64 -F dir=/run -F perm=wa -k run\n"
    )
    found = with_rules(host, rules)
    assert only(found, "fail") == set()
    assert only(found, "error") == set()
    assert found["audit.dockerd"] == {"/usr/sbin/dockerd": "pass"}


def test_the_file_of_rules_itself_is_read_too(host: Host) -> None:
    found = with_rules(host, "-w /usr/sbin/dockerd -p rwxa -k docker\n", name="audit.rules")
    assert found["audit.dockerd"] == {"/usr/sbin/dockerd": "pass"}
    assert found["audit.runc"] == {"/usr/sbin/runc": "fail"}


def test_what_is_loaded_counts_and_not_what_the_files_promise(host: Host) -> None:
    rules = "-w /usr/sbin/dockerd -p rwxa -k docker\n"
    found = with_rules(host, rules, listing="No rules\n")
    assert found["audit.dockerd"] == {"/usr/sbin/dockerd": "fail"}
    found = with_rules(host, rules, listing="-w /usr/sbin/dockerd -p rwxa -k docker\n")
    assert found["audit.dockerd"] == {"/usr/sbin/dockerd": "pass"}


def test_a_watch_on_a_folder_above_is_judged_by_any_of_its_spellings(host: Host) -> None:
    def socket(rule: str, more: str = "true") -> set[str]:
        host.sh(f"rm -rf /opt/ways; mkdir /opt/ways; ln -s /run /opt/ways/run; {more}")
        return set(with_rules(host, f"{rule}\n", listing=f"{rule}\n")["audit.containerd-socket"].values())

    for above in ("/run", "/run/docker", "/var/run/docker", "/var/run/docker/containerd/", "/opt/ways/run/docker"):
        assert socket(f"-w {above} -p wa") == {"pass"}, above
        assert socket(f"-w {above} -p r") == {"fail"}, above
    # the kernel watches the link itself, where it is the last part
    assert socket("-w /opt/ways/run -p wa") == {"fail"}


def test_what_augenrules_cannot_read_holds_no_rule(host: Host) -> None:
    host.sh("rm -rf /etc/audit; mkdir -p /etc/audit/rules.d/folder.rules; ln -s /nowhere /etc/audit/rules.d/link.rules")
    host.engine.write(SHIM, "#!/bin/sh\n[ $1 = -s ] && echo 'enabled 1' || echo '-w /run -p wa'\n", 0o755)
    path = f"/run/shims:{host.engine.run('sh', '-c', 'echo $PATH').stdout.strip()}"
    facts = Facts(host.engine.snapshot(env={"PATH": path}), datetime.now(tz=timezone.utc))
    assert {item.outcome for item in outcomes(CHECKS["audit.containerd-socket"], facts).values()} == {"pass"}


def test_a_never_rule_that_auditctl_prints_as_a_watch_is_told_by_its_file(host: Host) -> None:
    listing = "-w /usr/sbin/dockerd -p rwxa\n"
    trap = with_rules(host, "-a never,exit -F path=/usr/sbin/dockerd -F perm=rwxa\n", listing=listing)
    assert trap["audit.dockerd"] == {"/usr/sbin/dockerd": "fail"}
    twin = with_rules(host, "-a always,exit -F path=/usr/sbin/dockerd -F perm=rwxa\n", listing=listing)
    assert twin["audit.dockerd"] == {"/usr/sbin/dockerd": "pass"}


def test_never_for_all_tasks_ends_every_watch(host: Host) -> None:
    rules = "-w /usr/sbin/dockerd -p rwxa\n"
    assert with_rules(host, rules + "-a never,task\n")["audit.dockerd"] == {"/usr/sbin/dockerd": "fail"}
    assert with_rules(host, rules)["audit.dockerd"] == {"/usr/sbin/dockerd": "pass"}


# --- storage ---------------------------------------------------------------------------------------------------


def test_space_is_asked_for_where_the_image_store_lies() -> None:
    """The engine's containerd keeps its images on a disk of its own: that one fills up, the data root's does not."""
    kept = "/var/lib/docker/containerd"
    before = f"mkdir -p {kept}; mount -t tmpfs -o size=40m,nr_inodes=2000 tmpfs {kept}"
    of_root, of_store = checks_in("engine", "storage.py"), checks_in("storage", "image_store.py")
    root = f"{kept}/daemon"

    def said(made: Host) -> list[str]:
        facts = Facts(made.engine.snapshot())
        params = {"min_data_root_free_percent": 2, "min_data_root_free_inodes_percent": 2}
        for name in ("space", "inodes"):
            assert outcomes(of_root[f"engine.storage-{name}"], facts, **params)[None].outcome == "pass"
        found = outcomes(of_store["storage.image-store-space"], facts, **params)
        return [found[name].outcome for name in (root, f"{root} inodes")]

    with fresh(config={"features": {"containerd-snapshotter": True}}, before=before) as made:
        assert said(made) == ["pass", "pass"]
        made.sh(f"head -c 45m /dev/zero >{kept}/full || true")
        assert said(made) == ["fail", "pass"]
        made.sh(f"rm {kept}/full; cd {kept}; n=0; while touch $n 2>/dev/null; do n=$((n + 1)); done; rm -f 0")
        assert said(made) == ["pass", "fail"]
