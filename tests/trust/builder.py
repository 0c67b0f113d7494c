"""Certificates for the tests: a CA and a leaf, to be changed as a test wants."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from dockworthy.trust.x509.chain import ChainVerdict, verify_server_chain
from dockworthy.trust.x509.pool import CertPool
from tests.fuzz import asn
from tests.fuzz import certs as c
from tests.fuzz.cases import pem
from tests.fuzz.keys import KeyPool, key_pool

if TYPE_CHECKING:
    from dockworthy.trust.rules import GoRules

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=timezone.utc)
HOST = "harbor.test"
_HOUR = 3600


def keys() -> KeyPool:
    return key_pool(1)


def spec(subject: str, issuer: str, key: int = 0, signer: int | None = None) -> c.Spec:
    """A certificate valid now, without extensions; keys are the pool's fast ones by number."""
    now = int(NOW.timestamp())
    return c.Spec(
        key=keys().fast[key],
        subject=c.name((c.COMMON_NAME, c.UTF8, subject)),
        issuer=c.name((c.COMMON_NAME, c.UTF8, issuer)),
        signer=keys().fast[key if signer is None else signer],
        not_before=c.moment(now - _HOUR),
        not_after=c.moment(now + _HOUR),
    )


def ca(subject: str, issuer: str, key: int, signer: int, *, length: int | None = None) -> c.Spec:
    """A CA."""
    made = spec(subject, issuer, key, signer)
    made.put(c.BASIC, c.basic_constraints(ca=True, length=length), critical=True)
    return made


def root(subject: str = "Root", key: int = 1) -> c.Spec:
    """A self-signed CA."""
    return ca(subject, subject, key, key)


def leaf(issuer: str = "Root", signer: int = 1, *names: bytes) -> c.Spec:
    """A leaf for ``harbor.test``, or for the names given."""
    made = spec("leaf", issuer, 0, signer)
    made.put(c.SAN, asn.sequence(*(names or (c.general_name(2, HOST.encode()),))))
    return made


def judge(
    served: list[c.Spec],
    trusted: list[c.Spec],
    host: str = HOST,
    rules: GoRules | None = None,
    now: datetime = NOW,
) -> ChainVerdict:
    """The verdict on what a server sends."""
    pool = CertPool() if rules is None else CertPool(rules=rules)
    for number, one in enumerate(trusted):
        pool.append_pem(pem(one.encode()), f"{number}.crt")
    ders = [one.encode() for one in served]
    if rules is None:
        return verify_server_chain(ders, host, pool, now)
    return verify_server_chain(ders, host, pool, now, rules)


def told(verdict: ChainVerdict) -> tuple[str, str]:
    """The class and the words."""
    return (verdict.failure.cls, verdict.failure.message) if verdict.failure else ("ok", "")
