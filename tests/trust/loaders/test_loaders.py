"""What a host tells of private keys in place of their bytes, and single rules of the loaders."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dockworthy.evidence import NotDecided
from dockworthy.hosttree.entry import Entry, User
from dockworthy.hosttree.keys import KeyBlock, KeyFacts
from dockworthy.trust.advice.fix import explain
from dockworthy.trust.generations import Store, generation
from dockworthy.trust.loaders.buildkit import is_local
from dockworthy.trust.verdict import judge
from dockworthy.trust.wire.client import TLS_1_0, TLS_1_2
from dockworthy.trust.x509.keypair import facts_of_key
from tests.rows import each_of
from tests.trust.host import CTR, ENGINE_26, FOLDER, STORE_26, ask, files, made, serving

Contents = dict[str, "str | bytes | Entry"]


def told(name: str) -> Entry:
    """What the probe says of a private key's file."""
    return Entry("file", None, mode=0o600, key=facts_of_key(made()[name].key_pem().encode()))


def pair(certificate: str, key: Entry) -> Contents:
    return {"ca.crt": made()["root"].pem, "c.cert": made()[certificate].pem, "c.key": key}


@pytest.mark.parametrize("who", [ENGINE_26, STORE_26, CTR])
def test_a_pair_is_judged_by_public_keys_alone(who: object) -> None:
    demand = serving(client_ca=made()["root"].pem)
    assert ask(pair("client", told("client")), demand, who=who).verdict == "ok"  # type: ignore[arg-type] # parametrized
    assert ask(pair("client", told("root")), demand, who=who).verdict == "keypair-mismatch"  # type: ignore[arg-type] # the same


def test_the_right_key_under_another_name_is_found() -> None:
    verdict = ask({**pair("client", told("root")), "client.key": told("client"), "client.cert": made()["client"].pem})
    assert verdict.verdict == "keypair-mismatch"
    assert explain(verdict).cause == f"The key of {FOLDER}/c.cert is client.key, not c.key."


def test_an_encrypted_key_is_told_by_the_host() -> None:
    locked = Entry("file", key=KeyFacts((KeyBlock("ENCRYPTED PRIVATE KEY"),), encrypted=True))
    assert ask(pair("client", locked)).verdict == "keypair-parse"


def test_a_key_of_which_the_host_could_say_nothing_is_not_decided() -> None:
    for entry in (Entry("file", key=KeyFacts((KeyBlock("PRIVATE KEY"),))), Entry("file")):
        with pytest.raises(NotDecided):
            ask(pair("client", entry))


def test_a_key_where_a_certificate_should_be_is_known_by_its_blocks() -> None:
    contents: Contents = {"ca.crt": made()["root"].pem, "c.cert": told("client"), "c.key": made()["client"].pem}
    assert ask(contents).verdict == "keypair-pem"
    both = Entry("file", key=KeyFacts((KeyBlock("CERTIFICATE"), KeyBlock("PRIVATE KEY"))))
    with pytest.raises(NotDecided, match="holds a private key, too"):
        ask({**contents, "c.cert": both})
    with pytest.raises(NotDecided, match="was not read"):
        ask({**contents, "c.cert": Entry("file")})


def test_a_private_key_named_crt_is_no_authority() -> None:
    contents: Contents = {"ca.crt": told("root")}
    assert ask(contents).verdict == "unknown-authority"
    assert ask(contents, who=CTR).verdict == "ca-unloadable"


def test_containerd_finds_a_pair_in_one_file() -> None:
    both = made()["client"].pem + made()["client"].key_pem()
    demand = serving(client_ca=made()["root"].pem)
    contents: Contents = {"ca.crt": made()["root"].pem, "c.cert": both}
    assert ask(contents, demand, who=CTR).verdict == "ok"
    assert ask(contents, demand).verdict == "missing-key"


@each_of(
    ("authority", "local"),
    [
        ("localhost", True),
        ("localhost:5000", True),
        ("127.0.0.1:5000", True),
        ("127.9.9.9", True),
        ("[::1]", True),
        ("[::1]:5000", True),
        ("localhost:", False),
        ("[::1", False),
        ("harbor.test", False),
        ("[fd00::1]:5000", False),
    ],
)
def test_what_buildkit_reaches_by_plain_http(authority: str, local: bool) -> None:
    assert is_local(authority) is local


def test_a_folder_that_may_not_be_listed_is_an_error_for_the_engine_and_absent_for_buildkit() -> None:
    contents: Contents = {FOLDER: Entry("dir", mode=0o000), "ca.crt": made()["root"].pem}
    for who, cls in ((ENGINE_26, "permission"), (STORE_26, "unknown-authority"), (CTR, "permission")):
        case = replace(ask(contents, who=who).case, tree=files(contents, User(override=False)))
        assert judge(case).verdict == cls


def test_old_engines_build_with_tls_1_0() -> None:
    old, new = (generation(version, building=True) for version in ("20.10.7", "24.0.0"))
    ancient = replace(serving(), versions=frozenset({TLS_1_0}))
    assert ask(answer=ancient, who=old).verdict in {"ok", "tls-handshake"}
    assert ask(answer=ancient, who=new).verdict == "tls-version"
    assert ask(answer=replace(serving(), versions=frozenset({TLS_1_2})), who=new).verdict == "ok"


def test_the_same_host_under_another_generation() -> None:
    """A lone key stops the classic loader and not containerd's: after the move to 29's store the pull works."""
    contents: Contents = {"ca.crt": made()["root"].pem, "server.key": told("server")}
    assert ask(contents).verdict == "missing-cert"
    assert ask(contents, who=generation("29.0.0", Store.CONTAINERD)).verdict == "ok"
    assert ask(contents, who=generation("29.0.0", Store.GRAPH)).verdict == "missing-cert"
