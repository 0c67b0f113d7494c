"""Harbor's side of TLS, from its files."""

from __future__ import annotations

import datetime as dt
import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization as ser
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

from tests.harborhost import CERTIFICATE, FOLDER, KEY, YML, harbor_host, harbor_sections
from tests.hosts import checks_in, outcome, outcomes
from tests.registryhost import registry_host, seen
from tests.rows import each_of
from tests.trust.host import NOW
from tests.trust.pki import CLIENT, SERVER, Issued, issue, new_key

if TYPE_CHECKING:
    from dockworthy.check import Judgement

CHECKS = checks_in("harbor", "certificates.py")
COPY, COPIED_KEY = "/data/secret/cert/server.crt", "/data/secret/cert/server.key"
CA = f"{FOLDER}/ca.crt"
INTERNAL = "/data/secret/tls"


def _extended(
    common_name: str,
    issuer: Issued | None,
    *,
    ca: bool,
    names: tuple[str, ...] = (),
    usages: tuple[x509.ObjectIdentifier, ...] = (SERVER,),
    information: tuple[x509.ObjectIdentifier, ...] = (),
) -> Issued:
    """A certificate with the extensions of the seed's v3.ext, or of a proper CA."""
    key = new_key("p256")
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    signer = issuer.key if issuer is not None else key
    usage = dict.fromkeys(USAGES, False) | (
        {"key_cert_sign": True, "crl_sign": True} if ca else {"digital_signature": True, "key_encipherment": True}
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer is not None else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - dt.timedelta(days=1))
        .not_valid_after(NOW + dt.timedelta(days=3650))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**usage), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()),
            critical=False,
        )
    )
    if names:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False
        )
        if usages:
            builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
    if information:
        where = x509.UniformResourceIdentifier("http://pki.test/issuer.crt")
        descriptions = [x509.AccessDescription(kind, where) for kind in information]
        builder = builder.add_extension(x509.AuthorityInformationAccess(descriptions), critical=False)
    return Issued(builder.sign(signer, hashes.SHA256()), key)


USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


@lru_cache(maxsize=1)
def made() -> dict[str, Issued]:
    root = _extended("Harbor CA", None, ca=True)
    between = _extended("Between", root, ca=True)
    return {
        "root": root,
        "between": between,
        "leaf": _extended("harbor.test", root, ca=False, names=("harbor.test",)),
        "below": _extended("harbor.test", between, ca=False, names=("harbor.test",)),
        "core": _extended("core", root, ca=False, names=("core",)),
    }


def good(**files: Any) -> dict[str, Any]:
    """The files of a proper installation; others by name."""
    leaf = made()["leaf"]
    return {
        CERTIFICATE: leaf.pem,
        KEY: leaf.key_pem(),
        COPY: leaf.pem,
        COPIED_KEY: leaf.key_pem(),
        CA: made()["root"].pem,
        **files,
    }


def judged(check: str, files: dict[str, Any], *parts: Any, yml: Any = YML, **changes: Any) -> Judgement:
    found = outcomes(CHECKS[check], harbor_host(files, *parts, yml=yml, **changes))
    return found.get(FOLDER) or next(iter(found.values()))


def test_a_proper_installation_passes_all() -> None:
    csr = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(new_key("p256"), hashes.SHA256())
    internal = {
        f"{INTERNAL}/harbor_internal_ca.crt": made()["root"].pem,
        f"{INTERNAL}/core.crt": made()["core"].pem,
        f"{INTERNAL}/core.key": made()["core"].key_pem(),
        "/data/cert/harbor.test.csr": csr.public_bytes(ser.Encoding.PEM).decode(),
    }
    facts = harbor_host({**good(), **internal}, seen(made()["leaf"].pem))
    told = {(name, one.outcome) for name, check in CHECKS.items() for one in outcomes(check, facts).values()}
    assert told == {(name, "pass") for name in CHECKS}


@each_of("check", CHECKS)
def test_where_no_harbor_is_found_nothing_applies(check: str) -> None:
    assert outcome(CHECKS[check], registry_host()).outcome == "skip"


@each_of("check", CHECKS)
@each_of("status", [13, 124, None])
def test_where_nobody_could_look_nothing_is_decided(check: str, status: int | None) -> None:
    assert outcome(CHECKS[check], registry_host(edits={"cmd:harbor-found": status})).outcome == "error"


@each_of("check", CHECKS)
@each_of(
    "yml",
    [
        13,
        27,
        62,
        63,
        "a: [",
        "a: !!bool x\n",
        "a: !!timestamp x\n",
        "a: !!int ''\n",
        "- list\n",
        "\x00\x01",
        "&a [*a]\n",
        b"\xff\xfe",
    ],
)
def test_a_harbor_yml_that_cannot_be_read_passes_nothing(check: str, yml: Any) -> None:
    found = {one.outcome for one in outcomes(CHECKS[check], harbor_host({}, yml=yml)).values()}
    assert not found & {"pass", "fail"}


# --- what harbor.yml says --------------------------------------------------------------------------------------


@pytest.mark.parametrize("block", ["https: {}", "https:", "https: null", "# https: {port: 443}"])
def test_an_empty_block_is_no_https(block: str) -> None:
    assert judged("harbor.serves-https", {}, yml=f"hostname: harbor.test\n{block}\n").outcome == "fail"


@each_of(
    ("hostname", "found"),
    [
        ("localhost", "pass"),
        ("0.0.0.0", "pass"),  # noqa: S104 - judged, never bound to
        ("node1.inside.test", "pass"),
        ("127.0.0.1", "fail"),
        ("reg.mydomain.com", "fail"),
        ("", "fail"),
    ],
)
def test_with_external_url_the_hostname_has_only_to_be_one_that_prepare_takes(hostname: str, found: str) -> None:
    yml = f"hostname: {hostname}\nexternal_url: https://hub.test\n"
    assert judged("harbor.hostname-set", {}, yml=yml).outcome == found


def test_http_alone_fails_unless_a_proxy_serves_tls() -> None:
    plain = "hostname: harbor.test\nhttp: {port: 80}\n"
    for nothing in ("", "https:\n", "https: {}\n"):
        assert judged("harbor.serves-https", {}, yml=plain + nothing).outcome == "fail"
    assert judged("harbor.serves-https", {}, yml=plain + "external_url: https://hub.test\n").outcome == "pass"
    assert judged("harbor.serves-https", {}, yml=plain + "external_url: http://hub.test\n").outcome == "fail"
    for check in ("harbor.certificate-readable", "harbor.certificate-in-date", "harbor.chain-complete"):
        assert judged(check, {}, yml=plain).outcome == "skip"


@each_of(
    ("hostname", "found"),
    [
        ("harbor.test", "pass"),
        ("10.0.0.5", "pass"),
        ("reg.mydomain.com", "fail"),
        ("localhost", "fail"),
        ("127.0.0.1", "fail"),
        ("127.0.1.1", "fail"),
        ("Localhost", "fail"),
        ("0.0.0.0", "fail"),  # noqa: S104 - judged, never bound to
        ("https://harbor.test", "fail"),
        ("", "fail"),
        ("null", "fail"),
    ],
)
def test_the_hostname_must_be_one_that_clients_can_use(hostname: str, found: str) -> None:
    assert judged("harbor.hostname-set", {}, yml=f"hostname: {hostname}\n").outcome == found


@pytest.mark.parametrize(
    ("hostname", "found"),
    [("localhost", "pass"), ("0.0.0.0", "pass"), ("127.0.0.1", "fail"), ("reg.mydomain.com", "fail")],  # noqa: S104
)
def test_beside_an_external_url_the_hostname_is_nobodys_address(hostname: str, found: str) -> None:
    yml = f"hostname: {hostname}\nexternal_url: https://harbor.test\n"
    assert judged("harbor.hostname-set", {}, yml=yml).outcome == found


@each_of(
    ("key", "checks"),
    [
        ("hostname", ("harbor.hostname-set", "harbor.certificate-covers-names")),
        ("external_url", ("harbor.serves-https", "harbor.certificate-covers-names")),
        ("certificate", ("harbor.certificate-readable", "harbor.certificate-in-date", "harbor.chain-complete")),
        ("private_key", ("harbor.certificate-readable", "harbor.certificate-matches-key")),
        ("data_volume", ("harbor.certificate-in-use", "harbor.internal-certificates")),
        ("https", ("harbor.serves-https",)),
    ],
)
@each_of("hidden", ["REDACTED", '"REDACTED\\n"'])
def test_what_the_probe_hides_is_undecided(key: str, checks: tuple[str, ...], hidden: str) -> None:
    lines = [f"{key}: {hidden}", *(line for line in YML.splitlines() if not line.strip().startswith(f"{key}:"))]
    if key in {"certificate", "private_key"}:
        lines = [f"  {lines[0]}" if line == "https:" else line for line in lines[1:]]
        lines.insert(lines.index(f"  {key}: {hidden}"), "https:")
    elif key == "https":
        lines = [line for line in lines if not line.startswith(("  port: 443", "  certificate", "  private_key"))]
    for check in checks:
        found = judged(check, good(), yml="\n".join(lines) + "\n")
        assert (check, found.outcome) == (check, "error")
        assert "the probe does not tell it" in (found.reason or "")


# --- the certificate and its key -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "fault"),
    [
        ({CERTIFICATE: 2}, {CERTIFICATE: "it is not there"}),
        ({KEY: 2}, {KEY: "it is not there"}),
        ({CERTIFICATE: b"junk"}, {CERTIFICATE: "there is no PEM certificate in it"}),
        ({KEY: b""}, {KEY: "there is no PEM private key in it"}),
        (
            {KEY: "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"},
            {KEY: "the private key in it cannot be read"},
        ),
    ],
    ids=range(5),
)
def test_files_that_nginx_cannot_use_fail(files: dict[str, Any], fault: dict[str, str]) -> None:
    found = judged("harbor.certificate-readable", good(**files))
    assert (found.outcome, found.observed) == ("fail", fault)


def test_a_key_with_a_passphrase_fails_and_the_passphrase_is_nowhere() -> None:
    found = judged("harbor.certificate-readable", good(**{KEY: made()["leaf"].key_pem(password=b"hunter2-canary")}))
    assert found.observed == {KEY: "it is protected by a passphrase, which nginx cannot ask for"}
    assert "hunter2" not in repr(found)


def test_a_path_that_is_not_set_fails() -> None:
    yml = f"hostname: harbor.test\nhttps:\n  certificate: {CERTIFICATE}\n"
    found = judged("harbor.certificate-readable", good(), yml=yml)
    assert found.observed == {f"{FOLDER}/harbor.yml: https.private_key": "it is not set"}


@each_of("status", [13, 27, 124])
@each_of(
    "check",
    [
        "harbor.certificate-readable",
        "harbor.certificate-matches-key",
        "harbor.certificate-in-date",
        "harbor.chain-complete",
    ],
)
def test_a_certificate_that_was_not_read_decides_nothing(check: str, status: int) -> None:
    assert judged(check, good(**{CERTIFICATE: status})).outcome == "error"


def test_a_certificate_is_looked_for_where_the_host_has_it() -> None:
    """Paths are the host's, also below the data volume; those of prepare's own container lead nowhere."""
    below = YML.replace("data_volume: /data", "data_volume: /srv/h")
    there = {"/srv/h/cert/x.crt": made()["leaf"].pem, "/srv/h/cert/x.key": made()["leaf"].key_pem()}
    named = below.replace(CERTIFICATE, "/srv/h/cert/x.crt").replace(KEY, "/srv/h/cert/x.key")
    assert judged("harbor.certificate-readable", there, yml=named).outcome == "pass"
    for prefix in ("/data/cert/x", "/hostfs/srv/h/cert/x"):
        crt, key = f"{prefix}.crt", f"{prefix}.key"
        inside = below.replace(CERTIFICATE, crt).replace(KEY, key)
        found = judged("harbor.certificate-readable", {**there, crt: 2, key: 2}, yml=inside)
        assert found.observed == {crt: "it is not there", key: "it is not there"}


def test_a_key_of_another_certificate_fails() -> None:
    found = judged("harbor.certificate-matches-key", good(**{KEY: made()["core"].key_pem()}))
    assert (found.outcome, found.observed) == ("fail", "the private key belongs to another certificate")
    assert found.source == f"{CERTIFICATE}, {KEY}: public keys"


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("hostname: other.test", "x509: certificate is valid for harbor.test, not other.test"),
        (
            "hostname: 10.0.0.5",
            "x509: cannot validate certificate for 10.0.0.5 because it doesn't contain any IP SANs",
        ),
        (
            "hostname: harbor.test\nexternal_url: https://hub.test:8443",
            "x509: certificate is valid for harbor.test, not hub.test",
        ),
        ("hostname: harbor.test\nexternal_url: https://harbor.test:8443/", ""),
    ],
)
def test_hostname_and_external_url_must_be_covered(lines: str, words: str) -> None:
    yml = f"{lines}\n" + YML.partition("\n")[2]
    found = judged("harbor.certificate-covers-names", good(), yml=yml)
    assert (found.outcome, found.observed) == (("fail", [words]) if words else ("pass", []))


def test_the_common_name_counts_for_nothing_and_an_address_must_stand_there_as_one() -> None:
    for host, names, addresses, found in (
        ("harbor.test", (), (), "fail"),
        ("harbor.test", ("other.test",), (), "fail"),
        ("harbor.test", ("*.test",), (), "pass"),
        ("10.0.0.5", ("10.0.0.5",), (), "fail"),
        ("10.0.0.5", (), ("10.0.0.5",), "pass"),
    ):
        leaf = issue(host, made()["root"], dns=names, ips=addresses, now=NOW)
        yml = f"hostname: {host}\n" + YML.partition("\n")[2]
        told = judged("harbor.certificate-covers-names", good(**{CERTIFICATE: leaf.pem}), yml=yml)
        assert (host, names, addresses, told.outcome) == (host, names, addresses, found)


def test_without_extended_usages_a_certificate_is_for_any_use() -> None:
    for usages, found in (((), "pass"), ((SERVER,), "pass"), ((CLIENT, SERVER), "pass"), ((CLIENT,), "fail")):
        leaf = _extended("harbor.test", made()["root"], ca=False, names=("harbor.test",), usages=usages)
        assert judged("harbor.certificate-usage", good(**{CERTIFICATE: leaf.pem})).outcome == found


def test_every_certificate_in_the_file_must_be_in_date() -> None:
    between = issue("Between", made()["root"], ca=True, start=-100, days=102, now=NOW)
    leaf = issue("harbor.test", between, dns=["harbor.test"], now=NOW)
    found = judged("harbor.certificate-in-date", good(**{CERTIFICATE: leaf.pem + between.pem}))
    assert (found.outcome, judged("harbor.certificate-in-date", good(**{CERTIFICATE: leaf.pem})).outcome) == (
        "fail",
        "pass",
    )


@pytest.mark.parametrize(
    ("days", "in_date", "renewal"),
    [(100, "pass", "pass"), (20, "pass", "fail"), (2, "fail", "fail"), (-5, "fail", "fail")],
)
def test_dates_are_compared_with_the_profiles_thresholds(days: int, in_date: str, renewal: str) -> None:
    leaf = issue("harbor.test", dns=["harbor.test"], start=-50, days=50 + days, now=NOW)
    files = good(**{CERTIFICATE: leaf.pem, KEY: leaf.key_pem()})
    assert judged("harbor.certificate-in-date", files).outcome == in_date
    assert judged("harbor.certificate-renewal", files).outcome == renewal


def test_a_certificate_without_the_seeds_extensions_fails() -> None:
    bare = issue("harbor.test", made()["root"], now=NOW)
    found = judged("harbor.certificate-usage", good(**{CERTIFICATE: bare.pem}))
    assert found.observed == ["there is no subjectAltName", "there is no authorityKeyIdentifier"]
    weak = issue("harbor.test", made()["root"], dns=["harbor.test"], kind="rsa1024", now=NOW)
    assert "its key is weak (RSA 1024)" in str(
        judged("harbor.certificate-usage", good(**{CERTIFICATE: weak.pem})).observed
    )


def test_an_ca_that_was_made_anew_is_noticed() -> None:
    again = _extended("Harbor CA", None, ca=True)
    found = judged("harbor.certificate-usage", good(**{CA: again.pem}))
    assert found.observed == [f"authorityKeyIdentifier is not the key of {CA}: the CA was made anew since"]


# --- the chain -------------------------------------------------------------------------------------------------


@each_of(
    ("chain", "more", "found"),
    [
        (("below", "between"), {}, "pass"),
        (("below", "between", "root"), {}, "pass"),
        (("below",), {}, "error"),
        (("below",), {f"{FOLDER}/between.crt": "between"}, "fail"),
        (("between", "below"), {}, "fail"),
        (("root", "leaf"), {}, "fail"),
        (("leaf", "between"), {}, "fail"),
        (("leaf",), {}, "pass"),
    ],
)
def test_the_chain_must_be_whole_and_in_order(chain: tuple[str, ...], more: dict[str, str], found: str) -> None:
    text = "".join(made()[name].pem for name in chain)
    files = good(**{CERTIFICATE: text, **{path: made()[name].pem for path, name in more.items()}})
    assert judged("harbor.chain-complete", files).outcome == found


def test_an_issuer_that_the_certificate_says_where_to_have_is_missing() -> None:
    ocsp, issuers = AuthorityInformationAccessOID.OCSP, AuthorityInformationAccessOID.CA_ISSUERS
    for issuer, information, more, found in (
        ("between", (issuers,), {}, "fail"),
        ("between", (ocsp, issuers), {}, "fail"),
        ("between", (ocsp,), {}, "error"),
        ("between", (), {}, "error"),
        ("root", (issuers,), {}, "pass"),  # the root lies beside it, and need not be served
        ("root", (issuers,), {CA: 2}, "fail"),
    ):
        leaf = _extended("harbor.test", made()[issuer], ca=False, names=("harbor.test",), information=information)
        told = judged("harbor.chain-complete", good(**{CERTIFICATE: leaf.pem, **more}))
        assert (issuer, information, told.outcome) == (issuer, information, found)


def test_an_issuer_that_has_the_name_and_did_not_sign_fails() -> None:
    again = _extended("Between", made()["root"], ca=True)
    found = judged("harbor.chain-complete", good(**{CERTIFICATE: made()["below"].pem + again.pem}))
    assert found.outcome == "fail"
    assert "did not sign" in str(found.observed)


# --- what is served --------------------------------------------------------------------------------------------


def test_a_copy_that_prepare_made_before_the_renewal_fails() -> None:
    old = _extended("harbor.test", made()["root"], ca=False, names=("harbor.test",))
    found = judged("harbor.certificate-in-use", good(**{COPY: old.pem}))
    assert (found.outcome, found.observed, found.source) == ("fail", "another", f"{COPY}, compared with {CERTIFICATE}")
    assert found.fix == f"cd {FOLDER} && ./prepare && docker compose down && docker compose up -d"
    assert judged("harbor.certificate-in-use", good(**{COPY: 13})).outcome == "error"
    assert judged("harbor.certificate-in-use", good(**{COPY: 2})).outcome == "skip"


def test_another_certificate_on_the_wire_fails() -> None:
    old = _extended("harbor.test", made()["root"], ca=False, names=("harbor.test",))
    found = judged("harbor.certificate-in-use", good(), seen(old.pem))
    assert (found.outcome, found.observed) == ("fail", "another")
    assert judged("harbor.certificate-in-use", good(), seen(made()["leaf"].pem)).outcome == "pass"


# --- keys, CAs, requests -------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["0644", "0604", "0666", "0660"])
def test_a_key_that_others_can_read_fails(mode: str) -> None:
    files = good(**{f"{FOLDER}/ca.key": made()["root"].key_pem()})
    facts = harbor_host(files, modes={f"{FOLDER}/ca.key": mode})
    found = outcomes(CHECKS["harbor.keys-private"], facts)
    assert {path: one.outcome for path, one in found.items()} == {
        KEY: "pass",
        COPIED_KEY: "pass",
        f"{FOLDER}/ca.key": "fail",
    }


def test_the_seeds_ca_lacks_its_key_usage() -> None:
    """``openssl req -x509`` as the recipe has it: CA:TRUE, and no keyUsage."""
    bare = issue("k8scat.com", ca=True, kind="rsa2048", now=NOW)
    found = outcomes(CHECKS["harbor.authority-sound"], harbor_host(good(**{CA: bare.pem})))[CA]
    assert found.outcome == "fail"
    assert found.observed == [
        "there is no keyUsage: newer clients (Python 3.13) refuse such a CA",
        "there is no subjectKeyIdentifier",
    ]


def test_an_ca_that_ends_soon_fails() -> None:
    soon = issue("CA", ca=True, start=-300, days=310, now=NOW)
    assert outcomes(CHECKS["harbor.authority-in-date"], harbor_host(good(**{CA: soon.pem})))[CA].outcome == "fail"


@pytest.mark.parametrize(
    ("kind", "faults"), [("rsa2048", []), ("rsa1024", ["its key is weak (RSA 1024)"]), ("p256", [])]
)
def test_a_request_is_judged_by_its_key_and_digest(kind: str, faults: list[str]) -> None:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "harbor.test")])
    csr = x509.CertificateSigningRequestBuilder().subject_name(name).sign(new_key(kind), hashes.SHA256())
    path = f"{FOLDER}/harbor.test.csr"
    facts = harbor_host(good(**{path: csr.public_bytes(ser.Encoding.PEM).decode()}))
    assert outcomes(CHECKS["harbor.request-sound"], facts)[path].observed == faults


@pytest.mark.parametrize(
    "content", [b"junk", "-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n-----END CERTIFICATE REQUEST-----\n"]
)
def test_a_request_that_is_none_fails(content: Any) -> None:
    path = f"{FOLDER}/harbor.test.csr"
    assert outcomes(CHECKS["harbor.request-sound"], harbor_host(good(**{path: content})))[path].outcome == "fail"


# --- internal TLS ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"core.crt": "leaf", "core.key": "leaf"}, "x509: certificate is valid for harbor.test, not core"),
        ({"core.crt": "core", "core.key": "leaf"}, "private key does not match public key"),
        ({"core.crt": "core"}, "its key /data/secret/tls/core.key is not there"),
    ],
)
def test_internal_certificates_must_name_their_service_and_match_their_key(files: dict[str, str], words: str) -> None:
    content = {
        f"{INTERNAL}/{name}": made()[who].key_pem() if name.endswith(".key") else made()[who].pem
        for name, who in files.items()
    }
    found = outcomes(CHECKS["harbor.internal-certificates"], harbor_host(good(**content)))[f"{INTERNAL}/core.crt"]
    assert found.outcome == "fail"
    assert words in str(found.observed)


def test_an_internal_certificate_that_ends_soon_fails() -> None:
    soon = issue("core", made()["root"], dns=["core"], start=-350, days=365, now=NOW)
    content = {f"{INTERNAL}/core.crt": soon.pem, f"{INTERNAL}/core.key": soon.key_pem()}
    found = outcomes(CHECKS["harbor.internal-certificates"], harbor_host(good(**content)))[f"{INTERNAL}/core.crt"]
    assert found.outcome == "fail"
    assert '"days_left": 15' in json.dumps(found.observed)


@pytest.mark.parametrize(("version", "judged_too"), [("2.8.0", True), ("2.9.0", False), ("2.15.0", False)])
def test_what_an_older_release_left_is_judged_only_where_its_service_is(version: str, judged_too: bool) -> None:
    over = issue("notary-server", made()["root"], dns=["notary-server"], start=-800, days=365, now=NOW)
    core = issue("core", made()["root"], dns=["core"], now=NOW)
    content = {f"{INTERNAL}/notary_server.crt": over.pem, f"{INTERNAL}/notary_server.key": over.key_pem()}
    content |= {f"{INTERNAL}/core.crt": core.pem, f"{INTERNAL}/core.key": core.key_pem()}
    facts = harbor_host(good(**content), yml=f"{YML}_version: {version}\n")
    found = {path: one.outcome for path, one in outcomes(CHECKS["harbor.internal-certificates"], facts).items()}
    assert found[f"{INTERNAL}/core.crt"] == "pass"
    assert found.get(f"{INTERNAL}/notary_server.crt") == ("fail" if judged_too else None)


# --- old installations, and rubbish ----------------------------------------------------------------------------


def test_a_harbor_cfg_is_read_as_well() -> None:
    cfg = f"hostname = harbor.test\nui_url_protocol = https\nssl_cert = {CERTIFICATE}\nssl_cert_key = {KEY}\n"
    sections = harbor_sections(good(), yml=2)
    sections[f"file:{FOLDER}/harbor.cfg"] = cfg
    facts = registry_host(sections)
    for check in ("harbor.serves-https", "harbor.certificate-matches-key", "harbor.certificate-covers-names"):
        assert outcome(CHECKS[check], facts).outcome == "pass"


@each_of("check", CHECKS)
def test_rubbish_ends_in_outcomes_and_no_key_comes_out(check: str) -> None:
    yml = "hostname: [1, {a: 2}]\nhttps: {certificate: 7, private_key: [], port: x}\nexternal_url: 'http://[::1'\n"
    secret = made()["leaf"].key_pem().splitlines()[1]
    for text in (yml, YML):
        files = good(**{"/data/secret/tls/\udcff.crt": b"x", f"{FOLDER}/\n.csr": b"y"})
        sections = harbor_sections({path: what for path, what in files.items() if "\n" not in path}, yml=text)
        sections[f"stat:harbor{FOLDER}"] += "x y\n/data/%00 - file\n"
        for judgement in outcomes(CHECKS[check], registry_host(sections)).values():
            assert judgement.outcome in {"pass", "fail", "error", "skip"}
            assert "broke" not in (judgement.reason or "")
            assert secret not in repr(judgement)
