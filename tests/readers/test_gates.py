"""The gates as those run them for whom they are: GitHub's runner, GitLab's, Jenkins, pre-commit, systemd, Ansible.

No runner, no Jenkins and no systemd as process 1 is here: what they would start is started as they start it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

TOP = Path(__file__).parents[2]
GATES = TOP / "gates"
COMMAND = Path(sys.executable).with_name("dockworthy")
SNAPSHOT = TOP / "tests" / "data" / "snapshots" / "debian-13.snapshot"
_GIVEN = re.compile(r"\$\{\{ (.*?) \}\}")


def ran(command: list[str], folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command in a folder, with nothing of this run's surroundings but what finds programs."""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.run(
        command, cwd=folder, env={**inherited, **environment}, capture_output=True, text=True, check=False, timeout=300
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A job's folder in which dockworthy is installed where the gates install it, with a host to judge."""
    for place in (".dockworthy/bin", "runner/dockworthy/bin"):
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / "dockworthy").symlink_to(COMMAND)
    shutil.copy(SNAPSHOT, tmp_path / "web 1.snapshot")
    shutil.copy(SNAPSHOT, tmp_path / "web1.snapshot")
    return tmp_path


# --- GitHub ------------------------------------------------------------------------------------------------------

ACTION: dict[str, Any] = yaml.safe_load((TOP / "action.yml").read_text())
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]


def step(folder: Path, **given: str) -> subprocess.CompletedProcess[str]:
    """The action's last step, as the runner starts it with these inputs."""
    inputs = {name: given.get(name.replace("-", "_"), about["default"]) for name, about in ACTION["inputs"].items()}
    told = {
        name: _GIVEN.sub(lambda one: inputs[one[1].removeprefix("inputs.")], text)
        for name, text in STEPS[1]["env"].items()
    }
    runner = {
        "RUNNER_TEMP": str(folder / "runner"),
        "GITHUB_ACTION_PATH": str(TOP),
        "GITHUB_OUTPUT": str(folder / "output"),
        "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
        "GITHUB_ACTIONS": "true",
    }
    for name in given:
        if name.isupper():
            del runner[name]
    return ran(["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", STEPS[1]["run"]], folder, **runner, **told)


def test_the_action_puts_nothing_that_was_given_into_a_script() -> None:
    assert [entry["shell"] for entry in STEPS] == ["bash", "bash"]
    assert not [entry["run"] for entry in STEPS if "${{" in entry["run"]]
    named = {one[1] for entry in STEPS for text in entry.get("env", {}).values() for one in _GIVEN.finditer(text)}
    assert named == {f"inputs.{name}" for name in ACTION["inputs"]}


def test_the_action_annotates_writes_what_it_names_and_ends_with_the_status(folder: Path) -> None:
    (folder / "summary.md").touch()
    done = step(folder, targets="snapshot:web 1.snapshot\n", fail_on="high")
    outputs = dict(line.split("=", 1) for line in (folder / "output").read_text().splitlines())
    assert (done.returncode, outputs["status"]) == (1, "1"), done.stderr
    assert "::error" in done.stdout
    assert json.loads((folder / outputs["results"]).read_bytes())["hosts"]
    assert json.loads((folder / outputs["sarif"]).read_bytes())["runs"]
    assert "Not compliant" in (folder / "summary.md").read_text()


def test_what_was_given_to_the_action_is_no_command(folder: Path) -> None:
    done = step(folder, targets='snapshot:$(touch pwned)\n"; touch pwned; "', profile="`touch pwned`")
    assert done.returncode == 4
    assert not (folder / "pwned").exists()


def test_a_variable_that_the_runner_lacks_is_one_sentence_and_wrong_usage(folder: Path) -> None:
    done = step(folder, GITHUB_OUTPUT="")
    assert (done.returncode, done.stderr) == (
        4,
        "dockworthy: GITHUB_OUTPUT is not set; run this as a step of a GitHub job.\n",
    )


# --- GitLab and Jenkins ------------------------------------------------------------------------------------------


def test_the_gitlab_job_leaves_the_artifacts_that_it_names(folder: Path) -> None:
    job = yaml.safe_load((GATES / "gitlab.yml").read_text())[".dockworthy"]
    given = {
        **job["variables"],
        "DOCKWORTHY_TARGETS": "snapshot:web1.snapshot",
        "DOCKWORTHY_ARGUMENTS": "--fail-on low",
    }
    done = ran(["bash", "-eo", "pipefail", "-c", "\n".join(job["script"])], folder, **given)
    assert done.returncode == 1, done.stderr
    named = [*job["artifacts"]["paths"], *job["artifacts"]["reports"].values()]
    assert [name for name in named if not (folder / name).exists()] == []
    assert {"description", "check_name", "fingerprint", "severity", "location"} <= set(
        json.loads((folder / job["artifacts"]["reports"]["codequality"]).read_bytes())[0]
    )


def test_the_jenkins_stage_leaves_what_it_archives(folder: Path) -> None:
    text = (GATES / "Jenkinsfile").read_text()
    assert text.count("{") == text.count("}")
    scripts = re.findall(r"'''(.*?)'''", text, re.DOTALL)
    given = {
        "DOCKWORTHY_TARGETS": "snapshot:web1.snapshot",
        "DOCKWORTHY_ARGUMENTS": "--topic kernel --fail-on critical",
    }
    done = ran(["sh", "-xe", "-c", scripts[1]], folder, **given)
    assert done.returncode in {0, 1, 6}, done.stderr
    archived = re.findall(r"(?:artifacts|testResults): '([^']*)'", text)
    for pattern in (word.strip() for one in archived for word in one.split(",")):
        assert list(folder.glob(pattern)), pattern


def test_what_gitlab_and_jenkins_install_is_a_package_that_is_named() -> None:
    for name in ("gitlab.yml", "Jenkinsfile"):
        assert 'pip install --quiet --disable-pip-version-check "$DOCKWORTHY_PACKAGE"' in (GATES / name).read_text()


# --- pre-commit --------------------------------------------------------------------------------------------------


def test_the_hooks_are_known_to_pre_commit_and_refuse_what_would_not_be_taken(tmp_path: Path) -> None:
    manifest = TOP / ".pre-commit-hooks.yaml"
    done = ran([str(COMMAND.with_name("pre-commit")), "validate-manifest", str(manifest)], tmp_path)
    assert done.returncode == 0, done.stdout
    files = {
        "docker/daemon.json": '{"icc": 7}',
        "waivers.yaml": "- {check: no.such-check, reason: r, owner: o, expires: 2099-01-01}\n",
        "dockworthy-site.yaml": "extends: base\n",
    }
    (tmp_path / "docker").mkdir()
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    refused = {}
    for hook in yaml.safe_load(manifest.read_text()):
        mine = [name for name in files if re.search(hook["files"], name)]
        command = hook["entry"].split()
        done = ran([str(COMMAND), *command[1:], *mine], tmp_path)
        refused[hook["id"]] = (done.returncode, sorted(line.split(":")[1].strip() for line in done.stderr.splitlines()))
    assert refused == {
        "dockworthy-validate": (1, ["docker/daemon.json", "waivers.yaml"]),
        "dockworthy-daemon-json": (1, ["docker/daemon.json"]),
        "dockworthy-waivers": (1, ["waivers.yaml"]),
    }


# --- systemd -----------------------------------------------------------------------------------------------------


def settings(name: str) -> dict[str, str]:
    """The settings of a unit file; of one that stands twice the last."""
    lines = (GATES / "systemd" / name).read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


@pytest.mark.parametrize("unit", ["dockworthy", "dockworthy-notify"])
def test_the_service_is_exposed_to_less_than_two_and_its_units_are_in_order(tmp_path: Path, unit: str) -> None:
    service, timer = tmp_path / f"{unit}.service", tmp_path / f"{unit}.timer"
    for place in (service, timer):
        text = (GATES / "systemd" / place.name).read_text().replace("/usr/bin/dockworthy", str(COMMAND))
        place.write_text(text)
    rated = ran(
        ["systemd-analyze", "security", "--offline=true", "--threshold=19", "--no-pager", str(service)], tmp_path
    )
    assert rated.returncode == 0, rated.stdout[-400:]
    verified = ran(["systemd-analyze", "verify", "--man=no", str(service), str(timer)], tmp_path)
    mine = [line for line in verified.stderr.splitlines() if "dockworthy" in line]
    assert (verified.returncode, mine) == (0, [])


def test_what_the_run_without_network_left_is_sent_by_the_other_unit(tmp_path: Path) -> None:
    unit, state = settings("dockworthy-notify.service"), tmp_path / "state"
    assert (unit["User"], unit["StateDirectory"]) == ("dockworthy", settings("dockworthy.service")["StateDirectory"])
    judge = [
        str(COMMAND),
        "check",
        f"snapshot:{SNAPSHOT}",
        "-q",
        "--output-dir",
        str(state),
        "--notify",
        "env:CHAT_URL",
    ]
    assert ran(judge, tmp_path, CHAT_URL="exec:false").returncode == 1
    send = (
        unit["ExecStart"].replace("/usr/bin/dockworthy", str(COMMAND)).replace("%S/dockworthy", str(state)) + " --now"
    )
    assert ran(["sh", "-c", send], tmp_path, CHAT_URL="exec:false").returncode == int(unit["SuccessExitStatus"])
    assert ran(["sh", "-c", send], tmp_path, CHAT_URL="exec:sh -c 'cat >told'").returncode == 0
    assert json.loads((tmp_path / "told").read_text())["counts"]["new"] > 0


@pytest.mark.skipif(os.geteuid() != 0, reason="gives power away")
def test_the_service_judges_without_capabilities_network_or_new_executable_memory(
    tmp_path: Path,
) -> None:
    unit = settings("dockworthy.service")
    runtime, state = tmp_path / "run", tmp_path / "state"
    probe = tmp_path / "probe.sh"
    probe.write_text(ran([str(COMMAND), "probe"], tmp_path).stdout)
    for place in (runtime, state):
        place.mkdir(mode=0o700)
    os.chown(runtime, 65534, 65534)
    look = unit["ExecStartPre"].removeprefix("+").replace("/etc/dockworthy/probe.sh", str(probe))
    looked = ran(["sh", "-c", look], tmp_path, RUNTIME_DIRECTORY=str(runtime))
    assert looked.returncode == 0, looked.stderr
    assert (runtime / "host.snapshot").stat().st_uid == 65534  # whoever the folder is for can read it
    os.chown(runtime / "host.snapshot", 0, 0)  # no user but root reaches this interpreter: root without capabilities
    os.chown(runtime, 0, 0)
    judge = unit["ExecStart"].replace("/usr/bin/dockworthy", str(COMMAND)).replace("%t/dockworthy", str(runtime))
    judge = judge.replace("%S/dockworthy", str(state))
    # prctl(2), PR_SET_MDWE: what MemoryDenyWriteExecute= forbids
    confined = f"import ctypes, os; ctypes.CDLL(None).prctl(65, 1, 0, 0, 0); os.execvp('sh', ['sh', '-c', {judge!r}])"
    sandbox = ["unshare", "--net", "setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"]
    done = ran([*sandbox, sys.executable, "-c", confined], state)
    assert done.returncode in {0, 1, 6}, done.stderr
    assert (state / "latest" / "results.json").exists()
    assert (state / "dockworthy.prom").read_text().startswith("# HELP")


# --- Ansible -----------------------------------------------------------------------------------------------------


def test_the_role_looks_at_each_host_and_judges_all_at_once(tmp_path: Path) -> None:
    given = {
        "dockworthy_command": str(COMMAND),
        "dockworthy_folder": str(tmp_path / "reports"),
        "dockworthy_become": False,
        "dockworthy_arguments": ["--topic", "kernel"],
        "dockworthy_accepted": [0, 1, 6],
        "ansible_python_interpreter": sys.executable,
    }
    playbook = [str(COMMAND.with_name("ansible-playbook")), "-i", "one,two,", "-c", "local", "-e", json.dumps(given)]
    done = ran([*playbook, str(GATES / "ansible" / "site.yml")], tmp_path, ANSIBLE_LOCAL_TEMP=str(tmp_path / "t"))
    assert done.returncode == 0, done.stdout[-2000:]
    record = json.loads((tmp_path / "reports" / "latest" / "results.json").read_bytes())
    assert [host["reachable"] for host in record["hosts"]] == [True, True]
    assert {Path(host["target"]).name for host in record["hosts"]} == {"one.snapshot", "two.snapshot"}


def test_the_role_fails_the_play_on_a_status_that_is_not_accepted(tmp_path: Path) -> None:
    given = {
        "dockworthy_command": str(COMMAND),
        "dockworthy_folder": str(tmp_path / "reports"),
        "dockworthy_become": False,
        "dockworthy_profile": "no-such-profile",
        "ansible_python_interpreter": sys.executable,
    }
    playbook = [str(COMMAND.with_name("ansible-playbook")), "-i", "one,", "-c", "local", "-e", json.dumps(given)]
    done = ran([*playbook, str(GATES / "ansible" / "site.yml")], tmp_path, ANSIBLE_LOCAL_TEMP=str(tmp_path / "t"))
    assert done.returncode == 2
    assert "there is no profile" in done.stdout
