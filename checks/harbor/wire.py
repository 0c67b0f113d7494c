"""Harbor's side of TLS, as its clients meet it on the wire."""

from __future__ import annotations

from dockworthy.check import check, expect, fix_with, instances, not_applicable, not_decided
from dockworthy.evidence import Evidence
from dockworthy.facts.facts import Facts
from dockworthy.facts.harbor.wire import HarborOnWire, harbors_on_wire
from dockworthy.facts.registry.layout import served_sources
from dockworthy.trust.rules import GO_1_24
from dockworthy.trust.x509.certificate import Certificate
from dockworthy.trust.x509.pool import CertPool
from dockworthy.trust.x509.signature import check_signature

_NONE = "none of the registries that were looked at is a Harbor"
_YEAR = 31_536_000


def _served(facts: Facts, name: str) -> tuple[Certificate, ...]:
    source = served_sources(facts).get(name)
    if source is None:
        not_decided("no certificates were seen", f"registry:{name}/tls")
    return source.certificates


@check(
    "harbor.tls-modern",
    severity="medium",
    refs=("RFC9325:3.1.1", "RFC9325:4.2"),
    fix="# in harbor.yml (2.9 and later): https: {strong_ssl_ciphers: true}; then, in Harbor's folder:\n"
    "./prepare && docker compose down && docker compose up -d",
    each=instances("harbor", harbors_on_wire, none=_NONE),
)
def check_tls_modern(harbor: HarborOnWire) -> None:
    """Harbor speaks TLS 1.3, and of TLS 1.2 only suites with forward secrecy and authenticated encryption.

    Asked as the engine asks, and again with only what is weaker: a server that prefers a good suite may take a bad one,
    and Harbor's own list does unless strong_ssl_ciphers is true. Before 2.9 it has no TLS 1.3. What stands before
    Harbor (a load balancer, an ingress) answers, and is what counts.
    """
    expect(harbor.weaknesses, shown=list).equals(())


@check(
    "harbor.hsts",
    severity="low",
    refs=("RFC6797:6.1",),
    fix="# at the proxy before Harbor: Strict-Transport-Security: max-age=31536000; includeSubDomains",
    each=instances("harbor", harbors_on_wire, none=_NONE),
)
def check_hsts(harbor: HarborOnWire) -> None:
    """Browsers are told to come back by TLS alone, for a year.

    Harbor's own proxy says so; one that stands before it may take it off.
    """
    expect(harbor.hsts).at_least(_YEAR)


@check(
    "harbor.challenge-realm",
    severity="high",
    refs=("harbor:external-url", "docker:token-auth"),
    fix="# in harbor.yml: external_url: https://{param}; and at the proxy before Harbor: keep the Host header, and\n"
    "# set X-Forwarded-Proto; then, in Harbor's folder:\n./prepare && docker compose down && docker compose up -d",
    each=instances("harbor", harbors_on_wire, none=_NONE),
)
def check_challenge_realm(harbor: HarborOnWire) -> None:
    """Harbor sends its clients to its own token service, by https and under the name that they used.

    With `http://` in the realm every login goes out in clear, or fails; with another name it fails where that name does
    not resolve, or the certificate does not cover it.
    """
    fault = harbor.realm_fault()
    expect(harbor.realm, shown=lambda realm: {"realm": realm, "fault": fault or None}).satisfies(
        lambda _: not fault, f"https://{harbor.name}/…"
    )


@check(
    "harbor.http-redirects",
    severity="medium",
    refs=("harbor:configure-https",),
    fix="# in harbor.yml keep `http:` and `https:` both, so that port 80 redirects, or close port 80",
    each=instances("harbor", harbors_on_wire, none=_NONE),
)
def check_http_redirects(harbor: HarborOnWire) -> None:
    """Plain HTTP leads to https, or is closed.

    An API that answers without TLS takes passwords without TLS.
    """
    if ":" in harbor.name.rpartition("]")[2] and not harbor.name.endswith(":443"):
        not_applicable("it is reached at another port than 443, and port 80 may be another server's")
    expect(harbor.redirect, shown=lambda place: place or "nothing answers").satisfies(
        lambda place: not place or place.lower().startswith("https://"), "https://…, or nothing answers"
    )


@check(
    "harbor.authority-download",
    severity="low",
    refs=("harbor:configure-https",),
    fix="# put the CA's certificate where Harbor gives it out:\ncp ca.crt DATA_VOLUME/ca_download/ca.crt",
    each=instances("harbor", harbors_on_wire, none=_NONE),
)
def check_authority_download(harbor: HarborOnWire, facts: Facts) -> None:
    """The CA that Harbor gives to download is the one that issued its certificate.

    Clients fetch it from the web page: an old one makes every pull fail with "signed by unknown authority". A Harbor
    with a public certificate gives none, and needs none.
    """
    given = harbor.authority.value
    if not given:
        not_applicable("it gives none to download")
    served = _served(facts, harbor.name)
    fix_with("# put the CA that issued the certificate into DATA_VOLUME/ca_download/ca.crt")
    last = served[-1] if served else None
    pool = CertPool(rules=GO_1_24)
    for certificate in given:
        pool.add(certificate, "getcert")
    issuers = pool.with_subject(last.raw_issuer) if last is not None else []
    signs = last is not None and any(
        issuer.key is not None
        and check_signature(last.signature_algorithm, last.tbs, last.signature, issuer.key, GO_1_24) is None
        for issuer in issuers
    )
    expect(Evidence(harbor.authority.source, "its issuer" if signs else "another")).equals("its issuer")
