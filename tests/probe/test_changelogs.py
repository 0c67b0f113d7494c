"""The probe's reading of packages' lists of changes: the CVE numbers that they name, under each shell and awk."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from dockworthy.facts.facts import Facts
from dockworthy.snapshot import parse_snapshot
from tests.probe.carrying import after_the_functions
from tests.probe.world import SHELLS

if TYPE_CHECKING:
    from pathlib import Path

    from dockworthy.facts.host.changelogs import Changelog

DEBIAN = """docker.io (26.1.5+dfsg1-9+deb13u1) trixie-security; urgency=high

  * Fixes of upstream's: CVE-2026-41568, CVE-2026-42306,
    CVE-2026-34040. (Closes: #1)

 -- A Person <a@example.org>  Thu, 13 Aug 2026 13:35:47 +0800

docker.io (26.1.5+dfsg1-9) unstable; urgency=medium

  * CVE-2026-41568 is not fixed here yet; CVE-2024-1CVE-2024-41110 is

 -- B Person <b@example.org>  Fri, 21 Feb 2025 11:17:16 -0800
"""
TRIMMED = (
    "\n# Older entries have been removed from this changelog.\n# To read the complete changelog use `apt changelog`.\n"
)
RPM = """* Tue Oct 13 2026 A Person <a@example.org> - 25.0.14-1.amzn2023.0.1
- Fix CVE-2026-41567
* Thu Jan  4 2024 B Person <b@example.org> - 25.0.1-1.amzn2023
- New release
"""


def read(shell: str, folder: Path, rpms: str = "") -> dict[str, Changelog]:
    """What the probe's own functions print of the lists in a folder, read as a fact."""
    lines = f"start\nCHANGELOGS='{folder}'\nTOOL_PATH='{folder}/rpm'\nBODY='{rpms}'\nchangelogs"
    done = after_the_functions(SHELLS[shell], lines)
    assert done.stderr == b""
    snapshot = parse_snapshot(b"dockworthy-snapshot 1 x\n" + done.stdout, "x")
    return dict(Facts(snapshot).changelogs.by_package.value)


def put(folder: Path, package: str, text: str | bytes) -> None:
    file = folder / package / "changelog.Debian.gz"
    file.parent.mkdir(parents=True)
    file.write_bytes(text if isinstance(text, bytes) else gzip.compress(text.encode("latin-1")))


@pytest.fixture(params=list(SHELLS))
def shell(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_a_debian_list_is_read_with_the_newest_version_that_names_a_fault(shell: str, tmp_path: Path) -> None:
    put(tmp_path, "docker.io", DEBIAN)
    put(tmp_path, "runc", DEBIAN.replace("docker.io", "runc-app").replace("CVE", "cve") + TRIMMED)
    found = read(shell, tmp_path)
    assert set(found) == {"docker.io", "runc"}
    newest = "26.1.5+dfsg1-9+deb13u1"
    assert found["docker.io"].named == {
        "CVE-2026-41568": newest,
        "CVE-2026-42306": newest,
        "CVE-2026-34040": newest,
        "CVE-2024-1": "26.1.5+dfsg1-9",
        "CVE-2024-41110": "26.1.5+dfsg1-9",
    }
    assert (found["docker.io"].version, found["docker.io"].since, found["docker.io"].whole) == (newest, 2025, True)
    assert (found["runc"].named, found["runc"].whole) == ({}, False)


def test_rpm_is_asked_only_for_packages_that_are_there(shell: str, tmp_path: Path) -> None:
    rpm = tmp_path / "rpm"
    rpm.write_text(f"#!/bin/sh\n[ \"$*\" = '-q --changelog docker' ] || exit 9\ncat <<'END'\n{RPM}END\n")
    rpm.chmod(0o755)
    found = read(shell, tmp_path, "docker\t25.0.14-1.amzn2023.0.1\tAmazon Linux\ndocker-cli\t1\tx\n")
    assert set(found) == {"docker"}
    assert found["docker"].named == {"CVE-2026-41567": "25.0.14-1.amzn2023.0.1"}
    assert (found["docker"].version, found["docker"].since) == ("25.0.14-1.amzn2023.0.1", 2024)
    assert read(shell, tmp_path, "podman-docker\t5\tx\n") == {}


def test_a_list_that_cannot_be_read_to_its_end_says_nothing(shell: str, tmp_path: Path) -> None:
    put(tmp_path, "docker.io", gzip.compress(DEBIAN.encode())[:-20])
    put(tmp_path, "runc", b"no gzip")
    put(tmp_path, "containerd", "\xff\xfe no list of changes CVE-2026-1\n")
    assert read(shell, tmp_path) == {}


def test_what_is_told_is_versions_and_numbers_alone(shell: str, tmp_path: Path) -> None:
    put(tmp_path, "docker.io", DEBIAN.replace("26.1.5+dfsg1-9+deb13u1", "x'$id'") + "  password CANARY\n")
    found = read(shell, tmp_path)
    assert found == {}
    put(tmp_path, "runc", DEBIAN + "  * token CANARY-CVE-2020-5CANARY\n")
    assert "CANARY" not in repr(read(shell, tmp_path))
