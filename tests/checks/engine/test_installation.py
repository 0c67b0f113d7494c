"""The engine's package, repository, release, service, storage, and its client."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.checks.engine.base import SHOW, STARTED, VERSION, ubuntu
from tests.hosts import checks_in, outcome, outcomes, row
from tests.rows import each_of

CHECKS = {
    **checks_in("engine", "installation.py"),
    **checks_in("engine", "release.py"),
    **checks_in("engine", "service.py"),
    **checks_in("engine", "storage.py"),
    **checks_in("engine", "completion.py"),
}
NO_ENGINE = {
    "cmd:engines": "",
    "cmd:which": "docker /usr/bin/docker /usr/bin/docker\n",
    "cmd:dpkg-query": "docker\t1.5-2\tinstall ok installed\tamd64\n",
    "docker:info": (1, ""),
    "docker:version": (1, '{"Client":{"Version":"28.5.1","DefaultAPIVersion":"1.51"},"Server":null}'),
    "docker:version:err": (1, "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is it running?\n"),
}


def one(check: str, facts: Any, **params: Any) -> Any:
    return outcome(CHECKS[check], facts, **params)


# --- packages --------------------------------------------------------------------------------------------------


@each_of(
    ("packages", "program", "kind"),
    [
        ("docker-ce\t5:28.5.1-1~u\tinstall ok installed\tamd64\n", "/usr/bin/dockerd", "docker-ce"),
        ("docker.io\t26.1.5+dfsg1-9\tinstall ok installed\tamd64\n", "/usr/sbin/dockerd", "docker.io"),
        ("docker.io\t26.1.5\tdeinstall ok config-files\tamd64\n", "/usr/bin/dockerd", "static"),
        ("docker-engine\t17.05.0~ce-0\tinstall ok installed\tamd64\n", "/usr/bin/dockerd", "docker-engine"),
        ("moby-engine\t20.10.25+azure\thold ok installed\tamd64\n", "/usr/bin/dockerd", "moby-engine"),
        ("docker\t1.5-2\tinstall ok installed\tamd64\n", "/usr/bin/dockerd", "static"),
        ("docker-ce\t5:28\tinstall ok installed\tamd64\n", "/usr/local/bin/dockerd", "static"),
        ("docker-ce\t5:28\tinstall ok installed\tamd64\n", "/snap/docker/2932/bin/dockerd", "snap"),
    ],
)
def test_the_engine_is_known_by_its_package_and_its_program(packages: str, program: str, kind: str) -> None:
    edits = {"cmd:dpkg-query": packages, "cmd:engines": f"812 dockerd {program} 0 {STARTED} 1 -\n"}
    found = one("engine.installed", ubuntu(edits))
    assert found.observed == kind
    assert found.outcome == ("fail" if kind in {"static", "docker-engine", "snap"} else "pass")
    assert one("engine.installed", ubuntu(edits), accepted_engine_packages=(kind,)).outcome == "pass"


def test_rpm_systems_call_the_engine_docker() -> None:
    rpm = "docker\t2:1.13.1-210.git7d71120.el7.centos\tCentOS\nrunc\t1.0.0-70.rc10.el7\tCentOS\n"
    edits = {"cmd:rpm": rpm, "cmd:dpkg-query": 127, "file:/etc/os-release": "ID=centos\nVERSION_ID=7\n"}
    assert one("engine.installed", ubuntu(edits)).observed == "docker"


def test_no_engine_fails_once_and_the_rest_does_not_apply() -> None:
    facts = ubuntu(NO_ENGINE)
    found = one("engine.installed", facts)
    assert (found.outcome, found.observed) == ("fail", "none")
    assert "apt-get install" in (found.fix or "")
    for check in ("engine.no-conflicting-packages", "engine.repository-configured", "engine.api-reachable"):
        assert one(check, facts).outcome == "skip", check
    for check in (
        "engine.version-minimum",
        "engine.version-maintained",
        "engine.service-active",
        "engine.service-enabled",
    ):
        assert one(check, facts).outcome == "skip", check
    assert one("engine.only-one", facts).outcome == "skip"
    assert one("engine.no-restart-pending", facts).outcome == "skip"


def test_podmans_stand_in_is_no_engine() -> None:
    edits = {
        **NO_ENGINE,
        "cmd:which": "docker /usr/bin/docker /usr/bin/podman\npodman /usr/bin/podman /usr/bin/podman\n",
        "cmd:dpkg-query": "podman-docker\t4.9\tinstall ok installed\tamd64\n",
    }
    found = one("engine.installed", ubuntu(edits))
    assert (found.outcome, found.observed) == ("fail", "podman-docker")


def test_packages_that_cannot_be_listed_are_an_error() -> None:
    assert one("engine.installed", ubuntu({"cmd:dpkg-query": 124})).outcome == "error"
    assert one("engine.installed", ubuntu({"cmd:dpkg-query": None})).outcome == "error"
    assert one("engine.no-conflicting-packages", ubuntu({"cmd:rpm": 124})).outcome == "error"


def test_a_second_engines_package_conflicts_and_a_removed_one_does_not() -> None:
    base = "docker-ce\t5:28\tinstall ok installed\tamd64\n"
    removed = "docker.io\t24\tdeinstall ok config-files\tamd64\n"
    facts = ubuntu({"cmd:dpkg-query": base + removed})
    assert one("engine.no-conflicting-packages", facts).outcome == "pass"
    facts = ubuntu({"cmd:dpkg-query": base + "docker.io\t24.0.7\tinstall ok installed\tamd64\n"})
    found = one("engine.no-conflicting-packages", facts)
    assert (found.outcome, found.observed, found.fix) == ("fail", ["docker.io 24.0.7"], "apt-get remove -y docker.io")
    facts = ubuntu(
        {"cmd:snap": "Name Version Rev Tracking Publisher Notes\ndocker 27.2.0 2963 latest/stable canonical -\n"}
    )
    found = one("engine.no-conflicting-packages", facts)
    assert (found.observed, found.fix) == (["docker 27.2.0"], "snap remove docker")


# --- repositories ----------------------------------------------------------------------------------------------

DOCKERS = "https://download.docker.com/linux/ubuntu"
LIST = "file:/etc/apt/sources.list.d/docker.list"


def repository(text: str, name: str = "docker.list", **edits: Any) -> Any:
    return ubuntu(
        {LIST: None, f"file:/etc/apt/sources.list.d/{name}": text, "list:/etc/apt/sources.list.d": f"{name}\n", **edits}
    )


def test_docker_ce_without_its_repository_fails() -> None:
    found = one(
        "engine.repository-configured", repository("# deb https://download.docker.com/linux/ubuntu noble stable\n")
    )
    assert (found.outcome, found.observed) == ("fail", [])
    facts = repository("Types: deb\nURIs: https://download.docker.com/linux/ubuntu\nEnabled: no\n", "docker.sources")
    assert one("engine.repository-configured", facts).outcome == "fail"


def test_a_repository_whose_file_cannot_be_read_is_an_error() -> None:
    assert one("engine.repository-configured", ubuntu({LIST: (13, "")})).outcome == "error"
    assert one("engine.repository-configured", ubuntu({LIST: None})).outcome == "error"


@each_of(
    ("text", "verdict"),
    [
        (
            "deb [signed-by=/etc/apt/keyrings/docker.asc] https://download.docker.com/linux/ubuntu noble stable\n",
            "pass",
        ),
        (f"deb [signed-by=/etc/apt/keyrings/gone.asc] {DOCKERS} noble stable\n", "fail"),
        (f"deb [trusted=yes] {DOCKERS} noble stable\n", "fail"),
        (f"deb [ allow-insecure=yes ] {DOCKERS} noble stable\n", "fail"),
        (f"deb {DOCKERS} noble stable\n", "pass"),
        (f"deb [signed-by=/srv/key.asc] {DOCKERS} noble stable\n", "error"),
        (
            "deb [signed-by=8D81803C0EBFCD88] https://download.docker.com/linux/ubuntu n s\n",
            "pass",
        ),
    ],
)
def test_the_key_of_a_one_line_source_must_be_there(text: str, verdict: str) -> None:
    assert one("engine.repository-signed", repository(text)).outcome == verdict


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (
            "Types: deb\nURIs: https://download.docker.com/linux/debian\nSigned-By: /etc/apt/keyrings/docker.asc\n",
            "pass",
        ),
        (
            "Types: deb\nURIs: https://download.docker.com/linux/debian\nSigned-By:\n /etc/apt/keyrings/none.asc\n",
            "fail",
        ),
        (
            (
                "Types: deb\nURIs: https://download.docker.com/linux/debian\n"
                "Signed-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n x\n -----END PGP PUBLIC KEY BLOCK-----\n"
            ),
            "pass",
        ),
        ("Types: deb\nURIs: https://download.docker.com/linux/debian\nTrusted: yes\n", "fail"),
    ],
)
def test_the_key_of_a_deb822_source_must_be_there(text: str, verdict: str) -> None:
    assert one("engine.repository-signed", repository(text, "docker.sources")).outcome == verdict


def test_without_any_trusted_key_a_source_that_names_none_fails() -> None:
    text = "deb https://download.docker.com/linux/ubuntu noble stable\n"
    assert one("engine.repository-signed", repository(text, **{"list:/etc/apt/trusted.gpg.d": ""})).outcome == "fail"


@pytest.mark.parametrize(
    ("line", "verdict"), [("gpgcheck=1", "pass"), ("gpgcheck=0", "fail"), ("gpgcheck = no", "fail")]
)
def test_yum_checks_signatures_or_fails(line: str, verdict: str) -> None:
    text = (
        "[docker-ce-stable]\nname=Docker CE\nbaseurl=https://download.docker.com/linux/centos/9/x86_64/stable\n"
        f"enabled=1\n{line}\ngpgkey=https://download.docker.com/linux/centos/gpg\n"
        "[docker-ce-test]\nbaseurl=https://download.docker.com/linux/centos/9/x86_64/test\nenabled=0\ngpgcheck=0\n"
    )
    edits = {LIST: None, "list:/etc/apt/sources.list.d": 2}
    facts = ubuntu({**edits, "list:/etc/yum.repos.d": "docker-ce.repo\n", "file:/etc/yum.repos.d/docker-ce.repo": text})
    found = outcomes(CHECKS["engine.repository-signed"], facts)
    assert {name: item.outcome for name, item in found.items()} == {
        "/etc/yum.repos.d/docker-ce.repo: docker-ce-stable": verdict
    }


def test_a_mirror_must_be_named_in_the_profile() -> None:
    mirror = "https://mirrors.aliyun.com/docker-ce/linux/ubuntu"
    facts = repository(f"deb [signed-by=/etc/apt/keyrings/docker.asc] {mirror} noble stable\n")
    found = one("engine.repository-approved", facts)
    assert (found.outcome, found.observed) == ("fail", [mirror])
    assert (
        one("engine.repository-approved", facts, engine_repositories=("https://mirrors.aliyun.com/",)).outcome == "pass"
    )
    plain = repository("deb http://download.docker.com/linux/ubuntu noble stable\n")
    assert one("engine.repository-approved", plain).outcome == "fail"


def test_thin_pools_need_their_tools_only_where_devicemapper_is_used() -> None:
    facts = ubuntu(info={"Driver": "devicemapper"})
    assert one("engine.device-mapper-tools", facts).outcome == "fail"
    tools = "lvm2\t2.03\tinstall ok installed\tamd64\nthin-provisioning-tools\t0.9\tinstall ok installed\tamd64\n"
    facts = ubuntu({"cmd:dpkg-query": tools}, info={"Driver": "devicemapper"})
    assert one("engine.device-mapper-tools", facts).outcome == "pass"
    assert one("engine.device-mapper-tools", ubuntu()).outcome == "skip"
    assert one("engine.device-mapper-tools", ubuntu({"docker:info": (1, "")})).outcome == "error"


# --- release ---------------------------------------------------------------------------------------------------


def versions(engine: str = "28.5.1", containerd: str = "v1.7.28", runc: str = "1.3.0") -> Any:
    server = {
        **VERSION["Server"],
        "Version": engine,
        "Components": [{"Name": "containerd", "Version": containerd}, {"Name": "runc", "Version": runc}],
    }
    return ubuntu(version={"Server": server})


@each_of(
    ("component", "text", "verdict"),
    [
        ("engine", "26.0.0", "pass"),
        ("engine", "26.1.5+dfsg1", "pass"),
        ("engine", "25.0.6", "fail"),
        ("engine", "17.06.2-ce", "fail"),
        ("engine", "26.0.0-rc.1", "fail"),
        ("engine", "dev", "error"),
        ("containerd", "1.6.0~ds1", "pass"),
        ("containerd", "v1.5.18", "fail"),
        ("runc", "1.1.12-0ubuntu2", "pass"),
        ("runc", "1.1.9", "fail"),
        ("runc", "1.0.0-rc93", "fail"),
        ("runc", "7c4457e00facac03ce1d75f7b6777a7a851e5c41", "error"),
    ],
)
def test_each_component_must_reach_its_minimum(component: str, text: str, verdict: str) -> None:
    found = outcomes(CHECKS["engine.version-minimum"], versions(**{component: text}))[component]
    assert found.outcome == verdict
    if verdict != "error":
        assert found.observed == text


def test_a_stopped_engine_is_judged_by_its_package() -> None:
    facts = ubuntu({"docker:version": (1, "{}"), "docker:info": (1, "")})
    found = outcomes(CHECKS["engine.version-minimum"], facts)
    assert found["engine"].observed == "5:28.5.1-1~ubuntu.24.04~noble"
    assert found["containerd"].observed == "1.7.28-1~ubuntu.24.04~noble"
    assert found["runc"].outcome == "error"


UPSTREAM = {
    "as_of": date(2026, 8, 23),
    "source": "https://example.com/releases",
    "series": {
        "28": None,
        "27": date(2025, 5, 3),
        "26.1": date(2027, 1, 1),
        "26.0": date(2024, 6, 8),
        "1": date(2017, 9, 30),
    },
}


@each_of(
    ("text", "verdict"),
    [
        ("28.5.1", "pass"),
        ("27.5.1", "fail"),
        ("26.1.4", "pass"),
        ("26.0.2", "fail"),
        ("20.10.7", "fail"),
        ("1.13.1", "fail"),
        ("30.0.0", "error"),
    ],
)
def test_the_release_must_be_one_that_gets_fixes(text: str, verdict: str) -> None:
    found = one("engine.version-maintained", versions(text), maintained_engine_versions=UPSTREAM)
    assert found.outcome == verdict
    if verdict != "error":
        assert "2026-08-23 (93 days old; https://example.com/releases)" in str(found.expected)
        assert str(found.observed).startswith(text)


def test_a_table_that_is_too_old_or_missing_decides_nothing() -> None:
    old = {**UPSTREAM, "as_of": date(2024, 1, 1)}
    found = one("engine.version-maintained", versions(), maintained_engine_versions=old)
    assert found.outcome == "error"
    assert "days old (2024-01-01)" in (found.reason or "")
    assert one("engine.version-maintained", versions()).outcome == "error"


def test_a_distributions_own_package_is_judged_by_the_distributions_table() -> None:
    edits = {"cmd:dpkg-query": "docker.io\t26.1.5+dfsg1-9\tinstall ok installed\tamd64\n"}
    server = {**VERSION["Server"], "Version": "27.1.5+dfsg1"}
    own = {"as_of": date(2026, 8, 1), "source": "x", "series": {"27": None}}
    params: dict[str, Any] = {"maintained_engine_versions": UPSTREAM, "maintained_distribution_versions": own}
    facts = ubuntu(edits, version={"Server": server})
    assert one("engine.version-maintained", facts, **params).outcome == "pass"
    assert one("engine.version-maintained", versions("27.1.5"), **params).outcome == "fail"


def test_where_the_distribution_ends_below_the_minimum_the_fix_is_another_package() -> None:
    """An upgrade of Debian 12's own package reaches no 26.0, and saying so would send a person in a circle."""
    edits = {"cmd:dpkg-query": "docker.io\t20.10.24+dfsg1-1+deb12u1\tinstall ok installed\tamd64\n"}
    facts = ubuntu(edits, version={"Server": {**VERSION["Server"], "Version": "20.10.24+dfsg1"}})
    table = {"as_of": date(2026, 8, 1), "source": "x", "series": {"20.10": None}}
    params: dict[str, Any] = {"maintained_distribution_versions": table, "engine_repositories": ("https://x.example/",)}
    found = outcomes(CHECKS["engine.version-minimum"], facts, **params)["engine"]
    assert found.outcome == "fail"
    assert "docker.io of this distribution ends at 20.10: no upgrade of it reaches 26.0" in str(found.fix)
    assert "install -y docker-ce docker-ce-cli containerd.io docker.io-" in str(found.fix)
    for more in ({"min_engine_version": "20.10.25"}, {"engine_repositories": ()}):
        reachable = outcomes(CHECKS["engine.version-minimum"], facts, **{**params, **more})["engine"]
        assert (reachable.outcome, "--only-upgrade" in str(reachable.fix)) == ("fail", True)


# --- service ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "verdict"), [("enabled", "pass"), ("disabled", "fail"), ("masked", "fail"), ("enabled-runtime", "fail")]
)
def test_the_service_must_be_enabled_for_good(state: str, verdict: str) -> None:
    facts = ubuntu(show=SHOW.replace("UnitFileState=enabled", f"UnitFileState={state}", 1))
    found = outcomes(CHECKS["engine.service-enabled"], facts)["docker.service"]
    assert (found.outcome, found.observed) == (verdict, state)
    assert found.source == "systemctl show docker.service: UnitFileState"


@pytest.mark.parametrize(("state", "verdict"), [("active", "pass"), ("inactive", "fail"), ("failed", "fail")])
def test_the_service_must_run(state: str, verdict: str) -> None:
    facts = ubuntu(show=SHOW.replace("ActiveState=active", f"ActiveState={state}", 1))
    assert one("engine.service-active", facts).outcome == verdict


def test_an_engine_without_a_unit_is_not_enabled() -> None:
    show = "Id=docker.service\nLoadState=not-found\nActiveState=inactive\nUnitFileState=\nFragmentPath=\nDropInPaths=\n"
    found = one("engine.service-enabled", ubuntu(show=show))
    assert (found.outcome, found.observed) == ("fail", "not-found")


@pytest.mark.parametrize(("status", "verdict"), [(127, "skip"), (1, "skip"), (124, "error")])
def test_without_systemd_there_is_no_service_to_ask_for(status: int, verdict: str) -> None:
    for check in ("engine.service-enabled", "engine.service-active"):
        assert one(check, ubuntu({"cmd:systemctl-show": status})).outcome == verdict


def test_a_file_that_is_newer_than_the_engine_waits_for_a_restart() -> None:
    path = "/etc/docker/daemon.json"
    for mtime, verdict in ((STARTED - 1, "pass"), (STARTED + 60, "fail")):
        found = outcomes(CHECKS["engine.no-restart-pending"], ubuntu(files={path: row(path, mtime=mtime)}))
        assert found[path].outcome == verdict
    assert found[path].observed == "2025-10-09T08:54:20+00:00"
    drop_in = "/etc/systemd/system/docker.service.d/x.conf"
    facts = ubuntu(files={drop_in: row(drop_in, mtime=STARTED + 60)})
    assert outcomes(CHECKS["engine.no-restart-pending"], facts)[drop_in].outcome == "fail"


def test_a_replaced_program_and_an_unread_unit_wait_for_a_restart() -> None:
    edits = {"cmd:engines": f"812 dockerd /usr/bin/dockerd 0 {STARTED} 1 deleted\n"}
    found = outcomes(CHECKS["engine.no-restart-pending"], ubuntu(edits))
    assert (found["/usr/bin/dockerd"].outcome, found["docker.service"].outcome) == ("fail", "pass")
    facts = ubuntu(show=SHOW.replace("NeedDaemonReload=no", "NeedDaemonReload=yes"))
    assert outcomes(CHECKS["engine.no-restart-pending"], facts)["docker.service"].outcome == "fail"


def test_when_the_engine_started_must_be_known() -> None:
    edits = {"cmd:engines": "812 dockerd /usr/bin/dockerd 0 - 1 -\n"}
    assert one("engine.no-restart-pending", ubuntu(edits)).outcome == "error"
    assert one("engine.no-restart-pending", ubuntu({"cmd:engines": None})).outcome == "error"


@each_of(
    ("edits", "verdict", "seen"),
    [
        ({}, "pass", "an answer"),
        (
            {"docker:version": (1, "{}"), "docker:version:err": (1, "Cannot connect to x\n")},
            "fail",
            "Cannot connect to x",
        ),
        ({"docker:version": (124, "")}, "fail", "no answer within the time limit"),
        ({"docker:version": (127, "")}, "error", None),
        ({"docker:version": (95, "")}, "error", None),  # a root file system runs nothing
        ({"docker:version": None}, "error", None),
        ({"docker:version": "rubbish"}, "error", None),
        ({"docker:version": (1, ""), "docker:version:err": (1, "permission denied while trying\n")}, "error", None),
    ],
)
def test_the_api_answers_or_says_why_not(edits: dict[str, Any], verdict: str, seen: str | None) -> None:
    found = one("engine.api-reachable", ubuntu(edits))
    assert (found.outcome, found.observed) == (verdict, seen)


def test_an_old_client_and_a_new_engine_cannot_speak() -> None:
    client = {"Version": "24.0.7", "ApiVersion": "1.43", "DefaultAPIVersion": "1.43"}
    server = {**VERSION["Server"], "ApiVersion": "1.52", "MinAPIVersion": "1.44"}
    found = one("engine.client-agrees", ubuntu(version={"Client": client, "Server": server}))
    assert (found.outcome, found.observed, found.expected) == ("fail", "1.43", {"at least": "1.44"})
    said = "Error response: client version 1.43 is too old. Minimum supported API version is 1.44, please upgrade"
    edits = {
        "docker:version": (1, '{"Client":{"DefaultAPIVersion":"1.43"},"Server":null}'),
        "docker:version:err": (1, said),
    }
    found = one("engine.client-agrees", ubuntu(edits))
    assert found.outcome == "fail"
    assert found.observed == "client version 1.43 is too old. Minimum supported API version is 1.44"


@each_of(
    ("engine", "speaks", "verdict", "expected"),
    [
        (("29.0.0", "1.52", "1.44"), ("24.0.9", "1.43"), "fail", "1.44"),
        (("29.2.1", "1.53", None), ("24.0.9", "1.43"), "fail", "1.44"),
        (("29.3.0", "1.54", None), ("24.0.9", "1.43"), "pass", "1.40"),
        (("29.3.0", "1.54", None), ("18.09.9", "1.39"), "fail", "1.40"),
        (("29.10.0", "1.55", "1.24"), ("18.09.9", "1.39"), "pass", "1.24"),
        (("29.10.0", "1.55", "1.45"), ("25.0.5", "1.44"), "fail", "1.45"),
        (("28.5.2", "1.51", None), ("17.03.2", "1.26"), "pass", "1.24"),
        (("24.0.9", "1.43", None), ("1.10.3", "1.22"), "pass", "1.12"),
        (("25.0.5", "1.44", ""), ("1.10.3", "1.22"), "fail", "1.24"),
        # the command, too, has an oldest version
        (("20.10.24", "1.41", "1.12"), ("29.1.0", "1.52"), "fail", "1.44"),
        (("20.10.24", "1.41", "1.12"), ("29.3.1", "1.54"), "pass", "1.12"),
        (("18.09.9", "1.39", "1.12"), ("29.3.1", "1.54"), "fail", "1.40"),
        (("18.09.9", "1.39", "1.12"), ("28.5.2", "1.51"), "pass", "1.12"),
    ],
)
def test_the_oldest_version_is_the_engines_own_answer_else_its_releases(
    engine: tuple[str, str, str | None], speaks: tuple[str, str], verdict: str, expected: str
) -> None:
    client = {"Version": speaks[0], "ApiVersion": speaks[1], "DefaultAPIVersion": speaks[1]}
    server = {**VERSION["Server"], "Version": engine[0], "ApiVersion": engine[1], "MinAPIVersion": engine[2]}
    found = one("engine.client-agrees", ubuntu(version={"Client": client, "Server": server}))
    assert (found.outcome, found.expected) == (verdict, {"at least": expected})


def test_a_command_that_refuses_an_old_engine_is_quoted() -> None:
    said = "API version 1.41 is not supported by this client: the minimum supported API version is 1.44"
    edits = {
        "docker:version": (1, '{"Client":{"DefaultAPIVersion":"1.52"},"Server":null}'),
        "docker:version:err": (1, said),
    }
    found = one("engine.client-agrees", ubuntu(edits))
    assert (found.outcome, found.observed) == ("fail", said)


@pytest.mark.parametrize(("said", "reason"), [("REDACTED", ""), ("no such host", ": no such host")])
def test_why_an_engine_did_not_answer_is_said_where_it_could_be_kept(said: str, reason: str) -> None:
    info = f'{{"ServerErrors": ["{said}"]}}'
    why = ubuntu({"docker:info": info}).engine.info.unknown
    assert why is not None
    assert why == f"the engine did not answer{reason}"


def test_a_client_whose_version_is_not_known_is_an_error() -> None:
    assert one("engine.client-agrees", ubuntu(version={"Client": None})).outcome == "error"
    assert one("engine.client-agrees", ubuntu({"docker:version": (1, "{}")})).outcome == "error"


def test_two_engines_are_one_too_many_and_one_in_a_container_is_none() -> None:
    second = f"812 dockerd /usr/bin/dockerd 0 {STARTED} 1 -\n900 dockerd /snap/docker/1/bin/dockerd 0 {STARTED} 1 -\n"
    found = one("engine.only-one", ubuntu({"cmd:engines": second}))
    assert found.outcome == "fail"
    assert found.observed == ["/usr/bin/dockerd (pid 812, uid 0)", "/snap/docker/1/bin/dockerd (pid 900, uid 0)"]
    inside = {"cmd:engines": second, "proc:900/ns": "pid pid:[77]\n"}
    assert one("engine.only-one", ubuntu(inside)).outcome == "pass"


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("dockerd", ["--version"]),
        ("dockerd", ["-v"]),
        ("dockerd", ["--validate", "--config-file=/tmp/daemon.json"]),
        ("dockerd", ["-D", "--help"]),
        ("containerd", ["config", "dump"]),
        ("containerd", ["--address", "/run/containerd/containerd.sock", "publish", "--topic", "/tasks/exit"]),
    ],
)
def test_a_program_that_only_says_something_and_ends_is_no_engine(kind: str, words: list[str]) -> None:
    line = b"\0".join(word.encode() for word in (f"/usr/bin/{kind}", *words)) + b"\0"
    beside = f"700 {kind} /usr/bin/{kind} 0 {STARTED} 1 -\n812 dockerd /usr/bin/dockerd 0 {STARTED} 1 -\n"
    seen = ubuntu({"cmd:engines": beside, "proc:700/cmdline": line, "cmd:engine-target": ""})
    assert seen.processes.target is not None
    assert seen.processes.target.pid == 812
    assert [process.pid for process in seen.processes.running.value] == [812]
    alone = ubuntu({"cmd:engines": beside.splitlines(keepends=True)[0], "proc:700/cmdline": line})
    assert alone.processes.running.value == ()


# --- storage ---------------------------------------------------------------------------------------------------


@each_of(
    ("driver", "verdict"),
    [
        ("overlay2", "pass"),
        ("btrfs", "pass"),
        ("aufs", "fail"),
        ("devicemapper", "fail"),
        ("overlay", "fail"),
        ("vfs", "fail"),
    ],
)
def test_deprecated_drivers_fail(driver: str, verdict: str) -> None:
    found = one("engine.storage-driver", ubuntu(info={"Driver": driver}))
    assert (found.outcome, found.observed, found.source) == (verdict, driver, "GET /info: Driver")


@pytest.mark.parametrize(
    ("kind", "verdict"), [("extfs", "pass"), ("xfs", "pass"), ("nfs", "fail"), ("overlayfs", "fail")]
)
def test_overlay_needs_a_file_system_that_can_carry_it(kind: str, verdict: str) -> None:
    facts = ubuntu(info={"DriverStatus": [["Backing Filesystem", kind]]})
    assert one("engine.storage-backing", facts).outcome == verdict


@pytest.mark.parametrize(("value", "verdict"), [("true", "pass"), ("false", "fail")])
def test_xfs_without_d_type_fails(value: str, verdict: str) -> None:
    facts = ubuntu(info={"DriverStatus": [["Backing Filesystem", "xfs"], ["Supports d_type", value]]})
    assert one("engine.storage-d-type", facts).outcome == verdict


def test_an_engine_that_does_not_say_is_asked_by_xfs_info() -> None:
    info = {"DriverStatus": [["Backing Filesystem", "xfs"]]}
    text = "meta-data=/dev/sdb1\nnaming   =version 2              bsize=4096   ascii-ci=0, ftype=0\n"
    found = one("engine.storage-d-type", ubuntu({"cmd:xfs-info": text}, info=info))
    assert (found.outcome, found.source) == ("fail", "xfs_info: ftype")
    assert one("engine.storage-d-type", ubuntu(info=info)).outcome == "error"
    assert one("engine.storage-d-type", ubuntu(info={"Driver": "zfs"})).outcome == "skip"


def df(free: int, inodes: int) -> dict[str, str]:
    return {
        "cmd:mounts-of-data-root": "Filesystem 1024-blocks Used Available Capacity Mounted on\n"
        f"//server/my share 1000 {1000 - free} {free} 1% /mnt/a b\n"
        f"Filesystem Inodes IUsed IFree IUse% Mounted on\n/dev/x 1000 {1000 - inodes} {inodes} 1% /\n"
    }


@pytest.mark.parametrize(("free", "inodes", "space", "nodes"), [(100, 100, "pass", "pass"), (99, 500, "fail", "pass")])
def test_space_and_inodes_must_be_left(free: int, inodes: int, space: str, nodes: str) -> None:
    found = one("engine.storage-space", ubuntu(df(free, inodes)))
    assert (found.outcome, found.observed, found.expected) == (space, free / 10, {"at least": 10})
    assert one("engine.storage-inodes", ubuntu(df(free, inodes))).outcome == nodes
    assert one("engine.storage-inodes", ubuntu(df(500, 99))).outcome == "fail"


def test_space_that_df_does_not_tell_is_an_error_and_uncounted_inodes_are_not_asked_for() -> None:
    assert one("engine.storage-space", ubuntu({"cmd:mounts-of-data-root": 124})).outcome == "error"
    assert one("engine.storage-space", ubuntu({"cmd:mounts-of-data-root": "df: rubbish\n"})).outcome == "error"
    text = "Filesystem Inodes IUsed IFree IUse% Mounted on\n/dev/x 0 0 0 - /\n"
    assert one("engine.storage-inodes", ubuntu({"cmd:mounts-of-data-root": text})).outcome == "skip"


# --- completion ------------------------------------------------------------------------------------------------


def test_missing_completion_is_told() -> None:
    bash, docker = "/usr/share/bash-completion/bash_completion", "/usr/share/bash-completion/completions/docker"
    files = {path: row(path, "absent") for path in (bash, docker, "/etc/bash_completion")}
    facts = ubuntu(files=files)
    assert one("completion.bash", facts).outcome == "fail"
    assert one("completion.bash", facts).fix == "apt-get install -y bash-completion"
    assert one("completion.docker", facts).outcome == "fail"
    other = "/etc/bash_completion.d/docker"
    assert one("completion.docker", ubuntu(files={**files, other: row(other)})).outcome == "pass"
    assert one("completion.docker", ubuntu(files={docker: row(docker, "denied")})).outcome == "error"
