"""What a rehearsal with other files comes to, and the script that rolls them out."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dockworthy.report import rehearsal
from dockworthy.report.fixes.plan import plan
from dockworthy.report.fixes.shell import render_shell
from dockworthy.results.model import Host, Result, Results
from dockworthy.run.applying import applied_of
from tests.results_factory import record, result

if TYPE_CHECKING:
    from pathlib import Path

STARTS = "daemon.starts-again"
PULLS = "trust.registry-verifies"
DIGEST = "a" * 64


def rehearsed(*results: Result, hosts: tuple[Host, ...], applied: list[str]) -> Results:
    made = record(*results, hosts=hosts)
    return replace(made, run=replace(made.run, rehearsal={"engine": None, "harbor": None, "applied": applied}))


def host(name: str, **places: str | None) -> Host:
    return Host(
        name, f"ssh://{name}", reachable=True, applied={key.replace("_", "."): path for key, path in places.items()}
    )


def changed(name: str, check: str, before: str, outcome: str, observed: Any, param: str | None = None) -> Result:
    return result(outcome, host=name, check=check, param=param, before=before, observed=observed, fix=None, reason=None)


def test_hosts_that_would_not_start_are_told_by_cause() -> None:
    names = [f"web{number}" for number in range(8)]
    results = [changed(name, STARTS, "pass", "fail", "unknown key: bogus") for name in names]
    results += [
        changed("db", STARTS, "pass", "fail", "flag and file: icc"),
        changed("old", STARTS, "fail", "fail", "x"),
    ]
    given = rehearsed(
        *results, hosts=tuple(map(host, [*names, "db", "old"])), applied=[f"daemon.json=n.json sha256:{DIGEST}"]
    )
    assert rehearsal.consequences(given) == [
        "8 hosts would not start: unknown key: bogus: web0, web1, web2, web3, web4 and 3 more",
        "1 host would not start: flag and file: icc: db",
    ]
    assert rehearsal.headline(given).startswith("daemon.json=n.json: 9 things break")


def test_pulls_that_begin_and_cease_are_told_with_the_engines_words() -> None:
    unknown = {"verdict": "unknown-authority", "message": "x509: certificate signed by unknown authority"}
    fine = {"verdict": "ok", "message": ""}
    given = rehearsed(
        changed("web1", PULLS, "pass", "fail", unknown, "one.test"),
        changed("web2", PULLS, "pass", "fail", unknown, "one.test"),
        changed("web2", PULLS, "fail", "pass", fine, "two.test"),
        changed("web3", PULLS, "fail", "fail", unknown, "one.test"),
        changed("web3", PULLS, "skip", "error", None, "three.test"),
        hosts=tuple(map(host, ("web1", "web2", "web3"))),
        applied=[f"certs.d=certs.d sha256:{DIGEST}"],
    )
    assert rehearsal.consequences(given) == [
        "2 pulls would work no more: x509: certificate signed by unknown authority: one.test on web1, one.test on web2",
        "1 pull would begin to work: two.test on web2",
    ]


def given(folder: Path) -> tuple[str, ...]:
    """A file, a folder and a CA, as ``--apply`` has them."""
    certs = folder / "certs.d" / "one.test:5000"
    certs.mkdir(parents=True)
    (certs / "ca.crt").write_text("a certificate\n")
    (certs / "client.key").write_text("-----BEGIN PRIVATE KEY-----\n")
    (folder / "new.json").write_text('{"icc": false}\n')
    return (f"daemon.json={folder / 'new.json'}", f"certs.d={folder / 'certs.d'}")


def rolled_out(folder: Path, *more: Result, name: str = "web1") -> Results:
    """A host onto which these go, in a folder of its own."""
    there = folder / "host"
    places = host(name, daemon_json=f"{there}/etc/docker/daemon.json", certs_d=f"{there}/etc/docker/certs.d")
    return rehearsed(*more, hosts=(places,), applied=list(map(str, applied_of(given(folder)))))


def run(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    path = folder / "fix.sh"
    path.write_text(script)
    return subprocess.run(["sh", str(path)], capture_output=True, text=True, check=False, cwd="/")


def modes(top: Path) -> dict[str, str]:
    return {str(path.relative_to(top)): f"{path.stat().st_mode & 0o7777:o}" for path in sorted(top.rglob("*"))}


def test_the_script_puts_what_was_judged_where_it_was_taken_to_lie_once(tmp_path: Path) -> None:
    results = rolled_out(tmp_path)
    script = render_shell(results, plan(results)).replace("systemctl restart docker", "true")
    docker = tmp_path / "host" / "etc" / "docker"
    (docker / "certs.d" / "old.test").mkdir(parents=True)
    (docker / "daemon.json").write_text("{}")
    (docker / "daemon.json").chmod(0o600)
    first = run(script, tmp_path)
    assert first.stdout.splitlines()[-1] == "2 changed, 0 failed", first.stdout + first.stderr
    assert (docker / "daemon.json").read_text() == '{"icc": false}\n'
    assert modes(docker) == {
        "certs.d": "755",
        "certs.d.before-dockworthy": "755",
        "certs.d.before-dockworthy/old.test": "755",
        "certs.d/one.test:5000": "755",
        "certs.d/one.test:5000/ca.crt": "444",
        "certs.d/one.test:5000/client.key": "400",
        "daemon.json": "600",
        "daemon.json.before-dockworthy": "600",
    }
    assert run(script, tmp_path).stdout.splitlines()[-1] == "0 changed, 0 failed"


def test_another_file_than_was_judged_goes_nowhere(tmp_path: Path) -> None:
    results = rolled_out(tmp_path)
    script = render_shell(results, plan(results))
    (tmp_path / "new.json").write_text('{"icc": true}')
    (tmp_path / "certs.d" / "one.test:5000" / "more.crt").write_text("x")
    done = run(script, tmp_path)
    assert done.returncode == 1
    assert "new.json is not what was judged" in done.stderr
    assert "certs.d is not what was judged" in done.stderr
    assert not (tmp_path / "host").exists()


def test_nothing_goes_onto_a_host_whose_engine_would_not_start(tmp_path: Path) -> None:
    results = rolled_out(tmp_path, changed("web1", STARTS, "pass", "fail", "unknown key"))
    done = run(render_shell(results, plan(results)), tmp_path)
    assert "it is not put here, because the engine would not start with it" in done.stderr
    assert done.returncode == 1
    assert not (tmp_path / "host").exists()


def test_a_fix_that_would_change_what_is_rolled_out_is_left_to_a_person(tmp_path: Path) -> None:
    path = f"{tmp_path}/host/etc/docker/daemon.json"
    fixes = (
        (f'# merge into {path}:\n{{"live-restore": true}}', True),
        (f"jq . {path} >{path}.new && cat {path}.new >{path} && rm {path}.new", True),
        (f"chmod 0644 {path}", False),
        ("chmod 0755 /etc/docker", False),
    )
    for number, (fix, by_hand) in enumerate(fixes):
        results = rolled_out(
            tmp_path / str(number),
            replace(result("fail", host="web1"), fix=fix.replace(str(tmp_path), str(tmp_path / str(number)))),
        )
        ((one,),) = [made.fixes for made in plan(results)]
        assert one.by_hand is by_hand, fix


def test_of_some_checks_alone_nothing_is_rolled_out(tmp_path: Path) -> None:
    results = rolled_out(tmp_path, replace(result("fail", host="web1"), fix="chmod 0755 /etc/docker"))
    (found,) = plan(results, checks=[results.results[0].check])
    assert found.placed == ()
