"""Which release runs, and which the next start would run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.hosts import host

if TYPE_CHECKING:
    from dockworthy.facts.engine.release import EngineRelease


def release(package: str = "", **answer: Any) -> EngineRelease:
    sections: dict[str, Any] = {
        "cmd:which": "dockerd /usr/bin/dockerd /usr/bin/dockerd\n",
        "cmd:rpm": 127,
        "cmd:dpkg-query": f"{package}\tinstall ok installed\tamd64\n" if package else "",
    }
    if answer:
        sections["docker:version"] = json.dumps(answer)
    found: EngineRelease = host(sections).engine_release
    return found


def test_an_upgraded_package_waits_for_the_next_start() -> None:
    found = release("docker-ce\t5:29.3.1-1~debian.13~trixie", Version="26.1.5")
    assert str(found.in_force.value) == str(found.running.value) == "26.1.5"
    assert str(found.next_start.value) == str(found.installed.value) == "29.3.1"
    assert found.next_start.source == "package docker-ce"


def test_an_engine_without_a_package_starts_again_as_what_it_is() -> None:
    found = release(Version="26.1.5")
    assert not found.installed.is_known
    assert str(found.next_start.value) == "26.1.5"


def test_an_engine_that_does_not_answer_is_of_its_package() -> None:
    found = release("docker.io\t20.10.24+dfsg1-1+deb12u1+b2")
    assert not found.running.is_known
    assert str(found.in_force.value) == str(found.next_start.value) == "20.10.24"


def test_podman_is_no_engine_though_it_answers_as_one() -> None:
    found = release(Version="5.4.0", Components=[{"Name": "Podman Engine", "Version": "5.4.0"}])
    assert not found.running.value.is_engine


def test_an_engine_tells_the_go_that_built_it() -> None:
    assert release(Version="26.1.5", GoVersion="go1.24.4").go == (1, 24, 4)
    assert release(Version="26.1.5").go == ()
