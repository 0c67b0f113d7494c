"""A failing host, checked, fixed by the script that `remediate` writes, and checked again: the commands themselves."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.engine.daemon_proofs import FLAGS
from tests.engine.fixing import PATH, install_shims, restart_if_asked, state
from tests.engine.harness import Engine
from tests.engine.host_proofs import FILES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# What a person must choose is declared, or left to them.
PROFILE = """
extends: base
select: [daemon, file]
params:
  log_shipper_attested: true
  rootless_required: false
"""
BY_HAND = {"daemon.authorization-plugin"}


@pytest.fixture
def failing() -> Iterator[Engine]:
    """A host whose engine is set up wrongly, in its file and on its command line, and whose files are open."""
    config = {"no-new-privileges": False, "mtu": 1400}
    with Engine(isolated=True, config=config, args=FLAGS) as engine:
        engine.run(
            "sh", "-e", "-c", "mount --rbind /usr /usr; mount -o remount,bind,ro /usr; mkdir -p /run/systemd/system"
        )
        engine.run("sh", "-e", "-c", "\n".join(FILES.values()))
        install_shims(engine)
        yield engine


def command(engine: Engine, *arguments: str) -> str:
    """Run dockworthy where the engine runs."""
    done = engine.run(sys.executable, "-m", "dockworthy", *arguments, check=False)
    assert done.returncode in {0, 1}, done.stderr
    return done.stdout


def fails(engine: Engine, folder: Path) -> set[str]:
    """The checks that fail, by what `check` wrote."""
    results = folder / "results.json"
    profile = folder / "profile.yaml"
    profile.write_text(PROFILE)
    command(engine, "check", "--profile", str(profile), "--results", str(results), "--output-dir", str(folder / "out"))
    record: dict[str, Any] = json.loads(results.read_text())
    return {result["check"] for result in record["results"] if result["outcome"] == "fail"}


@pytest.mark.slow
def test_the_script_fixes_a_host_and_changes_nothing_the_second_time(failing: Engine, tmp_path: Path) -> None:
    before = fails(failing, tmp_path)
    assert {f"file.{name}" for name in FILES} <= before
    assert {"daemon.icc-disabled", "daemon.log-level-info", "daemon.api-on-tcp-demands-certificates"} <= before
    assert len(before) > 25
    script = command(failing, "remediate", str(tmp_path / "results.json"), "--format", "sh")
    first = failing.run("sh", "-s", stdin=script, env={"PATH": PATH}, check=False)
    assert first.returncode == 0, first.stdout + first.stderr
    assert first.stdout.splitlines()[-1].endswith(" changed, 0 failed")
    restart_if_asked(failing)
    assert failing.request("/_ping")[0] == 200
    assert failing.api("/info")["InitBinary"] == "/opt/it's 100% $HOME \\ one"
    assert fails(failing, tmp_path) == BY_HAND

    fixed = state(failing)
    again = failing.run("sh", "-s", stdin=script, env={"PATH": PATH}, check=False)
    assert again.stdout.splitlines()[-1] == "0 changed, 0 failed", again.stdout
    assert state(failing) == fixed
