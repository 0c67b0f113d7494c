"""The compliance report in a browser: what is in the first screen, for whom it is readable, and what it asks for."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from dockworthy.report import write_report
from dockworthy.results.model import SEVERITIES, Certificate, Host, Policy
from tests.results_factory import HOSTILE_NAMES, record, result

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from dockworthy.results.model import Result, Results

    Open = Callable[..., Page]

WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
WAIVER = {"reason": "vendor image", "owner": "ops", "expires": "2026-12-20T00:00:00Z"}
LONG = "x" * 10_000
TOPICS = ("container", "daemon", "file", "kernel")


def many(outcome: str, number: int, host: str = "web1", start: int = 0, **fields: Any) -> list[Result]:
    """Results of as many checks."""
    return [
        result(
            outcome,
            host=host,
            check=f"{TOPICS[n % 4]}.{outcome}-{n:03}",
            title=f"Demand {outcome} {n:03} is met",
            param=f"c{n:05}",
            severity=fields.get("severity") or SEVERITIES[n % 4],
            fix=f"carry-out {n:03}",
            reason={"error": "the socket refused this user", "skip": "there is no swarm", "manual": "look"}.get(
                outcome
            ),
            waiver=WAIVER if outcome == "waived" else None,
        )
        for n in range(start, start + number)
    ]


def mixed(host: str) -> list[Result]:
    return [
        one
        for outcome, number in (("fail", 14), ("error", 5), ("pass", 60), ("skip", 9), ("waived", 4), ("manual", 3))
        for one in many(outcome, number, host)
    ]


@cache
def cases() -> dict[str, Results]:
    """The runs that readers meet."""
    lost = Host("db1", "ssh://db1", reachable=False, error="connection timed out after 10 s")
    dates = {"not_before": "2026-01-01T00:00:00Z", "not_after": "2026-12-11T00:00:00Z"}
    certificate = Certificate(
        "web1", "/etc/docker/certs.d/r/ca.crt", "CA for registry r", "CN=r", "CN=r", "ab" * 32, **dates
    )
    drift = result("fail", check="daemon.no-drift", observed={"icc": {"in force": True, "after the next start": False}})
    way: list[dict[str, str | None]] = [
        {"place": "containers", "name": "shop", "state": "there", "seen": "10.210.0.0/24, MTU 1500, none running"},
        {"place": "bridge", "name": "shop", "state": "there", "seen": "br-0123456789ab, 10.210.0.1/24, down"},
        {"place": "proxy", "name": None, "state": "absent", "seen": "the engine asks registries without one"},
    ]
    down = result("fail", check="network.bridge-has-address", param="shop", severity="info")
    failing = replace(
        record(*mixed("web1"), drift, down, hosts=(Host("web1", "ssh://web1", reachable=True, network=way),)),
        certificates=(certificate,),
        policy=Policy(
            [{"check": "a.b", "owner": "ops", "reason": "so", "expires": "2026-11-01T00:00:00Z", "covered": 0}]
        ),
    )
    hostile = [
        result(
            outcome,
            host=name,
            param=name,
            check=name,
            title=name,
            observed={name: name},
            source=name,
            fix=name,
            reason=why,
        )
        for name in (*HOSTILE_NAMES, "</script><script>window.pwned=1</script>", "<img src=x onerror=window.pwned=1>")
        for outcome, why in (("fail", None), ("error", name), ("skip", name), ("pass", None))
    ]
    return {
        "compliant": record(*many("pass", 60), *many("skip", 9)),
        "failing": failing,
        "inconclusive": record(*many("pass", 60), *many("error", 40)),
        "unreachable": record(*many("pass", 60), *many("error", 1, "db1"), hosts=(lost,)),
        "empty": record(),
        "fleet": record(*(one for number in range(12) for one in mixed(f"node{number:02}.example.com")), hosts=(lost,)),
        "hostile": record(*hostile),
        "long": record(
            *(
                result(outcome, host=LONG, check=LONG, param=LONG, title=LONG, observed=LONG, fix=LONG, reason=reason)
                for outcome, reason in (("fail", None), ("error", LONG), ("pass", None))
            )
        ),
        "large": record(*(one for number in range(50) for one in many("pass", 400, f"node{number:02}"))),
    }


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The page of a case, written once."""
    folder = tmp_path_factory.mktemp("pages")

    @cache
    def path(name: str) -> Path:
        made = write_report("html", cases()[name], folder / f"{name}.html")
        assert made is not None
        return made

    return path


@pytest.fixture
def opened(browser: Browser, written: Callable[[str], Path]) -> Iterator[Open]:
    """Opens a case's page, and sees afterwards that it asked for nothing and complained of nothing."""
    contexts, asked, complaints = [], [], []

    def load(name: str, address: str = "", viewport: dict[str, int] = WIDE, **options: Any) -> Page:
        context = browser.new_context(viewport=viewport, **options)  # type: ignore[arg-type] # of playwright's own type
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"file://{written(name)}{address}")
        return page

    yield load
    for context in contexts:
        context.close()
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert complaints == []


def fold(page: Page) -> str:
    """What is seen without scrolling, the text of each element that is wholly in the first screen."""
    found: str = page.evaluate(
        """() => [...document.querySelectorAll('h1, h2, p, pre, a, li, b')].filter(one => {
             const box = one.getBoundingClientRect();
             return box.height && box.top >= 0 && box.bottom <= innerHeight && box.right <= innerWidth; })
             .map(one => one.textContent).join('\\n')"""
    )
    return found


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_the_verdict_how_much_was_looked_at_and_what_to_do_first_are_seen_at_once(
    opened: Open, viewport: dict[str, int]
) -> None:
    for name, words in {
        "compliant": ("Compliant", "60 of 60 applicable", "Nothing has to be fixed"),
        "failing": ("Not compliant", "80 of 85 applicable", "critical", "Demand fail 000", "carry-out 000"),
        "inconclusive": ("Inconclusive", "60 of 100 applicable", "the socket refused this user"),
        "unreachable": ("Inconclusive", "1 of 2 hosts reached", "db1", "connection timed out"),
        "empty": ("Nothing evaluated", "0 of 0 applicable", "No check was asked"),
        "fleet": ("Not compliant", "936 of 996 applicable", "12 of 13 hosts", "Demand fail 000", "carry-out 000"),
    }.items():
        page = opened(name, viewport=viewport)
        text = fold(page)
        assert [word for word in words if word not in text] == [], (name, text)
        largest = "one => parseFloat(getComputedStyle(one).fontSize)"
        sizes = page.evaluate(f"() => [...document.querySelectorAll('body *')].map({largest})")
        assert max(sizes) == page.locator("h1").evaluate(largest)


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_a_name_of_ten_thousand_characters_moves_nothing_out_of_sight(opened: Open, viewport: dict[str, int]) -> None:
    page = opened("long", viewport=viewport)
    text = fold(page)
    for words in ("Not compliant", "2 of 3 applicable", "medium", "1 failed", "passed"):
        assert words in text
    page.evaluate("() => document.querySelectorAll('details').forEach(one => { one.open = true; })")
    assert page.evaluate("() => document.scrollingElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_nobody_is_kept_out(opened: Open, node_modules: Path, viewport: dict[str, int], scheme: str) -> None:
    rules = (node_modules / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    for name in ("compliant", "failing", "inconclusive", "empty", "fleet"):
        page = opened(name, viewport=viewport, color_scheme=scheme)
        for state in ("closed", "open") if name in {"failing", "fleet"} else ("closed",):
            if state == "open":
                page.evaluate("() => document.querySelectorAll('details').forEach(one => { one.open = true; })")
            page.evaluate(rules)
            found = page.evaluate(
                "() => axe.run().then(told => told.violations.map(one => [one.id, one.nodes[0].html.slice(0, 200)]))"
            )
            assert found == [], (name, state)
            assert page.evaluate("() => document.scrollingElement.scrollWidth <= innerWidth"), (name, state)


def test_without_scripts_all_is_there_but_the_filter(opened: Open) -> None:
    page = opened("failing", java_script_enabled=False)
    text = page.locator("main").text_content() or ""
    for one in cases()["failing"].results:
        assert one.title in text
        assert one.outcome != "fail" or (one.fix or "") in text
    for words in ("the socket refused this user", "vendor image", "look", "there is no swarm", "ended 24 days ago"):
        assert words in text
    assert page.locator("#filter").is_hidden()
    assert page.locator("details:not([open]) > summary").first.is_visible()


def test_without_scripts_and_styles_as_a_strict_server_shows_it_everything_is_readable(opened: Open) -> None:
    page = opened("failing", java_script_enabled=False)
    page.locator("style").evaluate_all("styles => styles.forEach(one => one.remove())")
    assert "Demand fail 000" in page.locator("#findings").inner_text()


def test_on_paper_every_finding_has_its_fix(opened: Open, tmp_path: Path) -> None:
    for scripts in (True, False):
        page = opened("failing", java_script_enabled=scripts, color_scheme="dark")
        page.pdf(path=tmp_path / "page.pdf")
        told = subprocess.run(
            ["pdftotext", "-layout", tmp_path / "page.pdf", "-"], check=True, capture_output=True, text=True
        )
        text = "".join(told.stdout.split())
        for one in cases()["failing"].results:
            if one.outcome == "fail":
                assert one.title in told.stdout  # in one line, and not a letter in each
                assert "".join((one.fix or "").split()) in text
        assert "Demandpass000" not in text  # an annex, printed where the reader opened it


@pytest.mark.parametrize("width", [680, 1000], ids=["A4", "A3"])
def test_on_paper_a_title_has_the_width_of_the_page_and_no_letter_the_paper_s_colour(opened: Open, width: int) -> None:
    page = opened("fleet", viewport={"width": width, "height": 1000})
    page.emulate_media(media="print")
    widths = page.evaluate(
        """() => [...document.querySelectorAll('.row > summary > h3, .row > summary > h4')]
             .map(one => one.getBoundingClientRect().width).filter(found => found)"""
    )
    assert widths
    assert min(widths) > width / 2
    worst = page.evaluate("() => getComputedStyle(document.querySelector('.map .critical a')).color")
    assert worst != "rgb(255, 255, 255)"


def test_the_filter_narrows_by_text_and_choice_and_the_address_keeps_it(opened: Open) -> None:
    page = opened("fleet")
    number, listed = page.locator("#number"), page.locator("#rows tbody tr")
    expect(number).to_have_text("1140 results; the first 100 are shown")
    assert listed.count() == 100
    page.get_by_role("button", name="Show 100 more").click()
    assert listed.count() == 200
    page.get_by_role("searchbox", name="Text").fill("node03 DEMAND")
    page.get_by_role("combobox", name="Outcome").select_option("failed")
    expect(number).to_have_text("14 of 1140 results")
    page.get_by_role("combobox", name="Severity").select_option("critical")
    page.get_by_role("combobox", name="Topic").select_option("container")
    expect(number).to_have_text("4 of 1140 results")
    assert {cell.split()[0] for cell in page.locator("#rows tbody td:nth-child(4)").all_text_contents()} == {
        "node03.example.com"
    }
    page.wait_for_function("() => location.hash.includes('topic=container')")
    again = opened("fleet", address=page.url.partition("#")[1] + page.url.partition("#")[2])
    expect(again.locator("#number")).to_have_text("4 of 1140 results")
    expect(again.get_by_role("searchbox", name="Text")).to_have_value("node03 DEMAND")
    again.get_by_role("button", name="Clear").click()
    again.wait_for_function("() => document.getElementById('number').textContent.startsWith('1140 results')")
    again.wait_for_function("() => location.hash === ''")
    again.get_by_role("searchbox", name="Text").fill("no such word")
    expect(again.locator("#number")).to_have_text("0 of 1140 results")


def test_a_failed_result_leads_to_its_finding_and_a_field_of_the_map_to_its_results(opened: Open) -> None:
    page = opened("fleet")
    page.get_by_role("searchbox", name="Text").fill("fail-013")
    page.locator("#rows tbody a").first.click()
    finding = page.locator("details[data-check='daemon.fail-013']")
    assert finding.evaluate("one => one.open")
    assert finding.get_by_text("carry-out 013").is_visible()
    page.locator(".map tbody tr", has_text="node07").locator("td.critical a").click()
    expect(page.locator("#number")).to_have_text("26 of 1140 results")
    expect(page.get_by_role("combobox", name="Host")).to_have_value("node07.example.com")
    expect(page.get_by_role("combobox", name="Topic")).to_have_value("container")
    assert page.locator(".map tbody tr", has_text="db1").locator("a").count() == 0  # nothing was judged there


def test_back_before_the_first_filter_shows_all_results_again(opened: Open) -> None:
    page = opened("unreachable")
    page.locator(".map tbody tr", has_text="not reached").locator("th a").click()
    page.wait_for_function("() => document.getElementById('number').textContent === '1 of 61 results'")
    expect(page.get_by_role("combobox", name="Host")).to_have_value("db1")
    page.go_back()
    page.wait_for_function("() => document.getElementById('number').textContent === '61 results'")
    expect(page.get_by_role("combobox", name="Host")).to_have_value("")


def test_the_keyboard_reaches_everything_and_shows_where_it_is(opened: Open) -> None:
    page = opened("fleet")
    seen: list[str] = []
    for _ in range(80):
        page.keyboard.press("Tab")
        told = page.evaluate(
            """() => { const one = document.activeElement, style = getComputedStyle(one);
                 return [one.id || one.className || one.textContent.slice(0, 40), parseFloat(style.outlineWidth)]; }"""
        )
        assert told[1] > 0, told
        seen.append(told[0])
        if told[0] == "q":
            break
    assert seen[0] == "jump"
    assert seen[-1] == "q"
    page.locator(".map tbody a").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("() => document.activeElement.closest('td').cellIndex") > 2
    assert page.locator(".map a[tabindex='0']").count() == 1


def test_a_fix_is_copied_as_it_stands(opened: Open) -> None:
    page = opened("failing", permissions=["clipboard-read", "clipboard-write"])
    button = page.locator("#findings .fix button").first
    button.click()
    page.wait_for_function("() => document.querySelector('#findings .fix button').textContent === 'Copied'")
    assert page.evaluate("() => navigator.clipboard.readText()") == "carry-out 000\n"


def test_hostile_names_stay_text(opened: Open) -> None:
    page = opened("hostile")
    page.evaluate("() => document.querySelectorAll('details').forEach(one => { one.open = true; })")
    page.get_by_role("searchbox", name="Text").fill("<img src=x onerror=window.pwned=1>")
    page.get_by_role("button", name="Clear").click()
    for select in ("Host", "Topic"):
        page.get_by_role("combobox", name=select).select_option(index=3)
    assert page.evaluate("() => window.pwned") is None
    assert page.locator("img, iframe, object, x").count() == 0
    assert page.evaluate("() => document.scripts.length") == 2


def test_twenty_thousand_results_are_listed_a_page_at_a_time(opened: Open, written: Callable[[str], Path]) -> None:
    page = opened("large")
    expect(page.locator("#number")).to_have_text("20000 results; the first 100 are shown")
    assert page.evaluate("() => document.getElementsByTagName('*').length") < 20_000
    page.get_by_role("searchbox", name="Text").fill("node49 pass-399")
    expect(page.locator("#number")).to_have_text("1 of 20000 results")
    assert written("large").stat().st_size < 600_000


def test_the_headings_and_landmarks_tell_the_page(opened: Open) -> None:
    for name in ("failing", "fleet", "empty"):
        page = opened(name)
        levels = page.evaluate(
            "() => [...document.querySelectorAll('h1,h2,h3,h4')].filter(one => one.checkVisibility())"
            ".map(one => +one.tagName[1])"
        )
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after - before <= 1 for before, after in pairwise(levels)), json.dumps(levels)
        assert page.title().startswith(page.locator("h1").text_content() or "?")
        assert page.locator("table:not(:has(> caption))").count() == 0
