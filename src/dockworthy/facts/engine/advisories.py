"""Faults through which a container got out, with the versions that have them: data, with the day it was compared.

Only what concerns a Docker Engine is here; faults of Kubernetes' interfaces (CRI) are not. A range is half open:
from the first version that has the fault to the first that has it no more; an empty beginning means all before.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

__all__ = ["ADVISORIES", "AS_OF", "BACKPORTS", "UNFIXED", "Advisory"]

AS_OF = date(2026, 9, 1)


@dataclass(frozen=True, slots=True)
class Advisory:
    """One fault.

    Attributes:
        id: its CVE number.
        component: ``engine``, ``containerd``, ``runc`` or ``desktop``.
        affected: ranges of versions.
        summary: what a container can do with it.
        needs_authorization_plugin: whether it concerns only engines that use one.
    """

    id: str
    component: str
    affected: tuple[tuple[str, str], ...]
    summary: str
    needs_authorization_plugin: bool = False


_PROC_WRITES = (("", "1.2.8"), ("1.3.0-rc.1", "1.3.3"), ("1.4.0-rc.1", "1.4.0-rc.3"))

ADVISORIES = (
    Advisory("CVE-2019-5736", "runc", (("", "1.0.0-rc7"),), "overwrites the host's runc"),
    Advisory("CVE-2021-30465", "runc", (("", "1.0.0-rc95"),), "mounts host folders by exchanging links"),
    Advisory("CVE-2024-21626", "runc", (("1.0.0-rc93", "1.1.12"),), "starts in a folder of the host"),
    Advisory("CVE-2025-31133", "runc", _PROC_WRITES, "writes to /proc through a masked path"),
    Advisory("CVE-2025-52565", "runc", (("1.0.0-rc3", "1.2.8"), *_PROC_WRITES[1:]), "writes to /proc via /dev/console"),
    Advisory("CVE-2025-52881", "runc", _PROC_WRITES, "writes to /proc in the place of security labels"),
    Advisory(
        "CVE-2020-15257",
        "containerd",
        (("", "1.3.9"), ("1.4.0-beta.0", "1.4.3")),
        "commands containerd's shim from the host's network",
    ),
    Advisory("CVE-2025-47290", "containerd", (("2.1.0", "2.1.1"),), "changes host files while an image is unpacked"),
    Advisory("CVE-2018-15664", "engine", (("", "18.09.7"),), "reads and writes host files during docker cp"),
    Advisory("CVE-2019-14271", "engine", (("19.03.0", "19.03.1"),), "runs its code as root during docker cp"),
    Advisory(
        "CVE-2021-21284",
        "engine",
        (("", "19.03.15"), ("20.10.0-beta1", "20.10.3")),
        "becomes root of the host past the user namespace",
    ),
    Advisory("CVE-2024-23652", "engine", (("18.09.0", "25.0.2"),), "removes host files during a build"),
    Advisory("CVE-2024-23653", "engine", (("18.09.0", "25.0.2"),), "runs privileged during a build"),
    Advisory(
        "CVE-2024-41110",
        "engine",
        (
            ("18.09.1", "23.0.15"),
            ("24.0.0", "25.0.6"),
            ("26.0.0", "26.0.3"),
            ("26.1.0", "26.1.5"),
            ("27.0.0", "27.1.1"),
        ),
        "passes the authorization plugin with a request without a body",
        needs_authorization_plugin=True,
    ),
    Advisory(
        "CVE-2026-34040",
        "engine",
        (("", "25.0.16"), ("26.0.0", "29.3.1")),
        "passes the authorization plugin with a body of excessive size",
        needs_authorization_plugin=True,
    ),
    Advisory(
        "CVE-2026-41567",
        "engine",
        (("", "25.0.17"), ("26.0.0", "29.5.1")),
        "runs its code as root while a compressed archive is copied into it",
    ),
    Advisory(
        "CVE-2026-41568",
        "engine",
        (("", "25.0.17"), ("26.0.0", "29.5.1")),
        "makes files anywhere on the host during docker cp",
    ),
    Advisory(
        "CVE-2026-42306",
        "engine",
        (("", "25.0.17"), ("26.0.0", "29.5.1")),
        "mounts over host folders during docker cp",
    ),
    Advisory("CVE-2025-9074", "desktop", (("4.25.0", "4.44.3"),), "reaches the engine's API without a socket"),
)

# Distributions number their own fixes: by package, the first revision that has each fix (dpkg's order of versions).
BACKPORTS: dict[str, dict[str, tuple[str, ...]]] = {
    "docker.io": {
        "CVE-2026-34040": ("26.1.5+dfsg1-9+deb13u1",),
        "CVE-2026-41568": ("26.1.5+dfsg1-9+deb13u1",),
        "CVE-2026-42306": ("26.1.5+dfsg1-9+deb13u1",),
    },
    "runc": {
        "CVE-2024-21626": ("1.0.0~rc93+ds1-5+deb11u3", "1.1.5+ds1-1+deb12u1"),
    },
}
# And the last revisions whose list of changes is known not to have the fix.
UNFIXED: dict[str, dict[str, tuple[str, ...]]] = {
    "docker.io": {"CVE-2026-41567": ("26.1.5+dfsg1-9+deb13u1",)},
    "runc": {
        "CVE-2025-31133": ("1.1.15+ds1-2",),
        "CVE-2025-52565": ("1.1.15+ds1-2",),
        "CVE-2025-52881": ("1.1.15+ds1-2",),
    },
}
