"""`history`, `check --store` and `report --store` as they are typed."""

from __future__ import annotations

import csv
import io
import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from dockworthy.cli import main
from dockworthy.results.model import Certificate, Host
from dockworthy.results.reader import read_results
from dockworthy.results.writer import dumps
from dockworthy.store import asking
from dockworthy.store.asking import settle
from dockworthy.store.store import open_store
from dockworthy.typed import shown_argv
from tests import warm
from tests.results_factory import HOSTILE_NAMES, result
from tests.store.made import asked, on, store_of

if TYPE_CHECKING:
    from pathlib import Path

    from dockworthy.results.model import Results

Out = pytest.CaptureFixture[str]
SNAPSHOT = "tests/data/snapshots/hardened.snapshot"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A store with one finding, which nothing is put into."""
    path = tmp_path_factory.mktemp("small") / "st"
    settle(store_of(path, on(1, result("fail"))))
    return str(path)


def written(run: Results, name: str) -> str:
    with open(name, "wb") as out:  # noqa: PTH123 - below the folder that the test is in
        out.write(dumps(run.as_json()))
    return name


def said(capsys: Out, *arguments: str) -> str:
    capsys.readouterr()
    assert main(["history", *arguments, "--store", "st"]) == 0
    return capsys.readouterr().out


def refused(capsys: Out, *arguments: str) -> str:
    capsys.readouterr()
    assert main(list(arguments)) == 4
    told = capsys.readouterr()
    assert (told.out, told.err.count("\n")) == ("", 1)
    return told.err


def told_runs() -> list[Results]:
    """Two hosts, one of which is lost; a certificate; one finding that comes and goes."""
    lost = Host("web2", "ssh://web2", reachable=False, error="no route to host")
    here, there = (Host(name, f"ssh://{name}", reachable=True, engine="28.5.1") for name in ("web1", "web2"))
    runs = [
        on(day, result("fail" if day % 2 else "pass"), result("fail", check="daemon.other"), hosts=(here, there))
        for day in range(1, 6)
    ]
    runs.append(on(20, result("fail"), result("error", host="web2", check="host.reachable"), hosts=(here, lost)))
    certificate = Certificate("web1", "/ca.crt", "registry", "CN=a", "CN=b", "a" * 64, *("2026-12-01T00:00:00Z",) * 2)
    return [
        run if number else type(run)(**{**_fields(run), "certificates": (certificate,)})
        for number, run in enumerate(reversed(runs))
    ]


def _fields(run: Results) -> dict[str, Any]:
    return {name: getattr(run, name) for name in run.__dataclass_fields__}


def test_records_are_added_once_and_in_any_order(capsys: Out, here: Path) -> None:
    files = [written(run, f"{number}.json") for number, run in enumerate(told_runs())]
    assert said(capsys, "--add", *files).splitlines() == [f"{name}: added" for name in files]
    assert said(capsys, "--add", files[0]) == f"{files[0]}: is there already\n"
    assert said(capsys, "days", "--format", "csv").splitlines()[1].startswith("2026-11-01,1,2,2,")
    written(on(7, result("fail")), "good.json")
    (here / "bad.json").write_text("{}")
    assert "bad.json:1" in refused(capsys, "history", "--store", "other", "--add", "bad.json", "good.json")
    assert not (here / "other").exists()


def test_the_overview_says_each_answer_in_a_line(capsys: Out) -> None:
    store_of("st", *told_runs())
    text = said(capsys, "--until", "2026-11-25")
    for line in (
        "st: 6 days with runs, the last 2026-11-20",
        "Open: 2 findings; the worst is daemon.other on web1 (medium, before 2026-11-01)",
        "Fixed: 2 findings; of 1 the beginning was seen: half within 1.0 days",
        "Came back: 1 finding; most often daemon.icc-disabled on web1 2 times",
        "Not seen for 7 days: web2 (since 2026-11-05)",
        "Certificates that end within 30 days: 2026-12-01 CN=a on 1 host",
        "Engines: 28.5.1 on 2 hosts",
    ):
        assert line in " ".join(text.split()), text
    whole = json.loads(said(capsys, "--format", "json"))
    assert {"days", "findings", "fixes", "flapping", "missing", "certificates", "engines"} <= whole.keys()
    assert len(whole["days"]) == 6


def test_each_question_has_three_forms_that_say_the_same(capsys: Out) -> None:
    store_of("st", *told_runs())
    more = {"missing": ("--days", "7"), "certificates": ("--days", "4000")}
    for question in ("days", "findings", "fixes", "flapping", "missing", "certificates", "engines"):
        arguments = (question, *more.get(question, ()))
        rows = json.loads(said(capsys, *arguments, "--format", "json"))
        table = list(csv.reader(io.StringIO(said(capsys, *arguments, "--format", "csv"))))
        assert rows, question
        assert [list(row) for row in rows] == [table[0]] * len(rows)
        assert len(table) == len(rows) + 1
        assert said(capsys, *arguments).count("\n") == len(rows) + 1


def test_an_answer_is_cut_where_people_read_it_and_says_so(capsys: Out) -> None:
    store_of("st", on(1, *(result("fail", param=f"c{number:03}") for number in range(45))))
    text = said(capsys, "findings")
    assert (text.count("\n"), text.splitlines()[-1]) == (22, "… 25 more: --limit 45, or --format csv")
    assert said(capsys, "findings", "--limit", "45").count("\n") == 46
    assert len(json.loads(said(capsys, "findings", "--format", "json"))) == 45


def test_nothing_that_a_host_told_drives_a_terminal_or_a_spreadsheet(capsys: Out) -> None:
    results = [result("fail", host=name, param=name, source=name) for name in (*HOSTILE_NAMES, "=cmd|' /C calc'!A0")]
    store_of("st", on(1, *results))
    for arguments in (("findings", "--limit", "99"), (), ("--sql", "SELECT host, param FROM results")):
        text = said(capsys, *arguments)
        assert all(character.isprintable() or character == "\n" for character in text)
        assert max(map(len, text.splitlines())) < 300
    rows = list(csv.reader(io.StringIO(said(capsys, "findings", "--format", "csv"))))
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("COPY runs TO 'out.csv'", "one query that reads"),
        ("SELECT 1; SELECT 2", "one query that reads"),
        ("CREATE TABLE x AS SELECT 1", "one query that reads"),
        ("SET memory_limit = '1TB'", "one query that reads"),
        ("ATTACH 'x.db'", "one query that reads"),
        ("INSTALL httpfs", "one query that reads"),
        ("EXPLAIN ANALYZE SELECT 1", "one query that reads"),
        ("", "one query that reads"),
        ("SELEC 1", "syntax error"),
        ("SELECT nope FROM runs", "nope"),
        ("FROM nowhere", "nowhere"),
        ("SELECT CAST('a' AS INTEGER)", "Could not convert"),
        ("SELECT * FROM read_text('/etc/passwd')", "Cannot access file"),
        ("SELECT * FROM '/etc/passwd'", "--sql"),
        ("SELECT * FROM glob('/etc/*')", "Cannot access"),
        ("SELECT * FROM read_csv('https://example.com/x.csv')", "--sql"),
    ],
)
def test_a_query_of_ones_own_reads_the_tables_and_nothing_else(
    sql: str, told: str, small: str, capsys: Out, here: Path
) -> None:
    text = refused(capsys, "history", "--store", small, "--sql", sql or " ")
    assert "--sql" in text
    assert told in text
    assert list(here.iterdir()) == []


def test_every_table_that_is_named_is_there(capsys: Out) -> None:
    rehearsal: dict[str, Any] = {"engine": "29.3.1", "harbor": None, "applied": []}
    store_of("st", *told_runs(), on(1, result("fail"), id="what if", rehearsal=rehearsal))
    for name in asking.VIEWS:
        json.loads(said(capsys, "--sql", f"SELECT * FROM {name}", "--format", "json"))  # noqa: S608 - names of ours
    rehearsed = said(capsys, "--sql", "SELECT count(*) AS n FROM rehearsal_results", "--format", "json")
    assert json.loads(rehearsed) == [{"n": 1}]
    started = said(capsys, "--sql", "SELECT min(started) AS at, 1.5 AS x FROM runs", "--format", "json")
    assert json.loads(started) == [{"at": "2026-11-01T00:00:00Z", "x": 1.5}]
    assert said(capsys, "--sql", "SELECT host FROM runs JOIN results USING (run) WHERE false") == "No row.\n"


def test_a_query_that_takes_too_long_is_ended(small: str, capsys: Out, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "_OWN_SECONDS", 0.05)
    sql = "SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b"
    assert "takes longer than" in refused(capsys, "history", "--store", small, "--sql", sql)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("days", "--since", "yesterday"), "--since yesterday: no day and no moment"),
        (("days", "--until", "2026-02-30"), "--until"),
        (("missing", "--days", "-1"), "--days"),
        (("missing", "--days", "9999999999999"), "--days"),
        (("flapping", "--times", "0"), "--times 0: not a number"),
        (("findings", "--limit", "all"), "--limit all: not a number"),
        (("--keep", "0"), "--keep 0: not a number"),
        (("--keep", "soon"), "--keep soon: not a number"),
        (("--format", "csv"), "name a question"),
        (("days", "--sql", "SELECT 1"), "two things to do"),
        (("--keep", "3", "--compact"), "two things to do"),
    ],
)
def test_what_is_typed_wrong_is_one_sentence(arguments: tuple[str, ...], told: str, small: str, capsys: Out) -> None:
    assert told in refused(capsys, "history", *arguments, "--store", small)


def test_a_question_that_there_is_not_is_refused(capsys: Out) -> None:
    with pytest.raises(SystemExit, match="4"):
        main(["history", "finding", "--store", "st"])
    assert "argument QUESTION" in capsys.readouterr().err


def test_a_store_is_kept_and_compacted(capsys: Out, here: Path) -> None:
    store_of("st", on(1, result("fail")), on(1, result("fail", host="web2"), id="other"))
    assert said(capsys, "--compact") == "1 day put together\n"
    assert said(capsys, "--keep", "1") == "2 runs removed\n"
    assert list((here / "st" / "runs").iterdir()) == []


def test_a_report_is_of_the_last_record_of_each_host(capsys: Out) -> None:
    waiver = {"reason": "r", "owner": "o", "expires": "2027-01-01T00:00:00Z"}
    last = result("waived", host="web1", waiver=waiver, observed={"a": [1, None, "x"]}, refs=["a:1"], seconds=0.5)
    store_of("st", on(1, result("fail"), result("fail", host="web2")), on(2, last))
    capsys.readouterr()
    assert main(["report", "--store", "st", "--format", "json=out.json"]) == 0
    made = read_results(here_path("out.json"))
    assert sorted((one.host, one.outcome) for one in made.results) == [("web1", "waived"), ("web2", "fail")]
    assert next(one for one in made.results if one.host == "web1") == last
    assert made.run.id == "r1+r2"
    for arguments in (("report", "--format", "json"), ("report", "out.json", "--store", "st", "--format", "json")):
        assert "not both" in refused(capsys, *arguments)
    store_of("empty")
    assert "holds no run yet" in refused(capsys, "report", "--store", "empty", "--format", "json")


def here_path(name: str) -> Path:
    from pathlib import Path  # noqa: PLC0415 - for this one

    return Path(name)


def test_check_puts_its_run_there_with_the_snapshot(here: Path, request: pytest.FixtureRequest) -> None:
    snapshot = request.config.rootpath / SNAPSHOT
    done = warm.run("check", f"snapshot:{snapshot}", "--store", "st", "--topic", "daemon", "-q", cwd=here)
    assert (done.returncode, done.stderr) in {(0, ""), (1, ""), (6, "")}
    record = read_results(here / "reports" / "latest")
    store = open_store("st")
    assert len(asked(store, "findings", "host")) == sum(one.outcome == "fail" for one in record.results)
    assert store.snapshot(str(record.hosts[0].snapshot_sha256)) == snapshot.read_bytes()
    (here / "thesis").mkdir()
    (here / "thesis" / "text").touch()
    done = warm.run("check", f"snapshot:{snapshot}", "--store", "thesis", "-q", cwd=here)
    assert done.returncode == 4
    assert "no store" in done.stderr
    assert len(list((here / "reports").iterdir())) == 2


def test_without_the_library_it_is_one_sentence(small: str, capsys: Out, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    for arguments in (("history", "--store", small), ("check", "snapshot:none", "--store", small)):
        assert "pip install 'dockworthy[store]'" in refused(capsys, *arguments)


def test_the_record_names_the_store_without_a_password() -> None:
    argv = shown_argv(["dockworthy", "check", "--store", "s3://key:hunter2@bucket/runs?token=hunter2"])
    assert "hunter2" not in " ".join(argv)
    assert shown_argv(["dockworthy", "check", "--store", "history/"])[-1] == "history/"
