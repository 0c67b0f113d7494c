"""The Markdown page, read by a parser of Markdown: what is a name stays one, and the page has its bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markdown_it import MarkdownIt

from dockworthy.report.formats.markdown import LIMIT, page
from dockworthy.report.marked import fenced, marked
from tests.report.formats.samples import ALL, NAMES, WAIVER, every, fleet, hostile, killed, of, rehearsed, written
from tests.results_factory import record
from tests.rows import each_of

if TYPE_CHECKING:
    from markdown_it.token import Token

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
OURS = {"text", "softbreak", "strong_open", "strong_close", "text_special"}


def tokens(data: bytes) -> list[Token]:
    return READER.parse(data.decode())


def rows(data: bytes, title: str) -> list[list[str]]:
    """The cells of the table below a title."""
    section = data.decode().partition(f"## {title}\n\n")[2].partition("\n\n")[0]
    found, cells = [], []
    for token in READER.parse(section):
        if token.type == "inline":
            cells.append("".join(child.content for child in token.children or []))
        elif token.type == "tr_close":
            found.append(cells)
            cells = []
    return found[1:]


@each_of("name", ALL)
def test_nothing_of_it_is_a_link_an_image_or_html(name: str) -> None:
    for token in tokens(written("markdown", ALL[name]())):
        assert token.type != "html_block"
        assert {child.type for child in token.children or []} <= OURS


@each_of("name", NAMES)
def test_a_name_reads_as_it_is_shown(name: str) -> None:
    (inline,) = (token for token in READER.parse(f"x {marked(name, 99999)} x") if token.type == "inline")
    text = "".join(child.content for child in inline.children or [])
    assert text.removeprefix("x ").removesuffix(" x") == (name if name.isprintable() and name else text[2:-2])


def test_addresses_become_no_links_and_people_are_not_called() -> None:
    assert marked("http://a.example www.b.example @all #1") == "http\\://a.example www\\.b.example \\@all \\#1"


def test_no_fix_leaves_its_block() -> None:
    fix = "cat <<E\n```\n</details>\n~~~\nE"
    (block,) = (token for token in READER.parse("\n".join(fenced(fix))) if token.type == "fence")
    assert block.content == f"{fix}\n"


def test_each_outcome_is_told() -> None:
    text = written("markdown", every())
    assert rows(text, "What could not be looked at") == [["lost1", "connection timed out"]]
    assert rows(text, "What could not be decided") == [
        ["why error (GET /info: x)", "2", "daemon.error, host.reachable"]
    ]
    assert [row[:3] for row in rows(text, "Findings, the worst first")] == [
        ["medium", "daemon.fail", "The title of fail"]
    ]
    waived = ["medium", "daemon.waived", "web1", WAIVER["expires"], WAIVER["owner"], WAIVER["reason"]]
    assert rows(text, "Waived") == [waived]
    assert rows(text, "To be attested by a person") == [["daemon.manual", "why manual (GET /info: x)", "web1"]]
    assert b"| 1 | 1 | 2 | 1 | 1 | 1 |" in text


def test_a_killed_run_is_not_judged_and_a_rehearsal_is_no_state() -> None:
    assert page(killed()).startswith(b"# Inconclusive: no finding at or above low, but the run did not")
    assert "This is a rehearsal with engine 29.3.1" in page(rehearsed()).decode()


def test_an_empty_run_says_that_nothing_was_evaluated() -> None:
    assert page(record()).startswith(b"# Nothing evaluated: no check was asked of any host\n")


def test_what_is_one_is_told_once_with_its_places() -> None:
    text = page(record(*(of("fail", host=f"web{number}") for number in range(9))))
    ((*_, where),) = rows(text, "Findings, the worst first")
    assert where == "web0, web1, web2 and 6 more"
    assert text.count(b"fix it") == 1


@each_of("limit", [8192, 100_000, LIMIT])
def test_a_page_has_its_bound_and_counts_what_does_not_fit(limit: int) -> None:
    many = record(*(of("fail", check=f"a.b{number}", fix=f"{number} " * 200) for number in range(3000)))
    text = page(many, limit)
    assert len(text) <= limit
    assert len(text) > limit - 4096
    assert text.splitlines()[-1].endswith(b"more rows and fixes did not fit here; results.json has all._")
    assert len(page(hostile(), limit)) <= limit
    assert b"did not fit" not in page(fleet(4, 30))
