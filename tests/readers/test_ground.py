from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser


def test_the_browser_shows_a_page_and_the_rules_of_accessibility_find_its_fault(
    browser: Browser, node_modules: Path
) -> None:
    with browser.new_context(viewport={"width": 390, "height": 844}) as context:
        page = context.new_page()
        page.set_content("<!doctype html><html lang=en><title>t</title><main><h1>Here</h1><img src='data:,'></main>")
        page.add_script_tag(path=node_modules / "axe-core" / "axe.min.js")
        found = page.evaluate("axe.run().then(told => told.violations.map(one => one.id))")
    assert found == ["image-alt"]
