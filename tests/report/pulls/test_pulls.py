"""Which hosts can pull from which registries, why not, and what mends most."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest

from dockworthy.cli import main
from dockworthy.report.pulls import Matrix, matrix_of
from dockworthy.report.pulls.page import page
from dockworthy.report.pulls.text import as_json, lines
from dockworthy.report.screen import plain_lines
from dockworthy.results.model import Host, Result
from tests.report.kept import keep
from tests.results_factory import HOSTILE_NAMES, result

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

CHECK = "trust.registry-verifies"
FIX = "cp ca.crt /etc/docker/certs.d/r.example/ca.crt"


def pull(host: str, registry: str | None, outcome: str = "pass", verdict: str = "ok", **more: Any) -> Result:
    observed = {"verdict": verdict, "message": "x509", "cause": f"It is {verdict}."}
    values: dict[str, Any] = {"observed": observed, "fix": FIX, **more}
    return result(outcome, host=host, check=CHECK, param=registry, **values)


def matrix(folder: Path, results: Sequence[Result], *others: Host) -> Matrix:
    return matrix_of([keep(folder / "results.json", *others, results=results)])


def text(found: Matrix) -> str:
    return " ".join(b"".join(plain_lines(lines(found))).decode().split())


def test_hosts_of_which_the_same_holds_are_one_row(tmp_path: Path) -> None:
    results = [pull(f"h{n}", name) for n in range(9) for name in ("a.example", "b.example")]
    results += [pull("bad", "b.example", "fail", "expired"), pull("bad", "a.example")]
    found = matrix(tmp_path, [*results, result("fail", host="h1", check="other.check")])
    assert [(row.hosts[0], len(row.hosts), [one.state for one in row.cells.values()]) for row in found.rows] == [
        ("bad", 1, ["works", "fails"]),
        ("h0", 9, ["works", "works"]),
    ]
    assert found.counts == {"works": 19, "fails": 1, "undecided": 0}
    told = text(found)
    assert told.startswith("10 hosts by 2 registries, as of 2026-11-24 10:00 UTC: 19 work, 1 fail, 0 are not decided.")
    assert "bad fails b.example (expired) works a.example 9 hosts: h0, h1, h2, h3 and 5 more works a.example" in told


def test_the_change_that_mends_most_comes_first(tmp_path: Path) -> None:
    few = [pull(f"h{n}", "a.example", "fail", "dns", fix="mend the name server") for n in range(2)]
    many = [pull(f"h{n}", name, "fail", "expired") for n in range(3) for name in ("r.example", "r.example:5000")]
    found = matrix(tmp_path, [*few, *many])
    assert [(one.pulls, one.registries, one.hosts, one.fix) for one in found.changes] == [
        (6, ("r.example", "r.example:5000"), ("h0", "h1", "h2"), FIX),
        (2, ("a.example",), ("h0", "h1"), "mend the name server"),
    ]
    without = [pull("h", "a", "fail", "dns", fix=None), pull("h", "b", "fail", "refused", fix=None)]
    assert [one.causes for one in matrix(tmp_path, without).changes] == [("It is dns.",), ("It is refused.",)]


def test_what_is_waived_fails_and_is_told_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    waiver = {"reason": "known", "owner": "ops", "expires": "2027-01-01T00:00:00Z"}
    path = keep(tmp_path / "r.json", results=[pull("h", "a", "waived", "expired", waiver=waiver), pull("h", "b")])
    assert main(["pulls", str(path)]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "1 fail, 0 are not decided (1 of those that fail are waived)." in out
    assert "a (expired, waived)" in out


@pytest.mark.parametrize(
    ("results", "others", "status", "words"),
    [
        ([pull("h", "a")], (), 0, "1 work, 0 fail"),
        ([pull("h", "a"), pull("h", "b", "fail", "dns")], (), 1, "b (dns)"),
        (
            [pull("h", "a"), pull("h", "b", "error", reason="it timed out")],
            (),
            6,
            "Not decided 1 pull from b, on h it timed out",
        ),
        (
            [pull("h", None, "error", reason="certs.d is closed")],
            (),
            6,
            "Of 1 host it is not known which registries they use",
        ),
        ([pull("h", None, "skip", reason="none")], (), 0, "1 host of these use no registry of their own"),
        ([pull("h", "a")], (Host("d", "ssh://d", reachable=False, error="x"),), 6, "1 host could not be looked at"),
    ],
)
def test_the_status_answers_whether_all_pulls_work(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    results: list[Result],
    others: tuple[Host, ...],
    status: int,
    words: str,
) -> None:
    path = keep(tmp_path / "r.json", *others, results=results)
    assert main(["pulls", str(path)]) == status
    assert words in " ".join(capsys.readouterr().out.split())


def test_of_a_host_in_two_records_the_newest_counts(tmp_path: Path) -> None:
    old = keep(tmp_path / "old.json", results=[pull("h", "a", "fail", "dns")], finished="2026-11-01T00:00:00Z")
    new = keep(tmp_path / "new.json", results=[pull("h", "a")])
    assert matrix_of([old, new]).counts == {"works": 1, "fails": 0, "undecided": 0}


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, _attrs: object) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_hostile_names_stay_names_in_every_form(tmp_path: Path) -> None:
    pages = []
    for names in (
        [name for name in HOSTILE_NAMES if name != "\udc80"],
        [f"h{n}" for n in range(len(HOSTILE_NAMES) - 1)],
    ):
        found = matrix(
            tmp_path,
            [pull(name, name, "fail", name, fix=name, observed={"verdict": name, "cause": name}) for name in names],
        )
        assert len(found.rows) == len(names)
        assert not set(b"".join(plain_lines(lines(found))).decode()) & {"\x1b", "\x07", "\x00", "\u202e"}
        pages.append(_Page())
        pages[-1].feed(page(found))
    assert sorted(pages[0].tags) == sorted(pages[1].tags)
    assert "<script>alert(1)</script>" in pages[0].text


def test_what_ten_thousand_hosts_share_is_told_once(tmp_path: Path) -> None:
    small, large = (
        matrix(tmp_path, [pull(f"web{n:05}", "r.example", "fail", "expired") for n in range(number)])
        for number in (300, 1500)
    )
    assert len(page(large)) < len(page(small)) + 200
    assert len(as_json(large)["changes"][0]["hosts"]) == 1500


def test_the_command_writes_each_form(tmp_path: Path) -> None:
    path = keep(tmp_path / "r.json", results=[pull("h", "a"), pull("h", "b", "fail", "dns")])
    formats = [f"--format={name}={tmp_path}/made.{name}" for name in ("text", "json", "html")]
    assert main(["pulls", str(path), *formats]) == 1
    assert (tmp_path / "made.text").read_text().startswith("1 host by 2 registries")
    made = json.loads((tmp_path / "made.json").read_text())
    assert made["rows"][0]["pulls"]["b"] == {"state": "fails", "verdict": "dns", "waived": False}
    assert "<h1>1 pull fails</h1>" in (tmp_path / "made.html").read_text()
