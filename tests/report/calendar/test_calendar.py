"""When the certificates of a fleet end, who depends on each, and in which forms that is told."""

from __future__ import annotations

import io
import json
import sys
from datetime import datetime, timedelta, timezone
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import icalendar
import pytest

from dockworthy.cli import main
from dockworthy.report.calendar import Calendar, calendar_of
from dockworthy.report.calendar.ical import write_ical
from dockworthy.report.calendar.page import page
from dockworthy.report.calendar.text import as_json, lines
from dockworthy.report.screen import plain_lines
from dockworthy.results.model import Certificate, Host
from tests.report.kept import keep
from tests.results_factory import HOSTILE_NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

NOW = datetime(2026, 11, 24, 10, 0, 2, tzinfo=timezone.utc)  # when the factory's run ended
ROOT, CA, OTHER, LEAF, CLIENT = ("a" * 64, "b" * 64, "c" * 64, "d" * 64, "e" * 64)


def moment(days: float) -> str:
    return (NOW + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def seen(host: str, digest: str, days: float, used_for: str, **more: Any) -> Certificate:
    """A certificate of a host that ends in some days."""
    values = {"subject": f"O=Ours,CN={digest[0]}", "where": f"/{digest[0]}.crt", "not_before": moment(-100), **more}
    return Certificate(host, used_for=used_for, issuer="CN=x", sha256=digest, not_after=moment(days), **values)


def fleet(host: str) -> list[Certificate]:
    """A registry's certificate with its CA, and a client's, of another CA."""
    return [
        seen(host, LEAF, 20, "served by registry r.example", issued_by=CA, where="r.example:443"),
        seen(host, CA, 400, "CA for registry r.example", issued_by=ROOT),
        seen(host, ROOT, 900, "system root", issued_by=ROOT),
        seen(host, CLIENT, 5, "client certificate for registry r.example", issued_by=OTHER),
    ]


@pytest.fixture
def kept(tmp_path: Path) -> Callable[..., Path]:
    """A record of these certificates; of the hosts that they name, and others."""

    def make(certificates: Sequence[Certificate], *others: Host, name: str = "results.json", **run: Any) -> Path:
        return keep(tmp_path / name, *others, certificates=certificates, **run)

    return make


def breaks(calendar: Calendar, digest: str) -> dict[str, tuple[str, ...]]:
    [found] = [one for one in calendar.endings if one.certificate.sha256 == digest]
    return {one.what: one.hosts for one in found.dependents}


# --- what is in it -----------------------------------------------------------------------------------------------


def test_each_certificate_is_told_once_with_all_hosts_that_depend_on_it(kept: Callable[..., Path]) -> None:
    calendar = calendar_of([kept([*fleet("web1"), *fleet("web2")])], 730)
    assert [one.certificate.sha256 for one in calendar.endings] == [CLIENT, LEAF, CA]
    assert (calendar.later, calendar.hosts, calendar.is_whole) == (1, 2, True)
    pulls = {"pulls from r.example and pushes to it": ("web1", "web2")}
    assert breaks(calendar, LEAF) == pulls
    assert breaks(calendar, CA) == pulls
    assert breaks(calendar_of([kept(fleet("web1"))], 1000), ROOT) == {next(iter(pulls)): ("web1",)}
    assert breaks(calendar, CLIENT) == {"access to r.example with this client certificate": ("web1", "web2")}
    assert [(span, len(found)) for span, found in calendar.by_span()] == [("7 days", 1), ("30 days", 1), ("later", 1)]


def test_a_certificate_ends_with_the_first_that_signed_it(kept: Callable[..., Path]) -> None:
    chain = [
        seen("h", LEAF, 200, "served by registry r.example", issued_by=CA),
        seen("h", CA, 300, "CA for registry r.example", issued_by=ROOT),
        seen("h", ROOT, 10, "system root", issued_by=ROOT),
    ]
    leaf = next(one for one in calendar_of([kept(chain)], 730).endings if one.certificate.sha256 == LEAF)
    assert (leaf.until, leaf.ended_by) == (NOW + timedelta(days=10), ROOT)
    assert leaf.span(NOW) == "30 days"


def test_of_two_that_signed_it_one_that_holds_is_enough(kept: Callable[..., Path]) -> None:
    chain = [
        seen("h", LEAF, 200, "served by registry r.example", issued_by=CA),
        seen("i", LEAF, 200, "served by registry r.example", issued_by=OTHER),
        seen("h", CA, 10, "system root"),
        seen("i", OTHER, 300, "system root"),
    ]
    calendar = calendar_of([kept(chain)], 730)
    leaf = next(one for one in calendar.endings if one.certificate.sha256 == LEAF)
    assert (leaf.until, leaf.ended_by) == (NOW + timedelta(days=200), None)
    assert breaks(calendar, CA) == {}


def test_those_that_end_alike_are_told_together(kept: Callable[..., Path]) -> None:
    engines = [seen(f"h{n}", f"{n:064}", 10, "engine TLS: server certificate", subject=f"CN=e{n}") for n in range(50)]
    other = seen("h1", LEAF, 10, "Harbor's server certificate")
    calendar = calendar_of([kept([*engines, other])], 730)
    [(span, found)] = calendar.by_span()
    assert (span, sorted(len(one.endings) for one in found)) == ("30 days", [1, 50])
    text = " ".join(b"".join(plain_lines(lines(calendar))).decode().split())
    assert (
        "e0 and 49 more, 10 days left breaks: remote access to the engine, 50 hosts: h0, h1, h10, h11 and 46 more"
        in text
    )
    assert page(calendar).count("<h3>e") == 1
    assert len(as_json(calendar)["certificates"]) == len(read_back(calendar).walk("VEVENT")) == 51


def test_those_that_signed_each_other_have_an_end(kept: Callable[..., Path]) -> None:
    circle = [seen("h", CA, 10, "other", issued_by=ROOT), seen("h", ROOT, 20, "other", issued_by=CA)]
    long = [seen("h", f"{n:064}", 30 + n, "other", issued_by=f"{n + 1:064}") for n in range(500)]
    assert len(calendar_of([kept([*circle, *long])], 9000).endings) == 502


def test_a_registry_that_was_not_seen_may_depend_on_its_ca(kept: Callable[..., Path]) -> None:
    certificates = [seen("h", CA, 10, "CA for registry r.example"), *fleet("other")]
    found = breaks(calendar_of([kept(certificates)], 730), CA)
    assert found["perhaps pulls from r.example: what it serves was not seen"] == ("h",)


@pytest.mark.parametrize(
    "used_for", ["in no registry's folder", "other", "key of Harbor's tokens", "served by registries"]
)
def test_what_nobody_uses_breaks_nothing(kept: Callable[..., Path], used_for: str) -> None:
    assert breaks(calendar_of([kept([seen("h", LEAF, 10, used_for)])], 730), LEAF) == {}


def test_of_a_host_in_several_records_the_newest_counts(kept: Callable[..., Path]) -> None:
    old = kept([*fleet("web1"), *fleet("gone")], name="old.json", finished="2026-11-01T00:00:00Z")
    new = kept([seen("web1", "f" * 64, 40, "served by registry r.example")], name="new.json")
    calendar = calendar_of([old, new], 730)
    assert calendar.now == NOW
    assert breaks(calendar, LEAF) == {"pulls from r.example and pushes to it": ("gone",)}
    assert breaks(calendar, "f" * 64) == {"pulls from r.example and pushes to it": ("web1",)}


def test_what_is_missing_is_told(kept: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    dead = Host("dead", "ssh://dead", reachable=False, error="not reached")
    path = kept(fleet("web1"), dead)
    assert main(["calendar", str(path)]) == 6
    assert "1 host could not be looked at: what is there is not known." in capsys.readouterr().out
    unfinished = kept(fleet("web1"), name="begun.json", finished=None)
    assert not calendar_of([unfinished], 730).complete


# --- how it is told ----------------------------------------------------------------------------------------------


def read_back(calendar: Calendar) -> Any:
    out = io.BytesIO()
    write_ical(calendar, out)
    assert max(len(line) for line in out.getvalue().split(b"\r\n")) <= 75
    return icalendar.Calendar.from_ical(out.getvalue())


def test_an_event_of_each_that_stays_the_same_event(kept: Callable[..., Path]) -> None:
    calendar = calendar_of([kept(fleet("web1"))], 730)
    made = read_back(calendar)
    client, leaf, ca = made.walk("VEVENT")
    assert [event["UID"] for event in (client, leaf, ca)] == [f"{one}@dockworthy" for one in (CLIENT, LEAF, CA)]
    assert {event["DTSTAMP"].dt for event in made.walk("VEVENT")} == {NOW}
    assert leaf["DTSTART"].dt == NOW + timedelta(days=20)
    assert leaf["SUMMARY"] == "d: certificate ends (1 host)"
    assert "Breaks: pulls from r.example and pushes to it (1 host: web1)" in leaf["DESCRIPTION"]
    alarms = {
        event["UID"][0]: [alarm["TRIGGER"].dt.days for alarm in event.walk("VALARM")] for event in (client, leaf, ca)
    }
    assert alarms == {"e": [], "d": [-7], "b": [-30, -7]}
    again = read_back(calendar_of([kept(fleet("web1"), name="later.json", finished="2026-11-25T00:00:00Z")], 730))
    assert [event["UID"] for event in again.walk("VEVENT")] == [event["UID"] for event in made.walk("VEVENT")]


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: dict[str, int] = {}
        self.text = ""

    def handle_starttag(self, tag: str, _attrs: object) -> None:
        self.tags[tag] = self.tags.get(tag, 0) + 1

    def handle_data(self, data: str) -> None:
        self.text += data


def test_hostile_names_stay_names_in_every_form(kept: Callable[..., Path]) -> None:
    names = [name for name in HOSTILE_NAMES if name != "\udc80"]
    certificates = [
        seen(name, f"{number:064}", 10, f"served by registry {name}", subject=f"CN={name}", where=name)
        for number, name in enumerate(names)
    ]
    calendar = calendar_of([kept(certificates)], 730)
    assert len(calendar.endings) == len(names)
    text = b"".join(plain_lines(lines(calendar))).decode()
    assert not set(text) & {"\x1b", "\x07", "\x00", "\u202e"}
    html, plain = _Page(), _Page()
    html.feed(page(calendar))
    plain.feed(
        page(
            calendar_of(
                [kept([seen(f"h{n}", f"{n:064}", 10, f"served by registry x{n}") for n in range(len(names))])], 730
            )
        )
    )
    assert {tag: number for tag, number in html.tags.items() if tag != "wbr"} == {
        tag: number for tag, number in plain.tags.items() if tag != "wbr"
    }
    assert "<script>alert(1)</script>" in html.text
    events = read_back(calendar).walk("VEVENT")
    assert len(events) == len(names)
    assert not set("".join(event["DESCRIPTION"] for event in events)) & {"\x1b", "\x07", "\x00", "\u202e"}


def test_what_ten_thousand_hosts_share_is_told_once(kept: Callable[..., Path]) -> None:
    """The page does not grow with the hosts; programs get all their names."""
    few, many = ([one for n in range(number) for one in fleet(f"web{n:05}")] for number in (300, 1200))
    small, large = calendar_of([kept(few)], 730), calendar_of([kept(many)], 730)
    assert len(page(large)) < len(page(small)) + 200
    assert len(breaks(large, LEAF)["pulls from r.example and pushes to it"]) == 1200
    assert as_json(large)["certificates"][1]["breaks"][0]["hosts"][-1] == "web01199"
    assert "1200 hosts: web00000, web00001, web00002, web00003 and 1196 more" in " ".join(
        b"".join(plain_lines(lines(large))).decode().split()
    )


def test_the_command_writes_each_form(
    kept: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = kept(fleet("web1"))
    formats = [f"--format={name}={tmp_path}/made.{name}" for name in ("text", "json", "html", "ics")]
    assert main(["calendar", str(path), *formats]) == 0
    assert (tmp_path / "made.text").read_text().startswith("3 certificates of 1 host, as of 2026-11-24 10:00 UTC.\n")
    assert json.loads((tmp_path / "made.json").read_text())["certificates"][0]["sha256"] == CLIENT
    assert "1 certificate ends within 7 days" in (tmp_path / "made.html").read_text()
    assert (tmp_path / "made.ics").read_bytes().startswith(b"BEGIN:VCALENDAR\r\n")
    assert main(["calendar", str(path), "--until", "10", "--format", "json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["certificates"]) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--format", "papyrus"], "papyrus: is none of text, json, html, ics"),
        (["--format", "json="], "names no file"),
        (["--format", "json=PATH"], "is the record that is told of"),
        (["--format", "ics=/"], "is a folder"),
        (["--until", "soon"], "--until soon"),
        (["--until", "0"], "--until 0"),
        (["--until", "9" * 400], "no number of days"),
        (["/nowhere/results.json"], "/nowhere/results.json"),
    ],
)
def test_wrong_usage_is_one_sentence(
    kept: Callable[..., Path], capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    path = str(kept(fleet("web1")))
    assert main(["calendar", path, *(one.replace("PATH", path) for one in arguments)]) == 4
    err = capsys.readouterr().err
    assert words in err
    assert len(err.splitlines()) == 1


def test_without_the_library_the_extra_is_named(
    kept: Callable[..., Path], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "icalendar", None)
    assert main(["calendar", str(kept(fleet("web1"))), "--format", "ics"]) == 4
    assert "pip install 'dockworthy[calendar]'" in capsys.readouterr().err
