"""Which profile a host gets when the user names none: by its ``os-release``.

``pick_profile(os_release) -> str``, from the file's keys and values; ``base`` where nothing fits better.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["pick_profile"]

BASE = "base"
_VERSION = re.compile(r"([0-9]{1,6})(?:\.([0-9]{1,6}))?(?:\..*)?")


@dataclass(frozen=True, slots=True)
class _Family:
    """Systems that share profiles.

    Attributes:
        ids: the values of ``ID`` that are such a system itself: its versions are the family's.
        profiles: by version, the oldest first.
        minor: whether versions are compared by major and minor number.
        newer: whether a version between or after the known ones gets the one before it.
    """

    ids: frozenset[str]
    profiles: Mapping[tuple[int, int], str]
    minor: bool = False
    newer: bool = True

    def of(self, version: tuple[int, int] | None, *, exact: bool) -> str | None:
        """The profile of a version; only the very one where ``exact``."""
        if version is None:
            return None
        wanted = version if self.minor else (version[0], 0)
        if exact or not self.newer:
            return self.profiles.get(wanted)
        older = [known for known in self.profiles if known <= wanted]
        return self.profiles[max(older)] if older else None


_FAMILIES = {
    "ubuntu": _Family(
        frozenset({"ubuntu"}),
        {(year, 4): f"ubuntu-{year}.04" for year in (18, 20, 22, 24, 26)},
        minor=True,
    ),
    "debian": _Family(frozenset({"debian", "raspbian"}), {(major, 0): f"debian-{major}" for major in (11, 12, 13)}),
    "rhel": _Family(
        frozenset({"rhel", "centos", "rocky", "almalinux", "ol", "scientific", "cloudlinux", "eurolinux", "virtuozzo"}),
        {(7, 0): "centos-7", (8, 0): "rhel-8", (9, 0): "rhel-9", (10, 0): "rhel-10"},
    ),
    "amzn": _Family(frozenset({"amzn"}), {(2, 0): "amazon-2", (2023, 0): "amazon-2023"}, newer=False),
    "suse": _Family(
        frozenset({"sles", "sled", "sles_sap", "opensuse-leap", "sle-micro", "sl-micro"}),
        {(15, 0): "sles-15"},
        newer=False,
    ),
}
_CODENAMES = {
    "bionic": "ubuntu-18.04",
    "focal": "ubuntu-20.04",
    "jammy": "ubuntu-22.04",
    "noble": "ubuntu-24.04",
    "resolute": "ubuntu-26.04",
    "bullseye": "debian-11",
    "bookworm": "debian-12",
    "trixie": "debian-13",
}


def _version(text: str) -> tuple[int, int] | None:
    match = _VERSION.fullmatch(text)
    return (int(match[1]), int(match[2] or 0)) if match else None


def pick_profile(os_release: Mapping[str, str]) -> str:
    """The profile's name.

    The system's own ``ID`` decides; a release between two known ones gets the older one's. A derivative
    (``ID_LIKE``) gets a profile only for the release that it names by code name or that it shares by number.

    Args:
        os_release: the file's keys and values, quotes removed.
    """
    system, version = os_release.get("ID", "").lower(), _version(os_release.get("VERSION_ID", ""))
    for family in _FAMILIES.values():
        if system in family.ids:
            return family.of(version, exact=False) or BASE
    for key in ("UBUNTU_CODENAME", "DEBIAN_CODENAME", "VERSION_CODENAME"):
        named = _CODENAMES.get(os_release.get(key, "").lower())
        if named:
            return named
    for like in os_release.get("ID_LIKE", "").lower().split():
        like_family = _FAMILIES.get(like) or next((item for item in _FAMILIES.values() if like in item.ids), None)
        found = like_family.of(version, exact=True) if like_family else None
        if found:
            return found
    return BASE
