"""The probe's readers beside the texts' own: any JSON, TOML, unit and file of variables, right or wrong."""

from __future__ import annotations

import json
import random
import sys
from typing import TYPE_CHECKING, Any

import pytest

from dockworthy.facts.engine.unitfile import parse_unit_text
from dockworthy.facts.engine.unitwords import Words, parse_environment_file
from dockworthy.golang.json import parse
from dockworthy.golang.values import GoError
from dockworthy.masking import HIDDEN
from tests.probe.carrying import carried

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NUMBER = 250
KNOWN = ("log-driver", "mtu", "hosts", "log-opts", "labels", "icc", "LOG-LEVEL", "max-size", "site", "x")
CHARACTERS = '{}[]",:\\ \n\ttrufalsn0123456789.eE+-/ué'


@pytest.fixture
def dice(request: pytest.FixtureRequest) -> random.Random:
    return random.Random(request.node.name)  # noqa: S311 - no secret, and the same each time


def json_value(dice: random.Random, depth: int = 0) -> Any:
    kind = dice.randrange(8 if depth < 3 else 5)
    if kind >= 6:
        return {dice.choice(KNOWN): json_value(dice, depth + 1) for _ in range(dice.randrange(4))}
    if kind == 5:
        return [json_value(dice, depth + 1) for _ in range(dice.randrange(4))]
    words = ["local", "", "a b", 'q"\\', "é", "tab\t", "unix:///x", "1.1.1.1"]
    return [dice.choice(words), dice.randrange(-9, 2000), dice.choice([1.5, -2e9]), dice.choice([True, False]), None][
        kind
    ]


def broken(dice: random.Random, text: str) -> str:
    """The text with one character more, less or another, or cut off; or as it is."""
    at = dice.randrange(len(text) + 1)
    other = dice.choice(CHARACTERS)
    return dice.choice([text, text[:at], text[:at] + other + text[at:], text[:at] + other + text[at + 1 :]])


def refusal(text: str) -> str:
    """The class of Go's error, without the character that it names."""
    try:
        parse(text.encode())
    except GoError as error:
        said = str(error)
        return (
            said[said.rindex("'") + 1 :]
            if said.startswith("invalid character") and "expecting" not in said
            else said[:18]
        )
    return ""


def shape(value: Any) -> Any:
    """Kinds and number of what a document holds, without what is told of them."""
    if value.kind == "object":
        return [shape(item) for _, item in value.value]
    return [shape(item) for item in value.value] if value.kind == "array" else value.kind


def test_json_is_refused_for_the_same_or_has_the_same_shape(dice: random.Random, tmp_path: Path) -> None:
    texts = [broken(dice, json.dumps(json_value(dice), indent=dice.choice([None, 1]))) for _ in range(NUMBER)]
    told = carried([("filter_json", text.encode()) for text in texts], tmp_path)
    for text, data in zip(texts, told, strict=True):
        text, seen = text.strip(), data.decode()  # noqa: PLW2901 - as dockerd does
        assert refusal(seen) == refusal(text), (text, seen)
        if text and not refusal(text):
            assert shape(parse(data)) == shape(parse(text.encode())), (text, seen)


def test_what_is_harmless_in_json_is_as_it_was(dice: random.Random, tmp_path: Path) -> None:
    harmless = {"log-driver": "local", "mtu": 1412, "hosts": ["unix:///x", "fd://"], "log-opts": {"max-size": "é1m"}}
    texts = []
    for _ in range(40):
        order = dice.sample(sorted(harmless), len(harmless))
        text = json.dumps({key: harmless[key] for key in order}, ensure_ascii=dice.random() < 0.5)
        texts.append(
            "".join(f"\\u{ord(char):04x}" if char in "lomh" and dice.random() < 0.3 else char for char in text)
        )
    for text, data in zip(texts, carried([("filter_json", text.encode()) for text in texts], tmp_path), strict=True):
        assert data.decode() == text


def toml_value(dice: random.Random, depth: int = 0) -> str:
    kind = dice.randrange(9 if depth < 2 else 7)
    if kind == 8:
        members = (f"{key} = {toml_value(dice, depth + 1)}" for key in dice.sample(["a", '"b c"', "d.e", "'f'"], 2))
        return "{ " + ", ".join(members) + " }"
    if kind == 7:
        return "[" + dice.choice([", ", ",\n # c\n"]).join(toml_value(dice, depth + 1) for _ in range(3)) + "]"
    strings = ['"a\\tb\\u00e9"', "'l\\i'", '"""\nm\n"q" \\\n  n"""', "'''\nx''y'''", '""']
    return dice.choice([*strings, "1", "-1_000", "0xFf", "1.5e3", "inf", "true", "1979-05-27T07:32:00Z", "07:32:00"])


def toml_text(dice: random.Random) -> str:
    lines = ["version = 2"] + [f"{key} = {toml_value(dice)}" for key in ("state", "k.l", '"q u"')]
    for name in dice.sample(["plugins.'a.b'", "[site]", "grpc", '"x\\u0041".y', "[site]"], 3):
        lines += [f"[{name}] # c", f"address = {toml_value(dice)}", f"z = {toml_value(dice)}"]
    return dice.choice(["\n", "\r\n"]).join(lines) + "\n"


def toml_shape(value: Any) -> Any:
    if isinstance(value, dict):
        return [toml_shape(item) for item in value.values()]
    if isinstance(value, list):
        return [toml_shape(item) for item in value]
    if isinstance(value, (str, bool)):
        return value if isinstance(value, bool) else bool(value)
    return "number" if isinstance(value, (int, float)) else "time"


def loaded(text: str) -> Any:
    try:
        return tomllib.loads(text)
    except ValueError:
        return None


def test_toml_is_refused_or_has_the_same_shape(dice: random.Random, tmp_path: Path) -> None:
    texts = [toml_text(dice) for _ in range(NUMBER)]
    texts = [text if dice.random() < 0.5 else broken(dice, text) for text in texts]
    told = carried([("filter_toml", text.encode()) for text in texts], tmp_path)
    for text, data in zip(texts, told, strict=True):
        theirs, ours = loaded(text), loaded(data.decode())
        assert (ours is None) == (theirs is None), (text, data)
        if theirs is not None:
            assert toml_shape(ours) == toml_shape(theirs), (text, data)


WORDS = (
    "--icc=false",
    "--debug",
    "-D",
    "--mtu 9",
    '"--mtu=9"',
    "--data-root /srv/x",
    r"--data-\x72oot=/srv",
    "$OPTS",
    "${A}",
)
UNIT_LINES: tuple[Callable[[random.Random], str], ...] = (
    lambda _: "[Service]",
    lambda dice: f"ExecStart=/usr/bin/dockerd {' '.join(dice.sample(WORDS, 4))}",
    lambda dice: f"ExecStart = -/usr/bin/dockerd {dice.choice(WORDS)} \\\n  # c\n  {dice.choice(WORDS)}",
    lambda _: "Type=notify",
    lambda _: "  User=root  ",
    lambda _: "; c",
    lambda _: "no sign",
    lambda _: "[Install]\nWantedBy=multi-user.target",
    lambda _: 'Environment="HTTP_PROXY=http://p.example:1" NO_PROXY=a,b',
    lambda _: "",
)  # fmt: skip


def test_what_is_harmless_in_a_unit_is_read_as_it_was(dice: random.Random, tmp_path: Path) -> None:
    texts = ["\n".join(dice.choice(UNIT_LINES)(dice) for _ in range(12)) + "\n" for _ in range(NUMBER)]
    for text, data in zip(texts, carried([("filter_unit", text.encode()) for text in texts], tmp_path), strict=True):
        ours, theirs = (parse_unit_text(one, "x")[0] for one in (data.decode(), text))
        assert [(item.section, item.key, item.number) for item in ours] == [
            (item.section, item.key, item.number) for item in theirs
        ], (text, data)
        for mine, their in zip(ours, theirs, strict=True):
            split = mine.key.startswith(("Exec", "Environment"))
            assert (list(Words(mine.value)) if split else mine.value) == (
                list(Words(their.value)) if split else their.value
            )


VARIABLE_LINES: tuple[Callable[[random.Random], str], ...] = (
    lambda dice: "DOCKER_OPTS=" + dice.choice(["--debug", '"--icc=false --debug"', "'--mtu 9'"]),
    lambda _: "DOCKER_TMPDIR=/srv/\\\n  t",
    lambda _: "  HTTP_PROXY = http://p.example:1  ",
    lambda _: 'NO_PROXY="a\\\nb"',
    lambda _: "# OTHER=\\",
    lambda _: "; c",
    lambda _: 'OTHER=a b \'c\' "d\\"e"',
    lambda _: "no sign",
    lambda _: "DOCKER_API_VERSION=1'.4'\"1\"",
    lambda dice: dice.choice(["'", '"', "\\", "=", ""]),
)


def test_variables_are_read_as_they_were(dice: random.Random, tmp_path: Path) -> None:
    texts = ["\n".join(dice.choice(VARIABLE_LINES)(dice) for _ in range(8)) + "\n" for _ in range(NUMBER)]
    told = carried([("filter_environment_file", text.encode()) for text in texts], tmp_path)
    for text, data in zip(texts, told, strict=True):
        ours, theirs = (parse_environment_file(one) for one in (data.decode(), text))
        assert ours.keys() == theirs.keys(), (text, data)
        for name, value in ours.items():
            assert value == theirs[name] or HIDDEN in value, (text, data)
