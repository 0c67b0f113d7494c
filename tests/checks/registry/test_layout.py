"""What lies in certs.d, judged whether or not a registry is named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.hosts import checks_in, outcome, outcomes
from tests.registryhost import CERTS_D, REGISTRY, certs, insecure, pem, registry_host, seen
from tests.rows import each_of
from tests.trust.host import made
from tests.trust.pki import CLIENT, SERVER, issue

if TYPE_CHECKING:
    from dockworthy.check import Judgement

CHECKS = checks_in("registry", "layout.py")
FOLDER = f"{CERTS_D}/{REGISTRY}"
STORE_29: dict[str, Any] = {
    "version": {"Server": {"Version": "29.1.0"}},
    "info": {"DriverStatus": [["driver-type", "io.containerd.snapshotter.v1"]]},
}


def key(name: str) -> str:
    return made()[name].key_pem()


def judged(check: str, layout: dict[str, Any], path: str | None = None, **changes: Any) -> Judgement:
    found = outcomes(CHECKS[check], registry_host(certs(layout, modes=changes.pop("modes", None)), **changes))
    return found[path] if path is not None else next(iter(found.values()))


@each_of("check", CHECKS)
def test_where_certs_d_is_absent_nothing_applies(check: str) -> None:
    facts = registry_host({f"list:{CERTS_D}": 2, "stat:certs.d": f"{CERTS_D} - absent - - - - - - - - - - -\n"})
    assert outcome(CHECKS[check], facts).outcome == "skip"


@each_of("check", CHECKS)
@each_of("status", [13, 124])
def test_where_certs_d_was_not_listed_nothing_is_decided(check: str, status: int) -> None:
    assert outcome(CHECKS[check], registry_host({f"list:{CERTS_D}": status})).outcome == "error"


@each_of("check", CHECKS)
def test_a_folder_that_the_probe_may_not_list_decides_nothing(check: str) -> None:
    sections = certs({f"{REGISTRY}/ca.crt": pem("root")}) | {f"list:{FOLDER}": 13}
    found = outcome(CHECKS[check], registry_host(sections)).outcome
    assert found == ("pass" if check == "trust.directory-name-usable" else "error")


def test_a_proper_folder_passes_all() -> None:
    """A CA and a client's pair, the key for root alone, and nothing else."""
    layout = {
        f"{REGISTRY}/ca.crt": pem("root"),
        f"{REGISTRY}/client.cert": pem("client"),
        f"{REGISTRY}/client.key": key("client"),
    }
    facts = registry_host(certs(layout, modes={f"{REGISTRY}/client.key": "0600"}), seen())
    told = {(name, one.outcome) for name, check in CHECKS.items() for one in outcomes(check, facts).values()}
    assert told == {(name, "pass") for name in CHECKS}


# --- names -----------------------------------------------------------------------------------------------------


@each_of(
    "name",
    ["harbor.test", "harbor.test:5443", "localhost", "localhost:5000", "Harbor", "10.0.0.1:5000", "[fd00::1]:5443"],
)
def test_a_name_that_references_can_have_passes(name: str) -> None:
    assert judged("trust.directory-name-usable", {f"{name}/ca.crt": pem("root")}).outcome == "pass"


@each_of(
    ("name", "better"),
    [
        ("harbor", ""),
        ("harbor.test.", "harbor.test"),
        ("*.harbor.test", ""),
        ("_default", ""),
        ("harbor.test_5443_", "harbor.test:5443"),
        ("fd00::1", "[fd00::1]"),
        ("https:harbor.test", "harbor.test"),
        ("harbor.test:", ""),
        ("docker.io", ""),
        ("index.docker.io", ""),
        ("näme.test", ""),
        ("a\nb.test", ""),
        ("\udcff.test", ""),
    ],
)
def test_a_name_that_no_reference_can_have_fails(name: str, better: str) -> None:
    found = judged("trust.directory-name-usable", {f"{name}/ca.crt": pem("root")})
    assert found.outcome == "fail"
    assert found.source == CERTS_D
    if better:
        assert found.fix is not None
        assert found.fix.split()[0] == "mv"
        assert better in found.fix


@pytest.mark.parametrize("name", ["_default", "harbor.test_5443_", "docker.io"])
def test_an_engine_that_reads_as_containerd_does_has_more_names(name: str) -> None:
    assert judged("trust.directory-name-usable", {f"{name}/ca.crt": pem("root")}, **STORE_29).outcome == "pass"


def test_a_link_that_leads_nowhere_is_judged_by_its_name() -> None:
    assert judged("trust.directory-name-usable", {"loop": ("link", "loop")}).outcome == "fail"


# --- files that nobody reads -----------------------------------------------------------------------------------


@each_of("name", ["ca.pem", "ca.cer", "CA.CRT", "client.KEY", "ca.Crt", "ca.der", "bundle.p7b", "c.p12"])
def test_a_file_that_nobody_reads_fails(name: str) -> None:
    found = judged("trust.no-ignored-files", {f"{REGISTRY}/{name}": pem("root")}, FOLDER)
    assert (found.outcome, found.observed, found.source) == ("fail", [name], FOLDER)
    assert found.fix is not None
    assert f"{FOLDER}/{name}" in found.fix


@each_of("name", ["README", "ca.crt", "v3.ext", "ca.srl", "ca.crt.bak", "ca.csr", ".hidden"])
def test_what_is_read_or_meant_for_nobody_passes(name: str) -> None:
    assert judged("trust.no-ignored-files", {f"{REGISTRY}/{name}": pem("root")}, FOLDER).outcome == "pass"


def test_a_certificate_in_certs_d_itself_fails() -> None:
    found = judged("trust.no-ignored-files", {"ca.crt": pem("root"), f"{REGISTRY}/ca.crt": pem("root")}, CERTS_D)
    assert (found.outcome, found.observed) == ("fail", ["ca.crt"])


def test_a_der_file_is_to_be_converted() -> None:
    found = judged("trust.no-ignored-files", {f"{REGISTRY}/ca.cer": made()["root"].der}, FOLDER)
    assert found.fix == (f"openssl x509 -inform DER -in {FOLDER}/ca.cer -out {FOLDER}/ca.crt && rm {FOLDER}/ca.cer")


def test_a_hostile_name_is_quoted_for_people_and_for_shells() -> None:
    found = judged("trust.no-ignored-files", {f"{REGISTRY}/$(reboot)\x1b[2J;'.pem": pem("root")}, FOLDER)
    assert found.outcome == "fail"
    assert "\x1b" not in f"{found.observed}{found.fix}"
    assert found.fix is not None
    assert found.fix.startswith("mv $'") or "'$(reboot)" not in found.fix.split("'")[0]


# --- pairs -----------------------------------------------------------------------------------------------------


def test_a_ca_named_cert_fails_and_is_to_be_renamed() -> None:
    path = f"{FOLDER}/ca.cert"
    found = judged("trust.ca-not-named-cert", {f"{REGISTRY}/ca.cert": pem("root")}, path)
    assert (found.outcome, found.observed) == ("fail", "a CA")
    assert found.fix == f"mv {path} {FOLDER}/ca.crt"
    other = judged("trust.pairs-complete", {f"{REGISTRY}/ca.cert": pem("root")}, FOLDER)
    assert (other.outcome, other.observed, other.fix) == ("fail", ["ca.cert"], found.fix)


@pytest.mark.parametrize(
    ("names", "alone"),
    [
        (("ca.crt", "ca.key"), ["ca.key"]),
        (("harbor.crt", "harbor.key", "ca.crt"), ["harbor.key"]),
        (("client.cert", "other.key"), ["client.cert", "other.key"]),
        (("client.cert", "client.key"), []),
        (("client.cert", "client.KEY"), ["client.cert"]),
    ],
)
def test_lone_halves_fail(names: tuple[str, ...], alone: list[str]) -> None:
    layout = {f"{REGISTRY}/{name}": key("client") if "key" in name.lower() else pem("client") for name in names}
    found = judged("trust.pairs-complete", layout, FOLDER)
    assert (found.outcome, found.observed) == ("fail" if alone else "pass", alone)


@pytest.mark.parametrize(
    ("certificate", "secret", "words"),
    [
        ("client", key("server"), "tls: private key does not match public key"),
        ("client", "no key\n", "tls: failed to find any PEM data in key input"),
        ("client", pem("client"), "tls: found a certificate rather than a key in the PEM for the private key"),
        ("client", made()["client"].key_pem(password=b"hunter2-canary"), "tls: failed to parse private key"),
        ("", key("client"), "tls: failed to find any PEM data in certificate input"),
    ],
)
def test_a_pair_that_the_engine_cannot_load_fails_with_its_words(certificate: str, secret: str, words: str) -> None:
    layout = {
        f"{REGISTRY}/client.cert": pem(certificate) if certificate else b"rubbish",
        f"{REGISTRY}/client.key": secret,
    }
    found = judged("trust.pairs-match", layout, f"{FOLDER}/client.cert")
    assert (found.outcome, found.observed) == ("fail", words)
    assert "hunter2" not in repr(found)


def test_a_pair_with_a_link_that_leads_nowhere_fails() -> None:
    layout = {f"{REGISTRY}/client.cert": pem("client"), f"{REGISTRY}/client.key": ("link", "gone")}
    found = judged("trust.pairs-match", layout, f"{FOLDER}/client.cert")
    assert (found.outcome, found.observed) == ("fail", f"open {FOLDER}/client.key: no such file or directory")
    assert judged("trust.ca-readable", {f"{REGISTRY}/ca.crt": ("link", "gone")}).observed == "symlink"


def test_a_key_whose_public_half_is_not_known_decides_nothing() -> None:
    layout = {f"{REGISTRY}/client.cert": pem("client"), f"{REGISTRY}/client.key": key("client")}
    sections = certs(layout)
    sections[f"key:{FOLDER}/client.key"] = "size 10\nblock PRIVATE%20KEY - ok\nencrypted no\nparses unknown\npublic -\n"
    found = outcomes(CHECKS["trust.pairs-match"], registry_host(sections))[f"{FOLDER}/client.cert"]
    assert found.outcome == "error"


@pytest.mark.parametrize("hidden", [None, 13, 124, (0, "size 10\nblock PRIV")])
def test_a_key_that_was_not_seen_decides_nothing(hidden: Any) -> None:
    layout = {f"{REGISTRY}/client.cert": pem("client"), f"{REGISTRY}/client.key": key("client")}
    facts = registry_host(certs(layout), edits={f"key:{FOLDER}/client.key": hidden})
    for check in ("trust.pairs-match", "trust.no-server-key"):
        assert {one.outcome for one in outcomes(CHECKS[check], facts).values()} == {"error"}


@each_of(
    ("content", "found"),
    [
        (pem("root"), "pass"),
        (pem("root") + pem("other"), "pass"),
        (b"", "fail"),
        (made()["root"].der, "fail"),
        ("\ufeff" + pem("root"), "fail"),
        (pem("root").replace("\n", "\r"), "fail"),
        (pem("root").replace("CERTIFICATE", "X509 CERTIFICATE"), "fail"),
        (pem("root")[:200], "fail"),
        (key("root"), "fail"),
        (27, "error"),
        (13, "error"),
    ],
    ids=range(11),
)
def test_a_crt_must_have_a_certificate_that_go_reads(content: Any, found: str) -> None:
    path = f"{FOLDER}/ca.crt"
    judgement = judged("trust.ca-readable", {f"{REGISTRY}/ca.crt": content}, path)
    assert judgement.outcome == found
    if found == "fail":
        assert judgement.source == f"{path}: certificates"
        assert judgement.fix is not None
        assert path in judgement.fix


@each_of(
    ("mode", "found"),
    [("0600", "pass"), ("0400", "pass"), ("0640", "pass"), ("0644", "fail"), ("0604", "fail"), ("0666", "fail")],
)
def test_a_key_that_others_can_read_fails(mode: str, found: str) -> None:
    path = f"{REGISTRY}/client.key"
    judgement = judged("trust.keys-private", {path: key("client")}, f"{CERTS_D}/{path}", modes={path: mode})
    assert judgement.outcome == found
    assert mode in (judgement.observed, *(judgement.observed if isinstance(judgement.observed, list) else ()))


# --- whose key -------------------------------------------------------------------------------------------------


def test_the_servers_key_on_a_client_fails_by_what_is_served() -> None:
    """The seed's recipe: the served certificate as .cert, and its key."""
    layout = {f"{REGISTRY}/{REGISTRY}.cert": pem("leaf"), f"{REGISTRY}/{REGISTRY}.key": key("leaf")}
    found = outcomes(CHECKS["trust.no-server-key"], registry_host(certs(layout), seen()))[f"{FOLDER}/{REGISTRY}.key"]
    assert (found.outcome, found.observed) == ("fail", f"that of the server {REGISTRY}")
    assert found.fix == (
        f"rm {FOLDER}/{REGISTRY}.key {FOLDER}/{REGISTRY}.cert  # only the CA's certificate (.crt) is needed here"
    )


def test_the_servers_key_fails_by_its_certificates_usage_alone() -> None:
    layout = {f"{REGISTRY}/x.cert": pem("server"), f"{REGISTRY}/x.key": key("server")}
    found = judged("trust.no-server-key", layout, f"{FOLDER}/x.key")
    assert found.outcome == "fail"
    assert "elsewhere" in str(found.observed)


def test_a_clients_key_passes_and_so_does_one_for_both_uses() -> None:
    both = issue("both", made()["root"], usages=[CLIENT, SERVER], now=None)
    for certificate, secret in ((pem("client"), key("client")), (both.pem, both.key_pem())):
        layout = {f"{REGISTRY}/x.cert": certificate, f"{REGISTRY}/x.key": secret}
        facts = registry_host(certs(layout), seen())
        assert outcomes(CHECKS["trust.no-server-key"], facts)[f"{FOLDER}/x.key"].outcome == "pass"


@pytest.mark.parametrize(("name", "found"), [("client", "pass"), ("leaf", "pass"), ("server", "fail")])
def test_a_client_pair_must_be_for_clients(name: str, found: str) -> None:
    layout = {f"{REGISTRY}/x.cert": pem(name), f"{REGISTRY}/x.key": key(name)}
    assert judged("trust.client-certificate-usage", layout, f"{FOLDER}/x.cert").outcome == found


# --- folders that are not read ---------------------------------------------------------------------------------


def test_the_folder_of_an_insecure_registry_is_not_read() -> None:
    layout = {f"{REGISTRY}/ca.crt": pem("root"), "other.test/ca.crt": pem("root")}
    facts = registry_host(certs(layout), info=insecure("harbor.test"))
    found = outcomes(CHECKS["trust.folder-in-force"], facts)
    assert found[FOLDER].outcome == "fail"
    assert found[FOLDER].observed == "not read: the registry is insecure by harbor.test"
    assert found[f"{CERTS_D}/other.test"].outcome == "pass"


def test_whether_a_network_makes_it_insecure_needs_the_address() -> None:
    layout = {f"{REGISTRY}/ca.crt": pem("root")}
    info = insecure("192.0.2.0/24")
    alone = registry_host(certs(layout), info=info)
    assert outcome(CHECKS["trust.folder-in-force"], alone).outcome == "error"
    inside = registry_host(certs(layout), seen(), info=info)
    assert outcome(CHECKS["trust.folder-in-force"], inside).observed == (
        "not read: the registry is insecure by 192.0.2.0/24"
    )


def test_containerds_loader_reads_the_folder_of_an_insecure_registry() -> None:
    facts = registry_host(
        certs({f"{REGISTRY}/ca.crt": pem("root")}),
        version=STORE_29["version"],
        info={**insecure("harbor.test"), **STORE_29["info"]},
    )
    assert outcome(CHECKS["trust.folder-in-force"], facts).outcome == "pass"


def test_hosts_toml_wins_over_the_files_beside_it() -> None:
    layout = {f"{REGISTRY}/ca.crt": pem("root"), f"{REGISTRY}/hosts.toml": 'server = "https://harbor.test"\n'}
    found = judged("trust.folder-in-force", layout, FOLDER, **STORE_29)
    assert (found.outcome, found.observed) == ("fail", "not read: hosts.toml wins, and does not name ca.crt")
    assert judged("trust.folder-in-force", layout, FOLDER).outcome == "pass"


def test_a_rootless_engine_does_not_read_etc() -> None:
    layout = {f"{REGISTRY}/ca.crt": pem("root")}
    own = "/home/dev/.config/docker/certs.d"
    facts = registry_host(
        certs(layout),
        {f"list:{own}": 2},
        uid=1000,
        info={"SecurityOptions": ["name=rootless"]},
        edits={"proc:812/environ": b"HOME=/home/dev\0ROOTLESSKIT_STATE_DIR=/run/x\0"},
    )
    found = outcomes(CHECKS["trust.folder-in-force"], facts)[FOLDER]
    assert (found.outcome, found.observed) == ("fail", f"not read: this engine runs rootless, and reads {own}")
    assert found.fix == f"mkdir -p {own}\ncp -r {FOLDER} {own}/{REGISTRY}"


# --- rubbish ---------------------------------------------------------------------------------------------------


def test_rubbish_in_the_tables_ends_in_outcomes() -> None:
    """Cut lines, wild names, tables of another kind: an outcome for each, and never a broken check."""
    sections = certs({f"{REGISTRY}/ca.crt": pem("root"), f"{REGISTRY}/client.key": key("client")})
    sections["stat:certs.d"] += f"{FOLDER}/x file\n\x00\xff\n{FOLDER}/%zz {FOLDER}/%zz file 99999 a b - - x y - - - -\n"
    sections[f"list:{FOLDER}"] += "..\n.\n%2e%2e\n%2fetc\n\x00\n%zz\n\n"
    sections[f"list:{CERTS_D}"] += "%00\nx%2fy\n"
    facts = registry_host(sections)
    for check in CHECKS.values():
        for judgement in outcomes(check, facts).values():
            assert judgement.outcome in {"pass", "fail", "error", "skip"}
            assert "broke" not in (judgement.reason or "")


@each_of("check", CHECKS)
def test_no_byte_of_a_key_comes_out(check: str) -> None:
    layout = {
        f"{REGISTRY}/c.cert": pem("client"),
        f"{REGISTRY}/c.key": key("client"),
        f"{REGISTRY}/ca.key": key("root"),
    }
    secret = key("client").splitlines()[1]
    for judgement in outcomes(CHECKS[check], registry_host(certs(layout), seen())).values():
        assert secret not in repr(judgement)
