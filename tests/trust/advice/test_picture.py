"""The picture of the chain, and what hostile names can do to it: nothing."""

from __future__ import annotations

import subprocess
import unicodedata
from typing import TYPE_CHECKING

from dockworthy.printable import printable
from dockworthy.trust.advice.fix import explain
from dockworthy.trust.advice.picture import draw
from dockworthy.trust.advice.wording import shell
from tests.rows import each_of
from tests.trust.host import FOLDER, HOST, NOW, ask, made, serving
from tests.trust.pki import issue

if TYPE_CHECKING:
    from dockworthy.hosttree.entry import Entry


def test_a_chain_that_holds_is_drawn_from_the_leaf_to_its_anchor() -> None:
    lines = draw(ask(answer=serving("below", "intermediate")))
    text = "\n".join(lines)
    assert [line.strip(" ●└✗") for line in lines if "CN=" in line] == [
        "O=dockworthy tests,CN=harbor.test",
        "O=dockworthy tests,CN=Intermediate",
        "O=dockworthy tests,CN=Root",
    ]
    assert "from    the server sent it (1)" in text
    assert f"from    {FOLDER}/ca.crt" in text
    assert "names   harbor.test" in text
    assert "P-256, signed with ECDSA-SHA256" in text
    assert "days left" in text
    assert "✗" not in text
    assert "verdict  ok" in text


def test_the_link_that_breaks_is_marked() -> None:
    text = "\n".join(draw(ask(answer=serving("below"))))
    assert "✗ x509: certificate signed by unknown authority" in text
    assert 'its issuer "O=dockworthy tests,CN=Intermediate" is neither served nor trusted' in text
    assert "● O=dockworthy tests,CN=harbor.test" in text  # the leaf itself is good


def test_an_expired_certificate_is_marked_itself() -> None:
    leaf = issue(HOST, made()["root"], dns=[HOST], start=-20, days=10, now=NOW)
    text = "\n".join(draw(ask(answer=serving(leaf))))
    assert "✗ O=dockworthy tests,CN=harbor.test" in text
    assert "expired 10 days ago" in text


def test_files_are_listed_with_their_use() -> None:
    contents = {"ca.crt": made()["root"].pem, "old.pem": "", "empty.crt": ""}
    text = "\n".join(draw(ask(contents)))
    assert "trusted as CA" in text
    assert "ignored: its name ends in none of" in text
    assert "no certificate in it: ignored without a word" in text


def test_certificates_that_are_of_no_use_are_told() -> None:
    assert "also sent, and of no use here" in "\n".join(draw(ask(answer=serving("leaf", "other"))))


HOSTILE = "evil\x1b[2J\x07\r\n\u202egnp\u200b.test"


def test_no_control_character_of_a_name_reaches_the_terminal() -> None:
    leaf = issue(HOSTILE, made()["root"], now=NOW)
    contents: dict[str, str | bytes | Entry] = {f"{HOSTILE}.crt": made()["root"].pem, "a\udcff.pem": ""}
    verdict = ask(contents, serving(leaf))
    for line in [*draw(verdict), explain(verdict).cause]:
        assert not [character for character in line if unicodedata.category(character) in {"Cc", "Cf", "Cs"}], line


@each_of(
    "path",
    [
        "plain",
        "with space",
        "quote'quote",
        "$(x)",
        "new\nline",
        "\x1b[0m",
        "é",
        "a\udcffb",
        "-dash",
        "back\\slash\n",
        "*",
    ],
)
def test_a_path_is_one_word_of_the_shell(path: str) -> None:
    done = subprocess.run(["bash", "-c", f"printf %s {shell(path)}"], capture_output=True, check=True)
    assert done.stdout == path.encode("utf-8", "surrogateescape")


def test_a_long_name_is_cut() -> None:
    assert len(printable("x" * 10_000)) < 300
    assert printable("\u202e") == "\\u202e"
    assert printable("\x00\udc80") == "\\x00\\x80"
