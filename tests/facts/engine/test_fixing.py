"""Options leave a unit's command line one after another, in any order, and however often that is done."""

from __future__ import annotations

import shutil
import subprocess
from itertools import permutations

import pytest

from dockworthy.evidence import OriginKind
from dockworthy.facts.engine import EngineInputs, rebuild
from dockworthy.facts.engine.fixing import (
    command_line,
    is_whole,
    options_of,
    removal,
)
from dockworthy.facts.engine.flags import parse_arguments
from dockworthy.facts.engine.refusals import Refusal, RefusalKind, Stage
from dockworthy.hosttree.entry import Entry
from dockworthy.hosttree.tree import Tree
from tests.rows import each_of

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


@each_of(
    "word",
    [
        "--log-opt=splunk-token=REDACTED",
        "--http-proxy=http://u:xxxxx@p/",
        "--label=a\nb",
        "--exec-opt=a.b=c",
        "--log-opt=tag=x",
        "--label=a=b",
        "--https-proxy=u:pw@p:1",
    ],
)
def test_a_command_line_of_which_something_is_hidden_is_not_whole(word: str) -> None:
    arguments = ARGUMENTS[: ARGUMENTS.index("--label")]
    assert is_whole(arguments)
    assert not is_whole((*arguments, word))


def refused(content: str, *arguments: str) -> Refusal:
    files = Tree({"/etc/docker/daemon.json": Entry("file", content.encode())})
    refusal = rebuild(EngineInputs(argv=arguments, files=files)).refusal
    assert refusal is not None
    return refusal


def test_a_refusal_tells_what_it_is_about_and_the_keys() -> None:
    both = refused('{"icc": true, "hosts": ["unix:///a"], "debug": true}', "--icc=false", "-H", "fd://")
    assert (both.kind, both.keys) == (RefusalKind.FLAG_AND_FILE, ("hosts", "icc"))
    strange = refused('{"no-such": 1, "b c": 2}')
    assert (strange.kind, strange.keys) == (RefusalKind.UNKNOWN_KEYS, ("no-such", "b c"))
    for one in (both, strange):
        assert one.text.startswith("unable to configure the Docker daemon with file /etc/docker/daemon.json: ")
        assert one.origin is not None
        assert (one.origin, one.origin.kind) == ("/etc/docker/daemon.json", OriginKind.FILE)


def test_a_refusal_of_the_command_line_is_of_its_flags() -> None:
    unknown = refused("{}", "--no-such")
    assert (unknown.stage, unknown.kind, unknown.keys) == (Stage.COMMAND_LINE, RefusalKind.OTHER, ())
    assert unknown.origin is not None
    assert unknown.origin.kind is OriginKind.FLAG
    assert refused("{}", "--version").stage == Stage.NOT_A_START


@each_of(
    ("words", "told"),
    [
        (("--log-opt=splunk-url=https://c",), "--log-opt=splunk-url=<its value>"),
        (("--log-opt", "tag=secret"), "--log-opt tag=<its value>"),
        (("--log-opt=max-size=10m",), "--log-opt=max-size=10m"),
        (("--exec-opt", "native.cgroupdriver=systemd"), "--exec-opt native.cgroupdriver=systemd"),
        (("--exec-opt=0secret=x",), "--exec-opt=<its value>"),
        (("--label=a=secret",), "--label=a=<its value>"),
        (("--insecure-registry=u:pw@h:5000",), "--insecure-registry=REDACTED@h:5000"),
        (("--registry-mirror", "https://m.test"), "--registry-mirror https://m.test"),
        (("-H", "tcp://127.0.0.1:2375"), "-H tcp://127.0.0.1:2375"),
    ],
)
def test_an_option_is_told_without_a_value_that_may_be_a_secret(words: tuple[str, ...], told: str) -> None:
    (option,) = options_of(words)
    assert option.told == told


def test_the_source_of_a_setting_names_no_secret_either() -> None:
    line = parse_arguments(("--log-opt=tag=secret", "--log-opt", "max-file=3"), EngineInputs().rules)
    assert line.source("log-opt") == "dockerd --log-opt=tag=<its value> --log-opt max-file=3"
