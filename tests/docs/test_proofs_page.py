"""What the page says that verdicts were held against is so."""

from __future__ import annotations

import re
from importlib import import_module
from typing import TYPE_CHECKING

import pytest

from tests.docs.blocks import TOP
from tests.docs.commands import commands
from tests.docs.proofs_page import BEGIN, END, PAGE, ROWS, table

if TYPE_CHECKING:
    from tests.docs.commands import Command

REPLAYS = [command for command in commands(PAGE) if "tests.replay_" in command.line]


def test_the_page_has_the_table() -> None:
    """Make it again with ``python -m tests.docs.proofs_page`` where it has not."""
    assert f"{BEGIN}{table()}{END}" in PAGE.read_text("utf-8")


def test_each_row_names_a_test_that_there_is() -> None:
    assert [row.test for row in ROWS if not (TOP / row.test).is_file()] == []


@pytest.mark.parametrize("command", REPLAYS, ids=lambda command: command.line)
def test_a_replay_that_is_shown_agrees(
    command: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(TOP)
    import_module(command.words[2]).main(list(command.words[3:]))
    last = capsys.readouterr().out.splitlines()[-1]
    agreed = re.fullmatch(r"(\d+) of (\d+) agree", last)
    assert agreed is not None
    assert agreed[1] == agreed[2] != "0"
