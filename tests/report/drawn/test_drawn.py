"""The drawings, read without styles: as text, with what is hostile in them as text too."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

from lxml import html as parser

from dockworthy.report.drawn import days
from dockworthy.report.drawn.chains import chains
from dockworthy.report.drawn.network import HOSTS, network
from dockworthy.report.drawn.timeline import timeline
from dockworthy.report.drawn.trend import trend_drawing
from dockworthy.results.model import Certificate, Host, Result, Results
from dockworthy.results.trend import trend_of
from tests.results_factory import HOSTILE_NAMES, record, result
from tests.rows import each_of

NOW = datetime(2026, 11, 27, 12, tzinfo=timezone.utc)


def certificate(
    name: str,
    ends: int,
    *,
    number: int = 1,
    by: int | None = None,
    host: str = "web1",
    begins: int = -100,
    **fields: str,
) -> Certificate:
    """One that ends in so many days."""
    first, last = (f"{NOW + timedelta(days=day):%Y-%m-%dT%H:%M:%SZ}" for day in (begins, ends))
    values = {"where": "/ca.crt", "used_for": "CA", "subject": f"CN={name}", "issuer": "CN=Root", **fields}
    digest = None if by is None else f"{by:064x}"
    return Certificate(host, sha256=f"{number:064x}", not_before=first, not_after=last, issued_by=digest, **values)


def read(markup: str) -> parser.HtmlElement:
    document = parser.fromstring(f"<main>{markup}</main>")
    for place in document.xpath("//wbr"):  # where a line may end; no text
        place.drop_tag()
    return document


def rows(markup: str) -> list[str]:
    return [" ".join(" ".join(row.itertext()).split()) for row in read(markup).xpath("//tbody/tr")]


def test_the_next_to_end_stands_first_with_what_is_left() -> None:
    drawn = timeline(
        [
            certificate("good", 400, number=1),
            certificate("over", -3, number=2),
            certificate("soon", 5, number=3),
            certificate("month", 20, number=4),
            certificate("unborn", 90, number=5, begins=10),
        ],
        NOW,
    )
    classes = [row.get("class") for row in read(drawn).xpath("//tbody/tr")]
    assert classes == ["cert-expired", "cert-critical", "cert-high", "cert-early", "cert-good"]
    assert "expired 3 days ago" in rows(drawn)[0]
    assert "5 days left" in rows(drawn)[1]
    assert "not valid before 2026-12-07" in rows(drawn)[3]


def test_the_bar_ends_where_the_certificate_does_and_the_line_is_the_day_of_the_run() -> None:
    (bar,) = read(timeline([certificate("a", 100, begins=10)], NOW)).xpath("//rect[@class='cert-time']")
    assert (float(bar.get("x")), float(bar.get("width"))) == (71.0, 90.0)
    (line,) = read(timeline([certificate("a", 100)], NOW)).xpath("//tbody//path[@class='today']")
    assert line.get("d") == "M61.0 0v14"


@each_of(("begins", "ends"), [(-4000, -3000), (2000, 9000), (-9000, 9000), (5, 1)])
def test_a_bar_stays_within_the_drawing(begins: int, ends: int) -> None:
    (bar,) = read(timeline([certificate("a", ends, begins=begins)], NOW)).xpath("//rect[@class='cert-time']")
    assert 0 <= float(bar.get("x")) <= float(bar.get("x")) + float(bar.get("width")) <= 791


def test_one_certificate_in_many_places_is_one_line_that_names_them() -> None:
    drawn = timeline([certificate("a", 9, host=f"web{number}") for number in range(3)], NOW)
    assert len(rows(drawn)) == 1
    assert "web0: /ca.crt and 2 other places web1: /ca.crt web2: /ca.crt" in rows(drawn)[0]


def test_where_all_are_of_one_host_it_is_not_named_at_each() -> None:
    drawn = timeline([certificate("a", 9, subject="O=<b>,CN=a"), certificate("b", 10, number=2)], NOW)
    assert [row.endswith(" left /ca.crt") for row in rows(drawn)] == [True, True]
    assert "O=&lt;b&gt;,<wbr>CN=a" in drawn


def test_a_thousand_are_folded_and_none_is_lost() -> None:
    drawn = timeline([certificate(f"n{number}.", number, number=number) for number in range(1, 400)], NOW)
    assert len(rows(drawn)) == 399
    assert len(read(drawn).xpath("//details//tbody/tr")) == 339


def test_nothing_seen_is_said() -> None:
    for drawn in (timeline([], NOW), chains([], NOW), timeline([replace(certificate("a", 1), not_after="soon")], NOW)):
        assert read(drawn).text_content().strip() == "No certificate was seen."


def tree(markup: str) -> list[object]:
    def of(item: parser.HtmlElement) -> list[object]:
        return [item.findtext("div/b"), *map(of, item.xpath("./ul/li"))]

    return [of(item) for item in read(markup).xpath("//ul[@class='chains']/li")]


def test_a_chain_hangs_below_the_one_that_signed_itself() -> None:
    drawn = chains(
        [
            certificate("leaf", 30, number=3, by=2),
            certificate("middle", 300, number=2, by=1),
            certificate("root", 3000, number=1, by=1),
        ],
        NOW,
    )
    assert tree(drawn) == [["CN=root", ["CN=middle", ["CN=leaf"]]]]
    assert "signed by itself" in drawn


def test_a_signer_that_was_not_seen_is_where_the_chain_ends() -> None:
    drawn = chains([certificate("leaf", 30, number=3, issuer="CN=Lost CA")], NOW)
    assert tree(drawn) == [["CN=Lost CA", ["CN=leaf"]]]
    assert "not seen on web1: the chain ends here" in " ".join(read(drawn).text_content().split())


def test_a_signer_that_one_host_has_and_another_lacks_is_drawn_both_ways() -> None:
    leaf = certificate("leaf", 30, number=3, by=1)
    drawn = chains([leaf, replace(leaf, host="web2", issued_by=None), certificate("Root", 900, number=1, by=1)], NOW)
    assert tree(drawn) == [["CN=Root", ["CN=leaf"]], ["CN=Root", ["CN=leaf"]]]
    assert "not seen on web2" in " ".join(read(drawn).text_content().split())


def test_an_expired_one_is_named_and_its_chain_stands_first() -> None:
    drawn = chains([certificate("fine", 90, number=1, by=1), certificate("old", -1, number=2, by=2)], NOW)
    assert tree(drawn) == [["CN=old"], ["CN=fine"]]
    assert read(drawn).xpath("//li[@class='chain-expired']//em/text()") == ["expired"]


def test_certificates_that_sign_each_other_end() -> None:
    circle = [
        certificate(f"c{number}.{host}", 9, number=number, by=host % 40 + 1, host=f"h{host}")
        for number in range(1, 41)
        for host in range(40)
    ]
    drawn = chains([*circle, certificate("root", 9, number=1, by=1, host="root")], NOW)
    assert len(read(drawn).xpath("//li")) <= 2400


DOWN = "network.bridge-has-address"


def on_the_way(results: list[Result], bridges: dict[str, str]) -> Results:
    """A record of hosts of which a bridge was seen, by the hosts' names."""
    made = record(*results)
    hosts = tuple(
        Host(
            host,
            host,
            reachable=True,
            network=[{"place": "bridge", "name": name, "state": "there", "seen": f"{name}, down"}],
        )
        for host, name in bridges.items()
    )
    return replace(made, hosts=hosts)


def test_the_way_of_a_packet_is_drawn_station_by_station_with_what_breaks_it() -> None:
    drawn = read(network(on_the_way([result("fail", check=DOWN, param="br0", title="Each is up")], {"web1": "br0"})))
    stations = drawn.xpath("//ol[@class='way']/li")
    assert len(stations) == 8
    assert [one.get("class") for one in stations[:2]] == ["way-unknown", "way-broken"]
    said = " ".join(stations[1].text_content().split())
    assert "br0" in said
    assert f"(it breaks here) br0, down Each is up: x in GET /info is true; it should be false {DOWN}" in said
    assert not drawn.xpath("//details")


def test_of_many_hosts_those_at_which_it_breaks_are_drawn_first() -> None:
    names = {f"web{number:02}": "br0" for number in range(40)}
    results = [result("fail" if host == "web39" else "pass", host=host, check=DOWN, param="br0") for host in names]
    drawn = read(network(on_the_way(results, names)))
    heads = [" ".join(one.text_content().split()) for one in drawn.xpath("//details/summary")]
    assert len(heads) == HOSTS
    assert heads[0] == "web39: it breaks here (bridge)"
    assert "15 hosts more" in drawn.text_content()


@each_of("name", HOSTILE_NAMES)
def test_names_stay_text(name: str) -> None:
    given = [certificate(name, 5, host=name, where=name, used_for=name, issuer=name)]
    runs = [record(result("fail", host=name)), record(result("pass", host=name))]
    way = network(on_the_way([result("fail", host=name, check=DOWN, param=name)], {name: name}))
    for drawn in (timeline(given, NOW), chains(given, NOW), trend_drawing(trend_of(runs)), way):
        assert not read(drawn).xpath("//script | //@onerror | //@href | //@src")
        assert not {"\x1b", "\x00", "\u202e"} & set(drawn)


def test_a_trend_draws_each_run_and_tells_it_in_a_table() -> None:
    runs = [
        replace(record(*given), run=replace(record().run, id=f"r{day}", started=f"2026-11-{day:02d}T10:00:00Z"))
        for day, given in (
            (1, [result("pass"), result("fail", check="file.owner", severity="critical")]),
            (2, [result("fail"), result("fail", check="file.owner", severity="critical")]),
            (8, [result("pass"), result("fail", check="file.owner", severity="critical")]),
        )
    ]
    drawn = trend_drawing(trend_of(runs))
    said = " ".join(read(drawn).text_content().split())
    assert "Over 3 runs, from 2026-11-01 to 2026-11-08: 1 new, 1 fixed, 1 still open;" in said
    assert "fixed within 6 days" in said
    assert [bar.get("class") for bar in read(drawn).xpath("//figure/svg/rect")] == [
        "sev-critical", "sev-critical", "sev-medium", "sev-critical",
    ]  # fmt: skip
    assert rows(drawn)[1].startswith("2026-11-02 10:00 1 0 1 0 0 1 0 0 0 1")


@each_of(
    ("span", "said"),
    [
        (timedelta(minutes=61), "61 minutes"),
        (timedelta(hours=3), "3 hours"),
        (timedelta(days=-3), "3 days"),
        (timedelta(days=1000), "2 years"),
    ],
)
def test_spans_are_told_in_the_unit_that_fits(span: timedelta, said: str) -> None:
    assert days(span) == said
