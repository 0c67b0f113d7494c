from __future__ import annotations

import io
import sys

import pytest

from dockworthy.report.terminal import print_summary, summary_lines
from dockworthy.report.words import plain, quantity
from dockworthy.results.compare import compare
from dockworthy.results.model import Host, Result, Results
from tests.results_factory import HOSTILE_NAMES, record, result

GONE = Host("db1", "ssh://db1", reachable=False, error="no route to host")


def text(results: Results, status: int, **options: object) -> str:
    lines = summary_lines(results, status, **options)  # type: ignore[arg-type]
    return "\n".join("".join(piece for piece, _ in line) for line in lines)


@pytest.mark.parametrize(
    ("results", "status", "verdict"),
    [
        ((result("pass"),), 0, "COMPLIANT: no finding at or above low"),
        ((result("fail"),), 1, "NOT COMPLIANT: 1 finding on 1 host (1 medium)"),
        ((result("skip"),), 5, "NOTHING EVALUATED: no check was applicable"),
        ((result("error"),), 6, "INCONCLUSIVE: no finding at or above low, but 1 result could not be decided"),
        ((), 3, "NOT JUDGED: the run did not come to its end"),
    ],
)
def test_the_verdict_stands_first(results: tuple[Result, ...], status: int, verdict: str) -> None:
    assert text(record(*results), status).splitlines()[0] == verdict


def test_the_worst_findings_come_first_with_what_was_seen_and_the_fix() -> None:
    shown = text(
        record(
            result("fail", check="a.low", severity="low"),
            result("fail", check="z.worst", severity="critical", observed=True, expected=False),
            result("pass", check="b.fine", severity="critical"),
        ),
        1,
    )
    assert shown.index("z.worst") < shown.index("a.low")
    assert "critical z.worst  observed true, expected false (GET /info: x)" in shown
    assert "fix: fix it" in shown
    assert "b.fine" not in shown


def test_what_was_seen_in_several_places_stands_one_below_the_other() -> None:
    nodes = {
        "node1": {"kid": "AAAA", "root.crt": "AAAA"},
        "node2": "not known: it was \x1b[31mnot reached",
        "the third": {"kid": "BBBB"},
    }
    shown = text(record(result("fail", observed=nodes, expected="the same")), 1)
    place = shown.index("expected the same (GET /info: x)")
    assert shown[place:].splitlines()[1:5] == [
        "           node1      kid       AAAA",
        "                      root.crt  AAAA",
        "           node2                not known: it was \\x1b[31mnot reached",
        "           the third  kid       BBBB",
    ]
    many = {f"file{number}": {"prepared": number, "harbor.yml": 0} for number in range(9)}
    assert "… and 6 more; the reports have all" in text(record(result("fail", observed=many)), 1)


def test_a_host_that_was_not_reached_is_named_with_the_reason_before_the_findings() -> None:
    results = record(
        result("fail"), result("error", host="db1", check="host.reachable", reason="no route to host"), hosts=(GONE,)
    )
    shown = text(results, 1)
    assert shown.index("db1: no route to host") < shown.index("Findings")
    assert "1 of 2 hosts reached" in shown
    assert "Could not be decided" not in shown


def test_undecided_results_are_grouped_by_their_reason() -> None:
    errors = [result("error", check=f"file.mode-{number}", reason="permission denied") for number in range(9)]
    shown = text(record(*errors), 6)
    assert "file.mode-0, file.mode-1, file.mode-2 and 6 more  permission denied (GET /info: x)" in shown


def test_what_is_not_shown_is_counted() -> None:
    findings = [result("fail", check=f"a.b{number}") for number in range(30)]
    assert "… and 25 more (25 medium); the reports have all" in text(record(*findings), 1, limit=5)


def test_instances_of_one_finding_stand_together() -> None:
    findings = [result("fail", param=f"p{number}") for number in range(7)]
    shown = text(record(*findings), 1)
    assert "daemon.icc-disabled[p0]  observed true" in shown
    assert "and so: p1, p2, p3, p4 and 2 more\n" in shown
    assert shown.count("fix: fix it") == 1


def test_with_several_hosts_each_is_named() -> None:
    shown = text(record(result("fail"), result("fail", host="web2", param="x"), result("fail", host="web3")), 1)
    assert "medium   web1: daemon.icc-disabled" in shown
    assert "and so: web2 x, web3\n" in shown


def test_a_long_fix_is_shown_in_part() -> None:
    shown = text(record(result("fail", fix="one\n\ntwo\nthree\nfour\nfive")), 1)
    assert "fix: one\n                two\n                three\n                four\n" in shown
    assert "… dockworthy explain daemon.icc-disabled" in shown
    assert "five" not in shown


def test_coverage_is_not_rounded_up_to_all() -> None:
    results = [result("pass", param=str(number)) for number in range(2999)]
    assert "2999 of 3000 applicable results decided (99.9 %)" in text(record(*results, result("error")), 6)


def test_with_a_baseline_the_verdict_counts_what_is_new() -> None:
    old = record(result("fail", param="a"), result("fail", param="b"))
    new = record(result("fail", param="a"), result("pass", param="b"), result("fail", param="c", severity="high"))
    shown = text(new, 1, comparison=compare(old, new))
    assert shown.splitlines()[0] == "NOT COMPLIANT: 1 finding that the baseline does not have (1 high)"
    assert "Since the baseline: 1 new, 1 fixed, 1 still failing" in shown


@pytest.mark.parametrize("coloured", [False, True])
@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_name_can_neither_drive_the_terminal_nor_break_a_line(
    monkeypatch: pytest.MonkeyPatch, name: str, coloured: bool
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    if coloured:
        monkeypatch.setenv("FORCE_COLOR", "1")
    fields = {"param": name, "observed": name, "source": name, "fix": name}
    waiver = {"reason": name, "owner": name, "expires": name}
    results = record(
        result("fail", host=name, **fields),
        result("error", host="h", reason=name, **fields),
        result("waived", host="h", waiver=waiver, **fields),
        hosts=(Host(name, "t", reachable=True), Host("g", "t", reachable=False, error=name)),
    )
    out = io.StringIO()
    print_summary(results, exit_status=1, stream=out)
    shown = out.getvalue()
    assert len(shown.splitlines()) == shown.count("\n") == 17 + name.count("\n")  # a fix may have lines
    allowed = {"\n", "\x1b"} if coloured else {"\n"}
    assert {character for character in shown if not character.isprintable()} <= allowed
    if "[red]" in name:
        assert "[red]x[/red]" in shown
    if coloured:
        assert "\x1b]" not in shown


def test_without_a_terminal_there_is_no_colour_and_rich_is_not_loaded(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    for module in [name for name in sys.modules if name.partition(".")[0] == "rich"]:
        monkeypatch.delitem(sys.modules, module)
    print_summary(record(result("fail")), exit_status=1)
    assert "\x1b" not in capsys.readouterr().out
    assert "rich" not in sys.modules


def test_no_color_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("FORCE_COLOR", "1")
    out = io.StringIO()
    print_summary(record(result("fail")), exit_status=1, stream=out)
    assert "\x1b" not in out.getvalue()


def test_a_stream_that_cannot_hold_a_name_gets_a_replacement() -> None:
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii")
    print_summary(record(result("fail", param="контейнер")), exit_status=1, stream=out)
    assert b"daemon.icc-disabled[?????????]" in raw.getvalue()


def test_text_is_shown_on_one_line_and_bounded() -> None:
    assert plain("a\nb\tc\x00") == "a\\nb\\tc\\x00"
    assert plain("\\n") == "\\n"
    assert plain("x" * 400) == "x" * 300 + "…"
    assert [quantity(1, "host"), quantity(2, "host"), quantity(0, "query")] == ["1 host", "2 hosts", "0 queries"]
