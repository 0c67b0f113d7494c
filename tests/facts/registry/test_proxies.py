"""Which requests of the engine go through its proxy, by Go's rules."""

from __future__ import annotations

import pytest

from dockworthy.evidence import NotDecided
from dockworthy.facts.engine.proxies import proxies, proxy_for
from tests.registryhost import registry_host
from tests.rows import each_of


@each_of(
    ("exempt", "authority", "direct"),
    [
        ("", "harbor.test", False),
        ("harbor.test", "harbor.test", True),
        ("harbor.test", "harbor.test:5443", True),
        ("harbor.test", "sub.harbor.test", True),
        (".harbor.test", "harbor.test", False),
        (".harbor.test", "sub.harbor.test", True),
        ("*.harbor.test", "sub.harbor.test", True),
        ("harbor.test:5443", "harbor.test:5443", True),
        ("harbor.test:5443", "harbor.test", False),
        ("test", "harbor.test", True),
        ("arbor.test", "harbor.test", False),
        ("*", "harbor.test", True),
        ("10.0.0.0/8", "10.1.2.3:5000", True),
        ("10.0.0.0/8", "harbor.test", False),
        ("10.1.2.3", "10.1.2.3:5000", True),
        ("::1,fd00::1", "[fd00::1]:5443", True),
        ("fd00::/8", "[fd00::1]", True),
        ("x/99, ,HARBOR.test", "harbor.test", True),
        ("", "localhost:5000", True),
        ("", "127.0.0.1:5000", True),
        ("", "[::1]:5000", True),
    ],
)
def test_no_proxy_is_read_as_go_reads_it(exempt: str, authority: str, direct: bool) -> None:
    found = proxy_for({"https-proxy": "http://proxy.test:3128", "no-proxy": exempt}, authority)
    assert found == ("" if direct else "http://proxy.test:3128")


def test_the_engines_own_answer_counts_before_its_environment() -> None:
    facts = registry_host(
        info={"HttpsProxy": "http://a.test", "NoProxy": ""}, edits={"proc:812/environ": b"HTTPS_PROXY=http://b.test\0"}
    )
    assert proxies(facts).value["https-proxy"] == "http://a.test"


def test_without_either_nothing_is_known() -> None:
    with pytest.raises(NotDecided):
        _ = proxies(registry_host(edits={"proc:812/environ": 13})).value
