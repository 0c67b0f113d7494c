"""The documentation's site as a reader without a network has it: files on a disk, opened in a browser."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

TOP = Path(__file__).parents[2]
# The first has no text of ours, the others are large and made of what stands on smaller pages, too.
LEFT_OUT = {"404.html", "checks.html", "frameworks.html", "params.html"}
NOWHERE = {"http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9", "NO_MKDOCS_2_WARNING": "1"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built where every request would end at a closed port."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    subprocess.run(command, cwd=TOP, env={**os.environ, **NOWHERE}, check=True, capture_output=True)
    return folder


@pytest.fixture
def opened(browser: Browser) -> Iterator[tuple[Page, list[str]]]:
    """A page of the browser as wide as a phone, and what it asks for beside files."""
    page = browser.new_page(viewport={"width": 390, "height": 844})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: asked.append(str(error)))
    yield page, asked
    page.close()


def test_every_page_opens_from_the_disk_on_a_phone_and_asks_for_nothing(
    site: Path, opened: tuple[Page, list[str]]
) -> None:
    page, asked = opened
    pages = sorted(site.glob("*.html"))
    assert {"index.html", "first-run.html", "checks.html", "contributing.html"} <= {file.name for file in pages}
    wide = []
    for file in pages:
        page.goto(file.as_uri())
        if page.evaluate("document.documentElement.scrollWidth") > 390:
            wide.append(file.name)
    assert wide == []
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_can_be_read_in_light_and_dark(site: Path, browser: Browser, node_modules: Path, scheme: str) -> None:
    """By the rules of accessibility, but for two that the theme breaks around the pages."""
    rules = (node_modules / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    page = browser.new_page(color_scheme="dark" if scheme == "dark" else "light")
    found = {}
    for file in sorted(site.glob("*.html")):
        if file.name not in LEFT_OUT:
            page.goto(file.as_uri())
            page.evaluate(rules)
            broken = page.evaluate("axe.run('article').then(told => told.violations.map(one => one.id))")
            found[file.name] = sorted(set(broken) - {"aria-dialog-name", "landmark-unique"})
    page.close()
    assert {name: broken for name, broken in found.items() if broken} == {}


def test_the_search_finds_without_a_server(site: Path, opened: tuple[Page, list[str]]) -> None:
    page, _ = opened
    page.goto((site / "index.html").as_uri())
    page.set_viewport_size({"width": 1280, "height": 900})
    page.fill("input[name=query]", "rehearsing")
    page.wait_for_selector(".md-search-result__link")
    links = [link.get_attribute("href") or "" for link in page.query_selector_all(".md-search-result__link")]
    assert any("rehearsal.html" in link for link in links)


def test_what_a_page_links_to_outside_the_pages_is_beside_them(site: Path) -> None:
    for name in ("action.yml", "gates/gitlab.yml", ".pre-commit-hooks.yaml", "LICENSE"):
        assert (site / "files" / name).read_bytes() == (TOP / name).read_bytes()
