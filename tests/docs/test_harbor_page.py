"""What the page says that Harbor's checks were tried against is so."""

from __future__ import annotations

import ast

from dockworthy.harborapi.answer import Kind
from dockworthy.profile.locate import checks_folder
from dockworthy.run.loading import load_checks
from tests.docs.blocks import TOP
from tests.docs.harbor_page import BEGIN, END, KINDS, PAGE, proofs, table


def test_each_check_of_harbor_has_a_row_with_a_test_that_there_is() -> None:
    rows = proofs()
    checks = [name for name in load_checks(checks_folder()) if name.startswith("harbor.")]
    assert [row["check"] for row in rows] == sorted(checks)
    assert {row["tried_against"] for row in rows} == set(KINDS)
    for row in rows:
        path, _, name = row["test"].partition("::")
        names = {
            node.name for node in ast.walk(ast.parse((TOP / path).read_text())) if isinstance(node, ast.FunctionDef)
        }
        assert name in names, row
        assert path.startswith("tests/engine/") == (row["tried_against"] in {"real nodes", "real engine", "real host"})


def test_the_page_has_the_table() -> None:
    """Make it again with ``python -m tests.docs.harbor_page`` where it has not."""
    assert f"{BEGIN}{table()}{END}" in PAGE.read_text("utf-8")


def test_each_reason_for_no_answer_is_explained() -> None:
    text = (TOP / "docs" / "snapshot.md").read_text("utf-8")
    section = text.partition("## A Harbor's API\n")[2].partition("\n## ")[0]
    assert [kind.value for kind in Kind if f"`{kind.value}`" not in section] == []
