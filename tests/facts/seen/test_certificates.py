"""Which certificates of a host are seen, what each is there for, and which one really signed it."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dockworthy.facts.seen.certificates import USES, seen_certificates
from tests.harborapi import api_host, said
from tests.harborhost import YML, harbor_host
from tests.hosts import host
from tests.recorded import edited
from tests.registryhost import REGISTRY, certs, registry_host, seen, tls
from tests.trust.host import NOW
from tests.trust.pki import CLIENT, Issued, issue

if TYPE_CHECKING:
    from dockworthy.facts.facts import Facts


@cache
def pki() -> dict[str, Issued]:
    """A root, what it issued, and what only looks as if it did."""
    root = issue("Root", ca=True, now=NOW)
    middle = issue("Middle", root, ca=True, now=NOW)
    other = issue("Other Root", ca=True, now=NOW, kind="rsa2048")
    return {
        "root": root,
        "middle": middle,
        "leaf": issue(REGISTRY, middle, dns=[REGISTRY], now=NOW),
        "client": issue("client", root, usages=[CLIENT], now=NOW),
        "impostor": issue("Root", ca=True, now=NOW),
        "other": other,
        # The root's own key, under another root: both are the issuer of whatever that key has signed.
        "crossed": issue("Root", other, ca=True, now=NOW, key=root.key, days=100),
        "over": issue("Root", ca=True, now=NOW, key=root.key, start=-100, days=50),
        # A root's new key, signed by its old one: issuer and subject are one name, and it did not sign itself.
        "renewed": issue("Root", root, ca=True, now=NOW),
        "unrelated": issue("Unrelated Root", ca=True, now=NOW),
    }


OLD_ROOT = """\
-----BEGIN CERTIFICATE-----
MIICJTCCAY6gAwIBAgIBATANBgkqhkiG9w0BAQUFADAuMRkwFwYDVQQKDBBkb2Nr
d29ydGh5IHRlc3RzMREwDwYDVQQDDAhPbGQgUm9vdDAeFw0yNjExMjcxNjM1MTVa
Fw00NjExMjIxNjM1MTVaMC4xGTAXBgNVBAoMEGRvY2t3b3J0aHkgdGVzdHMxETAP
BgNVBAMMCE9sZCBSb290MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC+kfVI
sK+pCEreKZcvQvoQ3UHOcAjCjiEBtqkNXJytxsjzvPgDTS1LgIVjrmgD82fO1dmm
Gz784vPXoe0zWQYZaNwL6OaDykg3ebKiS7R1M1MuPE+zfTJV2AVuxYzhYx+Nes9u
k6kcUOctEmQX0iyzeKgIAHHawK1n2SDk6pf+8QIDAQABo1MwUTAdBgNVHQ4EFgQU
Pg/ltguM78QENh5vDr6IgWPbjgswHwYDVR0jBBgwFoAUPg/ltguM78QENh5vDr6I
gWPbjgswDwYDVR0TAQH/BAUwAwEB/zANBgkqhkiG9w0BAQUFAAOBgQAnn2gH8CMj
OlNLQ5xVnMZJ2CHN092GByOj8BjztpztmDa6jXyTC3YU9dvzT9gowmDpvg/m/T1n
KJeofvm3kHsL+pkz9/owytnZV7+KgvkfZa9tBVnf6nx4nYdrb1st90QDCh4qn1EU
ZCfL0+fCh00r74bKSwCYQM670f/78RHHvQ==
-----END CERTIFICATE-----
"""


def pem(*names: str) -> str:
    return "".join(pki()[name].pem for name in names)


def listed(facts: Facts) -> list[tuple[str, str, str, str | None]]:
    """Where, what for, which, and by whom, by the names above."""
    names = {one.der: name for name, one in pki().items()}
    return [
        (one.where, one.used_for, names[one.certificate.raw], None if one.issuer is None else names[one.issuer.raw])
        for one in seen_certificates(facts)
    ]


def test_of_a_registry_there_is_what_it_serves_what_it_is_trusted_by_and_the_root_where_its_chain_ends() -> None:
    layout = {f"{REGISTRY}/ca.crt": pem("middle"), f"{REGISTRY}/client.cert": pem("client")}
    facts = registry_host(certs(layout), seen(pem("leaf", "middle")), roots=pem("unrelated", "root"))
    folder = f"/etc/docker/certs.d/{REGISTRY}"
    assert listed(facts) == [
        (f"{REGISTRY}:443", f"served by registry {REGISTRY}", "leaf", "middle"),
        (f"{REGISTRY}:443", f"served by registry {REGISTRY}", "middle", "root"),
        ("/etc/ssl/certs/ca-certificates.crt", "system root", "root", "root"),
        (f"{folder}/ca.crt", f"CA for registry {REGISTRY}", "middle", "root"),
        (f"{folder}/client.cert", f"client certificate for registry {REGISTRY}", "client", "root"),
    ]


def issuers(*names: str, roots: tuple[str, ...] = ()) -> dict[str, str | None]:
    """Who signed each certificate of a ca.crt, and of the roots that matter."""
    facts = registry_host(certs({f"{REGISTRY}/ca.crt": pem(*names)}), roots=pem(*roots))
    return {which: by for _, _, which, by in listed(facts)}


@pytest.mark.parametrize(
    ("names", "roots", "signed"),
    [
        (("leaf",), (), {"leaf": None}),
        (("middle", "impostor"), (), {"middle": None, "impostor": "impostor"}),
        (("middle",), ("impostor",), {"middle": None}),
        (("middle", "impostor", "root"), (), {"middle": "root", "impostor": "impostor", "root": "root"}),
        (("middle", "crossed"), (), {"middle": "crossed", "crossed": None}),
        (("middle", "crossed"), ("other",), {"middle": "crossed", "crossed": "other", "other": "other"}),
        (("crossed", "middle", "root"), (), {"crossed": None, "middle": "root", "root": "root"}),
        (("middle", "over", "crossed"), (), {"middle": "crossed", "over": "over", "crossed": None}),
        (("renewed",), (), {"renewed": None}),
        (("renewed", "root"), (), {"renewed": "root", "root": "root"}),
        (("other",), ("other",), {"other": "other"}),
    ],
)
def test_the_issuer_is_the_one_whose_key_made_the_signature(
    names: tuple[str, ...], roots: tuple[str, ...], signed: dict[str, str | None]
) -> None:
    assert issuers(*names, roots=roots) == signed


def test_a_server_with_two_certificates_shows_both_and_each_once() -> None:
    older = tls(pem("client"), protocol="TLSv1.2", cipher="ECDHE-RSA-AES128-GCM-SHA256")
    facts = registry_host(seen(pem("leaf", "leaf"), f"{REGISTRY}:5000", tls12=older))
    assert [(where, which) for where, _, which, _ in listed(facts)] == [
        (f"{REGISTRY}:5000", "leaf"),
        (f"{REGISTRY}:5000", "client"),
    ]


def test_a_handshake_that_was_not_had_hides_nothing_else() -> None:
    facts = registry_host(certs({f"{REGISTRY}/ca.crt": pem("root")}), seen(tls=127, tls12=127))
    assert [which for _, _, which, _ in listed(facts)] == ["root"]


def test_a_token_service_is_a_server_too() -> None:
    facts = registry_host({"realm:auth.example.com/tls": tls(pem("leaf"))})
    assert listed(facts) == [("auth.example.com:443", "served by token service auth.example.com", "leaf", None)]


@pytest.mark.parametrize(
    ("path", "use"),
    [
        ("/data/cert/harbor.test.crt", "Harbor's server certificate"),
        ("/data/secret/cert/server.crt", "Harbor's server certificate"),
        ("/data/secret/tls/core.crt", "Harbor's internal TLS"),
        ("/data/secret/tls/harbor_internal_ca.crt", "CA of Harbor's internal TLS"),
        ("/data/secret/registry/root.crt", "key of Harbor's tokens"),
        ("/data/ca_download/ca.crt", "CA that Harbor gives to download"),
        ("/opt/harbor/common/config/shared/trust-certificates/ours.crt", "CA that Harbor trusts"),
        ("/opt/harbor/ca.crt", "beside Harbor's files"),
    ],
)
def test_a_file_of_harbor_is_there_for_what_harbor_uses_it_for(path: str, use: str) -> None:
    assert listed(harbor_host({path: pem("root")}, yml=YML)) == [(path, use, "root", "root")]


def test_what_the_engine_serves_its_api_with_is_told_from_where_it_runs() -> None:
    flags = ("--tlsverify", "--tlscacert=ca.pem", "--tlscert=/etc/tls/cert.pem", "--tlskey=/etc/tls/key.pem")
    files = {"file:/ca.pem": pem("root"), "file:/etc/tls/cert.pem": pem("client")}
    assert listed(registry_host(files, arguments=flags)) == [
        ("/ca.pem", "engine TLS: CA of clients", "root", "root"),
        ("/etc/tls/cert.pem", "engine TLS: server certificate", "client", "root"),
    ]


def test_a_swarm_has_its_ca_and_its_nodes_certificate() -> None:
    folder = "/var/lib/docker/swarm/certificates"
    files = {f"file:{folder}/swarm-node.crt": pem("client"), f"file:{folder}/swarm-root-ca.crt": pem("root")}
    facts = edited("swarm", info={"Swarm": {"Cluster": {"TLSInfo": {"TrustRoot": pem("root")}}}}, sections=files)
    assert listed(facts) == [
        ("GET /info: Swarm.Cluster.TLSInfo.TrustRoot", "swarm CA", "root", "root"),
        (f"{folder}/swarm-node.crt", "swarm node", "client", "root"),
        (f"{folder}/swarm-root-ca.crt", "swarm CA", "root", "root"),
    ]


def test_roots_that_an_administrator_added_are_listed_and_a_file_that_nothing_names_is_other() -> None:
    local = "/usr/local/share/ca-certificates/ours.crt"
    facts = registry_host({f"file:{local}": pem("root"), "file:/srv/x.pem": pem("other")}, roots=pem("root", "other"))
    assert listed(facts) == [
        (local, "added to the system's roots", "root", "root"),
        ("/srv/x.pem", "other", "other", "other"),
    ]


def test_what_lies_where_no_program_looks_is_seen() -> None:
    layout = {"loose.crt": pem("root"), f"{REGISTRY}/old.pem": pem("other")}
    assert [use for _, use, _, _ in listed(registry_host(certs(layout)))] == [
        "in no registry's folder",
        f"beside the certificates of registry {REGISTRY}",
    ]


def test_a_harbor_that_was_asked_tells_the_cas_of_those_that_it_replicates_with() -> None:
    rows = [{"id": 1, "name": "mirror", "ca_certificate": pem("root")}, {"id": 2, "name": "plain"}]
    assert listed(api_host({"/registries": rows}, release="2.15.2")) == [
        ("GET /registries: mirror", "CA of a registry that Harbor replicates with", "root", "root")
    ]


def test_of_a_harbor_that_was_asked_each_node_has_the_certificate_that_it_served() -> None:
    served = {
        f"certificate:{node}": json.dumps(said(pem(which))) for node, which in (("", "leaf"), ("node2", "client"))
    }
    nodes = [{"name": f"node{number}", "host": None, "address": None} for number in (1, 2)]
    facts = api_host(edits={**served, "certificate:node1": "[]"}, nodes=nodes)
    assert listed(facts) == [
        ("harbor.example.com:443", "served by Harbor", "leaf", None),
        ("node2", "served by Harbor", "client", None),
    ]


def test_a_host_without_certificates_costs_nothing() -> None:
    facts = host({"cmd:date": "1795521600 x\n", "file:/etc/hosts": "127.0.0.1 localhost\n"})
    assert seen_certificates(facts) == []
    assert not [name for name in facts.__dict__ if not name.startswith("_") and name not in _GIVEN]


_GIVEN = {"snapshot", "asked_release", "declared", "before"}


@pytest.mark.parametrize("text", ["", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_a_file_without_a_certificate_that_can_be_read_is_none(text: str) -> None:
    assert seen_certificates(registry_host(certs({f"{REGISTRY}/ca.crt": text or 13}))) == []


def test_a_signature_that_no_program_takes_any_more_was_made_all_the_same() -> None:
    (old,) = seen_certificates(registry_host(certs({f"{REGISTRY}/ca.crt": OLD_ROOT})))
    assert old.certificate.signature_algorithm.name == "SHA1-RSA"
    assert old.issuer is old.certificate


def test_the_page_about_the_record_names_every_use() -> None:
    page = (Path(__file__).parents[3] / "docs" / "results.md").read_text()
    table = page.partition("| `used_for` | what it is |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| ([^|-][^|]*) \|", table, re.MULTILINE) == list(USES)
