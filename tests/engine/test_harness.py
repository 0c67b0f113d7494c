"""The engine that the other tests stand on is a real one, and leaves nothing behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.harness import Engine, EngineDidNotStart


def test_a_shared_engine_has_the_default_paths_and_bridge(engine: Engine) -> None:
    info = engine.api("/info")
    assert info["DockerRootDir"] == "/var/lib/docker"
    engine.container("-p", "127.0.0.1:8080:80", name="web")
    assert engine.api("/containers/web/json")["NetworkSettings"]["Networks"]["bridge"]["IPAddress"]
    assert engine.run("test", "-S", "/run/docker.sock").returncode == 0


def test_images_are_built_by_both_builders(engine: Engine) -> None:
    engine.build("classic:1", "FROM busybox:test\nADD one /one\nRUN true\n", files={"one": b"1"})
    engine.build("kit:1", "FROM busybox:test\nADD one /one\nRUN true\n", files={"one": b"1"}, buildkit=True)
    classic = [step["CreatedBy"] for step in engine.api("/images/classic:1/history")]
    kit = [step["CreatedBy"] for step in engine.api("/images/kit:1/history")]
    assert "#(nop)" in " ".join(classic)
    assert "# buildkit" in " ".join(kit)


def test_two_engines_run_side_by_side_and_leave_nothing() -> None:
    with Engine() as one, Engine(config={"labels": ["name=two"]}) as two:
        one.container("--network", "none", name="aa")
        assert one.api("/info")["ID"] != two.api("/info")["ID"]
        assert two.api("/info")["Labels"] == ["name=two"]
        assert two.docker("ps", "-aq") == ""
        folders = one.root, two.root
    for folder in folders:
        assert not folder.exists()
        assert str(folder) not in Path("/proc/self/mountinfo").read_text()


def test_a_restart_takes_another_configuration_and_a_refused_one_is_told() -> None:
    with Engine(isolated=True) as engine:
        assert engine.api("/info")["LiveRestoreEnabled"] is False
        engine.restart({"live-restore": True})
        assert engine.api("/info")["LiveRestoreEnabled"] is True
        with pytest.raises(EngineDidNotStart, match="don't match any configuration option"):
            engine.restart('{"no-such-key": 1}')
        engine.configure(None)
        engine.start()
