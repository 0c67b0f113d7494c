"""Options that are fixed when a container is made: recreated as the printed fix says, it passes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.engine.container_proofs import RECREATIONS, Recreation
from tests.engine.fixing import judged

if TYPE_CHECKING:
    from tests.engine.harness import Engine

pytestmark = pytest.mark.slow

# Addresses and tests that stand for the reader's own in what a fix prints.
_EXAMPLES = {
    "192.0.2.10": "127.0.0.1",
    "'wget -q -O /dev/null http://127.0.0.1:8080/ || exit 1'": "true",
    "source=DIR,target=DIR": "source=/opt,target=/opt",
}


def made(engine: Engine, options: str) -> None:
    engine.docker("rm", "-f", "c1", check=False)
    engine.docker("run", "-d", "--name", "c1", *options.split(), "busybox:test", "sleep", "600")


@pytest.mark.parametrize("case", RECREATIONS, ids=lambda case: case.check)
def test_a_container_that_is_recreated_as_the_fix_says_passes(engine: Engine, case: Recreation) -> None:
    engine.docker("network", "create", "apps", check=False)
    made(engine, case.bad)
    before = judged(engine, case.check, "c1")
    assert before["outcome"] == "fail", before
    printed = before["fix"]
    for example, own in _EXAMPLES.items():
        printed = printed.replace(example, own)
    assert case.good in printed
    assert case.out in printed
    made(engine, case.good)
    after = judged(engine, case.check, "c1")
    assert after["outcome"] == "pass", after
