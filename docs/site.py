"""What MkDocs needs to know of this checkout: pages and files that lie outside ``docs/`` (a hook of ``mkdocs.yml``).

README.md and its like are pages of the site, and the first that a reader of the checkout sees. So they stay where they
are, and their links are turned: to a page to where the site has it, to another file to a copy below ``files/``. A link
to what does not exist is MkDocs' to tell.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING

from mkdocs.structure.files import File, InclusionLevel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

TOP = Path(__file__).resolve().parent.parent
PAGES = {"README.md": "index.md", "CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}
_FROM = {inside: outside for outside, inside in PAGES.items()}
_LINK = re.compile(r"(?<=\]\()([^)#:\s]+)(?=[)#])")


def place(source: str) -> str:
    """Where the site has a file of the checkout."""
    inside = source.removeprefix("docs/")
    return PAGES.get(source) or (inside if inside != source else f"files/{source}")


def turned(markdown: str, source: str) -> str:
    """A page's text with links as the site needs them; ``source`` is where the page lies in the checkout."""
    folder, here = posixpath.dirname(source), posixpath.dirname(place(source)) or "."

    def turn(found: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(folder, found[1]))
        return posixpath.relpath(place(target), here) if (TOP / target).is_file() else found[1]

    return _LINK.sub(turn, markdown)


def outside(source: str) -> Iterator[str]:
    """The files outside ``docs/``, no pages, that a page links to."""
    for link in _LINK.findall((TOP / source).read_text("utf-8")):
        target = posixpath.normpath(posixpath.join(posixpath.dirname(source), link))
        if not target.startswith(("docs/", "../")) and target not in PAGES and (TOP / target).is_file():
            yield target


def source_of(page: str) -> str:
    """Where a page of the site lies in the checkout."""
    return _FROM.get(page, f"docs/{page}")


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Take in what lies outside."""
    for source, page in PAGES.items():
        files.append(File.generated(config, page, abs_src_path=str(TOP / source)))
    linked = {target for file in files.documentation_pages() for target in outside(source_of(file.src_uri))}
    for target in sorted(linked):
        files.append(
            File.generated(config, place(target), abs_src_path=str(TOP / target), inclusion=InclusionLevel.INCLUDED)
        )
    return files


def on_page_markdown(markdown: str, *, page: Page, **_: object) -> str:
    """Turn the links."""
    return turned(markdown, source_of(page.file.src_uri))
