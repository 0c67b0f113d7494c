"""The certificates themselves: those in certs.d, and those that the registries serve."""

from __future__ import annotations

from typing import Any

from dockworthy.check import check, expect, fix_with, instances
from dockworthy.facts.facts import Facts
from dockworthy.facts.registry.dates import Lifetime, is_weak_key, lifetimes, weak_signature
from dockworthy.facts.registry.layout import CertificateSource, certificate_sources
from dockworthy.trust.advice.wording import shell, title

_NONE = "certs.d has no certificate, and no registry was looked at"
_SHOWN = 20


def _json(found: list[Lifetime]) -> list[dict[str, object]]:
    return [lifetime.as_json() for lifetime in found[:_SHOWN]]


def _renew(source: CertificateSource) -> str:
    if source.is_served:
        return (
            f"# renew the certificate of {source.name} on its server; with Harbor, put the new files where harbor.yml\n"
            "# says, and then, in Harbor's folder:\n"
            "./prepare && docker compose up -d --force-recreate proxy"
        )
    return (
        f"# take the certificate that is over out of the file, and put the CA's new one in:\n"
        f"openssl x509 -in {shell(source.name)} -noout -subject -enddate"
    )


@check(
    "trust.certificate-in-date",
    severity="critical",
    refs=("RFC5280:4.1.2.5", "RFC5280:6.1.3"),
    fix="openssl x509 -in {param} -noout -subject -dates  # then renew it",
    each=instances("source", certificate_sources, none=_NONE),
    params=("certificate_days_left",),
)
def check_in_date(source: CertificateSource, facts: Facts, params: Any) -> None:
    """No certificate is over, not yet valid, or about to end within days.

    One certificate that is over anywhere in the chain ends every pull: the server's, an intermediate one, or the CA's
    in certs.d, which people forget. How many days count is the profile's `certificate_days_left: critical`.
    """
    demand = params.certificate_days_left.critical
    found = lifetimes(source.certificates, facts.now)
    fix_with(_renew(source))
    expect(found, source.source, shown=_json).satisfies(
        lambda each: all(lifetime.days_left >= demand and lifetime.begun for lifetime in each),
        {"days_left": {"at least": demand}, "valid already": True},
    )


@check(
    "trust.certificate-renewal",
    severity="high",
    refs=("RFC5280:4.1.2.5",),
    fix="openssl x509 -in {param} -noout -subject -dates  # then renew it",
    each=instances("source", certificate_sources, none=_NONE),
    params=("certificate_days_left",),
)
def check_renewal(source: CertificateSource, facts: Facts, params: Any) -> None:
    """Every certificate still holds long enough to be renewed in time.

    Leaf, intermediate certificates and CA files all end one day. How many days count is the profile's
    `certificate_days_left: high`.
    """
    demand = params.certificate_days_left.high
    found = lifetimes(source.certificates, facts.now)
    fix_with(_renew(source))
    expect(found, source.source, shown=_json).satisfies(
        lambda each: all(lifetime.days_left >= demand for lifetime in each), {"days_left": {"at least": demand}}
    )


@check(
    "trust.keys-strong",
    severity="medium",
    refs=("NIST-SP-800-57:5.6.1", "RFC5280:4.1.2.7"),
    fix="# issue a new certificate with a key of RSA 2048 bits or more, P-256, P-384, P-521 or Ed25519",
    each=instances("source", certificate_sources, none=_NONE),
)
def check_keys_strong(source: CertificateSource) -> None:
    """No certificate has a weak key.

    RSA keys of less than 2048 bits can be broken by whoever has the means, and are refused by newer clients; the engine
    itself still accepts RSA of 1024 bits.
    """
    weak = [f"{title(one)}: {one.key_description}" for one in source.certificates if is_weak_key(one)]
    expect(weak[:_SHOWN], f"{source.source}: public keys").is_empty()


@check(
    "trust.signatures-strong",
    severity="high",
    refs=("RFC5280:4.1.1.2", "go:crypto/x509"),
    fix="# issue the certificate anew with -sha256",
    each=instances("source", certificate_sources, none=_NONE),
)
def check_signatures_strong(source: CertificateSource) -> None:
    """No certificate is signed with MD5 or SHA-1.

    Such signatures can be forged. The engine refuses them on servers' and intermediate certificates ("x509: certificate
    signed by unknown authority (possibly because of "x509: cannot verify signature: insecure algorithm"); on a root's
    own signature nobody relies.
    """
    weak = [f"{title(one)}: {weak_signature(one)}" for one in source.certificates if weak_signature(one)]
    expect(weak[:_SHOWN], f"{source.source}: signature algorithms").is_empty()
