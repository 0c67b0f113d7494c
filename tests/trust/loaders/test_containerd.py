"""The loader of containerd in the engine since 28, its hosts.toml by version, and the legacy settings on top."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dockworthy.hosttree.entry import Entry
from dockworthy.trust.advice.fix import explain
from dockworthy.trust.generations import Loader, Store, generation, tool
from dockworthy.trust.wire.server import ServerAnswer
from tests.trust.host import CERTS_D, CTR, FOLDER, HOST, STORE_26, STORE_29, ask, made, serving

CTR_2 = tool(Loader.CTR, "2.0.0", (1, 24, 4))
CTR_2_1 = tool(Loader.CTR, "2.1.0", (1, 24, 4))


def toml(text: str, **files: str) -> dict[str, str]:
    return {"hosts.toml": text, "ca.pem": made()["root"].pem, **files}


def test_a_file_without_host_tables_counts_since_containerd_2() -> None:
    contents = toml('ca = "ca.pem"\n')
    assert ask(contents, who=CTR).verdict == "unknown-authority"
    assert ask(contents, who=CTR_2).verdict == "ok"


def test_a_dial_timeout_is_read_since_containerd_2_1() -> None:
    contents = {**toml('ca = "ca.pem"\ndial_timeout = "soon"\n'), "ca.crt": made()["other"].pem}
    assert ask(contents, who=CTR_2).verdict == "ok"
    assert ask(contents, who=CTR_2_1).verdict == "unknown-authority"  # not decoded: the .crt beside it counts


def test_referrers_are_a_capability_since_containerd_2_1() -> None:
    contents = toml('ca = "ca.pem"\ncapabilities = ["pull", "resolve", "referrers"]\n')
    assert ask(contents, who=CTR_2).verdict == "unknown-authority"
    assert ask(contents, who=CTR_2_1).verdict == "ok"


def test_a_host_in_an_inline_table_has_no_place_in_the_order_since_containerd_2() -> None:
    contents = toml(f'host = {{ "https://{HOST}" = {{ ca = "ca.pem" }} }}\n')
    assert ask(contents, who=CTR).verdict == "ok"
    assert ask(contents, who=CTR_2).verdict == "unknown-authority"


def test_keys_at_the_root_are_the_servers_alone() -> None:
    contents = toml('ca = "ca.pem"\n[host."https://mirror.test"]\n')
    verdict = ask(contents, who=CTR_2, names={"mirror.test": ["192.0.2.11"]})
    assert verdict.verdict == "ok"  # the mirror is refused, the server's own entry is not


@pytest.mark.parametrize("name", ["harbor.test_5443_", "harbor.test:5443", "_default"])
def test_the_first_folder_that_exists_is_used(name: str) -> None:
    contents = {f"{CERTS_D}/{name}/ca.crt": made()["root"].pem}
    assert ask(contents, ref="harbor.test:5443/tiny:1", who=STORE_29).verdict == "ok"


def test_an_empty_folder_hides_the_default() -> None:
    contents: dict[str, str | bytes | Entry] = {
        f"{CERTS_D}/_default/ca.crt": made()["root"].pem,
        FOLDER: Entry("dir"),
    }
    assert ask(contents, who=STORE_29).verdict == "unknown-authority"


def test_a_crt_without_a_certificate_is_fatal() -> None:
    verdict = ask({"ca.crt": "nothing"}, who=STORE_29)
    assert (verdict.verdict, verdict.message) == (
        "ca-unloadable",
        f'failed to resolve reference "harbor.test/tiny:1": unable to load CA cert "{FOLDER}/ca.crt"',
    )


def test_a_lone_key_and_a_folder_named_crt_are_no_fault() -> None:
    contents: dict[str, str | bytes | Entry] = {
        "a.crt": Entry("dir"),
        "ca.crt": made()["root"].pem,
        "x.key": made()["client"].key_pem(),
    }
    assert ask(contents, who=STORE_29).verdict == "ok"


def test_a_name_on_the_loopback_is_strict_until_there_are_legacy_settings() -> None:
    wrong = serving("server")
    names = {HOST: ["127.0.0.1"]}
    assert ask({}, wrong, who=STORE_29, names=names).verdict == "name-mismatch"
    other = ask({}, wrong, who=STORE_29, names=names, insecure=["elsewhere.test"])
    assert (other.verdict, other.outcome.insecure) == ("ok", "127.0.0.0/8")


@pytest.mark.parametrize("ref", ["localhost:5000/tiny:1", "127.0.0.1:5000/tiny:1", "[::1]:5000/tiny:1"])
def test_a_literal_loopback_is_never_verified(ref: str) -> None:
    assert ask({}, serving("server"), ref=ref, who=STORE_29, names={"localhost": ["127.0.0.1"]}).verdict == "ok"


def test_a_loopback_with_plain_http_is_met() -> None:
    answer = ServerAnswer(http=True)
    assert ask({}, answer, ref="127.0.0.1:5000/tiny:1", who=STORE_29).verdict == "ok"


def test_an_insecure_registry_falls_back_to_http() -> None:
    assert ask({}, ServerAnswer(http=True), who=STORE_29, insecure=[HOST]).verdict == "ok"
    assert ask({}, ServerAnswer(http=True), who=STORE_29).verdict == "http-not-https"


def test_a_legacy_mirror_uses_the_folder_of_docker_hub() -> None:
    hub = {f"{CERTS_D}/docker.io/ca.crt": made()["root"].pem}
    own = {f"{CERTS_D}/{HOST}/ca.crt": made()["root"].pem}
    mirrors = [f"https://{HOST}"]
    names: dict[str, list[str]] = {"registry-1.docker.io": []}
    assert ask(hub, ref="tiny:1", who=STORE_29, mirrors=mirrors, names=names).verdict == "ok"
    assert ask(own, ref="tiny:1", who=STORE_29, mirrors=mirrors, names=names).verdict == "unknown-authority"
    assert ask(own, ref="tiny:1", who=STORE_26, mirrors=mirrors, names=names).verdict == "ok"


def test_the_token_service_is_asked_with_the_registrys_ca_since_29_5() -> None:
    answer = replace(serving(made()["leaf"]), realm=f"https://{HOST}/token")
    assert ask(answer=answer, who=generation("29.5.0", Store.CONTAINERD)).verdict == "ok"
    before = ask(answer=answer, who=generation("29.4.0", Store.CONTAINERD))
    assert before.verdict == "unknown-authority"
    assert "token service" in explain(before).cause


def test_rubbish_in_hosts_toml_is_an_outcome() -> None:
    for text in ("\x00", "[" * 5000, "a = " + "[" * 4000, 'host = "x"', "[host]\nx = 1", "[[host]]", "\ud800"):
        contents: dict[str, str | bytes | Entry] = {
            "hosts.toml": text.encode("utf-8", "surrogatepass"),
            "ca.crt": made()["root"].pem,
        }
        for who in (CTR, CTR_2):
            assert ask(contents, who=who).verdict in {"ok", "unknown-authority"}


def test_a_hosts_file_that_hides_the_right_ca_is_the_cause() -> None:
    contents = {"hosts.toml": f'[host."https://{HOST}"]\n', "ca.crt": made()["root"].pem}
    verdict = ask(contents, who=CTR_2)
    assert verdict.verdict == "unknown-authority"
    assert (
        explain(verdict).cause
        == f"{FOLDER}/ca.crt holds the right CA and is ignored: {FOLDER}/hosts.toml is there, and does not name it."
    )
    assert f'ca = "{FOLDER}/ca.crt"' in explain(verdict).fix


def test_a_hosts_file_that_is_not_used_is_the_cause() -> None:
    contents = toml('ca = "ca.pem"\n')
    verdict = ask(contents, who=CTR)
    assert f"{FOLDER}/hosts.toml is not used (invalid `host` tree)" in explain(verdict).cause
    assert explain(verdict).fix == f"printf '[host]\\n' >>{FOLDER}/hosts.toml"
    assert ask(toml('ca = "ca.pem"\n[host]\n'), who=CTR).verdict == "ok"


def test_the_folder_in_use_is_the_one_that_is_named() -> None:
    contents: dict[str, str | bytes | Entry] = {f"{CERTS_D}/harbor.test_5443_/ca.pem": made()["root"].pem}
    verdict = ask(contents, ref="harbor.test:5443/tiny:1", who=STORE_29)
    assert verdict.outcome.directory == f"{CERTS_D}/harbor.test_5443_"
    assert explain(verdict).fix == f"cp {CERTS_D}/harbor.test_5443_/ca.pem {CERTS_D}/harbor.test_5443_/ca.crt"


def test_docker_hub_is_not_looked_up_for_networks() -> None:
    verdict = ask({}, ServerAnswer(reach="refused"), ref="tiny:1", who=STORE_29, insecure=["10.0.0.0/8"])
    assert verdict.verdict == "refused"
