"""Every command that a page shows is understood, and comes to an answer where it can be tried without another host."""

from __future__ import annotations

import re
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

import yaml

from dockworthy.cli import COMMANDS, Parser
from dockworthy.profile.loader import load_profile
from dockworthy.target.inventory import read_inventory
from dockworthy.target.names import SCHEMES, parse_target
from tests.docs.blocks import PAGES, TOP, all_blocks
from tests.docs.commands import Command, all_commands, commands, inline, of_page
from tests.docs.trying import ELSEWHERE, ONE, begins, elsewhere, furnish, type_in, typed_here
from tests.rows import each_of

if TYPE_CHECKING:
    from pathlib import Path

ANSWERS = {0, 1, 6}
"""The exit statuses that answer the question; the others say that it was not understood, or could not be worked on."""


def _understood(command: Command) -> None:
    name, *arguments = command.arguments
    if name in {"--help", "--version"}:
        return
    parser = Parser(prog=name)
    import_module(f"dockworthy.commands.{COMMANDS[name][0]}").add_arguments(parser)
    behind = "--" in arguments and not parser.get_default("text_after_dashes")
    own = arguments[: arguments.index("--")] if behind else arguments
    if "--help" not in own:
        parser.parse_args(own)


@each_of("page", PAGES, ids=lambda page: page.name)
def test_a_command_that_is_shown_is_understood(page: Path) -> None:
    """In sentences, too, where more than a command's name is said."""
    for command in commands(page):
        if command.ours:
            _understood(command)
    for command in inline(page):
        if len(command.arguments) > 1:
            _understood(command)
        assert command.arguments[0] in {*COMMANDS, "--help", "--version"}, command.line


def test_the_commands_of_each_page_come_to_an_answer(tmp_path: Path) -> None:
    """One after the other, as a reader would type them from top to bottom; once, where no file of the page matters."""
    type_in(tmp_path, ("check", f"snapshot:{ONE}"))
    answered: set[tuple[str, ...]] = set()
    wrong = []
    for number, page in enumerate(PAGES):
        folder = tmp_path / str(number)
        typed = [one for one in of_page(page) if one.ours and not one.transcript and elsewhere(one) is None]
        if typed:
            shown = furnish(folder, page, tmp_path / "reports" / "latest")
            for command in typed:
                arguments = typed_here(command)
                if arguments in answered and shown.isdisjoint(arguments):
                    continue
                done = type_in(folder, arguments, command.written)
                answered.add(arguments)
                if done.returncode not in ANSWERS or not (done.stdout or "=" in arguments[-1]):
                    wrong.append((command.line, done.returncode, done.stderr))
    assert wrong == []


def test_what_is_not_tried_here_is_tried_elsewhere_or_not_ours() -> None:
    tried = [command for command in all_commands() if command.ours and elsewhere(command) is None]
    assert len(tried) > len(all_commands()) / 2, "most of what is shown can be tried"
    assert [command.line for command in all_commands() if not command.ours and elsewhere(command) is None] == []
    for begin, why in ELSEWHERE.items():
        assert any(begins(" ".join(command.words), begin) for command in all_commands()), begin
        for path in re.findall(r"tests/\S+\.py", why):
            assert (TOP / path).is_file(), path


def test_a_target_of_make_and_a_module_of_ours_is_there() -> None:
    makefile = (TOP / "Makefile").read_text("utf-8")
    for command in all_commands():
        if command.words[0] == "make":
            assert all(f"\n{word}:" in makefile for word in command.arguments if "=" not in word), command.line
            assert all(f"$({word.partition('=')[0]})" in makefile for word in command.arguments if "=" in word)
        if command.words[:2] == ("python", "-m"):
            assert find_spec(command.words[2]) is not None, command.line
        elif command.words[0] == "python":
            assert (TOP / command.words[1]).is_file(), command.line


def test_a_profile_that_is_shown_is_taken(tmp_path: Path) -> None:
    """What a page extends that is no profile of ours is laid beside it."""
    (tmp_path / "hardening.yaml").write_text("description: harder\n", "utf-8")
    taken = 0
    for block in all_blocks("yaml"):
        content = yaml.safe_load(block.text)
        if isinstance(content, dict) and content.keys() & {"params", "waivers", "extends", "select"}:
            if "DOCKWORTHY" in block.text or "jobs" in content:
                continue
            file = tmp_path / f"{taken}.yaml"
            file.write_text(block.text, "utf-8")
            load_profile(str(file))
            taken += 1
    assert taken > 2


def test_an_inventory_that_is_shown_is_read(tmp_path: Path) -> None:
    for block in all_blocks("ini"):
        file = tmp_path / "hosts.ini"
        file.write_text(block.text, "utf-8")
        assert read_inventory(file), block.id


def test_every_kind_of_target_is_on_the_page() -> None:
    page = (TOP / "docs" / "targets.md").read_text("utf-8")
    assert [scheme for scheme in SCHEMES if f"`{scheme}://" not in page] == []
    named = re.findall(r"`(local://|[a-z-]+://\w[\w?=]*)`", page)
    assert {parse_target(spec).scheme for spec in named} >= {"local", "ansible", "docker", "kubectl", "chroot"}
