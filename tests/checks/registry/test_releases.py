"""Registries are judged by the engine's release, by the Go that it says it is built with, and by its image store."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fuzz import certs as c
from tests.fuzz.cases import pem as written
from tests.hosts import checks_in, outcomes
from tests.registryhost import REGISTRY, certs, insecure, pem, registry_host, seen
from tests.trust.builder import leaf, root

VERIFIES = checks_in("registry", "verifies.py")["trust.registry-verifies"]
STORES = {
    "graph": {},
    "containerd": {"DriverStatus": [["driver-type", "io.containerd.snapshotter.v1"]], "Driver": "overlayfs"},
}
GO = {"20.10.5": "go1.15.15", "26.1.5": "go1.24.4", "28.5.2": "go1.27.1", "29.3.0": "go1.26.10"}


def said(release: str, *parts: Any, store: str = "graph", go: str | None = None, **changes: Any) -> Any:
    """What is said of the registry on a host with such an engine."""
    server = {"Version": release, "GoVersion": GO.get(release, "go1.26") if go is None else go}
    info = {"ServerVersion": release, **STORES[store], **changes.pop("info", {})}
    facts = registry_host(*parts, version={"Server": {**server, "Components": []}}, info=info, **changes)
    return outcomes(VERIFIES, facts)[REGISTRY]


def verdict(*arguments: Any, **changes: Any) -> str:
    """The verdict's class, or the outcome where there is none."""
    found = said(*arguments, **changes)
    return str(found.observed["verdict"]) if isinstance(found.observed, dict) else found.outcome


@pytest.mark.parametrize(
    ("release", "store", "expected"),
    [
        ("26.1.5", "graph", "ok"),
        ("26.1.5", "containerd", "ok"),
        ("29.3.0", "graph", "ok"),
        ("28.5.2", "containerd", "ca-unloadable"),
        ("29.3.0", "containerd", "ca-unloadable"),
    ],
)
def test_a_file_without_a_certificate_ends_the_pull_through_containerds_loader(
    release: str, store: str, expected: str
) -> None:
    folder = certs({f"{REGISTRY}/a.crt": "no certificate\n", f"{REGISTRY}/b.crt": pem("root")})
    assert verdict(release, folder, seen(), store=store) == expected


@pytest.mark.parametrize(
    ("release", "store", "expected"),
    [("26.1.5", "graph", "missing-cert"), ("29.3.0", "graph", "missing-cert"), ("29.3.0", "containerd", "ok")],
)
def test_a_lone_key_is_passed_over_by_containerds_loader(release: str, store: str, expected: str) -> None:
    folder = certs({f"{REGISTRY}/ca.crt": pem("root"), f"{REGISTRY}/client.key": "-----BEGIN PRIVATE KEY-----\n"})
    assert verdict(release, folder, seen(), store=store) == expected


def test_a_lone_certificate_is_told_in_the_loaders_words() -> None:
    folder = certs({f"{REGISTRY}/client.cert": pem("client")})
    for release, store, words in (
        ("20.10.5", "graph", "Note that CA certificates should use the extension .crt"),
        ("29.3.0", "graph", "CA certificates must use the extension .crt"),
        ("29.3.0", "containerd", "failed to load X509 key pair: tls: found a certificate rather than a key"),
    ):
        found = said(release, folder, seen(), store=store)
        assert isinstance(found.observed, dict)
        assert words in found.observed["message"]


@pytest.mark.parametrize(
    ("release", "store", "entries", "expected"),
    [
        ("29.3.0", "graph", (), "ok"),
        ("29.3.0", "containerd", (), "unknown-authority"),
        ("29.3.0", "containerd", ("other.test",), "ok"),
        ("26.1.5", "containerd", (), "ok"),
    ],
)
def test_a_name_of_the_loopback_is_verified_by_containerds_loader_unless_something_is_insecure(
    release: str, store: str, entries: tuple[str, ...], expected: str
) -> None:
    parts = (certs({}), seen(addresses="127.0.0.1"))
    assert verdict(release, *parts, store=store, info=insecure(*entries)) == expected


def served(*, twice: bool = False, universal: bool = False) -> str:
    """A leaf that old releases of Go take: with an extension twice, or with a name in characters of four octets."""
    one = leaf()
    if universal:
        one.subject = c.name((c.ORGANIZATION, c.UNIVERSAL, b"\0\0\0x"))
    if twice:
        one.extensions.append(one.extensions[0])
    return written(one.encode()).decode()


@pytest.mark.parametrize(
    ("go", "twice", "universal", "expected"),
    [
        ("go1.15.15", True, False, "ok"),
        ("go1.24.4", True, False, "other"),
        ("go1.15.15", False, True, "ok"),
        ("go1.26.10", False, True, "other"),
        ("go1.27.1", False, True, "ok"),
    ],
)
def test_the_certificate_is_read_as_the_engines_go_reads_it(
    go: str, twice: bool, universal: bool, expected: str
) -> None:
    folder = certs({f"{REGISTRY}/ca.crt": written(root().encode()).decode()})
    parts = (folder, seen(served(twice=twice, universal=universal)))
    assert verdict("28.5.2", *parts, go=go) == expected


@pytest.mark.parametrize(
    ("release", "go", "words"),
    [
        ("28.5.2", "go1.28", "how a program of Go 1.28 judges a registry is not known"),
        ("99.0.0", "go1.26.1", "Docker Engine 99.0.0 is newer than this table"),
        ("17.06.0", "go1.15", "Docker Engine 17.06.0 is older than this table"),
    ],
)
def test_a_release_that_is_not_in_the_tables_decides_nothing(release: str, go: str, words: str) -> None:
    """Neither a pass nor a fail: it may have changed what makes it one."""
    for folder in ({}, {f"{REGISTRY}/ca.crt": pem("root")}):
        found = said(release, certs(folder), seen(), go=go)
        assert found.outcome == "error"
        assert words in str(found.reason)


def packaged(chain: str, name: str, version: str) -> str:
    """The verdict on a host whose engine does not answer, and was installed as this package."""
    folder = certs({f"{REGISTRY}/ca.crt": written(root().encode()).decode()})
    silent = {
        "docker:version": 1,
        "docker:info": 1,
        "cmd:dpkg-query": f"{name}\t{version}\tinstall ok installed\tamd64\n",
    }
    found = outcomes(VERIFIES, registry_host(folder, seen(chain), edits=silent))[REGISTRY]
    return str(found.observed["verdict"]) if isinstance(found.observed, dict) else found.outcome


@pytest.mark.parametrize(
    ("name", "version", "sound", "odd"),
    [
        ("docker-ce", "5:28.5.2-1~ubuntu.24.04~noble", "ok", "other"),  # upstream's Go is 1.24
        ("docker.io", "26.1.5+dfsg1-9", "ok", "other"),  # Debian's is, too
        ("docker.io", "28.2.2-0ubuntu1~24.04.1", "ok", "error"),  # whichever this is
    ],
)
def test_where_no_engine_says_its_go_the_package_does_or_all_that_it_may_be_must_agree(
    name: str, version: str, sound: str, odd: str
) -> None:
    assert packaged(served(), name, version) == sound
    assert packaged(served(universal=True), name, version) == odd
