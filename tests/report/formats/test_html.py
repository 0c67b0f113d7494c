"""The page: what is in it, that nothing of it runs or is fetched, and that the record alone makes it."""

from __future__ import annotations

import io
import json
import re
from html import unescape
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from dockworthy.report import write_report
from dockworthy.report.formats.html import Html
from dockworthy.results.model import Host
from dockworthy.results.reader import read_results
from dockworthy.results.writer import dumps
from tests.results_factory import HOSTILE_NAMES, record, result

if TYPE_CHECKING:
    from pathlib import Path

    from dockworthy.results.model import Results

WAIVER = {"reason": "needs it", "owner": "ops", "expires": "2027-03-31T00:00:00Z"}


def page(results: Results) -> str:
    out = io.BytesIO()
    Html().write(results, out)
    return out.getvalue().decode()


class Tags(HTMLParser):
    """The names of the elements, and whether each that was opened was closed in its order."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes += attrs
        if tag not in {"meta", "link", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_a_finding_says_what_where_and_how_to_fix_it_and_the_worst_comes_first() -> None:
    results = record(
        result("fail", title="Small", severity="low", param="c1", fix="fix small"),
        result(
            "fail", title="Large", severity="critical", observed={"a": 1}, expected=[2], source="GET /x", fix="a\nb"
        ),
    )
    text = unescape(page(results))
    assert text.index("critical: Large") < text.index("low: Small")
    for word in ("NOT COMPLIANT", "2 findings on 1 host", "observed <code>a: 1", "expected <code>2", "(GET /x)"):
        assert word in text
    assert "<pre>a\nb</pre>" in text
    assert "web1: c1" in text


def test_what_was_seen_in_several_places_is_a_table() -> None:
    nodes = {"node1": {"kid": "AAAA", "root.crt": "<b>"}, "node2": "not known: it is down"}
    many = {f"file{number}": {"prepared": number} for number in range(101)}
    text = page(record(result("fail", observed=nodes), result("fail", check="b.many", observed=many)))
    for row in (
        '<tr><th scope="row">node1</th><td>kid</td><td><code>AAAA</code></td></tr>',
        '<tr><th scope="row"></th><td>root.crt</td><td><code>&lt;b&gt;</code></td></tr>',
        '<tr><th scope="row">node2</th><td></td><td><code>not known: it is down</code></td></tr>',
        "… and 1 more; results.json has all",
    ):
        assert row in text


def test_what_is_undecided_stands_by_its_reason() -> None:
    text = page(
        record(
            *(result("error", param=name, reason="permission denied", reason_code="file-denied") for name in "ab"),
            result("error", param="c", reason="timed out", reason_code="file-late"),
        )
    )
    assert text.count("permission denied") == text.count("timed out") == 1
    assert "INCONCLUSIVE" in text


def test_every_outcome_and_a_host_that_was_not_reached_are_told() -> None:
    lost = Host("db1", "ssh://db1", reachable=False, error="no route to host")
    text = page(
        record(
            result("pass"),
            result("skip", reason="there is no swarm"),
            result("manual", reason="ask the owner"),
            result("waived", waiver=WAIVER),
            hosts=(lost,),
        )
    )
    for word in ("there is no swarm", "ask the owner", "needs it", "ops", "2027-03-31", "no route to host", "Passed"):
        assert word in text


def test_hostile_names_are_data_and_nothing_is_run_or_fetched() -> None:
    results = [
        result(outcome, host=name, param=name, title=name, observed={name: name}, source=name, fix=name, reason=reason)
        for name in HOSTILE_NAMES
        for outcome, reason in (("fail", None), ("error", name), ("skip", name))
    ]
    text = page(record(*results))
    tags = Tags()
    tags.feed(text)
    assert tags.open == []
    assert tags.seen.isdisjoint({"script", "img", "iframe", "object", "form"})
    assert {name for name, _ in tags.attributes if name.startswith("on")} == set()
    assert [value for name, value in tags.attributes if name in {"src", "href"}] == ["data:,"]
    assert not re.search("[\x00-\x08\x0b-\x1f\u202e]", text)


def test_a_damaged_waiver_or_profile_of_a_record_breaks_no_page() -> None:
    results = record(result("waived", waiver={}))
    results.run.profiles.append({})
    try:
        assert "Waived" in page(results)
    finally:
        results.run.profiles.pop()


def test_the_page_of_a_record_that_was_read_back_is_the_same_byte_for_byte(tmp_path: Path) -> None:
    given = record(*(result("fail", param=name) for name in HOSTILE_NAMES if name != "\udc80"), result("pass"))
    file = tmp_path / "results.json"
    file.write_bytes(dumps(given.as_json()))
    first = write_report("html", given, tmp_path / "a.html")
    second = write_report("html", read_results(file), tmp_path / "b.html")
    assert first is not None
    assert second is not None
    assert first.read_bytes() == second.read_bytes()
    assert json.loads(file.read_bytes())["results"]
