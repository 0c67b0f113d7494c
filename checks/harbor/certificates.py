"""Harbor's side of TLS, from its files: what harbor.yml names, what prepare made of it, and what it was made from."""

from __future__ import annotations

from typing import Any

from dockworthy.check import check, expect, fix_with, instances, not_applicable, not_decided
from dockworthy.evidence import NotDecided
from dockworthy.facts.facts import Facts
from dockworthy.facts.harbor.installed.config import Harbor, HarborInstallation, installations, is_template
from dockworthy.facts.harbor.settings.blocks import is_loopback
from dockworthy.facts.harbor.settings.certificates import (
    ca_faults,
    cas,
    certificate_file,
    chain_faults,
    internal_faults,
    internal_paths,
    issuer_faults,
    key_file,
    key_paths,
    name_faults,
    pair_fault,
    read_request,
    readable_faults,
    requests,
    server_certificates,
    server_faults,
)
from dockworthy.facts.registry.certsd import CertFile
from dockworthy.facts.registry.dates import Lifetime, lifetimes
from dockworthy.facts.registry.layout import CertificateSource
from dockworthy.facts.registry.served import handshake
from dockworthy.trust.advice.wording import shell

_NONE = "no Harbor is installed on this host"
_DOCS = ("harbor:configure-https",)
_PREPARE = "./prepare && docker compose down && docker compose up -d"
_SHOWN = 20


def _again(harbor: HarborInstallation) -> str:
    return f"cd {shell(harbor.folder)} && {_PREPARE}"


def _json(found: list[Lifetime]) -> list[dict[str, object]]:
    return [lifetime.as_json() for lifetime in found[:_SHOWN]]


@check(
    "harbor.serves-https",
    severity="high",
    refs=(*_DOCS, "harbor:prepare"),
    fix="# in {param}/harbor.yml: https: {port: 443, certificate: …, private_key: …}; then, in that folder:\n"
    + _PREPARE,
    each=instances("harbor", installations, none=_NONE),
)
def check_serves_https(harbor: HarborInstallation) -> None:
    """Harbor is reached by TLS: its own, or that of a proxy before it.

    Without TLS every login sends the password in clear, and every engine needs an entry in insecure-registries.
    `prepare` only warns.
    """
    outside = harbor.external_url.value
    if not harbor.serves_https.value and outside:
        expect(harbor.external_url).satisfies(lambda url: url.lower().startswith("https://"), "https://…")
        return
    expect(harbor.serves_https, shown=lambda is_on: "https" if is_on else "http alone").equals(True)


@check(
    "harbor.hostname-set",
    severity="high",
    refs=("harbor:prepare",),
    fix="# in {param}/harbor.yml: hostname: the name that clients use; then, in that folder:\n" + _PREPARE,
    each=instances("harbor", installations, none=_NONE),
)
def check_hostname_set(harbor: HarborInstallation) -> None:
    """Harbor's hostname is a name that its clients can use.

    `localhost`, `127.0.0.1` and its like, `0.0.0.0`, an address with a scheme or the template's name lead clients to
    themselves or nowhere; `prepare` refuses only two of them. Where external_url is set, clients use that, and hostname
    need only be set.
    """
    unset = {"", "None", "null", "127.0.0.1"}
    if harbor.external_url.value:
        expect(harbor.hostname).satisfies(
            lambda name: name not in unset and not is_template(name), "any name but the template's: external_url counts"
        )
        return
    expect(harbor.hostname).satisfies(
        lambda name: name not in unset and not is_template(name) and "/" not in name and not is_loopback(name),
        "the name or address that clients use",
    )


@check(
    "harbor.certificate-readable",
    severity="critical",
    refs=(*_DOCS, "harbor:prepare"),
    fix="# put the certificate and its key, unencrypted and in PEM, where {param}/harbor.yml says",
    each=instances("harbor", installations, none=_NONE),
)
def check_certificate_readable(harbor: HarborInstallation) -> None:
    """The certificate and the key that harbor.yml names are there and can be read.

    `prepare` copies whatever lies there: rubbish, an empty file or a key with a passphrase keeps nginx from starting.
    """
    source = f"{harbor.config}: https.certificate, https.private_key"
    expect(readable_faults(harbor), source).equals({})


@check(
    "harbor.certificate-matches-key",
    severity="critical",
    refs=_DOCS,
    fix="# put the key that belongs to the certificate where {param}/harbor.yml says; then, in that folder:\n"
    + _PREPARE,
    each=instances("harbor", installations, none=_NONE),
)
def check_matches_key(harbor: HarborInstallation) -> None:
    """Harbor's private key belongs to its certificate.

    `prepare` does not compare them, and nginx does not start with two that do not match. They were compared on the
    host, by their public keys; the key itself stayed there.
    """
    source = f"{certificate_file(harbor).path}, {key_file(harbor).path}: public keys"
    expect(pair_fault(harbor) or "a pair", source).equals("a pair")


@check(
    "harbor.certificate-covers-names",
    severity="high",
    refs=(*_DOCS, "RFC5280:4.2.1.6", "RFC6125:6.4"),
    fix="# issue the certificate anew, with every name in subjectAltName (for an address: IP.1=…)",
    each=instances("harbor", installations, none=_NONE),
)
def check_covers_names(harbor: HarborInstallation) -> None:
    """Harbor's certificate is good for its hostname and for the host of its external address.

    Engines compare the name in the reference with the subjectAltName alone: the common name counts for nothing, and an
    address must stand there as an address.
    """
    names = harbor.names.value
    if not names:
        not_decided("no hostname is set", harbor.config)
    expect(name_faults(harbor), f"{certificate_file(harbor).path}, for {', '.join(names)}").equals([])


@check(
    "harbor.certificate-usage",
    severity="medium",
    refs=(*_DOCS, "RFC5280:4.2.1.12", "RFC5280:4.2.1.3"),
    fix="# issue the certificate anew with extensions such as these (openssl x509 -extfile):\n"
    "# authorityKeyIdentifier=keyid,issuer\n# basicConstraints=CA:FALSE\n"
    "# keyUsage=digitalSignature,keyEncipherment\n# extendedKeyUsage=serverAuth\n# subjectAltName=DNS:HOST",
    each=instances("harbor", installations, none=_NONE),
)
def check_certificate_usage(harbor: HarborInstallation) -> None:
    """Harbor's certificate is one for a server, with a strong key and signature.

    It has serverAuth among its extended usages, digitalSignature among its usages, a subjectAltName, the identifier of
    its issuer's key, and is no CA.
    """
    faults = [*server_faults(server_certificates(harbor)[0]), *issuer_faults(harbor)]
    expect(faults, certificate_file(harbor).path).equals([])


@check(
    "harbor.certificate-in-date",
    severity="critical",
    refs=("RFC5280:4.1.2.5",),
    fix="# renew the certificate, put it where {param}/harbor.yml says; then, in that folder:\n" + _PREPARE,
    each=instances("harbor", installations, none=_NONE),
    params=("certificate_days_left",),
)
def check_in_date(harbor: HarborInstallation, facts: Facts, params: Any) -> None:
    """No certificate that Harbor serves is over, not yet valid, or about to end within days.

    How many days count is the profile's `certificate_days_left: critical`.
    """
    demand = params.certificate_days_left.critical
    fix_with(f"# renew {certificate_file(harbor).path}, then:\n{_again(harbor)}")
    expect(lifetimes(server_certificates(harbor), facts.now), certificate_file(harbor).path, shown=_json).satisfies(
        lambda each: all(one.days_left >= demand and one.begun for one in each),
        {"days_left": {"at least": demand}, "valid already": True},
    )


@check(
    "harbor.certificate-renewal",
    severity="high",
    refs=("RFC5280:4.1.2.5",),
    fix="# renew the certificate, put it where {param}/harbor.yml says; then, in that folder:\n" + _PREPARE,
    each=instances("harbor", installations, none=_NONE),
    params=("certificate_days_left",),
)
def check_renewal(harbor: HarborInstallation, facts: Facts, params: Any) -> None:
    """Harbor's certificates still hold long enough to be renewed in time.

    How many days count is the profile's `certificate_days_left: high`.
    """
    demand = params.certificate_days_left.high
    fix_with(f"# renew {certificate_file(harbor).path}, then:\n{_again(harbor)}")
    expect(lifetimes(server_certificates(harbor), facts.now), certificate_file(harbor).path, shown=_json).satisfies(
        lambda each: all(one.days_left >= demand for one in each), {"days_left": {"at least": demand}}
    )


@check(
    "harbor.chain-complete",
    severity="high",
    refs=(*_DOCS, "RFC5246:7.4.2"),
    fix="# one file, the server's certificate first, then each intermediate one:\n"
    "cat server.crt intermediate.crt >chain.crt  # and name it in {param}/harbor.yml; then, in that folder:\n"
    + _PREPARE,
    each=instances("harbor", installations, none=_NONE),
)
def check_chain_complete(harbor: HarborInstallation) -> None:
    """Harbor serves its whole chain: its own certificate first, each issuer after it.

    Browsers fetch what is missing, and the engine does not: with the leaf alone every pull ends with "certificate
    signed by unknown authority" while the web page shows a lock.
    """
    expect(chain_faults(harbor), certificate_file(harbor).path).equals([])


@check(
    "harbor.certificate-in-use",
    severity="high",
    refs=(*_DOCS, "harbor:prepare"),
    fix="cd {param} && " + _PREPARE,
    each=instances("harbor", installations, none=_NONE),
)
def check_certificate_in_use(harbor: HarborInstallation) -> None:
    """Harbor serves the certificate that harbor.yml names, and not an older copy.

    `prepare` copies certificate and key into the data volume: a certificate that was renewed in place is not served
    until `prepare` has run again and the proxy was restarted.
    """
    found = server_certificates(harbor)
    named = certificate_file(harbor)
    copy = harbor.in_data("secret/cert/server.crt")
    fix_with(_again(harbor))
    if harbor.is_absent(copy):
        not_applicable(f"prepare has not run: {copy} is not there")
    expect(
        "the same" if harbor.file(copy).data == named.data else "another", f"{copy}, compared with {named.path}"
    ).equals("the same")
    name = harbor.authority
    if name not in harbor.facts.registries.seen:
        return
    try:
        served = handshake(harbor.facts.snapshot, name).chain
    except NotDecided:
        return  # another check asks for what is served
    if served and harbor.external_url.get("") == "":
        same = served[0] == found[0].raw
        expect(
            "the same" if same else "another", f"the certificate that {name} serves, compared with {named.path}"
        ).equals("the same")


# --- keys ------------------------------------------------------------------------------------------------------


def keys(harbor: Harbor) -> dict[str, CertFile]:
    """Every private key about an installation."""
    return {path: file for one in installations(harbor).values() for path, file in key_paths(one).items()}


@check(
    "harbor.keys-private",
    severity="high",
    refs=_DOCS,
    fix="chmod 0600 {param}",
    each=instances("file", keys, none="no Harbor is installed on this host, or it has no private key"),
)
def check_keys_private(file: CertFile) -> None:
    """No private key of Harbor's can be read by others.

    The server's key, and still more the key of a CA that was made beside it: whoever reads that can make a
    certificate for any name that the clients trust.
    """
    fix_with(f"chmod 0600 {shell(file.path)}")
    expect(file.facts.mode).has_no_bits_outside(0o740 if file.facts.target and file.facts.target.gid == 0 else 0o700)


# --- what the certificate was made from ------------------------------------------------------------------------


def _cas(harbor: Harbor) -> dict[str, CertificateSource]:
    """The CAs that lie beside an installation."""
    found = {path: one for host in installations(harbor).values() for path, one in cas(host).items()}
    return {path: CertificateSource(path, path, (one,)) for path, one in found.items()}


@check(
    "harbor.authority-sound",
    severity="low",
    refs=("RFC5280:4.2.1.9", "RFC5280:4.2.1.3", "RFC5280:4.2.1.2"),
    fix="# make the CA anew, with an extension section such as:\n"
    "openssl req -x509 -new -sha512 -days 3650 -key ca.key -out ca.crt -subj '/CN=NAME' \\\n"
    "  -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign",
    each=instances("ca", _cas, none="no Harbor is installed on this host, or no CA lies beside it"),
)
def check_ca_sound(ca: CertificateSource) -> None:
    """A CA that lies beside Harbor is a proper one.

    It says CA:TRUE, that it may sign certificates, and which key it has; its key and its signature are strong. Many
    recipes leave keyUsage out: the engine accepts that, and Python since 3.13 does not.
    """
    expect(ca_faults(ca.certificates[0]), ca.source).equals([])


@check(
    "harbor.authority-in-date",
    severity="high",
    refs=("RFC5280:4.1.2.5",),
    fix="openssl x509 -in {param} -noout -subject -dates  # then make a new one, and give it to every client",
    each=instances("ca", _cas, none="no Harbor is installed on this host, or no CA lies beside it"),
    params=("certificate_days_left",),
)
def check_ca_in_date(ca: CertificateSource, facts: Facts, params: Any) -> None:
    """A CA that lies beside Harbor still holds.

    When it ends, every certificate that it issued ends with it, on every client at once.
    """
    demand = params.certificate_days_left.high
    expect(lifetimes(ca.certificates, facts.now), ca.source, shown=_json).satisfies(
        lambda each: all(one.days_left >= demand and one.begun for one in each), {"days_left": {"at least": demand}}
    )


def _requests(harbor: Harbor) -> dict[str, CertFile]:
    return {path: file for one in installations(harbor).values() for path, file in requests(one).items()}


@check(
    "harbor.request-sound",
    severity="low",
    refs=("RFC2986:4",),
    fix="# make the request anew:\n"
    "openssl req -new -sha512 -newkey rsa:4096 -nodes -keyout HOST.key -out HOST.csr -subj /CN=HOST",
    each=instances("file", _requests, none="no Harbor is installed on this host, or no request lies beside it"),
)
def check_request_sound(file: CertFile) -> None:
    """A certificate request that lies beside Harbor has a strong key and a strong signature of it."""
    request = read_request(file)
    expect(list(request.faults), f"{file.path}: {request.key} {request.digest}".rstrip(" :")).equals([])


# --- internal TLS ----------------------------------------------------------------------------------------------


def internal(harbor: Harbor) -> dict[str, tuple[HarborInstallation, str]]:
    """The certificates of internal TLS, by their paths."""
    return {path: (one, path) for one in installations(harbor).values() for path in internal_paths(one)}


@check(
    "harbor.internal-certificates",
    severity="medium",
    refs=("harbor:internal-tls",),
    fix="# make the certificates of internal TLS anew, in Harbor's folder:\n"
    "docker run --rm -v /:/hostfs goharbor/prepare:VERSION gencert -p DIR && " + _PREPARE,
    each=instances("place", internal, none="no Harbor is installed on this host, or it has no internal TLS"),
    params=("certificate_days_left",),
)
def check_internal(place: tuple[HarborInstallation, str], facts: Facts, params: Any) -> None:
    """The certificates of Harbor's internal TLS hold, match their keys, and name their services.

    They are made for 365 days by default: after a year the components stop trusting each other, and every page and pull
    fails while the outer certificate is fine.
    """
    harbor, path = place
    expect(internal_faults(harbor, path), path).equals([])
    demand = params.certificate_days_left.high
    expect(lifetimes(harbor.file(path).certificates, facts.now), path, shown=_json).satisfies(
        lambda each: all(one.days_left >= demand and one.begun for one in each), {"days_left": {"at least": demand}}
    )
