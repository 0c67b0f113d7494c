"""Which profile a host gets when the user names none: by its ``os-release``; ``base`` where nothing fits better."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.profile.locate import profiles_folder
from dockworthy.profile.system import parse_version, systems

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["pick_profile"]

BASE = "base"


def pick_profile(os_release: Mapping[str, str]) -> str:
    """The profile's name, by the keys and values of ``os-release``, quotes removed.

    The system's own ``ID`` decides; a release between two known ones gets the older one's, and one that has a code name
    and no number yet, as Debian's next, the newest's. A derivative
    (``ID_LIKE``) gets a profile only for the release that it names by code name or that it shares by number.
    """
    known = systems(profiles_folder())
    system, version = os_release.get("ID", "").lower(), parse_version(os_release.get("VERSION_ID", ""))
    own = [one for one in known if system in one.ids]
    if own:
        if version is None and os_release.get("VERSION_CODENAME") and own[-1].later:
            return own[-1].profile
        before = [one for one in own if version is not None and one.precedes(version)]
        fits = bool(before) and version is not None and (before[-1].later or before[-1].is_of(version))
        return before[-1].profile if fits else BASE
    for key in ("UBUNTU_CODENAME", "DEBIAN_CODENAME", "VERSION_CODENAME"):
        named = os_release.get(key, "").lower()
        for one in known:
            if named and named == one.codename:
                return one.profile
    for like in os_release.get("ID_LIKE", "").lower().split():
        for one in known:
            if version is not None and like in one.like and one.is_of(version):
                return one.profile
    return BASE
