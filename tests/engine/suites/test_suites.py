"""The engine of each suite is the one of that suite, on a host of its own, and leaves nothing behind."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.engine import roots
from tests.engine.harness import Engine, EngineDidNotStart


def test_the_engine_that_answers_is_the_suites_own(suite: Path, suite_engine: Engine) -> None:
    query = ["dpkg-query", f"--root={suite}", "-W", "-f", "${Version}", "docker.io"]
    package = subprocess.run(query, capture_output=True, text=True, check=True).stdout
    version = suite_engine.api("/version")["Version"]
    assert package.startswith(version)
    assert suite_engine.run("dockerd", "--version").stdout.startswith(f"Docker version {version},")
    assert suite_engine.docker("version", "--format", "{{.Client.Version}}") == version
    assert suite_engine.api("/info")["Name"] == suite_engine.run("hostname").stdout.strip() == suite.name.split("-")[0]


def test_a_container_runs_with_a_published_port(suite_engine: Engine) -> None:
    suite_engine.container("-p", "127.0.0.1:8080:80", name="web", command=("httpd", "-f", "-h", "/etc"))
    fetched = suite_engine.run("docker", "exec", "web", "wget", "-q", "-O", "-", "http://127.0.0.1/passwd")
    assert fetched.stdout.startswith("root:")
    assert "127.0.0.1:8080" in suite_engine.docker("port", "web")
    suite_engine.clear()
    assert suite_engine.docker("ps", "-aq") == ""


def test_what_a_host_writes_stays_apart_and_ends_with_it(suite: Path) -> None:
    before = sorted(path.name for path in (suite / "etc").iterdir())
    with Engine(system=suite) as engine:
        engine.write("/etc/made-here", "x")
        engine.run("rm", "/etc/debian_version")
        assert engine.run("ls", "/tmp", "/home").stdout.split() == ["/home:", "/tmp:"]
        assert str(suite) not in engine.run("cut", "-d", " ", "-f", "4,5", "/proc/self/mountinfo").stdout
        folder = engine.root
    assert sorted(path.name for path in (suite / "etc").iterdir()) == before
    assert not folder.exists()
    assert str(folder) not in Path("/proc/self/mountinfo").read_text()


def test_a_refused_configuration_is_told_in_the_engines_words(suite: Path) -> None:
    with (
        pytest.raises(EngineDidNotStart, match="don't match any configuration option: no-such-key"),
        Engine(system=suite, config={"no-such-key": 1}),
    ):
        pass


def test_a_root_that_cannot_be_made_leaves_no_part_and_one_that_is_there_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKWORTHY_ROOTS", str(tmp_path))
    monkeypatch.setitem(roots.SUITES, "no-such-suite", suite := roots.Suite("no-such-suite"))
    with pytest.raises(roots.RootNotMade, match=r"debootstrap .*no-such-suite .* ended with 1: .*No such script"):
        roots.system("no-such-suite")
    assert [path.suffix for path in tmp_path.iterdir()] == [".lock"]
    suite.folder.mkdir()
    assert roots.system("no-such-suite") == suite.folder
