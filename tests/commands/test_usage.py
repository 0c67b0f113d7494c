"""Wrong usage: what was probably meant is told, by the name of the option that was typed, and a host once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dockworthy.cli import COMMANDS, main
from dockworthy.run.options import Options
from tests.rows import each_of

if TYPE_CHECKING:
    from pathlib import Path

Out = pytest.CaptureFixture[str]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["chek"], "'chek' is not a command; did you mean check?"),
        (["--hepl"], "'--hepl' is not a command; did you mean --help?"),
        (["zzzzz"], "'zzzzz' is not a command; see `dockworthy --help`."),
        ([], "a command is needed; see `dockworthy --help`."),
        (["config"], "config: a word must follow: show; see `dockworthy config --help`."),
        (["config", "shw"], "config: 'shw' is none of its words; did you mean show?"),
        (["config", "zzzzz"], "config: 'zzzzz' is none of its words; show is."),
        (["waivers", "chek"], "waivers: 'chek' is none of its words; did you mean check?"),
        (["list", "--topci=x"], "list: unrecognized arguments: --topci=REDACTED; did you mean --topic?"),
        (["list", "--zzzzz"], "list: unrecognized arguments: --zzzzz; see `dockworthy list --help`."),
        (["list", "--check", "icc-disabled"], "--check icc-disabled: there is no such check; did you mean daemon.icc-"),
        (["list", "--skip-check", "zzzzz"], "--skip-check zzzzz: there is no such check; `dockworthy list` shows"),
        (["list", "--topic", "kernal"], "--topic kernal: there is no such topic; did you mean kernel?"),
        (["list", "--topic", "zzzzz"], "--topic zzzzz: there is no such topic; there are audit, "),
        (["list", "--refs", "CIS-Docker-1.66"], "no check answers it; did you mean CIS-Docker-1.6?"),
        (["list", "--profile", "debain-12"], "there is no profile 'debain-12'; did you mean debian-12?"),
        (["list", "--profile", "zzzzz"], "there is no profile 'zzzzz'; name a file, or one of amazon-2, "),
        (["report", "x", "--format", "jnuit"], "there is no report format 'jnuit'; did you mean junit?"),
        (["explain", "daemon.icc-disabeld"], "there is no check 'daemon.icc-disabeld'; did you mean daemon.icc-disab"),
    ],
)
def test_what_was_probably_meant_is_told(arguments: list[str], told: str, capsys: Out) -> None:
    try:
        status = main(arguments)
    except SystemExit as ended:  # argparse's own way
        status = int(str(ended.code))
    said = capsys.readouterr()
    assert status == 4
    assert said.err.startswith("dockworthy")
    assert told in said.err
    assert said.err.count("\n") == 1
    assert said.out == ""


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_lets_a_mistyped_option_be_found(command: str, capsys: Out) -> None:
    with pytest.raises(SystemExit):
        main([command, "--hepl"])
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "did you mean --help?" in said or "required" in said or "a word must follow" in said


def test_check_says_of_pytests_k_what_it_compares_with(capsys: Out) -> None:
    with pytest.raises(SystemExit):
        main(["check", "--help"])
    assert "-k compares with a result's name, CHECK[HOST-INSTANCE]" in " ".join(capsys.readouterr().out.split())


@each_of(
    ("sentence", "told"),
    [
        ("--topic nope: there is none.", "--dw-topic nope: there is none."),
        ("x: use --ask-sudo-password, or (--sudo).", "x: use --dw-ask-sudo-password, or (--dw-sudo)."),
        ("see `dockworthy list --topic x` or --refs.", "see `dockworthy list --topic x` or --dw-refs."),
        ("--topics, --dw-topic, --no and x--topic stay.", "--topics, --dw-topic, --no and x--topic stay."),
    ],
)
def test_pytest_is_told_of_the_options_that_it_has(sentence: str, told: str) -> None:
    assert Options(argv=("pytest", "checks")).as_typed(sentence) == told
    assert Options(argv=("dockworthy", "check")).as_typed(sentence) == sentence


def test_a_host_that_is_not_reached_is_named_once(tmp_path: Path, capsys: Out) -> None:
    assert main(["collect", "ssh://127.0.0.1:1", "-o", str(tmp_path)]) == 6
    assert capsys.readouterr().err == "dockworthy: ssh://127.0.0.1:1: Connection refused.\n"
