from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dockworthy.errors import UsageError
from dockworthy.profile.loader import load_profile
from dockworthy.profile.locate import profile_names, profiles_folder
from dockworthy.profile.pick import pick_profile
from dockworthy.profile.system import systems
from tests.rows import each_of

if TYPE_CHECKING:
    from pathlib import Path


@each_of(
    ("os_release", "profile"),
    [
        ({"ID": "ubuntu", "VERSION_ID": "24.04"}, "ubuntu-24.04"),
        ({"ID": "ubuntu", "VERSION_ID": "24.10"}, "ubuntu-24.04"),
        ({"ID": "ubuntu", "VERSION_ID": "16.04"}, "base"),
        ({"ID": "ubuntu", "VERSION_ID": "18.04"}, "ubuntu-18.04"),
        ({"ID": "ubuntu", "VERSION_ID": "26.04"}, "ubuntu-26.04"),
        ({"ID": "debian", "VERSION_ID": "12"}, "debian-12"),
        ({"ID": "debian", "VERSION_CODENAME": "forky"}, "debian-13"),
        ({"ID": "debian"}, "base"),
        ({"ID": "debian", "VERSION_ID": "10"}, "base"),
        ({"ID": "raspbian", "ID_LIKE": "debian", "VERSION_ID": "11"}, "debian-11"),
        ({"ID": "kali", "ID_LIKE": "debian", "VERSION_ID": "2026.1", "VERSION_CODENAME": "kali-rolling"}, "base"),
        (
            {"ID": "linuxmint", "ID_LIKE": "ubuntu debian", "VERSION_ID": "22", "UBUNTU_CODENAME": "noble"},
            "ubuntu-24.04",
        ),
        ({"ID": "centos", "VERSION_ID": "7"}, "centos-7"),
        ({"ID": "rhel", "VERSION_ID": "7.9"}, "centos-7"),
        ({"ID": "centos", "VERSION_ID": "9"}, "rhel-9"),
        ({"ID": "rocky", "ID_LIKE": "rhel centos fedora", "VERSION_ID": "8.10"}, "rhel-8"),
        ({"ID": "almalinux", "VERSION_ID": "10.1"}, "rhel-10"),
        ({"ID": "ol", "ID_LIKE": "fedora", "VERSION_ID": "9.4"}, "rhel-9"),
        ({"ID": "navylinux", "ID_LIKE": "rhel fedora", "VERSION_ID": "9.2"}, "rhel-9"),
        ({"ID": "fedora", "VERSION_ID": "43"}, "base"),
        ({"ID": "amzn", "ID_LIKE": "centos rhel fedora", "VERSION_ID": "2"}, "amazon-2"),
        ({"ID": "amzn", "ID_LIKE": "fedora", "VERSION_ID": "2023"}, "amazon-2023"),
        ({"ID": "amzn", "VERSION_ID": "2018.03"}, "base"),
        ({"ID": "sles", "VERSION_ID": "15.6"}, "sles-15"),
        ({"ID": "opensuse-leap", "ID_LIKE": "suse opensuse", "VERSION_ID": "15.5"}, "sles-15"),
        ({"ID": "sles", "VERSION_ID": "16.0"}, "base"),
        ({"ID": "opensuse-tumbleweed", "ID_LIKE": "opensuse suse", "VERSION_ID": "20261120"}, "base"),
        ({"ID": "alpine", "VERSION_ID": "3.22.1"}, "base"),
        ({}, "base"),
        ({"ID": "ubuntu", "VERSION_ID": "newest"}, "base"),
        ({"ID": "../../etc/passwd", "VERSION_ID": "1"}, "base"),
        ({"ID": "ubuntu", "VERSION_ID": "9" * 5000}, "base"),
    ],
)
def test_a_host_gets_the_profile_that_fits_its_release(os_release: dict[str, str], profile: str) -> None:
    assert pick_profile(os_release) == profile


def test_every_profile_but_base_says_for_which_system_it_is() -> None:
    found = systems(profiles_folder())
    assert {one.profile for one in found} == set(profile_names()) - {"base"}
    assert len({(one.ids, one.version) for one in found}) == len(found)
    names = [one.codename for one in found if one.codename]
    assert len(set(names)) == len(names)


def test_profiles_that_share_an_id_are_of_one_system() -> None:
    for one in systems(profiles_folder()):
        for other in systems(profiles_folder()):
            if one.ids & other.ids:
                assert (one.ids, one.like, one.has_minor) == (other.ids, other.like, other.has_minor)
            else:
                assert not one.like & other.like


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ('{ids: [x], version: "1", releases: 2}', "`for` has no key 'releases'"),
        ("{ids: [x]}", "`for` lacks `version`"),
        ('{ids: [x], version: "new"}', "`version` is no release"),
        ('{ids: [x], version: "1", later: maybe}', "`later` is neither true nor false"),
        ("debian", "`for` is"),
    ],
)
def test_a_mistake_in_it_is_told_with_its_line(tmp_path: Path, value: str, words: str) -> None:
    path = tmp_path / "mine-1.yaml"
    path.write_text(f"extends: []\nfor: {value}\n")
    with pytest.raises(UsageError, match=r"mine-1\.yaml:2: ") as error:
        load_profile("mine-1", folder=tmp_path)
    assert words in str(error.value)


def test_a_user_s_profile_does_not_say_for_which_system_it_is(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text('for: {ids: [x], version: "1"}\n')
    with pytest.raises(UsageError, match=r"mine\.yaml:1: the key 'for' is not known"):
        load_profile(path)
