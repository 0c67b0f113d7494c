"""The engine's packages: whole, free to get their fixes, and upgraded without an end to the containers."""

from __future__ import annotations

import json
from typing import Any

from tests.checks.engine.base import UNIT, good
from tests.hosts import checks_in, host, outcome, outcomes
from tests.nexthost import next_host
from tests.rows import each_of

INSTALLED = checks_in("packages", "installed.py")
HELD, WHOLE = INSTALLED["packages.not-held"], INSTALLED["packages.installed-whole"]
UPGRADES = checks_in("packages", "upgrades.py")
KEEP, NEEDRESTART = (
    UPGRADES["packages.upgrades-keep-containers"],
    UPGRADES["packages.needrestart-spares-engine"],
)
NESTED = checks_in("packages", "nested.py")["packages.runc-works-nested"]
RHEL = {
    "file:/etc/os-release": "ID=rocky\nID_LIKE=rhel\nVERSION_ID=9.4\n",
    "cmd:dpkg-query": 127,
    "cmd:rpm": "docker-ce\t3:28.5.1-1.el9\tDocker\t1000\ncontainerd.io\t1.7.28-3.1.el9\tDocker\t1000\n",
}


def dpkg(*rows: tuple[str, str]) -> str:
    return "".join(f"{name}\t1.0-1\t{status}\tamd64\n" for name, status in rows)


def verdicts(check: Any, sections: dict[str, Any], **params: Any) -> dict[str | None, str]:
    return {
        name: item.outcome for name, item in outcomes(check, host(next_host({**good(), **sections})), **params).items()
    }


WELL = "install ok installed"


@each_of(
    ("status", "held", "whole"),
    [
        (WELL, "pass", "pass"),
        ("hold ok installed", "fail", "pass"),
        ("deinstall ok installed", "pass", "pass"),
        ("install ok half-configured", "pass", "fail"),
        ("install ok unpacked", "pass", "fail"),
        ("install ok triggers-awaited", "pass", "fail"),
        ("install ok triggers-pending", "pass", "fail"),
        ("install reinstreq half-installed", "pass", "fail"),
        ("install reinstreq installed", "pass", "fail"),
        ("hold ok half-configured", "fail", "fail"),
    ],
)
def test_dpkgs_three_words_say_what_is_wanted_and_what_is_there(status: str, held: str, whole: str) -> None:
    sections = {
        "cmd:dpkg-query": dpkg(
            ("docker-ce", status), ("containerd.io", WELL), ("docker.io", "deinstall ok config-files")
        )
    }
    assert verdicts(HELD, sections) == {"docker-ce": held, "containerd.io": "pass"}
    assert verdicts(WHOLE, sections) == {"docker-ce": whole, "containerd.io": "pass"}


def test_packages_of_others_are_not_asked_about() -> None:
    sections = {
        "cmd:dpkg-query": dpkg(("docker-ce", WELL), ("iptables", "hold ok installed"), ("docker", "hold ok installed"))
    }
    assert verdicts(HELD, sections) == {"docker-ce": "pass"}


def test_where_no_package_brought_the_engine_nothing_is_asked() -> None:
    static = {"cmd:dpkg-query": dpkg(("iptables", WELL))}
    assert verdicts(HELD, static) == verdicts(WHOLE, static) == {None: "skip"}
    assert verdicts(WHOLE, RHEL) == {None: "skip"}
    assert verdicts(HELD, {"cmd:dpkg-query": (124, "")}) == {None: "error"}


def test_a_hold_may_be_accepted_with_its_reason() -> None:
    sections = {"cmd:dpkg-query": dpkg(("docker-ce", "hold ok installed"))}
    assert verdicts(HELD, sections, held_packages_accepted={"docker-ce": "until June"}) == {"docker-ce": "skip"}


def pin(package: str, what: str, priority: str) -> str:
    return f"Package: {package}\nPin: {what}\nPin-Priority: {priority}\n"


@each_of(
    ("text", "expected"),
    [
        (pin("docker-ce", "version 5:28.5.1*", "1001"), "fail"),
        (pin("docker-ce containerd.io", "version 5:28.5.1-1~ubuntu.24.04~noble", "990"), "fail"),
        (pin("docker-*", "version 5:28.5.1*", "600"), "fail"),
        (pin("/^docker/", "version 5:28.5.1*", "600"), "fail"),
        (pin("docker-ce", "version 5:28.5.1*", "500"), "pass"),
        (pin("docker-ce", "version 5:28.*", "1001"), "pass"),
        (pin("docker-ce-cli", "version 5:28.5.1*", "1001"), "pass"),
        (pin("docker-ce", "release *", "-1"), "fail"),
        (pin("docker-ce", "version *", "-10"), "fail"),
        (pin("docker-ce", "release a=experimental", "-1"), "pass"),
        (pin("docker.io", "release *", "-1"), "pass"),
        (pin("*", "release a=unstable", "-1"), "pass"),
        (pin("docker-ce", "origin download.docker.com", "900"), "pass"),
        (pin("docker-ce", "origin download.docker.com", "-10"), "fail"),
        (pin("docker-ce", "release o=Docker", "-10"), "fail"),
        (pin("docker-ce", "release o=Ubuntu", "-10"), "pass"),
        # what was installed from a file
        (pin("docker-ce", 'origin ""', "-1"), "pass"),
        (pin("docker-ce", "REDACTED", "-1"), "error"),
        (pin("docker-ce", "REDACTED", "100"), "pass"),
        ("#\n" + pin("docker-ce", "version 5:28.5.1*", "1001") + "\n" + pin("git", "version 1.2.3", "1001"), "fail"),
        (pin("git", "version 1.2.3", "1001") + "\n\n" + pin("docker-ce", "version 5:28.5.1*", "1001"), "fail"),
        (2, "pass"),
        ((13, ""), "error"),
        # a field that goes on
        ("Package: git\n docker-ce\n docker-ce-cli\nPin: version 5:28.5.1*\nPin-Priority: 1001\n", "fail"),
        ("Package:\n#\n docker-ce\nPin:\n version 5:28.5.1*\nPin-Priority:\n 1001\n", "fail"),
        ("Package: git\n#\n docker-cex\nPin: version 5:28.5.1*\nPin-Priority: 1001\n", "pass"),
        # spellings of names
        (pin("/^DOCKER-(ce|ee)$/", "version 5:28.5.1*", "600"), "fail"),
        (pin("/^docker-[a-z]+$/", "VERSION 5:28.5.1*", "+600"), "fail"),
        (pin("docker-[a-c]e", "version 5:28.5.1*", "600"), "fail"),
        (pin("src:docker-ce", "version 5:28.5.1*", "600"), "fail"),
        (pin("src:docker-c*", "version 5:28.5.1*", "600"), "fail"),
        (pin("src:docker-compose", "version 5:28.5.1*", "600"), "pass"),
        (pin("docker-ce:amd64", "version 5:28.5.1*", "600"), "fail"),
        (pin("docker-ce:arm64", "version 5:28.5.1*", "600"), "pass"),
        (pin("REDACTED git", "version 5:28.5.1*", "600"), "error"),
        # spellings of versions
        (pin("docker-ce", "version /^5:28\\.5\\.1/", "600"), "fail"),
        (pin("docker-ce", "version *28.5.1*", "600"), "pass"),  # a star counts at the end alone
        (pin("docker-ce", "version 28.5.1*", "600"), "pass"),  # the package's versions have an epoch
        (pin("docker-ce", "version 5:27.5.1*", "600"), "pass"),  # older than what is installed
        (pin("docker-ce", "version 5:27.5.1*", "1001"), "fail"),
        (pin("docker-ce", "version 5:29.0.1*", "600"), "fail"),
        (pin("*", "version 5:28.5.1*", "1001"), "pass"),  # apt does not take it
        # of several the first counts, and what is higher
        (pin("docker-ce", "version 5:28.5.1*", "90") + "\n" + pin("docker-ce", "version 5:28.5.1*", "990"), "pass"),
        (pin("docker-ce", "version 5:28.5.1*", "900") + "\n" + pin("docker-ce", "release o=Docker", "990"), "pass"),
        (pin("docker-ce", "release o=Docker", "900") + "\n" + pin("docker*", "release o=Docker", "-1"), "pass"),
        (pin("docker-ce", "release o=Docker", "900") + "\n" + pin("docker-ce", "version 5:28.5.1*", "990"), "pass"),
        # all of the archive that the package comes from
        (pin("*", "release o=Docker", "-1"), "fail"),
        (pin("*", "origin download.docker.com", "50"), "fail"),
        (pin("*", "origin download.docker.com", "100"), "pass"),
        (pin("docker-ce", "release o=Docker", "50"), "pass"),  # its installed version counts as little
        (pin("docker-ce", "release l=Docker CE, n=trixie", "-1"), "fail"),
        (pin("docker-ce", "release o=Docker,n=bookworm", "-1"), "pass"),
        (pin("*", "release o=Docker", "-1") + "\n" + pin("docker-ce", "release o=Docker", "500"), "pass"),
    ],
)
def test_a_pin_to_one_version_holds_a_package(text: Any, expected: str) -> None:
    sections = {
        "file:/etc/os-release": "ID=debian\nVERSION_CODENAME=trixie\n",
        "cmd:dpkg-query": f"docker-ce\t5:28.5.1-1~debian.13~trixie\t{WELL}\tamd64\n",
        "file:/etc/apt/preferences.d/docker": text,
    }
    assert verdicts(HELD, sections) == {"docker-ce": expected}


@each_of(
    ("path", "text", "expected"),
    [
        ("/etc/dnf/plugins/versionlock.list", "docker-ce-3:28.5.1-1.el9.*\n", "fail"),
        ("/etc/yum/pluginconf.d/versionlock.list", "3:docker-ce-28.5.1-1.el9.*\n", "fail"),
        ("/etc/dnf/plugins/versionlock.list", "docker-ce-cli-1:28.5.1-1.el9.*\n", "pass"),
        ("/etc/dnf/plugins/versionlock.list", "!docker-ce-3:29.0.0-1.el9.*\n", "pass"),
        ("/etc/dnf/versionlock.toml", '[[packages]]\nname = "docker-ce"\n', "fail"),
        ("/etc/dnf/dnf.conf", "[main]\nexcludepkgs=docker-ce*, kernel*\n", "fail"),
        ("/etc/dnf/dnf.conf", "[main]\nexclude=kernel*\n", "pass"),
    ],
)
def test_a_lock_of_dnf_holds_a_package(path: str, text: str, expected: str) -> None:
    found = verdicts(HELD, {**RHEL, f"file:{path}": text})
    assert found == {"docker-ce": expected, "containerd.io": "pass"}


# --- upgrades that nobody attends ------------------------------------------------------------------------------------

ON = "1 APT::Periodic::Unattended-Upgrade 1\n"
UBUNTUS = "1 Unattended-Upgrade::Allowed-Origins:: ${distro_id}:${distro_codename}-security\n"
DEBIANS = (
    "1 Unattended-Upgrade::Origins-Pattern:: origin=Debian,codename=${distro_codename},label=Debian\n"
    "2 Unattended-Upgrade::Origins-Pattern:: origin=Debian,codename=${distro_codename}-security,label=Debian-Security\n"
)
DOCKERS = "3 Unattended-Upgrade::Origins-Pattern:: site=download.docker.com\n"
TRIXIE = "ID=debian\nVERSION_ID=13\nVERSION_CODENAME=trixie\n"


def keeps(*files: str, package: str = "docker-ce", sections: dict[str, Any] | None = None, **params: Any) -> str:
    """The verdict on one package, with these files of apt's in order."""
    told = {f"file:/etc/apt/apt.conf.d/{number}": text for number, text in enumerate(files, 10)}
    statuses = dpkg((package, WELL), ("containerd.io" if package == "docker-ce" else "containerd", WELL))
    made = {"cmd:dpkg-query": statuses, "docker:info": json.dumps({"LiveRestoreEnabled": False}), **told}
    return verdicts(KEEP, {**made, **(sections or {})}, **params)[package]


DEBIAN = {"file:/etc/os-release": TRIXIE}


@each_of(
    ("files", "package", "more", "expected"),
    [
        ((), "docker-ce", {}, "pass"),
        ((ON,), "docker-ce", {}, "pass"),
        ((ON, DOCKERS), "docker-ce", {}, "fail"),
        ((ON, "1 Unattended-Upgrade::Origins-Pattern:: o=Docker\n"), "docker-ce", {}, "fail"),
        ((ON, "1 Unattended-Upgrade::Allowed-Origins:: Docker:${distro_codename}\n"), "docker-ce", {}, "fail"),
        ((ON, "1 Unattended-Upgrade::Origins-Pattern:: origin=*\n"), "docker-ce", {}, "fail"),
        ((ON, UBUNTUS), "docker-ce", {}, "pass"),
        ((ON, DEBIANS), "docker-ce", DEBIAN, "pass"),
        ((ON, DEBIANS), "docker.io", DEBIAN, "fail"),
        ((ON, UBUNTUS), "docker.io", {}, "fail"),
        ((DOCKERS,), "docker-ce", {}, "pass"),
        # the last word counts
        ((ON, DOCKERS, "1 APT::Periodic::Unattended-Upgrade 0\n"), "docker-ce", {}, "pass"),
        (("1 APT::Periodic::Unattended-Upgrade 0\n", DOCKERS, ON), "docker-ce", {}, "fail"),
        ((ON, DOCKERS, "1 APT::Periodic::Enable 0\n"), "docker-ce", {}, "pass"),
        ((ON, DOCKERS, "1 #clear Unattended-Upgrade::Origins-Pattern\n"), "docker-ce", {}, "pass"),
        ((ON, DOCKERS, "1 #clear Unattended-Upgrade\n", DOCKERS), "docker-ce", {}, "fail"),
        # lists add up
        ((ON, DEBIANS, DOCKERS), "docker-ce", DEBIAN, "fail"),
        ((ON, DOCKERS, "1 Unattended-Upgrade::Package-Blacklist:: docker\n"), "docker-ce", {}, "pass"),
        ((ON, DOCKERS, "1 Unattended-Upgrade::Package-Blacklist:: docker-ce$\n"), "docker-ce", {}, "pass"),
        ((ON, DOCKERS, "1 Unattended-Upgrade::Package-Blacklist:: containerd\n"), "docker-ce", {}, "fail"),
        ((ON, DOCKERS, "1 Unattended-Upgrade::Package-Blacklist:: ce$\n"), "docker-ce", {}, "fail"),
        ((ON, DOCKERS, "1 Unattended-Upgrade::Package-Whitelist:: linux-\n"), "docker-ce", {}, "pass"),
        ((ON, "1 Unattended-Upgrade::Origins-Pattern:: REDACTED\n"), "docker-ce", {}, "error"),
        ((ON, DOCKERS, "1 cut\n"), "docker-ce", {}, "error"),
        ((ON, DOCKERS), "docker-ce", {"docker:info": json.dumps({"LiveRestoreEnabled": True})}, "pass"),
        ((ON, DOCKERS), "docker-ce", {"docker:info": json.dumps({"Swarm": {"LocalNodeState": "active"}})}, "skip"),
        # the package's own scripts
        ((ON, DEBIANS), "docker.io", {**DEBIAN, "cmd:package-scripts": "docker.io spares\n"}, "pass"),
        ((ON, DEBIANS), "docker.io", {**DEBIAN, "cmd:package-scripts": "docker.io restarts\n"}, "fail"),
        # where nothing is known of its repository, a pattern for all tells nothing
        (
            (ON, "1 Unattended-Upgrade::Origins-Pattern:: origin=*\n"),
            "docker-ce",
            {"file:/etc/apt/sources.list.d/docker.list": "", "list:/etc/apt/sources.list.d": ""},
            "error",
        ),
        ((ON, DOCKERS), "docker-ce", {"file:/etc/os-release": "ID=alpine\n"}, "absent"),
    ],
)
def test_an_unattended_upgrade_stops_containers_where_it_takes_the_engine(
    files: tuple[str, ...], package: str, more: dict[str, Any], expected: str
) -> None:
    if expected == "absent":
        sections = {"docker:info": "{}", **more}
        assert verdicts(KEEP, sections) == {None: "skip"}
        return
    assert keeps(*files, package=package, sections=more) == expected


def test_one_that_was_removed_leaves_its_settings_and_does_nothing() -> None:
    left = dpkg(("docker-ce", WELL), ("containerd.io", WELL), ("unattended-upgrades", "deinstall ok config-files"))
    assert keeps(ON, DOCKERS, sections={"cmd:dpkg-query": left}) == "pass"


def test_the_profile_may_accept_it() -> None:
    assert keeps(ON, DOCKERS, unattended_upgrades_accepted=True) == "skip"


@each_of(
    ("unit", "expected"),
    [
        ("", "pass"),
        ("[Unit]\nBindsTo=containerd.service\n", "fail"),
        ("[Unit]\nRequires=containerd.service\n", "fail"),
        ("[Unit]\nWants=containerd.service\nAfter=containerd.service\n", "pass"),
    ],
)
def test_containerd_alone_stops_containers_where_the_service_is_bound_to_it(unit: str, expected: str) -> None:
    sections = {
        "cmd:dpkg-query": dpkg(("docker-ce", WELL), ("containerd.io", WELL)),
        "docker:info": json.dumps({"LiveRestoreEnabled": False}),
        "file:/etc/apt/apt.conf.d/20": ON + DOCKERS + "4 Unattended-Upgrade::Package-Blacklist:: docker\n",
        "file:/usr/lib/systemd/system/docker.service": unit + UNIT,
    }
    assert verdicts(KEEP, sections) == {"docker-ce": "pass", "containerd.io": expected}


@each_of(
    ("conf", "more", "expected"),
    [
        ("[commands]\napply_updates=yes\nupgrade_type=default\n", {}, "fail"),
        ("[commands]\napply_updates=no\n", {}, "pass"),
        ("[commands]\nupgrade_type=default\n", {}, "pass"),
        ("[commands]\napply_updates=yes\nupgrade_type=security\n", {}, "pass"),
        ("[commands]\napply_updates=yes\n", {"file:/etc/dnf/dnf.conf": "exclude=docker* containerd*\n"}, "pass"),
    ],
)
def test_dnf_upgrades_by_itself_where_it_applies_what_it_finds(conf: str, more: dict[str, Any], expected: str) -> None:
    installed = RHEL["cmd:rpm"] + "dnf-automatic\t4.14\tRocky\t1\n"  # type: ignore[operator]
    sections = {**RHEL, "cmd:rpm": installed, "file:/etc/dnf/automatic.conf": conf, "docker:info": "{}", **more}
    sections["docker:info"] = json.dumps({"LiveRestoreEnabled": False})
    assert verdicts(KEEP, sections)["docker-ce"] == expected
    without = {**sections, "cmd:rpm": RHEL["cmd:rpm"]}
    assert verdicts(KEEP, without)["docker-ce"] == "pass"


# --- needrestart -----------------------------------------------------------------------------------------------------

DEFAULT = "1 overrides\n2 override 0 ^dbus\n3 override 0 ^docker\n"


def spared(main: str, *more: str, sections: dict[str, Any] | None = None) -> dict[str | None, str]:
    made: dict[str, Any] = {
        "cmd:dpkg-query": dpkg(("docker-ce", WELL), ("containerd.io", WELL), ("needrestart", WELL)),
        "docker:info": json.dumps({"LiveRestoreEnabled": False}),
        "file:/etc/os-release": TRIXIE,
        "file:/etc/needrestart/needrestart.conf": main,
    }
    made |= {f"file:/etc/needrestart/conf.d/{number}.conf": text for number, text in enumerate(more, 10)}
    return verdicts(NEEDRESTART, {**made, **(sections or {})})


def both(docker: str, containerd: str) -> dict[str | None, str]:
    return {"docker.service": docker, "containerd.service": containerd}


@each_of(
    ("files", "expected"),
    [
        ((DEFAULT,), both("pass", "pass")),
        (("1 restart l\n",), both("pass", "pass")),
        (("1 restart i\n",), both("pass", "pass")),
        (("1 restart a\n",), both("fail", "fail")),
        (("1 restart a\n" + DEFAULT,), both("pass", "fail")),
        (("1 restart a\n" + DEFAULT, "1 override 0 ^containerd\n"), both("pass", "pass")),
        (("1 restart a\n" + DEFAULT, "1 overrides\n2 override 0 ^containerd\n"), both("fail", "pass")),
        (("1 restart a\n" + DEFAULT, "1 restart l\n"), both("pass", "pass")),
        (("1 restart l\n", "1 restart a\n"), both("fail", "fail")),
        (("1 restart a\n1 override 1 ^docker\n",), both("fail", "fail")),
        (("1 restart a\n1 override 0 ^docker\n2 override 1 docker\\.service$\n",), both("error", "fail")),
        (("1 restart a\n1 override 0 ^docker\n2 override 1 ^docker\n",), both("fail", "fail")),
        (("1 restart a\n1 override 0 \\.service$\n",), both("pass", "pass")),
        (("1 restart a\n1 blacklist ^(docker|containerd)\n",), both("pass", "pass")),
        (("1 restart a\n1 defno 1\n",), both("pass", "pass")),
        (("1 restart a\n", "1 unclear override_rc\n"), both("error", "error")),
        (("1 unclear restart\n",), both("error", "error")),
        (("1 restart a\n1 override 0 REDACTED\n",), both("error", "error")),
    ],
)
def test_needrestart_restarts_what_no_expression_spares(files: tuple[str, ...], expected: dict[str, str]) -> None:
    assert spared(*files) == expected


@each_of(
    ("system", "expected"),
    [
        ("ID=ubuntu\nVERSION_ID=24.04\n", both("pass", "fail")),
        ("ID=ubuntu\nVERSION_ID=22.04\n", both("pass", "pass")),
        ("ID=debian\nVERSION_ID=13\n", both("pass", "pass")),
    ],
)
def test_ubuntus_restarts_by_itself_where_nothing_is_said(system: str, expected: dict[str, str]) -> None:
    assert spared(DEFAULT, sections={"file:/etc/os-release": system}) == expected


def test_where_it_is_not_installed_or_containers_run_on_nothing_is_asked() -> None:
    absent = {"cmd:dpkg-query": dpkg(("docker-ce", WELL), ("needrestart", "deinstall ok config-files"))}
    assert spared("1 restart a\n", sections=absent) == {None: "skip"}
    alive = {"docker:info": json.dumps({"LiveRestoreEnabled": True})}
    assert spared("1 restart a\n", sections=alive) == both("skip", "skip")


# --- nested ----------------------------------------------------------------------------------------------------------

REFUSED = "open sysctl net.ipv4.ip_unprivileged_port_start file: reopen fd"


def nested(kind: str, runc: str, *, error: str = "", started: str = "", changed: int = 1_760_000_000) -> str:
    state = {"Status": "running" if started else "created", "Running": bool(started), "Error": error}
    container = {"Id": "a" * 64, "Name": "/a", "State": {**state, "StartedAt": started or "0001-01-01T00:00:00Z"}}
    components = [{"Name": "Engine", "Version": "28.5.1"}, {"Name": "runc", "Version": runc}]
    version = {"Server": {"Version": "28.5.1", "Components": components}}
    file = f"/usr/bin/runc /usr/bin/runc file 0755 0 0 root root 10 {changed} 1 - 0 0\n"
    sections = {
        **good(version=version),
        "cmd:container": f"{kind}\n",
        "docker:containers": json.dumps(container) + "\n",
        "stat:engine": file,
    }
    return outcome(NESTED, host(sections)).outcome


@each_of(
    ("kind", "runc", "how", "expected"),
    [
        ("none", "1.3.3", {}, "skip"),
        ("lxc", "1.2.7", {}, "pass"),
        ("lxc", "1.3.2", {}, "pass"),
        ("lxc", "1.4.0-rc.2", {}, "pass"),
        ("lxc", "1.2.8", {}, "error"),
        ("lxc", "1.3.3", {}, "error"),
        ("lxc", "1.4.0-rc.3", {}, "error"),
        ("lxc", "1.4.0", {}, "error"),
        ("lxc", "1.1.15", {}, "pass"),
        ("lxc", "1.3.3", {"error": REFUSED}, "fail"),
        ("docker", "1.3.3", {"error": REFUSED}, "fail"),
        ("lxc", "1.3.3", {"error": "REDACTED"}, "error"),
        ("lxc", "1.3.3", {"started": "2025-10-10T00:00:00Z"}, "pass"),
        ("lxc", "1.3.3", {"started": "2025-10-08T00:00:00Z"}, "error"),
    ],
)
def test_inside_another_container_the_outer_hosts_profile_decides(
    kind: str, runc: str, how: dict[str, Any], expected: str
) -> None:
    assert nested(kind, runc, **how) == expected


def test_a_snapshot_that_did_not_look_at_the_settings_decides_nothing() -> None:
    nothing = {"docker:info": json.dumps({"LiveRestoreEnabled": False}), "cmd:next-files": 124}
    nothing["cmd:dpkg-query"] = dpkg(("docker-ce", WELL), ("needrestart", WELL))
    for check in (HELD, KEEP):
        assert verdicts(check, nothing) == {"docker-ce": "error"}
    assert verdicts(NEEDRESTART, nothing) == {"docker.service": "error"}
