"""The pictures of the report in ``docs/``: they show what the page shows now, and it shows what the record says."""

from __future__ import annotations

from pathlib import Path
from runpy import run_path
from typing import TYPE_CHECKING, Any, Literal

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SCREENS: dict[str, Any] = run_path(str(Path(__file__).parents[2] / "docs" / "screens.py"))
_BYTES = 150_000  # of a picture, at most


@pytest.mark.parametrize("name", SCREENS["SCREENS"])
def test_a_picture_shows_what_the_page_shows(browser: Browser, name: str) -> None:
    """Make it again with ``python docs/screens.py`` where it does not."""
    kept = SCREENS["path_of"](name).read_bytes()
    picture = SCREENS["taken"](browser, SCREENS["SCREENS"][name])
    assert SCREENS["words_of"](kept).splitlines() == SCREENS["words_of"](picture).splitlines()
    assert SCREENS["size_of"](kept) == SCREENS["size_of"](picture)
    assert len(kept) < _BYTES


def test_a_certificates_bar_is_as_long_as_it_is_valid(browser: Browser, tmp_path: Path) -> None:
    """Where the page's own rules for a bar reached it, each was as wide as the drawing."""
    page = browser.new_page()
    page.goto(f"file://{SCREENS['page'](SCREENS['SCREENS']['certificates'], tmp_path)}#certificates")
    drawn = page.evaluate(
        """() => [...document.querySelectorAll('.timeline tbody tr')].map(row => {
             const bar = row.querySelector('.cert-time'), svg = bar.ownerSVGElement;
             const seen = bar.getBoundingClientRect(), all = svg.getBoundingClientRect();
             return [seen.left - all.left, seen.right - all.left, all.width / svg.viewBox.baseVal.width,
                     +bar.getAttribute('x'), +bar.getAttribute('width')]; })"""
    )
    page.close()
    assert len({round(end) for _, end, *_ in drawn}) > 5
    for start, end, unit, x, width in drawn:
        assert (start, end) == pytest.approx((x * unit, (x + width) * unit), abs=1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["certificates", "trend", "calendar", "pulls"])
def test_nobody_is_kept_out_of_what_is_drawn(
    browser: Browser, node_modules: Path, tmp_path: Path, name: str, scheme: Literal["light", "dark"]
) -> None:
    """The rules of accessibility, and nothing wider than a phone."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    page = context.new_page()
    page.goto(f"file://{SCREENS['page'](SCREENS['SCREENS'][name], tmp_path)}")
    page.evaluate("() => document.querySelectorAll('details').forEach(one => { one.open = true; })")
    page.evaluate((node_modules / "axe-core" / "axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate(
        "where => axe.run(where).then(told => told.violations.map(one => [one.id, one.nodes[0].html.slice(0, 200)]))",
        f"#{name}",
    )
    fits = page.evaluate("() => document.scrollingElement.scrollWidth <= innerWidth")
    context.close()
    assert found == []
    assert fits
