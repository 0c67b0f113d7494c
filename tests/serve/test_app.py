"""What is answered to which request, without a socket."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import pytest

from dockworthy.report import write_report
from dockworthy.results.streamed import Streamed, streamed
from dockworthy.serve.app import App
from dockworthy.serve.latest import Latest
from tests.results_factory import record, result
from tests.rows import each_of

if TYPE_CHECKING:
    from dockworthy.results.model import Results


class Asked:
    """One request's answer."""

    def __init__(self, app: App, path: str = "/", **environ: str) -> None:
        setup_testing_defaults(
            given := {
                "HTTP_HOST": "localhost:9585",
                "QUERY_STRING": "",
                "SCRIPT_NAME": "",
                **environ,
                "PATH_INFO": path,
            }
        )
        given.setdefault("REQUEST_METHOD", "GET")
        body = validator(app)(given, self._begin)
        self.body = b"".join(body)
        body.close()  # type: ignore[attr-defined] # the validator's has one

    def _begin(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        del exc_info
        self.status, self.headers = int(status[:3]), dict(headers)
        return lambda _: None


def runs(folder: Path, results: Results, name: str = "r1", *formats: str) -> Path:
    """A folder of runs with this one, which is the latest."""
    (folder / name).mkdir(parents=True)
    for one in ("json", *formats):
        write_report(one, results, folder=folder / name)
    (folder / ".latest").symlink_to(name)
    (folder / ".latest").replace(folder / "latest")
    return folder


def app_of(place: Path, *, is_local: bool = True) -> App:
    return App(Latest(place), is_local=is_local)


@pytest.fixture
def served(tmp_path: Path) -> App:
    return app_of(runs(tmp_path / "reports", record(result())))


def test_the_report_the_metrics_and_the_record_are_those_that_the_formats_write(served: App, tmp_path: Path) -> None:
    folder = tmp_path / "reports" / "r1"
    for path, name, kind in (
        ("/", "html", "text/html; charset=utf-8"),
        ("/metrics", "prometheus", "text/plain; version=0.0.4; charset=utf-8"),
        ("/results.json", "json", "application/json"),
    ):
        answer = Asked(served, path)
        wanted = write_report(name, record(result()), path=folder / f"other.{name}")
        assert wanted is not None
        assert (answer.status, answer.headers["Content-Type"]) == (200, kind)
        if name != "html":  # whose digest is of the record as it was read
            assert answer.body == wanted.read_bytes()
    assert b"</b> compliance report</p>" in Asked(served).body


def test_a_page_that_lies_in_the_run_s_folder_is_served_as_it_lies_there(tmp_path: Path) -> None:
    place = runs(tmp_path / "reports", record(result()), "r1", "html", "prometheus")
    page = place / "latest" / "report.html"
    assert Asked(app_of(place)).body == page.read_bytes()
    (place / "latest" / "results.prom").write_text("ours 1\n")
    assert Asked(app_of(place), "/metrics").body == b"ours 1\n"


def test_a_new_run_is_picked_up_and_one_that_was_read_is_not_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def noted(path: Path) -> Streamed:
        read.append(path.parent.name)
        return streamed(path)

    monkeypatch.setattr("dockworthy.serve.latest.streamed", noted)
    app = app_of(runs(tmp_path / "reports", record(result())))
    first = [Asked(app, "/metrics") for _ in range(3)]
    runs(tmp_path / "reports", record(result("pass")), "r2")
    second = Asked(app, "/metrics")
    assert read == ["r1", "r2"]
    assert b'dockworthy_results{host="web1",outcome="fail"} 1.0' in first[2].body
    assert b'dockworthy_results{host="web1",outcome="fail"} 0.0' in second.body
    assert first[0].headers["ETag"] == first[2].headers["ETag"] != second.headers["ETag"]


def test_what_a_reader_has_is_not_sent_again(served: App) -> None:
    for path in ("/", "/metrics", "/results.json"):
        tag = Asked(served, path).headers["ETag"]
        again = Asked(served, path, HTTP_IF_NONE_MATCH=tag)
        assert (again.status, again.body) == (304, b"")


@each_of("path", ["/", "/metrics", "/results.json"])
def test_where_there_is_no_run_yet_it_says_so(path: str) -> None:
    answer = Asked(app_of(Path("/nowhere/reports")), path)
    assert (answer.status, answer.headers["Retry-After"]) == (503, "60")
    assert answer.body == b"/nowhere/reports: there is no run yet; `dockworthy check` makes one.\n"
    assert Asked(app_of(Path("/nowhere/reports")), "/healthz").status == 200


def test_a_damaged_record_is_told_and_ends_nothing(tmp_path: Path) -> None:
    place = runs(tmp_path / "reports", record(result()))
    whole = (place / "latest" / "results.json").read_bytes()
    (place / "latest" / "results.json").write_bytes(whole[:100])
    app = app_of(place)
    answer = Asked(app, "/metrics")
    assert answer.status == 503
    assert b"results.json:2: is not JSON" in answer.body
    (place / "latest" / "results.json").write_bytes(whole)
    assert Asked(app, "/metrics").status == 200


def test_a_record_or_a_run_s_folder_can_be_named_itself(tmp_path: Path) -> None:
    place = runs(tmp_path / "reports", record(result()))
    for named in (place / "r1", place / "r1" / "results.json"):
        assert json.loads(Asked(app_of(named), "/results.json").body)["run"]["id"] == "r1"
    (tmp_path / "pipe").mkdir()
    assert Asked(app_of(tmp_path / "pipe")).status == 503


@each_of("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"])
def test_nothing_can_be_changed(method: str) -> None:
    for path in ("/", "/metrics", "/nowhere"):
        answer = Asked(app_of(Path("/nowhere")), path, REQUEST_METHOD=method)
        assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")


def test_head_says_what_get_would_and_sends_nothing(served: App) -> None:
    for path in ("/", "/metrics", "/results.json", "/healthz", "/nowhere"):
        got, asked = Asked(served, path), Asked(served, path, REQUEST_METHOD="HEAD")
        assert (asked.status, asked.headers, asked.body) == (got.status, got.headers, b"")


@each_of(
    "path", ["/nowhere", "", "//", "/../etc/passwd", "/results.jsonl", "/latest/results.json", "/metrics/", "/\0", "/ü"]
)
def test_there_is_nothing_else(path: str) -> None:
    app = app_of(Path("/nowhere"))
    environ: dict[str, Any] = {"REQUEST_METHOD": "GET", "PATH_INFO": path, "HTTP_HOST": "localhost"}
    statuses: list[str] = []
    app(environ, lambda status, *_: statuses.append(status))  # type: ignore[arg-type] # nothing is written
    assert statuses == ["404 Not Found"]


@each_of(
    "host, status",
    [
        *(("localhost", 200), ("localhost:9585", 200), ("127.0.0.1:1", 200), ("[::1]:9585", 200), ("LOCALHOST", 200)),
        *(("evil.example.com", 421), ("localhost.evil.example.com", 421), ("", 421), ("127.0.0.1.evil.com", 421)),
        *(("localhost:9585@evil", 421), ("10.0.0.1", 421)),
    ],
)
def test_only_this_host_s_own_names_lead_to_what_only_it_can_reach(host: str, status: int) -> None:
    assert Asked(app_of(Path("/nowhere")), "/healthz", HTTP_HOST=host).status == status
    assert Asked(app_of(Path("/nowhere"), is_local=False), "/healthz", HTTP_HOST=host).status == 200


def test_no_page_can_make_use_of_an_answer_and_the_report_s_own_script_runs(served: App) -> None:
    for path in ("/", "/metrics", "/results.json", "/healthz", "/nowhere"):
        headers = Asked(served, path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert "Server" not in headers
    page = Asked(served)
    own = re.search(rb'Content-Security-Policy" content="([^"]+)"', page.body)
    assert own is not None
    assert page.headers["Content-Security-Policy"].startswith(own[1].decode())
    assert "script-src 'sha256-" in page.headers["Content-Security-Policy"]


def test_a_page_without_a_policy_of_its_own_may_do_nothing(tmp_path: Path) -> None:
    place = runs(tmp_path / "reports", record(result()))
    (place / "r1" / "report.html").write_text('<meta http-equiv="Content-Security-Policy" content="x\r\ny">')
    assert Asked(app_of(place)).headers["Content-Security-Policy"].startswith("default-src 'none'; base-uri")
