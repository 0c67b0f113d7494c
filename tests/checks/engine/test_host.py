"""CIS 1.1.1, 1.1.2 and 1.2.1."""

from __future__ import annotations

from typing import Any

import pytest

from tests.checks.engine.base import ubuntu
from tests.hosts import checks_in, outcome, outcomes, row

CHECKS = checks_in("engine", "host.py")
SEPARATE, USERS = CHECKS["host.data-root-separate"], CHECKS["host.docker-socket-users"]
STORE = [["driver-type", "io.containerd.snapshotter.v1"]]


def test_a_data_root_on_the_root_file_system_fails() -> None:
    facts = ubuntu(files={"/var/lib/docker": row("/var/lib/docker", "dir", device="1")})
    found = outcomes(SEPARATE, facts)["/var/lib/docker"]
    assert (found.outcome, found.observed) == ("fail", "the file system of /")
    assert found.source == "/var/lib/docker: device, compared with that of /"
    assert "/etc/fstab" in (found.fix or "")


def test_a_bind_mount_of_the_root_file_system_fails_and_a_tmpfs_passes() -> None:
    mounts = "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n23 22 8:1 /srv /var/lib/docker rw - ext4 /dev/sda1 rw\n"
    facts = ubuntu(
        {"file:/proc/self/mountinfo": mounts}, files={"/var/lib/docker": row("/var/lib/docker", "dir", device="1")}
    )
    assert outcome(SEPARATE, facts).outcome == "fail"
    mounts = "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n23 22 0:40 / /var/lib/docker rw - tmpfs tmpfs rw\n"
    assert outcome(SEPARATE, ubuntu({"file:/proc/self/mountinfo": mounts})).outcome == "pass"


def test_a_subvolume_shares_the_space_of_its_file_system_and_fails() -> None:
    mounts = "22 1 0:31 /@ / rw - btrfs /dev/sda2 rw\n23 22 0:31 /@docker /var/lib/docker rw - btrfs /dev/sda2 rw\n"
    assert outcome(SEPARATE, ubuntu({"file:/proc/self/mountinfo": mounts})).outcome == "fail"


def test_with_containerds_image_store_its_root_is_asked_for_too() -> None:
    facts = ubuntu(info={"DriverStatus": STORE, "Driver": "overlayfs"})
    found = outcomes(SEPARATE, facts)
    assert {path: item.outcome for path, item in found.items()} == {
        "/var/lib/docker": "pass",
        "/var/lib/containerd": "fail",
    }
    edits = {"proc:700/cmdline": b"containerd\0--config\0/run/docker/containerd/containerd.toml\0"}
    facts = ubuntu(edits, info={"DriverStatus": STORE, "Containerd": None})
    assert list(outcomes(SEPARATE, facts)) == ["/var/lib/docker"]


def test_the_data_root_in_use_is_judged_and_a_label_about_userns_changes_nothing() -> None:
    files = {"/srv/d": row("/srv/d", "dir", device="1")}
    info = {"DockerRootDir": "/srv/d", "Labels": ["team=userns"]}
    assert list(outcomes(SEPARATE, ubuntu(info=info, files=files))) == ["/srv/d"]
    info = {"DockerRootDir": "/srv/d/1000.1000", "SecurityOptions": ["name=userns"]}
    assert list(outcomes(SEPARATE, ubuntu(info=info, files=files))) == ["/srv/d"]


def test_a_data_root_that_is_not_known_is_an_error_and_none_is_not_applicable() -> None:
    gone = ubuntu(files={"/var/lib/docker": row("/var/lib/docker", "absent")})
    assert outcome(SEPARATE, gone).outcome == "skip"
    assert outcome(SEPARATE, ubuntu(files={"/": row("/", "denied")})).outcome == "error"
    nothing = {"docker:info": 1, "docker:info:err": "x", "proc:812/cmdline": 13}
    assert outcome(SEPARATE, ubuntu(nothing)).outcome == "error"


# --- who reaches the socket ------------------------------------------------------------------------------------


def members(passwd: str = "", group: str = "docker:x:999:\n", getent: str = "", **changes: Any) -> Any:
    accounts = "root:x:0:0::/root:/bin/sh\ntoor:x:0:0::/root:/bin/sh\ndev:x:1000:1000::/home/dev:/bin/sh\n" + passwd
    edits = {
        "file:/etc/passwd": accounts,
        "file:/etc/group": "root:x:0:\nusers:x:100:ann\n" + group,
        "cmd:getent-group-docker": getent or (2, ""),
    }
    return ubuntu({**edits, **changes.pop("edits", {})}, **changes)


def test_an_empty_group_passes_without_a_declared_list() -> None:
    found = outcomes(USERS, members())["/run/docker.sock"]
    assert (found.outcome, found.observed) == ("pass", [])


def test_members_without_a_declared_list_need_an_attestation() -> None:
    found = outcomes(USERS, members(group="docker:x:999:eve,ann\n"))["/run/docker.sock"]
    assert found.outcome == "manual"
    assert found.reason is not None
    assert found.reason.startswith("ann, eve can reach /run/docker.sock (group docker)")


def test_names_are_compared_whole() -> None:
    facts = members(group="docker:x:999:ad\n")
    found = outcomes(USERS, facts, docker_trusted_users=("administrator",))["/run/docker.sock"]
    assert (found.outcome, found.observed) == ("fail", ["ad"])
    assert found.fix == "gpasswd -d ad docker"
    assert outcomes(USERS, facts, docker_trusted_users=("ad", "other"))["/run/docker.sock"].outcome == "pass"


def test_primary_groups_and_directory_services_count_and_like_named_groups_do_not() -> None:
    group = "docker:x:999:\ndockerroot:x:998:mallory\ndockremap:x:997:remap\n"
    facts = members(passwd="eve:x:1001:999::/:/bin/sh\n", group=group, getent="docker:x:999:ldap\n")
    found = outcomes(USERS, facts, docker_trusted_users=())["/run/docker.sock"]
    assert (found.outcome, found.observed) == ("fail", ["eve", "ldap"])
    assert found.fix == "gpasswd -d eve docker\ngpasswd -d ldap docker"


def test_roots_members_are_root_anyway() -> None:
    facts = members(group="docker:x:999:root,toor\n")
    assert outcomes(USERS, facts, docker_trusted_users=())["/run/docker.sock"].outcome == "pass"
    files = {"/run/docker.sock": row("/run/docker.sock", "socket", "0660", "root:root")}
    facts = members(group="docker:x:999:eve\n", files=files)
    assert outcomes(USERS, facts, docker_trusted_users=())["/run/docker.sock"].outcome == "pass"


def test_the_group_that_owns_the_socket_counts_whatever_it_is_called() -> None:
    files = {"/run/docker.sock": row("/run/docker.sock", "socket", "0660", "root:users")}
    found = outcomes(USERS, members(files=files), docker_trusted_users=())["/run/docker.sock"]
    assert (found.outcome, found.observed) == ("fail", ["ann"])


def test_a_rootless_engines_owner_needs_to_be_trusted() -> None:
    files = {"/run/docker.sock": row("/run/docker.sock", "socket", "0660", "dev:users")}
    found = outcomes(USERS, members(files=files), docker_trusted_users=("ann",))["/run/docker.sock"]
    assert (found.outcome, found.observed) == ("fail", ["ann", "dev"])


@pytest.mark.parametrize("name", ["file:/etc/passwd", "file:/etc/group"])
def test_accounts_that_cannot_be_read_are_an_error(name: str) -> None:
    found = outcomes(USERS, members(edits={name: (13, "")}), docker_trusted_users=("dev",))["/run/docker.sock"]
    assert (found.outcome, found.reason) == ("error", "permission denied")


def test_an_access_control_list_leaves_open_who_comes_in() -> None:
    files = {"/run/docker.sock": row("/run/docker.sock", "socket", "0660", "root:docker", acl="+")}
    assert outcomes(USERS, members(files=files), docker_trusted_users=())["/run/docker.sock"].outcome == "error"


def test_hardening_is_attested_by_a_person() -> None:
    found = outcome(CHECKS["host.hardened"], ubuntu())
    assert found.outcome == "manual"
    assert "baseline" in (found.reason or "")
