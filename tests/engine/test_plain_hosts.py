"""Freshly installed hosts with a running engine: nothing is reported of them that is not really so."""

from __future__ import annotations

import pytest

from tests.engine.fitness import state
from tests.engine.plain import PATH, PLAIN, TOPICS


@pytest.mark.parametrize("name", PLAIN)
def test_a_plain_host_has_no_finding_above_low(name: str) -> None:
    """With a network beside the default one, and a container on it with a published port."""
    with state(engine=False) as host:
        PLAIN[name].put(host)
        host.engine.start()
        host.network("app", "10.210.0.0/24")
        host.engine.container("--network", "app", "--restart", "unless-stopped", "-p", "127.0.0.1:8080:80", name="web")
        said = host.judged(*TOPICS, env={"PATH": PATH})
    assert set(said.findings(topics=TOPICS)) == set(PLAIN[name].really_so)
