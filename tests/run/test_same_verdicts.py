"""The same verdicts, whatever way leads to them: the command, plain pytest, workers, a foreign folder, a wheel."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dockworthy.profile.locate import checks_folder
from tests import warm
from tests.run import wheel

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[..., subprocess.CompletedProcess[str]]

TOP = Path(__file__).parent.parent.parent
SNAPSHOT = TOP / "tests" / "data" / "snapshots" / "debian-13.snapshot"
NEVER_SAME = {"seconds"}


def verdicts(path: Path) -> list[dict[str, Any]]:
    """The results, without what differs from run to run, in an order of their own."""
    results = json.loads(path.read_text())["results"]
    stripped = [{key: value for key, value in result.items() if key not in NEVER_SAME} for result in results]
    return sorted(stripped, key=lambda result: (result["check"], result["param"] or ""))


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What `dockworthy check` says of the recorded host."""
    folder = tmp_path_factory.mktemp("expected")
    done = warm.run("check", f"snapshot:{SNAPSHOT}", "--at", "snapshot", "--results", "r.json", cwd=folder)
    assert done.returncode == 1, done.stdout + done.stderr
    found = verdicts(folder / "r.json")
    assert len(found) > 300
    return found


def plain(folder: Path, *more: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """A plain pytest run over the checks."""
    return subprocess.run(
        [
            *(sys.executable, "-m", "pytest", str(checks_folder()), "-q", "-p", "no:cacheprovider"),
            *(f"--dw-target=snapshot:{SNAPSHOT}", "--dw-at=snapshot", f"--dw-results={folder / 'r.json'}", *more),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **(env or {})},
    )


def test_plain_pytest(expected: list[dict[str, Any]], tmp_path: Path) -> None:
    done = plain(tmp_path)
    assert done.returncode == 1, done.stdout
    assert verdicts(tmp_path / "r.json") == expected


def test_workers(expected: list[dict[str, Any]], tmp_path: Path) -> None:
    done = plain(tmp_path, "-n", "2")
    assert done.returncode == 1, done.stdout
    assert verdicts(tmp_path / "r.json") == expected


def test_the_command_with_workers(expected: list[dict[str, Any]], dockworthy: Run, tmp_path: Path) -> None:
    done = dockworthy(
        *("check", f"snapshot:{SNAPSHOT}", "--at", "snapshot", "--results", str(tmp_path / "r.json"), "--", "-n", "2")
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert verdicts(tmp_path / "r.json") == expected


def test_the_command_in_a_folder_with_a_pytest_configuration_of_its_own(
    expected: list[dict[str, Any]], dockworthy: Run, tmp_path: Path
) -> None:
    folder = tmp_path / "foreign"
    folder.mkdir()
    (folder / "pytest.ini").write_text("[pytest]\naddopts = -k nothing --strict-markers -x\npython_files = *.py\n")
    (folder / "conftest.py").write_text("raise SystemExit('a foreign conftest was loaded')\n")
    (folder / "checks").mkdir()
    (folder / "checks" / "__init__.py").write_text("raise SystemExit('a foreign checks package was loaded')\n")
    done = dockworthy(
        *("check", f"snapshot:{SNAPSHOT}", "--at", "snapshot", "--results", str(tmp_path / "r.json")),
        cwd=folder,
        env={**os.environ, "PYTEST_ADDOPTS": "-k nothing", "PYTEST_PLUGINS": "no_such_plugin"},
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert verdicts(tmp_path / "r.json") == expected


def test_a_users_own_checks_beside_ours(expected: list[dict[str, Any]], dockworthy: Run, tmp_path: Path) -> None:
    """In a folder called `checks`, with the decorator, our facts, a fixture of its own and testinfra's `host`."""
    folder = tmp_path / "checks"
    folder.mkdir()
    (folder / "conftest.py").write_text("import pytest\n\n@pytest.fixture\ndef limit():\n    return 3\n")
    (folder / "ours.py").write_text(
        "from dockworthy.check import check, expect\n\n"
        "@check('site.fixture', severity='low', refs=['site:1'], fix='nothing')\n"
        "def check_fixture(os, limit):\n    '''A fixture of ours.'''\n    expect(limit, 'conftest').equals(3)\n\n"
        "@check('site.plain-assert', severity='low', refs=['site:2'], fix='nothing')\n"
        "def check_assert(os):\n    '''A plain assert.'''\n    assert os.id.value == 'plan9', 'not plan9'\n\n"
        "@check('site.host', severity='low', refs=['site:3'], fix='nothing')\n"
        "def check_host(host):\n    '''testinfra.'''\n    expect(host.file('/').is_directory, '/').equals(True)\n"
    )
    done = dockworthy(
        *("check", f"snapshot:{SNAPSHOT}", "--at", "snapshot", "--results", str(tmp_path / "r.json")),
        *("--checks", str(folder)),
    )
    assert done.returncode == 1, done.stdout + done.stderr
    found = verdicts(tmp_path / "r.json")
    site = {result["check"]: result for result in found if result["check"].startswith("site.")}
    assert site["site.fixture"]["outcome"] == "pass"
    assert (site["site.plain-assert"]["outcome"], site["site.plain-assert"]["observed"]) == ("fail", "not plan9")
    assert site["site.host"]["outcome"] == "skip"
    assert [result for result in found if not result["check"].startswith("site.")] == expected


def test_the_built_wheel_does_the_main_job_in_an_environment_of_what_it_declares(
    expected: list[dict[str, Any]], tmp_path: Path
) -> None:
    programs = wheel.environment_of(wheel.built(tmp_path), tmp_path / "venv")
    done = subprocess.run(
        [programs / "dockworthy", "check", f"snapshot:{SNAPSHOT}", "--at", "snapshot", "--results", "r.json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert verdicts(tmp_path / "r.json") == expected
    assert list((tmp_path / "reports" / "latest").glob("*.html"))
    assert list((tmp_path / "reports" / "latest").glob("*.xml"))


def test_a_killed_run_leaves_what_it_knew(tmp_path: Path) -> None:
    """The lines of the results that were there, and no results.json that looks whole."""
    folder = tmp_path / "checks"
    folder.mkdir()
    (folder / "slow.py").write_text(
        "import os\nfrom dockworthy.check import check, expect, instances\n\n"
        "@check('site.slow', severity='low', refs=['site:1'], fix='f', each=instances('n', list('abcdef')))\n"
        "def check_slow(n):\n    '''Ends the process at the fourth.'''\n"
        "    if n == 'd':\n        os.kill(os.getpid(), 9)\n    expect(n, 'n').equals(n)\n"
    )
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", str(folder), "-q", "-p", "no:cacheprovider"),
            *(f"--dw-target=snapshot:{SNAPSHOT}", f"--dw-results={tmp_path / 'r.json'}"),
        ],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert done.returncode == -9
    lines = [json.loads(line) for line in (tmp_path / "r.jsonl").read_text().splitlines()]
    assert [line["type"] for line in lines] == ["run", "host", "result", "result", "result"]
    assert not (tmp_path / "r.json").exists()
