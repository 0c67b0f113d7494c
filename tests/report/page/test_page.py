"""The page: what is in it, that nothing of it runs or is fetched, and that the record alone makes it."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
from lxml import html

from dockworthy.report import write_report
from dockworthy.report.formats.html import Html
from dockworthy.results.model import OUTCOMES, Certificate, Host, Policy
from dockworthy.results.reader import merge, read_results
from dockworthy.results.writer import dumps
from tests.results_factory import HOSTILE_NAMES, record, result

if TYPE_CHECKING:
    from pathlib import Path

    from dockworthy.results.model import Results

WAIVER = {"reason": "needs it", "owner": "ops", "expires": "2027-03-31T00:00:00Z"}
# What HTML closes by itself: https://html.spec.whatwg.org/multipage/syntax.html#optional-tags
CLOSE_THEMSELVES = {"th", "td", "tr", "li"}
VOID = {"meta", "link", "br", "input", "rect"}


def page(results: Results) -> str:
    out = io.BytesIO()
    Html().write(results, out)
    return out.getvalue().decode()


def told(results: Results, section: str = "") -> str:
    """What a reader without scripts reads, of the page or of a section of it, in one line."""
    document = html.fromstring(page(results))
    for element in document.xpath("//script | //style"):
        element.drop_tree()
    chosen = document.get_element_by_id(section) if section else document.find("body")
    return " ".join(" ".join(chosen.itertext()).split())


def rows(results: Results) -> list[dict[str, str]]:
    """The results as the page's script unpacks them."""
    document = html.fromstring(page(results))
    data = json.loads(document.get_element_by_id("data").text)
    texts, found = data["texts"], []
    for host, (kinds, params) in zip(data["hosts"], data["rows"], strict=True):
        kind = param = 0
        for kind_step, param_step in zip(kinds, params, strict=True):
            kind, param = kind + kind_step, param + param_step
            check, severity, outcome, observed, expected, source, note = (column[kind] for column in data["kinds"])
            found.append(
                {
                    "host": texts[host],
                    "check": texts[data["checks"][check][0]],
                    "title": texts[data["checks"][check][1]],
                    "param": texts[param],
                    "severity": data["severities"][severity],
                    "outcome": data["outcomes"][outcome][0],
                    "observed": texts[observed],
                    "expected": texts[expected],
                    "source": texts[source],
                    "note": texts[note],
                }
            )
    return found


class Tags(HTMLParser):
    """The elements, and whether each that has to be closed was closed in its order."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.scripts: list[dict[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes += attrs
        if tag == "script":
            self.scripts.append(dict(attrs))
        if tag not in VOID | CLOSE_THEMSELVES:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID | CLOSE_THEMSELVES:
            assert self.open.pop() == tag


def test_a_finding_says_what_where_and_how_to_fix_it_and_the_worst_comes_first() -> None:
    results = record(
        result("fail", check="a.small", title="Small", severity="low", param="c1", fix="fix small"),
        result(
            "fail",
            title="Large",
            severity="critical",
            observed="was",
            expected="be",
            source="GET /x",
            fix="a\nb",
            param="c9",
        ),
    )
    text = told(results, "findings")
    assert (
        text.index("critical 1 finding") < text.index("Large") < text.index("low 1 finding") < text.index("fix small")
    )
    for words in (
        "Seen was Expected be Where c9 Source GET /x",
        "CIS-Docker-1.6:2.2",
    ):
        assert words in text
    assert "<pre>a\nb</pre>" in page(results)


def test_the_verdict_the_coverage_and_the_first_thing_to_do_come_first() -> None:
    lost = Host("db1", "ssh://db1", reachable=False, error="no route to host")
    denied = result("error", reason="permission denied", reason_code="not-permitted", check="a.b")
    for results, words in (
        (record(result("fail", title="Large", fix="do it")), ("Not compliant", "1 of 1 applicable", "Large", "do it")),
        (record(result("pass")), ("Compliant", "1 of 1 applicable", "Nothing has to be fixed")),
        (record(result("pass"), denied), ("Inconclusive", "1 of 2 applicable", "permission denied", "--sudo")),
        (record(result("pass"), hosts=(lost,)), ("Inconclusive", "1 of 2 hosts", "reach db1", "no route to host")),
        (record(result("skip", reason="no swarm")), ("Nothing evaluated", "0 of 0 applicable", "no swarm")),
        (record(), ("Nothing evaluated", "No check was asked")),
        (record(result("fail", severity="info", title="Large")), ("Compliant", "Below the gate", "Large")),
    ):
        text = told(results, "verdict")
        assert [word for word in words if word not in text] == [], text


def test_a_run_that_did_not_come_to_its_end_is_not_compliant_and_what_only_a_person_can_tell_is_asked_first() -> None:
    stopped = told(replace(record(result("pass")), complete=False), "verdict")
    assert "Inconclusive no finding at or above low, but the run did not come to its end." in stopped
    assert "First: let a run come to its end" in stopped
    asked = told(record(result("manual", title="Somebody has hardened it"), result("skip")), "verdict")
    assert "Nothing evaluated all that applies is for a person to attest." in asked
    assert "First: attest what only a person can tell Somebody has hardened it" in asked


def test_a_name_of_nothing_but_white_space_can_be_seen() -> None:
    assert '" " 0 1' in told(record(result("error", host=" "), result("pass", host="a")), "hosts")


def test_every_requirement_that_is_shown_has_a_name() -> None:
    results = record(result("fail", refs=["", " ", "CIS-Docker-1.6", "CIS-Docker-1.6:", "CIS-Docker-1.6:2.2", ": "]))
    heads = html.fromstring(page(results)).get_element_by_id("benchmarks").xpath(".//tbody//th")
    assert [head.text_content().split()[0] for head in heads] == ["2.2", ":", "CIS-Docker-1.6", "CIS-Docker-1.6:"]


def test_the_map_and_the_list_of_results_name_a_host_alike() -> None:
    names = (" ", "a" * 10_000, "\x1b]0;x\x07", "web1")
    document = html.fromstring(page(record(*(result("pass", host=name) for name in names))))
    data = json.loads(document.get_element_by_id("data").text)
    heads = document.get_element_by_id("hosts").xpath(".//tbody//th")
    assert sorted(data["texts"][number] for number in data["hosts"]) == sorted(head.text for head in heads)


def test_what_is_undecided_stands_before_the_findings_only_where_nothing_else_decides_the_verdict() -> None:
    undecided, finding = result("error", reason="denied", check="a.b"), result("fail")
    assert re.findall(r"<h2 id=\"(\w+)", page(record(undecided, finding)))[:2] == [
        "findings",
        "undecided",
    ]
    assert re.findall(r"<h2 id=\"(\w+)", page(record(undecided)))[:2] == ["undecided", "findings"]


def test_one_fix_for_many_hosts_is_said_once_and_their_values_are_set_apart() -> None:
    results = record(
        *(result("fail", host=f"h{number}", observed=number % 2, source="x", fix="only once") for number in range(30))
    )
    text = told(results, "findings")
    assert text.count("only once") == 1
    assert "30 results on 30 hosts" in text
    assert "Seen 0 Expected false Where h0; h2; h4" in text
    assert "Seen 1 Expected false Where h1; h3; h5" in text


def test_every_fix_of_a_finding_is_there_with_where_it_belongs() -> None:
    results = record(*(result("fail", param=f"c{number}", fix=f"recreate c{number}") for number in range(40)))
    text = told(results, "findings")
    assert [number for number in range(40) if f"Fix for c{number} recreate c{number} " not in text] == []


def test_a_fix_says_what_it_risks() -> None:
    for fix, words in (
        ('{"icc": false}', "Risk: Containers on the default bridge stop reaching each other."),
        ("systemctl restart docker", "containers stop meanwhile unless live-restore is on"),
        ("x\nreboot", "Risk: The host restarts."),
    ):
        assert words in told(record(result("fail", fix=fix)), "findings")
    for fix in ("# reboot", "chmod 600 x", '# "icc": false'):
        assert "Risk" not in told(record(result("fail", fix=fix)), "findings")


def test_no_fix_stands_under_what_did_not_fail() -> None:
    results = record(*(result(outcome, fix="a fix", reason="so", check=f"a.{outcome}") for outcome in OUTCOMES))
    assert page(results).count("a fix") == 2  # in the first screen and in the finding


def test_what_was_seen_in_several_places_is_a_table() -> None:
    nodes = {"node1": {"kid": "AAAA", "root.crt": "<b>"}, "node2": "not known: it is down"}
    many = {f"file{number}": {"prepared": number} for number in range(101)}
    text = told(record(result("fail", observed=nodes), result("fail", check="b.many", observed=many)))
    for words in ("node1 kid AAAA root.crt <b> node2 not known: it is down", "and 1 more; results.json has all"):
        assert words in text


def test_what_is_undecided_stands_by_its_cause_with_what_would_make_it_decidable() -> None:
    text = told(
        record(
            *(result("error", param=name, reason="permission denied", reason_code="not-permitted") for name in "ab"),
            result("error", param="c", reason="timed out", reason_code="timeout"),
        ),
        "undecided",
    )
    assert text.count("permission denied") == 1
    assert text.index("permission denied 2 results") < text.index("timed out 1 result")
    assert text.index("--sudo") < text.index("timed out") < text.index("--host-timeout")


def test_every_outcome_and_a_host_that_was_not_reached_are_told() -> None:
    lost = Host("db1", "ssh://db1", reachable=False, error="no route to host")
    given = record(
        result("pass", check="a.passed"),
        result("skip", reason="there is no swarm"),
        result("manual", reason="ask the owner"),
        result("waived", waiver=WAIVER),
        hosts=(lost,),
    )
    text = told(given)
    for word in ("there is no swarm", "ask the owner", "needs it", "ops", "2027-03-31", "no route to host", "a.passed"):
        assert word in text


def test_waivers_have_days_left_and_those_that_are_over_come_first() -> None:
    statement = {"check": "a.b", "host": None, "param": None, "reason": "so", "owner": "ops", "given": None}
    waivers = [
        {**statement, "expires": expires, "covered": covered}
        for expires, covered in (
            ("2027-11-24T10:00:02Z", 3),
            ("2026-12-04T10:00:02Z", 1),
            ("2026-11-14T10:00:02Z", 0),
            ("2027-11-25T10:00:02Z", 0),
            (None, 1),
        )
    ]
    results = replace(record(result("pass")), policy=Policy(waivers=waivers, attestations=waivers[:1]))
    text = told(results, "waivers")
    order = ["ended 10 days ago", "10 days left", "366 days left, covers nothing", "365 days left", "no end is known"]
    assert [text.index(words) for words in order] == sorted(text.index(words) for words in order)
    assert "Attestations" in text


def test_of_several_runs_each_is_in_the_trend_once() -> None:
    runs = [
        replace(record(*given), run=replace(record().run, id=f"r{day}", started=f"2026-11-{day:02d}T10:00:00Z"))
        for day, given in (
            (1, [result("fail"), result("fail", param="b")]),
            (2, [result("pass"), result("fail", param="b")]),
        )
    ]
    text = told(merge(runs), "trend")
    assert "Over 2 runs, from 2026-11-01 to 2026-11-02: 0 new, 1 fixed, 1 still open" in text


def test_certificates_are_drawn_over_time_and_by_who_signed_them() -> None:
    dates = {"not_before": "2026-01-01T00:00:00Z", "not_after": "2026-12-04T10:00:02Z"}
    root = Certificate("web1", "/ca.crt", "CA for registry r", "CN=Root", "CN=Root", "aa" * 32, **dates)
    leaf = Certificate(
        "web1", "r:443", "served by registry r", "CN=leaf", "CN=Root", "bb" * 32, **dates, issued_by="aa" * 32
    )
    given = record(result("pass"))
    text = told(replace(given, certificates=(root, leaf)), "certificates")
    assert "CN=leaf" in text
    assert text.count("10 days left") == 2
    assert ".timeline" not in page(given)


def test_certificates_beyond_those_that_are_recorded_are_told_below_those() -> None:
    dates = {"not_before": "2026-01-01T00:00:00Z", "not_after": "2026-12-04T10:00:02Z"}
    root = Certificate("web1", "/ca.crt", "CA for registry r", "CN=Root", "CN=Root", "aa" * 32, **dates)
    given = replace(record(result("pass")), certificates=(root,))
    text = told(replace(given, certificates_left_out={"web1": 7, "web2": 1200}), "certificates")
    assert "Neither there nor here: 1,200 more of web2 and 7 more of web1. Who signed whom" in text
    assert "Neither there nor here" not in told(given, "certificates")


def test_drift_says_what_differs() -> None:
    differing = {"icc": {"in force": True, "after the next start": False}}
    results = record(result("fail", check="daemon.no-drift", observed=differing, expected={}))
    assert "icc in force true after the next start false" in told(results, "drift")
    assert 'id="drift"' not in page(record(result("fail")))
    assert "1 passed" in told(record(result("pass", check="engine.no-restart-pending")), "drift")


def test_each_recommendation_of_a_benchmark_has_its_checks_and_what_was_found() -> None:
    results = record(
        result("fail", check="a.b", refs=["CIS-Docker-1.6:2.10", "moby:x"]),
        result("pass", check="a.b", refs=["CIS-Docker-1.6:2.10"]),
        result("pass", check="a.c", refs=["CIS-Docker-1.6:2.9", "CIS-Docker-1.6:2.10", "ISO:" + "9" * 5000]),
    )
    text = told(results, "benchmarks")
    assert "CIS Docker Benchmark v1.6.0 CIS-Docker-1.6 2 asked: 1 failed, 1 passed, 115 asked by no check" in text
    assert "2.9 1 passed a.c 2.10 1 failed, 2 passed a.b, a.c" in text
    assert text.index("CIS-Docker") < text.index("Other sources") < text.index("ISO:9") < text.index("moby:x")


def test_hosts_stand_by_topic_the_worst_first() -> None:
    lost = Host("db1", "ssh://db1", reachable=False, error="no route to host")
    results = record(
        result("pass", host="fine", check="a.x"),
        result("error", host="dim", check="b.x", reason="?"),
        *(result("fail", host="bad", check="b.x", severity=severity, param=severity) for severity in ("low", "high")),
        hosts=(lost,),
    )
    text = told(results, "hosts")
    assert text.endswith("Host Failed Undecided a b db1 not reached 0 0 bad 2 0 1 H dim 0 1 1 ? fine 0 0 ✓")
    assert 'id="hosts"' not in page(record(result("fail")))


def test_the_script_is_given_every_result_as_it_is() -> None:
    given = [
        result(outcome, host=host, param=param, observed=observed, check=f"a.{outcome}", reason=reason, waiver=waiver)
        for host in ("h1", "h2")
        for outcome, reason, waiver in (("fail", None, None), ("error", "why", None), ("waived", None, WAIVER))
        for param, observed in ((None, True), ("", 1), ("p", {"a": [1]}), ("p", ""))
    ]
    found = rows(record(*given))
    assert [(row["host"], row["check"], row["outcome"]) for row in found] == [
        (r.host, r.check, r.outcome) for r in given
    ]
    assert [row["param"] for row in found[:4]] == ["", '""', "p", "p"]
    assert len({row["observed"] for row in found[:4]}) == 4  # true is not 1
    assert (found[4]["observed"], found[4]["note"]) == ("", "why")
    assert found[8]["note"] == "waived until 2027-03-31T00:00:00Z by ops: needs it"


def test_what_repeats_in_a_fleet_costs_little() -> None:
    def made(hosts: int) -> int:
        return len(
            page(
                record(*(result("pass", host=f"h{host}", check=f"a.c{n}") for host in range(hosts) for n in range(100)))
            )
        )

    assert made(16) - made(6) < 10 * 700  # 7 bytes a result


def test_hostile_names_are_data_and_nothing_is_run_or_fetched() -> None:
    results = [
        result(
            outcome, host=name, param=name, title=name, check=name, observed={name: name}, source=name, fix=name,
            reason=reason, refs=[name, f"{name}:{name}"], waiver=waiver,
        )
        for name in HOSTILE_NAMES
        for outcome, reason, waiver in (
            ("fail", None, None), ("error", name, None), ("skip", name, None), ("manual", name, None),
            ("pass", None, None), ("waived", None, dict.fromkeys(WAIVER, name)),
        )
    ]  # fmt: skip
    text = page(record(*results))
    tags = Tags()
    tags.feed(text)
    assert tags.open == []
    assert tags.seen.isdisjoint({"img", "iframe", "object", "x"})
    assert tags.scripts == [{"type": "application/json", "id": "data"}, {}]
    assert {name for name, _ in tags.attributes if name.startswith("on") or name == "style"} == set()
    links = {value for name, value in tags.attributes if name in {"src", "href", "action"}}
    assert [link for link in links if link != "data:," and not str(link).startswith("#")] == []
    assert not re.search("[\x00-\x08\x0b-\x1f\u202e\u2028]", text)
    assert len(rows(record(*results))) == len(results)


def test_the_policy_of_the_page_names_the_script_that_it_has() -> None:
    text = page(record(result("fail")))
    assert len(re.findall(r"script-src 'sha256-[\w+/]{43}='", text)) == 1
    assert "unsafe-inline'; script" in text.replace("style-src ", "")
    assert "unsafe-eval" not in text


ODD: list[Any] = ["", "\x00", 0, -1.5, True, [], {}, [{}], {"a": None}, "9" * 5000]


@pytest.mark.parametrize("name", ["observed", "expected"])
def test_any_json_value_can_be_shown(name: str) -> None:
    results = [result(outcome, param=str(n), **{name: value}) for n, value in enumerate(ODD) for outcome in OUTCOMES]
    assert len(rows(record(*results))) == len(results)


def test_a_damaged_part_of_a_record_breaks_no_page() -> None:
    for value in ODD:
        waiver = dict.fromkeys(WAIVER, value)
        host = Host("h", "local://", reachable=True, os={"id": value}, probe={"seconds": value})
        given = record(result("waived", waiver=waiver), result("waived", waiver={}), hosts=(host,))
        statements = [{"expires": value, "covered": value, "check": value, "host": value}]
        run = replace(given.run, profiles=[{}, {"name": value}], argv=[str(value)], started=str(value), finished=None)
        text = told(replace(given, run=run, policy=Policy(statements, statements)))
        assert "did not come to its end" in text


def test_the_page_of_a_record_that_was_read_back_is_the_same_byte_for_byte(tmp_path: Path) -> None:
    given = record(*(result("fail", param=name) for name in HOSTILE_NAMES if name != "\udc80"), result("pass"))
    file = tmp_path / "results.json"
    file.write_bytes(dumps(given.as_json()))
    first = write_report("html", given, tmp_path / "a.html")
    second = write_report("html", read_results(file), tmp_path / "b.html")
    assert first is not None
    assert second is not None
    assert first.read_bytes() == second.read_bytes()
    printed = write_report("json", read_results(file), tmp_path / "printed.json")
    assert printed is not None
    assert f"sha256:{sha256(printed.read_bytes()).hexdigest()}" in first.read_text()
    assert json.loads(file.read_bytes())["results"]
