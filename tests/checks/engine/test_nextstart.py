"""What the checks say of the next start: of a unit, of its command line, of a file that was changed meanwhile."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.checks.engine.unithost import BY_HAND, DROP_IN, FILE, LATER, PLAIN, SHOW, UNIT, sections, unit
from tests.hosts import CHECKS as FOLDER
from tests.hosts import checks_in, host, outcome, outcomes, row
from tests.rows import each_of

if TYPE_CHECKING:
    from dockworthy.check import Judgement

CHECKS = checks_in("engine", "daemon.py")
STARTS, DRIFT = CHECKS["daemon.starts-again"], CHECKS["daemon.no-drift"]
CONFLICT = "specified both as a flag and in the configuration file: icc: (from flag: false, from file: true)"


def said(**changes: Any) -> tuple[Judgement, Judgement]:
    """Whether it starts again, and whether anything drifts."""
    facts = host(sections(**changes))
    return outcome(STARTS, facts), outcome(DRIFT, facts)


def test_a_unit_that_says_what_runs_passes() -> None:
    starts, drift = said()
    assert (starts.outcome, drift.outcome) == ("pass", "pass"), (starts, drift)
    assert starts.source == f"{FILE}; docker.service"


def test_a_flag_of_the_unit_that_stands_in_the_file_too_is_refused_whatever_runs() -> None:
    starts, drift = said(text=unit("/usr/bin/dockerd -H fd:// --icc=false"), config='{"icc": true}')
    assert (starts.outcome, drift.outcome) == ("fail", "fail")
    assert CONFLICT in str(starts.observed)
    assert CONFLICT in str(drift.observed)
    assert starts.fix is not None
    assert "ExecStart=/usr/bin/dockerd -H fd:// --icc=false" in starts.fix
    assert "s| --icc=false$||;s| --icc=false | |" in starts.fix


def test_a_unit_that_systemd_refuses_fails_with_its_line() -> None:
    starts, drift = said(text=PLAIN.replace("[Service]", "[Service"))
    assert (starts.outcome, drift.outcome) == ("fail", "fail")
    assert starts.source == "docker.service"
    assert starts.fix is not None
    assert "what systemd says of it" in starts.fix
    assert "systemd-analyze verify docker.service" in starts.fix


def test_a_drop_in_that_was_not_put_in_force_drifts() -> None:
    text = "[Service]\nExecStart=\nExecStart=/usr/bin/dockerd -H fd:// --live-restore\n"
    show = SHOW.replace("Reload=no", "Reload=yes")
    starts, drift = said(more={f"file:{DROP_IN}": text}, show=show, info={"LiveRestoreEnabled": False})
    assert (starts.outcome, drift.outcome) == ("pass", "fail")
    assert drift.observed == {"live-restore": {"in force": False, "after the next start": True}}
    assert drift.source == "GET /info: LiveRestoreEnabled, next dockerd --live-restore"
    assert drift.fix is not None
    assert "systemctl daemon-reload" in drift.fix


@each_of(
    ("changes", "code"),
    [
        ({"more": {f"file:{DROP_IN}": 13}, "rows": {DROP_IN: row(DROP_IN)}}, "not-permitted"),
        ({"text": unit("/usr/bin/dockerd -H fd:// REDACTED")}, "hidden"),
        ({"text": unit("REDACTED -H fd://")}, "hidden"),
        ({"text": unit("/usr/bin/dockerd $OPTIONS", "EnvironmentFile=/opt/env")}, "not-probed"),
        ({"text": unit("/usr/bin/numactl -- /usr/bin/dockerd"), "rows": {UNIT: row(UNIT, mtime=LATER)}}, "not-told"),
        ({"more": {f"file:{FILE}": 13}, "text": unit("/usr/bin/dockerd --mtu=1400")}, "not-permitted"),
    ],
)
def test_what_is_not_seen_is_not_decided_and_says_why(changes: dict[str, Any], code: str) -> None:
    starts, drift = said(**changes)
    assert (starts.outcome, drift.outcome) == ("error", "error"), (starts, drift)
    assert starts.code == code


def test_a_file_that_is_newer_than_the_engine_does_not_hide_what_runs() -> None:
    info = {"LoggingDriver": "json-file", "ExperimentalBuild": False, "Debug": False}
    options = {"com.docker.network.bridge.default_bridge": "true", "com.docker.network.bridge.enable_icc": "true"}
    bridge = {"Name": "bridge", "Id": "b", "Driver": "bridge", "EnableIPv6": False, "Options": options}
    more = {"docker:networks": json.dumps(bridge) + "\n"}
    facts = host(sections(mtime=LATER, config='{"userland-proxy": false}', info=info, more=more))
    judged = {(check.id, name): item for check in all_checks() for name, item in outcomes(check, facts).items()}
    stale = {name for name, item in judged.items() if item.code == "stale"}
    assert stale == {
        ("daemon.default-cgroup-parent", None),
        ("daemon.default-ulimits", None),
        ("daemon.iptables-managed", None),
        ("daemon.log-level-info", None),
        ("daemon.no-drift", None),
        ("daemon.userland-proxy-disabled", None),
    }
    assert judged["file.api-socket-owner", "/run/docker.sock"].outcome == "pass"
    assert judged["daemon.starts-again", None].outcome == "pass"


def all_checks() -> list[Any]:
    """The checks of the engine and of its files."""
    return [
        check for path in sorted((FOLDER / "engine").glob("*.py")) for check in checks_in("engine", path.name).values()
    ]


def test_a_file_that_only_the_engine_could_read_is_the_one_that_it_starts_with_again() -> None:
    starts, drift = said(more={f"file:{FILE}": 13})
    assert (starts.outcome, drift.outcome, drift.code) == ("pass", "error", "not-permitted")


def test_two_secrets_that_may_differ_are_not_called_the_same() -> None:
    line = "-H fd:// --log-driver=splunk --log-opt splunk-token=REDACTED --log-opt splunk-url=REDACTED"
    text = unit(f"/usr/bin/dockerd {line}")
    assert said(running=line, text=text)[1].outcome == "pass"
    drift = said(running=line, text=text, rows={UNIT: row(UNIT, mtime=LATER)})[1]
    assert (drift.outcome, drift.code) == ("error", "hidden")


@pytest.mark.parametrize("owner", [None, BY_HAND])
def test_an_engine_that_no_service_starts_says_so(owner: str | None) -> None:
    starts, drift = said(owner=owner, running="--icc=false", more={"cmd:systemctl-show": 127})
    assert (starts.outcome, drift.outcome) == ("pass", "pass")
    assert starts.source == f"{FILE}; the arguments of process 812, which no service starts"


def passes(evidence: dict[str, Any]) -> set[str]:
    """The checks of the configuration that pass."""
    facts = host(evidence)
    return {name for name, check in CHECKS.items() if outcome(check, facts).outcome == "pass"}


@pytest.mark.parametrize("mtime", [1, LATER])
def test_what_was_not_seen_never_makes_a_pass(mtime: int) -> None:
    text = unit("/usr/bin/dockerd -H fd:// --mtu=1300 $OPTIONS", "EnvironmentFile=/etc/default/docker")
    bad = sections(
        running="-H fd:// -H tcp://0.0.0.0:2375 --icc=true --userland-proxy=true --seccomp-profile=unconfined",
        text=text,
        config='{"mtu": 1400, "iptables": false, "debug": true, "experimental": true, "cgroup-parent": "/x"}',
        mtime=mtime,
        more={
            f"file:{DROP_IN}": "[Service]\nEnvironment=X=1\n",
            "file:/etc/default/docker": "OPTIONS=--debug\n",
            "proc:812/listen": "unix /run/docker.sock\ntcp 0.0.0.0:2375\n",
        },
    )
    before = passes(bad)
    assert not {STARTS.id, DRIFT.id} & before
    wrong = {}
    for name in bad:
        for hidden in (
            {key: value for key, value in bad.items() if key != name},
            {**bad, name: 13},
            {**bad, name: 124},
        ):
            more = passes(hidden) - before
            if more:
                wrong[name] = more
    assert wrong == {}


@pytest.mark.parametrize(
    ("check", "option", "last"),
    [
        ("daemon.starts-again", "--icc=false", "systemctl daemon-reload"),
        ("daemon.userland-proxy-disabled", "--userland-proxy", "systemctl restart docker-two"),
    ],
)
def test_the_fix_names_the_service_that_starts_this_engine(check: str, option: str, last: str) -> None:
    other = "/etc/systemd/system/docker-two.service"
    made = sections(
        owner="system docker-two.service\n",
        running=option,
        more={f"file:{other}": unit(f"/usr/bin/dockerd {option}")},
        config='{"icc": true}',
    )
    found = outcome(CHECKS[check], host(made))
    assert found.fix is not None
    assert "systemctl cat docker-two" in found.fix
    assert found.fix.endswith(last)
    assert "docker.service.d" not in found.fix
