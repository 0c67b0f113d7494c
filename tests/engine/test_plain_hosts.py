"""Freshly installed hosts with a running engine: nothing is reported of them that is not really so."""

from __future__ import annotations

import pytest

from tests.engine.plain import PLAIN, TOPICS, judged_plain


@pytest.mark.parametrize("name", PLAIN)
def test_a_plain_host_has_no_finding_above_low(name: str) -> None:
    assert set(judged_plain(name).findings(topics=TOPICS)) == set(PLAIN[name].really_so)
