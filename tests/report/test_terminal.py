from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from dockworthy.report.screen import shown
from dockworthy.report.terminal import QUIET, VERBOSE, print_summary, summary_lines
from dockworthy.results.compare import compare
from dockworthy.results.model import Host, Result, Results
from tests.results_factory import HOSTILE_NAMES, record, result

GONE = Host("db1", "ssh://db1", reachable=False, error="no route to host")
FOLDER = Path("reports/r1")
WIDE = 400  # cells: each line of the summary as one


def text(results: Results, status: int, width: int = WIDE, **options: object) -> str:
    lines = summary_lines(results, status, **options)  # type: ignore[arg-type]
    return "\n".join("".join(piece for piece, _ in pieces) for pieces in shown(lines, width))


@pytest.mark.parametrize(
    ("results", "status", "verdict"),
    [
        ((result("pass"),), 0, "COMPLIANT: no finding at or above low"),
        ((result("fail"),), 1, "NOT COMPLIANT: 1 finding on 1 host (1 medium)"),
        ((result("skip"),), 5, "NOTHING EVALUATED: no check was applicable"),
        ((result("manual"),), 5, "NOTHING EVALUATED: all that applies is for a person to attest"),
        ((), 5, "NOTHING EVALUATED: no check was asked of any host"),
        ((result("error"),), 6, "INCONCLUSIVE: no finding at or above low, but 1 result could not be decided"),
        ((), 3, "NOT JUDGED: the run did not come to its end"),
    ],
)
def test_the_last_lines_are_the_verdict_the_coverage_and_where_the_reports_lie(
    results: tuple[Result, ...], status: int, verdict: str
) -> None:
    told = text(record(*results), status, folder=FOLDER).partition("\nNext: ")[0].splitlines()
    assert told[-3] == verdict
    assert told[-2].startswith("Coverage: ")
    assert told[-1] == "Reports: reports/r1"
    assert text(record(*results), status, detail=QUIET).splitlines() == told[-3:-1]


def test_the_verdict_stands_first_too_where_something_else_would_push_it_out_of_sight() -> None:
    lines = text(record(result("fail")), 1).splitlines()
    assert lines[0] == "NOT COMPLIANT: 1 finding on 1 host (1 medium)"
    assert lines.count(lines[0]) == 2
    assert text(record(result("pass")), 0).count("COMPLIANT") == 1


def test_the_worst_findings_come_first_with_what_is_demanded_what_was_seen_and_the_fix() -> None:
    told = text(
        record(
            result("fail", check="a.low", severity="low"),
            result("fail", check="z.worst", severity="critical"),
            result("pass", check="b.fine", severity="critical"),
        ),
        1,
    )
    assert told.index("z.worst") < told.index("a.low")
    assert "\n".join(told.splitlines()[2:6]) == (
        "Findings, the worst first\n"
        "  critical  z.worst: Containers cannot reach each other\n"
        "            x in GET /info is true; it should be false\n"
        "            fix: fix it"
    )
    assert "b.fine" not in told


def test_what_was_seen_in_several_places_stands_one_below_the_other() -> None:
    nodes = {
        "node1": {"kid": "AAAA", "root.crt": None},
        "node2": "not known: it was \x1b[31mnot reached",
        "the third": {"kid": "BBBB"},
    }
    told = text(record(result("fail", observed=nodes, expected="the same on all")), 1)
    place = told.index("it should be the same on all; this was seen (GET /info: x):")
    assert told[place:].splitlines()[1:5] == [
        "            node1      kid       AAAA",
        "                       root.crt  nothing",
        "            node2                not known: it was \\x1b[31mnot reached",
        "            the third  kid       BBBB",
    ]
    many = {f"file{number}": {"prepared": number, "harbor.yml": 0} for number in range(9)}
    assert "… and 6 more; the reports have all" in text(record(result("fail", observed=many)), 1)


def test_a_host_that_was_not_reached_is_named_with_the_reason_before_the_findings() -> None:
    results = record(
        result("fail"), result("error", host="db1", check="host.reachable", reason="no route to host"), hosts=(GONE,)
    )
    told = text(results, 1)
    assert told.index("db1: no route to host") < told.index("Findings")
    assert "1 of 2 hosts reached" in told
    assert "Could not be decided" not in told


def test_what_is_undecided_is_told_once_a_cause_with_all_that_it_touches() -> None:
    denied = {"reason": "permission denied", "reason_code": "not-permitted"}
    errors = [result("error", check=f"file.mode-{number}", source=f"/{number}", **denied) for number in range(9)]
    other = result("error", check="file.owner", source="/0", reason="not allowed", reason_code="not-permitted")
    late = result("error", check="file.late", source="", reason="it took too long")
    told = text(record(*errors, other, late), 6)
    everything = ", ".join(f"file.mode-{number}" for number in range(9))
    assert f"  permission denied (/0, /1, /2 and 6 more): {everything}, file.owner\n    or: not allowed\n" in told
    assert "    to decide it: look again as root" in told
    assert "  it took too long: file.late\n" in told
    many = [result("error", check=f"a.b{number}", **denied) for number in range(40)]
    assert " and 28 more\n" in text(record(*many), 6)
    assert "a.b39" in text(record(*many), 6, detail=VERBOSE)


def test_from_the_eleventh_on_a_finding_is_named_with_its_severity() -> None:
    findings = [result("fail", check=f"a.b{number:02}", param="p", fix=f"fix {number}") for number in range(30)]
    findings += [result("fail", check="a.small", severity="info", fix="other")]
    told = text(record(*findings), 1, width=80)
    assert told.count("fix: ") == 10
    assert "a.b10[p], a.b11[p]" in told
    assert "  info      a.small\n" in told
    whole = text(record(*findings), 1, detail=VERBOSE)
    assert whole.count("fix: ") == 31
    assert "More findings" not in whole


def test_instances_of_one_finding_stand_together() -> None:
    told = text(record(*(result("fail", param=f"p{number}") for number in range(7))), 1)
    assert "daemon.icc-disabled: Containers" in told
    assert "            p0: x in GET /info is true; it should be false\n" in told
    assert "            and so: p1, p2, p3, p4 and 2 more\n" in told
    assert told.count("fix: fix it") == 1


def test_instances_of_which_different_things_were_seen_stand_by_what_was_seen() -> None:
    seen = {"a": "0644", "b": "0664", "c": "0644"}
    told = text(record(*(result("fail", param=name, observed=mode) for name, mode in seen.items())), 1)
    seen_of_each = ("a: x in GET /info is 0644", "and so: c", "b: x in GET /info is 0664")
    assert "".join(f"            {line}\n" for line in seen_of_each) in told
    many = text(record(*(result("fail", param=str(mode), observed=f"seen{mode}") for mode in range(9))), 1)
    assert "            otherwise: 4, 5, 6, 7 and 1 more\n" in many


def test_findings_of_several_checks_with_one_fix_show_it_once() -> None:
    rules = [
        result(
            "fail",
            check=f"audit.file-{number}",
            param=f"/etc/file-{number}",
            observed="no rule",
            expected=f"a rule for /etc/file-{number}",
            fix=f"echo '-w /etc/file-{number}' >>/etc/audit.rules",
        )
        for number in range(12)
    ]
    told = text(record(*rules), 1)
    assert told.count(" >>/etc/audit.rules") == 1
    assert (
        "            fix: # for /etc/file-0; the others want it with their own names:\n"
        "                 echo '-w /etc/file-0' >>/etc/audit.rules\n"
    ) in told
    others = ", ".join(f"audit.file-{number}[/etc/file-{number}]" for number in (1, 10, 11, *range(2, 10)))
    assert f"            likewise: {others}\n" in told


def test_no_instance_is_said_to_be_like_another_of_which_something_else_was_seen() -> None:
    roots = [result("fail", host=f"web{number}", observed=f"/srv/{number}") for number in range(2)]
    told = text(record(*roots), 1)
    assert "web0: x in GET /info is /srv/0\n            web1: x in GET /info is /srv/1\n" in told
    checks = [result("fail", check=f"a.b{number}", observed=f"/srv/{number}") for number in range(2)]
    assert "likewise" not in text(record(*checks), 1)


def test_with_several_hosts_each_is_named() -> None:
    told = text(record(result("fail"), result("fail", host="web2", param="p"), result("fail", host="web3")), 1)
    assert "  medium    daemon.icc-disabled: Containers" in told
    assert "            web1: x in GET /info is true; it should be false\n            and so: web2 p, web3\n" in told
    low = [result("fail", check=f"a.b{number}", severity="high", fix=f"fix {number}") for number in range(10)]
    some = [result("fail", host=f"web{number}") for number in range(3)]
    named = text(record(*low, *some), 1)
    assert "\n  medium    daemon.icc-disabled on 3 hosts\n" in named


def test_a_command_of_a_fix_is_never_broken_and_a_comment_stays_one() -> None:
    long = "jq '.a //= .b' /etc/docker/daemon.json >/etc/docker/daemon.json.new && mv /etc/docker/daemon.json.new /x"
    fix = f"# a comment that is longer than a narrow terminal is wide\n\n{long}\n" + "\n".join("abcdefgh")
    told = text(record(result("fail", fix=fix)), 1, width=40)
    assert f"\n         {long}\n" in told
    assert "\n    fix: # a comment that is longer than\n         # a narrow terminal is wide\n" in told
    assert "… 2 more lines, which the reports have" in " ".join(told.split())


def test_with_everything_asked_for_what_passed_and_what_did_not_apply_is_told() -> None:
    told = text(
        record(
            result("pass", check="a.fine", observed=["x", "y"]),
            result("skip", check="a.b", reason="no Harbor is here"),
            result("skip", check="a.c", reason="no Harbor is here"),
            result("manual", check="host.hardened", reason="a person must say so"),
        ),
        0,
        detail=VERBOSE,
    )
    assert "\nPassed\n  a.fine: x in GET /info: x, y\n" in told
    assert "\nNot applicable\n  no Harbor is here: a.b, a.c\n" in told
    assert "\nTo be attested\n  a person must say so: host.hardened\n" in told


def test_coverage_is_not_rounded_up_to_all() -> None:
    results = [result("pass", param=str(number)) for number in range(2999)]
    assert "2999 of 3000 applicable results decided (99.9 %)" in text(record(*results, result("error")), 6)


def test_with_a_baseline_the_verdict_counts_what_is_new() -> None:
    old = record(result("fail", param="a"), result("fail", param="b"))
    new = record(result("fail", param="a"), result("pass", param="b"), result("fail", param="c", severity="high"))
    told = text(new, 1, comparison=compare(old, new))
    assert told.splitlines()[0] == "NOT COMPLIANT: 1 finding that the baseline does not have (1 high)"
    assert "Since the baseline: 1 new, 1 fixed, 1 still failing" in told


def test_waivers_with_one_reason_stand_once() -> None:
    waiver = {"reason": "needs it", "owner": "ops", "expires": "2027-01-01T00:00:00Z"}
    told = text(record(*(result("waived", param=name, waiver=waiver) for name in "ab")), 0)
    assert "\nWaived\n  daemon.icc-disabled[a, b]  until 2027-01-01T00:00:00Z by ops: needs it\n" in told


@pytest.mark.parametrize("color", ["never", "always"])
@pytest.mark.parametrize(
    "name", [*HOSTILE_NAMES, "a" * 10_000, "漢字" * 30, "👩‍💻" * 30], ids=lambda name: ascii(name[:9])[1:-1]
)
def test_a_name_can_neither_drive_the_terminal_nor_break_a_line(
    monkeypatch: pytest.MonkeyPatch, name: str, color: str
) -> None:
    monkeypatch.setenv("COLUMNS", str(WIDE * 100))
    fields = {"param": name, "observed": name, "source": name, "fix": name}
    waiver = {"reason": name, "owner": name, "expires": name}
    results = record(
        result("fail", host=name, **fields),
        result("error", host="h", reason=name, **fields),
        result("waived", host="h", waiver=waiver, **fields),
        hosts=(Host(name, "t", reachable=True), Host("g", "t", reachable=False, error=name)),
    )
    out = io.StringIO()
    print_summary(results, exit_status=1, stream=out, color=color)
    told = out.getvalue()
    assert len(told.splitlines()) == told.count("\n") == 23 + name.count("\n")  # a fix may have lines
    allowed = {"\n", "\x1b"} if color == "always" else {"\n"}
    assert {character for character in told if not character.isprintable()} <= allowed
    if "[red]" in name:
        assert "[red]x[/red]" in told
    assert "\x1b]" not in told


def test_without_a_terminal_there_is_no_colour_and_rich_is_not_loaded(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    for module in [name for name in sys.modules if name.partition(".")[0] == "rich"]:
        monkeypatch.delitem(sys.modules, module)
    print_summary(record(result("fail")), exit_status=1)
    assert "\x1b" not in capsys.readouterr().out
    assert "rich" not in sys.modules


def test_a_stream_that_cannot_hold_a_name_gets_it_as_escapes() -> None:
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii")
    print_summary(record(result("fail", param="контейнер", fix="a\n" * 9)), exit_status=1, stream=out)
    assert b"daemon.icc-disabled[\\u043a\\u043e\\u043d" in raw.getvalue()
    assert b"... 1 more lines" in raw.getvalue()
