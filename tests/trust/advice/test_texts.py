"""The file of fixes: each is used, each fix is a script that a shell can read, and no slot lets anything through."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

from dockworthy.trust import advice
from dockworthy.trust.advice.texts import Advice, advise, texts
from dockworthy.trust.pulls import Outcome
from tests.rows import each_of

NAMES = sorted(set(texts()) - {"shared"})
SLOT = re.compile(r"\{(\w+)")
PUT_TOGETHER = {"ca-dangling", "ca-missing", "pair-dangling", "pair-missing"}  # of a kind and what is wrong with it
HOSTILE = "/x'$(touch /tmp/never)`id`;\n\x1b[2J é"


def strings() -> set[str]:
    """Every text that stands in the code that gives advice."""
    folder = Path(advice.__file__).parent
    trees = [ast.parse(path.read_text()) for path in folder.glob("*.py")]
    found = {node.value for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    return {text for text in found if isinstance(text, str)}


def filled(name: str) -> Advice:
    """A fix with the worst text in each of its slots, but for commands, which other texts of the file make."""
    text = texts()[name]
    whole = [text["cause"], text["fix"], *texts()["shared"].values()]
    slots = {slot for each in whole for slot in SLOT.findall(each)} - set(texts()["shared"])
    return advise(name, Outcome(None, directory=HOSTILE), **{**dict.fromkeys(slots, HOSTILE), "convert": "true"})


def test_every_fix_is_one_that_the_code_names() -> None:
    assert set(NAMES) - PUT_TOGETHER <= strings()
    assert set(NAMES) >= PUT_TOGETHER


@each_of("name", NAMES)
def test_a_fix_is_harmless_whatever_the_host_calls_its_files(name: str) -> None:
    cause, fix = filled(name)
    assert cause.isprintable()
    assert cause.endswith((".", ".)"))
    assert not re.search(r"\{\w+", cause + fix)
    read = subprocess.run(["bash", "-n"], input=fix, capture_output=True, text=True, check=False)
    assert read.returncode == 0, read.stderr
    assert "\x1b" not in fix
