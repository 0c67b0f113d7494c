from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import pytest

from dockworthy.profile.loader import load_profile
from dockworthy.profile.locate import profile_names
from tests.facts.kernel.states import Sections, sections
from tests.hosts import checks_in, host, outcomes
from tests.rows import each_of

if TYPE_CHECKING:
    from dockworthy.check import Judgement
    from dockworthy.facts.facts import Facts

CHECKS = checks_in("kernel", "fit.py")
V2 = "debian-13-6.12-v2-modules-loaded"
V1 = "debian-11-5.10-v1"
APPARMOR = "file:/sys/module/apparmor/parameters/enabled"
SELINUX = "file:/sys/fs/selinux/enforce"
CONFIG = "debian-13-6.12.117-amd64"
ABSENT = 2


def seen(state: str) -> Sections:
    """A host without its build configuration, which none of these checks asks for."""
    return {name: content for name, content in sections(state, CONFIG).items() if "kernel-config" not in name}


def judged(check: str, state: str = V2, edits: Sections | None = None, **params: object) -> Judgement:
    return outcomes(CHECKS[check], host({**seen(state), **(edits or {})}), **params)[None]


@pytest.mark.parametrize(
    ("oldest", "outcome"), [("6.12", "pass"), ("6.13", "fail"), ("3.10", "pass"), ("6.12.100", "pass")]
)
def test_the_kernel_is_compared_with_the_releases_own(oldest: str, outcome: str) -> None:
    uname: Sections = {"cmd:uname": "Linux\n6.12.117-amd64\nx86_64\n#1\n"}
    found = judged("kernel.fits-release", edits=uname, min_kernel_version=oldest)
    assert (found.outcome, found.observed, found.expected) == (outcome, "6.12.117-amd64", f"{oldest} or later")


@pytest.mark.parametrize(("state", "outcome"), [(V2, "pass"), (V1, "fail")])
def test_a_release_may_support_one_hierarchy_alone(state: str, outcome: str) -> None:
    assert judged("kernel.cgroup-version-supported", state).outcome == "pass"
    assert judged("kernel.cgroup-version-supported", state, cgroup_versions=("v2",)).outcome == outcome


@each_of(
    ("wanted", "apparmor", "selinux", "outcome"),
    [
        ("any", "Y\n", ABSENT, "pass"),
        ("any", "N\n", "1", "pass"),
        ("any", "N\n", "0", "fail"),
        ("any", ABSENT, ABSENT, "fail"),
        ("any", 13, "1", "pass"),
        ("any", 13, "0", "error"),
        ("any", "N\n", 13, "error"),
        ("apparmor", "N\n", "1", "fail"),
        ("apparmor", "Y\n", ABSENT, "pass"),
        ("apparmor", 13, ABSENT, "error"),
        ("selinux", "Y\n", ABSENT, "fail"),
        ("selinux", "N\n", "0", "fail"),
        ("selinux", "N\n", "1", "pass"),
        ("selinux", "N\n", 13, "error"),
        ("none", "N\n", ABSENT, "skip"),
    ],
)
def test_the_security_module_of_the_release_must_be_on(
    wanted: str, apparmor: str | int, selinux: str | int, outcome: str
) -> None:
    edits: Sections = {APPARMOR: apparmor, SELINUX: selinux}
    assert judged("kernel.security-module", edits=edits, mandatory_access_control=wanted).outcome == outcome


def test_permissive_is_not_enforcing() -> None:
    found = judged("kernel.security-module", edits={SELINUX: "0\n"}, mandatory_access_control="selinux")
    assert (found.outcome, found.observed, found.source) == ("fail", "permissive", "/sys/fs/selinux/enforce")


@lru_cache
def some_hosts() -> list[Facts]:
    """An old kernel, AppArmor on and SELinux on, with either hierarchy of cgroups."""
    old: Sections = {"cmd:uname": "Linux\n3.10.0-1160.el7.x86_64\nx86_64\n#1\n"}
    edited: tuple[Sections, ...] = (old, {APPARMOR: "Y\n", SELINUX: ABSENT}, {APPARMOR: "N\n", SELINUX: "1\n"})
    return [host({**seen(state), **edits}) for state in (V1, V2) for edits in edited]


@each_of("name", sorted(set(profile_names()) - {"base"}))
def test_each_profile_judges_some_host_otherwise_than_base(name: str) -> None:
    """The host is a compliant one for base: current kernel, cgroup v2, AppArmor on, or the other way round."""
    mine, base = load_profile(name).params, load_profile("base").params
    verdicts = []
    for params in (mine, base):
        values = {key: getattr(params, key) for key in ("min_kernel_version", "cgroup_versions")}
        values["mandatory_access_control"] = params.mandatory_access_control
        found = [outcomes(check, facts, **values)[None].outcome for check in CHECKS.values() for facts in some_hosts()]
        verdicts.append(found)
    assert verdicts[0] != verdicts[1]
