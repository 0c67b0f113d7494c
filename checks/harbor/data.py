"""What lies in Harbor's data volume, what is left there, and whether a planned upgrade would find it again."""

from __future__ import annotations

from typing import Any

from dockworthy.check import check, expect, fix_with, instances
from dockworthy.facts.harbor.installed.config import HarborInstallation, installations
from dockworthy.facts.harbor.prepared.database import own_databases, takes_over
from dockworthy.facts.harbor.prepared.upgrading import copy_room, installed_opening, planned, step, target_opening
from dockworthy.facts.harbor.prepared.volume import place_faults, rooms
from dockworthy.facts.harbor.settings.blocks import needs_release
from dockworthy.trust.advice.wording import shell

_EACH = instances("harbor", installations, none="no Harbor is installed on this host")
_DATABASE = ("harbor:database", "harbor:14460")
_UPGRADE = ("harbor_upgrade_to",)
_MOST_MINORS = 2
_ROOM = 1.1


def _stages(harbor: HarborInstallation) -> str:
    """The fix for a database that a release does not open: by way of which it gets there."""
    names = [name for name, one in own_databases(harbor).value.items() if one.is_one and one.is_harbors]
    ways = [f"{name}: Harbor {span[0]} to {span[1]}" for name in names if (span := takes_over(name)) is not None]
    return f"# go by releases that open what is there ({'; '.join(ways) or 'none known'}), one after the other"


@check(
    "harbor.database-directory",
    severity="critical",
    refs=_DATABASE,
    fix="# restore the database's folder, or upgrade in steps: each release takes over one version of PostgreSQL",
    each=_EACH,
)
def check_database_directory(harbor: HarborInstallation) -> None:
    """The database directory is the one this release opens.

    A release opens one version of PostgreSQL and takes over the one before. Where it finds neither it makes an empty
    database beside what is there: Harbor starts, and every project is gone.
    """
    found, source = installed_opening(harbor)
    fix_with(_stages(harbor))
    expect(found, f"{harbor.in_data('database')}, by the release of {source}", shown=str).satisfies(
        lambda one: one.is_good, "a database that this release opens"
    )


@check(
    "harbor.database-single",
    severity="high",
    refs=_DATABASE,
    fix="# move the old one away, once it is certain which is in use",
    each=_EACH,
)
def check_database_single(harbor: HarborInstallation) -> None:
    """Only one database lies in data_volume.

    An upgrade deletes the old one when it has succeeded. Two are an upgrade that stopped half-way, or a Harbor that
    once began with an empty one.
    """
    needs_release(harbor, 2, 3)
    databases = own_databases(harbor)
    real = sorted(str(one) for one in databases.value.values() if one.is_one and one.is_harbors)
    copies = sorted(one.name for one in databases.value.values() if one.is_one and not one.is_harbors)
    shown: dict[str, Any] = {"databases": real, **({"copies": copies} if copies else {})}
    if len(real) > 1:
        shown["in use"] = _in_use(harbor)
    expect(real, databases.source, shown=lambda _: shown).satisfies(lambda found: len(found) <= 1, "one database")


def _in_use(harbor: HarborInstallation) -> str:
    found, _ = installed_opening(harbor)
    return str(found)


@check(
    "harbor.data-volume-place",
    severity="high",
    refs=("harbor:prepare",),
    fix="# move the data to a folder of its own, on a disk of this host; in {param}/harbor.yml: data_volume: /data",
    each=_EACH,
)
def check_data_volume_place(harbor: HarborInstallation) -> None:
    """data_volume is a directory made for it, on a file system with owners.

    `prepare` makes folders in it and gives them away to Harbor's users. Its shell takes the last word of the line, so
    that a comment or quotes make it another path than the one that the containers mount.
    """
    needs_release(harbor, 1, 8)
    expect(place_faults(harbor), f"{harbor.config}: data_volume; /proc/self/mountinfo").equals([])


@check(
    "harbor.data-space",
    severity="high",
    refs=("harbor:garbage-collection",),
    fix="# make the disk larger, or have Harbor collect garbage: Administration, Clean Up",
    each=_EACH,
    params=("harbor_min_free_gib", "harbor_min_free_percent"),
)
def check_data_space(harbor: HarborInstallation, params: Any) -> None:
    """data_volume has room, wherever its parts lie, for data and for names.

    A full disk stops the database first, and then every login.
    """
    needs_release(harbor, 1, 8)
    percent, gib = params.harbor_min_free_percent, params.harbor_min_free_gib
    expect(rooms(harbor), shown=lambda found: {place: one.as_json() for place, one in found.items()}).satisfies(
        lambda found: all(
            one.percent >= percent and one.gib >= gib and one.inodes_percent >= percent for one in found.values()
        ),
        {"free percent": {"at least": percent}, "free GiB": {"at least": gib}},
    )


# --- an upgrade ------------------------------------------------------------------------------------------------


@check(
    "harbor.upgrade-step",
    severity="high",
    refs=("harbor:upgrade",),
    fix="# upgrade by a release between: at most two minor releases at a time",
    each=_EACH,
    params=_UPGRADE,
)
def check_upgrade_step(harbor: HarborInstallation, params: Any) -> None:
    """The upgrade skips no more than Harbor supports: two minor releases at most, and never back."""
    found = step(harbor, planned(harbor, params.harbor_upgrade_to))
    if found.back:
        fix_with("# Harbor does not go back: its database was migrated; restore a backup that the older release made")
    elif found.way:
        fix_with(f"# upgrade by way of {', then '.join(found.way)}: at most two minor releases at a time")
    expect(found, f"{found.source}; harbor_upgrade_to", shown=lambda one: one.text).satisfies(
        lambda one: not one.back and one.minors <= _MOST_MINORS, "at most two minor releases, and not back"
    )


@check(
    "harbor.upgrade-database",
    severity="critical",
    refs=_DATABASE,
    fix="# go by a release that opens today's database",
    each=_EACH,
    params=_UPGRADE,
)
def check_upgrade_database(harbor: HarborInstallation, params: Any) -> None:
    """The target release can open today's database.

    Else it makes an empty one without a word, or does not start.
    """
    to = planned(harbor, params.harbor_upgrade_to)
    found = target_opening(harbor, to)
    fix_with(_stages(harbor))
    expect(found, f"{harbor.in_data('database')}; harbor_upgrade_to", shown=lambda one: f"{to} {one}").satisfies(
        lambda one: one.is_good, "a database that the release opens"
    )


@check(
    "harbor.upgrade-space",
    severity="high",
    refs=("harbor:upgrade",),
    fix="# make room on the database's disk: the upgrade copies it, and deletes the old files only when it is done",
    each=_EACH,
    params=_UPGRADE,
)
def check_upgrade_space(harbor: HarborInstallation, params: Any) -> None:
    """There is room for the copy that an upgrade makes of the database."""
    to = planned(harbor, params.harbor_upgrade_to)
    room = copy_room(harbor, to)
    place = harbor.in_data("database")
    fix_with(f"du -sh {shell(place)}; df -h {shell(place)}  # and make room there")
    if room is None:
        expect("no copy is made", f"{place}; harbor_upgrade_to").equals("no copy is made")
        return
    expect(room, f"du, df of {place}", shown=lambda one: {"size KiB": one.kib, "free KiB": one.free}).satisfies(
        lambda one: one.free >= _ROOM * one.kib, {"free KiB": {"at least": int(_ROOM * room.kib) + 1}}
    )
