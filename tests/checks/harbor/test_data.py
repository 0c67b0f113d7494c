"""What lies in Harbor's data volume and what an upgrade finds there: each check passes, fails, and meets its traps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.harborengine import compose_of
from tests.harborhost import FOLDER, YML, harbor_host
from tests.hosts import checks_in, outcome, row, table
from tests.rows import each_of

if TYPE_CHECKING:
    from dockworthy.check import Judgement

CHECKS = checks_in("harbor", "data.py")
MOUNTS = "22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n23 22 8:2 / /data rw - ext4 /dev/sdb1 rw\n"
EXTERNAL = YML + "external_database:\n  harbor: {host: db.test, port: 5432}\n"
S3 = YML + "storage_service:\n  s3: {bucket: images}\n"
GIB = 1 << 20


def df(free: int, total: int = 100 * GIB, inodes: tuple[int, int] = (1000, 900)) -> str:
    """What df says of a disk: KiB, and inodes in all and free."""
    return (
        "Filesystem 1024-blocks Used Available Capacity Mounted on\n"
        f"/dev/sdb1 {total} {total - free} {free} 40% /data\n"
        "Filesystem Inodes IUsed IFree IUse% Mounted on\n"
        f"/dev/sdb1 {inodes[0]} {inodes[0] - inodes[1]} {inodes[1]} 10% /data\n"
    )


def said(check: str, *, release: str | None = "v2.12.2", yml: str = YML, params: Any = None, **named: Any) -> Judgement:
    """What a check says of a host with these databases, mounts and disks."""
    data = named.pop("data", "/data")
    parts = {f"{data}{part}": row(f"{data}{part}", "dir", "0755") for part in ("", "/registry", "/database")}
    parts |= named.pop("rows", {})
    sections: dict[str, Any] = {
        f"cmd:harbor-databases{FOLDER}": named.pop("databases", "pg15 15 1000\n"),
        f"cmd:harbor-path{FOLDER}": "same\n",
        f"cmd:harbor-prepare{FOLDER}": f"{release or ''}\n",
        f"file:{FOLDER}/docker-compose.yml": 2,
        "file:/proc/self/mountinfo": MOUNTS,
        f"stat:harbor{FOLDER}": table(row(FOLDER, "dir", "0755"), *parts.values()),
        **{f"df:{data}{part}": df(50 * GIB) for part in ("", "/registry", "/database")},
        **named.pop("sections", {}),
    }
    assert not named
    return outcome(CHECKS[f"harbor.{check}"], harbor_host({}, sections, yml=yml), **(params or {}))


@pytest.mark.parametrize("spelt", ["/data/", "/data//", "//data", "/./data/.", "/data/./"])
def test_a_path_with_more_slashes_and_dots_is_the_same_path(spelt: str) -> None:
    yml = YML.replace("/data", spelt)
    assert spelt in yml
    assert {name: said(name.partition(".")[2], yml=yml).outcome for name in CHECKS if "upgrade" not in name} == {
        name: "pass" for name in CHECKS if "upgrade" not in name
    }
    assert said("data-volume-place", yml=YML.replace("/data", "//etc")).outcome == "fail"


def test_a_good_data_volume_passes_and_without_a_plan_no_upgrade_is_judged() -> None:
    outcomes = {name.partition(".")[2]: said(name.partition(".")[2]).outcome for name in CHECKS}
    assert {name for name, one in outcomes.items() if one == "skip"} == {
        "upgrade-step",
        "upgrade-database",
        "upgrade-space",
    }
    assert {one for name, one in outcomes.items() if not name.startswith("upgrade")} == {"pass"}


TOP = ". 9.6 1000\n"


@each_of(
    ("release", "databases", "outcome", "observed"),
    [
        ("v2.12.2", "pg15 15 1\n", "pass", "serves pg15"),
        ("v2.12.2", "pg14 14 1\n", "pass", "takes over pg14"),
        ("v2.12.2", "pg13 13 1\n", "fail", "makes an empty database beside it"),
        ("v2.12.2", "pg18 18 1\n", "fail", "makes an empty database beside it"),
        ("v2.12.2", "pg15 - 1\npg14 14 1\n", "pass", "takes over pg14"),
        ("v2.12.2", TOP, "fail", "does not start"),
        ("v2.12.2", TOP + "pg15 15 1\n", "fail", "does not start"),
        ("v2.12.2", "pg13.bak 13 1\n", "fail", "makes an empty database beside it"),
        ("v2.15.1", "pg14 14 1\n", "pass", "takes over pg14"),
        ("v2.15.2", "pg14 14 1\n", "fail", "makes an empty database beside it"),
        ("v2.15.2", "pg15 15 1\n", "pass", "takes over pg15"),
        ("v2.15.2", "pg18 18 1\n", "pass", "serves pg18"),
        ("v2.15.1", "pg18 18 1\n", "fail", "makes an empty database beside it"),
        ("v2.7.0", TOP, "fail", "does not start"),
        ("v2.8.6", "pg13 13 1\n", "pass", "serves pg13"),
        ("v2.6.0", TOP, "pass", "takes over PostgreSQL 9.6 in database itself"),
        ("v2.6.0", "pg14 14 1\n", "fail", "does not start"),
        ("v2.2.2", TOP, "pass", "serves PostgreSQL 9.6 in database itself"),
        ("v2.2.2", "pg13 13 1\n", "fail", "does not start"),
        ("v1.10.17", TOP, "pass", "serves PostgreSQL 9.6 in database itself"),
        ("v1.10.18", TOP, "pass", "takes over PostgreSQL 9.6 in database itself"),
        ("v2.99.0", "pg15 15 1\n", "error", None),
        (None, "pg15 15 1\n", "error", None),
        ("v2.12.2", "", "skip", None),
        ("v2.12.2", "pg15 - 1\n", "skip", None),
        ("v2.12.2", 2, "skip", None),
        ("v2.12.2", 13, "error", None),
        ("v2.12.2", "pg15 ? 1\n", "error", None),
        ("v2.12.2", "pg15 15 1\nold%20copy ? 1\n", "pass", "serves pg15"),
    ],
)
def test_a_release_opens_its_own_database_or_the_one_before(
    release: str | None, databases: Any, outcome: str, observed: str | None
) -> None:
    found = said("database-directory", release=release, databases=databases)
    assert (found.outcome, found.observed) == (outcome, observed)


@pytest.mark.parametrize(("version", "outcome"), [("2.12.0", "pass"), ("2.15.0", "error")])
def test_of_a_release_that_is_known_by_its_minor_alone_any_patch_must_open_it(version: str, outcome: str) -> None:
    """2.15.2 takes another pair than 2.15.1."""
    databases = "pg14 14 1\n"
    assert (
        said("database-directory", release=None, yml=f"{YML}_version: {version}\n", databases=databases).outcome
        == outcome
    )


def test_an_external_database_is_no_question_of_the_folder() -> None:
    for check in ("database-directory", "database-single"):
        assert said(check, yml=EXTERNAL, databases="pg13 13 1\n").outcome == "skip"
    for check in ("upgrade-database", "upgrade-space"):
        assert (
            said(check, yml=EXTERNAL, databases="pg13 13 1\n", params={"harbor_upgrade_to": "2.13.0"}).outcome == "skip"
        )


@pytest.mark.parametrize(
    ("databases", "outcome", "observed"),
    [
        ("pg15 15 1\n", "pass", {"databases": ["pg15"]}),
        ("pg14 14 1\npg15 15 1\n", "fail", {"databases": ["pg14", "pg15"], "in use": "serves pg15"}),
        ("pg14 - 1\npg15 15 1\n", "pass", {"databases": ["pg15"]}),
        ("pg13.bak 13 1\npg15 15 1\n", "pass", {"databases": ["pg15"], "copies": ["pg13.bak"]}),
        (13, "error", None),
    ],
)
def test_only_one_database_counts_and_copies_are_named(databases: Any, outcome: str, observed: Any) -> None:
    found = said("database-single", databases=databases)
    assert (found.outcome, found.observed) == (outcome, observed)


def test_one_database_was_the_only_way_before_2_3() -> None:
    assert said("database-single", release="v2.2.2", databases=TOP).outcome == "skip"


def at(data: str, **named: Any) -> Judgement:
    return said("data-volume-place", yml=YML.replace("data_volume: /data", f"data_volume: {data}"), data=data, **named)


def leads(to: str) -> dict[str, str]:
    return {"/data": row("/data", "dir", "0755", resolved=to)}


def on(kind: str, point: str = "/data") -> dict[str, str]:
    parent = 23 if point.startswith("/data") else 22
    return {"file:/proc/self/mountinfo": MOUNTS + f"30 {parent} 0:9 / {point} rw - {kind} none rw\n"}


@each_of(
    ("found", "outcome"),
    [
        (lambda: at("/data"), "pass"),
        (lambda: at("/srv/harbor"), "pass"),
        (lambda: said("data-volume-place", yml=YML.replace("data_volume: /data", "data_volume: /data/")), "pass"),
        (lambda: at("/home/harbor/data"), "pass"),
        (lambda: at("data"), "fail"),
        (lambda: at("/"), "fail"),
        (lambda: at("/var"), "fail"),
        (lambda: at("/usr/"), "fail"),
        (lambda: at("/tmp/harbor"), "fail"),
        (lambda: at("/srv"), "fail"),
        (lambda: at("/srv", sections=on("ext4", "/srv")), "pass"),
        (lambda: at("/data", sections=on("tmpfs")), "fail"),
        (lambda: at("/data", sections=on("cifs")), "fail"),
        (lambda: at("/data", sections=on("xfs")), "pass"),
        (lambda: at("/data", sections=on("nfs4")), "error"),
        (lambda: at("/data", sections=on("nfs4", "/data/registry")), "pass"),
        (lambda: at("/data", sections=on("tmpfs", "/data/database")), "fail"),
        (lambda: at("/data", rows=leads("/var")), "fail"),
        (lambda: at("/data", rows=leads("/mnt/disk/harbor")), "pass"),
        (lambda: at("/data", rows={"/data": row("/data", "link", "0777", resolved="-")}), "fail"),
        (lambda: at("/data", rows={"/data": row("/data", "file", "0644")}), "fail"),
        (lambda: at("/data", sections={f"cmd:harbor-path{FOLDER}": "other\n"}), "fail"),
        (lambda: at("/data", sections={f"cmd:harbor-path{FOLDER}": 13}), "error"),
        (lambda: at("/data", sections={"file:/proc/self/mountinfo": 13}), "error"),
    ],
)
def test_the_data_volume_is_a_folder_of_its_own_where_owners_are_kept(found: Any, outcome: str) -> None:
    assert found().outcome == outcome


def test_an_external_database_makes_nfs_a_place_like_others() -> None:
    assert said("data-volume-place", yml=EXTERNAL, sections=on("nfs4")).outcome == "pass"


@each_of(
    ("disks", "yml", "params", "outcome"),
    [
        ({"/data": df(50 * GIB)}, YML, {}, "pass"),
        ({"/data": df(50 * GIB)}, YML.replace("data_volume: /data", "data_volume: /data/"), {}, "pass"),
        ({"/data/registry": df(4 * GIB, 10 * GIB)}, YML, {}, "fail"),
        ({"/data/registry": df(4 * GIB, 10 * GIB)}, S3, {}, "pass"),
        ({"/data/registry": df(4 * GIB, 10 * GIB)}, YML, {"harbor_min_free_gib": 3}, "pass"),
        ({"/data": df(9 * GIB)}, YML, {}, "fail"),
        ({"/data": df(9 * GIB)}, YML, {"harbor_min_free_percent": 8}, "pass"),
        ({"/data": df(50 * GIB, inodes=(1000, 50))}, YML, {}, "fail"),
        ({"/data": df(50 * GIB, inodes=(0, 0))}, YML, {}, "pass"),
        ({"/data/database": df(1 * GIB)}, EXTERNAL, {}, "pass"),
        ({"/var/log/harbor": df(1 * GIB)}, YML, {}, "fail"),
        ({"/logs": df(1 * GIB)}, YML + "log: {local: {location: /logs}}\n", {}, "fail"),
        ({"/data": (124, "")}, YML, {}, "error"),
    ],
)
def test_there_is_room_on_each_disk_in_bytes_and_names(
    disks: dict[str, Any], yml: str, params: dict[str, Any], outcome: str
) -> None:
    sections = {f"df:{path}": text for path, text in disks.items()}
    assert said("data-space", yml=yml, sections=sections, params=params).outcome == outcome


# --- upgrades ---------------------------------------------------------------------------------------------------


@each_of(
    ("release", "to", "outcome"),
    [
        ("v2.9.4", "2.11.0", "pass"),
        ("v2.9.4", "2.12.0", "fail"),
        ("v2.12.2", "2.12.2", "pass"),
        ("v2.12.2", "2.12.4", "pass"),
        ("v2.12.2", "2.12.1", "fail"),
        ("v2.12.2", "2.11.0", "fail"),
        ("v2.12.2", "2.13", "pass"),
        ("v1.10.19", "2.1.0", "pass"),
        ("v1.10.19", "2.2.0", "fail"),
        ("v2.12.2", "3.0.0", "error"),
        (None, "2.13.0", "error"),
    ],
)
def test_an_upgrade_goes_two_minor_releases_at_most_and_never_back(release: str | None, to: str, outcome: str) -> None:
    assert said("upgrade-step", release=release, params={"harbor_upgrade_to": to}).outcome == outcome


def test_the_fix_of_a_step_that_is_too_long_names_the_releases_between() -> None:
    found = said("upgrade-step", release="v2.9.4", params={"harbor_upgrade_to": "2.15.0"})
    assert "by way of 2.11.2, then 2.13.5:" in str(found.fix)
    assert "restore a backup" in str(said("upgrade-step", params={"harbor_upgrade_to": "2.11.0"}).fix)


@each_of(
    ("databases", "to", "outcome"),
    [
        ("pg15 15 1\n", "2.13.0", "pass"),
        ("pg14 14 1\n", "2.13.0", "pass"),
        ("pg14 14 1\n", "2.15.1", "pass"),
        ("pg14 14 1\n", "2.15.2", "fail"),
        ("pg14 14 1\n", "2.15", "fail"),
        ("pg15 15 1\n", "2.16.0", "pass"),
        ("pg13 13 1\n", "2.10.0", "pass"),
        (TOP, "2.7.0", "fail"),
        (TOP, "2.6.0", "pass"),
        ("pg15 15 1\n", "2.99.0", "error"),
        ("", "2.13.0", "skip"),
        (13, "2.13.0", "error"),
    ],
)
def test_the_target_opens_the_database_that_is_there(databases: Any, to: str, outcome: str) -> None:
    found = said("upgrade-database", release="v2.12.2", databases=databases, params={"harbor_upgrade_to": to})
    assert found.outcome == outcome, found


def test_the_way_to_a_release_that_starts_empty_is_told() -> None:
    found = said("upgrade-database", databases="pg14 14 1\n", params={"harbor_upgrade_to": "2.15.2"})
    assert found.observed == "2.15.2 makes an empty database beside it"
    assert "pg14: Harbor 2.9.0 to 2.15.1" in str(found.fix)


@pytest.mark.parametrize(
    ("databases", "free", "outcome"),
    [
        ("pg14 14 1000\n", 1100, "pass"),
        ("pg14 14 1000\n", 1099, "fail"),
        ("pg15 15 1000\n", 10, "pass"),
        ("pg14 14 -\n", 1100, "error"),
        ("pg13 13 1000\n", 1100, "skip"),
    ],
)
def test_a_copy_needs_room_and_no_copy_none(databases: str, free: int, outcome: str) -> None:
    sections = {"df:/data/database": df(free)}
    found = said("upgrade-space", databases=databases, sections=sections, params={"harbor_upgrade_to": "2.13.0"})
    assert found.outcome == outcome, found


def test_the_release_that_runs_comes_before_the_installer_that_was_unpacked() -> None:
    sections = {f"file:{FOLDER}/docker-compose.yml": compose_of()}
    found = said("upgrade-step", release="v2.14.0", sections=sections, params={"harbor_upgrade_to": "2.15.0"})
    assert found.outcome == "fail"
