"""The probe's reader of YAML beside PyYAML, on texts made at random from fixed seeds: the same, or nothing at all."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.harborhost import CERTIFICATE, FOLDER, KEY, harbor_host
from tests.hosts import checks_in, outcomes
from tests.probe.carrying import after_the_functions
from tests.rows import each_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

AWKS = {"mawk": ["mawk"], "gawk": ["gawk"], "busybox": ["busybox", "awk"], "original-awk": ["original-awk"]}
PROGRAM = '"$CARRY_AWK$YAML_SCANNER$YAML_PARSER$YAML_WRITER$CFG_AWK$RENDERED_AWK$YAML_MAIN"'
# Every value is told: then it can be compared.
RULES = "harbor keep: " + " ".join("/".join("*" * depth) for depth in range(1, 16))
REFUSED, NO_YAML = 62, 64
# In the place of a text that is no YAML to PyYAML either.
BROKEN = "\1"
# Of the texts that are YAML, the share that is carried.
LEAST = 0.97
WORDS = (
    *(
        "a",
        "b c",
        "80",
        "0x1f",
        "1.5",
        "yes",
        "~",
        "null",
        "<<",
        "=",
        "2001-01-02",
        "1:30",
        "http://h",
        "a:b",
        "-a",
        "?a",
        ":a",
    ),
    *(
        "é",
        "'q'",
        '"d"',
        '"a\\tb\\u0041\\x41"',
        "'it''s'",
        '"over\n  lines"',
        "'m\n\n  l'",
        "p\n  q",
        "*x",
        "&x v",
        "&y",
        "!!str 1",
    ),
    *(
        "!!int 3",
        "!!binary aGk=",
        "!!set {a, b}",
        "!own x",
        "! 12",
        "|\n  lit\n",
        "|-\n   lit\n   two\n",
        ">+\n  fo\n  ld\n\n",
    ),
    *(
        "|2\n   x\n",
        "[]",
        "{}",
        "[a, b]",
        "{a: b}",
        "{a, b: c}",
        "[a: b]",
        '{"a":b}',
        "[? x : y, z]",
        "",
        "# c",
        "a #c",
        "a# c",
    ),
    *(
        "- a",
        "? a",
        "a: b",
        ": x",
        "\t",
        "a\tb",
        "@",
        "%",
        "`",
        "---",
        "...",
        "--- a",
        "%YAML 1.1",
        "\r",
        "\r\n",
        "on",
        "08",
    ),
    *(
        "{<<: {a: 1}, b: 2}",
        "[*x]",
        '"\\\n  z"',
        "0o7",
        "1_000",
        "+1",
        ".5",
        "1e3",
        "1.e+3",
        "-.inf",
        ".nan",
        "y",
        "NULL",
        "'",
        '"',
    ),
    *(
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        "-",
        "?",
        "!",
        "!!",
        "&",
        "*",
        "|",
        ">",
        "#",
        '"k": v',
        "k :v",
        "? k\n: v",
        "&z k: v",
    ),
)
SCALARS = (
    *(
        "v",
        "v w",
        "'a b'",
        '"a\\x62"',
        "12",
        "0x1f",
        "true",
        "~",
        "",
        "1.5",
        "'it''s'",
        "é",
        "a#b",
        "a:b",
        "!!str 5",
        "! 7",
    ),
    *("2001-02-03", "on", '"\\u0041"', "!!binary aGk=", "http://x/y"),
)
EDITS = (*" \n\n\t:-?#'\"[]{},|>&*!%@\r", "  ", ": ", "- ", "\\", "")


@cache
def program() -> str:
    """The reader, as the probe's shell has it."""
    return after_the_functions(["sh"], f"printf %s {PROGRAM}").stdout.decode()


def carried(texts: Sequence[str], awk: str) -> list[str | None]:
    """The canonical form of each text; None where nothing is carried, BROKEN of what is no YAML.

    As the probe does, one process reads them one after the other, until it refuses one; the next reads on behind that.
    """
    found: list[str | None] = []
    while len(found) < len(texts):
        done = subprocess.run(
            [*AWKS[awk], program()],
            input=b"".join(b"\x010 harbor\n" + text.encode() + b"\2\n" for text in texts[len(found) :]),
            capture_output=True,
            check=False,
            timeout=300,
            env={"LC_ALL": "C", "PATH": "/usr/bin:/bin", "CARRY_RULES": RULES},
        )
        *parts, end = done.stdout.decode().split("\2")
        instead = {str(REFUSED): None, str(NO_YAML): BROKEN}
        told = [instead.get(status, text) for text, status in zip(parts[::2], _statuses(parts), strict=True)]
        found += told
        assert (done.returncode in {0, REFUSED, NO_YAML}, done.stderr, end) == (True, b"", ""), texts[len(found) - 1]
        ends = [text in {None, BROKEN} for text in told]
        assert (any(ends), any(ends[:-1])) == (done.returncode != 0, False)
        assert told
    assert len(found) == len(texts)
    return found


def words_for(text: str, awk: str) -> str:
    """What is said of a text that is no YAML; empty where nothing is."""
    done = subprocess.run(
        [*AWKS[awk], program()],
        input=b"\x010 harbor\n" + text.encode() + b"\2\n",
        capture_output=True,
        check=False,
        env={"LC_ALL": "C", "PATH": "/usr/bin:/bin", "CARRY_RULES": RULES},
    )
    status, _, notes = done.stdout.decode().split("\2")[1].partition("\n")
    return notes.strip() if status == str(NO_YAML) else ""


def _statuses(parts: Sequence[str]) -> list[str]:
    """Before its notes, each text's status."""
    return [part.partition("\n")[0] for part in parts[1::2]]


# --- texts -----------------------------------------------------------------------------------------------------------


def scraps(dice: random.Random) -> str:
    """Pieces of YAML side by side; most are none."""
    found = []
    for _ in range(dice.randint(1, 8)):
        found.append(
            " " * dice.choice([0, 0, 0, 1, 2, 4]) + dice.choice(["", "", "- ", f"k{dice.choice('abc')}: ", "? ", ": "])
        )
        found += [
            dice.choice(WORDS) + dice.choice(["", " ", " ", ": ", ", "]) for _ in range(dice.choice([1, 1, 2, 3]))
        ]
        found.append(dice.choice(["\n", "\n", "\n\n", "\r\n", " ", ""]))
    return "".join(found)


class Document:
    """A text that is YAML, in many styles."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.anchors: list[str] = []
        self.named = 0

    def text(self) -> str:
        """The whole file."""
        dice = self.dice
        start = dice.choice(["", "---", "%YAML 1.1\n---", "root:", "root:", "root:"])
        text = start + self.block(0)
        text += "...\n" if dice.random() < 0.1 else ""
        if dice.random() < 0.1:
            text = text.replace("\n", dice.choice(["\r\n", "\r"]))
        return text.rstrip("\n") if dice.random() < 0.1 else text

    def block(self, margin: int, depth: int = 0) -> str:
        """What stands after an indicator, with its line break."""
        dice, kind = self.dice, self.dice.random()
        end = dice.choice(["\n", "\n", "  # c: d\n", " #\n"])
        if self.anchors and kind < 0.08:
            return f" *{dice.choice(self.anchors)}{end}"
        self.named += 1
        name = f"a{self.named}" if dice.random() < 0.15 else ""
        body = (self._scalar if depth > 4 or kind < 0.35 else self._pick(kind))(margin, depth, end)
        # Only what is complete can be named again.
        self.anchors += [name] if name else []
        return f" &{name}{body}" if name else body

    def _pick(self, kind: float) -> Callable[[int, int, str], str]:
        if kind < 0.45:
            return self._flow
        if kind < 0.6:
            return self._lines
        return self._sequence if kind < 0.75 else self._mapping

    def _scalar(self, margin: int, _depth: int, end: str) -> str:
        more = (f'"x\\\n{" " * margin}  y"', f"'m\n\n {' ' * margin}l'", f"p\n {' ' * margin}q")
        return f" {self.dice.choice(SCALARS + more)}{end}"

    def _flow(self, margin: int, depth: int, end: str) -> str:
        return f" {self._inner(margin, depth)}{end}"

    def _inner(self, margin: int, depth: int) -> str:
        dice = self.dice
        kind = dice.random()
        if depth > 4 or kind < 0.4:
            return dice.choice([text for text in SCALARS if text])
        items = [self._inner(margin, depth + 1) for _ in range(dice.randint(0, 3))]
        if kind < 0.7:
            return "[" + dice.choice(["", " "]) + ", ".join(items) + dice.choice(["", " ", "," if items else ""]) + "]"
        names = [dice.choice(["k{}", '"k{}"', "'k{}'", "? k{}"]).format(dice.choice("abcd")) for _ in items]
        signs = [dice.choice([": ", " : ", f":\n{' ' * margin}  "]) for _ in items]
        return "{" + ", ".join(name + sign + item for name, sign, item in zip(names, signs, items, strict=True)) + "}"

    def _lines(self, margin: int, _depth: int, end: str) -> str:
        dice, space = self.dice, " " * margin
        lines = [dice.choice(["", "  x y", "  # no", "    more", "  a: b", "  \tt"]) for _ in range(dice.randint(0, 3))]
        text = "".join(f"{space}{line}\n" if line else "\n" for line in ["  first", *lines])
        return f" {dice.choice('|>')}{dice.choice(['', '-', '+'])}{end}{text}"

    def _sequence(self, margin: int, depth: int, end: str) -> str:
        below = margin + self.dice.choice([2, 2, 3])
        return end + "".join(f"{' ' * below}-{self.block(below, depth + 1)}" for _ in range(self.dice.randint(1, 3)))

    def _mapping(self, margin: int, depth: int, end: str) -> str:
        dice, below = self.dice, margin + self.dice.choice([1, 2, 4])
        text, space = end, " " * below
        for _ in range(dice.randint(1, 4)):
            name = dice.choice(["k{}", "k{}", '"k{}"', "'k{}'", "? k{}", "!!str k{}", '"\\u006b{}"']).format(
                dice.choice("abcde")
            )
            if self.anchors and dice.random() < 0.12:
                text += f"{space}<<: *{dice.choice(self.anchors)}\n"
            elif name.startswith("?"):
                text += f"{space}{name}\n{space}:{self.block(below, depth + 1)}"
            else:
                text += f"{space}{name}{dice.choice([':', ' :'])}{self.block(below, depth + 1)}"
            text += dice.choice(["\n", "# comment\n", f"{space}# c: d\n"]) if dice.random() < 0.1 else ""
        return text


def document(dice: random.Random) -> str:
    return Document(dice).text()


def edited(dice: random.Random) -> str:
    """One with a few characters lost, new or others."""
    letters = list(document(dice))
    for _ in range(dice.randint(1, 3)):
        place = dice.randrange(len(letters)) if letters else 0
        letters[place : place + dice.randint(0, 1)] = [dice.choice(EDITS)]
    return "".join(letters)


def dumped(dice: random.Random) -> str:
    """What PyYAML itself writes."""

    def value(depth: int) -> Any:
        kind = dice.random()
        if depth > 3 or kind < 0.5:
            return dice.choice(
                [None, True, 12, -1.5, "", "a", "two words", "yes", "12", "# no", "a: b", "é" * 90, " x ", "l\nm\n"]
            )
        if kind < 0.7:
            return [value(depth + 1) for _ in range(dice.randint(0, 4))]
        return {f"k{dice.choice('abcdefgh')}": value(depth + 1) for _ in range(dice.randint(0, 4))}

    return yaml.safe_dump(
        {"root": value(0)},
        default_style=dice.choice([None, None, '"', "'", "|", ">"]),
        default_flow_style=dice.choice([None, False, True]),
        width=dice.choice([20, 80]),
        indent=dice.choice([2, 4]),
        explicit_start=dice.choice([False, True]),
        allow_unicode=dice.choice([False, True]),
    )


# --- what is compared ------------------------------------------------------------------------------------------------


def agrees(told: Any, meant: Any) -> bool:
    """Whether the two are the same, but for what is hidden."""
    if isinstance(told, str) and told.rstrip("\n") == "REDACTED":
        return isinstance(meant, (str, bytes, date, set)) and bool(meant)
    if type(told) is not type(meant):
        return False
    if isinstance(told, (int, float)) and told in {0, 1}:
        return bool(told) == bool(meant)
    if isinstance(told, dict):
        return told.keys() == meant.keys() and all(agrees(told[key], meant[key]) for key in told)
    if isinstance(told, list):
        return len(told) == len(meant) and all(agrees(one, other) for one, other in zip(told, meant, strict=True))
    return bool(told == meant) or told != told  # noqa: PLR0124 - not a number


def plain_keys(value: Any) -> bool:
    """Whether every key is one whose name is told."""
    if isinstance(value, dict):
        return all(isinstance(key, str) and key.isascii() and key.isalnum() and plain_keys(value[key]) for key in value)
    return not isinstance(value, list) or all(map(plain_keys, value))


def compared(text: str, told: str | None) -> bool | None:
    """Whether it was carried, where PyYAML reads it; None where PyYAML does not."""
    try:
        meant = yaml.safe_load(text.replace("\r\n", "\n").replace("\r", "\n"))
    except (yaml.YAMLError, ValueError, LookupError, AttributeError, TypeError):
        assert told in {None, BROKEN}, f"{text!r} is no YAML, and was carried as {told!r}"
        return None
    assert told != BROKEN, f"{text!r} is YAML, and was said to be none"
    if told is not None and plain_keys(meant):
        assert agrees(yaml.safe_load(told), meant), f"{text!r}\nwas carried as {told!r}"
    return told is not None


@pytest.mark.parametrize("awk", list(AWKS))
@pytest.mark.parametrize(("make", "how_many"), [(document, 150), (dumped, 60), (edited, 100), (scraps, 100)])
def test_random_yaml_is_read_as_pyyaml_reads_it(make: Callable[[random.Random], str], how_many: int, awk: str) -> None:
    if shutil.which(AWKS[awk][0]) is None:
        pytest.skip(f"{awk} is not installed")
    dice = random.Random(f"{make.__name__} {awk}")  # noqa: S311 - texts, not secrets
    texts = [make(dice) for _ in range(how_many)]
    found = [compared(text, told) for text, told in zip(texts, carried(texts, awk), strict=True)]
    read = [outcome for outcome in found if outcome is not None]
    if make in {document, dumped}:
        assert len(read) >= 0.8 * how_many
        assert sum(read) >= LEAST * len(read)


@each_of(
    ("text", "words"),
    [
        ("a: b\n\tc: d\n", "found character '\\t' that cannot start any token, line 2, column 1"),
        ("a: b\n  c: d\n", "mapping values are not allowed here, line 2, column 4"),
        ("a: b\nc\nd: e\n", "could not find expected ':', line 3, column 1"),
        ("a: [b\nc: d\n", "expected ',' or ']', but got ':', line 2"),
        ("a: [b]]\n", "expected <block end>, but found ']', line 1"),
        ('a: "b\n', "found unexpected end of stream"),
        ("a: @b\n", "found character '@' that cannot start any token, line 1, column 4"),
        ("a: *b\n", "found undefined alias, line 1"),
        ("a: b\n---\nc: d\n", "found another document, line 2"),
        ("a: !b c\n", "could not determine a constructor for the tag, line 1"),
        ("a: {b: c\n", "expected ',' or '}', but got '<stream end>'"),
        ("- a\nb: c\n", "expected <block end>, but found '?', line 2"),
        ("a: |x\n  b\n", "expected chomping or indentation indicators"),
        ("a: 'b'c\n", "expected <block end>, but found '<scalar>', line 1"),
        ("a: \3\n", "special characters are not allowed, line 1"),
    ],
)
def test_what_is_no_yaml_is_said_in_pyyamls_words(text: str, words: str) -> None:
    awk = next(name for name in AWKS if shutil.which(AWKS[name][0]))
    with pytest.raises(yaml.YAMLError) as error:
        yaml.safe_load(text)
    assert words in words_for(text, awk)
    said = words.partition(", line")[0]
    assert said in str(error.value) or said.startswith("special"), str(error.value)


BLOCK = f"""# a comment
hostname: harbor.test
http:
  port: 80
https:
  port: 443
  certificate: {CERTIFICATE}
  private_key: {KEY}
harbor_admin_password: Harbor12345
data_volume: /data
"""
SPELLED = {
    "flow": f"{{hostname: harbor.test, https: {{port: 443, certificate: {CERTIFICATE}, private_key: {KEY}}}, "
    "harbor_admin_password: 'Harbor12345', data_volume: /data}\n",
    "json": json.dumps(
        {
            "hostname": "harbor.test",
            "https": {"port": 443, "certificate": CERTIFICATE, "private_key": KEY},
            "harbor_admin_password": "Harbor12345",
        }
    ),
    "merged": f"x: &x {{port: 443, certificate: {CERTIFICATE}, private_key: /nowhere}}\nhostname: harbor.test\n"
    f"https:\n  <<: *x\n  private_key: {KEY}\nharbor_admin_password: &p Harbor12345\n",
    "escaped": f'"host\\x6eame": !!str harbor.test\n? https\n: certificate: "{CERTIFICATE}"\n  private_key: >-\n'
    f"    {KEY}\n? harbor_admin_password\n: |-\n  Harbor12345\n",
    "twice": "hostname: localhost\n" + BLOCK,
    "crlf": BLOCK.replace("\n", "\r\n"),
}


@cache
def through_the_probe(text: str) -> tuple[str, str]:
    """A harbor.yml as the probe carries it, and what it says of the passwords."""
    call = "BODY=$1; carry filter_harbor harbor.yml; TOLD=$BODY HARBOR_NOTES=$NOTES$EDGE; harbor_named >/dev/null"
    call += '; printf "%s\\0%s" "$TOLD" "$DEFAULTS"'
    done = after_the_functions(["sh"], call, text)
    assert done.returncode == 0
    body, defaults = done.stdout.decode().split("\0")
    return body, defaults


@each_of("spelled", list(SPELLED))
def test_harbor_yml_is_judged_the_same_in_every_spelling(spelled: str) -> None:
    checks = checks_in("harbor", "certificates.py")
    verdicts = []
    for text in (BLOCK, SPELLED[spelled]):
        body, defaults = through_the_probe(text)
        assert defaults == "harbor_admin_password default\n"
        facts = harbor_host({CERTIFICATE: "rubbish", KEY: "rubbish"}, yml=body)
        verdicts.append(
            {name: {key: one.outcome for key, one in outcomes(check, facts).items()} for name, check in checks.items()}
        )
    assert verdicts[0]["harbor.hostname-set"] == {FOLDER: "pass"}
    assert verdicts[0] == verdicts[1]


@each_of(
    ("text", "said"),
    [
        (
            "harbor_admin_password: Harbor12345\ndatabase: {password: root123}\n",
            "harbor_admin_password default\ndatabase.password default\n",
        ),
        ("harbor_admin_password: ''\n", "harbor_admin_password empty\n"),
        ("harbor_admin_password:\n", "harbor_admin_password empty\n"),
        ("harbor_admin_password: 1234567\n", "harbor_admin_password set <8\n"),
        ("harbor_admin_password: ääääääää\n", "harbor_admin_password set 8-11\n"),
        ("harbor_admin_password: |\n  Harbor12345\n", "harbor_admin_password default\n"),
        ("harbor_admin_password: |\n  Harbor12345\n  more\n", "harbor_admin_password set >=12\n"),
        ("harbor_admin_password: ~\n", "harbor_admin_password empty\n"),
        ("harbor_admin_password: null # Harbor12345\n", "harbor_admin_password empty\n"),
        ("harbor_admin_password: 'null'\n", "harbor_admin_password set <8\n"),
        ("harbor_admin_password: no\n", "harbor_admin_password set <8\n"),
        *(
            (f"database: {{password: {word}}}\n", f"database.password {kind}\n")
            for word, kind in (
                *(("no", "empty"), ("Off", "empty"), ("false", "empty"), ("yes", "set <8"), ("'no'", "set <8")),
                *(("0", "empty"), ("0x0", "empty"), ("0.0", "empty"), ("10", "set <8"), ("'0'", "set <8")),
            )
        ),
        (
            "external_database: {harbor: {password: root123}, clair: {password: root1234}}\n",
            "external_database.harbor.password default\nexternal_database.clair.password set 8-11\n",
        ),
        (
            "harbor_admin_password: Harbor12345\nharbor_admin_password: another word\n",
            "harbor_admin_password set >=12\n",
        ),
        ("external_redis: {password: root123}\n", "external_redis.password set <8\n"),
        ("hostname: h\n", ""),
    ],
)
def test_of_a_password_only_its_kind_is_told(text: str, said: str) -> None:
    assert through_the_probe(text)[1] == said


LARGE = {
    "flow": "a:\n" + "".join(f"  key: {{a: [b, 'c'], d: {number}}} # e\n" for number in range(7_500)),
    "block": "a: |\n" + "  some line of a text\n" * 12_000,
    "plain": "a: b\n" + "  some words of a text\n" * 11_000,
    "quoted": 'a: "' + "x\\n" * 85_000 + '"\n',
    "list": "[" + ", ".join(f'{{"k": "v{number}"}}' for number in range(12_000)) + "]",
    "empty": "a: b\n" + "\n" * 250_000,
}


@each_of("shape", LARGE)
def test_a_large_file_is_carried(shape: str) -> None:
    """A quarter of a megabyte in each shape: what costs more than its length would never end."""
    awk = "mawk" if shutil.which("mawk") else "busybox"
    assert carried([LARGE[shape]], awk) != [None]
