from __future__ import annotations

import pytest

from dockworthy.profile.locate import profile_names
from dockworthy.profile.pick import _CODENAMES, _FAMILIES, pick_profile


@pytest.mark.parametrize(
    ("os_release", "profile"),
    [
        ({"ID": "ubuntu", "VERSION_ID": "24.04"}, "ubuntu-24.04"),
        ({"ID": "ubuntu", "VERSION_ID": "24.10"}, "ubuntu-24.04"),
        ({"ID": "ubuntu", "VERSION_ID": "16.04"}, "base"),
        ({"ID": "ubuntu", "VERSION_ID": "18.04"}, "ubuntu-18.04"),
        ({"ID": "ubuntu", "VERSION_ID": "26.04"}, "ubuntu-26.04"),
        ({"ID": "debian", "VERSION_ID": "12"}, "debian-12"),
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


def test_every_profile_that_can_be_picked_is_shipped() -> None:
    pickable = {name for family in _FAMILIES.values() for name in family.profiles.values()}
    assert pickable | set(_CODENAMES.values()) <= set(profile_names())
    assert set(profile_names()) - pickable == {"base"}
