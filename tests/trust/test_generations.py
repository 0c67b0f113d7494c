"""Which rules an engine's version brings, and what changes with an upgrade."""

from __future__ import annotations

import pytest

from dockworthy.evidence import NotDecided
from dockworthy.trust import generations
from dockworthy.trust.generations import (
    Loader,
    Store,
    generation,
    parse_version,
    store_after_upgrade,
)
from tests.rows import each_of
from tests.trust.host import FOLDER, ask, made, serving
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


@each_of(
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
    assert generation("28.5.2").rules.min_rsa_bits == 0
    assert generation("29.0.0").rules.min_rsa_bits == 1024


@each_of(
    ("version", "go", "known"),
    [
        ("18.9.0", (1, 13), True),
        ("29.7.2", (1, 27), True),
        ("25.0.17", (1, 26, 5), True),
        ("29.7.3", (1, 27), False),
        ("30.0.0", (1, 27), False),
        ("17.12.1", (1, 13), False),
        ("29.3.0", (1, 28), False),
        ("29.3.0", (1, 12), False),
    ],
)
def test_what_lies_beyond_the_tables_decides_nothing(version: str, go: tuple[int, ...], known: bool) -> None:
    who = generation(version, go=go)
    assert (not who.unknown) is known
    if known:
        assert ask({"ca.crt": made()["root"].pem}, who=who).verdict == "ok"
    else:
        with pytest.raises(NotDecided, match=r"is not known|than this table"):
            ask({"ca.crt": made()["root"].pem}, who=who)


@each_of(
    ("version", "go"),
    [
        ("20.10.5", (1, 13, 15)),
        ("20.10.5+dfsg1", (1, 15, 15)),
        ("26.1.5+dfsg1", (1, 24, 4)),
        ("23.0.18", (1, 23, 8)),
        ("24.0.0", (1, 20, 4)),
        ("29.3.0", (1, 25, 7)),
    ],
)
def test_the_go_is_that_of_the_build(version: str, go: tuple[int, ...]) -> None:
    assert generation(version).go == go
    assert generation(version, go=(1, 27)).go == (1, 27)


def test_a_build_of_an_unknown_go_may_be_of_any_since_upstreams() -> None:
    who = generation("28.2.2", build="28.2.2-0ubuntu1", is_upstreams=False)
    assert who.go == ()
    assert {each.go[:2] for each in who.possible} == {(1, 24), (1, 25), (1, 26), (1, 27)}
    assert generation("28.2.2").possible == (generation("28.2.2"),)


def test_a_new_release_is_rows_of_the_table_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """One with another loader for graph drivers, and without the insecure IPv6 loopback."""

    def row(name: str, value: str = "", store: str = "", since: str = "99.0.0", until: str = "") -> dict[str, str]:
        columns = {"program": "engine", "store": store, "name": name, "value": value}
        return {**columns, "since": since, "until": until}

    rows = [{**each, "until": "98"} if each["name"] == "loopback-v6" else each for each in generations._ROWS]
    rows += [row("loader", "containerd", "graph")]
    monkeypatch.setattr(generations, "_ROWS", rows)
    generations._values.cache_clear()
    try:
        who = generation("99.0.0")
        assert (who.loader, who.loopback_v6) == (Loader.CONTAINERD, False)
        assert generation("29.3.0").loopback_v6
        assert generation("29.3.0").loader is Loader.CLASSIC
    finally:
        generations._values.cache_clear()


def test_a_program_keeps_the_defaults_of_its_module() -> None:
    """28.5.2 is no Go module, 29.0 one of Go 1.24, 29.7 one of Go 1.26: with the same Go they are strict otherwise."""
    old, middle, new = (generation(version, go=(1, 27, 1)).rules for version in ("28.5.2", "29.0.0", "29.7.0"))
    assert (old.positive_serials, middle.positive_serials, new.positive_serials) == (False, True, True)
    assert (old.strict_colons, middle.strict_colons, new.strict_colons) == (False, False, True)


def test_go_1_27_offers_no_suites_of_static_rsa_whatever_the_defaults() -> None:
    store = Store.CONTAINERD
    assert 0x009C in generation("28.5.2", store, go=(1, 26)).suites
    assert 0x009C not in generation("28.5.2", store, go=(1, 27)).suites


def test_a_folder_that_is_none_is_told_in_the_words_of_the_go() -> None:
    contents = {FOLDER: "no folder"}
    assert ask(contents, who=generation("20.10.5+dfsg1")).message == "readdirent: not a directory"
    assert ask(contents, who=generation("20.10.24")).message == f"readdirent {FOLDER}: not a directory"


def test_a_missing_key_is_told_in_the_words_of_the_version() -> None:
    lone = {"ca.cert": made()["root"].pem}
    old = ask(lone, who=generation("20.10.24")).message
    assert old == (
        "missing key ca.key for client certificate ca.cert. Note that CA certificates should use the extension .crt"
    )
    new = ask(lone, who=generation("28.0.0")).message
    assert new == "missing key ca.key for client certificate ca.cert. CA certificates must use the extension .crt"
