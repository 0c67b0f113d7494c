"""Options leave a unit's command line one after another, in any order, and however often that is done."""

from __future__ import annotations

import shutil
import subprocess
from itertools import permutations

import pytest

from dockworthy.facts.engine.mending import (
    command_line,
    conflicting_keys,
    is_whole,
    options_of,
    removal,
    unknown_keys,
)

ARGUMENTS = (
    "--icc=true",
    "-D",
    "-l",
    "warn",
    "--insecure-registry",
    "a.test:5000",
    "--insecure-registry=a.test:5000",
    "-H",
    "fd://",
    "-Htcp://127.0.0.1:2375",
    "--label",
    "it=a 'quoted' 100% $HOME \\ one|#,~%!",
    "--label=b=[x]*.^",
)
KEYS = ("icc", "debug", "log-level", "insecure-registries", "labels")


def sed(script: str, line: str) -> str:
    done = subprocess.run(["sed", script], input=f"{line}\n", capture_output=True, check=True, encoding="utf-8")
    return done.stdout.removesuffix("\n")


def line_of(keys: set[str]) -> str:
    """The command line without these settings, as it would have been written anew."""
    return command_line("/usr/bin/dockerd", [one for one in options_of(ARGUMENTS) if one.setting not in keys])


@pytest.mark.skipif(shutil.which("sed") is None, reason="there is no sed")
@pytest.mark.parametrize("order", list(permutations(KEYS))[::17], ids=" ".join)
def test_what_is_taken_off_in_any_order_leaves_the_rest_as_it_was(order: tuple[str, ...]) -> None:
    line = line_of(set())
    gone: set[str] = set()
    for key in order:
        script = removal(options_of(ARGUMENTS, {key}))
        line = sed(script, line)
        gone.add(key)
        assert set(line.split()) == set(line_of(gone).split())
        assert sed(script, line) == line


def test_each_spelling_of_an_option_is_read_with_its_words_and_value() -> None:
    hosts = options_of(ARGUMENTS, {"hosts"})
    assert [(one.words, one.value) for one in hosts] == [
        (("-H", "fd://"), "fd://"),
        (("-Htcp://127.0.0.1:2375",), "tcp://127.0.0.1:2375"),
    ]
    assert [one.text for one in options_of(ARGUMENTS, {"log-level", "debug"})] == ["-D", "-l warn"]


def test_arguments_that_dockerd_refuses_name_no_option() -> None:
    assert options_of(("--no-such-option",)) == []


def test_a_unit_s_specifiers_variables_and_escapes_are_taken_as_they_stand() -> None:
    (option,) = options_of(("--label=x=100% $HOME \\n",))
    assert command_line("/d", [option]) == "/d '--label=x=100%% $$HOME \\\\n'"


@pytest.mark.parametrize("word", ["--log-opt=splunk-token=REDACTED", "--http-proxy=http://u:xxxxx@p/", "--label=a\nb"])
def test_a_command_line_of_which_something_is_hidden_is_not_whole(word: str) -> None:
    assert is_whole(ARGUMENTS)
    assert not is_whole((*ARGUMENTS, word))


def test_the_keys_that_a_refusal_names_are_found() -> None:
    both = "the following directives are specified both as a flag and in the configuration file: "
    assert conflicting_keys(f"x: {both}icc: (from flag: true, from file: false), hosts: (from flag: [a, b], …)") == [
        "icc",
        "hosts",
    ]
    strange = "the following directives don't match any configuration option: "
    assert unknown_keys(f"x: {strange}a, b-c") == ["a", "b-c"]
    assert unknown_keys(f"x: {strange}a, b c\nd") == []
    assert conflicting_keys("invalid logging level: loud") == unknown_keys("invalid logging level: loud") == []
