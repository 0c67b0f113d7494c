"""Known container escapes: by upstream's versions, by a distribution's revisions, and by the table's age."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from dockworthy.facts.engine.advisories import ADVISORIES, AS_OF
from dockworthy.facts.facts import Facts
from dockworthy.facts.versions import parse_version
from tests.hosts import checks_in, outcomes
from tests.recorded import edited
from tests.rows import each_of

CHECK = checks_in("engine", "escapes.py")["engine.known-escapes"]
NO_PACKAGES: dict[str, Any] = {
    "cmd:dpkg-query": "docker-ce\t5:29.5.1-1~debian.13~trixie\tinstall ok installed\tamd64\n"
}
FIXED = {"engine": "29.5.1", "containerd": "v2.1.5", "runc": "1.3.3"}


def answer(engine: str, containerd: str, runc: str) -> dict[str, Any]:
    names = {"Engine": engine, "containerd": containerd, "runc": runc}
    components = [{"Name": name, "Version": version} for name, version in names.items()]
    return {"Server": {"Version": engine, "Components": components}}


def said(sections: Any = None, info: Any = None, **versions: Any) -> Any:
    facts = edited(version=answer(**{**FIXED, **versions}), sections=sections or NO_PACKAGES, info=info or {})
    return {str(name): item for name, item in outcomes(CHECK, facts).items()}


def test_releases_with_all_fixes_pass() -> None:
    assert {name: item.outcome for name, item in said().items()} == {
        "engine": "pass",
        "containerd": "pass",
        "runc": "pass",
    }


@each_of(
    ("component", "version", "cve"),
    [
        ("runc", "1.0-rc6", "CVE-2019-5736"),
        ("runc", "1.0.0-rc93", "CVE-2021-30465"),
        ("runc", "1.1.11", "CVE-2024-21626"),
        ("runc", "1.2.7", "CVE-2025-31133"),
        ("runc", "1.3.2", "CVE-2025-52881"),
        ("runc", "1.4.0-rc.2", "CVE-2025-52565"),
        ("containerd", "1.3.8", "CVE-2020-15257"),
        ("containerd", "v2.1.0", "CVE-2025-47290"),
        ("engine", "19.03.0", "CVE-2019-14271"),
        ("engine", "25.0.1", "CVE-2024-23652"),
        ("engine", "28.5.2", "CVE-2026-41567"),
        ("engine", "29.5.0", "CVE-2026-42306"),
    ],
)
def test_a_version_with_a_known_escape_fails_and_names_it(component: str, version: str, cve: str) -> None:
    judgement = said(**{component: version})[component]
    assert judgement.outcome == "fail"
    assert judgement.observed["version"] == version
    assert any(text.startswith(cve) for text in judgement.observed["escapes"])
    assert f"table of {AS_OF.isoformat()}" in judgement.source


@pytest.mark.parametrize(
    ("component", "version"),
    [("runc", "1.2.8"), ("runc", "1.4.0-rc.3"), ("containerd", "1.7.28"), ("engine", "25.0.17"), ("engine", "29.7.2")],
)
def test_the_first_version_with_the_fix_passes(component: str, version: str) -> None:
    assert said(**{component: version})[component].outcome == "pass"


def test_a_way_past_authorization_plugins_concerns_only_engines_that_use_one() -> None:
    plugins = {"Plugins": {"Authorization": ["opa"]}}
    assert said(engine="25.0.16")["engine"].outcome == "fail"
    found = said(engine="27.1.0", info=plugins)["engine"].observed["escapes"]
    assert any(text.startswith("CVE-2024-41110") for text in found)
    without = said(engine="27.1.0")["engine"].observed["escapes"]
    assert not any(text.startswith("CVE-2024-41110") for text in without)


def changes(package: str, version: str, *named: str, since: str = "2019", extent: str = "trimmed") -> str:
    lines = [f"{package} {version} {cve}" for cve in named]
    return "\n".join([*lines, f"{package} {version} 0 {since} {extent}", ""])


RUNC = "1.1.15+ds1-2"
ALL = ("CVE-2025-31133", "CVE-2025-52565", "CVE-2025-52881")


@each_of(
    ("package", "runc", "changelog", "outcome"),
    [
        (RUNC, "1.1.15+ds1", changes("runc", RUNC), "fail"),  # its list names none of them
        (f"{RUNC}+b4", "1.1.15+ds1", changes("runc", RUNC), "fail"),  # the same, built again
        (RUNC, "1.1.15+ds1", changes("runc", RUNC, *ALL), "pass"),
        (RUNC, "1.1.15+ds1", changes("runc", RUNC, *ALL[:2]), "fail"),
        (RUNC, "1.1.15+ds1", changes("runc", RUNC, since="2025"), "error"),  # the entry may have been left out
        (RUNC, "1.1.15+ds1", changes("runc", RUNC, since="-"), "error"),
        (RUNC, "1.1.15+ds1", changes("runc", RUNC, since="2025", extent="whole"), "fail"),
        (RUNC, "1.1.15+ds1", changes("runc", "1.1.15+ds1-1", *ALL), "error"),  # the list of another version
        (RUNC, "1.1.15+ds1", f"runc {RUNC} 1 2019 whole\n", "error"),  # what reads it ended early
        (RUNC, "1.1.15+ds1", "", "error"),  # no list of it on the host
        ("1.3.3-0ubuntu1~24.04.2", "1.3.3-0ubuntu1~24.04.2", "", "pass"),  # upstream's version has the fixes
        (
            "1.1.11+ds1-1",
            "1.2.7",
            changes("runc", "1.1.11+ds1-1", *ALL),
            "fail",
        ),  # the running one is not the package's
    ],
)
def test_a_distribution_s_list_of_changes_decides(package: str, runc: str, changelog: str, outcome: str) -> None:
    sections = {"cmd:dpkg-query": f"runc\t{package}\tinstall ok installed\tamd64\n", "cmd:changelogs": changelog}
    assert said(sections, runc=runc)["runc"].outcome == outcome


def test_the_faults_that_are_named_are_taken_away_and_the_others_stay() -> None:
    package = "26.1.5+dfsg1-9+deb13u1"
    sections = {
        "cmd:dpkg-query": f"docker.io\t{package}+b1\tinstall ok installed\tamd64\n",
        "cmd:changelogs": changes("docker.io", package, "CVE-2026-41568", "CVE-2026-42306"),
    }
    found = said(sections, engine="26.1.5+dfsg1")["engine"]
    assert [text.partition(":")[0] for text in found.observed["escapes"]] == ["CVE-2026-41567"]
    assert package in found.fix


def test_rpm_s_list_is_read_as_well() -> None:
    sections = {
        "cmd:rpm": "docker\t25.0.14-1.amzn2023\tAmazon Linux\n",
        "cmd:changelogs": changes("docker", "25.0.14-1.amzn2023", "CVE-2026-41567", "CVE-2026-41568", "CVE-2026-42306"),
    }
    assert said(sections, engine="25.0.14")["engine"].outcome == "pass"


def test_what_is_not_known_is_not_acquitted() -> None:
    assert said(runc="unknown")["runc"].outcome == "error"
    assert said({"cmd:dpkg-query": (124, "")}, runc="1.1.11")["runc"].outcome == "error"


def test_a_table_that_is_too_old_finds_and_does_not_acquit() -> None:
    later = edited(version=answer(**{**FIXED, "runc": "1.1.11"}), sections=NO_PACKAGES)
    found = outcomes(CHECK, Facts(later.snapshot, later.now + timedelta(days=4000)))
    assert found["runc"].outcome == "fail"
    assert found["engine"].outcome == "error"
    assert "days old" in (found["engine"].reason or "")


def test_docker_desktop_is_told_by_its_platform() -> None:
    version = answer(**FIXED)
    version["Server"]["Platform"] = {"Name": "Docker Desktop 4.44.2 (202017)"}
    found = outcomes(CHECK, edited(version=version, sections=NO_PACKAGES))
    assert found["desktop"].outcome == "fail"


def test_every_range_of_the_table_is_made_of_versions() -> None:
    for advisory in ADVISORIES:
        for first, fixed in advisory.affected:
            low, high = parse_version(first), parse_version(fixed)
            assert high is not None, advisory.id
            assert low is None or low < high, advisory.id
            assert (low is None) == (first == ""), advisory.id
