"""podman's order of folders, its rules for what is in them, and registries.conf."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dockworthy.hosttree.entry import Entry, User
from dockworthy.trust.advice.fix import explain
from dockworthy.trust.loaders.podman import read_registries, registry_of, sources
from dockworthy.trust.reference import parse_engine
from dockworthy.trust.verdict import judge
from dockworthy.trust.wire.server import ServerAnswer
from tests.trust.host import HOST, PODMAN, ask, files, made, serving

HOME = "/home/app"
PLACES = [
    f"{HOME}/.config/containers/certs.d/{HOST}",
    f"/etc/containers/certs.d/{HOST}",
    f"/etc/docker/certs.d/{HOST}",
]


@pytest.mark.parametrize("place", PLACES)
def test_each_folder_is_looked_for(place: str) -> None:
    contents = {f"{place}/ca.crt": made()["root"].pem}
    assert ask(contents, who=PODMAN, home=HOME).verdict == "ok"


def test_the_first_folder_wins_even_where_it_is_empty() -> None:
    contents: dict[str, str | bytes | Entry] = {f"{PLACES[2]}/ca.crt": made()["root"].pem, PLACES[1]: Entry("dir")}
    assert ask(contents, who=PODMAN, home=HOME).verdict == "unknown-authority"


def test_a_folder_that_may_not_be_looked_into_is_passed_over() -> None:
    user = User(1000, frozenset({1000}), override=False)
    contents: dict[str, str | bytes | Entry] = {
        "/etc/containers/certs.d": Entry("dir", mode=0o700),
        f"{PLACES[1]}/x.key": "",
        f"{PLACES[2]}/ca.crt": made()["root"].pem,
    }
    case = replace(ask(contents, who=PODMAN).case, tree=files(contents, user))
    assert judge(case).verdict == "ok"


def test_a_dangling_crt_is_passed_over_and_a_lone_certificate_is_not() -> None:
    contents: dict[str, str | bytes | Entry] = {
        "a.crt": Entry("symlink", target="nowhere"),
        "ca.crt": made()["root"].pem,
    }
    assert ask(contents, who=PODMAN).verdict == "ok"
    lone = ask({"c.cert": made()["client"].pem}, who=PODMAN)
    assert lone.verdict == "missing-key"
    assert lone.message.endswith(
        "missing key c.key for client certificate c.cert. Note that CA certificates should use the extension .crt"
    )


def test_there_is_no_exception_for_the_loopback() -> None:
    assert ask({}, ref="127.0.0.1:5000/tiny:1", who=PODMAN).verdict == "no-ip-san"


def test_the_words_are_podmans() -> None:
    verdict = ask({}, who=PODMAN)
    assert verdict.message == (
        "initializing source docker://harbor.test/tiny:1: pinging container registry harbor.test: "
        'Get "https://harbor.test/v2/": tls: failed to verify certificate: '
        "x509: certificate signed by unknown authority"
    )


CONF = b"""
[[registry]]
location = "harbor.test"
[[registry]]
prefix = "harbor.test/team"
location = "other.test/x"
insecure = true
[[registry.mirror]]
location = "mirror.test"
[[registry.mirror]]
location = "digests.test"
pull-from-mirror = "digest-only"
[[registry]]
prefix = "*.example.test"
blocked = true
"""


def test_the_longest_prefix_wins() -> None:
    registries = read_registries([("/etc/containers/registries.conf", CONF)])
    found = registry_of("harbor.test/team/tiny", registries)
    assert found is not None
    assert (found.location, found.insecure) == ("other.test/x", True)
    assert registry_of("harbor.test/teams/tiny", registries) is not None
    assert registry_of("harbor.testing/tiny", registries) is None
    blocked = registry_of("a.b.example.test:5000/tiny", registries)
    assert blocked is not None
    assert blocked.blocked


def test_mirrors_come_first_and_only_for_their_kind_of_reference() -> None:
    registries = read_registries([("conf", CONF)])
    tagged = sources(parse_engine("harbor.test/team/tiny:1"), registries)
    assert [(source.authority, source.path) for source in tagged] == [
        ("mirror.test", "tiny"),
        ("other.test", "x/tiny"),
    ]
    digested = sources(parse_engine(f"harbor.test/team/tiny@sha256:{'a' * 64}"), registries)
    assert [source.authority for source in digested] == ["mirror.test", "digests.test", "other.test"]


def test_a_later_file_replaces_a_prefix() -> None:
    later = b'[[registry]]\nlocation = "harbor.test"\ninsecure = true\n'
    registries = read_registries([("a", CONF), ("b", later)])
    found = registry_of("harbor.test/tiny", registries)
    assert found is not None
    assert found.insecure
    verdict = ask({}, serving("server"), who=PODMAN, registries=registries)
    assert (verdict.verdict, verdict.outcome.insecure) == ("ok", "registries.conf: insecure")


def test_an_insecure_registry_may_speak_http_and_its_folder_is_read_all_the_same() -> None:
    registries = read_registries([("b", b'[[registry]]\nlocation = "harbor.test"\ninsecure = true\n')])
    assert ask({}, ServerAnswer(http=True), who=PODMAN, registries=registries).verdict == "ok"
    broken = ask({"x.key": ""}, ServerAnswer(http=True), who=PODMAN, registries=registries)
    assert broken.verdict == "missing-cert"


def test_a_blocked_registry_is_told() -> None:
    registries = read_registries([("conf", b'[[registry]]\nlocation = "harbor.test"\nblocked = true\n')])
    verdict = ask(who=PODMAN, registries=registries)
    assert verdict.verdict == "other"
    assert "registry harbor.test is blocked" in verdict.message
    assert explain(verdict).fix == "# Change the entry in conf"


@pytest.mark.parametrize(
    "content",
    [
        b"\xff",
        b"[[registry]]\n",
        b'[[registry]]\nlocation = "https://x"\n',
        b"registry = 5\n",
        b"[[registry]]\nlocation = 1\n",
    ],
)
def test_a_file_that_podman_refuses_is_an_error(content: bytes) -> None:
    with pytest.raises(ValueError, match="loading registries configuration conf"):
        read_registries([("conf", content)])


def test_podmans_references_have_no_addresses_in_brackets_and_no_capital_hosts() -> None:
    assert ask(ref="[fd00::1]/tiny:1", who=PODMAN).verdict == "bad-reference"
    assert ask(ref="HARBOR/tiny:1", who=PODMAN).message.endswith("repository name must be lowercase")


def test_podmans_suites_lose_cbc_with_5_7() -> None:
    assert 0xC013 in PODMAN.suites
    assert 0xC013 not in replace(PODMAN, version=(5, 7, 0)).suites
    assert 0xCCA8 not in PODMAN.suites
