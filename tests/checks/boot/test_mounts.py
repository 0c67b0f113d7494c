"""Whether the engine's stores are there again after a boot: by fstab, by units, and by what the engine waits for."""

from __future__ import annotations

import json
from typing import Any

from tests.checks.engine.base import UNIT, good
from tests.hosts import checks_in, host, outcome, outcomes
from tests.rows import each_of

CHECK = checks_in("boot", "mounts.py")["boot.data-root-mounted"]
ROOT = "/var/lib/docker"
MOUNTS = "22 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n24 22 8:2 / {point} rw - {kind} /dev/sdb1 rw\n"
DROP_IN = "/etc/systemd/system/docker.service.d/mounts.conf"


def sections(
    fstab: str | int | None = "", *, point: str = ROOT, kind: str = "ext4", more: dict[str, Any] | None = None
) -> dict[str, Any]:
    """A host whose data root lies on a mount of its own, with this fstab."""
    made = {**good(), "file:/proc/self/mountinfo": MOUNTS.format(point=point, kind=kind), "cmd:mount-units": ""}
    if fstab is not None:
        made["file:/etc/fstab"] = fstab
    return {**made, **(more or {})}


def said(fstab: str | int | None = "", **how: Any) -> str:
    return outcomes(CHECK, host(sections(fstab, **how)))[ROOT].outcome


@each_of(
    ("fstab", "expected"),
    [
        (f"UUID=0a-1 {ROOT} ext4 defaults 0 2\n", "pass"),
        (f"UUID=0a-1 {ROOT}/ ext4 defaults 0 2\n", "pass"),
        (f"LABEL=data {ROOT} ext4\n", "pass"),
        (f"/dev/sdb1 {ROOT}\n", "pass"),
        (f"/srv/docker {ROOT} none bind 0 0\n", "pass"),
        (f"\n\nUUID=0a-1\t{ROOT}\text4\tdefaults,x-systemd.device-timeout=5\n", "pass"),
        (f"UUID=0a-1 {ROOT} ext4 nofail,x-systemd.before=docker.service\n", "pass"),
        ("UUID=0a-1 / ext4 defaults 0 1\n", "fail"),
        ("UUID=0a-1 /var/lib/docker2 ext4 defaults 0 2\n", "fail"),
        ("UUID=0a-1 /var/lib ext4 defaults 0 2\n", "fail"),
        (f"/dev/sdb1 {ROOT} swap sw 0 0\n", "fail"),
        (f"# UUID=0a-1 {ROOT} ext4 defaults 0 2\n", "fail"),
        (f"UUID=0a-1 {ROOT} ext4 defaults,noauto 0 2\n", "fail"),
        (f"UUID=0a-1 {ROOT} ext4 defaults,nofail 0 2\n", "fail"),
        (f"UUID=0a-1 {ROOT} ext4 _netdev 0 2\n", "fail"),
        (f"UUID=0a-1 {ROOT} ext4 x-systemd.automount 0 2\n", "fail"),
        (f"nas.example.com:/docker {ROOT} nfs4 defaults 0 0\n", "fail"),
        # what it is started by, and what waits for it
        (f"UUID=0a-1 {ROOT} ext4 noauto,x-systemd.before=docker.service\n", "fail"),
        (f"UUID=0a-1 {ROOT} ext4 nofail,x-systemd.required-by=docker.service\n", "fail"),
        (f"UUID=0a-1 {ROOT} ext4 x-systemd.wanted-by=docker.service\n", "fail"),
        (f"UUID=0a-1 {ROOT} ext4 x-systemd.before=docker.service,x-systemd.wanted-by=docker.service\n", "pass"),
        (
            f"UUID=0a-1 {ROOT} ext4 noauto,x-systemd.required-by=docker.service,x-systemd.before=docker.service\n",
            "pass",
        ),
        (f"UUID=0a-1 {ROOT} ext4 x-systemd.before=docker.service,x-systemd.required-by=backup.service\n", "fail"),
        (f"UUID=0a-1 {ROOT} ext4 x-systemd.automount,x-systemd.before=docker.service\n", "fail"),
        (f"UUID=0a-1 {ROOT} ext4 nofail,x-systemd.before=local-fs.target\n", "pass"),
        (f"UUID=0a-1 {ROOT} ext4 nofail,x-systemd.before=backup.service\n", "fail"),
        (f"UUID=0a-1 {ROOT} ext4 _netdev,x-systemd.before=docker.service\n", "pass"),
        (f"UUID=0a-1 {ROOT} ext4 x-systemd.after=docker.service\n", "fail"),
        (f"UUID=0a-1 {ROOT} ext4 nofail,fail\n", "pass"),
        (f"UUID=0a-1 {ROOT} ext4 noauto,auto\n", "pass"),
        (f"UUID=0a-1 {ROOT} ext4 auto,noauto\n", "fail"),
        # the first line of a place counts
        (f"UUID=0a-1 {ROOT} ext4 defaults 0 2\nUUID=0a-2 {ROOT} ext4 noauto 0 2\n", "pass"),
        ((13, ""), "error"),
        (2, "fail"),
        (None, "error"),
    ],
)
def test_a_mount_of_its_own_has_to_be_in_fstab_and_waited_for(fstab: Any, expected: str) -> None:
    assert said(fstab) == expected


def test_what_lies_on_the_root_file_system_is_there_anyway_and_memory_is_empty_after_every_boot() -> None:
    assert said("", point="/srv") == "pass"
    assert said("", kind="tmpfs") == "skip"
    assert said("", kind="zfs") == "error"
    assert said(f"tank/docker {ROOT} zfs defaults 0 0\n", kind="zfs") == "pass"


@each_of(
    ("device", "fstab", "expected"),
    [
        ("/dev/mapper/vg0-docker", "", "error"),
        ("/dev/mapper/vg0-docker", f"/dev/vg0/docker {ROOT} xfs defaults 0 0\n", "pass"),
        ("/dev/mapper/vg0-docker", f"/dev/vg0/docker {ROOT} xfs noauto 0 0\n", "fail"),
        ("/dev/loop0", "", "fail"),
        ("/dev/sdb1", f"/dev/sdb1 {ROOT} auto defaults,nofail,_netdev,comment=cloudconfig 0 2\n", "error"),
        ("/dev/sdb1", f"/dev/sdb1 {ROOT} auto defaults,comment=cloudconfig 0 2\n", "pass"),
    ],
)
def test_what_services_that_were_not_looked_at_may_mount_is_not_known(device: str, fstab: str, expected: str) -> None:
    mounts = MOUNTS.format(point=ROOT, kind="xfs").replace("/dev/sdb1", device)
    assert said(fstab, more={"file:/proc/self/mountinfo": mounts}) == expected


@each_of(
    ("directives", "expected"),
    [
        (f"[Unit]\nRequiresMountsFor={ROOT}\n", "pass"),
        (f"[Unit]\nRequiresMountsFor=/srv {ROOT}/containers\n", "pass"),
        ("[Unit]\nRequires=var-lib-docker.mount\nAfter=var-lib-docker.mount\n", "pass"),
        ("[Unit]\nRequires=var-lib-docker.mount\n", "fail"),
        ("[Unit]\nRequiresMountsFor=/var/lib\n", "fail"),
        ("[Service]\nRequiresMountsFor=/var/lib/docker\n", "fail"),
        (f"[Unit]\nRequiresMountsFor={ROOT}\nRequiresMountsFor=\n", "fail"),
    ],
)
def test_the_engines_unit_may_wait_for_what_nobody_else_waits_for(directives: str, expected: str) -> None:
    line = f"UUID=0a-1 {ROOT} ext4 nofail,noauto 0 2\n"
    drop_in = {
        f"file:{DROP_IN}": directives,
        "stat:units": f"{DROP_IN} {DROP_IN} file 0644 0 0 root root 10 1 1 - 0 0\n",
    }
    assert said(line, more=drop_in) == expected
    assert said(line) == "fail"


@each_of(
    ("options", "directives", "expected"),
    [
        ("nofail", "[Unit]\nAfter=var-lib-docker.mount\n", "pass"),
        ("noauto", "[Unit]\nAfter=var-lib-docker.mount\n", "fail"),
        ("noauto", "[Unit]\nRequires=var-lib-docker.mount\n", "pass"),
        ("noauto,nofail", "[Unit]\nWants=var-lib-docker.mount\nAfter=var-lib-docker.mount\n", "pass"),
        ("noauto,x-systemd.before=docker.service", "[Unit]\nWants=var-lib-docker.mount\n", "pass"),
        ("x-systemd.wanted-by=docker.service", "[Unit]\nAfter=var-lib-docker.mount\n", "pass"),
        ("_netdev", "[Unit]\nAfter=remote-fs.target\n", "pass"),
        ("_netdev,nofail", "[Unit]\nAfter=remote-fs.target\n", "fail"),
        ("nofail", "[Unit]\nAfter=local-fs.target\n", "fail"),
    ],
)
def test_what_starts_a_mount_and_what_waits_for_it_may_be_said_in_two_places(
    options: str, directives: str, expected: str
) -> None:
    drop_in = {
        f"file:{DROP_IN}": directives,
        "stat:units": f"{DROP_IN} {DROP_IN} file 0644 0 0 root root 10 1 1 - 0 0\n",
    }
    assert said(f"UUID=0a-1 {ROOT} ext4 {options} 0 2\n", more=drop_in) == expected


def test_another_init_mounts_one_line_after_the_other() -> None:
    """Where systemctl is there, systemd will boot the host, though it does not run here."""
    tools = {"cmd:systemctl-show": 127, "cmd:which": "dockerd /usr/bin/dockerd /usr/bin/dockerd\n"}
    wanted = {"nofail": "pass", "x-systemd.automount": "pass", "noauto": "fail", "_netdev": "fail"}
    for options, expected in wanted.items():
        assert said(f"UUID=0a-1 {ROOT} ext4 {options} 0 2\n", more=tools) == expected, options
    tools["cmd:which"] = f"{tools['cmd:which']}systemctl /usr/bin/systemctl /usr/bin/systemctl\n"
    assert said(f"UUID=0a-1 {ROOT} ext4 nofail 0 2\n", more={**tools, "cmd:systemctl-show": 1}) == "fail"


@each_of(
    ("units", "text", "expected"),
    [
        (
            "unit {0}\nwanted var-lib-docker.mount by local-fs.target\n",
            "[Unit]\nBefore=docker.service\n[Mount]\nOptions=nofail\n",
            "pass",
        ),
        ("unit {0}\n", "[Unit]\nBefore=docker.service\n[Mount]\n", "fail"),
        ("unit {0}\nwanted var-lib-docker.mount by local-fs.target\n", "[Mount]\nWhat=/dev/sdb1\n", "pass"),
        ("unit {0}\nwanted var-lib-docker.mount by docker.service\n", "[Mount]\nType=ext4\n", "pass"),
        ("unit {0}\n", "[Mount]\nWhat=/dev/sdb1\n", "fail"),
        ("unit {0}\nwanted var-lib-docker.mount by multi-user.target\n", "[Mount]\nType=nfs\n", "fail"),
        ("unit {0}\nwanted var-lib-docker.mount by local-fs.target\n", "[Mount]\nOptions=noatime,_netdev\n", "fail"),
        ("unit {0}\nwanted var-lib-docker.mount by local-fs.target\n", "[Mount]\nOptions=nofail\n", "fail"),
        ("unit {0}\nwanted var-lib-docker.mount by local-fs.target\n", "[Mount]\nOptions=noatime\n", "pass"),
        (
            "unit {0}\nwanted var-lib-docker.mount by multi-user.target\n",
            "[Unit]\nDefaultDependencies=no\n[Mount]\n",
            "fail",
        ),
        ("unit {0}\nwanted var-lib-docker.mount by local-fs.target\n", (5, ""), "fail"),
        ("unit /etc/systemd/system/var-lib-docker\\x2ddata.mount\n", "[Mount]\n", "fail"),
        ("unit /run/systemd/generator.late/var-lib-docker.mount\n", 2, "pass"),
    ],
)
def test_a_mount_unit_counts_where_something_starts_it(units: str, text: Any, expected: str) -> None:
    path = "/etc/systemd/system/var-lib-docker.mount"
    assert said("", more={"cmd:mount-units": units.format(path), f"file:{path}": text}) == expected


def test_a_dash_in_a_place_is_escaped_in_its_units_name() -> None:
    unit = "/etc/systemd/system/srv-a\\x2db.mount"
    more = {
        "docker:info": json.dumps({"DockerRootDir": "/srv/a-b"}),
        "cmd:mount-units": "unit /etc/systemd/system/srv-a%5cx2db.mount\nwanted srv-a%5cx2db.mount by x.target\n",
        f"file:{unit}": "[Mount]\nType=ext4\n",
    }
    facts = host(sections("", point="/srv/a-b", more=more))
    assert outcomes(CHECK, facts)["/srv/a-b"].outcome == "pass"


def test_blanks_in_a_place_are_written_as_octal_numbers() -> None:
    more = {"docker:info": json.dumps({"DockerRootDir": "/srv/my data"})}
    facts = host(sections("UUID=0a-1 /srv/my\\040data ext4 defaults 0 2\n", point="/srv/my\\040data", more=more))
    assert outcomes(CHECK, facts)["/srv/my data"].outcome == "pass"


def test_all_mounts_above_a_place_have_to_come_back_too() -> None:
    mounts = (
        "22 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n23 22 8:3 / /var rw - ext4 /dev/sdc1 rw\n"
        f"24 23 8:2 / {ROOT} rw - ext4 /dev/sdb1 rw\n"
    )
    own = f"UUID=0a-1 {ROOT} ext4 defaults 0 2\n"
    assert said(own, more={"file:/proc/self/mountinfo": mounts}) == "fail"
    assert said(own + "UUID=0a-2 /var ext4 defaults 0 2\n", more={"file:/proc/self/mountinfo": mounts}) == "pass"


def test_what_a_bind_mount_shows_has_to_be_mounted_as_well() -> None:
    mounts = (
        "22 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n23 22 8:3 / /srv rw - ext4 /dev/sdc1 rw\n"
        f"24 22 8:3 /docker {ROOT} rw - ext4 /dev/sdc1 rw\n"
    )
    bind = f"/srv/docker {ROOT} none bind 0 0\n"
    assert said(bind, more={"file:/proc/self/mountinfo": mounts}) == "fail"
    assert said(bind + "UUID=0a-2 /srv ext4 defaults 0 2\n", more={"file:/proc/self/mountinfo": mounts}) == "pass"


def container(name: str, source: str, policy: str, status: str = "running") -> str:
    mount = {"Type": "bind", "Source": source, "Destination": "/data", "RW": True}
    return (
        json.dumps(
            {
                "Id": name * 10,
                "Name": f"/{name}",
                "State": {"Status": status},
                "HostConfig": {"RestartPolicy": {"Name": policy}},
                "Mounts": [mount],
            }
        )
        + "\n"
    )


def test_folders_of_containers_that_the_engine_starts_by_itself_are_stores_too() -> None:
    found = container("a", "/mnt/x/data", "always") + container("b", "/mnt/x/more", "always")
    found += container("c", "/mnt/y", "no") + container("d", "/etc/hosts", "always")
    mounts = (
        "22 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n24 22 8:2 / /mnt/x rw - ext4 /dev/sdb1 rw\n"
        "25 22 8:4 / /mnt/y rw - ext4 /dev/sdd1 rw\n"
    )
    more = {"docker:containers": found, "file:/proc/self/mountinfo": mounts}
    seen = outcomes(CHECK, host(sections("", more=more)))
    assert {name: item.outcome for name, item in seen.items() if name != "/var/lib/containerd"} == {
        ROOT: "pass",
        "/mnt/x/data": "fail",
    }


def test_two_stores_on_one_mount_are_one_finding() -> None:
    mounts = MOUNTS.format(point="/var", kind="ext4")
    seen = outcomes(CHECK, host(sections("", more={"file:/proc/self/mountinfo": mounts})))
    assert {name: item.outcome for name, item in seen.items()} == {ROOT: "fail", "/var/lib/containerd": "skip"}


def test_the_fix_names_what_is_to_be_waited_for() -> None:
    loose = outcomes(CHECK, host(sections(f"UUID=0a-1 {ROOT} ext4 nofail\n")))[ROOT]
    assert f"RequiresMountsFor={ROOT}" in str(loose.fix)
    gone = outcomes(CHECK, host(sections("")))[ROOT]
    assert f"{ROOT} FSTYPE defaults" in str(gone.fix)


def test_without_an_engine_or_inside_a_container_nothing_is_asked() -> None:
    nothing = {"cmd:dpkg-query": "", "cmd:which": "", "cmd:engines": "", "docker:info": 1}
    assert outcome(CHECK, host(sections("", more=nothing))).outcome == "skip"
    assert outcome(CHECK, host(sections("", more={"cmd:container": "lxc\n"}))).outcome == "skip"
    assert UNIT
