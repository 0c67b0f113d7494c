"""Which rules an engine's version brings, and what changes with an upgrade."""

from __future__ import annotations

import pytest

from dockworthy.trust.generations import (
    Generation,
    Loader,
    Store,
    generation,
    parse_version,
    store_after_upgrade,
)
from tests.trust.host import ask, made, serving
from tests.trust.pki import issue


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("26.1.5+dfsg1", (26, 1, 5)),
        ("v29.0.0-rc.1", (29, 0, 0)),
        ("docker-v29.7.2", (29, 7, 2)),
        ("20.10.24~ce", (20, 10, 24)),
        (" 28 ", (28,)),
    ],
)
def test_a_version_is_read(text: str, numbers: tuple[int, ...]) -> None:
    assert parse_version(text) == numbers


@pytest.mark.parametrize("text", ["", "latest", "x26", "9999999"])
def test_what_is_no_version_is_refused(text: str) -> None:
    if text == "9999999":
        assert parse_version(text) == (999999,)
    else:
        with pytest.raises(ValueError, match="is not a version"):
            parse_version(text)


@pytest.mark.parametrize(
    ("version", "store", "building", "loader"),
    [
        ("26.1.5", Store.GRAPH, False, Loader.CLASSIC),
        ("26.1.5", Store.CONTAINERD, False, Loader.BUILDKIT),
        ("26.1.5", Store.GRAPH, True, Loader.BUILDKIT),
        ("28.0.0", Store.GRAPH, False, Loader.CLASSIC),
        ("28.0.0", Store.CONTAINERD, False, Loader.CONTAINERD),
        ("29.0.0", Store.GRAPH, True, Loader.CONTAINERD),
    ],
)
def test_the_loader_follows_from_version_and_store(version: str, store: Store, building: bool, loader: Loader) -> None:
    assert generation(version, store, building=building).loader is loader


@pytest.mark.parametrize(
    ("now", "version", "configured", "then"),
    [
        (Store.GRAPH, "29.0.0", None, Store.GRAPH),  # graphdriver-prior
        (Store.GRAPH, "29.0.0", True, Store.CONTAINERD),
        (Store.CONTAINERD, "29.0.0", None, Store.CONTAINERD),
        (Store.CONTAINERD, "28.0.0", None, Store.GRAPH),
        (Store.CONTAINERD, "29.0.0", False, Store.GRAPH),
    ],
)
def test_an_upgrade_keeps_a_graph_driver(now: Store, version: str, configured: bool | None, then: Store) -> None:
    assert store_after_upgrade(now, version, configured=configured) is then


def test_a_common_name_counts_for_engines_of_an_old_go() -> None:
    leaf = issue("harbor.test", made()["root"])
    assert ask(answer=serving(leaf), who=generation("20.10.7")).verdict == "ok"
    assert ask(answer=serving(leaf), who=generation("20.10.8")).verdict == "cn-only"


def test_the_verification_is_named_since_go_1_20() -> None:
    wrong = {"ca.crt": made()["other"].pem}
    assert ask(wrong, who=generation("23.0.0")).message.endswith('/v2/": x509: certificate signed by unknown authority')
    assert ": tls: failed to verify certificate: x509: " in ask(wrong, who=generation("24.0.0")).message


@pytest.mark.parametrize(
    ("version", "suite", "offered"),
    [("28.5.2", 0xC013, True), ("29.0.0", 0xC013, False), ("29.4.0", 0xCCA8, False), ("29.4.1", 0xCCA8, True)],
)
def test_the_classic_suites_change_with_29(version: str, suite: int, offered: bool) -> None:
    assert (suite in generation(version).suites) is offered


def test_static_rsa_is_offered_by_builds_with_old_defaults() -> None:
    assert 0x009C in generation("28.0.0", Store.CONTAINERD).suites
    assert 0x009C not in generation("29.0.0", Store.CONTAINERD).suites


def test_short_rsa_keys_count_only_for_builds_with_old_defaults() -> None:
    assert Generation((28, 5, 2), Loader.CLASSIC, (1, 24)).rules.min_rsa_bits == 0
    assert generation("29.0.0").rules.min_rsa_bits == 1024


def test_a_missing_key_is_told_in_the_words_of_the_version() -> None:
    lone = {"ca.cert": made()["root"].pem}
    old = ask(lone, who=generation("20.10.24")).message
    assert old == (
        "missing key ca.key for client certificate ca.cert. Note that CA certificates should use the extension .crt"
    )
    new = ask(lone, who=generation("28.0.0")).message
    assert new == "missing key ca.key for client certificate ca.cert. CA certificates must use the extension .crt"
